package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

// Who is invited by mail is nobody here before saying yes, also somebody new.
func TestInvite(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, first := w.Invite("Ada", accounts.RoleMember)
	ayetest.Same(t, "status", ada.Status, accounts.Invited)
	_, err := w.Accounts.Member(t.Context(), w.Organisation.ID, ayetest.Named(ada))
	ayetest.Fails(t, err, accounts.ErrNotFound)
	for range 2 { // to look uses nothing up
		view, failure := w.Accounts.Invitation(t.Context(), first)
		ayetest.Fails(t, failure, nil)
		ayetest.Same(t, "view", []any{view.Member.ID, view.Member.Person.Email, view.Member.Person.HasPassword, view.Organisation}, []any{ada.ID, ada.Person.Email, false, w.Organisation})
	}
	again, err := w.Accounts.Invite(t.Context(), w.Organisation.ID, ada.Person, accounts.RoleSupport)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "the same membership", []any{again.ID, again.Role, again.Person}, []any{ada.ID, accounts.RoleSupport, ada.Person})
	second := w.Announcer.LastLetter(accounts.LetterInvitation, ada.Person.ID)
	for _, wrong := range []secret.Secret{first, "", secret.NewToken()} {
		_, err = w.Accounts.Invitation(t.Context(), wrong)
		ayetest.Fails(t, err, accounts.ErrNotFound)
		_, err = w.Accounts.AcceptInvitation(t.Context(), wrong)
		ayetest.Fails(t, err, accounts.ErrNotFound)
	}
	w.Clock.Pass(accounts.InvitationLife)
	_, err = w.Accounts.AcceptInvitation(t.Context(), second)
	ayetest.Fails(t, err, accounts.ErrNotFound)
	_, err = w.Accounts.Invite(t.Context(), w.Organisation.ID, ada.Person, accounts.RoleMember)
	ayetest.Fails(t, err, nil)
	third := w.Announcer.LastLetter(accounts.LetterInvitation, ada.Person.ID)
	w.Clock.Pass(accounts.InvitationLife - time.Second)
	_, err = w.Accounts.AcceptInvitation(t.Context(), third)
	ayetest.Fails(t, err, nil)
	_, err = w.Accounts.Invite(t.Context(), w.Organisation.ID, ada.Person, accounts.RoleMember)
	ayetest.Fails(t, err, accounts.ErrExists)
	ayetest.Same(t, "letters", len(w.Announcer.Letters(accounts.LetterInvitation, ada.Person.ID)), 3)

	taken, token := w.Invite("Bea", accounts.RoleMember)
	ayetest.Fails(t, w.Accounts.EndMembership(t.Context(), taken), nil)
	_, err = w.Accounts.AcceptInvitation(t.Context(), token)
	ayetest.Fails(t, err, accounts.ErrNotFound)
	for _, p := range []accounts.Person{{Email: "x", Display: "X"}, {Email: "x@example.com"}, {Email: "x@example.com", Display: "X", Locale: "de"}} {
		_, err = w.Accounts.Invite(t.Context(), w.Organisation.ID, p, accounts.RoleMember)
		ayetest.Fails(t, err, accounts.ErrInvalid)
	}
}

// The letter says who invites; what the inviter gets back tells nothing of an earlier identity.
func TestWhoInvites(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	elsewhere := w.AddOrganisation(func(*accounts.Organisation) {})
	known := w.AddMember(elsewhere, "Bea known elsewhere", accounts.RoleMember)
	w.SetPassword(known)
	grace := w.AddMember(w.Organisation, "Grace", accounts.RoleAdministrator)
	m, err := w.Accounts.As(ayetest.Actor(grace)).Invite(t.Context(), w.Organisation.ID, accounts.Person{Email: known.Person.Email, Display: "B."}, accounts.RoleMember)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "who was invited", m.Person, accounts.Person{ID: known.Person.ID, Email: known.Person.Email, Display: "B."})
	letter := w.Announcer.Letters(accounts.LetterInvitation, known.Person.ID)[0]
	ayetest.Same(t, "letter", []string{letter.Inviter, letter.Display, letter.OrganisationID}, []string{"Grace", known.Person.Display, w.Organisation.ID})
	m, token, err := w.Accounts.InviteByHand(t.Context(), w.Organisation.ID, accounts.Person{Email: "by-hand@example.com", Display: "Carl"}, accounts.RoleOwner)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "no letter", len(w.Announcer.Letters(accounts.LetterInvitation, m.Person.ID)), 0)
	accepted, err := w.Accounts.AcceptInvitation(t.Context(), token)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "accepted", accepted.ID, m.ID)
}

// TestThreatWhoMayManage tries every change as everybody.
func TestThreatWhoMayManage(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	elsewhere := w.AddOrganisation(func(*accounts.Organisation) {})
	join := func(role accounts.Role) accounts.Actor {
		return ayetest.Actor(w.AddMember(w.Organisation, string(role), role))
	}
	owner, administrator := join(accounts.RoleOwner), join(accounts.RoleAdministrator)
	former := w.AddMember(w.Organisation, "Former", accounts.RoleOwner)
	ayetest.Fails(t, w.Accounts.EndMembership(t.Context(), former), nil)
	liar := join(accounts.RoleMember)
	liar.Role = accounts.RoleOwner
	lent := administrator
	lent.Role = accounts.RoleMember
	actors := []struct {
		name  string
		actor accounts.Actor
		may   bool
	}{
		{"owner", owner, true},
		{"administrator", administrator, true},
		{"operator", accounts.Actor{ID: accounts.Operator}, true},
		{"support", join(accounts.RoleSupport), false},
		{"member", join(accounts.RoleMember), false},
		{"nobody", accounts.Actor{}, false},
		{"owner of another organisation", ayetest.Actor(w.AddMember(elsewhere, "Eve", accounts.RoleOwner)), false},
		{"who was an owner", ayetest.Actor(former), false},
		{"who says to be an owner", liar, false},
		{"who says to be less", lent, false},
	}
	organisation := w.Organisation.ID
	changes := map[string]func(*accounts.Service) error{
		"rules": func(s *accounts.Service) error { return s.UpdateRules(t.Context(), w.Organisation) },
		"look":  func(s *accounts.Service) error { return s.UpdateLook(t.Context(), w.Organisation) },
		"logo":  func(s *accounts.Service) error { return s.SetLogo(t.Context(), organisation, nil) },
		"invite": func(s *accounts.Service) error {
			_, err := s.Invite(t.Context(), organisation, accounts.Person{Email: secret.NewID("m") + "@example.com", Display: "X"}, accounts.RoleMember)
			return err
		},
		"invite again": func(s *accounts.Service) error {
			m, _ := w.Invite("Ida", accounts.RoleMember)
			return s.InviteAgain(t.Context(), organisation, m.ID)
		},
		"role": func(s *accounts.Service) error {
			return s.SetRole(t.Context(), w.AddPerson("Bea"), accounts.RoleSupport)
		},
		"end": func(s *accounts.Service) error { return s.EndMembership(t.Context(), w.AddPerson("Bea")) },
		"member": func(s *accounts.Service) error {
			_, err := s.MemberByID(t.Context(), organisation, owner.ID)
			return err
		},
		"list": func(s *accounts.Service) error {
			_, _, err := s.Members(t.Context(), organisation, "", "", 10)
			return err
		},
		"plan": func(s *accounts.Service) error {
			_, err := s.PlanImport(t.Context(), organisation, nil, nil)
			return err
		},
		"application": func(s *accounts.Service) error {
			_, _, err := s.CreateApplication(t.Context(), accounts.Application{OrganisationID: organisation, Name: "X"})
			return err
		},
		"change application": func(s *accounts.Service) error { _, err := s.UpdateApplication(t.Context(), w.Shop); return err },
	}
	for _, a := range actors {
		want := accounts.ErrForbidden
		if a.may {
			want = nil
		}
		for name, change := range changes {
			t.Run(a.name+"/"+name, func(t *testing.T) { ayetest.Fails(t, change(w.Accounts.As(a.actor)), want) })
		}
		_, err := w.Accounts.As(a.actor).AddSecret(t.Context(), w.AddApplication(w.Organisation, "App").ID)
		if a.may {
			ayetest.Fails(t, err, nil)
		} else {
			ayetest.Fails(t, err, accounts.ErrNotFound) // that it is there is nobody's business
		}
	}
	// Who has the token could accept in the person's place.
	_, _, err := w.Accounts.As(owner).AddMember(t.Context(), organisation, accounts.Person{Email: "x@example.com", Display: "X"}, accounts.RoleMember)
	ayetest.Fails(t, err, accounts.ErrForbidden)
	_, _, err = w.Accounts.As(owner).InviteByHand(t.Context(), organisation, accounts.Person{Email: "x@example.com", Display: "X"}, accounts.RoleMember)
	ayetest.Fails(t, err, accounts.ErrForbidden)
	_, err = w.Accounts.As(owner).CreateOrganisation(t.Context(), accounts.Organisation{Name: "X", Profile: accounts.Standard, Locale: "en"})
	ayetest.Fails(t, err, accounts.ErrForbidden)
	ayetest.Fails(t, w.Accounts.As(owner).UpdateOrganisation(t.Context(), w.Organisation), accounts.ErrForbidden)
	_, err = w.Accounts.As(owner).MemberByID(t.Context(), elsewhere.ID, owner.ID)
	ayetest.Fails(t, err, accounts.ErrForbidden)
}

// Only owners make and unmake owners, one stays, and nobody changes their own role.
func TestOwners(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	add := func(role accounts.Role) accounts.Member { return w.AddMember(w.Organisation, string(role), role) }
	owner, administrator, member := add(accounts.RoleOwner), add(accounts.RoleAdministrator), add(accounts.RoleMember)
	as := func(m accounts.Member) *accounts.Service { return w.Accounts.As(ayetest.Actor(m)) }
	forbidden := map[string]error{
		"an administrator makes an owner":   as(administrator).SetRole(t.Context(), member, accounts.RoleOwner),
		"an administrator unmakes an owner": as(administrator).SetRole(t.Context(), owner, accounts.RoleMember),
		"an administrator ends an owner":    as(administrator).EndMembership(t.Context(), owner),
		"an administrator rises":            as(administrator).SetRole(t.Context(), administrator, accounts.RoleOwner),
		"an owner goes":                     as(owner).EndMembership(t.Context(), owner),
		"an owner falls":                    as(owner).SetRole(t.Context(), owner, accounts.RoleMember),
	}
	for name, err := range forbidden {
		t.Run(name, func(t *testing.T) { ayetest.Fails(t, err, accounts.ErrForbidden) })
	}
	_, err := as(administrator).Invite(t.Context(), w.Organisation.ID, accounts.Person{Email: "o@example.com", Display: "O"}, accounts.RoleOwner)
	ayetest.Fails(t, err, accounts.ErrForbidden)
	// What an owner says of a member does not matter, only what is stored.
	pretended := owner
	pretended.Role = accounts.RoleMember
	ayetest.Fails(t, as(administrator).EndMembership(t.Context(), pretended), accounts.ErrForbidden)
	ayetest.Fails(t, as(owner).SetRole(t.Context(), member, "god"), accounts.ErrInvalid)
	ayetest.Fails(t, as(owner).SetRole(t.Context(), member, accounts.RoleOwner), nil)
	ayetest.Fails(t, as(member).SetRole(t.Context(), owner, accounts.RoleMember), accounts.ErrForbidden) // the actor's role of before
	member.Role = accounts.RoleOwner
	ayetest.Fails(t, as(member).SetRole(t.Context(), owner, accounts.RoleMember), nil)
	ayetest.Fails(t, w.Accounts.EndMembership(t.Context(), member), nil) // the operator may all
}

// Inviting anew is a change of role as any: an administrator unmakes no invited owner by it.
func TestAnInvitedOwnerStays(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	administrator := w.AddMember(w.Organisation, "Ada", accounts.RoleAdministrator)
	invited, link := w.Invite("Olga", accounts.RoleOwner)
	as := w.Accounts.As(ayetest.Actor(administrator))
	_, err := as.Invite(t.Context(), w.Organisation.ID, accounts.Person{Email: upper(invited.Person.Email), Display: "O"}, accounts.RoleMember)
	ayetest.Fails(t, err, accounts.ErrForbidden)
	ayetest.Fails(t, as.InviteAgain(t.Context(), w.Organisation.ID, invited.ID), accounts.ErrForbidden)
	view, err := w.Accounts.Invitation(t.Context(), link)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "role", view.Member.Role, accounts.RoleOwner)
	ayetest.Same(t, "letters", len(w.Announcer.Letters(accounts.LetterInvitation, invited.Person.ID)), 1)
	owner := w.AddMember(w.Organisation, "Bea", accounts.RoleOwner)
	_, err = as.Invite(t.Context(), w.Organisation.ID, owner.Person, accounts.RoleMember)
	ayetest.Fails(t, err, accounts.ErrExists)
	again, err := w.Accounts.As(ayetest.Actor(owner)).Invite(t.Context(), w.Organisation.ID, invited.Person, accounts.RoleMember)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "role", again.Role, accounts.RoleMember)
}

// TestThreatBombingWithInvitations: an address gets five an hour whoever invites it, also by
// files, and an organisation mails two hundred beside its files.
func TestThreatBombingWithInvitations(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	elsewhere := w.AddOrganisation(func(*accounts.Organisation) {})
	ada, bea := w.AddMember(w.Organisation, "Ada", accounts.RoleAdministrator), w.AddMember(elsewhere, "Bea", accounts.RoleOwner)
	invite := func(by accounts.Member, email string) error {
		_, err := w.Accounts.As(ayetest.Actor(by)).Invite(t.Context(), by.OrganisationID, accounts.Person{Email: email, Display: "Ida"}, accounts.RoleMember)
		return err
	}
	delayed := func(err error) {
		t.Helper()
		var delay *accounts.DelayError
		if !errors.As(err, &delay) || !delay.Until.Equal(w.Clock.Now().Add(time.Hour)) {
			t.Fatalf("%v, want a delay of an hour", err)
		}
	}
	ayetest.Fails(t, invite(ada, "ida@example.com"), nil)
	all, _, err := w.Accounts.Members(t.Context(), w.Organisation.ID, "ida@", "", 1)
	ayetest.Fails(t, err, nil)
	ida := all[0]
	ayetest.AtOnce(20, func(int) { _ = w.Accounts.As(ayetest.Actor(ada)).InviteAgain(t.Context(), w.Organisation.ID, ida.ID) })
	letters := func() int { return len(w.Announcer.Letters(accounts.LetterInvitation, ida.Person.ID)) }
	ayetest.Same(t, "letters", letters(), accounts.LettersPerHour)
	delayed(w.Accounts.As(ayetest.Actor(ada)).InviteAgain(t.Context(), w.Organisation.ID, ida.ID))
	delayed(invite(bea, "IDA@example.com"))
	i := plan(w, bea, "email,name\nida@example.com,Ida\nnew@example.com,New\n")
	ayetest.Fails(t, w.Accounts.RunImport(t.Context(), elsewhere.ID, i.ID), nil)
	ayetest.Same(t, "letters", letters(), accounts.LettersPerHour)
	works := 0
	for _, letter := range w.Announcer.Letters(accounts.LetterInvitation, ida.Person.ID) {
		if _, err = w.Accounts.Invitation(t.Context(), letter.Token); err == nil {
			works++
		}
	}
	ayetest.Same(t, "links that work: what was not mailed ends none", works, 1)
	found, _, err := w.Accounts.Members(t.Context(), elsewhere.ID, "ida@", "", 2)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "who is invited without a letter", len(found), 1)

	w.Clock.Pass(time.Hour)
	for n := range accounts.InvitationsPerHour {
		ayetest.Fails(t, invite(ada, fmt.Sprintf("a%03d@example.com", n)), nil)
	}
	delayed(invite(ada, "ida@example.com"))
	ayetest.Fails(t, invite(bea, "ida@example.com"), nil) // another one's share is its own
	i = plan(w, ada, "email,name\nfile@example.com,File\n")
	ayetest.Fails(t, w.Accounts.RunImport(t.Context(), w.Organisation.ID, i.ID), nil)
	found, _, err = w.Accounts.Members(t.Context(), w.Organisation.ID, "file@", "", 1)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "by a file", len(w.Announcer.Letters(accounts.LetterInvitation, found[0].Person.ID)), 1)
}

// TestThreatNamesAsBait: a name has no link in it, and is never that of another inviter.
func TestThreatNamesAsBait(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	hostile := w.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Hostile" })
	ada := w.AddPerson("Ada")
	for _, name := range []string{"there, go to https://example.net", "HTTP://example.net", "see WWW.example.net"} {
		o := w.Organisation
		o.Name = name
		_, invited := w.Accounts.Invite(t.Context(), hostile.ID, accounts.Person{Email: "ida@example.com", Display: name}, accounts.RoleMember)
		_, made := w.Accounts.CreateOrganisation(t.Context(), accounts.Organisation{Name: name, Profile: accounts.Standard, Locale: "en"})
		for _, err := range []error{invited, made, w.Accounts.UpdateLook(t.Context(), o), w.Accounts.UpdateOrganisation(t.Context(), o), w.Accounts.SetDisplay(t.Context(), ada.Person.ID, name)} {
			ayetest.Fails(t, err, accounts.ErrInvalid)
		}
		ayetest.Fails(t, w.Accounts.UpdateRules(t.Context(), o), nil) // one from before stops no rules
		i, err := w.Accounts.PlanImport(t.Context(), hostile.ID, []accounts.RosterRow{{Line: 2, Email: "ida@example.com", Name: name}}, nil)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "line", i.Errors, []accounts.LineError{{Line: 2, Problem: accounts.BadName, Value: name}})
	}
	invite := func(o accounts.Organisation, name string) accounts.Member {
		m, err := w.Accounts.Invite(t.Context(), o.ID, accounts.Person{Email: "ida@example.com", Display: name}, accounts.RoleMember)
		ayetest.Fails(t, err, nil)
		return m
	}
	invite(hostile, "Call 555 first")
	ida := invite(w.Organisation, "Ida")
	ayetest.Fails(t, w.Accounts.InviteAgain(t.Context(), w.Organisation.ID, ida.ID), nil)
	all := w.Announcer.Letters(accounts.LetterInvitation, ida.Person.ID)
	ayetest.Same(t, "greeted as", []string{all[0].Display, all[1].Display, all[2].Display}, []string{"Call 555 first", "Ida", "Ida"})
	view, err := w.Accounts.Invitation(t.Context(), all[2].Token)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "shown as", view.Member.Person.Display, "Ida")
	_, err = w.Accounts.AcceptInvitation(t.Context(), all[2].Token)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, w.Accounts.InviteAgain(t.Context(), w.Organisation.ID, ida.ID), accounts.ErrExists)
	person, err := w.Accounts.Person(t.Context(), ida.Person.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "is called", person.Display, "Ida")
}

// Two owners who unmake each other at once do not leave the organisation without one.
func TestAnOwnerStays(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for range 10 {
		o := w.AddOrganisation(func(*accounts.Organisation) {})
		both := []accounts.Member{w.AddMember(o, "Ada", accounts.RoleOwner), w.AddMember(o, "Bea", accounts.RoleOwner)}
		ayetest.AtOnce(2, func(i int) {
			_ = w.Accounts.As(ayetest.Actor(both[i])).EndMembership(t.Context(), both[1-i]) // one of them fails
		})
		left, _, err := w.Accounts.Members(t.Context(), o.ID, "", "", 10)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "left", len(left), 1)
	}
}

func TestEndedIsTold(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	var told []string
	w.Accounts.Ended = func(_ context.Context, m accounts.Member) error { told = append(told, m.ID); return nil }
	ayetest.Fails(t, w.Accounts.EndMembership(t.Context(), ada), nil)
	ayetest.Fails(t, w.Accounts.EndMembership(t.Context(), ada), accounts.ErrNotFound)
	ayetest.Same(t, "told", told, []string{ada.ID})
}

func TestListOfMembers(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for _, name := range []string{"c", "a", "b"} {
		_, _, err := w.Accounts.AddMember(t.Context(), w.Organisation.ID, accounts.Person{Email: name + "@example.com", Display: "Person " + upper(name)}, accounts.RoleMember)
		ayetest.Fails(t, err, nil)
	}
	for _, test := range []struct {
		text, after string
		limit       int
		want        string
		more        bool
	}{
		{"", "", 2, "ab", true},
		{"", "b@example.com", 2, "c", false},
		{"person B", "", 2, "b", false},
		{"C@EX", "", 2, "c", false},
		{"nobody", "", 2, "", false},
		{"", "", 3, "abc", false},
	} {
		found, more, err := w.Accounts.Members(t.Context(), w.Organisation.ID, test.text, test.after, test.limit)
		ayetest.Fails(t, err, nil)
		var names strings.Builder
		for _, m := range found {
			names.WriteString(m.Person.Email[:1])
		}
		ayetest.Same(t, test.text, []any{names.String(), more}, []any{test.want, test.more})
	}
}
