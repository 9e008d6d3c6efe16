package portal_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/portal"
)

// Nobody can make a link to us that sends a person to another site.
func TestLocal(t *testing.T) {
	t.Parallel()
	for _, next := range []string{
		"", "x", "//evil.example.com", `/\evil.example.com`, `\/evil.example.com`, "https://evil.example.com", "javascript:alert(1)", "/\t/evil.example.com", "/\n/evil.example.com",
		"/a\r\nSet-Cookie: x=y", " /a", "/%zz", "/" + strings.Repeat("a", 600), "///evil.example.com", "/x\\y", "/\x00",
	} {
		if got := portal.Local(next); got != "" {
			t.Errorf("%q leads to %q", next, got)
		}
	}
	for _, next := range []string{"/", "/security", "/manage/people?page=2", "/a//b", "/apps#x"} {
		if portal.Local(next) != next {
			t.Errorf("%q does not lead there", next)
		}
	}
}

// The cookie of a session cannot be read by a script, goes nowhere else, and ends with the browser.
func TestCookies(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.AddPerson("Ada")
	s.SetPassword(ada)
	s.Pair(ada)
	found := map[string]*http.Cookie{}
	for _, c := range s.tab(t).logIn(ada, ayetest.Password).Cookies() {
		found[c.Name] = c
		if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("the cookie is %v", c)
		}
	}
	if c := found["__Host-aye_session"]; c == nil || c.MaxAge != 0 || !c.Expires.IsZero() {
		t.Errorf("the session's cookie is %v", c)
	}
	if c := found["__Host-aye_browser"]; c == nil || c.MaxAge < int(365*24*time.Hour/time.Second) {
		t.Errorf("the browser's cookie is %v", c)
	}
}

// Each guard lets through whom it should, and sends the others where they go on.
func TestGuards(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.portal.AddTestPages()
	ada, owner := s.AddPerson("Ada"), s.AddMember(s.Organisation, "Olga", accounts.RoleOwner)
	bob := s.AddPerson("Bob")
	for _, m := range []accounts.Member{ada, owner, bob} {
		s.SetPassword(m)
	}
	phone := s.Pair(ada)
	nobody, typed, in, boss, fresh := s.tab(t), s.tab(t), s.in(t, ada, phone), s.in(t, owner, s.Pair(owner)), s.tab(t)
	s.Clock.Pass(6 * time.Minute) // logging in proves too, and that is over now
	typed.logIn(ada, ayetest.Password)
	visitor := s.LogIn(ada, phone)
	visitor.Prove(phone)
	fresh.cookies["__Host-aye_session"] = visitor.Token.Reveal()
	for _, one := range []struct {
		who    string
		b      *tab
		path   string
		status int
		to     string
	}{
		{"nobody", nobody, "/test/begun", http.StatusSeeOther, "/login?next=%2Ftest%2Fbegun"},
		{"nobody", nobody, "/test/in", http.StatusSeeOther, "/login?next=%2Ftest%2Fin"},
		{"nobody", nobody, "/test/proven", http.StatusSeeOther, "/login?next=%2Ftest%2Fproven"},
		{"nobody", nobody, "/test/manages", http.StatusSeeOther, "/login?next=%2Ftest%2Fmanages"},
		{"who typed the password", typed, "/test/begun", http.StatusOK, ""},
		{"who typed the password", typed, "/test/in", http.StatusSeeOther, "/login/wait"},
		{"who typed the password", typed, "/test/proven", http.StatusSeeOther, "/login/wait"},
		{"who is in", in, "/test/in", http.StatusOK, ""},
		{"who is in", in, "/test/proven", http.StatusSeeOther, "/prove?next=%2Ftest%2Fproven"},
		{"who is in", in, "/test/manages", http.StatusForbidden, ""},
		{"who was proven lately", fresh, "/test/proven", http.StatusOK, ""},
		{"the owner", boss, "/test/manages", http.StatusOK, ""},
	} {
		if got := one.b.get(one.path); got.StatusCode != one.status || got.to() != one.to {
			t.Errorf("%s at %s: %d to %q", one.who, one.path, got.StatusCode, got.to())
		}
	}
	in.post("/test/proven").is(t, http.StatusSeeOther, "/prove?next=%2Ftest")
	s.Clock.Pass(6 * time.Minute)
	fresh.get("/test/proven").is(t, http.StatusSeeOther, "/prove?next=%2Ftest%2Fproven")
}

// A page that waits is sent on by a header, because a script cannot see where a redirect leads.
func TestAPageThatWaitsGoesOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.portal.AddTestPages()
	b := s.tab(t)
	b.header.Set("Aye-Part", "main")
	got := b.get("/test/in")
	if got.StatusCode != http.StatusNoContent || got.Header.Get("Aye-Location") != "/login?next=%2Ftest%2Fin" {
		t.Errorf("%d, %v", got.StatusCode, got.Header)
	}
	part := b.get("/login")
	part.says(t, "<main", "<h1")
	if strings.Contains(part.text, "<html") || strings.Contains(part.text, "<footer") {
		t.Error("a page that waits got more than its main part")
	}
	b.header.Del("Aye-Part")
}

// The language is the chosen one, else the person's, else the browser's.
func TestLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.tab(t)
	b.get("/login").says(t, `<html lang="en">`)
	b.header.Set("Accept-Language", "nl-BE,en;q=0.5")
	b.get("/login").says(t, `<html lang="nl">`, "Inloggen")
	b.post("/language", "language", "en", "next", "/login").is(t, http.StatusSeeOther, "/login")
	b.get("/login").says(t, `<html lang="en">`)
	b.post("/language", "language", "fr", "next", "//evil.example.com").is(t, http.StatusSeeOther, "/")
	b.get("/login").says(t, `<html lang="en">`)

	ada := s.AddPerson("Ada")
	s.SetPassword(ada)
	s.portal.AddTestPages()
	in := s.in(t, ada, s.Pair(ada))
	in.post("/language", "language", "nl", "next", "/apps")
	person, err := s.Store.Person(t.Context(), ada.Person.ID)
	if err != nil || person.Locale != "nl" {
		t.Errorf("the person's language is %q, %v", person.Locale, err)
	}
	delete(in.cookies, "__Host-aye_language")
	in.get("/test/in").says(t, `<html lang="nl">`)
}

// What a page says once comes from us: a made-up notice is not said.
func TestNotices(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.tab(t)
	b.post("/logout").is(t, http.StatusSeeOther, "/login")
	b.get("/login").says(t, "You are logged off.")
	if strings.Contains(b.get("/login").text, "You are logged off.") {
		t.Error("it is said twice")
	}
	for _, made := range []string{"good:Your account is lost", "good:problem.internal.text", "x\"><script>:login.logged-out", ":", "good"} {
		b.cookies["__Host-aye_notice"] = made
		got := b.get("/login")
		got.is(t, http.StatusOK, "")
		if strings.Contains(got.text, "account is lost") || strings.Contains(got.text, "<script>") {
			t.Errorf("%q was said", made)
		}
	}
}

// What stands around a page is what the person can use: the administration for who manages,
// another organisation for who has one, and what will be asked of who has no second factor.
func TestFrame(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.portal.AddTestPages()
	s.free()
	ada, owner := s.AddPerson("Ada"), s.AddMember(s.Organisation, "Olga", accounts.RoleOwner)
	s.SetPassword(ada)
	s.SetPassword(owner)
	const manage, several, due = `href="/manage"`, `href="/organisations"`, "you need a second factor"
	has := func(m accounts.Member, in bool, words ...string) {
		t.Helper()
		b := s.tab(t)
		b.logIn(m, ayetest.Password)
		got := b.get("/test/in")
		got.is(t, http.StatusOK, "")
		for _, word := range words {
			if strings.Contains(got.text, word) != in {
				t.Errorf("%s: %q is there: %v", m.Person.Display, word, !in)
			}
		}
	}
	has(ada, false, manage, several)
	has(ada, true, "Ada", due, s.Organisation.Name)
	has(owner, true, manage, due)
	s.Pair(owner)
	in := s.in(t, owner, s.Elder(owner))
	if strings.Contains(in.get("/test/in").text, due) {
		t.Error("who has a second factor is told to set one up")
	}
	s.Join(s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Other" }), ada)
	b, visitor := s.tab(t), s.LogIn(ada, s.Pair(ada))
	b.cookies["__Host-aye_session"] = visitor.Token.Reveal()
	b.get("/").is(t, http.StatusSeeOther, "/organisations")
	visitor.Took(s.SignIn.Pick(t.Context(), visitor.Look(), s.Organisation.ID))
	b.cookies["__Host-aye_session"] = visitor.Token.Reveal()
	b.get("/test/in").says(t, several)
}

// Once there is a second factor, a session that was opened without one is worth nothing, however
// lately the person was proven: it may only read that the next thing is to log in. That ends no
// session of somebody else.
func TestThreatOvertakenSession(t *testing.T) {
	t.Parallel()
	for name, enrol := range map[string]func(*site, accounts.Member){
		"a phone":                      func(s *site, m accounts.Member) { s.Pair(m) },
		"a phone, by an application":   func(s *site, m accounts.Member) { s.PairLocal(m) },
		"an app, in another's browser": func(s *site, m accounts.Member) { s.codes(m) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.free()
			ada := s.person("Ada")
			in := func() *tab {
				b := s.tab(t)
				b.logIn(ada, ayetest.Password)
				b.get("/security").is(t, http.StatusOK, "")
				return b
			}
			mine := in()
			tried := map[string]*tab{}
			const done = "/setup/done"
			for _, call := range []string{
				"GET /", "GET /apps", "GET /organisations", "GET /prove", "GET /security", "GET /security/phones", "GET /setup", "GET /setup/link", "GET /setup/app",
				"GET /security/push", "GET /security/phones/link", "GET /security/phones/replace", "GET /security/apps/new",
				"POST /security/recovery", "POST /security/apps/new", "POST /security/push", "POST /security/password", "POST /security/sessions/end-others",
				"POST /prove", "POST /organisations", "POST /setup/link", "POST /setup/app", "POST /setup/app/activate",
			} {
				tried[call] = in()
			}
			enrol(s, ada)
			before := s.factors(t, ada)
			for call, b := range tried {
				method, path, _ := strings.Cut(call, " ")
				got := b.call(method, path, strings.NewReader("password="+ayetest.Password.Reveal()))
				if got.StatusCode != http.StatusSeeOther || (got.to() != "/login" && got.to() != done) {
					t.Errorf("%s: %d to %q", call, got.StatusCode, got.to())
				}
				b.get(done)
			}
			if now := s.factors(t, ada); now != before {
				t.Errorf("%d factors, and there were %d", now, before)
			}
			mine.get(done).says(t, "To login")
			mine.get(done).says(t, "To login") // looking changed nothing
			mine.post(done).is(t, http.StatusSeeOther, "/login")
			mine.get("/security").is(t, http.StatusSeeOther, "/login?next=%2Fsecurity")
		})
	}
}

// Nor does it accept an invitation in the person's name.
func TestAnOvertakenSessionAcceptsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.free()
	ada := s.person("Ada")
	b := s.tab(t)
	b.logIn(ada, ayetest.Password)
	elsewhere := s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" })
	if _, err := s.Accounts.Invite(t.Context(), elsewhere.ID, accounts.Person{Email: ada.Person.Email, Display: "Ada"}, accounts.RoleMember); err != nil {
		t.Fatal(err)
	}
	path := "/invitations/" + s.Announcer.LastLetter(accounts.LetterInvitation, ada.Person.ID).Reveal()
	s.Pair(ada)
	b.post(path).is(t, http.StatusSeeOther, path)
	if all, _ := s.Accounts.Memberships(t.Context(), ada.Person.ID); len(all) != 1 {
		t.Errorf("%d memberships", len(all))
	}
}

// Who links the first factor among the security settings is told that it worked, and logs in.
func TestTheFirstFactorAmongTheSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.free()
	ada, bob := s.person("Ada"), s.person("Bob")
	a := s.tab(t)
	a.logIn(ada, ayetest.Password)
	at := a.post("/security/push").to()
	phone := s.NewPhone()
	s.scanned(t, a.get(at), phone)
	_, query, _ := strings.Cut(at, "?")
	a.get(at).is(t, http.StatusSeeOther, "/setup/done?"+query)
	a.get("/setup/done?"+query).says(t, "Pixel 9", "To login")

	b := s.tab(t)
	b.logIn(bob, ayetest.Password)
	b.post("/security/apps/new")
	shown := b.get("/security/apps/new").text
	key := regexp.MustCompile(`<code class="secret">([A-Z2-7]{32})</code>`).FindStringSubmatch(shown)[1]
	id := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(shown)[1]
	b.post("/security/apps/new/activate", "id", id, "name", "Laptop", "code", s.oathtool(t, key)).is(t, http.StatusSeeOther, "/setup/done")
	b.get("/setup/done").says(t, "To login")
}
