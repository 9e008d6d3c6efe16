package portal_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

// offered are the organisations that can be picked on the open page.
func (b *browser) offered() []string {
	var all []string
	for _, found := range regexp.MustCompile(`name="organisation" value="([^"]+)"`).FindAllStringSubmatch(b.page.body, -1) {
		all = append(all, found[1])
	}
	return all
}

// Who belongs to several organisations picks one after logging in, and can go to another later.
func TestPickAnOrganisation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	second := s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Second" })
	ada := s.person("Ada")
	phone := s.Pair(ada)
	s.Join(second, ada)
	b := s.browser()
	b.language = "nl"
	b.logIn(ada, phone)
	b.at("/organisations")
	b.says("organisations.title")
	ayetest.Same(t, "offered", b.offered(), []string{s.Organisation.ID, second.ID})
	for _, path := range []string{"/apps", "/security", "/manage/people"} {
		b.get(path)
		b.at("/organisations")
	}
	before := b.cookies["__Host-aye_session"]
	b.submit("/organisations", "organisation", second.ID)
	b.at("/apps")
	if b.cookies["__Host-aye_session"] == before || !strings.Contains(b.page.body, "Second") || !strings.Contains(b.page.body, `href="/organisations"`) {
		t.Error("the session has no new name, or the page is not that of the organisation")
	}
	old := s.browser()
	old.cookies["__Host-aye_session"] = before
	old.get("/apps")
	old.at("/login")

	b.get("/organisations")
	b.says("organisations.here")
	b.submit("/organisations", "organisation", s.Organisation.ID)
	b.at("/apps")
	again := s.enters(ada, phone)
	again.get("/organisations")
	ayetest.Same(t, "the last one is said", strings.Count(again.page.text(), again.said("organisations.last")), 1)
}

// The address that the login was for is gone on to after the organisation was picked.
func TestPickGoesOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	second := s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Second" })
	ada := s.person("Ada")
	phone := s.Pair(ada)
	s.Join(second, ada)
	b := s.browser()
	b.get("/security")
	b.submit("/login", "email", ada.Person.Email, "password", ayetest.Password.Reveal())
	b.approves(phone)
	b.get("/login/wait")
	b.at("/organisations")
	b.submit("/organisations", "organisation", second.ID)
	b.at("/security")
	b.get("/organisations")
	b.submit("/organisations", "organisation", s.Organisation.ID)
	b.at("/apps")
}

// What cannot be picked says why, and cannot be picked.
func TestOrganisationsThatCannotBePicked(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.free()
	never := s.AddOrganisation(func(o *accounts.Organisation) { o.Name, o.SecondFactorFrom = "Never", s.Clock.Now().AddDate(50, 0, 0) })
	strict := s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Strict" })
	ada := s.person("Ada")
	s.Join(never, ada)
	s.Join(strict, ada)
	b := s.browser()
	b.password(ada)
	b.at("/organisations")
	b.says("organisations.required")
	ayetest.Same(t, "offered", b.offered(), []string{s.Organisation.ID, never.ID})
	b.post("/organisations", "organisation", strict.ID)
	b.at("/organisations")
	b.is(http.StatusUnprocessableEntity)

	// A phone that counts here alone.
	local := s.person("Lena")
	phone := s.PairLocal(local)
	s.Join(strict, local)
	hers := s.enters(local, phone)
	hers.get("/apps")
	hers.at("/apps")
	hers.get("/organisations")
	hers.says("organisations.within")
	hers.post("/organisations", "organisation", strict.ID)
	hers.is(http.StatusUnprocessableEntity)
	hers.get("/apps")
	hers.at("/apps")
}

// An organisation where the person does not belong is as one that never was.
func TestPickAnothersOrganisation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	elsewhere := s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" })
	_, _, b := s.joins(s.Organisation, "Ada", accounts.RoleOwner)
	theirs := b.once(http.MethodPost, "/organisations", "organisation", elsewhere.ID)
	unknown := b.once(http.MethodPost, "/organisations", "organisation", secret.NewID("org"))
	ayetest.Same(t, "status", []int{theirs.status, unknown.status}, []int{http.StatusNotFound, http.StatusNotFound})
	ayetest.Same(t, "page", theirs.body, unknown.body)
	// Who is not in yet picks nothing.
	bob := s.person("Bob")
	s.Pair(bob)
	half := s.browser()
	half.password(bob)
	half.get("/organisations")
	half.at("/login/wait")
	half.post("/organisations", "organisation", s.Organisation.ID)
	half.at("/login/wait")
}

func TestApps(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	elsewhere := s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" })
	for _, a := range []accounts.Application{
		{OrganisationID: s.Organisation.ID, Name: "Books", Link: "https://books.example.com/<start>?a=1&b=2"},
		{OrganisationID: elsewhere.ID, Name: "Theirs", Link: "https://theirs.example.com"},
	} {
		_, _, err := s.Accounts.CreateApplication(t.Context(), a)
		ayetest.Fails(t, err, nil)
	}
	ada := s.person("Ada")
	phone := s.Pair(ada)
	b := s.browser()
	b.language = "nl"
	b.logIn(ada, phone)
	b.at("/apps")
	b.says("apps.welcome", "Name", "Ada")
	text := b.page.text()
	if !strings.Contains(text, "Books books.example.com") || strings.Contains(text, s.Shop.Name) || strings.Contains(text, "Theirs") {
		t.Errorf("the page says\n%s", text)
	}
	if !strings.Contains(b.page.body, `href="https://books.example.com/%3cstart%3e?a=1&amp;b=2"`) {
		t.Error("the link is not the application's")
	}
	s.Clock.Pass(time.Minute)
	again := s.enters(ada, phone)
	again.get("/apps")
	if strings.Contains(again.page.text(), again.said("apps.welcome", "Name", "Ada")) {
		t.Error("somebody who was here before is welcomed")
	}
	empty, _, c := s.joins(s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Empty" }), "Eva", accounts.RoleMember)
	c.get("/apps")
	c.says("apps.empty-text")
	ayetest.Fails(t, s.Accounts.SetRole(t.Context(), empty, accounts.RoleAdministrator), nil)
	c.get("/apps")
	c.says("apps.empty-manager")
}
