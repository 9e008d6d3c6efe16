package portal_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/internal/ayetest"
)

const receiver = "https://monitor.example.com/aye"

// An address is set, tested, gets a new secret and goes; the secret is shown once.
func TestAlerts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleAdministrator)
	b.get("/manage/alerts")
	b.submit("/manage/alerts", "url", receiver)
	b.says("manage.alerts.secret-shown")
	first := secretOf(b)
	b.get("/manage/alerts")
	if strings.Contains(b.page.body, "whsec_") {
		t.Error("the secret is shown again")
	}
	b.says("manage.alerts.never")
	b.post("/manage/alerts", "url", receiver, "kind", string(alerts.CaseStopped))
	b.says("manage.alerts.said-saved")
	ayetest.Same(t, "chosen", strings.Count(b.page.body, `type="checkbox"`)-strings.Count(b.page.body, " checked"), len(alerts.All)-1)
	b.submit("/manage/alerts/test")
	b.says("manage.alerts.taken")
	ayetest.Same(t, "alerts", s.Alerted.Kinds(), []alerts.Kind{alerts.Test})
	s.Alerted.Refuse(&alerts.FailedError{Why: alerts.WhyStatus, Status: 503})
	b.get("/manage/alerts")
	b.submit("/manage/alerts/test")
	b.says("manage.alerts.not-taken", "Why", b.said("manage.alerts.why.status", "Status", "503"))
	s.Alerted.Refuse(errors.New("dial tcp 10.0.0.3:443: refused"))
	b.submit("/manage/alerts/test")
	if b.page.reads("10.0.0.3") {
		t.Error("the page tells of the network that the server stands in")
	}
	b.get("/manage/alerts/secret")
	b.submit("/manage/alerts/secret")
	b.says("manage.alerts.secret-shown")
	if secretOf(b) == first {
		t.Error("the secret is the one of before")
	}
	b.get("/manage/alerts/remove")
	b.submit("/manage/alerts/remove")
	b.says("manage.alerts.said-removed")
	b.get("/manage/alerts/remove")
	b.is(http.StatusNotFound)
	b.post("/manage/alerts/test")
	b.is(http.StatusNotFound)
}

func secretOf(b *browser) string {
	_, rest, _ := strings.Cut(b.page.body, `<code class="secret">`)
	shown, _, _ := strings.Cut(rest, "</code>")
	return shown
}

func TestAlertsWrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleOwner)
	for _, test := range []struct{ url, kind, says string }{
		{"", "case.opened", "manage.alerts.url-bad"},
		{"http://monitor.example.com", "case.opened", "manage.alerts.url-bad"},
		{"https://localhost/", "case.opened", "manage.alerts.url-bad"},
		{receiver, "", "manage.alerts.kinds-none"},
		{receiver, "weather.rain", "manage.rules.choose"},
	} {
		pairs := []string{"url", test.url}
		if test.kind != "" {
			pairs = append(pairs, "kind", test.kind)
		}
		b.post("/manage/alerts", pairs...)
		b.is(http.StatusUnprocessableEntity)
		b.says(test.says)
	}
	b.get("/manage/alerts")
	if strings.Contains(b.page.body, "/manage/alerts/test") {
		t.Error("something was set")
	}
}

// Alerts are for administrators who were proven lately.
func TestAlertsAreForAdministrators(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, agent := s.manager(accounts.RoleSupport)
	for _, path := range []string{"/manage/alerts", "/manage/alerts/secret", "/manage/alerts/test", "/manage/alerts/remove"} {
		agent.post(path)
		agent.is(http.StatusForbidden)
	}
	agent.get("/manage/audit")
	agent.is(http.StatusForbidden)
	_, _, late := s.joins(s.Organisation, "Late", accounts.RoleAdministrator)
	s.Clock.Pass(6 * time.Minute)
	late.post("/manage/alerts", "url", receiver)
	late.at("/prove")
}
