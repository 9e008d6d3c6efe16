package store

import (
	"context"
	"errors"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/support"
)

// freezeRow is what stops support.
type freezeRow struct {
	support.Freeze
	at, lifted int64
}

const freezeColumns = "id, what, organisation_id, subject_id, case_id, at, lifted, lifted_by"

const selectFreeze = "SELECT " + freezeColumns + " FROM support_freezes WHERE "

func (r *freezeRow) fields() []any {
	return []any{&r.ID, (*string)(&r.What), &r.OrganisationID, &r.SubjectID, &r.CaseID, &r.at, &r.lifted, &r.LiftedBy}
}

func (r freezeRow) known() support.Freeze {
	f := r.Freeze
	f.At, f.Lifted = moment(r.at), moment(r.lifted)
	return f
}

// freeze keeps a freeze, and tells whether it is the only one of its subject.
func freeze(tx *transaction, f support.Freeze) (bool, error) {
	rows, err := tx.exec("INSERT INTO support_freezes ("+freezeColumns+") VALUES (?, ?, ?, ?, ?, ?, 0, '') ON CONFLICT DO NOTHING",
		f.ID, f.What, f.OrganisationID, f.SubjectID, f.CaseID, millis(f.At))
	return rows > 0, err
}

// AddFreeze keeps a freeze, once for what is frozen already.
func (s *Store) AddFreeze(ctx context.Context, f support.Freeze, entry audit.Entry) error {
	return s.write(ctx, func(tx *transaction) error {
		fresh, err := freeze(tx, f)
		if err != nil || !fresh {
			return err
		}
		return record(tx, entry)
	})
}

// Freezes gives those that stand, newest first.
func (s *Store) Freezes(ctx context.Context, organisationID string) ([]support.Freeze, error) {
	if organisationID == "" {
		return s.freezes(ctx, selectFreeze+"lifted = 0 AND at > 0 ORDER BY at DESC, id DESC")
	}
	return s.freezes(ctx, selectFreeze+"organisation_id = "+text+" AND lifted = 0 ORDER BY at DESC, id DESC", organisationID)
}

func (s *Store) freezes(ctx context.Context, query string, values ...any) ([]support.Freeze, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := all[freezeRow](c, query, values...)
	return each(rows, err, freezeRow.known)
}

// FreezeByID finds a freeze, also one that was lifted.
func (s *Store) FreezeByID(ctx context.Context, id string) (support.Freeze, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return support.Freeze{}, err
	}
	row, err := one[freezeRow](c, support.ErrNotFound, selectFreeze+"id = ?", id)
	return row.known(), err
}

// areFrozen finds what of a person, an agent and an organisation is frozen: that of a person counts in its own organisation
// alone, or another one would learn of it.
const areFrozen = selectFreeze + "lifted = 0 AND subject_id IN (" + text + ", " + text + ", " + text + ") AND (what <> 'person' OR organisation_id = " + text + ")"

// Frozen gives what of these stands.
func (s *Store) Frozen(ctx context.Context, personID, agentID, organisationID string) ([]support.Freeze, error) {
	return s.freezes(ctx, areFrozen, personID, agentID, organisationID, organisationID)
}

// unfrozen refuses where one of these is frozen.
func unfrozen(c conn, personID, agentID, organisationID string) error {
	row, err := one[freezeRow](c, errRefused, areFrozen+" LIMIT 1", personID, agentID, organisationID, organisationID)
	if errors.Is(err, errRefused) {
		return nil
	}
	if err != nil {
		return err
	}
	return &support.FrozenError{What: row.What}
}

// LiftFreeze ends a freeze.
func (s *Store) LiftFreeze(ctx context.Context, id, by string, now time.Time, entry audit.Entry, tell map[string][]any) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		f, err := one[freezeRow](tx.conn, errRefused, "UPDATE support_freezes SET lifted = ?, lifted_by = ? WHERE id = ? AND lifted = 0 RETURNING "+freezeColumns, millis(now), by, id)
		if errors.Is(err, errRefused) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if err = waitOn(tx, f, now, tell); err != nil {
			return false, err
		}
		return true, record(tx, entry)
	})
}

// waitOn gives the cases that the freeze held up, while their time came, some time to be stopped still. It is done with the lift,
// so that none is carried out between the two.
func waitOn(tx *transaction, f freezeRow, now time.Time, tell map[string][]any) error {
	held := "person_id = ?"
	switch f.What {
	case support.FrozenPerson:
	case support.FrozenOrganisation:
		held = "organisation_id = ?"
	case support.FrozenAgent:
		held = "? IN (opener_id, approver_id)"
	}
	due := now.Add(support.LateWait)
	waiting, err := all[idRow](tx.conn, "UPDATE cases SET due = ? WHERE "+held+" AND state = 'waiting' AND due > ? AND due <= ? RETURNING id",
		millis(due), f.SubjectID, waitedTooLong(now), millis(now))
	if err != nil {
		return err
	}
	for _, c := range waiting {
		if err = tx.post(now, filled(tell[c.id], func(n *accounts.Notice) { n.Date = due })...); err != nil {
			return err
		}
	}
	return nil
}
