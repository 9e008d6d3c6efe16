package support

import (
	"context"
	"errors"

	"example.com/aye/accounts"
)

// settled is nil where the agent's role counts in full, else [ErrNew].
func (s *Service) settled(st Standing) error {
	if !st.Member.Settled(s.now()) {
		return ErrNew
	}
	return nil
}

// helps is nil where the agent may act for the member, else [ErrRank]. Who was made less is still guarded by what they were, until the
// role has settled.
func (s *Service) helps(ctx context.Context, st Standing, m accounts.Member) error {
	if m.Person.ID == st.Member.Person.ID {
		return ErrRank
	}
	if m.OrganisationID == st.Organisation.ID {
		return below(st.Member.Role, m.Rank(s.now()))
	}
	if !st.Operator {
		return ErrNotFound
	}
	// Who is also of the operator's own people is guarded by the rank there: else its owner could be reset as the
	// member of another organisation.
	all, err := s.Directory.Memberships(ctx, m.Person.ID)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.OrganisationID == st.Organisation.ID {
			return below(st.Member.Role, other.Rank(s.now()))
		}
	}
	return nil
}

// below is nil where somebody of the role helps those of the other.
func below(own, other accounts.Role) error {
	order := map[accounts.Role]int{accounts.RoleMember: 1, accounts.RoleSupport: 2, accounts.RoleAdministrator: 3, accounts.RoleOwner: 4}
	if order[other] == 0 || order[own] < 2 || order[other] >= order[own] {
		return ErrRank
	}
	return nil
}

// stillAgent is nil where the membership is still that of an agent who helps the member, and whose role has settled where it must;
// [ErrRank], [ErrNew] or [ErrForbidden] else.
func (s *Service) stillAgent(ctx context.Context, membershipID string, m accounts.Member, settled bool) error {
	if membershipID == "" || membershipID == accounts.Operator {
		return nil
	}
	agent, err := s.Directory.Membership(ctx, membershipID)
	if errors.Is(err, accounts.ErrNotFound) {
		return ErrForbidden
	}
	if err != nil {
		return err
	}
	st, err := s.stands(accounts.Organisation{ID: agent.OrganisationID}, agent)
	if err != nil {
		return err
	}
	if err = s.settled(st); settled && err != nil {
		return err
	}
	return s.helps(ctx, st, m)
}

// isNone tells whether stillAgent found none.
func isNone(err error) bool {
	return errors.Is(err, ErrForbidden) || errors.Is(err, ErrRank) || errors.Is(err, ErrNew) || errors.Is(err, ErrNotFound)
}
