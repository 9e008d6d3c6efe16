package portal_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/portal"
)

// site is the portal in a world.
type site struct {
	*ayetest.World
	portal *portal.Server
	log    *bytes.Buffer
}

var errDown = errors.New("the database is away")

// newSite opens the portal. The function changes its settings before.
func newSite(t testing.TB, change ...func(*portal.Config)) *site {
	t.Helper()
	w := ayetest.New(t)
	s := &site{World: w, log: &bytes.Buffer{}}
	config := portal.Config{
		Accounts: w.Accounts, SignIn: w.SignIn, Approvals: w.Approvals, SMS: w.SMS, Pairings: w.Pairings, Devices: w.Devices, Codes: w.Codes,
		Support: w.Support, Alerts: w.Alerts, Privacy: w.Privacy, Audit: w.Store,
		Origin: ayetest.Origin, AppStore: "https://apps.example.com/aye", PlayStore: "https://play.example.com/aye",
		Unavailable: errDown, Log: slog.New(slog.NewTextHandler(s.log, nil)), Now: w.Clock.Now,
	}
	for _, c := range change {
		c(&config)
	}
	var err error
	if s.portal, err = portal.New(config); err != nil {
		t.Fatal(err)
	}
	return s
}

// tab is somebody's browser at the portal: it keeps cookies and nothing else.
type tab struct {
	*site
	t       testing.TB
	cookies map[string]string
	// header goes with every call.
	header http.Header
}

func (s *site) tab(t testing.TB) *tab {
	return &tab{site: s, t: t, cookies: map[string]string{}, header: http.Header{
		"Accept-Language": {"en"}, "Sec-Fetch-Site": {"same-origin"}, "User-Agent": {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
	}}
}

// in is a browser in which the person is logged in.
func (s *site) in(t testing.TB, m accounts.Member, p *ayetest.Phone) *tab {
	t.Helper()
	b := s.tab(t)
	b.cookies["__Host-aye_session"] = s.LogIn(m, p).Token.Reveal()
	return b
}

// answer is what the browser got.
type answer struct {
	*http.Response
	text string
}

// to is where the answer sends the browser.
func (a answer) to() string { return a.Header.Get("Location") }

func (b *tab) get(path string) answer { b.t.Helper(); return b.call(http.MethodGet, path, nil) }

// post sends a form: pairs of names and values.
func (b *tab) post(path string, pairs ...string) answer {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.call(http.MethodPost, path, strings.NewReader(form.Encode()))
}

func (b *tab) call(method, path string, body io.Reader) answer {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, ayetest.Origin+path, body)
	r.Header = b.header.Clone()
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	recorder := httptest.NewRecorder()
	b.portal.Handler().ServeHTTP(recorder, r)
	got := recorder.Result()
	for _, c := range got.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return answer{got, recorder.Body.String()}
}

// logIn types the person's e-mail address and password.
func (b *tab) logIn(m accounts.Member, password secret.Secret) answer {
	b.t.Helper()
	return b.post("/login", "email", m.Person.Email, "password", password.Reveal())
}

// is checks the status, and where the answer leads when it leads somewhere.
func (a answer) is(t testing.TB, status int, to string) {
	t.Helper()
	if a.StatusCode != status || a.to() != to {
		t.Fatalf("%d to %q, want %d to %q\n%.2000s", a.StatusCode, a.to(), status, to, a.text)
	}
}

// says checks that the page says the words.
func (a answer) says(t testing.TB, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(a.text, w) {
			t.Fatalf("the page does not say %q\n%s", w, a.text)
		}
	}
}

// free is an organisation that asks for no second factor.
func (s *site) free() {
	s.Change(func(o *accounts.Organisation) { o.SecondFactorFrom = o.SecondFactorFrom.AddDate(50, 0, 0) })
}
