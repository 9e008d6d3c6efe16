package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

func testAccounts(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("organisation is kept and changed", func(t *testing.T) {
		ctx := t.Context()
		o := h.AddOrganisation(t, "Before")
		same(t, "organisation", got(h.Backend.Organisation(ctx, o.ID))(t), o)
		o.Name, o.Profile, o.AllowTap, o.MinimumAppVersion, o.Locale = "After", accounts.Strict, true, "1.2.3", "en"
		o.CaseWait, o.SupportContact = 36*time.Hour, "Call 1234"
		must(t, h.UpdateOrganisation(ctx, o, accounts.AllSettings, h.entry(o.ID, "organisation.updated")))
		same(t, "organisation", got(h.Backend.Organisation(ctx, o.ID))(t), o)
		// What is set to nothing is stored too.
		o.AllowTap, o.MinimumAppVersion = false, ""
		must(t, h.UpdateOrganisation(ctx, o, accounts.AllSettings, h.entry(o.ID, "organisation.updated")))
		same(t, "organisation", got(h.Backend.Organisation(ctx, o.ID))(t), o)
		sequence, _, err := h.AuditHead(ctx, o.ID)
		must(t, err)
		same(t, "audit rows", sequence, 3)
	})
	t.Run("organisations are listed by name", func(t *testing.T) {
		all := got(h.OrganisationList(t.Context()))(t)
		names := make([]string, 0, len(all))
		for _, o := range all {
			names = append(names, o.Name)
		}
		if !slices.IsSorted(names) || !slices.Contains(names, "Example") {
			t.Fatal(names)
		}
	})
	t.Run("unknown organisation", func(t *testing.T) {
		_, err := h.Backend.Organisation(t.Context(), "org_none")
		fails(t, err, accounts.ErrNotFound)
		fails(t, h.UpdateOrganisation(t.Context(), accounts.Organisation{ID: "org_none", Profile: accounts.Strict}, accounts.AllSettings, h.entry("org_none", "x")), accounts.ErrNotFound)
		_, err = h.Person(t.Context(), "per_none")
		fails(t, err, accounts.ErrNotFound)
	})
	t.Run("somebody new is active at once", func(t *testing.T) {
		m := h.AddPerson(t, "new@example.com")
		same(t, "status", m.Status, accounts.Active)
		same(t, "by id", got(h.Member(t.Context(), h.Organisation.ID, accounts.UserReference{ID: m.ID}))(t), m)
		same(t, "by address", got(h.Member(t.Context(), h.Organisation.ID, accounts.UserReference{Email: "NEW@example.com"}))(t), m)
		same(t, "person", got(h.Person(t.Context(), m.Person.ID))(t), m.Person)
	})
	t.Run("a member twice", func(t *testing.T) {
		m := h.AddPerson(t, "twice@example.com")
		h.written(t, 0, func() {
			_, err := h.AddMember(t.Context(), h.member(h.Organisation, m.Person.Email), "hash", h.entry(h.Organisation.ID, "x"))
			fails(t, err, accounts.ErrExists)
		})
	})
	t.Run("another organisation sees no member", func(t *testing.T) {
		other, m := h.AddOrganisation(t, "Other"), h.AddPerson(t, "scope@example.com")
		for _, user := range []accounts.UserReference{{ID: m.ID}, {Email: m.Person.Email}, {}} {
			_, err := h.Member(t.Context(), other.ID, user)
			fails(t, err, accounts.ErrNotFound)
		}
		same(t, "members", len(got(h.MemberList(t.Context(), other.ID))(t)), 0)
	})
	t.Run("members are listed by address", func(t *testing.T) {
		h.AddPerson(t, "aaron@example.com")
		all := got(h.MemberList(t.Context(), h.Organisation.ID))(t)
		if !slices.IsSortedFunc(all, func(a, b accounts.Member) int { return strings.Compare(a.Person.Email, b.Person.Email) }) {
			t.Fatal(all)
		}
	})
	t.Run("invitation", func(t *testing.T) { testInvitation(t, h) })
	t.Run("ended", func(t *testing.T) { testEnded(t, h) })
}

// testInvitation: nobody is pulled into an organisation without a yes.
func testInvitation(t *testing.T, h *House) {
	ctx, other := t.Context(), h.AddOrganisation(t, "Inviting")
	m := h.AddPerson(t, "invited@example.com")
	hash := secret.Hash(secret.NewToken())
	h.Clock.Pass(time.Second)
	invited := got(h.AddMember(ctx, h.member(other, m.Person.Email), hash, h.entry(other.ID, "member.added")))(t)
	same(t, "status", invited.Status, accounts.Invited)
	same(t, "person", invited.Person, m.Person)
	_, err := h.Member(ctx, other.ID, accounts.UserReference{ID: invited.ID})
	fails(t, err, accounts.ErrNotFound)
	same(t, "memberships", got(h.Memberships(ctx, m.Person.ID))(t), []accounts.Member{m})

	for _, wrong := range []string{"", "wrong"} {
		_, err = h.AcceptInvitation(ctx, wrong, time.Time{}, audit.Entry{Actor: "person", Action: "member.accepted", At: h.Clock.Now()})
		fails(t, err, accounts.ErrNotFound)
	}
	_, err = h.AcceptInvitation(ctx, hash, h.Clock.Now().Add(time.Hour), audit.Entry{Actor: "person", Action: "member.accepted", At: h.Clock.Now()})
	fails(t, err, accounts.ErrNotFound) // too old
	accepted := got(h.AcceptInvitation(ctx, hash, h.Clock.Now().Add(-time.Hour), audit.Entry{Actor: "person", Action: "member.accepted", At: h.Clock.Now()}))(t)
	invited.Status = accounts.Active
	same(t, "member", accepted, invited)
	same(t, "memberships", got(h.Memberships(ctx, m.Person.ID))(t), []accounts.Member{m, accepted})
	rows := got(h.AuditRows(ctx, other.ID, 2, 10))(t)
	if len(rows) != 1 || rows[0].Subject != accepted.ID {
		t.Fatal("the acceptance stands in no chain of the organisation", rows)
	}
	_, err = h.AcceptInvitation(ctx, hash, h.Clock.Now().Add(-time.Hour), audit.Entry{Actor: "person", Action: "member.accepted", At: h.Clock.Now()})
	fails(t, err, accounts.ErrNotFound)
}

// testEnded: who left is nobody here, and can come back only by another invitation.
func testEnded(t *testing.T, h *House) {
	ctx, m := t.Context(), h.AddPerson(t, "leaving@example.com")
	entry := h.entry(h.Organisation.ID, "member.ended")
	h.written(t, 1, func() { same(t, "ended", got(h.EndMembership(ctx, m.ID, false, entry))(t), true) })
	h.written(t, 0, func() { same(t, "ended twice", got(h.EndMembership(ctx, m.ID, false, entry))(t), false) })
	_, err := h.Member(ctx, m.OrganisationID, accounts.UserReference{ID: m.ID})
	fails(t, err, accounts.ErrNotFound)
	same(t, "memberships", len(got(h.Memberships(ctx, m.Person.ID))(t)), 0)
	again := got(h.AddMember(ctx, h.member(h.Organisation, m.Person.Email), secret.Hash(secret.NewToken()), h.entry(h.Organisation.ID, "member.added")))(t)
	same(t, "status", again.Status, accounts.Invited)
}

func testApplications(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("kept and changed", func(t *testing.T) {
		ctx, a := t.Context(), h.AddApplication(t, h.Organisation, "Before")
		same(t, "application", got(h.Backend.Application(ctx, a.ID))(t), a)
		a.Name, a.Link, a.Origins, a.MayEnrol, a.MayManageTexts = "After", "https://a.example.com/", []string{"https://a.example.com", "https://b.example.com"}, true, true
		h.written(t, 1, func() { must(t, h.UpdateApplication(ctx, a, h.entry(h.Organisation.ID, "application.updated"))) })
		same(t, "application", got(h.Backend.Application(ctx, a.ID))(t), a)
		a.MayEnrol, a.MayManageTexts, a.WebhookURL, a.WebhookSecret = false, false, "", ""
		must(t, h.UpdateApplication(ctx, a, h.entry(h.Organisation.ID, "application.updated")))
		same(t, "application", got(h.Backend.Application(ctx, a.ID))(t), a)
	})
	t.Run("secrets", func(t *testing.T) { testSecrets(t, h) })
	t.Run("unknown", func(t *testing.T) {
		_, err := h.Backend.Application(t.Context(), "app_none")
		fails(t, err, accounts.ErrNotFound)
		none := accounts.Application{ID: "app_none", OrganisationID: h.Organisation.ID}
		fails(t, h.UpdateApplication(t.Context(), none, h.entry(h.Organisation.ID, "x")), accounts.ErrNotFound)
		// Another organisation's application never was.
		moved := h.Application
		moved.OrganisationID = h.AddOrganisation(t, "Thief").ID
		fails(t, h.UpdateApplication(t.Context(), moved, h.entry(h.Organisation.ID, "x")), accounts.ErrNotFound)
	})
	t.Run("the portal", func(t *testing.T) {
		ctx, o := t.Context(), h.AddOrganisation(t, "Portal")
		_, err := h.Portal(ctx, o.ID)
		fails(t, err, accounts.ErrNotFound)
		portal := accounts.Application{ID: secret.NewID("app"), OrganisationID: o.ID, Kind: accounts.KindPortal, Name: "Portal", Created: h.Clock.Now()}
		must(t, h.CreateApplication(ctx, portal, h.entry(o.ID, "application.created")))
		same(t, "portal", got(h.Portal(ctx, o.ID))(t), portal)
		same(t, "by id", got(h.Backend.Application(ctx, portal.ID))(t), portal)
		second := portal
		second.ID = secret.NewID("app")
		fails(t, h.CreateApplication(ctx, second, h.entry(o.ID, "x")), accounts.ErrExists)
		same(t, "in no list", len(got(h.ApplicationList(ctx, o.ID))(t)), 0)
		portal.Kind, portal.MayEnrol = accounts.KindClient, true
		fails(t, h.UpdateApplication(ctx, portal, h.entry(o.ID, "x")), accounts.ErrNotFound)
	})
	t.Run("listed by name and organisation", func(t *testing.T) {
		other := h.AddOrganisation(t, "Listing")
		b, a := h.AddApplication(t, other, "B"), h.AddApplication(t, other, "A")
		same(t, "applications", got(h.ApplicationList(t.Context(), other.ID))(t), []accounts.Application{a, b})
		if all := got(h.ApplicationList(t.Context(), ""))(t); len(all) < 3 {
			t.Fatal(len(all))
		}
	})
}

// testSecrets: what is made of the secrets is made of those of that moment, and nothing else changes them.
func testSecrets(t *testing.T, h *House) {
	ctx, a := t.Context(), h.AddApplication(t, h.Organisation, "Secrets")
	entry := h.entry(h.Organisation.ID, "application.secret-added")
	stale, more := a, func(ids ...string) func([]accounts.ClientSecret) ([]accounts.ClientSecret, error) {
		return func(live []accounts.ClientSecret) ([]accounts.ClientSecret, error) {
			for _, id := range ids {
				live = append(live, accounts.ClientSecret{ID: id, Hash: id, Created: h.Clock.Now()})
			}
			return live, nil
		}
	}
	h.written(t, 1, func() { must(t, h.ChangeSecrets(ctx, a.ID, more("second"), entry)) })
	a.Secrets, _ = more("second")(a.Secrets)
	same(t, "two", got(h.Backend.Application(ctx, a.ID))(t), a)
	h.written(t, 0, func() {
		if err := h.ChangeSecrets(ctx, a.ID, more("third"), entry); err == nil {
			t.Fatal("three secrets are live")
		}
		fails(t, h.ChangeSecrets(ctx, a.ID, func([]accounts.ClientSecret) ([]accounts.ClientSecret, error) { return nil, accounts.ErrSecrets }, entry), accounts.ErrSecrets)
	})
	same(t, "two still", got(h.Backend.Application(ctx, a.ID))(t), a)
	must(t, h.ChangeSecrets(ctx, a.ID, func(live []accounts.ClientSecret) ([]accounts.ClientSecret, error) { return live[1:], nil }, entry))
	a.Secrets = a.Secrets[1:]
	same(t, "the second", got(h.Backend.Application(ctx, a.ID))(t), a)
	must(t, h.UpdateApplication(ctx, stale, entry)) // with what somebody saw before
	same(t, "an ended secret stays ended", got(h.Backend.Application(ctx, a.ID))(t), a)
	must(t, h.ChangeSecrets(ctx, a.ID, func([]accounts.ClientSecret) ([]accounts.ClientSecret, error) { return nil, nil }, entry))
	same(t, "none", len(got(h.Backend.Application(ctx, a.ID))(t).Secrets), 0)
}
