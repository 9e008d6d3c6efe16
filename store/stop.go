package store

import (
	"context"
	"errors"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/signin"
	"example.com/aye/support"
)

// isSomebody is the condition that the person of a case was not erased.
const isSomebody = "NOT EXISTS (SELECT 1 FROM persons AS p WHERE p.id = cases.person_id AND p.erased > 0)"

// StopCase ends a case by "this was not me", and freezes the person.
func (s *Store) StopCase(ctx context.Context, stopping support.Stopping, entries ...audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		now := stopping.Now
		c, err := one[endedCaseRow](tx.conn, errRefused, "UPDATE cases SET state = 'stopped', closed = ?, stopped_by = ? WHERE id = ? AND state <> 'stopped' AND ("+isLive+" OR closed > ?) AND "+isSomebody+" RETURNING "+endedCaseColumns,
			millis(now), stopping.By, stopping.CaseID, millis(now.Add(-support.StopLife)))
		if errors.Is(err, errRefused) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if _, err = freeze(tx, stopping.Freeze); err != nil {
			return false, err
		}
		if err = record(tx, entries...); err != nil {
			return false, err
		}
		return true, s.undo(tx, c, now)
	})
}

// undo takes back what came of a case that was stopped.
func (s *Store) undo(tx *transaction, c endedCaseRow, now time.Time) error {
	person, err := recovering(tx, c.personID)
	if err != nil {
		return err
	}
	carried := c.kind == string(support.Lost) && c.link > 0
	if !carried && person.caseID == "" {
		if c.link > 0 {
			return endTemporary(tx, c, now)
		}
		return nil
	}
	if err = s.revokeAll(tx, c.personID, c.id, now); err != nil || !carried {
		return err
	}
	// Whoever linked a phone since may have proven another number too.
	rows, err := tx.exec("UPDATE persons SET number = '', number_index = '', number_proven = 0, number_changed = ? WHERE id = ? AND number_index <> '' AND number_proven >= ?",
		millis(now), c.personID, c.due)
	if err != nil {
		return err
	}
	if rows > 0 {
		entry := audit.Entry{Actor: system, Action: "person.number-removed", Subject: c.personID, At: now.UTC(), Data: map[string]string{"why": "case-stopped"}}
		if err = record(tx, entry); err != nil {
			return err
		}
	}
	_, err = tx.exec("UPDATE persons SET recovering = ? WHERE id = ?", c.id, c.personID)
	return err
}

// endTemporary ends the sessions that began by a temporary code, and the requests that one answered.
func endTemporary(tx *transaction, c endedCaseRow, now time.Time) error {
	sessions, err := all[idRow](tx.conn, "SELECT id FROM sessions WHERE person_id = "+text+" AND organisation_id = "+text+" AND method = 'temporary'", c.personID, c.organisationID)
	if err != nil {
		return err
	}
	for _, session := range sessions {
		entry := audit.Entry{Actor: system, Action: "session.ended", At: now.UTC(), Data: map[string]string{"why": "case-stopped"}}
		if _, err = endSessions(tx, signin.Ending{PersonID: c.personID, ID: session.id}, entry); err != nil {
			return err
		}
	}
	return cancelRequests(tx, c.personID, now)
}

// idRow is an id alone.
type idRow struct{ id string }

func (r *idRow) fields() []any { return []any{&r.id} }
