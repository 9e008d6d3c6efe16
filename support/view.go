package support

import (
	"context"
	"errors"

	"example.com/aye/accounts"
)

// Case gives a case in the agent's scope, else [ErrNotFound].
func (d *Desk) Case(ctx context.Context, id string) (View, error) {
	ctx, st, err := d.enter(ctx)
	if err != nil {
		return View{}, err
	}
	c, err := d.find(ctx, st, id)
	if err != nil {
		return View{}, err
	}
	return d.whole(ctx, st, c)
}

// Cases gives those in the agent's scope, newest first: those that go on, or those that have ended.
func (d *Desk) Cases(ctx context.Context, live bool) ([]View, error) {
	ctx, st, err := d.enter(ctx)
	if err != nil {
		return nil, err
	}
	filter := Filter{OrganisationID: st.Organisation.ID, Live: live}
	if st.Operator {
		filter.OrganisationID = ""
	}
	all, err := d.service.Store.Cases(ctx, filter, mostCases)
	if err != nil {
		return nil, err
	}
	views := make([]View, 0, len(all))
	for _, c := range all {
		if c.State.Live() != live {
			continue
		}
		v, err := d.view(ctx, st, c)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}

// whole is view with what a page of the case alone shows.
func (d *Desk) whole(ctx context.Context, st Standing, c Case) (View, error) {
	v, err := d.view(ctx, st, c)
	if err != nil {
		return View{}, err
	}
	if v.Checks, err = d.service.Store.CaseChecks(ctx, c.ID); err != nil {
		return View{}, err
	}
	if v.MayVerify {
		v.Channels, err = d.service.channels(ctx, c)
		v.MayVerify = len(v.Channels) > 0 && len(v.Checks) < ChecksPerCase
	}
	return v, err
}

// view is a case as the agent sees it.
func (d *Desk) view(ctx context.Context, st Standing, c Case) (View, error) {
	s := d.service
	about, err := s.about(ctx, c)
	if err != nil {
		return View{}, err
	}
	v := View{Case: st.sees(c), Member: discreet(about.Member), Organisation: about.Organisation}
	if v.Opener, err = s.nameOf(ctx, c.OpenerPersonID); err != nil {
		return View{}, err
	}
	if v.Approver, err = s.nameOf(ctx, c.ApproverPersonID); err != nil {
		return View{}, err
	}
	v.MayCancel = s.mayCancel(st, c) == nil
	if about.Member.Status != accounts.Active {
		return v, nil
	}
	if err = s.helps(ctx, st, about.Member); errors.Is(err, ErrRank) {
		return v, nil
	}
	_, unsigned := s.asks(st, c)
	v.MayApprove, v.MaySend, v.MayVerify = unsigned == nil && s.settled(st) == nil, s.maySend(c) == nil, s.mayVerify(c) == nil
	return v, err
}

// sees is the case as who stands there may know it. That the operator must sign too says that the person belongs elsewhere
// as well, which no organisation is told.
func (st Standing) sees(c Case) Case {
	if !st.Operator {
		c.Escalated, c.OperatorID, c.OperatorApprovalID = false, "", ""
	}
	return c
}
