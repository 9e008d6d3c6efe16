package support

import (
	"context"
	"errors"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/audit"
)

// Standing tells who the agent is, else [ErrForbidden].
func (d *Desk) Standing(ctx context.Context) (Standing, error) {
	if d.agent.Method != approval.Push && d.agent.Method != approval.TOTP {
		return Standing{}, ErrForbidden
	}
	o, m, err := d.service.Directory.MemberOf(ctx, d.agent.OrganisationID, accounts.UserReference{ID: d.agent.MembershipID})
	if errors.Is(err, accounts.ErrNotFound) || d.agent.MembershipID == "" {
		return Standing{}, ErrForbidden
	}
	if err != nil {
		return Standing{}, err
	}
	return d.service.stands(o, m)
}

// stands is the standing of a member, else [ErrForbidden].
func (s *Service) stands(o accounts.Organisation, m accounts.Member) (Standing, error) {
	switch m.Role {
	case accounts.RoleSupport, accounts.RoleAdministrator, accounts.RoleOwner:
	case accounts.RoleMember:
		return Standing{}, ErrForbidden
	default:
		return Standing{}, ErrForbidden
	}
	return Standing{
		Member: m, Organisation: o, Operator: s.OperatorOrganisation != "" && o.ID == s.OperatorOrganisation,
		Manages: m.Role == accounts.RoleAdministrator || m.Role == accounts.RoleOwner,
	}, nil
}

// enter is the first step of every method: who the agent is now, and that nobody froze them. What is written down under the
// context says where the agent sits.
func (d *Desk) enter(ctx context.Context) (context.Context, Standing, error) {
	if audit.OriginOf(ctx) == (audit.Origin{}) {
		ctx = audit.WithOrigin(ctx, audit.Origin{IP: d.agent.IP, UserAgent: d.agent.UserAgent})
	}
	st, err := d.Standing(ctx)
	if err != nil {
		return ctx, Standing{}, err
	}
	frozen, err := d.service.Store.Frozen(ctx, "", st.Member.ID, "")
	if err == nil && len(frozen) > 0 {
		err = &FrozenError{What: FrozenAgent}
	}
	return ctx, st, err
}
