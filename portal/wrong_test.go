package portal_test

import (
	"fmt"
	"maps"
	"math/rand/v2" //nolint:depguard // choices that a seed repeats
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
)

// wrongSeed begins every choice; wrongForms are sent in an ordinary run, ten times as many where AYE_SOAK is set.
const (
	wrongSeed  = 20261122
	wrongForms = 1000
)

// TestWrongForms fills every form, and opens every page, with what no honest person sends, as somebody who may do everything in
// the organisation: each is answered with a page that says what to do, or leads on within the portal; none is the server's own fault.
//
// A failure names its number: AYE_WRONG=<number> sends that one alone.
func TestWrongForms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	from, until, answered := 0, wrongForms, map[int]int{}
	if os.Getenv("AYE_SOAK") != "" {
		until *= 10
	}
	if one := os.Getenv("AYE_WRONG"); one != "" {
		number, err := strconv.Atoi(one)
		if err != nil {
			t.Fatal(err)
		}
		from, until = number, number+1
	}
	routes := s.portal.Routes()
	slices.SortFunc(routes, func(a, b [2]string) int { return strings.Compare(a[1]+a[0], b[1]+b[0]) })
	m, _, b := s.joins(s.Organisation, "Grace", accounts.RoleOwner)
	cookies := maps.Clone(b.cookies)
	for number := from; number < until; number++ {
		d := &wrongForm{Rand: rand.New(rand.NewPCG(wrongSeed, uint64(number))), site: s, member: m}
		r := d.request(routes[d.IntN(len(routes))], cookies)
		b.cookies = maps.Clone(cookies)
		if d.IntN(8) == 0 {
			b.cookies = map[string]string{"__Host-aye_session": d.value(), "__Host-aye_browser": d.value()}
		}
		sent := fmt.Sprintf("%s %s %.1500q", r.Method, r.URL.RequestURI(), d.sent)
		got := b.call(r)
		complain := func(what string) {
			t.Errorf("request %d of seed %d, %s: %s\nsent: %s\ngot: %d %v %.1500s\nAYE_WRONG=%d go test ./portal -run '^TestWrongForms$' repeats it",
				number, wrongSeed, d.what, what, sent, got.status, got.header, got.body, number)
		}
		answered[got.status]++
		kind, to := got.header.Get("Content-Type"), got.header.Get("Location")
		switch {
		case got.status >= http.StatusInternalServerError:
			complain("it is the server's own fault")
		case to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n")):
			complain("it leads to another site")
		case got.status >= http.StatusBadRequest && r.Method != http.MethodHead && (!strings.HasPrefix(kind, "text/html") || !strings.Contains(got.body, "<h1") || !strings.Contains(got.body, "href=")):
			complain("the page does not say what to do")
		case strings.Contains(got.body, wrongScript):
			complain("what was sent stands in the page as it is")
		}
		if t.Failed() && number > from+wrongForms {
			break
		}
		if strings.HasPrefix(to, "/login") && d.IntN(4) == 0 || number%500 == 499 { // somebody ended the session, or the person
			m, _, b = s.joins(s.Organisation, "Grace"+strconv.Itoa(number), accounts.RoleOwner)
			cookies = maps.Clone(b.cookies)
		}
	}
	t.Logf("answers by status: %v", answered)
	if until-from >= wrongForms && (answered[http.StatusUnprocessableEntity] < wrongForms/50 || answered[http.StatusOK] < wrongForms/50) {
		t.Errorf("the requests do not come as far as the forms: %v", answered)
	}
	if strings.Contains(s.log.String(), "level=ERROR") || strings.Contains(s.log.String(), "msg=panic") {
		t.Errorf("the log has errors")
	}
}

const wrongScript = `"><script>alert(1)</script>`

// wrongForm makes one request.
type wrongForm struct {
	*rand.Rand
	site   *site
	member accounts.Member
	what   string
	sent   string
}

func (d *wrongForm) pick(all ...string) string { return all[d.IntN(len(all))] }

// value is what few expect in a field.
func (d *wrongForm) value() string {
	return d.pick("", " ", "0", "-1", "1", "99999999999999999999", "1.5", "yes", "on", "x", "null", "\x00", "a\r\nb", "\xff\xfe", "\u202e", "é", "👩‍👩‍👧", wrongScript, "' OR 1=1 --", "../../etc/passwd", "%00", "{{.}}",
		"2026-02-30", "0000-00-00", "2026-11-22", "en", "xx", "owner", "member", "strict", "number", "from", "never", "totp", "sms", "recovery", "temporary", "ada@example.com", "a@b\r\nBcc: c@d", "+31612345678", "123456", "https://evil.example", "javascript:alert(1)",
		"http://127.0.0.1/", "1.2.3", d.member.ID, d.member.OrganisationID, secret.NewID("usr"), strings.Repeat("a", 300), strings.Repeat("é", 3000), strings.Repeat("x", 40_000))
}

var wrongNames = []string{
	"email", "password", "again", "code", "name", "role", "language", "next", "number", "method", "pairing", "q", "after", "before", "who", "whom", "what", "from", "until", "month", "sure", "id", "organisation", "profile", "app", "idle", "life", "wait", "contact",
	"confirm", "required", "totp", "sms", "recovery", "description", "sender", "key", "signing", "countries", "cap", "origins", "webhook", "link", "colour", "logo", "url", "kinds", "identified", "ticket", "channel", "hours", "changed", "typing", "help", "ended",
}

// request is for a route, with its form or its query filled.
func (d *wrongForm) request(route [2]string, cookies map[string]string) *http.Request {
	path := d.path(route[1])
	values := url.Values{}
	if route[0] == http.MethodPost && d.IntN(3) > 0 {
		d.asOnThePage(path, cookies, values)
	}
	for range d.IntN(6) {
		values.Add(d.pick(wrongNames...), d.value())
	}
	d.what = route[0] + " " + route[1]
	method, body, kind := route[0], values.Encode(), "application/x-www-form-urlencoded"
	if method == http.MethodGet {
		path, body = path+"?"+body, ""
	}
	switch d.IntN(12) {
	case 0:
		method = d.pick(http.MethodPut, http.MethodDelete, http.MethodHead, http.MethodPatch, "BREW")
	case 1:
		kind = d.pick("application/json", "text/plain", "", ";;", "multipart/form-data", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=\xff")
	case 2:
		body = d.pick("%zz", "a=%ff&=&&;", strings.Repeat("a=b&", 20_000), strings.Repeat("x", 300_000), "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nemail,name\r\n\xff", "{\"a\":1}")
	}
	d.sent = body
	r := httptest.NewRequestWithContext(d.site.Context(), method, ayetest.Origin+"/", strings.NewReader(body))
	if parsed, err := url.Parse(ayetest.Origin + path); err == nil {
		r.URL = parsed
	}
	if method != http.MethodGet {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// path has ids that are none, or of something else.
func (d *wrongForm) path(pattern string) string {
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, ":") {
			parts[i] = url.PathEscape(d.pick(d.value(), secret.NewID("case"), secret.NewID("usr"), d.member.ID, d.member.OrganisationID, "logo", "portal.css", "x.css", "..", "new", secret.NewToken().Reveal()))
		}
	}
	return strings.Join(parts, "/")
}

// asOnThePage fills a form that the page has, and spoils some of it.
func (d *wrongForm) asOnThePage(path string, cookies map[string]string, values url.Values) {
	looking := &browser{site: d.site, cookies: maps.Clone(cookies), language: "en"}
	opened := looking.call(looking.request(http.MethodGet, path, nil))
	for _, found := range formTag.FindAllStringSubmatch(opened.body, -1) {
		for _, input := range inputTag.FindAllStringSubmatch(found[2], -1) {
			field := attributes(input[1])
			if field["name"] == "" {
				continue
			}
			if d.IntN(2) == 0 {
				field["value"] = d.value()
			}
			values.Set(field["name"], field["value"])
		}
	}
}
