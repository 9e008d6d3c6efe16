package portal_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

// found is the membership id of the person in the organisation.
func (s *site) found(o accounts.Organisation, email string) accounts.Member {
	s.Helper()
	all, err := s.Store.MemberList(s.Context(), o.ID)
	if err != nil {
		s.Fatal(err)
	}
	at := slices.IndexFunc(all, func(m accounts.Member) bool { return m.Person.Email == email })
	if at < 0 {
		s.Fatalf("%s is not in %s", email, o.Name)
	}
	return all[at]
}

func TestInvite(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleAdministrator)
	b.language = "nl"
	b.get("/manage/people/new")
	b.submit("/manage/people/new", "name", "Ida", "email", " Ida@Example.com ", "role", "support", "language", "nl")
	b.at("/manage/people")
	b.says("manage.people.said-invited")
	b.says("manage.status.invited")
	ida := s.found(s.Organisation, "ida@example.com")
	ayetest.Same(t, "invited", []any{ida.Role, ida.Status, ida.Person.Display, ida.Person.Locale}, []any{accounts.RoleSupport, accounts.Invited, "Ida", "nl"})
	first := s.Announcer.LastLetter(accounts.LetterInvitation, ida.Person.ID)
	if first == "" || strings.Contains(b.page.everything(), first.Reveal()) {
		t.Fatal("the link is mailed, and shown to nobody else")
	}

	b.get("/manage/people/" + ida.ID)
	b.submit("/manage/people/" + ida.ID + "/invite")
	b.at("/manage/people/" + ida.ID)
	b.says("manage.people.said-invited")
	second := s.Announcer.LastLetter(accounts.LetterInvitation, ida.Person.ID)
	_, err := s.Accounts.Invitation(t.Context(), first)
	ayetest.Fails(t, err, accounts.ErrNotFound)
	accepted, err := s.Accounts.AcceptInvitation(t.Context(), second)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "the role stays", accepted.Role, accounts.RoleSupport)

	// Who accepted meanwhile is not invited again.
	b.post("/manage/people/" + ida.ID + "/invite")
	b.says("manage.status.active")
	ayetest.Same(t, "letters", len(s.Announcer.Letters(accounts.LetterInvitation, ida.Person.ID)), 2)
	b.get("/manage/people/new")
	b.submit("/manage/people/new", "name", "Ida", "email", "ida@example.com")
	b.is(http.StatusUnprocessableEntity)
	b.says("manage.invite.exists")
}

// An hour has only so many mails; the page says when there are more.
func TestInviteTooOften(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleAdministrator)
	for range accounts.LettersPerHour {
		b.post("/manage/people/new", "name", "Ida", "email", "ida@example.com", "role", "member")
		b.says("manage.people.said-invited")
	}
	b.post("/manage/people/new", "name", "Ida", "email", "ida@example.com", "role", "member")
	b.is(http.StatusTooManyRequests)
	b.says("problem.too-many.text", "Wait", "60 minutes")
	b.post("/manage/people/" + s.found(s.Organisation, "ida@example.com").ID + "/invite")
	b.is(http.StatusTooManyRequests)
}

// An administrator unmakes no invited owner, also not by inviting anew.
func TestInviteAnInvitedOwner(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleAdministrator)
	m, _ := s.Invite("Olga", accounts.RoleOwner)
	b.post("/manage/people/new", "name", "Olga", "email", m.Person.Email, "role", "member")
	b.is(http.StatusForbidden)
	b.says("manage.person.why-owner")
	ayetest.Same(t, "role", s.found(s.Organisation, m.Person.Email).Role, accounts.RoleOwner)
}

func TestInviteWrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleAdministrator)
	before := s.heads(s.Organisation)
	for _, test := range []struct {
		name, email, role, says string
		status                  int
	}{
		{"", "ida@example.com", "member", "manage.invite.name-bad", http.StatusUnprocessableEntity},
		{strings.Repeat("x", 101), "ida@example.com", "member", "manage.invite.name-bad", http.StatusUnprocessableEntity},
		{"Ida\u202e", "ida@example.com", "member", "manage.invite.name-bad", http.StatusUnprocessableEntity},
		{"https://example.net", "ida@example.com", "member", "manage.invite.name-bad", http.StatusUnprocessableEntity},
		{"Ida", "ida", "member", "manage.invite.email-bad", http.StatusUnprocessableEntity},
		{"Ida", "ida@example.com\r\nBcc: all@example.com", "member", "manage.invite.email-bad", http.StatusUnprocessableEntity},
		{"Ida", "ida@example.com", "owner", "manage.person.why-role", http.StatusForbidden},
	} {
		b.post("/manage/people/new", "name", test.name, "email", test.email, "role", test.role)
		b.is(test.status)
		b.says(test.says)
	}
	for _, role := range []string{"god", " member"} {
		b.post("/manage/people/new", "name", "Ida", "email", "ida@example.com", "role", role)
		b.is(http.StatusUnprocessableEntity)
	}
	ayetest.Same(t, "what was changed", s.heads(s.Organisation), before)
}

// An administrator who invites an address learns nothing of who has it.
func TestAnInvitationTellsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	elsewhere := s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" })
	known, _, _ := s.joins(elsewhere, "Zebedee", accounts.RoleOwner)
	s.newNumberOf(known)
	s.AllowSMS(s.Organisation)
	_, b := s.manager(accounts.RoleOwner)
	person := regexp.MustCompile(`usr_[0-9a-f]{32}`)
	var pages [2][]string
	for i, email := range []string{known.Person.Email, secret.NewID("mail") + "@example.com"} {
		b.post("/manage/people/new", "name", "Typed", "email", email, "role", "member")
		b.says("manage.people.said-invited")
		m := s.found(s.Organisation, email)
		for _, end := range []string{"", "/end"} {
			page := strings.ReplaceAll(b.get("/manage/people/"+m.ID+end).body, email, "typed@example.com")
			pages[i] = append(pages[i], person.ReplaceAllString(page, "x"))
		}
		b.get("/manage/people?q=zebedee")
		b.says("manage.people.none-found", "Search", "zebedee")
		ayetest.Fails(t, s.Accounts.EndMembership(t.Context(), m), nil)
	}
	for i := range pages[0] {
		ayetest.Same(t, "what is seen", pages[0][i], pages[1][i])
		if strings.Contains(pages[0][i], "Zebedee") {
			t.Error("the person's name is told")
		}
	}
}

// The second factor of a member is seen, but not one that only counts elsewhere.
func TestPeople(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	elsewhere := s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" })
	owner, _, b := s.joins(elsewhere, "Olga", accounts.RoleOwner)
	local := s.AddPerson("Lena")
	s.PairLocal(local)
	there := s.Join(elsewhere, local)
	for _, m := range []struct {
		id   string
		says string
	}{{owner.ID, "manage.people.enrolled"}, {there.ID, "manage.people.unenrolled"}} {
		b.get("/manage/people/" + m.id)
		b.says(m.says)
	}
	b.get("/manage/people?q=lena")
	b.says("manage.people.unenrolled")
	if text := b.page.text(); strings.Contains(text, "Olga O") || strings.Contains(text, s.Organisation.Name) {
		t.Errorf("the page tells more:\n%s", text)
	}
	for n := range 60 {
		_, err := s.Accounts.Invite(t.Context(), elsewhere.ID, accounts.Person{Email: fmt.Sprintf("somebody%02d@example.com", n), Display: "Somebody"}, accounts.RoleMember)
		ayetest.Fails(t, err, nil)
	}
	line := regexp.MustCompile(`<a href="/manage/people/usr_`)
	count := func() int { return len(line.FindAllString(b.page.body, -1)) }
	b.get("/manage/people")
	ayetest.Same(t, "first page", count(), 50)
	next := regexp.MustCompile(`href="(/manage/people\?after=[^"]+)"`).FindStringSubmatch(b.page.body)
	if next == nil {
		t.Fatal("there is no next page")
	}
	b.get(next[1])
	ayetest.Same(t, "second page", count(), 12)
	b.says("manage.people.first")
	b.get("/manage/people?q=Somebody5")
	ayetest.Same(t, "found", count(), 10)
	b.get("/manage/people?q=" + "%3Cscript%3E%25_%27&after=%00")
	b.is(http.StatusOK)
}

func TestChangeRole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner, b := s.manager(accounts.RoleOwner)
	administrator, byAdministrator := s.manager(accounts.RoleAdministrator)
	ida := s.AddPerson("Ida")
	role := func(m accounts.Member) accounts.Role {
		now, err := s.Accounts.MemberByID(t.Context(), m.OrganisationID, m.ID)
		ayetest.Fails(t, err, nil)
		return now.Role
	}
	b.get("/manage/people/" + ida.ID)
	b.submit("/manage/people/"+ida.ID, "role", "support")
	b.says("manage.people.said-role")
	ayetest.Same(t, "role", role(ida), accounts.RoleSupport)
	for _, wrong := range []string{"", "god"} {
		b.post("/manage/people/"+ida.ID, "role", wrong)
		b.is(http.StatusUnprocessableEntity)
		b.says("manage.person.role-missing")
	}

	for _, test := range []struct {
		by   *browser
		on   accounts.Member
		role string
		says string
	}{
		{b, owner, "member", "manage.person.why-self"},
		{byAdministrator, administrator, "owner", "manage.person.why-self"},
		{byAdministrator, owner, "member", "manage.person.why-owner"},
		{byAdministrator, ida, "owner", "manage.person.why-owner"},
	} {
		before := role(test.on)
		test.by.post("/manage/people/"+test.on.ID, "role", test.role)
		test.by.is(http.StatusForbidden)
		test.by.says(test.says)
		ayetest.Same(t, "role", role(test.on), before)
		if test.on.ID == ida.ID {
			continue
		}
		test.by.get("/manage/people/" + test.on.ID)
		test.by.says(test.says)
		if strings.Contains(test.by.page.body, `name="role"`) || strings.Contains(test.by.page.body, "/end") {
			t.Error("what cannot be done is offered")
		}
		test.by.get("/manage/people/" + test.on.ID + "/end")
		test.by.is(http.StatusForbidden)
		test.by.post("/manage/people/" + test.on.ID + "/end")
		test.by.is(http.StatusForbidden)
		test.by.says(test.says)
		ayetest.Same(t, "role", role(test.on), before)
	}
}

// Who is deactivated is out at once, in every browser.
func TestDeactivate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleAdministrator)
	ida, phone, hers := s.joins(s.Organisation, "Ida", accounts.RoleMember)
	hers.get("/apps")
	hers.at("/apps")
	b.get("/manage/people/" + ida.ID + "/end")
	b.says("manage.person.end-confirm", "Name", "Ida")
	hers.get("/apps")
	hers.at("/apps")
	b.submit("/manage/people/" + ida.ID + "/end")
	b.at("/manage/people")
	b.says("manage.people.said-ended")
	hers.get("/apps")
	hers.at("/login")
	_, err := s.TryAsk(ida)
	ayetest.Fails(t, err, accounts.ErrNotFound)
	_ = phone
	b.get("/manage/people/" + ida.ID)
	b.is(http.StatusNotFound)
	b.post("/manage/people/" + ida.ID + "/end")
	b.is(http.StatusNotFound)

	invited, token := s.Invite("Ivo", accounts.RoleMember)
	b.get("/manage/people/" + invited.ID + "/end")
	b.says("manage.person.withdraw-confirm", "Email", invited.Person.Email)
	b.submit("/manage/people/" + invited.ID + "/end")
	b.says("manage.people.said-withdrawn")
	_, err = s.Accounts.Invitation(t.Context(), token)
	ayetest.Fails(t, err, accounts.ErrNotFound)
}
