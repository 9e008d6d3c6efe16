package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"

	"example.com/aye/internal/audit"
	"example.com/aye/support"
)

var _ support.Store = (*Store)(nil)

// caseRow is a case.
type caseRow struct {
	support.Case
	life, linkUntil, linkUsed, opened, expires, approved, due, closed int64
}

const caseColumns = "id, kind, state, organisation_id, membership_id, person_id, opener_id, opener_person_id, identified, ticket, note, shown, escalated, " +
	"approver_id, approver_person_id, approval_id, operator_id, operator_approval_id, life, uses, uses_left, channel, link, link_until, link_used, " +
	"opened, expires, approved, due, closed, stopped_by"

const selectCase = "SELECT " + caseColumns + " FROM cases WHERE "

func (r *caseRow) fields() []any {
	return []any{
		&r.ID, (*string)(&r.Kind), (*string)(&r.State), &r.OrganisationID, &r.MembershipID, &r.PersonID, &r.OpenerID, &r.OpenerPersonID,
		(*string)(&r.Identified), &r.Ticket, &r.Note, (*string)(&r.Shown), &r.Escalated,
		&r.ApproverID, &r.ApproverPersonID, &r.ApprovalID, &r.OperatorID, &r.OperatorApprovalID, &r.life, &r.Uses, &r.Left, (*string)(&r.Channel),
		&r.Link, &r.linkUntil, &r.linkUsed, &r.opened, &r.expires, &r.approved, &r.due, &r.closed, &r.StoppedBy,
	}
}

func caseValues(c support.Case) []any {
	return []any{
		c.ID, c.Kind, c.State, c.OrganisationID, c.MembershipID, c.PersonID, c.OpenerID, c.OpenerPersonID,
		c.Identified, c.Ticket, c.Note, c.Shown, c.Escalated,
		c.ApproverID, c.ApproverPersonID, c.ApprovalID, c.OperatorID, c.OperatorApprovalID, c.Life.Milliseconds(), c.Uses, c.Left, c.Channel,
		c.Link, millis(c.LinkUntil), millis(c.LinkUsed), millis(c.Opened), millis(c.Expires), millis(c.Approved), millis(c.Due), millis(c.Closed), c.StoppedBy,
	}
}

func (r caseRow) known() support.Case {
	c := r.Case
	c.Life = time.Duration(r.life) * time.Millisecond
	c.LinkUntil, c.LinkUsed = moment(r.linkUntil), moment(r.linkUsed)
	c.Opened, c.Expires, c.Approved, c.Due, c.Closed = moment(r.opened), moment(r.expires), moment(r.approved), moment(r.due), moment(r.closed)
	return c
}

// isLive is the condition of [support.State.Live], in the words of the index.
const isLive = "state IN ('open', 'waiting', 'sent', 'revoked')"

// OpenCase keeps a case.
func (s *Store) OpenCase(ctx context.Context, c support.Case, entry audit.Entry) error {
	return s.write(ctx, func(tx *transaction) error { return openCase(tx, c, entry) })
}

func openCase(tx *transaction, c support.Case, entry audit.Entry) error {
	if err := unfrozen(tx.conn, c.PersonID, c.OpenerID, c.OrganisationID); err != nil {
		return err
	}
	values := caseValues(c)
	_, err := tx.exec("INSERT INTO cases (told, "+caseColumns+") VALUES (0"+strings.Repeat(", ?", len(values))+")", values...)
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return support.ErrLive
	}
	if err != nil {
		return err
	}
	return record(tx, entry)
}

// Case finds a case.
func (s *Store) Case(ctx context.Context, id string) (support.Case, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return support.Case{}, err
	}
	row, err := one[caseRow](c, support.ErrNotFound, selectCase+"id = ?", id)
	return row.known(), err
}

// Cases gives those that are chosen, newest first.
func (s *Store) Cases(ctx context.Context, f support.Filter, limit int) ([]support.Case, error) {
	var query statement
	query.add(selectCase + "opened > 0")
	for _, condition := range []struct{ text, value string }{
		{"organisation_id = " + text, f.OrganisationID}, {"person_id = " + text, f.PersonID}, {"opener_id = " + text, f.OpenerID},
	} {
		if condition.value != "" {
			query.add(" AND "+condition.text, condition.value)
		}
	}
	if f.Escalated { // as the index has it
		query.add(" AND escalated = 1 AND operator_id = '' AND state IN ('open', 'waiting')")
	}
	if f.Live {
		query.add(" AND " + isLive)
	}
	query.add(" ORDER BY opened DESC, id DESC LIMIT "+number, limit)
	return s.cases(ctx, query.text, query.values...)
}

func (s *Store) cases(ctx context.Context, query string, values ...any) ([]support.Case, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := all[caseRow](c, query, values...)
	return each(rows, err, caseRow.known)
}

// CaseOfApproval finds what a request on a phone is about.
func (s *Store) CaseOfApproval(ctx context.Context, approvalID string) (support.Case, support.Check, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return support.Case{}, support.Check{}, err
	}
	for _, signed := range []string{"approval_id = " + text + " AND approval_id <> ''", "operator_approval_id = " + text + " AND operator_approval_id <> ''"} {
		row, failed := one[caseRow](c, support.ErrNotFound, selectCase+signed+" LIMIT 1", approvalID)
		if !errors.Is(failed, support.ErrNotFound) {
			return row.known(), support.Check{}, failed
		}
	}
	check, err := one[caseCheckRow](c, support.ErrNotFound, selectCaseCheck+"approval_id = "+text+" AND approval_id <> '' LIMIT 1", approvalID)
	if err != nil {
		return support.Case{}, support.Check{}, err
	}
	row, err := one[caseRow](c, support.ErrNotFound, selectCase+"id = ?", check.CaseID)
	return row.known(), check.known(), err
}

// DueCases gives what must be looked at: first what is to be carried out and can be, then what waited too long for that, then
// what has run out.
func (s *Store) DueCases(ctx context.Context, now time.Time, limit int) ([]support.Case, error) {
	at, past := millis(now), waitedTooLong(now)
	var found []support.Case
	for _, query := range []struct {
		text   string
		values []any
	}{
		{
			"state = 'waiting' AND due > " + number + " AND due <= " + number + " AND (escalated = 0 OR operator_id <> '') AND " + isSigned + " AND " + isMemberStill + " AND " + nobodyFrozen +
				" ORDER BY due", []any{past, at},
		},
		{"state = 'waiting' AND due <= " + number + " ORDER BY due", []any{past}},
		{"state IN ('open', 'sent', 'revoked') AND expires <= " + number + " ORDER BY expires", []any{at}},
	} {
		more, err := s.cases(ctx, selectCase+query.text+" LIMIT "+number, append(query.values, limit-len(found))...)
		if found = append(found, more...); err != nil || len(found) == limit {
			return found, err
		}
	}
	return found, nil
}

// DoneCases gives those of which nobody was told that they are done.
func (s *Store) DoneCases(ctx context.Context, limit int) ([]support.Case, error) {
	return s.cases(ctx, selectCase+"state = 'done' AND told = 0 AND kind = 'lost' AND closed > 0 ORDER BY closed LIMIT "+number, limit)
}

// CaseTold writes down that all were told.
func (s *Store) CaseTold(ctx context.Context, caseID string, tell ...any) (bool, error) {
	return s.updateTelling(ctx, tell, func(tx *transaction) (int64, error) {
		return tx.exec("UPDATE cases SET told = 1 WHERE id = ? AND state = 'done' AND told = 0", caseID)
	})
}
