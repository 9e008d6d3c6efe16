package store

import (
	"context"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/otp"
)

// chosenTextsRow is since when text messages are a second factor of somebody with a number.
type chosenTextsRow struct{ since int64 }

func (r *chosenTextsRow) fields() []any { return []any{&r.since} }

// ChooseTexts makes text messages a second factor of the person.
func (s *Store) ChooseTexts(ctx context.Context, personID string, since, at time.Time, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		chosen, err := one[chosenTextsRow](tx.conn, accounts.ErrNotFound, "SELECT texts FROM persons WHERE id = ? AND number_index <> '' AND (texts > 0 OR number_proven >= ?)", personID, millis(since))
		if err != nil || chosen.since > 0 {
			return false, err
		}
		person, err := recovering(tx, personID)
		if err == nil && person.caseID != "" {
			err = accounts.ErrRecovering
		}
		if err != nil {
			return false, err
		}
		if err = endStray(tx, personID, at); err != nil {
			return false, err
		}
		if _, err = tx.exec("UPDATE persons SET texts = ? WHERE id = ?", millis(at), personID); err != nil {
			return false, err
		}
		return true, record(tx, entry)
	})
}

// vouchedRow is the number that a member has, since when, and the one that was vouched for.
type vouchedRow struct {
	index, vouched string
	changed        int64
}

func (r *vouchedRow) fields() []any { return []any{&r.index, &r.vouched, &r.changed} }

// Vouch lets the number count that the member has since changed.
func (s *Store) Vouch(ctx context.Context, organisationID, membershipID string, changed time.Time, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		row, err := one[vouchedRow](tx.conn, accounts.ErrNotFound, `SELECT p.number_index, m.vouched, p.number_changed FROM memberships AS m JOIN persons AS p ON p.id = m.person_id
			WHERE m.id = `+text+" AND m.organisation_id = "+text+" AND m.status = 'active' AND p.number_index <> ''", membershipID, organisationID)
		if err == nil && row.changed != millis(changed) {
			err = accounts.ErrOtherNumber
		}
		if err != nil || row.vouched == row.index {
			return false, err
		}
		if _, err = tx.exec("UPDATE memberships SET vouched = ? WHERE id = ?", row.index, membershipID); err != nil {
			return false, err
		}
		return true, record(tx, entry)
	})
}

// textCodeRow is a message that may have a code.
type textCodeRow struct {
	id     string
	counts bool
}

func (r *textCodeRow) fields() []any { return []any{&r.id, &r.counts} }

// stillTheirs is the condition that the number of a message is the person's at this moment.
const stillTheirs = `EXISTS (SELECT 1 FROM persons AS p
	WHERE p.id = sms_messages.person_id AND p.number_index = sms_messages.number_index AND p.number_index <> '')`

// TextCode gives the newest message about the request, if its code counts. A newer one that was
// refused took nothing from the one before.
func (s *Store) TextCode(ctx context.Context, personID, requestID string, since time.Time) (string, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return "", err
	}
	row, err := one[textCodeRow](c, otp.ErrNone, "SELECT id, person_id IS NOT DISTINCT FROM "+text+" AND used = 0 AND at > "+number+" AND "+stillTheirs+` FROM sms_messages
		WHERE about = `+text+" AND about <> '' AND state <> 'refused' ORDER BY at DESC, id DESC LIMIT 1", personID, millis(since), requestID)
	if err == nil && !row.counts {
		err = otp.ErrNone
	}
	return row.id, err
}

// UseTextCode uses the code of a message up.
func (s *Store) UseTextCode(ctx context.Context, messageID string, at time.Time) (bool, error) {
	return s.update(ctx, func(tx *transaction) (int64, error) {
		return tx.exec("UPDATE sms_messages SET used = ? WHERE id = ? AND used = 0 AND "+stillTheirs, millis(at), messageID)
	})
}
