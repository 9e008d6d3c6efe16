package portal_test

import (
	"net/http"
	"regexp"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/secret"
)

// Who was let in where is listed with browser, place and means, in the reader's language.
func TestSignIns(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, phone, b := s.member(t, "Ada")
	list := b.get("/security/sign-ins")
	list.says(t, "Firefox on Linux", "203.0.113.7", "Approved on Pixel 9", "This was not me")
	b.header.Set("Accept-Language", "nl")
	b.get("/security/sign-ins").says(t, "Firefox op Linux", "Akkoord op Pixel 9", "Dit was ik niet")
	for range 20 {
		s.Clock.Pass(20 * time.Minute)
		s.LogIn(ada, phone)
	}
	b = s.in(t, ada, phone)
	more := regexp.MustCompile(`/security/sign-ins\?after=[^"]+`).FindString(b.get("/security/sign-ins").text)
	b.get(more).says(t, "Approved on Pixel 9")
	b.get(more).hides(t, "?after=")
}

// "This was not me" asks once more, ends what came of it, and says what happened.
func TestNotMe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, phone, thief := s.member(t, "Ada")
	theirs, err := s.SignIn.Session(t.Context(), secret.Secret(thief.cookies["__Host-aye_session"]))
	if err != nil {
		t.Fatal(err)
	}
	b := s.in(t, ada, phone)
	at := "/security/sign-ins/" + theirs.RequestID
	b.get(at).says(t, "Was this not you?", "203.0.113.7")
	thief.get("/security").is(t, http.StatusOK, "")
	b.post(at).is(t, http.StatusSeeOther, at)
	b.get(at).says(t, "Good that you say so", "/security/password")
	if got := thief.get("/security"); got.StatusCode != http.StatusSeeOther {
		t.Errorf("the session lives on: %d", got.StatusCode)
	}
	s.told(t, ada, accounts.RequestReported, accounts.MemberReported)
	b.get("/security/sign-ins").says(t, "You reported this")
	b.post(at).is(t, http.StatusSeeOther, at) // again changes nothing
}

// Who reports the sign-in of their own session is out.
func TestNotMeOfThisSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, _, b := s.member(t, "Ada")
	own, err := s.SignIn.Session(t.Context(), secret.Secret(b.cookies["__Host-aye_session"]))
	if err != nil {
		t.Fatal(err)
	}
	got := b.post("/security/sign-ins/" + own.RequestID)
	got.is(t, http.StatusOK, "")
	got.says(t, "You were logged off here too", `href="/forgot"`)
	got.hides(t, "Account of:")
	if b.cookies["__Host-aye_session"] != "" {
		t.Error("the browser keeps the cookie")
	}
}

// After a day it can only be told to the administrator.
func TestNotMeTooLate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, phone, old := s.member(t, "Ada")
	first, err := s.SignIn.Session(t.Context(), secret.Secret(old.cookies["__Host-aye_session"]))
	if err != nil {
		t.Fatal(err)
	}
	s.Clock.Pass(approval.ReportLife + time.Minute)
	b, at := s.in(t, ada, phone), "/security/sign-ins/"+first.RequestID
	b.get(at).says(t, "more than a day ago")
	b.post(at).is(t, http.StatusSeeOther, at)
	if s.State(first.RequestID) != approval.Released {
		t.Error("it was reported all the same")
	}
}

// Sessions are listed and ended, one or all others.
func TestSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, phone, b := s.member(t, "Ada")
	second, third := s.in(t, ada, phone), s.in(t, ada, phone)
	half := s.tab(t)
	half.logIn(ada, "correct horse battery staple")
	list := b.get("/security/sessions")
	list.says(t, "This browser", "the place of 203.0.113.7", "Example", "Logging in")
	other, err := s.SignIn.Session(t.Context(), secret.Secret(second.cookies["__Host-aye_session"]))
	if err != nil {
		t.Fatal(err)
	}
	b.post("/security/sessions/"+other.ID+"/end").is(t, http.StatusSeeOther, "/security/sessions")
	second.get("/security").is(t, http.StatusSeeOther, "/login?next=%2Fsecurity")
	third.get("/security").is(t, http.StatusOK, "")
	b.post("/security/sessions/end-others").is(t, http.StatusSeeOther, "/security/sessions")
	third.get("/security").is(t, http.StatusSeeOther, "/login?next=%2Fsecurity")
	left := b.get("/security/sessions")
	left.says(t, "You are logged off everywhere but here.")
	left.hides(t, "/end\"", "end-others", "Logging in")
}
