package portal_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
	"example.com/aye/portal/locales"
	"example.com/aye/sms"
)

const newPassword = "een kast vol tulpen"

// scan is what the QR code of the open page holds.
func (b *browser) scan() pairing.Shown {
	b.Helper()
	found := regexp.MustCompile(`href="([^"]*/p#1\.[^"]*)"`).FindStringSubmatch(b.page.body)
	if found == nil || !strings.Contains(b.page.body, `<svg class="qr"`) {
		b.Fatalf("%s (%d) shows no code:\n%s", b.page.path, b.page.status, b.page.text())
	}
	return pairing.Shown{URL: secret.Secret(found[1])}
}

// invited is a browser that has opened the invitation of somebody new.
func (s *site) invited(language string) (*browser, accounts.Member, secret.Secret) {
	s.Helper()
	m, token := s.Invite("Ada", accounts.RoleMember)
	b := s.browser()
	b.language = language
	b.get("/invitations/" + token.Reveal())
	return b, m, token
}

// choosesPassword goes from the invitation to behind the password.
func (b *browser) choosesPassword(token secret.Secret) {
	b.Helper()
	b.get("/invitations/" + token.Reveal() + "/password")
	b.submit("/invitations/"+token.Reveal()+"/password", "password", newPassword, "again", newPassword)
}

func TestWizardToPush(t *testing.T) {
	t.Parallel()
	for _, language := range locales.All {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			b, ada, token := s.invited(language)
			b.says("invitation.lead", "Organisation", "Example")
			b.says("steps.now", "Now", 1, "Of", 6, "Name", b.said("setup.steps.invitation"))
			b.get("/invitations/" + token.Reveal()) // looking uses nothing up
			b.get("/invitations/" + token.Reveal() + "/password")
			b.says("steps.now", "Now", 2, "Of", 6, "Name", b.said("setup.steps.password"))
			b.says("password.rule.least", "Least", accounts.MinimumPasswordBesideFactor)
			b.submit("/invitations/"+token.Reveal()+"/password", "password", newPassword, "again", newPassword)
			b.at("/setup/number")
			b.says("steps.now", "Now", 3, "Of", 6, "Name", b.said("setup.steps.number"))
			b.submit("/setup/number", "number", "+31 6 12345678")
			b.at("/setup/number/code")
			b.submit("/setup/number/code", "code", "000000")
			b.says("setup.number.code-wrong")
			b.submit("/setup/number/code", "code", s.Texts.LastCode("+31612345678"))
			b.at("/setup/method")
			b.says("setup.number.proven")
			b.says("setup.choice.required")
			b.says("setup.choice.push-hint")
			b.submit("/setup/method", "method", "push")
			b.at("/setup/link")
			b.says("steps.now", "Now", 5, "Of", 6, "Name", b.said("setup.steps.phone"))
			b.says("link.install.free")
			b.submit("/setup/link")
			phone := s.NewPhone()
			if _, err := s.Claim(phone, b.scan()); err != nil {
				t.Fatal(err)
			}
			b.get(b.page.path)
			b.at("/setup/done")
			b.says("setup.done.title")
			b.says("steps.now", "Now", 6, "Of", 6, "Name", b.said("setup.steps.done"))
			b.says("setup.done.phone", "Organisation", "Example", "Phone", "Pixel 9")
			b.submit("/setup/done")
			b.at("/login")
			b.submit("/login", "email", ada.Person.Email, "password", newPassword)
			b.at("/login/wait")
			b.approves(phone)
			b.get("/login/wait")
			b.at("/apps")
			b.get("/invitations/" + token.Reveal())
			b.says("invitation.old.title")
		})
	}
}

func TestWizardToAnApp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Accounts.Texter = nil // then nobody is asked for a number
	b, ada, token := s.invited("nl")
	b.choosesPassword(token)
	b.at("/setup/method")
	b.submit("/setup/method", "method", "totp")
	b.at("/setup/app")
	b.says("link.app.lead")
	b.submit("/setup/app")
	key := regexp.MustCompile(`<code class="secret">([A-Z2-7]{32})</code>`).FindStringSubmatch(b.page.body)
	if key == nil {
		t.Fatal(b.page.body)
	}
	code := func() string {
		text, err := totp.GenerateCode(key[1], s.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	b.submit("/setup/app/activate", "code", other(code()))
	b.is(http.StatusUnprocessableEntity)
	b.says("link.app.code-wrong")
	b.submit("/setup/app/activate", "code", code())
	b.at("/setup/done")
	b.says("setup.done.app", "Organisation", "Example")
	b.submit("/setup/done")
	b.at("/login")
	b.submit("/login", "email", ada.Person.Email, "password", newPassword)
	b.says("code.title.totp")
	s.Clock.Pass(time.Minute)
	b.submit("/login/wait/code", "code", code())
	b.at("/apps")
}

// An app that does not count would lock the person out.
func TestNoAppWhereCodesDoNotCount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Change(func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{} })
	b, _, token := s.invited("en")
	b.choosesPassword(token)
	b.get("/setup/method")
	b.says("setup.choice.totp-off")
	b.post("/setup/app")
	b.is(http.StatusForbidden)
}

// The wizard can be left and taken up again: in the same session with the same code while it can
// be scanned, after a login with another one, because what a session begins is its own.
func TestWizardIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Accounts.Texter = nil
	b, ada, token := s.invited("en")
	b.choosesPassword(token)
	b.submit("/setup/method", "method", "push")
	b.submit("/setup/link")
	before := b.scan()
	b.get("/apps")
	if b.page.status != http.StatusOK || strings.HasPrefix(b.page.path, "/apps") {
		t.Fatalf("%s: %d", b.page.path, b.page.status)
	}
	b.submit("/setup/method", "method", "push")
	b.submit("/setup/link")
	if b.scan() != before {
		t.Fatal("another code, though the one before still works")
	}
	b.get("/login")
	b.submit("/login", "email", ada.Person.Email, "password", newPassword)
	b.at("/setup/method")
	b.submit("/setup/method", "method", "push")
	b.submit("/setup/link")
	if b.scan() == before {
		t.Fatal("the code of another session")
	}
}

func TestPasswordsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b, ada, token := s.invited("en")
	path := "/invitations/" + token.Reveal() + "/password"
	b.get(path)
	for _, one := range []struct{ password, again, says string }{
		{"", "", "password.missing"},
		{newPassword, "", "password.again-missing"},
		{newPassword, newPassword + "x", "password.differ"},
		{strings.Repeat("ab", 65), strings.Repeat("ab", 65), "password.problem.too-long"},
		{"password123", "password123", "password.problem.common"},
		{ada.Person.Email, ada.Person.Email, "password.problem.own-words"},
	} {
		b.submit(path, "password", one.password, "again", one.again)
		b.is(http.StatusUnprocessableEntity)
		b.says(one.says)
	}
	b.submit(path, "password", "kort", "again", "kort")
	b.says("password.problem.too-short", "Least", accounts.MinimumPasswordBesideFactor)
	b.submit(path, "password", newPassword, "again", newPassword) // the invitation was not used up
	b.at("/setup/number")
}

// Who has a login accepts by it, and nobody else does.
func TestInvitationOfSomebodyWithALogin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.person("Ada"), s.person("Bob")
	phone, bobs := s.Pair(ada), s.Pair(bob)
	elsewhere := s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" })
	_, err := s.Accounts.Invite(t.Context(), elsewhere.ID, accounts.Person{Email: ada.Person.Email, Display: "Ada"}, accounts.RoleMember)
	if err != nil {
		t.Fatal(err)
	}
	token := s.Announcer.LastLetter(accounts.LetterInvitation, ada.Person.ID).Reveal()
	path := "/invitations/" + token

	stranger := s.browser()
	stranger.get(path)
	stranger.says("invitation.login")
	stranger.get(path + "/password") // no way round
	stranger.at(path)
	stranger.post(path+"/password", "password", newPassword, "again", newPassword)
	stranger.at(path)
	stranger.post(path, "password", ayetest.Password.Reveal())
	stranger.at(path)
	stranger.says("invitation.login")

	other := s.browser()
	other.logIn(bob, bobs)
	other.get(path)
	other.says("invitation.somebody-else", "Other", bob.Person.Email, "Email", ada.Person.Email)
	other.post(path)
	other.says("invitation.somebody-else", "Other", bob.Person.Email, "Email", ada.Person.Email)

	b := s.browser()
	b.get(path)
	b.get("/login?next=/invitation")
	b.submit("/login", "email", ada.Person.Email, "password", ayetest.Password.Reveal())
	b.post(path) // the password alone is not enough
	if all, _ := s.Accounts.Memberships(t.Context(), ada.Person.ID); len(all) != 1 {
		t.Fatalf("%d memberships before the second factor", len(all))
	}
	b.get("/login/wait")
	b.approves(phone)
	b.get("/login/wait")
	b.at(path)
	b.says("invitation.accept")
	b.submit(path)
	if all, _ := s.Accounts.Memberships(t.Context(), ada.Person.ID); len(all) != 2 {
		t.Fatalf("%d memberships", len(all))
	}
	b.get(path)
	b.says("invitation.old.title")
}

// Who belongs nowhere any more cannot log in, and accepts with the password.
func TestInvitationOfSomebodyWhoLeft(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Accounts.Texter = nil
	ada := s.person("Ada")
	if err := s.Accounts.EndMembership(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Accounts.Invite(t.Context(), s.Organisation.ID, accounts.Person{Email: ada.Person.Email, Display: "Ada"}, accounts.RoleMember); err != nil {
		t.Fatal(err)
	}
	path := "/invitations/" + s.Announcer.LastLetter(accounts.LetterInvitation, ada.Person.ID).Reveal()
	b := s.browser()
	b.get(path)
	b.says("invitation.password")
	b.submit(path, "password", "wrong")
	b.is(http.StatusUnauthorized)
	b.says("login.wrong")
	b.submit(path, "password", ayetest.Password.Reveal())
	b.at("/setup/method")
}

// Where no second factor is asked for yet, it can wait, and the page says until when.
func TestLater(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Accounts.Texter = nil
	s.Change(func(o *accounts.Organisation) { o.SecondFactorFrom = s.Clock.Now().Add(30 * 24 * time.Hour) })
	b, ada, token := s.invited("en")
	b.choosesPassword(token)
	b.at("/setup/method")
	if text := b.page.text(); !strings.Contains(text, b.said("setup.choice.later")) || !strings.Contains(text, "5 March 2026") {
		t.Fatal(text)
	}
	b.get("/")
	b.at("/apps")
	b.get("/setup/method") // and it can be taken up
	b.submit("/setup/method", "method", "push")
	b.submit("/setup/link")
	phone := s.NewPhone()
	if _, err := s.Claim(phone, b.scan()); err != nil {
		t.Fatal(err)
	}
	b.get(b.page.path)
	b.says("setup.done.now-phone")
	b.get("/setup/done") // looking ends nothing
	b.submit("/setup/done")
	b.at("/login") // what was opened by the password alone is over
	b.submit("/login", "email", ada.Person.Email, "password", newPassword)
	b.at("/login/wait")
	b.approves(phone)
	b.get("/login/wait")
	b.at("/apps")
}

// The wizard is closed for who has a factor: the password alone adds no other one.
func TestWizardIsClosed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	s.Pair(ada)
	b := s.browser()
	b.password(ada)
	for _, path := range []string{"/setup", "/setup/method", "/setup/link", "/setup/app", "/setup/done", "/setup/number"} {
		b.get(path)
		b.at("/login/wait")
	}
	for _, path := range []string{"/setup/link", "/setup/app", "/setup/link/cancel", "/setup/done", "/setup/number"} {
		b.post(path, "number", "+31612345678")
		b.at("/login/wait")
	}
}

// Who is invited in Dutch reads Dutch, whatever the browser prefers, until they choose.
func TestInvitationInItsLanguage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m, err := s.Accounts.Invite(t.Context(), s.Organisation.ID, accounts.Person{Email: "ada@example.com", Display: "Ada", Locale: "nl"}, accounts.RoleMember)
	if err != nil {
		t.Fatal(err)
	}
	path := "/invitations/" + s.Announcer.LastLetter(accounts.LetterInvitation, m.Person.ID).Reveal()
	b := s.browser()
	b.get(path)
	if !strings.Contains(b.page.text(), "Je bent uitgenodigd") {
		t.Fatal(b.page.text())
	}
	b.submit("/language", "language", "en")
	b.at(path)
	b.says("invitation.title")
}

// A provider of text messages that does not answer keeps nobody out.
func TestTheNumberCanBeSkipped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Texts.Fail(sms.Down)
	b, _, token := s.invited("en")
	b.choosesPassword(token)
	b.submit("/setup/number", "number", "not a number")
	b.is(http.StatusUnprocessableEntity)
	b.says("setup.number.wrong")
	b.submit("/setup/number", "number", "+31612345678")
	b.is(http.StatusBadGateway)
	b.says("setup.number.failed")
	b.submit("/setup/number", "number", "+31612345678")
	b.is(http.StatusTooManyRequests)
	b.says("setup.number.wait", "Wait", "30 seconds")
	b.get("/setup/method")
	b.says("setup.choice.required")
}
