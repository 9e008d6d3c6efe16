package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/notify"
)

func openHere(t *testing.T, change func(*Config)) (*App, error) {
	t.Helper()
	c, err := LoadConfig("", nil, map[string]string{"data_dir": t.TempDir(), "metrics_listen": ""})
	if err != nil {
		t.Fatal(err)
	}
	change(&c)
	a, err := Open(t.Context(), c, slog.New(slog.DiscardHandler), time.Now)
	if err == nil {
		t.Cleanup(func() {
			if failure := a.Close(context.WithoutCancel(t.Context())); failure != nil {
				t.Error(failure)
			}
		})
	}
	return a, err
}

// Cases would wait for a signature that nobody can give.
func TestSupportOrganisationMustBeThere(t *testing.T) {
	t.Parallel()
	_, err := openHere(t, func(c *Config) { c.Support.Organisation = "org_none" })
	if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "support.organisation") {
		t.Errorf("%v", err)
	}
	a, err := openHere(t, func(*Config) {})
	if err != nil {
		t.Fatal(err)
	}
	o, err := a.Accounts.CreateOrganisation(t.Context(), accounts.Organisation{Name: "Operator", Profile: accounts.Standard, Locale: "en"})
	if err != nil {
		t.Fatal(err)
	}
	a.Config.Support.Organisation = o.ID
	if err = a.checkSupport(t.Context()); err != nil {
		t.Error(err)
	}
}

var google = notify.Route{Provider: notify.ProviderFCM, App: "com.example.aye"}

// The operator hears that Google fails, once an hour and not at each try.
func TestOperatorHearsThatPushesFail(t *testing.T) {
	t.Parallel()
	a, err := openHere(t, func(c *Config) { c.WebhookPrivate = true })
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err = a.Alerts.Set(t.Context(), "", "http://localhost:1", nil, false); err != nil {
		t.Fatal(err)
	}
	metrics := &pushMetrics{failing: a.failing, open: newPushMetrics(prometheus.NewRegistry(), nil, nil, time.Now).open}
	for range 3 {
		metrics.Breaker(google, true)
	}
	metrics.Breaker(google, false)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { a.tellFailing(ctx); close(done) }()
	due := waitForAlert(t, a)
	stop()
	<-done
	if len(due) != 1 || due[0].Kind != alerts.ProviderFailing || due[0].OrganisationID != "" || due[0].Data["provider"] != "fcm" || due[0].Data["app"] != google.App {
		t.Errorf("%+v", due)
	}
}

func waitForAlert(t *testing.T, a *App) []alerts.Pending {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 6000 {
		due, err := a.Store.DueAlerts(t.Context(), time.Now().Add(time.Minute), 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(due) > 0 {
			return due
		}
		<-tick.C
	}
	t.Fatal("nobody was told")
	return nil
}

func TestFailingIsToldOnceAnHour(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	f := newFailing(func() time.Time { return now })
	f.note(google)
	f.note(google)
	now = now.Add(failingEvery)
	f.note(google)
	if len(f.routes) != 2 {
		t.Errorf("told %d times", len(f.routes))
	}
	for range 3 * failingWaiting { // nobody listens, and nobody is held up
		now = now.Add(failingEvery)
		f.note(google)
	}
	(*failing)(nil).note(google)
}
