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
	set, err := s.People.SetRole(ctx, m.ID, m.Role, role, !s.operator(), entry)
	if err == nil && !set {
		err = ErrNotFound
	}
	if err != nil {
		return err
	}
	before := m.Role
	if m.Role = role; m.Status == Active { // whoever is invited has no role yet
		s.tellRole(ctx, m, before, s.by())
	}
	return nil
}

// tellRole tells of a role that lets somebody do more than members do, or did so until now: the person, and those who look after
// the organisation, so that nobody makes a second person up unseen.
func (s *Service) tellRole(ctx context.Context, m Member, before Role, by string) {
	more := m.Role.above(RoleMember) || before.above(RoleMember)
	if s.Announcer == nil || m.Role == before || !more {
		return
	}
	n := Notice{PersonID: m.Person.ID, OrganisationID: m.OrganisationID, Kind: RoleGiven, Role: m.Role, Before: before, By: by}
	s.Announcer.Announce(ctx, n)
	n.Kind = MemberRoleChanged
	s.Announcer.Announce(ctx, n)
}
