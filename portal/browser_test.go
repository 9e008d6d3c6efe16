package portal_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/portal/locales"
)

// person is a member with a password and no second factor.
func (s *site) person(name string) accounts.Member {
	s.Helper()
	m := s.AddPerson(name)
	s.SetPassword(m)
	return m
}

// browser is one, without scripts: it follows redirects, keeps cookies and posts forms.
type browser struct {
	*site
	cookies  map[string]string
	language string
	words    map[string]*locales.Words
	// page is the one that is open.
	page opened
}

// browser opens a new one, which prefers English.
func (s *site) browser() *browser {
	s.Helper()
	words, err := locales.New()
	if err != nil {
		s.Fatal(err)
	}
	return &browser{site: s, cookies: map[string]string{}, language: locales.English, words: words}
}

// opened is a page that was found.
type opened struct {
	status int
	// path is where it was found in the end, with its query.
	path   string
	header http.Header
	body   string
}

// call makes one request and follows no redirect.
func (b *browser) call(r *http.Request) opened {
	b.Helper()
	r.Header.Set("Accept-Language", b.language)
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	recorder := httptest.NewRecorder()
	b.portal.Handler().ServeHTTP(recorder, r)
	result := recorder.Result()
	defer func() { _ = result.Body.Close() }()
	for _, cookie := range result.Cookies() {
		if b.cookies[cookie.Name] = cookie.Value; cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
		}
	}
	body, err := io.ReadAll(result.Body)
	if err != nil {
		b.Fatal(err)
	}
	return opened{status: result.StatusCode, path: r.URL.RequestURI(), header: result.Header, body: string(body)}
}

func (b *browser) request(method, path string, form url.Values) *http.Request {
	r := httptest.NewRequestWithContext(b.Context(), method, ayetest.Origin+path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// follow makes the request and goes where it leads.
func (b *browser) follow(r *http.Request) opened {
	b.Helper()
	for range 10 {
		b.page = b.call(r)
		to := b.page.header.Get("Location")
		if to == "" {
			return b.page
		}
		if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
			b.Fatalf("%s leads to another site: %s", r.URL, to)
		}
		r = b.request(http.MethodGet, to, nil)
	}
	b.Fatalf("too many redirects, the last to %s", r.URL)
	return opened{}
}

// get opens a page.
func (b *browser) get(path string) opened {
	b.Helper()
	return b.follow(b.request(http.MethodGet, path, nil))
}

// post sends fields, pairs of name and value, whether or not a page has such a form.
func (b *browser) post(path string, pairs ...string) opened {
	b.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.follow(b.request(http.MethodPost, path, form))
}

var (
	formTag   = regexp.MustCompile(`(?s)<form([^>]*)>(.*?)</form>`)
	inputTag  = regexp.MustCompile(`(?s)<(?:input|button)\b([^>]*)>`)
	attribute = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
	tag       = regexp.MustCompile(`(?s)<[^>]*>`)
	space     = regexp.MustCompile(`\s+`)
	unseen    = regexp.MustCompile(`(?s)<(head|script|footer|noscript)\b.*?</(?:head|script|footer|noscript)>`)
)

func attributes(tag string) map[string]string {
	all := map[string]string{}
	for _, found := range attribute.FindAllStringSubmatch(tag, -1) {
		all[found[1]] = html.UnescapeString(found[2])
	}
	return all
}

// submit sends the first form on the open page that goes to the address and has all fields of
// the pairs, with what else the form holds. The test fails where the page has no such form.
func (b *browser) submit(action string, pairs ...string) opened {
	b.Helper()
	for _, found := range formTag.FindAllStringSubmatch(b.page.body, -1) {
		if about := attributes(found[1]); about["action"] != action || about["method"] != "post" {
			continue
		}
		form, fits := fill(found[2], pairs)
		if fits {
			return b.follow(b.request(http.MethodPost, action, form))
		}
	}
	b.Fatalf("%s has no form to %s with %q:\n%s", b.page.path, action, pairs, b.page.text())
	return opened{}
}

func fill(inner string, pairs []string) (url.Values, bool) {
	form, there := url.Values{}, map[string]bool{}
	for _, input := range inputTag.FindAllStringSubmatch(inner, -1) {
		about := attributes(input[1])
		there[about["name"]] = true
		checked := strings.Contains(input[1], " checked")
		if kind := about["type"]; about["name"] != "" && strings.HasPrefix(input[0], "<input") && kind != "file" && (checked || (kind != "radio" && kind != "checkbox")) {
			form.Set(about["name"], about["value"])
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if !there[pairs[i]] && !strings.Contains(inner, `name="`+pairs[i]+`"`) {
			return nil, false
		}
		form.Set(pairs[i], pairs[i+1])
	}
	return form, true
}

// text is what a person reads of the page.
func (a opened) text() string {
	plain := tag.ReplaceAllString(unseen.ReplaceAllString(a.body, " "), " ")
	return strings.TrimSpace(space.ReplaceAllString(html.UnescapeString(plain), " "))
}

// reads says whether the text is on the page; a strong or linked word has spaces around it in the plain text.
func (a opened) reads(text string) bool {
	squeeze := func(text string) string { return strings.ReplaceAll(text, " ", "") }
	return strings.Contains(squeeze(a.text()), squeeze(text))
}

// said is a text of the portal in the language of the browser; pairs are its gaps.
func (b *browser) said(id string, pairs ...any) string {
	b.Helper()
	values := locales.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	text, err := b.words[b.language].Say(id, values)
	if err != nil {
		b.Fatal(err)
	}
	text = regexp.MustCompile(`\[(.+?)\]\([^)]*\)`).ReplaceAllString(strings.ReplaceAll(text, "**", ""), "$1")
	return strings.TrimSpace(space.ReplaceAllString(text, " "))
}

// says fails unless the open page has the text.
func (b *browser) says(id string, pairs ...any) {
	b.Helper()
	if text := b.said(id, pairs...); !b.page.reads(text) {
		b.Fatalf("%s (%d) does not say %q:\n%s", b.page.path, b.page.status, text, b.page.text())
	}
}

// at fails unless this page is open, whatever its query.
func (b *browser) at(path string) {
	b.Helper()
	if got, _, _ := strings.Cut(b.page.path, "?"); got != path {
		b.Fatalf("the browser is at %s (%d), want %s:\n%s", b.page.path, b.page.status, path, b.page.text())
	}
}

// is fails unless the open page came with the status.
func (b *browser) is(status int) {
	b.Helper()
	if b.page.status != status {
		b.Fatalf("%s came with %d, want %d:\n%s", b.page.path, b.page.status, status, b.page.text())
	}
}

// password logs the person in as far as the password goes.
func (b *browser) password(m accounts.Member) opened {
	b.Helper()
	b.get("/login")
	return b.submit("/login", "email", m.Person.Email, "password", ayetest.Password.Reveal())
}
