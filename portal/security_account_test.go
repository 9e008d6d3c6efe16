package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/portal"
	"example.com/aye/sms"
)

const anotherPassword = "seven brown owls sing at noon"

// A new password ends the person's other sessions and leaves this one, with another token.
func TestChangePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, phone, b := s.member(t, "Ada")
	other := s.in(t, ada, phone)
	b.get("/security/password").says(t, "At least 8 characters", `autocomplete="new-password"`, ada.Person.Email)
	for _, one := range []struct{ password, again, says string }{
		{"", "", "Fill in a password."},
		{anotherPassword, "another", "These two are not the same."},
		{"short", "short", "use at least 8 characters"},
		{"password1", "password1", "tried first"},
		{strings.Repeat("a b", 50), strings.Repeat("a b", 50), "at most 128"},
	} {
		got := b.post("/security/password", "password", one.password, "again", one.again)
		got.is(t, http.StatusUnprocessableEntity, "")
		got.says(t, one.says)
	}
	other.get("/security").is(t, http.StatusOK, "")
	before := b.cookies["__Host-aye_session"]
	b.post("/security/password", "password", anotherPassword, "again", anotherPassword).is(t, http.StatusSeeOther, "/security")
	if b.cookies["__Host-aye_session"] == before {
		t.Error("the token is the same")
	}
	b.get("/security").says(t, "Your password has been changed.")
	other.get("/security").is(t, http.StatusSeeOther, "/login?next=%2Fsecurity")
	s.told(t, ada, accounts.PasswordChanged)
	s.tab(t).logIn(ada, ayetest.Password).is(t, http.StatusUnauthorized, "")
	s.tab(t).logIn(ada, anotherPassword).is(t, http.StatusSeeOther, "/login/wait")
}

// A new address counts once the link in the mail to it was used, and the old one is told.
func TestChangeEmail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _, b := s.member(t, "Ada")
	bob, old := s.person("Bob"), ada.Person.Email
	fresh := secret.NewID("new") + "@example.com"
	b.post("/security/email", "email", "").says(t, "Fill in the new e-mail address.")
	b.post("/security/email", "email", "nowhere").says(t, "This is no e-mail address")
	b.post("/security/email", "email", old).is(t, http.StatusUnprocessableEntity, "")

	taken := b.post("/security/email", "email", bob.Person.Email)
	taken.is(t, http.StatusSeeOther, "/security/email/sent")
	if n := len(s.Announcer.Letters(accounts.LetterEmail, ada.Person.ID)); n != 0 {
		t.Errorf("%d letters to an address that somebody has", n)
	}
	b.post("/security/email", "email", fresh).is(t, http.StatusSeeOther, "/security/email/sent")
	b.get("/security/email/sent").says(t, "Check your mail")
	link := "/email/" + s.Announcer.LastLetter(accounts.LetterEmail, ada.Person.ID).Reveal()

	stranger := s.tab(t)
	for range 2 { // looking uses nothing up
		stranger.get(link).says(t, fresh, "Is this your new e-mail address?")
	}
	b.get("/security/email").says(t, old)
	done := stranger.post(link)
	done.is(t, http.StatusOK, "")
	done.says(t, fresh)
	if len(stranger.cookies) != 0 {
		t.Errorf("the link signs in: %v", stranger.cookies)
	}
	notices := s.Announcer.Notices(ada.Person.ID)
	if last := notices[len(notices)-1]; last.Kind != accounts.EmailChanged || last.Email != old {
		t.Errorf("told %+v", last)
	}
	b.get("/security/email").says(t, fresh)
	stranger.get(link).is(t, http.StatusNotFound, "")
	stranger.post(link).is(t, http.StatusNotFound, "")
	stranger.get("/email/made-up").says(t, "This link no longer works")
}

// Mail to a new address is limited, and so is how long its link works.
func TestChangeEmailIsLimited(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _, b := s.member(t, "Ada")
	for range accounts.LettersPerHour {
		b.post("/security/email", "email", secret.NewID("new")+"@example.com").is(t, http.StatusSeeOther, "/security/email/sent")
	}
	late := b.post("/security/email", "email", "ada@example.net")
	late.is(t, http.StatusTooManyRequests, "")
	late.says(t, "too often")
	link := "/email/" + s.Announcer.LastLetter(accounts.LetterEmail, ada.Person.ID).Reveal()
	s.Clock.Pass(accounts.LetterLife + time.Second)
	s.tab(t).post(link).is(t, http.StatusNotFound, "")
}

// A number is proven by a code that was sent to it.
func TestChangeNumber(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _, b := s.member(t, "Ada")
	const number, shown = "+31612345678", "31612345678"
	b.get("/security/number/code").says(t, "No code is on its way")
	b.post("/security/number", "number", "").says(t, "Fill in a phone number.")
	b.post("/security/number", "number", "0201234567").is(t, http.StatusUnprocessableEntity, "")
	s.Texts.Fail(sms.Down)
	b.post("/security/number", "number", number).says(t, "could not be sent")
	s.Texts.Refuse(nil)
	b.post("/security/number", "number", number).is(t, http.StatusTooManyRequests, "")
	s.Clock.Pass(time.Minute)
	b.post("/security/number", "number", "+31 6 12345678").is(t, http.StatusSeeOther, "/security/number/code")
	b.get("/security/number/code").says(t, shown, `autocomplete="one-time-code"`)
	b.post("/security/number/code", "code", "").says(t, "Fill in the code.")
	wrong := b.post("/security/number/code", "code", "000000")
	wrong.is(t, http.StatusUnprocessableEntity, "")
	wrong.says(t, shown, "This code is not right.")
	b.get("/security/number").hides(t, "Current number")
	b.post("/security/number/code", "code", s.Texts.LastCode(number)).is(t, http.StatusSeeOther, "/security")
	b.get("/security").says(t, shown, "Your phone number has been changed.")
	s.told(t, ada, accounts.NumberChanged)
	b.post("/security/number/remove").is(t, http.StatusSeeOther, "/security")
	b.get("/security").hides(t, shown)
}

// Five codes are looked at for one message.
func TestNumberCodesAreCounted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, _, b := s.member(t, "Ada")
	const number = "+31612345678"
	b.post("/security/number", "number", number)
	for range accounts.NumberCodeTries {
		b.post("/security/number/code", "code", "x").is(t, http.StatusUnprocessableEntity, "")
	}
	last := b.post("/security/number/code", "code", s.Texts.LastCode(number))
	last.is(t, http.StatusTooManyRequests, "")
	last.says(t, "Ask for a new code.")
}

// Where nobody sends text messages the page says so.
func TestNoTexts(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *portal.Config) { c.Accounts.Texter = nil })
	_, _, b := s.member(t, "Ada")
	b.get("/security").hides(t, "/security/number")
	b.get("/security/number").says(t, "No text messages are sent from here")
	b.post("/security/number", "number", "+31612345678").is(t, http.StatusConflict, "")
}

// Name and language are for all pages, and for mail.
func TestProfile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _, b := s.member(t, "Ada")
	b.post("/security/profile", "display", "A\u202eda", "language", "nl").is(t, http.StatusUnprocessableEntity, "")
	b.post("/language", "language", "en") // chosen in this browser before
	b.post("/security/profile", "display", "Ada de Vries", "language", "nl").is(t, http.StatusSeeOther, "/security")
	b.get("/security").says(t, "Ada de Vries", `<html lang="nl">`, "Opgeslagen.")
	b.post("/security/profile", "display", "Ada de Vries", "language", "xx").is(t, http.StatusSeeOther, "/security")
	person, err := s.Accounts.Person(t.Context(), ada.Person.ID)
	if err != nil || person.Locale != "nl" || person.Display != "Ada de Vries" {
		t.Errorf("%+v, %v", person, err)
	}
}
