package messagebird_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/aye/internal/emulate"
	"example.com/aye/notify/messagebird"
	"example.com/aye/sms"
)

// world is a stand-in for MessageBird, an adapter that talks to it, and who takes its reports.
type world struct {
	*emulate.MessageBird

	vendor  *messagebird.Vendor
	account sms.Account
	reports string // their address

	mu   sync.Mutex
	read []sms.Report
	errs []error
}

func newWorld(t *testing.T) *world {
	t.Helper()
	m, err := emulate.StartMessageBird(t.Context(), "127.0.0.1:0", emulate.WithReports(time.Millisecond, time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	m.SetPrice("NL", 0.056)
	w := &world{MessageBird: m, vendor: messagebird.New(messagebird.Config{Endpoint: m.URL(), RootCAs: m.CA()})}
	w.account = sms.Account{Key: m.Key(), Signing: m.Signing(), Sender: "Tulp Zoon"}
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		report, err := w.vendor.Read(w.account, sms.Call{Method: r.Method, URL: "http://" + r.Host + r.URL.RequestURI(), Header: r.Header.Get, Body: body}, time.Now())
		w.mu.Lock()
		defer w.mu.Unlock()
		w.read, w.errs = append(w.read, report), append(w.errs, err)
	})
	server.Start()
	t.Cleanup(server.Close)
	w.reports = server.URL + "/v1/sms/reports/prv_1"
	return w
}

func (w *world) send(ctx context.Context, reference string) (sms.Outcome, error) {
	m := text
	m.Reference, m.ReportTo = reference, w.reports
	return w.vendor.Send(ctx, w.account, m)
}

// heard waits for the reports and gives them.
func (w *world) heard(t *testing.T) []sms.Report {
	t.Helper()
	if err := w.ReportsDone(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := errors.Join(w.errs...); err != nil {
		t.Error(err)
	}
	return w.read
}

func TestStandInSends(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.SetBalance(9.2)
	if left, known, err := w.vendor.Check(t.Context(), w.account); err != nil || !known || !left.Prepaid || left.Left != 9.2 {
		t.Errorf("%+v %v %v", left, known, err)
	}
	outcome, err := w.send(t.Context(), "sms_1")
	if err != nil || outcome.State != sms.Sent || outcome.Parts != 1 || outcome.VendorID == "" || outcome.Currency != "" {
		t.Fatalf("%+v %v", outcome, err)
	}
	sent := w.Sent()
	if len(sent) != 1 || sent[0].Body != text.Body || sent[0].From != "Tulp Zoon" || sent[0].Reference != "sms_1" || sent[0].Encoding != "gsm-7" || sent[0].ID != outcome.VendorID {
		t.Errorf("%+v", sent)
	}
	reports := w.heard(t)
	if len(reports) != 1 {
		t.Fatalf("%+v", reports)
	}
	got := reports[0]
	if got.Reference != "sms_1" || got.VendorID != outcome.VendorID || got.State != sms.Delivered || got.Price != 56_000 || got.Currency != "EUR" || got.Parts != 1 || got.Once == "" {
		t.Errorf("%+v", got)
	}
	for _, id := range []string{outcome.VendorID, ""} {
		found, err := w.vendor.Look(t.Context(), w.account, id, "sms_1", time.Now().Add(-time.Minute))
		if err != nil || found.State != sms.Delivered || found.Price != 56_000 || found.VendorID != outcome.VendorID {
			t.Errorf("looked for %q: %+v %v", id, found, err)
		}
	}
	if _, err := w.vendor.Look(t.Context(), w.account, "", "sms_2", time.Now().Add(-time.Minute)); !errors.Is(err, sms.ErrNoMessage) {
		t.Errorf("looked for what was never sent: %v", err)
	}
	// A repetition has the name of the first, by which it is known.
	if _, err := w.Repeat(t.Context(), w.Calls()[0]); err != nil {
		t.Fatal(err)
	}
	if again := w.heard(t); len(again) != 2 || again[1].Once != got.Once {
		t.Errorf("%+v", again)
	}
}

// What comes too late, or is lost, may have gone out: it is found, and did so once.
func TestStandInAnswersTooLate(t *testing.T) {
	t.Parallel()
	for name, behaviour := range map[string]emulate.Behaviour{
		"late": {Late: emulate.Duration(time.Minute)}, "lost": {Lost: true},
	} {
		w := newWorld(t)
		w.Script(text.To, behaviour)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // the message is there by then, on a busy machine too
		_, err := w.send(ctx, "sms_1")
		cancel()
		if err == nil || errors.Is(err, sms.ErrVendor) {
			t.Errorf("%s: %v", name, err)
		}
		if reports := w.heard(t); len(w.Sent()) != 1 || len(reports) != 1 || reports[0].Reference != "sms_1" || reports[0].State != sms.Delivered {
			t.Errorf("%s: %+v sent, %+v reported", name, w.Sent(), reports)
		}
		found, err := w.vendor.Look(t.Context(), w.account, "", "sms_1", time.Now().Add(-time.Minute))
		if err != nil || found.State != sms.Delivered || found.VendorID != w.Sent()[0].ID {
			t.Errorf("%s: found %+v %v", name, found, err)
		}
	}
}

func TestStandInTakesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Script(text.To, emulate.Behaviour{Cut: true})
	if _, err := w.send(t.Context(), "sms_1"); err == nil || errors.Is(err, sms.ErrVendor) {
		t.Errorf("%v", err)
	}
	if _, err := w.vendor.Look(t.Context(), w.account, "", "sms_1", time.Now().Add(-time.Minute)); !errors.Is(err, sms.ErrNoMessage) || len(w.Sent()) != 0 {
		t.Errorf("%v, %+v", err, w.Sent())
	}
}

func TestStandInRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for reason, want := range map[string]sms.Class{
		"2": sms.BadKey, "9": sms.BadNumber, "10": sms.BadSender, "10 originator": sms.BadSender, "9 recipients": sms.BadNumber, "20": sms.Other, "21": sms.Other,
		"25": sms.NoBalance, "98": sms.Other, "429": sms.Busy, "405": sms.Other, "77": sms.Other,
	} {
		w.Script(text.To, emulate.Behaviour{Reason: reason, RetryAfter: emulate.Duration(7 * time.Second), Times: 1})
		_, err := w.send(t.Context(), "sms_1")
		var refused *sms.VendorError
		if !errors.As(err, &refused) || refused.Class != want || (want == sms.Busy) != (refused.After == 7*time.Second) {
			t.Errorf("%s: %v", reason, err)
		}
	}
	for _, reason := range []string{"99", "500"} {
		w.Script(text.To, emulate.Behaviour{Reason: reason, Times: 1})
		if _, err := w.send(t.Context(), "sms_1"); err == nil || errors.Is(err, sms.ErrVendor) {
			t.Errorf("%s: %v", reason, err)
		}
	}
	w.SetBalance(0.01)
	if _, err := w.send(t.Context(), "sms_1"); !errors.Is(err, sms.ErrVendor) || !strings.Contains(err.Error(), string(sms.NoBalance)) {
		t.Errorf("without money: %v", err)
	}
	w.Revoke(w.account.Key)
	if _, err := w.send(t.Context(), "sms_1"); !errors.Is(err, sms.ErrVendor) || !strings.Contains(err.Error(), string(sms.BadKey)) {
		t.Errorf("with a revoked key: %v", err)
	}
	w.account.Key = w.TestKey()
	if _, err := w.send(t.Context(), "sms_1"); !errors.Is(err, sms.ErrVendor) || !strings.Contains(err.Error(), string(sms.TestKey)) {
		t.Errorf("with a test key: %v", err)
	}
	if len(w.Sent()) != 0 {
		t.Errorf("%+v", w.Sent())
	}
}

func TestStandInReports(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[string]struct {
		state  sms.State
		reason sms.Class
	}{
		"delivered": {sms.Delivered, ""}, "expired": {sms.Expired, ""}, "buffered": {sms.Sent, ""}, "delivery_failed 34": {sms.Failed, sms.Other},
		"delivery_failed 1": {sms.Failed, sms.BadNumber}, "delivery_failed 103": {sms.Failed, sms.BadNumber}, "delivery_failed 104": {sms.Failed, sms.BadSender},
	} {
		w := newWorld(t)
		w.Script(text.To, emulate.Behaviour{Outcome: outcome})
		if _, err := w.send(t.Context(), "sms_1"); err != nil {
			t.Fatal(err)
		}
		reports := w.heard(t)
		if len(reports) != 1 || reports[0].State != want.state || (want.reason != "" && reports[0].Reason != want.reason) {
			t.Errorf("%s: %+v", outcome, reports)
		}
	}
}
