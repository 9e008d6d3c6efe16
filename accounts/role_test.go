package accounts_test

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
)

// TestSettled: a role that a member gave counts in full after a week, and until then others are measured by the higher of both.
func TestSettled(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		by           string
		since        time.Duration
		before, role accounts.Role
		settled      bool
		rank         accounts.Role
	}{
		"written down by nobody":  {"", 0, accounts.RoleOwner, accounts.RoleMember, true, accounts.RoleMember},
		"the operator's":          {accounts.Operator, 0, accounts.RoleOwner, accounts.RoleMember, true, accounts.RoleMember},
		"new, and higher":         {"usr_1", 0, accounts.RoleMember, accounts.RoleSupport, false, accounts.RoleSupport},
		"new, and lower":          {"usr_1", time.Hour, accounts.RoleOwner, accounts.RoleMember, false, accounts.RoleOwner},
		"new, and the first":      {"usr_1", time.Hour, "", accounts.RoleMember, false, accounts.RoleMember},
		"almost a week":           {"usr_1", 7*24*time.Hour - time.Millisecond, accounts.RoleOwner, accounts.RoleSupport, false, accounts.RoleOwner},
		"a week":                  {"usr_1", 7 * 24 * time.Hour, accounts.RoleOwner, accounts.RoleSupport, true, accounts.RoleSupport},
		"a clock that went back":  {"usr_1", -time.Hour, accounts.RoleAdministrator, accounts.RoleSupport, false, accounts.RoleAdministrator},
		"small for more than one": {"usr_1", 30 * 24 * time.Hour, accounts.RoleOwner, accounts.RoleMember, true, accounts.RoleMember},
	} {
		m := accounts.Member{Role: c.role, RoleBy: c.by, RoleSince: now.Add(-c.since), RoleBefore: c.before}
		if m.Settled(now) != c.settled || m.Rank(now) != c.rank {
			t.Errorf("%s: settled %v, rank %s", name, m.Settled(now), m.Rank(now))
		}
	}
}

// TestThreatRolesWashed: who gave a role, and when, stays with it, and nobody gets rid of a higher role of before by giving several,
// nor of the week by giving one again.
func TestThreatRolesWashed(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	olga, ada := w.AddMember(w.Organisation, "Olga", accounts.RoleOwner), w.AddMember(w.Organisation, "Ada", accounts.RoleOwner)
	as := w.Accounts.As(ayetest.Actor(olga))
	start := w.Clock.Now()
	look := func(when string, want accounts.Member, rank accounts.Role) {
		t.Helper()
		for name, find := range map[string]func() (accounts.Member, error){
			"by id": func() (accounts.Member, error) { return as.MemberByID(t.Context(), w.Organisation.ID, ada.ID) },
			"any":   func() (accounts.Member, error) { return w.Accounts.Membership(t.Context(), ada.ID) },
			"of them": func() (accounts.Member, error) {
				return w.Accounts.Member(t.Context(), w.Organisation.ID, ayetest.Named(ada))
			},
		} {
			m, err := find()
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, when+", "+name, []any{m.Role, m.RoleBy, m.RoleSince.Equal(want.RoleSince), m.RoleBefore, m.Rank(w.Clock.Now())},
				[]any{want.Role, want.RoleBy, true, want.RoleBefore, rank})
		}
	}
	look("added by the operator", accounts.Member{Role: accounts.RoleOwner, RoleBy: accounts.Operator, RoleSince: start}, accounts.RoleOwner)
	w.Clock.Pass(time.Hour)
	ayetest.Fails(t, as.SetRole(t.Context(), ada, accounts.RoleSupport), nil)
	look("made smaller", accounts.Member{Role: accounts.RoleSupport, RoleBy: olga.ID, RoleSince: w.Clock.Now(), RoleBefore: accounts.RoleOwner}, accounts.RoleOwner)
	w.Clock.Pass(accounts.RoleSettles - time.Second)
	ayetest.Fails(t, as.SetRole(t.Context(), ada, accounts.RoleMember), nil)
	again := w.Clock.Now()
	small := accounts.Member{Role: accounts.RoleMember, RoleBy: olga.ID, RoleSince: again, RoleBefore: accounts.RoleOwner}
	look("once more", small, accounts.RoleOwner)
	w.Clock.Pass(accounts.RoleSettles - time.Second)
	ayetest.Fails(t, as.SetRole(t.Context(), ada, accounts.RoleMember), nil)
	look("the same again", small, accounts.RoleOwner)
	w.Clock.Pass(time.Second)
	look("a week later", small, accounts.RoleMember)
	ayetest.Fails(t, as.SetRole(t.Context(), ada, accounts.RoleSupport), nil)
	look("from there", accounts.Member{Role: accounts.RoleSupport, RoleBy: olga.ID, RoleSince: w.Clock.Now(), RoleBefore: accounts.RoleMember}, accounts.RoleSupport)
	w.Clock.Pass(time.Hour)
	ayetest.Fails(t, w.Accounts.SetRole(t.Context(), ada, accounts.RoleSupport), nil)
	m, err := w.Accounts.Membership(t.Context(), ada.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "the operator says it again", m.Settled(w.Clock.Now()), true)
}

// TestInvitedRoles: the week of a role that came by invitation begins when it is accepted, whoever invited.
func TestInvitedRoles(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	olga := w.AddMember(w.Organisation, "Olga", accounts.RoleOwner)
	as := w.Accounts.As(ayetest.Actor(olga))
	accept := func(personID string) accounts.Member {
		t.Helper()
		w.Clock.Pass(5 * 24 * time.Hour)
		m, err := w.Accounts.AcceptInvitation(t.Context(), w.Announcer.LastLetter(accounts.LetterInvitation, personID))
		ayetest.Fails(t, err, nil)
		kept, err := w.Accounts.Membership(t.Context(), m.ID)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "what is given back", []any{m.RoleBy, m.RoleSince, m.RoleBefore}, []any{kept.RoleBy, kept.RoleSince, kept.RoleBefore})
		if !m.RoleSince.Equal(w.Clock.Now()) {
			t.Errorf("%s has the role since %s", m.Person.Display, m.RoleSince)
		}
		return m
	}
	hal, err := as.Invite(t.Context(), w.Organisation.ID, accounts.Person{Email: "hal@example.com", Display: "Hal"}, accounts.RoleSupport)
	ayetest.Fails(t, err, nil)
	m := accept(hal.Person.ID)
	ayetest.Same(t, "Hal", []any{m.RoleBy, m.RoleBefore, m.Settled(w.Clock.Now())}, []any{olga.ID, accounts.Role(""), false})

	// What the operator gave, a member invites to anew: it is the member's from then on.
	ida, _ := w.Invite("Ida", accounts.RoleSupport)
	ayetest.Fails(t, as.SetRole(t.Context(), ida, accounts.RoleOwner), nil)
	ayetest.Fails(t, w.Accounts.SetRole(t.Context(), ida, accounts.RoleSupport), nil)
	ayetest.Fails(t, as.InviteAgain(t.Context(), w.Organisation.ID, ida.ID), nil)
	m = accept(ida.Person.ID)
	ayetest.Same(t, "Ida", []any{m.RoleBy, m.RoleBefore, m.Settled(w.Clock.Now())}, []any{olga.ID, accounts.Role(""), false})

	i := plan(w, olga, "email,name,role\nbea@example.com,Bea,support\n")
	ayetest.Fails(t, w.Accounts.RunImport(t.Context(), w.Organisation.ID, i.ID), nil)
	all, _, err := w.Accounts.Members(t.Context(), w.Organisation.ID, "bea@", "", 1)
	ayetest.Fails(t, err, nil)
	m = accept(all[0].Person.ID)
	ayetest.Same(t, "Bea", []any{m.RoleBy, m.Settled(w.Clock.Now())}, []any{olga.ID, false})

	grace, _ := w.Invite("Grace", accounts.RoleSupport)
	ayetest.Same(t, "Grace", accept(grace.Person.ID).Settled(w.Clock.Now()), true)
}

// TestRolesAreTold: nobody gets, or loses, more than a member's role without a word to them and to the administrators.
func TestRolesAreTold(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	olga, ada := w.AddMember(w.Organisation, "Olga", accounts.RoleOwner), w.AddPerson("Ada")
	as := w.Accounts.As(ayetest.Actor(olga))
	heard := 0
	told := func(what, personID string, want ...accounts.Notice) {
		t.Helper()
		all := w.Announcer.Notices(personID)
		ayetest.Same(t, what, all[heard:], append([]accounts.Notice{}, want...))
		heard = len(all)
	}
	both := func(n accounts.Notice) (accounts.Notice, accounts.Notice) {
		n.OrganisationID, n.Kind = w.Organisation.ID, accounts.RoleGiven
		others := n
		others.Kind = accounts.MemberRoleChanged
		return n, others
	}
	for _, role := range []accounts.Role{accounts.RoleSupport, accounts.RoleAdministrator, accounts.RoleMember} {
		before, err := w.Accounts.Membership(t.Context(), ada.ID)
		ayetest.Fails(t, err, nil)
		ayetest.Fails(t, as.SetRole(t.Context(), ada, role), nil)
		one, other := both(accounts.Notice{PersonID: ada.Person.ID, Role: role, Before: before.Role, By: olga.ID})
		told(string(role), ada.Person.ID, one, other)
		ayetest.Fails(t, as.SetRole(t.Context(), ada, role), nil)
		told("the same again", ada.Person.ID)
	}
	ayetest.Fails(t, w.Accounts.As(ayetest.Actor(ada)).SetRole(t.Context(), olga, accounts.RoleMember), accounts.ErrForbidden)
	ayetest.Same(t, "nothing was done", len(w.Announcer.Notices(olga.Person.ID)), 0)

	// An invitation gives nothing until it is accepted, and a member's role is told to nobody.
	for role, want := range map[accounts.Role]int{accounts.RoleSupport: 2, accounts.RoleMember: 0} {
		heard = 0
		invited, err := as.Invite(t.Context(), w.Organisation.ID, accounts.Person{Email: string(role) + "@example.com", Display: "Hal"}, accounts.RoleAdministrator)
		ayetest.Fails(t, err, nil)
		ayetest.Fails(t, as.SetRole(t.Context(), invited, role), nil)
		told("invited", invited.Person.ID)
		_, err = w.Accounts.AcceptInvitation(t.Context(), w.Announcer.LastLetter(accounts.LetterInvitation, invited.Person.ID))
		ayetest.Fails(t, err, nil)
		one, other := both(accounts.Notice{PersonID: invited.Person.ID, Role: role, By: olga.ID})
		told("accepted", invited.Person.ID, []accounts.Notice{one, other}[:want]...)
	}
}
