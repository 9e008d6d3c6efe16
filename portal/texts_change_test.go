package portal_test

import (
	"html"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/pairing"
	"example.com/aye/portal/locales"
	"example.com/aye/signin"
	"example.com/aye/sms"
)

// logInBySMS logs the person in by password and text message.
func (b *browser) logInBySMS(m accounts.Member) {
	b.Helper()
	b.password(m)
	b.submit("/login/wait/code", "code", b.codeFrom(adas))
	b.at("/apps")
}

// From text messages to notifications, step by step, with a QR code that ran out in between.
func TestFromTextsToNotifications(t *testing.T) {
	t.Parallel()
	for _, language := range locales.All {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.texts()
			ada := s.texting("Ada")
			b := s.browser()
			b.language = language
			b.logInBySMS(ada)
			b.get("/security")
			b.at("/security")
			b.says("security.push.button")
			b.get("/security/push")
			b.says("link.phone.title.change")
			b.says("link.install.done-change")
			b.submit("/security/push")
			before := b.scan()
			s.Clock.Pass(pairing.CodeLife)
			b.get(b.page.path)
			b.says("link.is.expired.title")
			b.says("link.renew")
			b.submit("/security/push/renew")
			if b.scan() == before {
				t.Fatal("the same code again")
			}
			phone := s.NewPhone()
			if _, err := s.Claim(phone, b.scan()); err != nil {
				t.Fatal(err)
			}
			b.get(b.page.path)
			b.says("link.is.paired.title")
			if !strings.Contains(b.page.body, `class="mark good"`) {
				t.Error("no green check")
			}
			b.get("/security/push/done")
			b.says("security.linked.push-title")
			b.says("security.linked.texts", "Number", masked)
			s.wasTexted(1) // logging in was proof enough
			b.post("/logout")
			b.logIn(ada, phone)
			b.at("/apps")
		})
	}
}

// Once the login is not fresh any more, a code that the operator pays proves the person.
func TestProveBySMS(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.texts()
	ada := s.texting("Ada")
	b := s.browser()
	b.logInBySMS(ada)
	s.Clock.Pass(signin.Freshness)
	b.get("/security/push")
	b.at("/prove")
	b.submit("/prove", "password", ayetest.Password.Reveal())
	b.at("/prove/wait/code")
	b.says("code.title.sms")
	s.wasTexted(2)
	b.submit("/prove/wait/code", "code", other(s.codeFrom(adas)))
	b.says("code.wrong.sms")
	s.Clock.Pass(sms.FirstPause)
	b.submit("/prove/wait/text")
	b.at("/prove/wait/code")
	s.wasTexted(3)
	s.Clock.Pass(sms.LastPause)
	path := b.page.path
	b.post("/login/wait/text") // it is not logging in that waits
	b.at("/apps")
	s.wasTexted(3)
	b.get(path)
	b.submit("/prove/wait/code", "code", s.codeFrom(adas))
	b.at("/security/push")
	purposes := map[sms.Purpose]sms.Payer{}
	all, err := s.SMS.Messages(t.Context(), sms.CostQuery{OrganisationID: s.Organisation.ID, Until: s.Clock.Now().Add(time.Hour)}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		purposes[m.Purpose] = m.Payer
	}
	if purposes[accounts.TextLogin] != sms.PaidByOrganisation || purposes[accounts.TextRelink] != sms.PaidByOperator {
		t.Errorf("paid: %v", purposes)
	}
}

// Where nobody sends the code for that, logging in again is the way; where that is closed too, an
// administrator is.
func TestNobodySendsTheProof(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.texts()
	ada := s.texting("Ada")
	b := s.browser()
	b.logInBySMS(ada)
	s.Clock.Pass(signin.Freshness)
	operators, err := s.SMS.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range operators {
		if err = s.SMS.Activate(t.Context(), "", p.ID, false); err != nil {
			t.Fatal(err)
		}
	}
	prove := func() {
		b.get("/security/push")
		b.submit("/prove", "password", ayetest.Password.Reveal())
		b.at("/prove/wait")
		b.says("wait.end.texts.title")
		b.says("wait.sms.why.nobody")
	}
	prove()
	b.says("wait.end.texts.anew")
	b.submit("/logout")
	b.at("/login")
	b.logInBySMS(ada)
	b.get("/security/push")
	b.at("/security/push")

	s.Clock.Pass(signin.Freshness)
	closings(s, ada)[sms.Halted]()
	prove()
	b.says("wait.end.texts.ask", "Organisation", "Example")
}

// The wizard offers text messages last, and only where a code can be sent to the number.
func TestWizardToTexts(t *testing.T) {
	t.Parallel()
	for _, language := range locales.All {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.texts()
			b, ada, token := s.invited(language)
			b.choosesPassword(token)
			b.at("/setup/number")
			b.says("setup.number.lead")
			b.says("setup.number.skip")
			b.get("/setup/method")
			b.says("setup.choice.sms-number")
			b.post("/setup/method", "method", "sms")
			b.is(http.StatusUnprocessableEntity)
			b.get("/setup/number")
			b.submit("/setup/number", "number", adas)
			b.submit("/setup/number/code", "code", s.codeFrom(adas))
			b.at("/setup/method")
			b.says("setup.choice.sms-hint", "Number", masked)
			text := b.page.text()
			if push, texts := strings.Index(text, b.said("setup.choice.totp")), strings.Index(text, b.said("setup.choice.sms")); push > texts {
				t.Error("text messages do not stand last")
			}
			b.submit("/setup/method", "method", "sms")
			b.at("/setup/done")
			b.says("setup.done.texts", "Organisation", "Example", "Number", masked)
			b.says("setup.done.now-texts")
			b.submit("/setup/done")
			b.at("/login")
			s.Clock.Pass(time.Minute)
			b.submit("/login", "email", ada.Person.Email, "password", newPassword)
			b.says("code.sms.sent", "Number", masked)
			b.submit("/login/wait/code", "code", s.codeFrom(adas))
			b.at("/apps") // the first number of somebody new needs no pause
		})
	}
}

// Where no code can be sent, the wizard says why, and does not take the choice.
func TestWizardWithoutTexts(t *testing.T) {
	t.Parallel()
	for reason, close := range map[string]func(*site){
		"wait.sms.why.not-allowed": func(*site) {},
		"wait.sms.why.no-provider": func(s *site) { s.AllowSMS(s.Organisation) },
		"wait.sms.why.halted":      func(s *site) { s.texts(); closings(s, accounts.Member{})[sms.Halted]() },
		"wait.sms.why.operator-cap": func(s *site) { // which nobody in the organisation can mend
			s.AllowSMS(s.Organisation)
			s.SMS.Config.LoginEnds, s.SMS.Config.OperatorCap = s.Clock.Now().AddDate(1, 0, 0), 1
		},
		"wait.sms.why.cap-reached": func(s *site) { s.texts(); closings(s, accounts.Member{})[sms.CapReached]() },
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			b, ada, token := s.invited("en")
			b.choosesPassword(token)
			b.submit("/setup/number", "number", adas)
			b.submit("/setup/number/code", "code", s.codeFrom(adas))
			close(s)
			b.get("/setup/method")
			b.says(reason)
			b.submit("/setup/method", "method", "sms")
			b.is(http.StatusUnprocessableEntity)
			person, err := s.Accounts.Person(t.Context(), ada.Person.ID)
			if err != nil || !person.Texts.IsZero() {
				t.Errorf("chosen at %v, %v", person.Texts, err)
			}
		})
	}
	t.Run("nobody proves numbers", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.texts()
		s.Accounts.Texter = nil
		b, _, token := s.invited("en")
		b.choosesPassword(token)
		b.at("/setup/method")
		b.says("setup.choice.sms-nobody")
	})
	t.Run("until a date", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.AllowSMS(s.Organisation)
		s.SMS.Config.LoginEnds = time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)
		b, _, token := s.invited("en")
		b.choosesPassword(token)
		b.submit("/setup/number", "number", adas)
		b.submit("/setup/number/code", "code", s.codeFrom(adas))
		b.says("setup.choice.sms-ends", "Date", "1 June 2026", "Number", masked)
	})
}

// Another number does not let its person in for a week, and the page says so before; the number
// that is the only way in stays.
func TestTheNumberThatLetsIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.texts()
	ada := s.texting("Ada")
	b := s.browser()
	b.logInBySMS(ada)
	b.get("/security/number")
	b.says("security.number.only", "Days", 7)
	b.says("security.number.kept")
	if strings.Contains(b.page.body, `action="/security/number/remove"`) {
		t.Error("it can be removed")
	}
	b.post("/security/number/remove")
	b.is(http.StatusConflict)
	b.says("security.last.title")
	const another = "+31687654321"
	b.get("/security/number")
	b.submit("/security/number", "number", another)
	b.submit("/security/number/code", "code", s.codeFrom(another))
	b.at("/security")
	b.says("security.how.no-texts")
	until := s.Clock.Now().Add(sms.NumberPause)
	b.says("wait.sms.why.number-new", "From", until.Format("2 January 2006 at 15:04 UTC"))
	b.post("/logout")
	s.Clock.Pass(sms.NumberPause - time.Minute)
	b.password(ada)
	b.says("wait.end.texts.title")
	b.submit("/login/wait/cancel")
	s.Clock.Pass(time.Minute)
	b.password(ada)
	b.submit("/login/wait/code", "code", s.codeFrom(another))
	b.at("/apps")
}

// Beside a phone the number can go, and text messages with it.
func TestTheNumberBesideAPhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.texts()
	ada := s.texting("Ada")
	phone := s.NewPhone()
	b := s.browser()
	b.logInBySMS(ada)
	b.get("/security/push")
	b.submit("/security/push")
	if _, err := s.Claim(phone, b.scan()); err != nil {
		t.Fatal(err)
	}
	b.get("/security/phones")
	b.says("security.phones.last-texts")
	b.get("/security/number")
	b.says("security.number.pauses", "Days", 7)
	b.submit("/security/number/remove")
	b.at("/security")
	b.says("security.number.removed")
	if strings.Contains(b.page.text(), masked) {
		t.Error("codes still go there")
	}
	b.post("/logout")
	b.password(ada)
	b.at("/login/wait")
	b.says("wait.sms.why.no-number")
	b.approves(phone)
	b.get("/login/wait")
	b.at("/apps")
}

// What is wrong with a number that no code goes to is said beside it where another would do.
func TestNumbersThatAreNotTexted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before func(*site)
		adas   string
		status int
		says   string
	}{
		"another country": {func(*site) {}, "+4915112345678", http.StatusUnprocessableEntity, "wait.sms.why.country"},
		"a bad number":    {func(s *site) { s.Texts.Fail(sms.BadNumber) }, adas, http.StatusUnprocessableEntity, "setup.number.wrong"},
		"a vendor away":   {func(s *site) { s.Texts.Fail(sms.Down) }, adas, http.StatusBadGateway, "setup.number.failed"},
		"halted":          {func(s *site) { closings(s, accounts.Member{})[sms.Halted]() }, adas, http.StatusConflict, "wait.sms.why.halted"},
		"no answer":       {func(s *site) { s.Texts.Silent(true) }, adas, http.StatusOK, "code.sms.told.unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			b, _, token := s.invited("en")
			b.choosesPassword(token)
			test.before(s)
			b.submit("/setup/number", "number", test.adas)
			b.is(test.status)
			b.says(test.says)
		})
	}
}

// A message that may have gone out leads to where its code is typed.
func TestNobodyKnowsWhetherTheNumberWasTexted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada := s.person("Ada")
	phone := s.Pair(ada)
	b := s.browser()
	b.logIn(ada, phone)
	b.get("/security/number")
	s.Texts.Silent(true)
	b.submit("/security/number", "number", adas)
	b.at("/security/number/code")
	b.says("code.sms.told.unknown")
	b.submit("/security/number/code", "code", s.codeFrom(adas))
	b.at("/security")
	b.says("security.number.changed")
}

// Recovery codes stand in for text messages too, also where none can be sent.
func TestRecoveryInThePlaceOfTexts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.texts()
	ada := s.texting("Ada")
	codes, err := s.Codes.NewRecoveryCodes(t.Context(), ada.Person.ID)
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser()
	b.password(ada)
	b.says("code.title.sms")
	b.get("/login/wait/code?method=recovery")
	b.says("code.title.recovery")
	b.says("code.sms.type")
	b.post("/login/wait/cancel")
	closings(s, ada)[sms.Halted]()
	b.password(ada)
	b.says("code.title.recovery")
	b.says("wait.sms.why.halted")
	b.submit("/login/wait/code", "code", codes[0].Reveal())
	b.at("/apps")
	b.get("/security")
	b.says("security.how.no-texts")
	b.get("/security/recovery")
	b.is(http.StatusOK)
	if strings.Contains(b.page.text(), b.said("security.recovery.first")) {
		t.Error("text messages are no factor for recovery codes")
	}
}

// A number that was proven long ago is none to the wizard: a thief who has the password of somebody
// without a second factor may have laid their own aside.
func TestThreatTheNumberThatWaited(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.texts()
	ada := s.WithNumber(s.person("Ada"), adas)
	s.Clock.Pass(accounts.NumberFresh)
	b := s.browser()
	b.password(ada)
	shows := func() bool { return strings.Contains(html.UnescapeString(b.page.body), `value="`+adas+`"`) }
	b.get("/setup/number")
	if !shows() { // just in time
		t.Error("the number that was proven now is not shown")
	}
	b.get("/setup/method")
	b.says("setup.choice.sms-hint", "Number", masked)
	s.Clock.Pass(time.Second)
	b.get("/setup")
	b.at("/setup/number")
	if shows() {
		t.Error("the number that was here before is shown")
	}
	b.get("/setup/method")
	b.says("setup.choice.sms-number")
	b.post("/setup/method", "method", "sms")
	b.is(http.StatusUnprocessableEntity)
	person, err := s.Accounts.Person(t.Context(), ada.Person.ID)
	if err != nil || !person.Texts.IsZero() {
		t.Errorf("chosen at %v, %v", person.Texts, err)
	}
	b.get("/setup/number")
	b.submit("/setup/number", "number", adas)
	b.submit("/setup/number/code", "code", s.codeFrom(adas))
	b.at("/setup/method")
	b.submit("/setup/method", "method", "sms")
	b.at("/setup/done")
}

// Who has no other way to log in is told before accepting ends that one.
func TestInvitationThatEndsTexts(t *testing.T) {
	t.Parallel()
	for _, language := range locales.All {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.texts()
			ada := s.texting("Ada")
			elsewhere := s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" })
			if _, err := s.Accounts.Invite(t.Context(), elsewhere.ID, accounts.Person{Email: ada.Person.Email, Display: "Ada"}, accounts.RoleMember); err != nil {
				t.Fatal(err)
			}
			path := "/invitations/" + s.Announcer.LastLetter(accounts.LetterInvitation, ada.Person.ID).Reveal()
			b := s.browser()
			b.language = language
			b.get(path)
			b.says("invitation.loses-texts-login")
			b.logInBySMS(ada)
			b.get(path)
			b.says("invitation.loses-texts")
			s.Pair(ada)
			s.browser().get(path)
			for _, again := range []*browser{b, s.browser()} {
				again.language = language
				again.get(path)
				if text := again.page.text(); strings.Contains(text, again.said("invitation.loses-texts")) || strings.Contains(text, again.said("invitation.loses-texts-login")) {
					t.Error("who has a phone is warned")
				}
			}
		})
	}
	t.Run("known nowhere else", func(t *testing.T) {
		t.Parallel()
		s := newSite(t)
		s.texts()
		ada := s.texting("Ada")
		if err := s.Accounts.EndMembership(t.Context(), ada); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Accounts.Invite(t.Context(), s.Organisation.ID, accounts.Person{Email: ada.Person.Email, Display: "Ada"}, accounts.RoleMember); err != nil {
			t.Fatal(err)
		}
		b := s.browser()
		b.get("/invitations/" + s.Announcer.LastLetter(accounts.LetterInvitation, ada.Person.ID).Reveal())
		b.says("invitation.password")
		if strings.Contains(b.page.text(), b.said("invitation.loses-texts")) {
			t.Error("nothing ends here")
		}
	})
}
