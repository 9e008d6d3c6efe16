package store

import (
	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
)

// roleRow is the role of a membership, and how it came to be.
type roleRow struct {
	role, before accounts.Role
	by           string
	since        int64
	status       accounts.Status
}

const roleColumns = "role, role_by, role_since, role_before, status"

func (r *roleRow) fields() []any {
	return []any{(*string)(&r.role), &r.by, &r.since, (*string)(&r.before), (*string)(&r.status)}
}

func (r *roleRow) member() accounts.Member {
	return accounts.Member{Role: r.role, RoleBy: r.by, RoleSince: moment(r.since), RoleBefore: r.before}
}

// giveRole writes down who gives a new membership its role. Who was a member of the organisation before has what they were
// then as the role before: else it would be enough to send somebody away and invite them again to make them small.
func giveRole(tx *transaction, m *accounts.Member, entry audit.Entry) error {
	m.RoleBy, m.RoleSince, m.RoleBefore = entry.Actor, moment(millis(entry.At)), ""
	ended, err := all[roleRow](tx.conn, "SELECT "+roleColumns+" FROM memberships WHERE person_id = "+text+" AND status = 'ended' AND organisation_id = "+text, m.Person.ID, m.OrganisationID)
	for _, was := range ended {
		for _, role := range []accounts.Role{was.role, was.before} {
			m.RoleBefore = highest(m.RoleBefore, role)
		}
	}
	return err
}

// highest gives the higher of two roles, of which either can be none.
func highest(a, b accounts.Role) accounts.Role {
	return accounts.Member{Role: a, RoleBefore: b, RoleBy: system}.Rank(moment(0))
}
