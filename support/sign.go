package support

import (
	"context"
	"errors"

	"example.com/aye/approval"
)

// Signing looks whether the agent has signed; then the case goes on. A code instead of a signature is [ErrUnsigned].
func (d *Desk) Signing(ctx context.Context, caseID string) (Signing, error) {
	ctx, st, about, err := d.acts(ctx, caseID)
	if err != nil {
		return Signing{}, err
	}
	if about.ApproverID == st.Member.ID || about.OperatorID == st.Member.ID {
		return d.signing(ctx, st, caseID, approval.Asked{}, approval.Released)
	}
	part, err := d.service.asks(st, about.Case)
	if err != nil {
		return Signing{}, err
	}
	requestID := about.askedID(part)
	asks, err := d.asking(ctx, st, about, part, requestID)
	if err != nil {
		return Signing{}, err
	}
	view, mine, err := asks.own(ctx, requestID)
	if err != nil || !mine {
		return d.signing(ctx, st, caseID, approval.Asked{}, "", err)
	}
	asked := approval.Asked{Request: view.Request, Deliveries: view.Deliveries}
	switch view.State {
	case approval.Pending:
		// The same key gives the same question, with the number for this agent's page.
		asks.question.CreationKey = view.CreationKey
		asked, err = d.service.Asker.Ask(ctx, asks.portal, asks.question)
		return d.signing(ctx, st, caseID, asked, approval.Pending, err)
	case approval.Approved, approval.Released:
		return d.released(ctx, st, about, part, asks, view)
	case approval.Denied, approval.Reported, approval.Mismatched, approval.Expired, approval.Cancelled, approval.Superseded, approval.Lapsed:
	}
	return d.signing(ctx, st, caseID, asked, view.State)
}

// signing shows the case as it is now, with how the request stands.
func (d *Desk) signing(ctx context.Context, st Standing, caseID string, asked approval.Asked, state approval.State, errs ...error) (Signing, error) {
	if err := errors.Join(errs...); err != nil {
		return Signing{}, err
	}
	c, err := d.find(ctx, st, caseID)
	if err != nil {
		return Signing{}, err
	}
	view, err := d.whole(ctx, st, c)
	return Signing{View: view, Asked: asked, State: state}, err
}

// released redeems what was approved, and lets the case go on by it.
func (d *Desk) released(ctx context.Context, st Standing, about matter, part role, asks asking, view approval.View) (Signing, error) {
	s, method := d.service, view.Method
	if view.State == approval.Approved {
		redemption, err := s.Asker.Redeem(ctx, approval.Redeeming{
			Application: asks.portal, RequestID: view.ID, Code: view.ReleaseCode, Key: about.ID + ":" + view.ID,
		})
		if errors.Is(err, approval.ErrLapsed) || errors.Is(err, approval.ErrNotApproved) || errors.Is(err, approval.ErrRedeemed) {
			// Reported, too late, or taken by another page of the agent, between the look and the redeem.
			view, err = s.Asker.View(ctx, asks.portal.ID, view.ID)
			if err != nil || view.State != approval.Released {
				return d.signing(ctx, st, about.ID, approval.Asked{Request: view.Request}, view.State, err)
			}
			redemption.Request = view.Request
		}
		if err != nil {
			return Signing{}, err
		}
		method = redemption.Method
	}
	// Released before: the server ended between the redeem and what follows from it, or another page was quicker.
	if method != approval.Push {
		return Signing{}, ErrUnsigned
	}
	if err := errors.Join(s.settled(st), s.goesOn(ctx, about)); err != nil {
		return Signing{}, err
	}
	err := s.signed(ctx, about, part, st, view.ID)
	if errors.Is(err, ErrClosed) {
		// Two pages of one agent: the other one has moved it.
		if c, found := d.find(ctx, st, about.ID); found == nil && (c.ApproverID == st.Member.ID || c.OperatorID == st.Member.ID) {
			err = nil
		}
	}
	return d.signing(ctx, st, about.ID, approval.Asked{Request: view.Request}, approval.Released, err)
}
