package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
)

// forgets asks for a link, and gives the path of what was mailed; empty when nothing was.
func (b *browser) forgets(m accounts.Member) string {
	b.Helper()
	b.get("/forgot")
	b.submit("/forgot", "email", m.Person.Email)
	if token := b.Announcer.LastLetter(accounts.LetterReset, m.Person.ID); token != "" {
		return "/reset/" + token.Reveal()
	}
	return ""
}

// A mailed link alone is not enough for who has a second factor.
func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	phone := s.Pair(ada)
	elsewhere := s.browser()
	elsewhere.logIn(ada, phone)
	b := s.browser()
	path := b.forgets(ada)
	b.at("/forgot/sent")
	b.says("forgot.sent.text")
	b.get(path)
	b.says("reset.lead", "Email", ada.Person.Email)
	b.get(path) // looking uses nothing up
	b.submit(path)
	b.at("/login/wait")
	b.says("wait.number.reset")
	b.get("/reset") // not before the phone has agreed
	b.at("/login/wait")
	b.post("/reset", "password", newPassword, "again", newPassword)
	b.at("/login/wait")
	b.approves(phone)
	b.get("/login/wait")
	b.at("/reset")
	b.submit("/reset", "password", "kort", "again", "kort")
	b.is(http.StatusUnprocessableEntity)
	b.says("password.problem.too-short", "Least", accounts.MinimumPasswordBesideFactor)
	b.submit("/reset", "password", newPassword, "again", newPassword)
	b.at("/reset/done")
	b.says("reset.done.title")
	b.get("/")
	b.at("/apps")
	if elsewhere.get("/apps"); elsewhere.page.status != http.StatusOK || !strings.HasPrefix(elsewhere.page.path, "/login") {
		t.Fatalf("the session from before still is at %s", elsewhere.page.path)
	}
	old := s.browser()
	old.password(ada)
	old.says("login.wrong")
	b = s.browser()
	b.get(path)
	b.is(http.StatusNotFound)
	b.says("reset.old.title")
	b.post(path)
	b.says("reset.old.title")
}

func TestForgottenPasswordIsRefusedOnThePhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	phone := s.Pair(ada)
	b := s.browser()
	path := b.forgets(ada)
	b.get(path)
	b.submit(path)
	b.answers(phone, approval.Report, "")
	b.get("/login/wait")
	b.says("wait.end.reported.title")
	for _, way := range []string{"/reset", "/apps", "/setup/method"} {
		b.get(way)
		b.at("/login/wait")
	}
}

// Without a second factor the link leads to the password, and then to the wizard.
func TestForgottenPasswordWithoutAFactor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Accounts.Texter = nil
	ada := s.person("Ada")
	b := s.browser()
	path := b.forgets(ada)
	b.get(path)
	b.submit(path)
	b.at("/reset")
	b.submit("/reset", "password", newPassword, "again", newPassword)
	b.says("reset.done.title")
	b.get("/")
	b.at("/setup/method")
}

// Who asks for a link learns nothing of who has a login.
func TestForgottenPasswordTellsNobodyWhoExists(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	nobody := accounts.Member{Person: accounts.Person{Email: "nobody@example.com"}}
	known, unknown := s.browser(), s.browser()
	for range accounts.LettersPerHour + 1 { // past the last mail too
		known.forgets(ada)
		unknown.forgets(nobody)
		if known.page.status != unknown.page.status || known.page.body != unknown.page.body {
			t.Fatalf("the pages differ:\n%s\n%s", known.page.body, unknown.page.body)
		}
	}
	if sent := len(s.Announcer.Letters(accounts.LetterReset, ada.Person.ID)); sent != accounts.LettersPerHour {
		t.Fatalf("%d mails", sent)
	}
	known.get("/forgot")
	known.submit("/forgot", "email", "no address")
	known.is(http.StatusUnprocessableEntity)
	known.says("forgot.email-wrong")
}

// Wrong passwords cost time, and the page says how much.
func TestWrongPasswords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	b := s.browser()
	for range accounts.FreeTries {
		b.get("/login")
		b.submit("/login", "email", ada.Person.Email, "password", "wrong")
		b.is(http.StatusUnauthorized)
		b.says("login.wrong")
	}
	b.submit("/login", "email", ada.Person.Email, "password", ayetest.Password.Reveal())
	b.is(http.StatusTooManyRequests)
	b.says("login.wait", "Wait", "2 seconds")
	s.Clock.Pass(accounts.MaximumDelay)
	b.submit("/login", "email", ada.Person.Email, "password", ayetest.Password.Reveal())
	b.at("/setup/number")
}

// A hundred wrong ones in a row, and only a mailed link helps.
func TestAPasswordThatIsUsedUp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Accounts.Texter = nil
	ada := s.person("Ada")
	b := s.browser()
	b.get("/login")
	for range accounts.PasswordStreak {
		s.Clock.Pass(accounts.MaximumDelay)
		b.submit("/login", "email", ada.Person.Email, "password", "wrong")
	}
	s.Clock.Pass(accounts.MaximumDelay)
	b.submit("/login", "email", ada.Person.Email, "password", ayetest.Password.Reveal())
	b.is(http.StatusTooManyRequests)
	b.says("login.unusable")
	path := b.forgets(ada)
	b.get(path)
	b.submit(path)
	b.submit("/reset", "password", newPassword, "again", newPassword)
	b.at("/reset/done")
	b = s.browser()
	b.get("/login")
	b.submit("/login", "email", ada.Person.Email, "password", newPassword)
	b.at("/setup/method")
}

// The language is chosen on every page, and kept.
func TestLanguageOnTheWaitingPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	s.Pair(ada)
	b := s.browser()
	b.password(ada)
	b.says("wait.title.enter")
	b.submit("/language", "language", "nl")
	b.at("/login/wait")
	b.language = "nl"
	b.says("wait.title.enter")
	if !strings.Contains(b.page.body, `<html lang="nl">`) {
		t.Fatal("the page says that it is in another language")
	}
}
