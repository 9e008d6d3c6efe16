package bird_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/aye/notify/bird"
	"example.com/aye/sms"
)

// TestRepeated has what happens when no answer came: one more call, the same to the byte, and what is said of
// the second settles the first only where the key proves it.
func TestRepeated(t *testing.T) {
	t.Parallel()
	taken := says(http.StatusAccepted, messageWith(fresh))
	const replay = "Idempotency-Replay"
	for name, test := range map[string]struct {
		answers []http.HandlerFunc
		want    string // accepted, refused or unclear
		calls   int
	}{
		"cut, then taken":              {[]http.HandlerFunc{cut, taken}, "accepted", 2},
		"cut inside, then taken":       {[]http.HandlerFunc{cutInside, taken}, "accepted", 2},
		"cut, then the first's answer": {[]http.HandlerFunc{cut, says(202, messageWith(fresh), replay, "true")}, "accepted", 2},
		"cut, then the first's no":     {[]http.HandlerFunc{cut, says(422, e("validation_error", "E01001", "ValidationError", ""), replay, "true")}, "refused", 2},
		"cut, then a no of its own":    {[]http.HandlerFunc{cut, says(422, e("validation_error", "E01001", "ValidationError", ""))}, "unclear", 2},
		"cut, then too many":           {[]http.HandlerFunc{cut, says(429, e("rate_limit_error", "E01009", "RateLimited", ""), "Retry-After", "1")}, "unclear", 2},
		"cut, then no money":           {[]http.HandlerFunc{cut, says(402, e("billing_error", "E03001", "InsufficientBalance", ""))}, "unclear", 2},
		"cut, then under way":          {[]http.HandlerFunc{cut, says(409, e("conflict_error", "E01004", "RequestInProgress", ""))}, "unclear", 2},
		"cut, then rejected":           {[]http.HandlerFunc{cut, says(202, messageWith(`"status":"rejected","last_error":{"code":"insufficient_balance"}`))}, "refused", 2},
		"cut, then down":               {[]http.HandlerFunc{cut, says(503, "")}, "unclear", 2},
		"cut twice, and no third time": {[]http.HandlerFunc{cut, cut, taken}, "unclear", 2},
		"an answer is not repeated":    {[]http.HandlerFunc{says(503, ""), taken}, "unclear", 1},
		"nor one of no use":            {[]http.HandlerFunc{says(200, "<html>"), taken}, "unclear", 1},
		"nor too many":                 {[]http.HandlerFunc{says(429, "", "Retry-After", "0"), taken}, "refused", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, test.answers...)
			outcome, err := v.Send(t.Context(), account, text)
			got := "unclear"
			switch {
			case err == nil && outcome.State == sms.Accepted && outcome.VendorID == id:
				got = "accepted"
			case errors.Is(err, sms.ErrVendor):
				got = "refused"
			case err == nil:
				got = fmt.Sprintf("%+v", outcome)
			}
			came := v.requests()
			if got != test.want || len(came) != test.calls {
				t.Errorf("%s (%v) after %d calls, want %s after %d", got, err, len(came), test.want, test.calls)
			}
			for _, r := range came {
				if diff := cmp.Diff(came[0], r, cmp.AllowUnexported(request{})); diff != "" {
					t.Errorf("the second is not the first:\n%s", diff)
				}
			}
		})
	}
}

// Where the time is up during the pause, nothing goes out once more.
func TestNotRepeatedTooLate(t *testing.T) {
	t.Parallel()
	v := newVendor(t, cut)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	v.then = cancel
	if _, err := v.Send(ctx, account, text); err == nil || errors.Is(err, sms.ErrVendor) || len(v.requests()) != 1 {
		t.Errorf("%v after %d calls", err, len(v.requests()))
	}
}

// The second call cannot leave: the first may have arrived all the same.
func TestRepeatedIntoNothing(t *testing.T) {
	t.Parallel()
	var server *httptest.Server
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_ = server.Listener.Close()
		cut(rw, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	_, err := bird.New(bird.Config{Endpoint: server.URL, RootCAs: roots}).Send(t.Context(), account, text)
	if err == nil || errors.Is(err, sms.ErrVendor) {
		t.Errorf("%v", err)
	}
}
