package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/portal/locales"
	"example.com/aye/sms"
)

// adas is the mobile number of who has one, and masked what pages show of it.
const (
	adas   = "+31612345678"
	masked = "+31\u00a0••••\u00a0••78"
)

// texts lets the organisation's people log in by text message, at its own expense.
func (s *site) texts() {
	s.Helper()
	s.AllowSMS(s.Organisation)
	s.OwnProvider(s.Organisation)
}

// texting is somebody whose only second factor is text messages.
func (s *site) texting(name string) accounts.Member {
	s.Helper()
	m := s.WithNumber(s.person(name), adas)
	if err := s.Accounts.ChooseTexts(s.Context(), m.Person.ID); err != nil {
		s.Fatal(err)
	}
	s.Clock.Pass(2 * time.Minute) // the message that proved the number is not just now
	return m
}

// codeFrom is that of the newest message to the number.
func (s *site) codeFrom(to string) string { return s.Texts.LastCode(to) }

// wasTexted fails unless so many messages went to the number, the one that proved it aside.
func (s *site) wasTexted(want int) {
	s.Helper()
	if got := len(s.Texts.To(adas)) - 1; got != want {
		s.Fatalf("%d messages with a code to log in, want %d", got, want)
	}
}

func TestLogInBySMS(t *testing.T) {
	t.Parallel()
	for _, language := range locales.All {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.texts()
			ada := s.texting("Ada")
			b := s.browser()
			b.language = language
			b.password(ada)
			b.at("/login/wait/code")
			s.wasTexted(1)
			b.says("code.title.sms")
			b.says("code.sms.sent", "Number", masked)
			b.says("code.sms.told.accepted")
			b.says("code.sms.pause", "Time", "0:30")
			b.says("code.sms.lost", "Organisation", "Example")
			for _, part := range []string{`autocomplete="one-time-code"`, `inputmode="numeric"`, " data-texted", `data-pause="30"`} {
				if !strings.Contains(b.page.body, part) {
					t.Errorf("the page has no %s", part)
				}
			}
			if strings.Contains(b.page.body, adas) || strings.Contains(b.page.body, "612345678") {
				t.Error("the page has the whole number")
			}
			b.submit("/login/wait/code", "code", "")
			b.says("code.missing")
			b.submit("/login/wait/code", "code", other(s.codeFrom(adas)))
			b.is(http.StatusUnprocessableEntity)
			b.says("code.wrong.sms")
			b.says("code.sms.told.accepted")
			code := s.codeFrom(adas)
			b.submit("/login/wait/code", "code", code[:3]+" "+code[3:])
			b.at("/apps")
			if _, end, _ := strings.Cut(b.said("frame.texts-end", "Date", "|"), "|"); b.page.reads(end) {
				t.Errorf("it is said that this ends: %s", b.page.text())
			}
			b.get("/security") // it is proof enough
			b.at("/security")
			b.says("security.how.texts", "Number", masked)
			b.says("security.how.only-texts")
			b.get("/security/sign-ins")
			b.says("security.sign-in-how.sms")
		})
	}
}

// The first look sends a code, and no other look does.
func TestTheFirstCodeIsSentOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.texts()
	ada := s.texting("Ada")
	b := s.browser()
	part := b.request(http.MethodGet, "/login/wait", nil)
	part.Header.Set("Aye-Part", "main")
	b.call(b.request(http.MethodPost, "/login", url.Values{"email": {ada.Person.Email}, "password": {ayetest.Password.Reveal()}}))
	b.call(part) // a page that is open looks again
	s.wasTexted(0)
	b.get("/login/wait")
	s.wasTexted(1)
	for _, path := range []string{"/login/wait", "/login/wait/code?method=sms", "/login/wait/code", "/login/wait/text", "/login/wait"} {
		s.Clock.Pass(sms.FirstPause) // when another could go out
		b.get(path)
		b.says("code.title.sms")
	}
	s.wasTexted(1)

	s.Clock.Pass(approval.MaximumLife)
	b.get("/login/wait")
	b.says("wait.end.expired.title")
	s.wasTexted(1)
	b.submit("/login/wait/again")
	b.says("code.title.sms")
	s.wasTexted(2)
	b.submit("/login/wait/code", "code", s.codeFrom(adas))
	b.at("/apps")
	s.Clock.Pass(sms.LastPause)
	b.post("/login/wait/text") // an old page
	b.at("/apps")
	b.post("/prove/wait/text")
	b.at("/security")
	s.wasTexted(2)
}

// Another code goes out after a pause, by the server's clock, and takes the place of the one before.
func TestAnotherCode(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.texts()
	ada := s.texting("Ada")
	b := s.browser()
	b.password(ada)
	before := s.codeFrom(adas)
	b.submit("/login/wait/text")
	b.is(http.StatusTooManyRequests)
	b.says("code.sms.too-soon", "Wait", "30 seconds")
	b.says("code.title.sms")
	s.wasTexted(1)
	s.Clock.Pass(sms.FirstPause)
	b.get(b.page.path)
	if strings.Contains(b.page.body, "data-pause") {
		t.Error("the page goes on waiting")
	}
	b.submit("/login/wait/text")
	b.at("/login/wait/code")
	s.wasTexted(2)
	b.says("code.sms.pause", "Time", "1:00")
	if before != s.codeFrom(adas) {
		b.submit("/login/wait/code", "code", before)
		b.says("code.wrong.sms")
	}
	b.submit("/login/wait/code", "code", s.codeFrom(adas))
	b.at("/apps")
}

func TestTooManyMessages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.texts()
	ada := s.texting("Ada")
	b := s.browser()
	b.password(ada)
	for range sms.NumberPerHour - 2 { // one proved the number, one came by itself
		s.Clock.Pass(sms.LastPause)
		b.post("/login/wait/cancel")
		b.password(ada)
		b.says("code.title.sms")
	}
	s.wasTexted(sms.NumberPerHour - 1)
	b.post("/login/wait/cancel")
	b.password(ada)
	b.is(http.StatusTooManyRequests)
	b.says("code.title.sms-none")
	b.says("code.sms.often-number", "Wait", "52 minutes")
	s.wasTexted(sms.NumberPerHour - 1)
}

// Five codes are looked at, and the right one is not the sixth.
func TestTextCodesAreCounted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.texts()
	ada := s.texting("Ada")
	b := s.browser()
	b.password(ada)
	for range sms.CodeTries {
		b.submit("/login/wait/code", "code", other(s.codeFrom(adas)))
		b.says("code.wrong.sms")
	}
	b.submit("/login/wait/code", "code", s.codeFrom(adas))
	b.is(http.StatusUnprocessableEntity)
	b.says("code.locked-texts", "Organisation", "Example") // there is no phone to approve on
	b.get("/apps")
	b.at("/login/wait")
}

// Beside the phone a code is sent only where somebody asks for one.
func TestACodeBesideThePhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.texts()
	ada := s.WithNumber(s.person("Ada"), adas)
	s.Pair(ada)
	s.Clock.Pass(time.Hour)
	b := s.browser()
	b.password(ada)
	b.at("/login/wait")
	s.wasTexted(0)
	b.says("wait.sms.send", "Number", masked)
	b.get("/login/wait/code?method=sms") // looking sends nothing
	b.says("code.sms.none", "Number", masked)
	s.wasTexted(0)
	s.Texts.Fail(sms.Down)
	b.submit("/login/wait/text")
	b.is(http.StatusBadGateway)
	s.Texts.Refuse(nil)
	s.Clock.Pass(sms.FirstPause)
	b.get("/login/wait")
	b.says("wait.sms.send", "Number", masked) // that is none on its way
	b.get("/login/wait/code?method=totp")
	b.says("code.sms.instead")
	b.submit("/login/wait/text")
	b.at("/login/wait/code")
	b.says("code.sms.sent", "Number", masked)
	b.says("code.push")
	s.wasTexted(1)
	b.get("/login/wait/code?method=totp")
	b.says("code.sms.type")
	b.get("/login/wait")
	b.says("wait.sms.sent", "Number", masked)
	b.get("/login/wait/code?method=sms")
	b.submit("/login/wait/code", "code", s.codeFrom(adas))
	b.at("/apps")
}

// A vendor that does not answer may have sent the message: nothing is sent again by itself, and the
// code counts if it comes.
func TestNobodyKnowsWhetherItWentOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.texts()
	ada := s.texting("Ada")
	s.Texts.Silent(true)
	b := s.browser()
	b.password(ada)
	b.at("/login/wait/code")
	b.says("code.sms.unsure", "Number", masked)
	b.says("code.sms.told.unknown")
	b.get("/login/wait")
	s.wasTexted(1)
	b.submit("/login/wait/code", "code", s.codeFrom(adas))
	b.at("/apps")
}

// What the vendor says is said in words of ours, and what was not sent can be asked for again.
func TestTheVendorRefuses(t *testing.T) {
	t.Parallel()
	for class, says := range map[sms.Class]string{
		sms.Down: "code.sms.failed.down", sms.Busy: "code.sms.failed.down", sms.BadNumber: "code.sms.failed.number",
		sms.BadKey: "code.sms.failed.setup", sms.TestKey: "code.sms.failed.setup", sms.NoBalance: "code.sms.failed.setup",
		sms.BadSender: "code.sms.failed.setup", sms.NotPermitted: "code.sms.failed.setup", sms.Other: "code.sms.failed.setup",
	} {
		t.Run(string(class), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.texts()
			ada := s.texting("Ada")
			s.Texts.Fail(class)
			b := s.browser()
			b.password(ada)
			b.is(http.StatusBadGateway)
			b.says(says, "Organisation", "Example")
			b.says("code.title.sms-none")
			if strings.Contains(b.page.body, "one-time-code") {
				t.Error("a code is asked for that was not sent")
			}
			s.Texts.Refuse(nil)
			b.get("/login/wait")
			b.says("code.sms.refused", "Number", masked)
			s.wasTexted(0)
			s.Clock.Pass(sms.FirstPause)
			b.get("/login/wait")
			b.submit("/login/wait/text")
			s.wasTexted(1)
			b.submit("/login/wait/code", "code", s.codeFrom(adas))
			b.at("/apps")
		})
	}
}

// Another message that does not go out takes nothing from the code of the one before.
func TestTheCodeBeforeStillCounts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.texts()
	ada := s.texting("Ada")
	b := s.browser()
	b.password(ada)
	s.Clock.Pass(sms.FirstPause)
	s.Texts.Fail(sms.Down)
	b.submit("/login/wait/text")
	b.is(http.StatusBadGateway)
	b.says("code.sms.failed.down")
	b.says("code.sms.told.refused")
	b.submit("/login/wait/code", "code", s.codeFrom(adas))
	b.at("/apps")
}

// What the vendor reports later is on the page.
func TestWhatBecameOfTheMessage(t *testing.T) {
	t.Parallel()
	for _, state := range []sms.State{sms.Sent, sms.Delivered, sms.Failed, sms.Expired} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.texts()
			b := s.browser()
			b.password(s.texting("Ada"))
			sent := s.Texts.Sent()
			last := sent[len(sent)-1]
			if _, err := s.Store.Settle(t.Context(), last.Reference, sms.Outcome{State: state, At: s.Clock.Now()}); err != nil {
				t.Fatal(err)
			}
			b.get(b.page.path)
			b.says("code.sms.told." + string(state))
		})
	}
}

// A code counts only as long as somebody could get one: the account of who was taken over is not
// entered by a number that was changed since.
func TestTheCodeOfAnotherNumber(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.texts()
	ada := s.texting("Ada")
	b := s.browser()
	b.password(ada)
	code := s.codeFrom(adas)
	s.WithNumber(ada, "+31687654378")
	b.submit("/login/wait/code", "code", code)
	b.is(http.StatusUnprocessableEntity)
	b.says("wait.sms.why.number-new", "From", s.Clock.Now().Add(sms.NumberPause).Format("2 January 2006 at 15:04 UTC"))
	b.get("/apps")
	b.at("/login/wait")
}
