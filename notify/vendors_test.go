package notify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"example.com/aye/internal/emulate"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/notify/apns"
	"example.com/aye/notify/fcm"
)

// outside is both vendors, and a router that reaches them over real HTTP/2 and TLS.
type outside struct {
	google  *emulate.FCM
	apple   *emulate.APNs
	router  *notify.Router
	reports chan notify.Report
}

func newOutside(t *testing.T) *outside {
	t.Helper()
	o := &outside{reports: make(chan notify.Report, 1000)}
	var err error
	if o.google, err = emulate.StartFCM(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.google.Close)
	if o.apple, err = emulate.StartAPNs(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.apple.Close)
	toGoogle, err := fcm.New(t.Context(), fcm.Config{
		CredentialsJSON: must[secret.Secret](t)(o.google.ServiceAccountJSON()), Endpoint: o.google.URL(), HTTPClient: o.google.HTTPClient(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(toGoogle.Close)
	toApple, err := apns.New(apns.Config{
		Key: must[secret.Secret](t)(o.apple.Key()), KeyID: o.apple.KeyID(), TeamID: o.apple.TeamID(), Topic: apple.App,
		Environment: apple.Environment, Host: o.apple.URL(), RootCAs: o.apple.CA(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(toApple.Close)
	o.router = notify.NewRouter(notify.Options{
		Senders: map[notify.Route]notify.Sender{google: toGoogle, apple: toApple},
		Timeout: 2500 * time.Millisecond,
		Report:  func(_ context.Context, report notify.Report) { o.reports <- report },
	})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := o.router.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	if err := o.router.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	return o
}

// send puts a push on its way.
func (o *outside) send(t *testing.T, route notify.Route, address string) {
	t.Helper()
	p := push(route, address, time.Minute)
	p.Target.Address = secret.Secret(address)
	enqueue(t, o.router, p)
}

// report waits for the next report.
func (o *outside) report(t *testing.T) notify.Report {
	t.Helper()
	select {
	case report := <-o.reports:
		return report
	case <-time.After(20 * time.Second):
		t.Fatal("no report")
		return notify.Report{}
	}
}

func android(n int) string { return fmt.Sprintf("android-phone-number-%04d", n) }
func iphone(n int) string  { return fmt.Sprintf("00fc13adff785122b4ad28809a342098%032x", n+1) }

func TestDeadAddressBesideALiveOne(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	since := time.Now().Add(-time.Hour).Truncate(time.Second)
	o.google.Script(android(0), emulate.Behaviour{Reason: "UNREGISTERED"})
	o.apple.Script(iphone(0), emulate.Behaviour{Reason: "Unregistered", Since: since})
	for n := range 2 {
		o.send(t, google, android(n))
		o.send(t, apple, iphone(n))
	}
	for range 4 {
		report := o.report(t)
		want := notify.Accepted
		if device := report.Push.Target.Device; device == android(0) || device == iphone(0) {
			want = notify.Dead
		}
		if report.Outcome.Class != want || report.Attempts != 1 {
			t.Errorf("%s: %+v", report.Push.Target.Device, report)
		}
		if report.Push.Target.Device == iphone(0) && !report.Outcome.Since.Equal(since) {
			t.Errorf("dead since %v, want %v", report.Outcome.Since, since)
		}
	}
}

func TestAppleDownWhileGoogleWorks(t *testing.T) {
	t.Parallel()
	for name, behaviour := range map[string]emulate.Behaviour{
		"errors":      {Reason: "ServiceUnavailable"},
		"a proxy":     {Status: 503, Body: "<html>busy</html>"},
		"broken line": {Cut: true},
		"black hole":  {Blackhole: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOutside(t)
			o.apple.Script(emulate.Everyone, behaviour)
			const phones = 10
			for n := range phones {
				o.send(t, apple, iphone(n))
			}
			began := time.Now()
			o.send(t, google, android(0))
			if report := o.report(t); report.Push.Target.Device != android(0) || report.Outcome.Class != notify.Accepted {
				t.Fatalf("%+v", report)
			}
			if took := time.Since(began); took > 10*time.Second { // exactly, on a clock of its own: TestOneVendorNeverDelaysAnother
				t.Errorf("Google's push took %v", took)
			}
			<-time.After(time.Second)
			o.apple.Script(emulate.Everyone)
			back := time.Now()
			o.send(t, apple, iphone(phones))
			for range phones + 1 {
				if report := o.report(t); report.Outcome.Class != notify.Accepted {
					t.Errorf("%+v", report)
				}
			}
			if took := time.Since(back); took > 15*time.Second { // five, on a clock of its own: TestBreakerRecoversWithinFiveSeconds
				t.Errorf("recovered after %v", took)
			}
		})
	}
}

func TestGoogleThrottles(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	o.google.Script(android(0), emulate.Behaviour{Reason: "QUOTA_EXCEEDED", RetryAfter: emulate.Duration(3 * time.Second), Times: 1})
	began := time.Now()
	o.send(t, google, android(0))
	o.send(t, google, android(1))
	if report := o.report(t); report.Push.Target.Device != android(1) {
		t.Errorf("the throttled push came first: %+v", report)
	}
	report := o.report(t)
	if report.Outcome.Class != notify.Accepted || report.Attempts != 2 || time.Since(began) < 3*time.Second {
		t.Errorf("%+v after %v", report, time.Since(began))
	}
}

func TestLostAnswerReachesThePhoneTwiceAsOne(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	o.google.Script(android(0), emulate.Behaviour{Lost: true, Times: 1})
	o.send(t, google, android(0))
	if report := o.report(t); report.Outcome.Class != notify.Accepted || report.Attempts != 2 {
		t.Errorf("%+v", report)
	}
	inbox := o.google.Inbox(android(0))
	if len(inbox) != 2 {
		t.Fatalf("%d pushes arrived, want 2", len(inbox))
	}
	for _, delivery := range inbox {
		var data struct{ Ref string }
		if err := json.Unmarshal(delivery.Payload, &data); err != nil || data.Ref != "apr_1" || delivery.CollapseID != "apr_1" {
			t.Errorf("the phone cannot tell that they are one: %+v", delivery)
		}
	}
}

func TestWrongEnvironmentTouchesNoAddress(t *testing.T) {
	t.Parallel()
	o := newOutside(t)
	for n := range 10 {
		o.apple.Register(iphone(n), emulate.Registration{Environment: notify.EnvironmentSandbox})
		o.send(t, apple, iphone(n))
	}
	for range 10 {
		if report := o.report(t); report.Outcome.Class != notify.Suspect {
			t.Errorf("%+v", report)
		}
	}
}

// must gives a value that a test cannot go on without.
func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
