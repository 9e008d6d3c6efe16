package demo

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func startHandler(invited *[]Guest, err error) http.Handler {
	return NewStart(StartConfig{
		AyeURL: "http://localhost:1", ShopURL: "http://localhost:2", PhoneURL: "http://localhost:3", MailboxURL: "http://localhost:4", TextsURL: "http://localhost:5", Shopper: "ada@example.com",
		Invite: func(_ context.Context, g Guest) error {
			*invited = append(*invited, g)
			return err
		},
	})
}

func invite(h http.Handler, form url.Values, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/invite", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	change(r)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPeopleInviteThemselves(t *testing.T) {
	t.Parallel()
	form := url.Values{"name": {" Bo "}, "email": {"bo@example.com"}, "language": {"nl"}, "administrator": {"on"}}
	var invited []Guest
	sent := invite(startHandler(&invited, nil), form, func(*http.Request) {})
	if sent.Code != http.StatusSeeOther || sent.Header().Get("Location") != "/?invited" {
		t.Errorf("it answers %d and leads to %q", sent.Code, sent.Header().Get("Location"))
	}
	if len(invited) != 1 || invited[0] != (Guest{Name: "Bo", Email: "bo@example.com", Language: "nl", Administrator: true}) {
		t.Errorf("%+v", invited)
	}
	for err, want := range map[error]struct {
		status int
		words  string
	}{ErrMember: {422, "is al lid"}, ErrGuest: {422, "Vul een naam"}, errors.New("away"): {500, "Dat lukte niet"}} {
		w := invite(startHandler(&invited, err), form, func(r *http.Request) { r.Header.Set("Accept-Language", "nl") })
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.words) || !strings.Contains(w.Body.String(), `value="bo@example.com"`) {
			t.Errorf("%v: %d %s", err, w.Code, w.Body)
		}
	}
	invited = nil
	sent = invite(startHandler(&invited, nil), form, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
	if sent.Code != http.StatusForbidden || len(invited) != 0 {
		t.Errorf("a form of another site: %d, %+v", sent.Code, invited)
	}
}

func TestStartPage(t *testing.T) {
	t.Parallel()
	h := startHandler(new([]Guest), nil)
	for path, want := range map[string][]string{
		"/":                 {`lang="en"`, `href="http://localhost:1/login"`, `href="http://localhost:2"`, `href="http://localhost:3"`, `href="http://localhost:4"`, `href="http://localhost:5"`, "ada@example.com"},
		"/?lang=nl":         {`lang="nl"`, "Nodig mij uit", `<option value="nl" lang="nl" selected>`},
		"/?invited":         {"The invitation is on its way"},
		"/static/start.css": {":root"},
		"/static/aye.svg":   {"<svg"},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		for _, one := range want {
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), one) {
				t.Errorf("%s: %d, and no %s", path, w.Code, one)
			}
		}
		if policy := w.Header().Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("%s: %s", path, policy)
		}
	}
}

// The words of both languages are those of the page, and no others.
func TestStartPageHasItsWords(t *testing.T) {
	t.Parallel()
	source, err := startFiles.ReadFile("start/start.html")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{"notice.invited": true, "notice.member": true, "notice.guest": true, "notice.trouble": true}
	for _, found := range regexp.MustCompile(`\.T "([^"]+)"`).FindAllStringSubmatch(string(source), -1) {
		used[found[1]] = true
	}
	for _, language := range []string{"en", "nl"} {
		for key := range used {
			if startWords[language][key] == "" {
				t.Errorf("%s has no %s", language, key)
			}
		}
		for key := range startWords[language] {
			if !used[key] {
				t.Errorf("%s has %s, which is not used", language, key)
			}
		}
	}
}
