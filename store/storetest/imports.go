package storetest

import (
	"slices"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
)

func testImports(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	ctx := t.Context()
	i := accounts.Import{
		ID: secret.NewID("imp"), OrganisationID: h.Organisation.ID, State: accounts.ImportPlanned, New: 2, Known: 3, Total: 2, Created: h.Clock.Now(),
		By:     accounts.Actor{ID: "usr_one", OrganisationID: h.Organisation.ID, Role: accounts.RoleOwner},
		Errors: []accounts.LineError{{Line: 4, Problem: accounts.BadAddress, Value: "x"}},
		Rows:   []accounts.RosterRow{{Line: 2, Email: "one@example.com", Name: "One", Role: accounts.RoleMember}, {Line: 3, Email: "two@example.com", Name: "Two", Role: accounts.RoleMember, Language: "nl"}},
	}
	must(t, h.AddImport(ctx, i, h.entry(h.Organisation.ID, "import.planned")))
	same(t, "import", got(h.Import(ctx, h.Organisation.ID, i.ID))(t), i)
	other := h.AddOrganisation(t, "Other")
	_, err := h.Import(ctx, other.ID, i.ID)
	fails(t, err, accounts.ErrNotFound)
	listed := got(h.ImportList(ctx, h.Organisation.ID))(t)
	same(t, "listed", []any{len(listed), listed[0].ID, listed[0].Total, len(listed[0].Rows)}, []any{1, i.ID, 2, 0})
	same(t, "listed elsewhere", len(got(h.ImportList(ctx, other.ID))(t)), 0)
	step := func(done int, email string) bool {
		t.Helper()
		_, invited, err := h.ImportStep(ctx, i.ID, done, h.member(h.Organisation, email), secret.Hash(secret.NewToken()), h.entry(h.Organisation.ID, "member.invited"))
		must(t, err)
		return invited
	}
	done := func() int { return got(h.Import(ctx, h.Organisation.ID, i.ID))(t).Done }
	move := func(from, to accounts.ImportState) bool {
		return got(h.MoveImport(ctx, h.Organisation.ID, i.ID, from, to, h.entry(h.Organisation.ID, "import.moved")))(t)
	}
	same(t, "before it runs", step(0, "one@example.com"), false)
	same(t, "another edge", move(accounts.ImportRunning, accounts.ImportDone), false)
	same(t, "started", move(accounts.ImportPlanned, accounts.ImportRunning), true)
	running := got(h.RunningImports(ctx))(t)
	same(t, "running", []any{len(running), running[0].ID, running[0].By}, []any{1, i.ID, i.By})
	same(t, "invited", []bool{step(0, "one@example.com"), step(0, "one@example.com")}, []bool{true, false})
	same(t, "steps", done(), 1)
	h.AddPerson(t, "two@example.com") // by hand, meanwhile
	h.written(t, 0, func() { same(t, "a member is not invited", step(1, "two@example.com"), false) })
	same(t, "steps", done(), 2)
	same(t, "done", move(accounts.ImportRunning, accounts.ImportDone), true)
	after := got(h.Import(ctx, h.Organisation.ID, i.ID))(t)
	i.Rows, i.Done, i.State = nil, 2, accounts.ImportDone
	same(t, "the rows are forgotten", after, i)
	same(t, "running", len(got(h.RunningImports(ctx))(t)), 0)
}

// anyRole lets somebody be invited anew, whatever the role of before.
func anyRole(accounts.Role) error { return nil }

// testInviting: everybody who is invited must say yes, also who is new.
func testInviting(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	ctx, early := t.Context(), h.Clock.Now().Add(-time.Hour)
	first, second := secret.Hash(secret.NewToken()), secret.Hash(secret.NewToken())
	m := got(h.Invite(ctx, h.member(h.Organisation, "invite@example.com"), first, anyRole, h.entry(h.Organisation.ID, "member.invited")))(t)
	same(t, "status", m.Status, accounts.Invited)
	same(t, "invitation", got(h.Invitation(ctx, first, early))(t), m)
	same(t, "by id", got(h.MemberByID(ctx, h.Organisation.ID, m.ID))(t), m)
	_, err := h.MemberByID(ctx, h.AddOrganisation(t, "Other").ID, m.ID)
	fails(t, err, accounts.ErrNotFound)
	_, err = h.Member(ctx, h.Organisation.ID, accounts.UserReference{ID: m.ID})
	fails(t, err, accounts.ErrNotFound)
	_, err = h.Invitation(ctx, "", early)
	fails(t, err, accounts.ErrNotFound)

	h.Clock.Pass(time.Hour)
	anew := h.member(h.Organisation, m.Person.Email)
	anew.Role = accounts.RoleSupport
	again := got(h.Invite(ctx, anew, second, anyRole, h.entry(h.Organisation.ID, "member.invited")))(t)
	m.Role, m.RoleSince = accounts.RoleSupport, h.Clock.Now()
	same(t, "the same membership", again, m)
	_, err = h.Invitation(ctx, first, early)
	fails(t, err, accounts.ErrNotFound)
	late := h.Clock.Now().Add(-time.Minute)
	h.written(t, 0, func() {
		_, err = h.Invite(ctx, h.member(h.Organisation, m.Person.Email), first, func(before accounts.Role) error {
			same(t, "the role of before", before, accounts.RoleSupport)
			return accounts.ErrForbidden
		}, h.entry(h.Organisation.ID, "x"))
		fails(t, err, accounts.ErrForbidden)
	})
	same(t, "its time begins anew", got(h.Invitation(ctx, second, late))(t), m)
	accepted := got(h.AcceptInvitation(ctx, second, late, h.entry("", "member.accepted")))(t)
	same(t, "status", accepted.Status, accounts.Active)
	_, err = h.Invite(ctx, anew, first, anyRole, h.entry(h.Organisation.ID, "x"))
	fails(t, err, accounts.ErrExists)
	_, err = h.Invitation(ctx, second, late)
	fails(t, err, accounts.ErrNotFound)
	same(t, "organisations", len(got(h.OrganisationsOf(ctx, m.Person.ID))(t)), 1)
}

// testInvitedAs: whoever invited somebody first, each invitation says the name of its own inviter.
func testInvitedAs(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	ctx, early, email := t.Context(), h.Clock.Now().Add(-time.Hour), "named@example.com"
	other, third := h.AddOrganisation(t, "Other"), h.AddOrganisation(t, "Third")
	invite := func(o accounts.Organisation, name, hash string) string {
		t.Helper()
		m := h.member(o, email)
		m.Person.Display = name
		return got(h.Invite(ctx, m, hash, anyRole, h.entry(o.ID, "member.invited")))(t).Person.Display
	}
	name := func(hash string) string { return got(h.Invitation(ctx, hash, early))(t).Person.Display }
	same(t, "first", []string{invite(h.Organisation, "Evil", "evil"), name("evil")}, []string{"Evil", "Evil"})
	same(t, "second", []string{invite(other, "Ada", "ada"), name("ada"), name("evil")}, []string{"Ada", "Ada", "Evil"})
	same(t, "again without a name", []string{invite(other, "", "again"), name("again")}, []string{"Ada", "Ada"})
	m := got(h.AcceptInvitation(ctx, "again", early, h.entry("", "member.accepted")))(t)
	same(t, "the name that was accepted", []string{m.Person.Display, got(h.Person(ctx, m.Person.ID))(t).Display}, []string{"Ada", "Ada"})
	m = got(h.AcceptInvitation(ctx, "evil", early, h.entry("", "member.accepted")))(t)
	same(t, "who belongs somewhere keeps the name", got(h.Person(ctx, m.Person.ID))(t).Display, "Ada")
	must(t, h.SetPassword(ctx, m.Person.ID, "hash", h.Clock.Now(), h.entry("", "person.password-changed")))
	same(t, "who logs in is called so", []string{invite(third, "Eve", "third"), name("third")}, []string{"Ada", "Ada"})
}

// testRoles: an organisation keeps an owner, unless the operator takes the last one away.
func testRoles(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	ctx, entry := t.Context(), h.entry(h.Organisation.ID, "member.role-changed")
	m, other := h.AddPerson(t, "owner@example.com"), h.AddPerson(t, "other@example.com")
	set := func(m accounts.Member, from, to accounts.Role, keep bool) bool {
		return got(h.SetRole(ctx, m.ID, from, to, keep, entry))(t)
	}
	h.written(t, 1, func() { same(t, "set", set(m, accounts.RoleMember, accounts.RoleOwner, true), true) })
	h.written(t, 0, func() { same(t, "not what it was", set(m, accounts.RoleMember, accounts.RoleSupport, false), false) })
	h.written(t, 0, func() {
		_, err := h.SetRole(ctx, m.ID, accounts.RoleOwner, accounts.RoleMember, true, entry)
		fails(t, err, accounts.ErrForbidden)
		_, err = h.EndMembership(ctx, m.ID, true, entry)
		fails(t, err, accounts.ErrForbidden)
	})
	// An owner who has not accepted is none yet.
	invited := h.member(h.Organisation, "invited-owner@example.com")
	invited.Role = accounts.RoleOwner
	got(h.Invite(ctx, invited, "hash", anyRole, entry))(t)
	_, err := h.EndMembership(ctx, m.ID, true, entry)
	fails(t, err, accounts.ErrForbidden)
	same(t, "another owner", set(other, accounts.RoleMember, accounts.RoleOwner, true), true)
	same(t, "one of two", set(m, accounts.RoleOwner, accounts.RoleMember, true), true)
	same(t, "by the operator", got(h.EndMembership(ctx, other.ID, false, entry))(t), true)
	same(t, "ended", set(other, accounts.RoleOwner, accounts.RoleMember, false), false)
}

// testRules: what an organisation asks of its members, and how it looks.
func testRules(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	ctx, o := t.Context(), h.Organisation
	entry := h.entry(o.ID, "organisation.updated")
	o.SecondFactorFrom, o.Methods = h.Clock.Now().Add(time.Hour), []accounts.SecondFactor{accounts.TOTP, accounts.SMS}
	o.SessionIdle, o.SessionLife, o.Colour = 5*time.Minute, 24*time.Hour, "#1a2b3c"
	o.CaseWait, o.SupportContact = time.Hour, "Call 1234"
	must(t, h.UpdateOrganisation(ctx, o, accounts.AllSettings, entry))
	same(t, "organisation", got(h.Backend.Organisation(ctx, o.ID))(t), o)
	_, err := h.OrganisationLogo(ctx, o.ID)
	fails(t, err, accounts.ErrNotFound)
	for _, logo := range []accounts.Logo{{Type: "image/png", Data: []byte{1}}, {Type: "image/webp", Data: []byte{2, 0, 3}}} {
		must(t, h.SetLogo(ctx, o.ID, logo, entry))
		same(t, "logo", got(h.OrganisationLogo(ctx, o.ID))(t), logo)
		o.Logo.Type = logo.Type
		same(t, "organisation", got(h.Backend.Organisation(ctx, o.ID))(t), o)
	}
	one, two := o, o
	one.Name, one.Colour, two.Profile, two.SessionIdle = "Renamed", "", accounts.Strict, 10*time.Minute
	two.CaseWait, two.SupportContact = 2*time.Hour, "Call 5678"
	must(t, h.UpdateOrganisation(ctx, one, accounts.Look, entry))
	must(t, h.UpdateOrganisation(ctx, two, accounts.Rules, entry))
	two.Name, two.Colour = one.Name, one.Colour
	same(t, "look and rules lose nothing of each other", got(h.Backend.Organisation(ctx, o.ID))(t), two)
	must(t, h.UpdateOrganisation(ctx, one, accounts.Look, entry))
	same(t, "nor the other way round", got(h.Backend.Organisation(ctx, o.ID))(t), two)
	must(t, h.UpdateOrganisation(ctx, accounts.Organisation{ID: o.ID, Name: o.Name, Profile: o.Profile}, accounts.AllSettings, entry))
	same(t, "the logo stays", got(h.Backend.Organisation(ctx, o.ID))(t).Logo.Type, "image/webp")
	must(t, h.SetLogo(ctx, o.ID, accounts.Logo{}, entry))
	_, err = h.OrganisationLogo(ctx, o.ID)
	fails(t, err, accounts.ErrNotFound)
	fails(t, h.SetLogo(ctx, "org_none", accounts.Logo{}, entry), accounts.ErrNotFound)
	t.Run("there is nothing to erase", func(t *testing.T) { same(t, "more", got(h.Erase(ctx, h.Clock.Now().Add(-time.Hour)))(t), false) })
	t.Run("reminders", func(t *testing.T) { testReminders(t, h) })
	m := h.AddPerson(t, "locale@example.com")
	t.Run("a person's name and language", func(t *testing.T) {
		must(t, h.SetLocale(ctx, m.Person.ID, "en", entry))
		must(t, h.SetDisplay(ctx, m.Person.ID, "Grace", entry))
		m.Person.Locale, m.Person.Display = "en", "Grace"
		same(t, "person", got(h.Person(ctx, m.Person.ID))(t), m.Person)
		fails(t, h.SetLocale(ctx, "per_none", "en", entry), accounts.ErrNotFound)
	})
}

func testReminders(t *testing.T, h *House) {
	ctx, now := t.Context(), h.Clock.Now()
	o := h.AddOrganisation(t, "Soon")
	date := now.Add(48 * time.Hour)
	o.SecondFactorFrom = date
	must(t, h.UpdateOrganisation(ctx, o, accounts.AllSettings, h.entry(o.ID, "organisation.updated")))
	var all []accounts.Member
	for _, email := range []string{"without@example.com", "with@example.com"} {
		all = append(all, got(h.AddMember(ctx, h.member(o, email), "", h.entry(o.ID, "member.added")))(t))
	}
	h.AddPhone(t, all[1], "paired")
	got(h.Invite(ctx, h.member(o, "not-yet@example.com"), "another", anyRole, h.entry(o.ID, "member.invited")))(t)
	due := func(until time.Duration) []accounts.Reminder {
		found := got(h.WithoutFactor(ctx, now, now.Add(until), 10))(t)
		return slices.DeleteFunc(found, func(r accounts.Reminder) bool { return r.OrganisationID != o.ID })
	}
	same(t, "not yet", len(due(47*time.Hour)), 0)
	want := []accounts.Reminder{{MembershipID: all[0].ID, OrganisationID: o.ID, PersonID: all[0].Person.ID, Date: date}}
	same(t, "due", due(48*time.Hour), want)
	same(t, "told once", []bool{got(h.Remind(ctx, all[0].ID, date))(t), got(h.Remind(ctx, all[0].ID, date))(t)}, []bool{true, false})
	same(t, "told", len(due(48*time.Hour)), 0)
}
