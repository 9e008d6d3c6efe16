package store

import (
	"context"
	"errors"
	"maps"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/otp"
)

// accessRow is a case whose code works.
type accessRow struct {
	id   string
	link int
}

func (r *accessRow) fields() []any { return []any{&r.id, &r.link} }

// codeWorks is the condition that the code of a forgotten phone's case works at a moment.
const codeWorks = "kind = 'forgotten' AND state = 'sent' AND link > 0 AND uses_left > 0 AND link_until > " + number + " AND " + isFree + " AND " + isMemberStill

// AccessCode gives the case whose temporary code works now.
func (s *Store) AccessCode(ctx context.Context, personID, organisationID string, now time.Time) (caseID string, link int, err error) {
	c, err := s.reading(ctx)
	if err != nil {
		return "", 0, err
	}
	row, err := one[accessRow](c, otp.ErrNone, "SELECT id, link FROM cases WHERE person_id = "+text+" AND organisation_id = "+text+" AND "+isLive+" AND "+codeWorks,
		personID, organisationID, millis(now))
	return row.id, row.link, err
}

// UseAccessCode uses the code once.
func (s *Store) UseAccessCode(ctx context.Context, caseID string, link int, now time.Time, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		at := millis(now)
		used, err := one[endedCaseRow](tx.conn, errRefused, `UPDATE cases SET uses_left = uses_left - 1, state = CASE uses_left WHEN 1 THEN 'done' ELSE state END,
			closed = CASE uses_left WHEN 1 THEN ? ELSE closed END, told = CASE uses_left WHEN 1 THEN 1 ELSE told END
			WHERE id = ? AND link = ? AND `+codeWorks+" RETURNING "+endedCaseColumns, at, caseID, link, at)
		if errors.Is(err, errRefused) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		// Only here it is known whose case it is.
		entry.Organisation, entry.Actor = used.organisationID, used.membershipID
		entry.Data = maps.Clone(entry.Data)
		if entry.Data == nil {
			entry.Data = map[string]string{}
		}
		entry.Data["user"] = used.membershipID
		return true, record(tx, entry)
	})
}
