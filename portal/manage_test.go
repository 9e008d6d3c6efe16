package portal_test

import (
	"bytes"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

// enters is a browser in which the member has just logged in with the phone.
func (s *site) enters(m accounts.Member, p *ayetest.Phone) *browser {
	s.Helper()
	b := s.browser()
	b.cookies["__Host-aye_session"] = s.LogIn(m, p).Token.Reveal()
	return b
}

// joins adds somebody with a phone to an organisation, who has just logged in.
func (s *site) joins(o accounts.Organisation, name string, role accounts.Role) (accounts.Member, *ayetest.Phone, *browser) {
	s.Helper()
	m := s.AddMember(o, name, role)
	s.SetPassword(m)
	p := s.Pair(m)
	return m, p, s.enters(m, p)
}

// manager is a browser in which somebody who manages the world's own organisation has just logged in.
func (s *site) manager(role accounts.Role) (accounts.Member, *browser) {
	s.Helper()
	m, _, b := s.joins(s.Organisation, "Olga", role)
	return m, b
}

// sends posts a form with a file, as browsers do.
func (b *browser) sends(path, field, file string, pairs ...string) opened {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		_ = form.WriteField(pairs[i], pairs[i+1])
	}
	if field != "" {
		part, _ := form.CreateFormFile(field, "file")
		_, _ = part.Write([]byte(file))
	}
	_ = form.Close()
	r := b.request(http.MethodPost, path, url.Values{})
	r.Body, r.ContentLength = http.NoBody, int64(body.Len())
	r = r.WithContext(b.Context())
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Body = readCloser{&body}
	return b.follow(r)
}

type readCloser struct{ *bytes.Buffer }

func (readCloser) Close() error { return nil }

var (
	selectTag = regexp.MustCompile(`(?s)<select[^>]* name="([^"]+)".*?<option value="([^"]*)" selected`)
	areaTag   = regexp.MustCompile(`(?s)<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)</textarea>`)
)

// saves is submit with what is chosen in lists and stands in text areas.
func (b *browser) saves(action string, pairs ...string) opened {
	b.Helper()
	var chosen []string
	for _, found := range slices.Concat(selectTag.FindAllStringSubmatch(b.page.body, -1), areaTag.FindAllStringSubmatch(b.page.body, -1)) {
		chosen = append(chosen, found[1], html.UnescapeString(found[2]))
	}
	return b.submit(action, append(chosen, pairs...)...)
}

// once makes one call and follows nothing.
func (b *browser) once(method, path string, pairs ...string) opened {
	b.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.call(b.request(method, path, form))
}

// heads are how long the audit logs of the organisations are: what changes nothing adds nothing.
func (s *site) heads(all ...accounts.Organisation) []int64 {
	s.Helper()
	heads := make([]int64, 0, len(all))
	for _, o := range all {
		sequence, _, err := s.Store.AuditHead(s.Context(), o.ID)
		if err != nil {
			s.Fatal(err)
		}
		heads = append(heads, int64(sequence))
	}
	return heads
}

// things are one of each thing of an organisation that has an id in an address.
type things struct{ person, application, secret, imported, provider, draft string }

func (s *site) things(o accounts.Organisation) things {
	s.Helper()
	a := s.AddApplication(o, "Shop of "+o.Name)
	a.WebhookURL = "https://shop.example.com/hook"
	a, err := s.Accounts.UpdateApplication(s.Context(), a)
	if err != nil {
		s.Fatal(err)
	}
	i, err := s.Accounts.PlanImport(s.Context(), o.ID, []accounts.RosterRow{{Line: 2, Email: secret.NewID("m") + "@example.com", Name: "Ida"}}, nil)
	if err != nil {
		s.Fatal(err)
	}
	s.AllowSMS(o)
	m, admin := s.AddMember(o, "Member", accounts.RoleMember), s.AddMember(o, "Admin", accounts.RoleAdministrator)
	s.newNumberOf(m)
	if _, _, err = s.Alerts.Set(s.Context(), o.ID, "https://monitor.example.com/hook", nil, false); err != nil {
		s.Fatal(err)
	}
	return things{m.ID, a.ID, a.Secrets[0].ID, i.ID, s.OwnProvider(o).ID, s.draftOf(admin)}
}

// put fills in the ids.
func (one things) put(path string) string {
	return strings.NewReplacer(":person", one.person, ":application", one.application, ":secret", one.secret, ":import", one.imported, ":sheet", "123456.css", ":provider", one.provider, ":draft", one.draft).Replace(path)
}

// managing are all routes of the administration.
func (s *site) managing() [][2]string {
	return slices.DeleteFunc(s.portal.Routes(), func(r [2]string) bool { return r[1] != "/manage" && !strings.HasPrefix(r[1], "/manage/") })
}

// filling is a form that each of the routes would take.
var filling = []string{
	"role", "support", "name", "Ida", "email", "ida@example.com", "required", "from", "from", "2030-01-01", "confirm", "tap", "profile", "strict",
	"idle", "5", "life", "60", "language", "nl", "sure", "yes", "own", "yes", "colour", "#123456",
	"description", "Main", "sender", "Tulp Zoon", "key", "live0123456789abcdefABCD", "code", "123456", "cap", "20", "country", "NL",
}

// Whoever manages nothing sees and changes nothing of the administration, and is told so.
func TestOnlyManagersManage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ours := s.things(s.Organisation)
	if len(s.managing()) < 25 {
		t.Fatalf("only %d routes are of the administration", len(s.managing()))
	}
	for _, role := range []accounts.Role{accounts.RoleMember, accounts.RoleSupport} {
		_, b := s.manager(role)
		before := s.heads(s.Organisation)
		for _, r := range s.managing() {
			got := b.once(r[0], ours.put(r[1]), filling...)
			if got.status != http.StatusForbidden || !strings.Contains(got.body, "You may not do this") {
				t.Errorf("%s: %s %s came with %d", role, r[0], r[1], got.status)
			}
		}
		ayetest.Same(t, "what was changed", s.heads(s.Organisation), before)
		if strings.Contains(b.get("/apps").body, `href="/manage"`) {
			t.Errorf("%s is offered the administration", role)
		}
	}
	for _, role := range []accounts.Role{accounts.RoleAdministrator, accounts.RoleOwner} {
		m, b := s.manager(role)
		ours.draft = s.draftOf(m)
		for _, r := range s.managing() {
			if got := b.once(http.MethodGet, ours.put(r[1])); r[0] == http.MethodGet && got.status != http.StatusOK && !leads[r[1]] {
				t.Errorf("%s: %s came with %d", role, r[1], got.status)
			}
		}
		b.get("/manage")
		b.at("/manage/people")
	}
	stranger := s.browser()
	for _, r := range s.managing() {
		if got := stranger.once(r[0], ours.put(r[1]), filling...); !strings.HasPrefix(got.header.Get("Location"), "/login") {
			t.Errorf("a stranger: %s %s came with %d", r[0], r[1], got.status)
		}
	}
}

// leads are the pages that lead to another.
var leads = map[string]bool{"/manage": true, "/manage/alerts/test": true, "/manage/texts/drafts/:draft/again": true}

var parameter = regexp.MustCompile(`:(person|application|secret|import|provider|draft)`)

// What another organisation has is as if it never was: every route, every place of an id, byte by byte.
func TestOtherOrganisationsThings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	elsewhere := s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" })
	ours, theirs := s.things(s.Organisation), s.things(elsewhere)
	unknown := things{secret.NewID("usr"), secret.NewID("app"), "AAAAAA", secret.NewID("imp"), secret.NewID("smp"), secret.NewID("smp")}
	_, b := s.manager(accounts.RoleOwner)
	before := s.heads(s.Organisation, elsewhere)
	tried := 0
	for _, r := range s.managing() {
		for _, place := range parameter.FindAllString(r[1], -1) {
			tried++
			with := func(foreign things) opened {
				path := strings.Replace(r[1], place, foreign.put(place), 1) // the other ids are ours
				return b.once(r[0], ours.put(path), filling...)
			}
			got, want := with(theirs), with(unknown)
			plain := strings.ReplaceAll(got.body, theirs.put(place), unknown.put(place))
			if got.status != http.StatusNotFound || want.status != http.StatusNotFound || plain != want.body {
				t.Errorf("%s %s with another's %s: %d and %d, want 404 twice and the same bytes", r[0], r[1], place, got.status, want.status)
			}
			for name, values := range want.header {
				if name != "X-Request-Id" && !slices.Equal(values, got.header[name]) {
					t.Errorf("%s %s with another's %s: the header %s differs", r[0], r[1], place, name)
				}
			}
		}
	}
	if tried < 31 {
		t.Errorf("only %d places were tried", tried)
	}
	ayetest.Same(t, "what was changed", s.heads(s.Organisation, elsewhere), before)
}

// What changes rules, roles or secrets is done by who was proven within five minutes; who was
// not comes back to the form.
func TestManagingIsProven(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ours := s.things(s.Organisation)
	owner, phone, b := s.joins(s.Organisation, "Olga", accounts.RoleOwner)
	ours.draft = s.draftOf(owner)
	s.Clock.Pass(6 * time.Minute)
	before := s.heads(s.Organisation)
	for _, r := range s.managing() {
		if r[0] != http.MethodPost {
			continue
		}
		path := ours.put(r[1])
		switch r[1] {
		case "/manage/import", "/manage/people/:person/invite": // a plan, and a mail to who is invited
			continue
		}
		if got := b.once(http.MethodPost, path, filling...); got.header.Get("Location") != "/prove?next="+url.QueryEscape(path) {
			t.Errorf("%s goes to %q (%d)", r[1], got.header.Get("Location"), got.status)
		}
		if got := b.once(http.MethodGet, path); got.status == http.StatusNotFound {
			t.Errorf("%s has no form to come back to", r[1])
		}
	}
	ayetest.Same(t, "what was changed", s.heads(s.Organisation), before)
	b.post("/manage/people/"+ours.person, "role", "support")
	b.at("/prove")
	b.says("manage.proven-again")
	b.prove(phone)
	b.at("/manage/people/" + ours.person)
	b.submit("/manage/people/"+ours.person, "role", "support")
	b.says("manage.people.said-role")
	_ = owner
}

// Who loses the role loses the pages at once.
func TestARoleThatIsTaken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m, b := s.manager(accounts.RoleAdministrator)
	b.get("/manage/people")
	b.is(http.StatusOK)
	ayetest.Fails(t, s.Accounts.SetRole(t.Context(), m, accounts.RoleMember), nil)
	b.get("/manage/people")
	b.is(http.StatusForbidden)
	ayetest.Fails(t, s.Accounts.EndMembership(t.Context(), m), nil)
	b.get("/manage/people")
	b.at("/login")
}

// everything is what can be read in a page and its address, for secrets that must not be there.
func (a opened) everything() string { return a.path + fmt.Sprint(a.header) + a.body }
