package support

import (
	"context"
	"errors"

	"example.com/aye/approval"
)

// role is in which part somebody signs.
type role string

const (
	second   role = "second"
	operator role = "operator"
)

// asks tells which signature the case waits for that this agent can give; [ErrSame] or [ErrClosed] else.
func (s *Service) asks(st Standing, c Case) (role, error) {
	person := st.Member.Person.ID
	if person == c.OpenerPersonID || person == c.PersonID {
		return "", ErrSame
	}
	switch {
	case c.State == Open && s.now().Before(c.Expires):
		return second, nil
	case c.State == Waiting && c.Escalated && c.OperatorID == "" && st.Operator:
		if person == c.ApproverPersonID {
			return "", ErrSame
		}
		return operator, nil
	}
	return "", ErrClosed
}

// askedID is the request that was asked for in that part.
func (c Case) askedID(r role) string {
	if r == operator {
		return c.OperatorApprovalID
	}
	return c.ApprovalID
}

// asked is a Move that keeps the request.
func (c Case) asked(r role, requestID string) Move {
	m := Move{CaseID: c.ID, From: []State{c.State}, To: c.State}
	if r == operator {
		m.OperatorApprovalID = requestID
	} else {
		m.ApprovalID = requestID
	}
	return m
}

// Approve asks the agent on their own phone to sign the case. It fails with [ErrSame], [ErrRank], [ErrNew], [ErrClosed],
// or approval.ErrNotEnrolled where the agent has no phone. While the agent's own request waits it gives that.
func (d *Desk) Approve(ctx context.Context, caseID string) (Signing, error) {
	ctx, st, about, err := d.acts(ctx, caseID)
	if err != nil {
		return Signing{}, err
	}
	s := d.service
	part, err := s.asks(st, about.Case)
	if err != nil {
		return Signing{}, err
	}
	if err = errors.Join(s.settled(st), s.goesOn(ctx, about)); err != nil {
		return Signing{}, err
	}
	before := about.askedID(part)
	asks, err := d.asking(ctx, st, about, part, before)
	if err != nil {
		return Signing{}, err
	}
	view, mine, err := asks.own(ctx, before)
	if err != nil {
		return Signing{}, err
	}
	if mine && waits(view) {
		return d.Signing(ctx, caseID)
	}
	asked, err := s.Asker.Ask(ctx, asks.portal, asks.question)
	if err != nil {
		return Signing{}, err
	}
	move := about.asked(part, asked.ID)
	move.Now = s.now()
	entry := s.entry(about.Case, st.Member.ID, "case.approval-asked")
	if part == operator {
		entry.Organisation = "" // no organisation is told that the operator signs
	}
	entry.Data["approval"] = asked.ID
	moved, err := s.Store.MoveCase(ctx, move, entry)
	if err == nil && !moved {
		err = errors.Join(s.why(ctx, about.Case), s.withdraw(ctx, about.Case, asked.ID))
	}
	if err != nil {
		return Signing{}, err
	}
	if before != "" {
		if err = s.withdraw(ctx, about.Case, before); err != nil { // one agent is asked at a time
			return Signing{}, err
		}
	}
	s.changed(about.Case)
	return d.Signing(ctx, caseID)
}

// waits tells whether the request still leads somewhere: also one that was signed, behind which the server ended.
func waits(view approval.View) bool {
	return view.State == approval.Pending || view.State == approval.Approved || (view.State == approval.Released && view.Method == approval.Push)
}

// goesOn is nil where nothing keeps the case from going on: nobody is frozen, and who opened it is an agent still.
func (s *Service) goesOn(ctx context.Context, about matter) error {
	if err := s.stopped(ctx, about.Case); err != nil {
		return err
	}
	err := s.stillAgent(ctx, about.OpenerID, about.Member, about.Kind == Lost)
	if isNone(err) {
		return ErrClosed
	}
	return err
}
