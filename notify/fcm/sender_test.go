package fcm_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/aye/internal/emulate"
	"example.com/aye/internal/leaktest"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/notify/fcm"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const address = "cX1fakePhone:APA91bExample"

// world is a Google and a sender that talks to it.
type world struct {
	google *emulate.FCM
	sender *fcm.Sender
}

func newWorld(t *testing.T, options ...emulate.Option) world {
	t.Helper()
	google, err := emulate.StartFCM(t.Context(), "127.0.0.1:0", options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(google.Close)
	account := must[secret.Secret](t)(google.ServiceAccountJSON())
	sender := newSender(t, google, account)
	return world{google, sender}
}

func newSender(t *testing.T, google *emulate.FCM, account secret.Secret) *fcm.Sender {
	t.Helper()
	sender, err := fcm.New(t.Context(), fcm.Config{
		CredentialsJSON: account, Endpoint: google.URL(), HTTPClient: google.HTTPClient(),
	})
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
		notify.Target{Device: "dev_1", Provider: notify.ProviderFCM, App: "com.example", Kind: notify.AddressToken, Address: to},
		notify.Message{
			Kind: notify.MessageApproval, Reference: "apr_1", Device: "dev_1",
			Title: "Accept login request?", Expires: time.Now().Add(time.Minute),
		})
}

func TestSendReachesThePhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	outcome := w.send(t, address)
	if outcome.Class != notify.Accepted || !strings.HasPrefix(outcome.ProviderID, "projects/"+w.google.Project()+"/messages/") {
		t.Fatalf("outcome: %+v", outcome)
	}
	got, err := w.google.Next(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	var data map[string]string
	if err := json.Unmarshal(got.Payload, &data); err != nil {
		t.Fatal(err)
	}
	delete(data, "expires")
	want := map[string]string{"aye": "1", "type": "approval", "ref": "apr_1", "device": "dev_1", "title": "Accept login request?"}
	if diff := cmp.Diff(want, data); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	if got.Priority != "high" || got.CollapseID != "apr_1" || time.Until(got.Expires) > time.Minute {
		t.Errorf("delivery: %+v", got)
	}
}

func TestEveryAnswerOfGoogle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := map[string]struct {
		behaviour emulate.Behaviour
		class     notify.Class
		reason    string
		status    int
		after     time.Duration
	}{
		"app removed":         {emulate.Behaviour{Reason: "UNREGISTERED"}, notify.Dead, "UNREGISTERED", 404, 0},
		"bad address":         {emulate.Behaviour{Reason: "INVALID_ARGUMENT"}, notify.Suspect, "INVALID_ARGUMENT", 400, 0},
		"bad message":         {emulate.Behaviour{Reason: "BAD_REQUEST"}, notify.Suspect, "INVALID_ARGUMENT", 400, 0},
		"another project":     {emulate.Behaviour{Reason: "SENDER_ID_MISMATCH"}, notify.Suspect, "SENDER_ID_MISMATCH", 403, 0},
		"not allowed":         {emulate.Behaviour{Reason: "PERMISSION_DENIED"}, notify.Misconfigured, "PERMISSION_DENIED", 403, 0},
		"no such project":     {emulate.Behaviour{Reason: "NOT_FOUND"}, notify.Misconfigured, "NOT_FOUND", 404, 0},
		"apple's key missing": {emulate.Behaviour{Reason: "THIRD_PARTY_AUTH_ERROR"}, notify.Misconfigured, "THIRD_PARTY_AUTH_ERROR", 401, 0},
		"token refused twice": {emulate.Behaviour{Reason: "UNAUTHENTICATED"}, notify.Misconfigured, "UNAUTHENTICATED", 401, 0},
		"throttled": {
			emulate.Behaviour{Reason: "QUOTA_EXCEEDED", RetryAfter: emulate.Duration(30 * time.Second)},
			notify.Retry, "QUOTA_EXCEEDED", 429, 30 * time.Second,
		},
		"internal": {emulate.Behaviour{Reason: "INTERNAL"}, notify.Retry, "INTERNAL", 500, 0},
		"unavailable": {
			emulate.Behaviour{Reason: "UNAVAILABLE", RetryAfter: emulate.Duration(2 * time.Second)},
			notify.Retry, "UNAVAILABLE", 503, 2 * time.Second,
		},
		"a proxy's page":    {emulate.Behaviour{Status: 503, Body: "<html>busy</html>"}, notify.Retry, notify.ReasonUnknown, 503, 0},
		"bad gateway":       {emulate.Behaviour{Status: 502, Body: "<html>bad</html>"}, notify.Retry, notify.ReasonUnknown, 502, 0},
		"a login page":      {emulate.Behaviour{Status: 200, Body: "<html>welcome</html>"}, notify.Retry, notify.ReasonUnknown, 200, 0},
		"a redirect":        {emulate.Behaviour{Status: 302, Body: "<html>over there</html>"}, notify.Retry, notify.ReasonUnknown, 302, 0},
		"connection broken": {emulate.Behaviour{Cut: true}, notify.Retry, notify.ReasonUnreachable, 0, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := w
			if test.behaviour.Cut { // breaks the connection of the others
				w = newWorld(t)
			}
			to := secret.Secret("phone-of-" + strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), "'", ""))
			w.google.Script(to.Reveal(), test.behaviour)
			got := w.send(t, to)
			if got.Detail == "" {
				t.Error("no words for people")
			}
			got.Detail = ""
			want := notify.Outcome{Class: test.class, Reason: test.reason, Status: test.status, After: test.after}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("outcome (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLibraryDoesNotResend(t *testing.T) {
	t.Parallel()
	for name, behaviour := range map[string]emulate.Behaviour{
		"unavailable": {Reason: "UNAVAILABLE", Times: 1},
		"answer lost": {Lost: true, Times: 1},
		"cut":         {Cut: true, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.google.Script(address, behaviour)
			began := time.Now()
			outcome := w.send(t, address)
			if outcome.Class != notify.Retry {
				t.Errorf("a second request was made: %+v", outcome)
			}
			if n := len(w.google.Inbox(address)); behaviour.Lost && n != 1 || !behaviour.Lost && n != 0 {
				t.Errorf("the phone got %d pushes", n)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestDeadlineIsKept(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]struct {
		address   string
		behaviour emulate.Behaviour
	}{
		"silent send":     {address, emulate.Behaviour{Silent: true}},
		"black hole":      {address, emulate.Behaviour{Blackhole: true}},
		"silent login":    {emulate.Login, emulate.Behaviour{Silent: true}},
		"long retry wait": {emulate.Login, emulate.Behaviour{Delay: emulate.Duration(time.Minute)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.google.Script(script.address, script.behaviour)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			began := time.Now()
			outcome := w.sender.Send(ctx, notify.Target{Address: address}, notify.Message{Expires: began.Add(time.Minute)})
			if outcome.Class != notify.Retry || outcome.Reason != notify.ReasonTimeout {
				t.Errorf("outcome: %+v", outcome)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		behaviour emulate.Behaviour
		class     notify.Class
		reason    string
	}{
		"key revoked":  {emulate.Behaviour{Reason: "invalid_grant"}, notify.Misconfigured, "invalid_grant"},
		"scope denied": {emulate.Behaviour{Reason: "invalid_scope"}, notify.Misconfigured, "invalid_scope"},
		"down":         {emulate.Behaviour{Status: 503, Body: "<html>"}, notify.Retry, notify.ReasonUnknown},
		"throttled":    {emulate.Behaviour{Reason: "rate_limit_exceeded", Status: 429}, notify.Retry, "rate_limit_exceeded"},
		"cut":          {emulate.Behaviour{Cut: true}, notify.Retry, notify.ReasonUnreachable},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.google.Script(emulate.Login, test.behaviour)
			got := w.send(t, address)
			if got.Class != test.class || got.Reason != test.reason {
				t.Errorf("got %+v", got)
			}
			if w.sender.Check(t.Context()) == nil {
				t.Error("Check found nothing wrong")
			}
			if len(w.google.Inbox(address)) != 0 {
				t.Error("a push went out without a login")
			}
		})
	}
}

func TestAccessTokenThatEndsEarlyIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 3 {
		if outcome := w.send(t, address); outcome.Class != notify.Accepted {
			t.Fatalf("outcome: %+v", outcome)
		}
		w.google.RevokeTokens()
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.sender.Check(t.Context()); err != nil {
		t.Errorf("good credentials: %v", err)
	}
	w.google.Script(emulate.Everyone, emulate.Behaviour{Reason: "PERMISSION_DENIED"})
	if outcome := w.send(t, address); outcome.Class != notify.Misconfigured {
		t.Errorf("outcome: %+v", outcome)
	}
	w.google.Close()
	if err := w.sender.Check(t.Context()); err == nil {
		t.Error("a Google that is gone: no error")
	}
}

func TestBadCredentials(t *testing.T) {
	t.Parallel()
	google := newWorld(t).google
	account := must[secret.Secret](t)(google.ServiceAccountJSON())
	change := func(name, value string) secret.Secret {
		var file map[string]string
		if err := json.Unmarshal([]byte(account.Reveal()), &file); err != nil {
			t.Fatal(err)
		}
		file[name] = value
		text, err := json.Marshal(file)
		if err != nil {
			t.Fatal(err)
		}
		return secret.Secret(text)
	}
	for name, credentials := range map[string]secret.Secret{
		"nothing":        "",
		"not JSON":       "hello",
		"not an account": `{"type": "authorized_user"}`,
		"no project":     change("project_id", ""),
		"no key":         change("private_key", ""),
		"a broken key":   change("private_key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := fcm.New(t.Context(), fcm.Config{CredentialsJSON: credentials})
			if err == nil {
				t.Fatal("no error")
			}
			if strings.Contains(err.Error(), "PRIVATE") || strings.Contains(err.Error(), "hello") {
				t.Errorf("the error shows the credentials: %v", err)
			}
		})
	}
	for name, test := range map[string]struct {
		account secret.Secret
		reason  string
	}{
		"another key id":  {change("private_key_id", "other"), "invalid_grant"},
		"another account": {change("client_email", "other@example.com"), "invalid_grant"},
		"another project": {change("project_id", "other"), "PERMISSION_DENIED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := newSender(t, google, test.account).Check(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("Check: %v", err)
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
	w.google.Script(address, emulate.Behaviour{Blackhole: true, Times: 1})
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

func TestUnknownCertificateIsRefused(t *testing.T) {
	t.Parallel()
	google := newWorld(t).google
	sender, err := fcm.New(t.Context(), fcm.Config{CredentialsJSON: must[secret.Secret](t)(google.ServiceAccountJSON()), Endpoint: google.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sender.Close)
	if got := (world{google, sender}).send(t, address); got.Reason != notify.ReasonUnreachable || len(google.Inbox(address)) != 0 {
		t.Errorf("outcome: %+v", got)
	}
}

func TestGoAwayLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.google.Script(address, emulate.Behaviour{GoAway: true, Times: 1})
	for n := range 5 {
		if outcome := w.send(t, address); outcome.Class != notify.Accepted {
			t.Fatalf("push %d: %+v", n, outcome)
		}
	}
	if n := len(w.google.Inbox(address)); n != 5 {
		t.Errorf("%d pushes arrived, want 5", n)
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
