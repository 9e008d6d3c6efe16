package accounts

import "context"

// SetRole gives a member, or somebody invited, another role, and tells the person and the administrators. The operator may give the
// same role again: then it has settled.
func (s *Service) SetRole(ctx context.Context, m Member, role Role) error {
	if err := checkRole(role); err != nil {
		return err
	}
	m, err := s.other(ctx, m)
	if err != nil {
		return err
	}
	if err = s.mayGive(ctx, m.OrganisationID, m.Role, role); err != nil {
		return err
	}
	if role == m.Role && !s.operator() {
		return nil // the week does not begin anew
	}
	entry := s.entry(m.OrganisationID, "member.role-changed", m.ID)
	entry.Data = map[string]string{"from": string(m.Role), "to": string(role)}
	if m.Status == Active { // whoever is invited has no role yet
		given := m
		given.Role = role
		entry.Tell = RoleTold(given, m.Role, s.by())
	}
	set, err := s.People.SetRole(ctx, m.ID, m.Role, role, !s.operator(), entry)
	if err == nil && !set {
		err = ErrNotFound
	}
	return err
}

// RoleTold is what is told of a role that lets somebody do more than members do, or did so until now: to the person, and to those who
// look after the organisation, so that nobody makes a second person up unseen. Of another role nobody is told.
func RoleTold(m Member, before Role, by string) []any {
	more := m.Role.above(RoleMember) || before.above(RoleMember)
	if m.Role == before || !more {
		return nil
	}
	n := Notice{PersonID: m.Person.ID, OrganisationID: m.OrganisationID, Kind: RoleGiven, Role: m.Role, Before: before, By: by}
	others := n
	others.Kind = MemberRoleChanged
	return []any{n, others}
}
