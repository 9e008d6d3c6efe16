package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/aye/portal/locales"
	"example.com/aye/sms"
)

// The end of what the operator pays, seen from before and after.
func TestLoggingInBySMSEnds(t *testing.T) {
	t.Parallel()
	for _, language := range locales.All {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.AllowSMS(s.Organisation)
			ends := time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)
			s.SMS.Config.LoginEnds = ends
			ada := s.texting("Ada")
			date := map[string]string{"en": "1 June 2026", "nl": "1 juni 2026"}[language]
			b := s.browser()
			b.language = language
			b.password(ada)
			b.says("code.sms.ends", "Date", date)
			b.submit("/login/wait/code", "code", s.codeFrom(adas))
			b.at("/apps")
			b.says("frame.texts-end", "Date", date)
			if !strings.Contains(b.page.body, `href="/security/push"`) {
				t.Error("no way to change")
			}
			b.get("/security")
			b.says("frame.texts-end", "Date", date)

			s.OwnProvider(s.Organisation) // then nothing ends
			for _, path := range []string{"/apps", "/security"} {
				if b.get(path); strings.Contains(b.page.text(), date) {
					t.Errorf("%s says that it ends", path)
				}
			}
			b.post("/logout")
			s.Clock.Pass(time.Hour)
			if b.password(ada); strings.Contains(b.page.text(), date) {
				t.Error("the page for the code says that it ends")
			}
			closings(s, ada)[sms.NoProvider]()
			s.Clock.Pass(ends.Sub(s.Clock.Now()))
			b = s.browser()
			b.language = language
			b.password(ada)
			b.says("wait.end.texts.title")
			b.says("wait.sms.why.over")
		})
	}
}

// Who has a phone already has nothing to change to.
func TestNothingEndsBesideAPhone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.AllowSMS(s.Organisation)
	s.SMS.Config.LoginEnds = time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)
	ada := s.WithNumber(s.person("Ada"), adas)
	s.Pair(ada)
	s.Clock.Pass(time.Hour)
	b := s.browser()
	b.password(ada)
	b.submit("/login/wait/text")
	b.says("code.title.sms")
	ends := func() {
		if strings.Contains(b.page.text(), "1 June 2026") {
			t.Errorf("%s says that it ends", b.page.path)
		}
	}
	ends()
	b.submit("/login/wait/code", "code", s.codeFrom(adas))
	b.at("/apps")
	ends()
	b.get("/security")
	ends()
}

// Who has nothing but text messages is never taken for somebody without a second factor: whoever
// knows the password could link a phone of their own.
func TestThreatTextsEndAndThePasswordIsEnough(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.texts()
	ada := s.texting("Ada")
	closings(s, ada)[sms.Over]()
	s.Clock.Pass(400 * 24 * time.Hour)
	b := s.browser()
	b.password(ada)
	for _, r := range s.portal.Routes() {
		if !strings.HasPrefix(r[1], "/setup") && !strings.HasPrefix(r[1], "/security") {
			continue
		}
		if r[0] == http.MethodGet {
			b.get(r[1])
		} else {
			b.post(r[1], "method", "push")
		}
		if !strings.HasPrefix(b.page.path, "/login") {
			t.Fatalf("%s %s came to %s:\n%s", r[0], r[1], b.page.path, b.page.text())
		}
	}
	s.free() // and not where others get in with the password alone either
	b = s.browser()
	b.password(ada)
	b.at("/login/wait")
	s.hasPhones(ada, 0)
}
