package accounts

import (
	"context"
	"errors"
)

// Actor is who does something: a member, or the operator.
type Actor struct {
	// ID is the membership's, or [Operator].
	ID             string
	OrganisationID string
	Role           Role
}

// operator tells whether it is nobody's session. A service that was never told who acts is the
// operator's; an actor without a name is nobody, and may nothing.
func (s *Service) operator() bool { return s.actor == nil || s.actor.ID == Operator }

// As gives the service as that actor may use it. The operator may all. Of members only
// administrators and owners may anything, in their own organisation; only owners make and
// unmake owners, and the last owner stays.
func (s *Service) As(by Actor) *Service {
	as := *s
	as.actor = &by
	return &as
}

// may is nil where the actor may manage the organisation, else [ErrForbidden]. The role is
// looked up: the one that the actor came with may be an hour old.
func (s *Service) may(ctx context.Context, organisationID string) error {
	_, err := s.authority(ctx, organisationID)
	return err
}

// authority is [Service.may] with the role that the actor has; the operator's is that of an owner.
func (s *Service) authority(ctx context.Context, organisationID string) (Role, error) {
	if s.operator() {
		return RoleOwner, nil
	}
	if s.actor.OrganisationID != organisationID || s.actor.ID == "" {
		return "", ErrForbidden
	}
	m, err := s.People.Member(ctx, organisationID, UserReference{ID: s.actor.ID})
	if errors.Is(err, ErrNotFound) {
		return "", ErrForbidden
	}
	if err != nil {
		return "", err
	}
	if !m.Role.manages() || !s.actor.Role.manages() {
		return "", ErrForbidden
	}
	return m.Role, nil
}

// mayGive is nil where the actor may give somebody the role, or take it.
func (s *Service) mayGive(ctx context.Context, organisationID string, roles ...Role) error {
	own, err := s.authority(ctx, organisationID)
	if err != nil {
		return err
	}
	for _, role := range roles {
		if err = own.gives(role); err != nil {
			return err
		}
	}
	return nil
}

// gives is nil where somebody of the role may give others that role, or take it.
func (r Role) gives(role Role) error {
	if role == RoleOwner && r != RoleOwner {
		return &ForbiddenError{Why: OwnersOnly}
	}
	return nil
}

// MayManage is nil where the actor may manage the organisation, else [ErrForbidden]. What has no
// organisation is the operator's alone.
func (s *Service) MayManage(ctx context.Context, organisationID string) error {
	if organisationID == "" && !s.operator() {
		return ErrForbidden
	}
	return s.may(ctx, organisationID)
}

// By is how the audit log names the actor.
func (s *Service) By() string { return s.by() }

func (s *Service) by() string {
	if s.operator() {
		return Operator
	}
	return s.actor.ID
}
