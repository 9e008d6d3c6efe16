package storetest

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

// held is a role and how it came to be.
func held(m accounts.Member) []string {
	return []string{string(m.Role), m.RoleBy, m.RoleSince.Format(time.TimeOnly), string(m.RoleBefore)}
}

// testRolesSettle: it is written down who gave a role, when, and what was held before.
func testRolesSettle(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	here := h.Organisation.ID
	by := func(actor, action string) audit.Entry {
		return audit.Entry{Organisation: here, Actor: actor, Action: action, At: h.Clock.Now()}
	}
	now := func(m accounts.Member) []string {
		t.Helper()
		return held(got(h.MemberByID(t.Context(), here, m.ID))(t))
	}
	set := func(m accounts.Member, actor string, from, to accounts.Role) {
		t.Helper()
		h.Clock.Pass(time.Second)
		same(t, "set", got(h.SetRole(t.Context(), m.ID, from, to, false, by(actor, "member.role-changed")))(t), true)
	}
	t.Run("made", func(t *testing.T) {
		m := h.AddPerson(t, "made@example.com")
		same(t, "answer", held(m), []string{"member", "operator", "04:05:06", ""})
		same(t, "kept", now(m), held(m))
	})
	t.Run("changed", func(t *testing.T) {
		m := h.AddPerson(t, "changed@example.com")
		at := func() string { return h.Clock.Now().Format(time.TimeOnly) }
		set(m, "operator", accounts.RoleMember, accounts.RoleOwner)
		same(t, "by the operator", now(m), []string{"owner", "operator", at(), "member"})
		set(m, "usr_rogue", accounts.RoleOwner, accounts.RoleSupport)
		same(t, "made less", now(m), []string{"support", "usr_rogue", at(), "owner"})
		set(m, "usr_rogue", accounts.RoleSupport, accounts.RoleMember)
		same(t, "in two steps", now(m), []string{"member", "usr_rogue", at(), "owner"})
		h.Clock.Pass(accounts.RoleSettles)
		set(m, "usr_rogue", accounts.RoleMember, accounts.RoleSupport)
		same(t, "settled between", now(m), []string{"support", "usr_rogue", at(), "member"})
		h.written(t, 0, func() {
			same(t, "not what it was", got(h.SetRole(t.Context(), m.ID, accounts.RoleOwner, accounts.RoleMember, false, by("usr_other", "x")))(t), false)
		})
		same(t, "still", now(m)[1], "usr_rogue")
	})
	t.Run("invited", func(t *testing.T) {
		at := h.Clock.Now().Format(time.TimeOnly)
		m := h.member(h.Organisation, "invited@example.com")
		m.Role = accounts.RoleSupport
		first := got(h.Invite(t.Context(), m, "first", anyRole, by("usr_first", "member.invited")))(t)
		same(t, "answer", held(first), []string{"support", "usr_first", at, ""})
		h.Clock.Pass(time.Hour)
		again := h.member(h.Organisation, "invited@example.com")
		again.Role = accounts.RoleAdministrator
		hash := secret.Hash(secret.NewToken())
		same(t, "again", held(got(h.Invite(t.Context(), again, hash, anyRole, by("usr_second", "member.invited")))(t))[:2], []string{"administrator", "usr_second"})
		set(first, "usr_third", accounts.RoleAdministrator, accounts.RoleSupport)
		same(t, "before they are a member it counts for nothing", now(first), []string{"support", "usr_third", h.Clock.Now().Format(time.TimeOnly), ""})
		h.Clock.Pass(accounts.RoleSettles)
		accepted := got(h.AcceptInvitation(t.Context(), hash, time.Time{}, by("person", "member.accepted")))(t)
		same(t, "since they accepted", now(first), []string{"support", "usr_third", h.Clock.Now().Format(time.TimeOnly), ""})
		same(t, "answer", held(accepted), now(first))
		same(t, "settled", accepted.Settled(h.Clock.Now()), false)
	})
	t.Run("sent away and invited again", func(t *testing.T) {
		m := h.AddPerson(t, "again@example.com")
		set(m, "operator", accounts.RoleMember, accounts.RoleOwner)
		set(m, "usr_rogue", accounts.RoleOwner, accounts.RoleMember)
		h.leave(t, m)
		anew := got(h.Invite(t.Context(), h.member(h.Organisation, m.Person.Email), secret.Hash(secret.NewToken()), anyRole, by("usr_rogue", "member.invited")))(t)
		same(t, "answer", held(anew)[3], "owner")
		same(t, "kept", now(anew)[3], "owner")
		same(t, "elsewhere they are somebody new", held(desk{House: h}.elsewhere(t, m))[3], "")
	})
}
