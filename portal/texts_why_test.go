package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/sms"
)

// closings are how each reason comes about, for somebody with a number.
func closings(s *site, m accounts.Member) map[sms.Reason]func() {
	must := func(err error) {
		s.Helper()
		if err != nil {
			s.Fatal(err)
		}
	}
	settings := func(in sms.Settings) {
		in.OrganisationID = s.Organisation.ID
		must(s.SMS.ChangeSettings(s.Context(), in))
	}
	removed := func() {
		all, err := s.SMS.List(s.Context(), s.Organisation.ID)
		must(err)
		for _, p := range all {
			must(s.SMS.Remove(s.Context(), s.Organisation.ID, p.ID))
		}
	}
	return map[sms.Reason]func(){
		sms.NotAllowed: func() {
			s.Change(func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{accounts.TOTP} })
		},
		sms.SeveralOrganisations: func() { s.Join(s.AddOrganisation(func(*accounts.Organisation) {}), m) },
		sms.NumberNew:            func() { s.WithNumber(m, "+31687654378") },
		sms.Country:              func() { settings(sms.Settings{Countries: []string{"DE"}}) },
		sms.NoProvider:           removed,
		sms.Over:                 func() { removed(); s.SMS.Config.LoginEnds = s.Clock.Now() },
		sms.Halted: func() {
			entry := audit.Entry{Organisation: s.Organisation.ID, Actor: "system", Action: "texts.stopped", At: s.Clock.Now()}
			_, err := s.SMS.Providers.StopSMS(s.Context(), s.Organisation.ID, s.Clock.Now(), entry)
			must(err)
		},
		sms.CapReached: func() { s.CapTexts(s.Organisation.ID, 1) },
		sms.WrongSender: func() {
			settings(sms.Settings{Countries: []string{"NL", "US"}})
			s.AddProvider("", func(p *sms.Provider) { p.Sender = "+12015550100" })
			s.WithNumber(m, "+12015550123")
			s.Clock.Pass(sms.NumberPause)
		},
	}
}

// Each reason is said in words: beside the phone, with what else there is; and to who has nothing
// but text messages, with who can help.
func TestWhyNoCodeIsSent(t *testing.T) {
	t.Parallel()
	reasons := []sms.Reason{sms.NotAllowed, sms.SeveralOrganisations, sms.NumberNew, sms.Country, sms.NoProvider, sms.Over, sms.WrongSender, sms.Halted, sms.CapReached}
	for _, reason := range reasons {
		why := "wait.sms.why." + string(reason)
		gaps := func(s *site) []any {
			if reason != sms.NumberNew {
				return nil
			}
			return []any{"From", s.Clock.Now().Add(sms.NumberPause).Format("2 January 2006 at 15:04 UTC")}
		}
		t.Run("beside push, "+string(reason), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.texts()
			ada := s.WithNumber(s.person("Ada"), adas)
			phone := s.Pair(ada)
			s.Clock.Pass(time.Hour)
			closings(s, ada)[reason]()
			b := s.browser()
			b.password(ada)
			b.says(why, gaps(s)...)
			b.says("wait.sms.instead.codes")
			sent := len(s.Texts.Sent())
			b.post("/login/wait/text")
			if len(s.Texts.Sent()) != sent {
				t.Error("a message went out")
			}
			b.get("/login/wait")
			b.approves(phone)
			b.get("/login/wait")
			b.get("/apps")
			if b.page.status != http.StatusOK || strings.HasPrefix(b.page.path, "/login") {
				t.Errorf("the honest person is at %s", b.page.path)
			}
		})
		t.Run("alone, "+string(reason), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.texts()
			ada := s.texting("Ada")
			s.Clock.Pass(time.Hour)
			closings(s, ada)[reason]()
			sent := len(s.Texts.Sent())
			b := s.browser()
			b.password(ada)
			b.at("/login/wait")
			b.says("wait.end.texts.title")
			b.says(why, gaps(s)...)
			b.says("wait.end.texts.ask", "Organisation", s.Organisation.Name)
			b.post("/login/wait/text")
			b.post("/login/wait/again")
			b.says("wait.end.texts.title")
			if len(s.Texts.Sent()) != sent {
				t.Error("a message went out")
			}
			b.submit("/login/wait/cancel")
			b.at("/login")
		})
	}
}

// What is closed while somebody waits sends nothing more; the code that was sent counts all the same.
func TestClosedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.texts()
	ada := s.texting("Ada")
	b := s.browser()
	b.password(ada)
	closings(s, ada)[sms.Halted]()
	s.Clock.Pass(sms.FirstPause)
	b.submit("/login/wait/text")
	b.is(http.StatusConflict)
	b.says("code.title.sms")
	b.says("wait.sms.why.halted")
	if strings.Contains(b.page.body, `action="/login/wait/text"`) {
		t.Error("another can be asked for")
	}
	s.wasTexted(1)
	b.submit("/login/wait/code", "code", s.codeFrom(adas))
	b.at("/apps")

	s = newSite(t)
	s.texts()
	ada = s.texting("Ada")
	b = s.browser()
	part := b.request(http.MethodGet, "/login/wait", nil)
	part.Header.Set("Aye-Part", "main")
	b.call(b.request(http.MethodPost, "/login", url.Values{"email": {ada.Person.Email}, "password": {ayetest.Password.Reveal()}}))
	b.call(part) // asks, and sends nothing
	closings(s, ada)[sms.Halted]()
	b.get("/login/wait")
	b.says("wait.end.texts.title")
	b.says("wait.sms.why.halted")
	s.wasTexted(0)
}

// Who has no number is told where to fill it in, and that there is no way where nobody sends.
func TestWithoutANumber(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.texts()
	ada := s.person("Ada")
	s.Pair(ada)
	b := s.browser()
	b.password(ada)
	b.says("wait.sms.why.no-number")
	s.Accounts.Texter = nil
	b.get("/login/wait")
	b.says("wait.sms.why.nobody")
}
