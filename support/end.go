package support

import (
	"context"
	"errors"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
)

// Refuse ends a case that waits for the second approver, or for the operator's support.
func (d *Desk) Refuse(ctx context.Context, caseID string) error {
	ctx, st, about, err := d.acts(ctx, caseID)
	if err != nil {
		return err
	}
	part, err := d.service.asks(st, about.Case)
	if err != nil {
		return err
	}
	m := Move{CaseID: about.ID, From: []State{Open}, To: Refused}
	if part == operator { // the organisation learns that it ended, and not that another signature was missing
		m = Move{CaseID: about.ID, From: []State{Waiting}, To: Cancelled}
	}
	return d.ends(ctx, st, about.Case, m)
}

// ends is end by the agent. What the operator's support ends in another organisation stands there as if nobody had done it, and
// with who did it in the installation's own chain: else the log would tell whom the operator looks at.
func (d *Desk) ends(ctx context.Context, st Standing, c Case, m Move) error {
	if !st.Operator || st.Organisation.ID == c.OrganisationID {
		return d.service.end(ctx, c, m, st.Member.ID, "")
	}
	entry := d.service.endEntry(c, m.To, st.Member.ID, "")
	entry.Organisation = ""
	entry = entry.From(audit.OriginOf(ctx))
	return d.service.end(audit.WithOrigin(ctx, audit.Origin{}), c, m, "system", "", entry)
}

// mayCancel is nil for who opened the case, and for who manages its organisation.
func (s *Service) mayCancel(st Standing, c Case) error {
	if c.State != Open && c.State != Waiting {
		return ErrClosed
	}
	if c.OpenerID == st.Member.ID || (st.Manages && (st.Operator || st.Organisation.ID == c.OrganisationID)) {
		return nil
	}
	return ErrForbidden
}

// Cancel takes a case back. It is for who opened it, and for administrators; it fails with [ErrForbidden] or [ErrClosed].
func (d *Desk) Cancel(ctx context.Context, caseID string) error {
	ctx, st, err := d.enter(ctx)
	if err != nil {
		return err
	}
	c, err := d.find(ctx, st, caseID)
	if err != nil {
		return err
	}
	if err = d.service.mayCancel(st, c); err != nil {
		return err
	}
	return d.ends(ctx, st, c, Move{CaseID: c.ID, From: []State{Open, Waiting}, To: Cancelled})
}

// Left is told of a membership that ended: the cases of who left end with it.
func (s *Service) Left(ctx context.Context, m accounts.Member) error {
	cases, err := s.Store.Cases(ctx, Filter{OrganisationID: m.OrganisationID, PersonID: m.Person.ID, Live: true}, mostCases)
	if err != nil {
		return err
	}
	for _, c := range cases {
		if c.MembershipID != m.ID {
			continue
		}
		if err = s.abandon(ctx, c, "left"); err != nil {
			return err
		}
	}
	return nil
}

// abandon ends a case that nobody goes on with; the word says why.
func (s *Service) abandon(ctx context.Context, c Case, why string) error {
	to := Cancelled
	switch c.State {
	case Sent, Revoked:
		to = Expired
	case Open, Waiting, Done, Refused, Cancelled, Expired, Stopped:
	}
	return s.over(ctx, c, to, why)
}

// over is end by nobody, unless somebody else has moved the case.
func (s *Service) over(ctx context.Context, c Case, to State, why string) error {
	err := s.end(ctx, c, Move{CaseID: c.ID, From: []State{c.State}, To: to}, "system", why)
	if errors.Is(err, ErrClosed) {
		return nil
	}
	return err
}

func (s *Service) endEntry(c Case, to State, actor, why string) audit.Entry {
	entry := s.entry(c, actor, "case."+string(to))
	entry.Data["from"] = string(c.State)
	if why != "" {
		entry.Data["why"] = why
	}
	return entry
}

// end goes along an edge to an end, and takes back what was asked; [ErrClosed] where the case was quicker.
func (s *Service) end(ctx context.Context, c Case, m Move, actor, why string, beside ...audit.Entry) error {
	m.Now = s.now()
	moved, err := s.Store.MoveCase(ctx, m, append(beside, s.endEntry(c, m.To, actor, why))...)
	if err == nil && !moved {
		err = ErrClosed
	}
	if err != nil {
		return err
	}
	s.changed(c)
	if err = s.withdraw(ctx, c, c.ApprovalID); err != nil {
		return err
	}
	return s.withdraw(ctx, c, c.OperatorApprovalID)
}
