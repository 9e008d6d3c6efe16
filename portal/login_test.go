package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.AddPerson("Ada"), s.AddPerson("Bob")
	s.SetPassword(ada)
	s.SetPassword(bob)
	s.Pair(ada)
	b := s.tab(t)
	b.get("/").is(t, http.StatusSeeOther, "/login")
	b.get("/login?next=/security").says(t, `name="next" value="/security"`, `autocomplete="current-password"`)

	empty := b.post("/login", "email", "", "password", "")
	empty.is(t, http.StatusUnprocessableEntity, "")
	empty.says(t, "Fill in your e-mail address.", "Fill in your password.", `aria-invalid="true"`, "<title>Please check:")

	inAddress := "/login?" + url.Values{"email": {ada.Person.Email}, "password": {ayetest.Password.Reveal()}}.Encode()
	b.post(inAddress).is(t, http.StatusUnprocessableEntity, "") // it would stand in other people's logs

	wrong := b.logIn(ada, "wrong")
	wrong.is(t, http.StatusUnauthorized, "")
	wrong.says(t, "do not belong together", ada.Person.Email, `role="alert"`)

	b.logIn(ada, ayetest.Password).is(t, http.StatusSeeOther, "/login/wait")
	b.get("/").is(t, http.StatusSeeOther, "/login/wait")
	b.post("/logout").is(t, http.StatusSeeOther, "/login")
	b.get("/").is(t, http.StatusSeeOther, "/login")
	s.tab(t).logIn(bob, ayetest.Password).is(t, http.StatusSeeOther, "/setup")
}

// Who wanted to see a page sees it after logging in, when it is one of ours.
func TestLoginGoesOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.free()
	ada := s.AddPerson("Ada")
	s.SetPassword(ada)
	for next, want := range map[string]string{"/security": "/security", "//evil.example.com": "/apps", "": "/apps"} {
		s.tab(t).post("/login", "email", ada.Person.Email, "password", ayetest.Password.Reveal(), "next", next).is(t, http.StatusSeeOther, want)
	}
}

// An address that nobody has is answered as one that somebody has, to the letter.
func TestLoginTellsNobodyWhoExists(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.AddPerson("Ada")
	s.SetPassword(ada)
	stranger := accounts.Member{Person: accounts.Person{Email: "nul@example.com"}}
	for range 8 { // past the free tries
		known, unknown := s.tab(t).logIn(ada, "wrong"), s.tab(t).logIn(stranger, "wrong")
		if known.StatusCode != unknown.StatusCode {
			t.Fatalf("%d for somebody, %d for nobody", known.StatusCode, unknown.StatusCode)
		}
		if a, b := without(known.text, ada), without(unknown.text, stranger); a != b {
			t.Fatalf("the pages differ:\n%s\n%s", a, b)
		}
	}
	s.tab(t).logIn(ada, "wrong").is(t, http.StatusTooManyRequests, "")
}

// without is the page without the address that was typed.
func without(text string, m accounts.Member) string {
	return strings.ReplaceAll(text, m.Person.Email, "")
}
