package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/aye/alerts"
	"example.com/aye/notify/mail"
	"example.com/aye/notify/webhook"
	"example.com/aye/sms"
	"example.com/aye/store"
)

// away is everything outside, and answers with an error, or none.
type away struct {
	sms.Vendor
	err error
}

func (a away) Check(context.Context, sms.Account) (sms.Balance, bool, error) {
	return sms.Balance{Left: 1}, true, a.err
}

func (a away) Send(context.Context, sms.Account, sms.Outgoing) (sms.Outcome, error) {
	return sms.Outcome{VendorID: "1"}, a.err
}

func (a away) Look(context.Context, sms.Account, string, string, time.Time) (sms.Outcome, error) {
	return sms.Outcome{VendorID: "1"}, a.err
}

func (a away) SendAlert(context.Context, alerts.Hook, alerts.Alert) error { return a.err }
func (a away) tell(context.Context, store.PendingCheckpoint) error        { return a.err }
func (a away) mail() mail.Sender                                          { return postbox(a) }

type postbox away

func (p postbox) Send(context.Context, mail.Message) error { return p.err }

// TestTheOutsideIsTimed: each way out is counted by whom it went to and what became of it, and what it answered
// comes through as it was.
func TestTheOutsideIsTimed(t *testing.T) {
	t.Parallel()
	for outcome, cause := range map[string]error{
		"ok": nil, "refused": fmt.Errorf("so it was: %w", &sms.VendorError{Class: sms.BadNumber}), "failed": errors.New("no answer"),
	} {
		registry := prometheus.NewRegistry()
		o, there := newOutside(registry, time.Now), away{err: cause}
		texts, ctx := watchedVendor{there, "bird", o}, t.Context()
		_, _, check := texts.Check(ctx, sms.Account{})
		sent, send := texts.Send(ctx, sms.Account{}, sms.Outgoing{})
		_, look := texts.Look(ctx, sms.Account{}, "", "", time.Time{})
		for way, err := range map[string]error{
			"check": check, "send": send, "look": look, "mail": watchedMail{there.mail(), o}.Send(ctx, mail.Message{}),
			"alert": watchedAlerts{there, o}.SendAlert(ctx, alerts.Hook{}, alerts.Alert{}), "checkpoint": watchedWitness{there, o}.tell(ctx, store.PendingCheckpoint{}),
			"webhook": o.call(toWebhook, func() error { return cause }),
		} {
			if !errors.Is(err, cause) {
				t.Errorf("%s: %v came through as %v", way, cause, err)
			}
		}
		if sent.VendorID != "1" {
			t.Errorf("%+v", sent)
		}
		page := metricsPage(t, &App{Metrics: registry}, "text/plain")
		for to, count := range map[string]int{"bird": 3, "mail": 1, "alert": 1, "checkpoint": 1, "webhook": 1} {
			if series := fmt.Sprintf(`aye_outside_seconds_count{outcome="%s",to="%s"} %d`, outcome, to, count); !strings.Contains(page, series) {
				t.Errorf("there is no %s in\n%s", series, page)
			}
		}
	}
}

// TestAnAnswerIsNoFailure: who answers "no" works. Only trouble there is a failure.
func TestAnAnswerIsNoFailure(t *testing.T) {
	t.Parallel()
	for want, causes := range map[string][]error{
		"ok":      {nil, sms.ErrNoMessage},
		"refused": {&sms.VendorError{Class: sms.NoBalance}, &webhook.StatusError{Status: 404}},
		"failed":  {&sms.VendorError{Class: sms.Down}, &webhook.StatusError{Status: 500}, context.DeadlineExceeded},
	} {
		for _, err := range causes {
			if got := answer(err); got != want {
				t.Errorf("%v is %s, want %s", err, got, want)
			}
		}
	}
}

// TestTheDatabaseIsTimed, and what fails because it is away is an error; what it refuses is none.
func TestTheDatabaseIsTimed(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	times := newStoreTimes(registry)
	times.took(store.TookRead, time.Millisecond, nil)
	times.took(store.TookChange, time.Millisecond, errors.New("no such row"))
	times.took(store.TookChange, time.Second, fmt.Errorf("%w: the disk is full", store.ErrUnavailable))
	page := metricsPage(t, &App{Metrics: registry}, "text/plain")
	for _, series := range []string{
		`aye_store_seconds_count{kind="read"} 1`, `aye_store_seconds_count{kind="change"} 2`, `aye_store_errors_total{kind="read"} 0`, `aye_store_errors_total{kind="change"} 1`,
	} {
		if !strings.Contains(page, series) {
			t.Errorf("there is no %s in\n%s", series, page)
		}
	}
}
