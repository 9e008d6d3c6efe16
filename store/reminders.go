package store

import (
	"context"
	"time"

	"example.com/aye/accounts"
)

// reminderRow is a member who is to be told of a date.
type reminderRow struct {
	id, organisationID, personID string
	date                         int64
}

func (r *reminderRow) fields() []any {
	return []any{&r.id, &r.organisationID, &r.personID, &r.date}
}

func (r reminderRow) reminder() accounts.Reminder {
	return accounts.Reminder{MembershipID: r.id, OrganisationID: r.organisationID, PersonID: r.personID, Date: moment(r.date)}
}

// WithoutFactor gives members who have neither a phone that counts in their organisation nor an
// authenticator app, did not choose text messages, and were not told when one will be asked for. What the statement seems to
// say twice are the conditions of the indices.
func (s *Store) WithoutFactor(ctx context.Context, after, until time.Time, limit int) ([]accounts.Reminder, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := all[reminderRow](c, `SELECT m.id, m.organisation_id, m.person_id, o.second_factor_from FROM organisations AS o
		JOIN memberships AS m ON m.organisation_id = o.id AND m.status <> 'ended' AND m.status = 'active' AND m.reminded <> o.second_factor_from
		JOIN persons AS p ON p.id = m.person_id AND p.apps = 0 AND p.texts = 0
		WHERE o.second_factor_from > 0 AND o.second_factor_from > `+number+` AND o.second_factor_from <= `+number+` AND NOT EXISTS (SELECT 1 FROM devices AS d
			WHERE d.person_id = m.person_id AND d.status <> 'removed' AND d.status = 'active' AND (d.local = 0 OR d.organisation_id = m.organisation_id))
		LIMIT `+number, millis(after), millis(until), limit)
	return each(rows, err, reminderRow.reminder)
}

// Remind writes down that the member was told of the date.
func (s *Store) Remind(ctx context.Context, membershipID string, date time.Time, tell ...any) (bool, error) {
	return s.updateTelling(ctx, tell, func(tx *transaction) (int64, error) {
		return tx.exec("UPDATE memberships SET reminded = ? WHERE id = ? AND status = 'active' AND reminded <> ?", millis(date), membershipID, millis(date))
	})
}
