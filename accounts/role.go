package accounts

import (
	"fmt"
	"slices"
	"time"
)

// RoleSettles is how long a role that a member gave does not count yet for what nobody should do alone: else who may give roles
// could make the second person up, or make somebody small first and then help them.
const RoleSettles = 7 * 24 * time.Hour

// Role is what a member may do in the organisation.
type Role string

// The roles, from little to much.
const (
	RoleMember        Role = "member"
	RoleSupport       Role = "support"
	RoleAdministrator Role = "administrator"
	RoleOwner         Role = "owner"
)

// ladder has the roles in their order.
var ladder = []Role{RoleMember, RoleSupport, RoleAdministrator, RoleOwner}

// Privileged roles always type six digits.
func (r Role) Privileged() bool { return r != RoleMember }

// manages tells whether the role may change the organisation and its members.
func (r Role) manages() bool { return r == RoleAdministrator || r == RoleOwner }

// above tells whether the role is higher than the other; any is higher than none.
func (r Role) above(other Role) bool { return slices.Index(ladder, r) > slices.Index(ladder, other) }

func checkRole(r Role) error {
	if slices.Contains(ladder, r) {
		return nil
	}
	return fmt.Errorf("%w: role is %q, it must be member, support, administrator or owner", ErrInvalid, r)
}

// Settled tells whether the role counts in full: the operator gave it, or the member has it for [RoleSettles].
func (m Member) Settled(now time.Time) bool {
	return m.RoleBy == "" || m.RoleBy == Operator || !now.Before(m.RoleSince.Add(RoleSettles))
}

// Rank is the role by which others are measured who would act on the member: until the role has settled, the higher of it and the
// one before.
func (m Member) Rank(now time.Time) Role {
	if !m.Settled(now) && m.RoleBefore.above(m.Role) {
		return m.RoleBefore
	}
	return m.Role
}
