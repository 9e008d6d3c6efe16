package store

import (
	"context"
	"errors"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/support"
)

// caseCheckRow is a question to a caller.
type caseCheckRow struct {
	support.Check
	asked, expires, answered int64
}

const caseCheckColumns = "id, case_id, channel, agent_id, approval_id, state, tries, asked, expires, answered"

const selectCaseCheck = "SELECT " + caseCheckColumns + " FROM case_checks WHERE "

func (r *caseCheckRow) fields() []any {
	return []any{
		&r.ID, &r.CaseID, (*string)(&r.Channel), &r.AgentID, &r.ApprovalID, (*string)(&r.State), &r.Tries, &r.asked, &r.expires, &r.answered,
	}
}

func (r caseCheckRow) known() support.Check {
	c := r.Check
	c.Asked, c.Expires, c.Answered = moment(r.asked), moment(r.expires), moment(r.answered)
	return c
}

// AddCaseCheck keeps a check of a case that goes on.
func (s *Store) AddCaseCheck(ctx context.Context, c support.Check, most int, entry audit.Entry) error {
	return s.write(ctx, func(tx *transaction) error {
		live, err := holds(tx, "EXISTS (SELECT 1 FROM cases WHERE id = "+text+" AND "+isLive+")", c.CaseID)
		if err == nil && !live {
			err = support.ErrClosed
		}
		if err != nil {
			return err
		}
		before, err := all[found](tx.conn, "SELECT 1 FROM case_checks WHERE case_id = ?", c.CaseID)
		if err != nil {
			return err
		}
		if len(before) >= most {
			return support.ErrTooMany
		}
		values := []any{c.ID, c.CaseID, c.Channel, c.AgentID, c.ApprovalID, c.State, c.Tries, millis(c.Asked), millis(c.Expires), millis(c.Answered)}
		if _, err = tx.exec("INSERT INTO case_checks ("+caseCheckColumns+") VALUES "+places(len(values)), values...); err != nil {
			return err
		}
		return record(tx, entry)
	})
}

// CaseCheck finds a check.
func (s *Store) CaseCheck(ctx context.Context, id string) (support.Check, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return support.Check{}, err
	}
	row, err := one[caseCheckRow](c, support.ErrNotFound, selectCaseCheck+"id = ?", id)
	return row.known(), err
}

// CaseChecks gives those of a case, oldest first.
func (s *Store) CaseChecks(ctx context.Context, caseID string) ([]support.Check, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := all[caseCheckRow](c, selectCaseCheck+"case_id = "+text+" ORDER BY asked, id", caseID)
	return each(rows, err, caseCheckRow.known)
}

// TryCaseCheck counts a try before the code is looked at.
func (s *Store) TryCaseCheck(ctx context.Context, id string, most int, now time.Time) error {
	counted, err := s.update(ctx, func(tx *transaction) (int64, error) {
		return tx.exec("UPDATE case_checks SET tries = tries + 1 WHERE id = ? AND state = 'asked' AND tries < ? AND expires > ?", id, most, millis(now))
	})
	if err == nil && !counted {
		err = support.ErrClosed
	}
	return err
}

// AnswerCaseCheck moves a check, and what the caller has shown with it. Of a case that ended nothing is shown any more.
func (s *Store) AnswerCaseCheck(ctx context.Context, a support.Answer, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		check, err := one[caseCheckRow](tx.conn, errRefused, "UPDATE case_checks SET state = ?, answered = ? WHERE id = ? AND state = 'asked' RETURNING "+caseCheckColumns,
			a.To, millis(a.At), a.CheckID)
		if errors.Is(err, errRefused) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if a.Shown != support.Nothing {
			// Verified stays verified, whatever is answered after it.
			_, err = tx.exec("UPDATE cases SET shown = ? WHERE id = ? AND state IN ('open', 'waiting') AND (shown = '' OR ? = 'verified')", a.Shown, check.CaseID, a.Shown)
			if err != nil {
				return false, err
			}
		}
		return true, record(tx, entry)
	})
}
