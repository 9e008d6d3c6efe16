package support

import (
	"context"
	"errors"

	"example.com/aye/approval"
)

// Checking gives a check as it stands, with the number while it is asked, for the agent who asked.
func (d *Desk) Checking(ctx context.Context, caseID, checkID string) (Checking, error) {
	ctx, st, about, err := d.acts(ctx, caseID)
	if err != nil {
		return Checking{}, err
	}
	check, err := d.service.Store.CaseCheck(ctx, checkID)
	if err == nil && check.CaseID != caseID {
		err = ErrNotFound
	}
	if err != nil {
		return Checking{}, err
	}
	if check.State == Asked && check.Channel == ByPush {
		return d.listen(ctx, st, about, check)
	}
	if check, err = d.service.timely(ctx, about.Case, check); err != nil {
		return Checking{}, err
	}
	return Checking{Check: check, Expires: check.Expires}, nil
}

// listen looks what the phone answered.
func (d *Desk) listen(ctx context.Context, st Standing, about matter, check Check) (Checking, error) {
	s := d.service
	portal, err := s.Directory.PortalOf(ctx, about.OrganisationID)
	if err != nil {
		return Checking{}, err
	}
	view, err := s.Asker.View(ctx, portal.ID, check.ApprovalID)
	if err != nil {
		return Checking{}, err
	}
	out := Checking{Check: check, Expires: check.Expires}
	switch view.State {
	case approval.Pending:
		if check.AgentID != st.Member.ID { // the number is for who talks to the caller
			return out, nil
		}
		q := d.callerQuestion(about, check, st.Member.Person.Display)
		q.CreationKey = view.CreationKey
		asked, err := s.Asker.Ask(ctx, portal, q)
		out.Number, out.Ticket = asked.Number, asked.Ticket
		return out, err
	case approval.Approved:
		redemption, err := s.Asker.Redeem(ctx, approval.Redeeming{Application: portal, RequestID: view.ID, Code: view.ReleaseCode, Key: check.ID})
		if errors.Is(err, approval.ErrLapsed) || errors.Is(err, approval.ErrNotApproved) || errors.Is(err, approval.ErrRedeemed) {
			return out, nil // the next look tells
		}
		if err != nil {
			return Checking{}, err
		}
		err = s.answer(ctx, about.Case, &out.Check, byPhone(redemption.Method), about.MembershipID)
		return out, err
	case approval.Released:
		return out, s.answer(ctx, about.Case, &out.Check, byPhone(view.Method), about.MembershipID)
	case approval.Reported:
		return out, s.denied(ctx, about.Case, &out.Check, "report", about.MembershipID)
	case approval.Denied, approval.Mismatched:
		return out, s.answer(ctx, about.Case, &out.Check, Wrong, about.MembershipID)
	case approval.Expired, approval.Cancelled, approval.Superseded, approval.Lapsed:
	}
	return out, s.answer(ctx, about.Case, &out.Check, Unheard, "system")
}

// byPhone is what an approval in that way shows: a code instead of a signature shows nothing.
func byPhone(m approval.Method) CheckState {
	if m == approval.Push {
		return Right
	}
	return Wrong
}
