package bird_test

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
	"example.com/aye/notify/bird"
	"example.com/aye/sms"
)

// world is a stand-in for Bird, an adapter that talks to it, and who takes its reports.
type world struct {
	*emulate.Bird

	vendor  *bird.Vendor
	account sms.Account

	mu   sync.Mutex
	read []sms.Report
	errs []error
}

func newWorld(t *testing.T) *world {
	t.Helper()
	b, err := emulate.StartBird(t.Context(), "127.0.0.1:0", emulate.WithReports(time.Millisecond, time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	b.SetPrice("NL", 0.056)
	w := &world{Bird: b, vendor: bird.New(bird.Config{Endpoint: b.URL(), RootCAs: b.CA()})}
	w.account = sms.Account{Key: b.Key(), Signing: b.Signing(), Sender: "Tulp Zoon"}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		report, err := w.vendor.Read(w.account, sms.Call{Method: r.Method, URL: "http://" + r.Host + r.URL.RequestURI(), Header: r.Header.Get, Body: body}, time.Now())
		w.mu.Lock()
		defer w.mu.Unlock()
		w.read, w.errs = append(w.read, report), append(w.errs, err)
	}))
	t.Cleanup(server.Close)
	b.SetWebhook(server.URL + "/v1/sms/reports/prv_1")
	return w
}

func (w *world) send(ctx context.Context, reference string) (sms.Outcome, error) {
	m := text
	m.Reference = reference
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
	if _, known, err := w.vendor.Check(t.Context(), w.account); err != nil || known {
		t.Errorf("%v %v", known, err)
	}
	outcome, err := w.send(t.Context(), "sms_1")
	if err != nil || outcome.State != sms.Accepted || outcome.Parts != 1 || outcome.VendorID == "" {
		t.Fatalf("%+v %v", outcome, err)
	}
	sent := w.Sent()
	if len(sent) != 1 || sent[0].Body != text.Body || sent[0].From != "Tulp Zoon" || sent[0].Reference != "sms_1" || sent[0].ID != outcome.VendorID {
		t.Errorf("%+v", sent)
	}
	reports := w.heard(t)
	if len(reports) != 2 || reports[0].State != sms.Sent || reports[1].State != sms.Delivered {
		t.Fatalf("%+v", reports)
	}
	if got := reports[1]; got.Reference != "sms_1" || got.VendorID != outcome.VendorID || got.Once == "" || got.Once == reports[0].Once {
		t.Errorf("%+v", got)
	}
	for _, id := range []string{outcome.VendorID, ""} {
		found, err := w.vendor.Look(t.Context(), w.account, id, "sms_1", time.Now().Add(-time.Minute))
		if err != nil || found.State != sms.Delivered || found.Price != 56_000 || found.Currency == "" || found.VendorID != outcome.VendorID {
			t.Errorf("looked for %q: %+v %v", id, found, err)
		}
	}
	if _, err := w.vendor.Look(t.Context(), w.account, "", "sms_2", time.Now().Add(-time.Minute)); !errors.Is(err, sms.ErrNoMessage) {
		t.Errorf("looked for what was never sent: %v", err)
	}
}

// An answer that was lost is asked for once more, and is the first's: one message went out.
func TestStandInLosesTheAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Script(text.To, emulate.Behaviour{Lost: true, Times: 1})
	outcome, err := w.send(t.Context(), "sms_1")
	if err != nil || outcome.State != sms.Accepted || len(w.Sent()) != 1 || w.Sent()[0].ID != outcome.VendorID {
		t.Errorf("%+v %v, %d sent", outcome, err, len(w.Sent()))
	}
	w.Script(text.To, emulate.Behaviour{Cut: true, Times: 1})
	outcome, err = w.send(t.Context(), "sms_2")
	if err != nil || outcome.State != sms.Accepted || len(w.Sent()) != 2 {
		t.Errorf("%+v %v, %d sent", outcome, err, len(w.Sent()))
	}
	w.Script(text.To, emulate.Behaviour{Cut: true, Times: 2})
	if _, err = w.send(t.Context(), "sms_3"); err == nil || errors.Is(err, sms.ErrVendor) || len(w.Sent()) != 2 {
		t.Errorf("%v, %d sent", err, len(w.Sent()))
	}
	if _, err := w.vendor.Look(t.Context(), w.account, "", "sms_3", time.Now().Add(-time.Minute)); !errors.Is(err, sms.ErrNoMessage) {
		t.Errorf("looked for what was not taken: %v", err)
	}
}

// What comes too late may have gone out: it is found, and did so once.
func TestStandInAnswersTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Script(text.To, emulate.Behaviour{Late: emulate.Duration(time.Minute)})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // the message is there by then, on a busy machine too
	defer cancel()
	if _, err := w.send(ctx, "sms_1"); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sms.ErrVendor) {
		t.Errorf("%v", err)
	}
	if reports := w.heard(t); len(w.Sent()) != 1 || len(reports) != 2 || reports[1].State != sms.Delivered {
		t.Errorf("%+v sent, %+v reported", w.Sent(), reports)
	}
	found, err := w.vendor.Look(t.Context(), w.account, "", "sms_1", time.Now().Add(-time.Minute))
	if err != nil || found.State != sms.Delivered || found.VendorID != w.Sent()[0].ID {
		t.Errorf("found %+v %v", found, err)
	}
}

func TestStandInRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for reason, want := range map[string]sms.Class{
		"Unauthorized": sms.BadKey, "Forbidden": sms.BadKey, "MisdirectedRequest": sms.BadKey, "InsufficientBalance": sms.NoBalance,
		"SMSInvalidRecipient": sms.BadNumber, "SMSNoEligibleSender": sms.BadSender, "SMSSenderNotConfigured": sms.BadSender, "SenderCategoryNotPermitted": sms.BadSender,
		"ValidationError": sms.Other, "InvalidRequest": sms.Other, "SMSUnsupportedFeature": sms.Other, "RateLimited": sms.Busy, "OfTomorrow": sms.Other,
	} {
		w.Script(text.To, emulate.Behaviour{Reason: reason, RetryAfter: emulate.Duration(7 * time.Second), Times: 1})
		_, err := w.send(t.Context(), "sms_"+reason)
		var refused *sms.VendorError
		if !errors.As(err, &refused) || refused.Class != want || (want == sms.Busy) != (refused.After == 7*time.Second) {
			t.Errorf("%s: %v", reason, err)
		}
	}
	for _, reason := range []string{"InternalError", "ServiceUnavailable", "RequestInProgress", "IdempotencyKeyReuse"} {
		w.Script(text.To, emulate.Behaviour{Reason: reason, Times: 1})
		if _, err := w.send(t.Context(), "sms_"+reason); err == nil || errors.Is(err, sms.ErrVendor) {
			t.Errorf("%s: %v", reason, err)
		}
	}
	a := w.account
	a.Sender = "+31687654321" // not the account's own
	if _, err := w.vendor.Send(t.Context(), a, text); !errors.Is(err, sms.ErrVendor) || !strings.Contains(err.Error(), string(sms.BadSender)) {
		t.Errorf("another's number: %v", err)
	}
	w.Revoke(w.account.Key)
	if _, err := w.send(t.Context(), "sms_1"); !errors.Is(err, sms.ErrVendor) || !strings.Contains(err.Error(), string(sms.BadKey)) {
		t.Errorf("with a revoked key: %v", err)
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
		"delivered": {sms.Delivered, ""}, "expired": {sms.Expired, ""}, "undelivered unreachable": {sms.Failed, sms.BadNumber},
		"failed content_rejected": {sms.Failed, sms.Other}, "failed sender_unregistered": {sms.Failed, sms.BadSender}, "rejected insufficient_balance": {sms.Failed, sms.NoBalance},
	} {
		w := newWorld(t)
		w.Script(text.To, emulate.Behaviour{Outcome: outcome})
		if _, err := w.send(t.Context(), "sms_1"); err != nil {
			t.Fatal(err)
		}
		reports := w.heard(t)
		if len(reports) == 0 {
			t.Errorf("%s: nothing was heard", outcome)
			continue
		}
		if last := reports[len(reports)-1]; last.State != want.state || (want.reason != "" && last.Reason != want.reason) || last.Reference != "sms_1" {
			t.Errorf("%s: %+v", outcome, reports)
		}
	}
}
