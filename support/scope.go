package support

import (
	"context"
	"errors"

	"example.com/aye/accounts"
)

// member finds somebody in the agent's scope. Who is in another organisation is not told from who never was.
func (d *Desk) member(ctx context.Context, st Standing, membershipID string) (accounts.Organisation, accounts.Member, error) {
	organisationID := st.Organisation.ID
	if st.Operator {
		m, err := d.service.Directory.Membership(ctx, membershipID)
		if err != nil {
			return accounts.Organisation{}, accounts.Member{}, missing(err)
		}
		organisationID = m.OrganisationID
	}
	o, m, err := d.service.Directory.MemberOf(ctx, organisationID, accounts.UserReference{ID: membershipID})
	if membershipID == "" {
		err = ErrNotFound
	}
	return o, m, missing(err)
}

// missing makes what is not there, for whatever reason, the same.
func missing(err error) error {
	if errors.Is(err, accounts.ErrNotFound) {
		return ErrNotFound
	}
	return err
}

// find gives a case in the agent's scope.
func (d *Desk) find(ctx context.Context, st Standing, caseID string) (Case, error) {
	c, err := d.service.Store.Case(ctx, caseID)
	if err != nil {
		return Case{}, err
	}
	if !st.Operator && c.OrganisationID != st.Organisation.ID {
		return Case{}, ErrNotFound
	}
	return c, nil
}

// acts is find for what the agent does: the person is still there, and of a lower role.
func (d *Desk) acts(ctx context.Context, caseID string) (context.Context, Standing, matter, error) {
	ctx, st, err := d.enter(ctx)
	if err != nil {
		return ctx, st, matter{}, err
	}
	c, err := d.find(ctx, st, caseID)
	if err != nil {
		return ctx, st, matter{}, err
	}
	o, m, err := d.service.Directory.MemberOf(ctx, c.OrganisationID, accounts.UserReference{ID: c.MembershipID})
	if err = missing(err); err == nil {
		err = d.service.helps(ctx, st, m)
	}
	return ctx, st, matter{Case: c, Organisation: o, Member: m}, err
}

// matter is a case with whom it is about.
type matter struct {
	Case
	Organisation accounts.Organisation
	Member       accounts.Member
}
