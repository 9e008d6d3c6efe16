package apns_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/aye/internal/emulate"
	"example.com/aye/internal/leaktest"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/notify/apns"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const (
	topic   = "com.example.aye"
	address = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"
)

// world is an Apple and a sender that talks to it.
type world struct {
	apple  *emulate.APNs
	sender *apns.Sender
}

func newWorld(t *testing.T, options ...emulate.Option) world {
	t.Helper()
	apple, err := emulate.StartAPNs(t.Context(), "127.0.0.1:0", options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(apple.Close)
	return world{apple, newSender(t, apple, nil)}
}

func newSender(t *testing.T, apple *emulate.APNs, change func(*apns.Config)) *apns.Sender {
	t.Helper()
	key := must[secret.Secret](t)(apple.Key())
	config := apns.Config{
		Key: key, KeyID: apple.KeyID(), TeamID: apple.TeamID(), Topic: topic,
		Environment: notify.EnvironmentProduction, Host: apple.URL(), RootCAs: apple.CA(),
	}
	if change != nil {
		change(&config)
	}
	sender, err := apns.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sender.Close)
	return sender
}

func (w world) send(t *testing.T, to secret.Secret) notify.Outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	return w.sender.Send(ctx,
		notify.Target{Device: "dev_1", Provider: notify.ProviderAPNs, App: topic, Address: to},
		notify.Message{
			Kind: notify.MessageApproval, Reference: "apr_1", Device: "dev_1",
			Title: "Accept login request?", Expires: time.Now().Add(time.Minute),
		})
}

func TestSendReachesThePhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	outcome := w.send(t, address)
	if outcome.Class != notify.Accepted || len(outcome.ProviderID) != 36 {
		t.Fatalf("outcome: %+v", outcome)
	}
	got, err := w.apple.Next(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != outcome.ProviderID || got.PushType != "alert" || got.Priority != "10" || got.CollapseID != "apr_1" ||
		time.Until(got.Expires) > time.Minute || !json.Valid(got.Payload) {
		t.Errorf("delivery: %+v", got)
	}
	withdraw := w.sender.Send(t.Context(), notify.Target{Address: address},
		notify.Message{Kind: notify.MessageWithdraw, Reference: "apr_1", Expires: time.Now().Add(time.Minute)})
	if withdraw.Class != notify.Accepted {
		t.Errorf("withdraw: %+v", withdraw)
	}
}

func TestEveryAnswerOfApple(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	since := time.Unix(1_700_000_000, 0)
	retry := emulate.Duration(7 * time.Second)
	tests := map[string]struct {
		behaviour emulate.Behaviour
		class     notify.Class
		status    int
	}{
		"Unregistered": {emulate.Behaviour{Since: since}, notify.Dead, 410},
		"ExpiredToken": {emulate.Behaviour{Since: since}, notify.Dead, 410},

		"BadDeviceToken":         {emulate.Behaviour{}, notify.Suspect, 400},
		"MissingDeviceToken":     {emulate.Behaviour{}, notify.Suspect, 400},
		"DeviceTokenNotForTopic": {emulate.Behaviour{}, notify.Suspect, 400},
		"TopicDisallowed":        {emulate.Behaviour{}, notify.Suspect, 400},

		"BadTopic":                   {emulate.Behaviour{}, notify.Misconfigured, 400},
		"MissingTopic":               {emulate.Behaviour{}, notify.Misconfigured, 400},
		"BadCertificate":             {emulate.Behaviour{}, notify.Misconfigured, 403},
		"BadCertificateEnvironment":  {emulate.Behaviour{}, notify.Misconfigured, 403},
		"ExpiredProviderToken":       {emulate.Behaviour{}, notify.Misconfigured, 403},
		"Forbidden":                  {emulate.Behaviour{}, notify.Misconfigured, 403},
		"InvalidProviderToken":       {emulate.Behaviour{}, notify.Misconfigured, 403},
		"MissingProviderToken":       {emulate.Behaviour{}, notify.Misconfigured, 403},
		"UnrelatedKeyIdInToken":      {emulate.Behaviour{}, notify.Misconfigured, 403},
		"BadEnvironmentKeyIdInToken": {emulate.Behaviour{}, notify.Misconfigured, 403},
		"BadEnvironmentKeyInToken":   {emulate.Behaviour{}, notify.Misconfigured, 403},

		"TooManyRequests":             {emulate.Behaviour{RetryAfter: retry}, notify.Retry, 429},
		"TooManyProviderTokenUpdates": {emulate.Behaviour{RetryAfter: retry}, notify.Retry, 429},
		"InternalServerError":         {emulate.Behaviour{RetryAfter: retry}, notify.Retry, 500},
		"ServiceUnavailable":          {emulate.Behaviour{RetryAfter: retry}, notify.Retry, 503},
		"Shutdown":                    {emulate.Behaviour{RetryAfter: retry}, notify.Retry, 503},
		"IdleTimeout":                 {emulate.Behaviour{RetryAfter: retry}, notify.Retry, 400},

		"BadCollapseId":     {emulate.Behaviour{}, notify.Rejected, 400},
		"BadExpirationDate": {emulate.Behaviour{}, notify.Rejected, 400},
		"BadMessageId":      {emulate.Behaviour{}, notify.Rejected, 400},
		"BadPriority":       {emulate.Behaviour{}, notify.Rejected, 400},
		"DuplicateHeaders":  {emulate.Behaviour{}, notify.Rejected, 400},
		"InvalidPushType":   {emulate.Behaviour{}, notify.Rejected, 400},
		"PayloadEmpty":      {emulate.Behaviour{}, notify.Rejected, 400},
		"PayloadTooLarge":   {emulate.Behaviour{}, notify.Rejected, 413},
		"BadPath":           {emulate.Behaviour{}, notify.Rejected, 404},
		"MethodNotAllowed":  {emulate.Behaviour{}, notify.Rejected, 405},
	}
	number := 0
	for reason, test := range tests {
		number++
		to := secret.Secret(address[:60] + "00" + string("0123456789abcdef"[number/16]) + string("0123456789abcdef"[number%16]))
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			test.behaviour.Reason = reason
			w.apple.Script(to.Reveal(), test.behaviour)
			got := w.send(t, to)
			if got.Detail == "" {
				t.Error("no words for people")
			}
			got.Detail = ""
			want := notify.Outcome{
				Class: test.class, Reason: reason, Status: test.status,
				Since: test.behaviour.Since, After: time.Duration(test.behaviour.RetryAfter),
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStrangeAnswers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		behaviour emulate.Behaviour
		class     notify.Class
		reason    string
	}{
		"a proxy's 503":           {emulate.Behaviour{Status: 503, Body: "<html>", RetryAfter: emulate.Duration(time.Second)}, notify.Retry, notify.ReasonUnknown},
		"a proxy's 502":           {emulate.Behaviour{Status: 502, Body: "<html>"}, notify.Retry, notify.ReasonUnknown},
		"a login page":            {emulate.Behaviour{Status: 200, Body: "<html>"}, notify.Retry, notify.ReasonUnknown},
		"a reason of tomorrow":    {emulate.Behaviour{Status: 400, Reason: "Novelty"}, notify.Rejected, "Novelty"},
		"an unknown 403":          {emulate.Behaviour{Status: 403, Reason: "Novelty"}, notify.Misconfigured, "Novelty"},
		"an unknown 410":          {emulate.Behaviour{Status: 410, Reason: "Novelty"}, notify.Suspect, "Novelty"},
		"a dead word under 400":   {emulate.Behaviour{Status: 400, Reason: "Unregistered"}, notify.Suspect, "Unregistered"},
		"an unknown 429":          {emulate.Behaviour{Status: 429, Reason: "Novelty"}, notify.Retry, "Novelty"},
		"a reason with a newline": {emulate.Behaviour{Status: 400, Reason: "Bad\nnews"}, notify.Rejected, notify.ReasonUnknown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.apple.Script(address, test.behaviour)
			got := w.send(t, address)
			if got.Class != test.class || got.Reason != test.reason || got.Status != test.behaviour.Status ||
				got.After != time.Duration(test.behaviour.RetryAfter) {
				t.Errorf("outcome: %+v", got)
			}
		})
	}
}

func TestAddressCannotChooseThePath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, to := range []secret.Secret{"", "../../1/other", "abc/def", "ab%2f", "ab?x=y", "zz"} {
		if got := w.send(t, to); got.Class != notify.Suspect || got.Status != 0 {
			t.Errorf("%q: %+v", to.Reveal(), got)
		}
	}
	if n := w.apple.Connections(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

func TestWrongSettings(t *testing.T) {
	t.Parallel()
	apple := newWorld(t).apple
	apple.Register(address, emulate.Registration{Environment: "sandbox"})
	other := address[:62] + "aa"
	apple.Register(other, emulate.Registration{Topic: "com.example.other"})
	w := world{apple, newSender(t, apple, nil)}
	if got := w.send(t, address); got.Class != notify.Suspect || got.Reason != "BadDeviceToken" {
		t.Errorf("sandbox address in production: %+v", got)
	}
	if got := w.send(t, secret.Secret(other)); got.Class != notify.Suspect || got.Reason != "DeviceTokenNotForTopic" {
		t.Errorf("another app's address: %+v", got)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.sender.Check(t.Context()); err != nil {
		t.Errorf("good credentials: %v", err)
	}
	for name, change := range map[string]func(*apns.Config){
		"another key id":  func(c *apns.Config) { c.KeyID = "ABCDEFGHIJ" },
		"another team id": func(c *apns.Config) { c.TeamID = "ABCDEFGHIJ" },
	} {
		if err := newSender(t, w.apple, change).Check(t.Context()); err == nil || !strings.Contains(err.Error(), "InvalidProviderToken") {
			t.Errorf("%s: %v", name, err)
		}
	}
	ahead := newWorld(t, emulate.WithClock(func() time.Time { return time.Now().Add(2 * time.Hour) }))
	if err := ahead.sender.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "ExpiredProviderToken") {
		t.Errorf("a clock that is off: %v", err)
	}
	ahead.apple.Close()
	if err := ahead.sender.Check(t.Context()); err == nil {
		t.Error("an Apple that is gone: no error")
	}
}

func TestUnknownCertificateIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sender = newSender(t, w.apple, func(c *apns.Config) { c.RootCAs = nil })
	if got := w.send(t, address); got.Reason != notify.ReasonUnreachable || len(w.apple.Inbox(address)) != 0 {
		t.Errorf("outcome: %+v", got)
	}
}

func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := must[secret.Secret](t)(w.apple.Key())
	good := apns.Config{Key: key, KeyID: "ABCDEFGHIJ", TeamID: "ABCDEFGHIJ", Topic: topic, Environment: "sandbox"}
	if _, err := apns.New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*apns.Config){
		"no key":           func(c *apns.Config) { c.Key = "" },
		"not a key":        func(c *apns.Config) { c.Key = "hello" },
		"short key id":     func(c *apns.Config) { c.KeyID = "A" },
		"no team":          func(c *apns.Config) { c.TeamID = "" },
		"no topic":         func(c *apns.Config) { c.Topic = "" },
		"no environment":   func(c *apns.Config) { c.Environment = "" },
		"odd environment":  func(c *apns.Config) { c.Environment = "test" },
		"key not of P-256": func(c *apns.Config) { c.Key = p384(t) },
	} {
		config := good
		change(&config)
		if _, err := apns.New(config); err == nil || strings.Contains(err.Error(), "hello") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// p384 is a key on a curve that Apple does not use.
func p384(t *testing.T) secret.Secret {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return secret.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func TestFirstPushGoesAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			if outcome := w.send(t, address); outcome.Class != notify.Accepted {
				t.Errorf("outcome: %+v", outcome)
			}
		})
	}
	all.Wait()
	if n := w.apple.Connections(); n != 1 {
		t.Errorf("%d connections were made, want 1", n)
	}
	if n := w.apple.MostStreams(); n < 2 {
		t.Errorf("%d pushes at once, want more", n)
	}
}

func TestGoAwayUnderLoadLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const waves, each = 4, 100
	for range waves {
		w.apple.Script(address, emulate.Behaviour{GoAway: true, Times: 1})
		var all sync.WaitGroup
		for range each {
			all.Go(func() {
				if outcome := w.send(t, address); outcome.Class != notify.Accepted {
					t.Errorf("outcome: %+v", outcome)
				}
			})
		}
		all.Wait()
	}
	if n := len(w.apple.Inbox(address)); n != waves*each {
		t.Errorf("%d pushes arrived, want %d", n, waves*each)
	}
	// One connection per farewell, and not one per push.
	if n := w.apple.Connections(); n < 2 || n > 10*waves {
		t.Errorf("%d connections were made", n)
	}
}

func TestLostConnectionIsTriedOnceMore(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		behaviour emulate.Behaviour
		arrived   int
	}{
		"answer lost":        {emulate.Behaviour{Lost: true, Times: 1}, 2}, // the phone drops the second
		"cut before":         {emulate.Behaviour{Cut: true, Times: 1}, 1},
		"told to come again": {emulate.Behaviour{GoAway: true, Times: 1}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.apple.Script(address, test.behaviour)
			if outcome := w.send(t, address); outcome.Class != notify.Accepted {
				t.Errorf("outcome: %+v", outcome)
			}
			if n := len(w.apple.Inbox(address)); n != test.arrived {
				t.Errorf("%d pushes arrived, want %d", n, test.arrived)
			}
		})
	}
	t.Run("and not for ever", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.apple.Script(address, emulate.Behaviour{Cut: true})
		if outcome := w.send(t, address); outcome.Class != notify.Retry || outcome.Reason != notify.ReasonUnreachable {
			t.Errorf("outcome: %+v", outcome)
		}
	})
}

func TestDeadlineIsKept(t *testing.T) {
	t.Parallel()
	for name, behaviour := range map[string]emulate.Behaviour{
		"silent":     {Silent: true},
		"black hole": {Blackhole: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.apple.Script(address, behaviour)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			outcome := w.sender.Send(ctx, notify.Target{Address: address}, notify.Message{Reference: "r", Expires: time.Now().Add(time.Minute)})
			if outcome.Class != notify.Retry || outcome.Reason != notify.ReasonTimeout {
				t.Errorf("outcome: %+v", outcome)
			}
		})
	}
}

func TestDeadConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if outcome := w.send(t, address); outcome.Class != notify.Accepted {
		t.Fatalf("outcome: %+v", outcome)
	}
	w.apple.Script(address, emulate.Behaviour{Blackhole: true, Times: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second) // two of silence are enough; the others are for a busy machine
	defer cancel()
	outcome := w.sender.Send(ctx, notify.Target{Address: address}, notify.Message{Expires: time.Now().Add(time.Minute)})
	if outcome.Reason != notify.ReasonTimeout {
		t.Errorf("in the black hole: %+v", outcome)
	}
	began := time.Now()
	// Without that, HTTP/2 itself would notice after twenty.
	if outcome := w.send(t, address); outcome.Class != notify.Accepted || time.Since(began) > 10*time.Second {
		t.Errorf("after it: %+v in %v", outcome, time.Since(began))
	}
}

func TestExpiredProviderTokenIsRefreshedOncePerTwentyMinutes(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	w := newWorld(t, emulate.WithClock(clock))
	w.sender = newSender(t, w.apple, func(c *apns.Config) { c.Now = clock })
	expired := emulate.Behaviour{Reason: "ExpiredProviderToken", Status: http.StatusForbidden, Times: 1}
	expect := func(when string, want notify.Class) {
		t.Helper()
		w.apple.Script(address, expired)
		if got := w.send(t, address); got.Class != want {
			t.Errorf("%s: %+v", when, got)
		}
		w.apple.Script(address)
	}
	expect("a fresh token", notify.Misconfigured)
	ahead.Store(int64(21 * time.Minute))
	expect("after 21 minutes", notify.Accepted)
	expect("right after", notify.Misconfigured)
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
