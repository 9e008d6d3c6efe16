package portal_test

import (
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/portal"
	"example.com/aye/sms"
)

// named is where an address has a name for something.
var named = regexp.MustCompile(`:\w+`)

// Every answer has the headers: of every route, with and without a session, and of errors.
func TestEveryAnswerIsHardened(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.portal.AddTestPages()
	ada := s.AddPerson("Ada")
	s.SetPassword(ada)
	in := s.in(t, ada, s.Pair(ada))
	calls := append(s.portal.Routes(), [2]string{"GET", "/nowhere"}, [2]string{"GET", "/test/panic"}, [2]string{"GET", "/test/broken"}, [2]string{"DELETE", "/login"})
	for _, call := range calls {
		for _, b := range []*tab{s.tab(t), {site: s, t: t, cookies: map[string]string{"__Host-aye_session": in.cookies["__Host-aye_session"]}, header: in.header}} {
			path := named.ReplaceAllString(call[1], "x")
			got := b.call(call[0], path, nil)
			for name, want := range map[string]string{
				"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' wss://aye.example.com; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
				"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
				"Strict-Transport-Security": "max-age=31536000; includeSubDomains",
			} {
				if got.Header.Get(name) != want {
					t.Errorf("%s %s: %s is %q", call[0], path, name, got.Header.Get(name))
				}
			}
			if got.Header.Get("Permissions-Policy") == "" || got.Header.Get("X-Request-Id") == "" {
				t.Errorf("%s %s lacks a header", call[0], path)
			}
			if cache := got.Header.Get("Cache-Control"); cache != "no-store" {
				t.Errorf("%s %s may be kept: %s", call[0], path, cache)
			}
		}
	}
}

// What another site's page sends changes nothing, whatever it is sent to.
func TestOtherSitesPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.AddPerson("Ada")
	s.SetPassword(ada)
	b := s.in(t, ada, s.Pair(ada))
	for name, header := range map[string]http.Header{
		"another site":    {"Sec-Fetch-Site": {"cross-site"}},
		"a neighbour":     {"Sec-Fetch-Site": {"same-site"}},
		"an old browser":  {"Origin": {"https://evil.example.com"}},
		"a hidden origin": {"Origin": {"null"}},
	} {
		for _, r := range s.portal.Routes() {
			if r[0] == http.MethodGet {
				continue
			}
			b.header = header
			b.post(named.ReplaceAllString(r[1], "x")).is(t, http.StatusForbidden, "")
		}
		if b.cookies["__Host-aye_session"] == "" {
			t.Errorf("%s ended the session", name)
		}
	}
	b.header = http.Header{"Sec-Fetch-Site": {"same-origin"}}
	b.post("/logout").is(t, http.StatusSeeOther, "/login")
}

// Only reading is done by GET.
func TestNoOtherMethods(t *testing.T) {
	t.Parallel()
	for _, r := range newSite(t).portal.Routes() {
		if r[0] != http.MethodGet && r[0] != http.MethodPost {
			t.Errorf("%s %s: forms cannot send that", r[0], r[1])
		}
	}
}

// Errors have pages in the reader's language, and say nothing of their cause.
func TestErrorPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.portal.AddTestPages()
	b := s.tab(t)
	for _, one := range []struct {
		path, english, dutch string
		status               int
	}{
		{"/nowhere", "This page does not exist", "Deze pagina bestaat niet", http.StatusNotFound},
		{"/test/panic", "Something went wrong here", "Hier ging iets mis", http.StatusInternalServerError},
		{"/test/broken", "Something went wrong here", "Hier ging iets mis", http.StatusInternalServerError},
		{"/test/slow", "We will be back in a moment", "We zijn zo terug", http.StatusServiceUnavailable}, // after its time limit
		{"/test/unavailable", "We will be back in a moment", "We zijn zo terug", http.StatusServiceUnavailable},
	} {
		for language, want := range map[string]string{"en": one.english, "nl": one.dutch} {
			b.header.Set("Accept-Language", language)
			got := b.get(one.path)
			got.is(t, one.status, "")
			got.says(t, want, `lang="`+language+`"`)
			if strings.Contains(got.text, "secret cause") || strings.Contains(got.text, "boom") || strings.Contains(got.text, errDown.Error()) {
				t.Errorf("%s says its cause", one.path)
			}
			if one.status == http.StatusServiceUnavailable && got.Header.Get("Retry-After") == "" {
				t.Errorf("%s does not say when to try again", one.path)
			}
		}
	}
	if !strings.Contains(s.log.String(), "secret cause") {
		t.Error("the log does not have the cause")
	}
}

// Where a vendor of text messages may be waited for, there is time to say what it refuses.
func TestThereIsTimeForTheVendor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	sends := map[string]bool{
		"GET /login/wait": true, "POST /login/wait/text": true, "GET /prove/wait": true, "POST /prove/wait/text": true,
		"POST /setup/number": true, "POST /security/number": true,
		"POST /manage/texts/new": true, "POST /manage/texts/:provider/change": true, "POST /manage/texts/drafts/:draft/again": true,
		"POST /support/cases/:case/verify": true, "POST /support/cases/:case/send": true,
	}
	for _, r := range s.portal.Routes() {
		limit := s.portal.TimeLimit(r[0], r[1])
		if route := r[0] + " " + r[1]; sends[route] != (limit > sms.SetupTime) {
			t.Errorf("%s may take %s", route, limit)
		}
		delete(sends, r[0]+" "+r[1])
	}
	if len(sends) > 0 {
		t.Errorf("there are no routes %v", sends)
	}
	s.portal.AddTestPages()
	for path, long := range map[string]bool{"/test/texts": true, "/test/ordinary": false} {
		left, err := time.ParseDuration(s.tab(t).get(path).Header.Get("Left"))
		if err != nil || (left > sms.SetupTime) != long {
			t.Errorf("%s has %s, %v", path, left, err)
		}
	}
}

// A form that is too large, or no form at all, is not read as an empty one.
func TestForms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.tab(t)
	b.post("/login", "email", strings.Repeat("a", 65<<10)).is(t, http.StatusRequestEntityTooLarge, "")
	b.header.Set("Content-Length", "1")
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://aye.example.com/login", strings.NewReader(`{"email":"x"}`))
	r.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	s.portal.Handler().ServeHTTP(recorder, r)
	if recorder.Code != http.StatusBadRequest {
		t.Errorf("JSON was taken for a form: %d", recorder.Code)
	}
	b.call(http.MethodPost, "/login", strings.NewReader("email=%zz")).is(t, http.StatusBadRequest, "")
}

// The log has the route, and neither the address as it was called nor what was typed.
func TestTheLogHasNoSecrets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.AddPerson("Ada")
	s.SetPassword(ada)
	b := s.tab(t)
	b.get("/login?next=/canary-in-the-query")
	b.get("/reset/canary-in-the-path")
	b.get("/invitations/canary-in-the-path")
	b.logIn(ada, "canary-in-the-form")
	b.in(t, ada, s.Pair(ada)).get("/")
	for _, canary := range []string{"canary", ada.Person.Email, b.cookies["__Host-aye_browser"]} {
		if strings.Contains(s.log.String(), canary) {
			t.Errorf("the log has %s:\n%s", canary, s.log)
		}
	}
	if !strings.Contains(s.log.String(), "route=/login") {
		t.Errorf("the log does not have the route:\n%s", s.log)
	}
}

// Style sheets and scripts are kept for ever, because their addresses change with them.
func TestStatic(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.tab(t)
	found := regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`).FindAllStringSubmatch(b.get("/login").text, -1)
	if len(found) < 4 {
		t.Fatalf("the page has %d files", len(found))
	}
	for _, one := range found {
		got := b.get(one[1])
		got.is(t, http.StatusOK, "")
		if got.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || got.Header.Get("Content-Type") == "" || got.text == "" {
			t.Errorf("%s: %v", one[1], got.Header)
		}
	}
	plain := b.get(found[0][1]).text
	b.header.Set("Accept-Encoding", "gzip, br")
	zipped, err := gzip.NewReader(strings.NewReader(b.get(found[0][1]).text))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(zipped); err != nil || string(text) != plain {
		t.Errorf("what is compressed is something else: %v", err)
	}
	b.get("/static/portal.0000000000000000.css").is(t, http.StatusNotFound, "")
	b.get("/static/..%2f..%2fserver.go").is(t, http.StatusNotFound, "")
}

// An organisation's colour is a style sheet of its own, and its logo a picture.
func TestLook(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Change(func(o *accounts.Organisation) { o.Colour = "#b0235f" })
	picture := []byte("\x89PNG\r\n\x1a\nrest")
	if err := s.Accounts.SetLogo(t.Context(), s.Organisation.ID, picture); err != nil {
		t.Fatal(err)
	}
	ada := s.AddPerson("Ada")
	s.SetPassword(ada)
	b := s.in(t, ada, s.Pair(ada))
	s.portal.AddTestPages()
	page := b.get("/test/in").text
	for kind, find := range map[string]string{"text/css; charset=utf-8": `href="(/look/[^"]+\.css)"`, "image/png": `src="(/look/[^"]+/logo)"`} {
		found := regexp.MustCompile(find).FindStringSubmatch(page)
		if found == nil {
			t.Fatalf("the page has no %s\n%s", kind, page)
		}
		got := s.tab(t).get(found[1])
		got.is(t, http.StatusOK, "")
		if got.Header.Get("Content-Type") != kind {
			t.Errorf("%s is %s", found[1], got.Header.Get("Content-Type"))
		}
	}
	b.get("/look/"+s.Organisation.ID+"/0000.css").is(t, http.StatusNotFound, "")
	b.get("/look/org_unknown/logo").is(t, http.StatusNotFound, "")
}

// On http, which is for trying things out, cookies have no prefix and nothing promises https.
func TestWithoutHTTPS(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *portal.Config) { c.Origin = "http://localhost:8080" })
	ada := s.AddPerson("Ada")
	s.SetPassword(ada)
	got := s.tab(t).logIn(ada, "wrong")
	if got.Header.Get("Strict-Transport-Security") != "" {
		t.Error("http promises https")
	}
	for _, c := range got.Cookies() {
		if c.Secure || strings.HasPrefix(c.Name, "__Host-") || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("the cookie is %v", c)
		}
	}
}

// Only a proxy that the operator named tells where a call came from.
func TestProxies(t *testing.T) {
	t.Parallel()
	_, here, err := net.ParseCIDR("192.0.2.0/24") // httptest calls from there
	if err != nil {
		t.Fatal(err)
	}
	for name, one := range map[string]struct {
		proxies []*net.IPNet
		want    string
	}{"nobody is believed": {nil, "ip=192.0.2.1"}, "the proxy is": {[]*net.IPNet{here}, "ip=203.0.113.9"}} {
		s := newSite(t, func(c *portal.Config) { c.TrustedProxies = one.proxies })
		b := s.tab(t)
		b.header.Set("X-Forwarded-For", "203.0.113.9")
		b.get("/login")
		if !strings.Contains(s.log.String(), one.want) {
			t.Errorf("%s: %s", name, s.log)
		}
	}
}
