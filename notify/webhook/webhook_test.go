package webhook_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/aye/internal/secret"
	"example.com/aye/notify/webhook"
)

const key secret.Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func now() time.Time { return time.Unix(1614265330, 0) }

func message(url string) webhook.Message {
	return webhook.Message{ID: "msg_1", URL: url, Secret: key, Type: "approval.reported", At: now(), Data: map[string]any{"id": "apr_1"}}
}

// TestSign holds the signature to the example of the Standard Webhooks specification.
func TestSign(t *testing.T) {
	t.Parallel()
	got, err := webhook.Sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("%s %v, want %s", got, err, want)
	}
	if _, err := webhook.Sign("whsec_?", "msg_1", "1", nil); err == nil || strings.Contains(err.Error(), "whsec_") {
		t.Errorf("a broken secret: %v", err)
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got, body = r, string(text)
		rw.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	if err := webhook.NewSender(true, now).Send(t.Context(), message(server.URL)); err != nil {
		t.Fatal(err)
	}
	if body != `{"data":{"id":"apr_1"},"timestamp":"2021-02-25T15:02:10Z","type":"approval.reported"}` {
		t.Error(body)
	}
	signature, _ := webhook.Sign(key, "msg_1", "1614265330", []byte(body))
	for name, want := range map[string]string{
		"Webhook-Id": "msg_1", "Webhook-Timestamp": "1614265330", "Webhook-Signature": signature,
		"Content-Type": "application/json", "User-Agent": "Aye",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Header.Get(name), want)
		}
	}
}

func TestAnswersThatAreNoAnswer(t *testing.T) {
	t.Parallel()
	asked := false
	secret := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer secret.Close()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(rw, r, secret.URL, http.StatusTemporaryRedirect)
		case "/gone":
			rw.WriteHeader(http.StatusGone)
		case "/broken":
			panic(http.ErrAbortHandler)
		}
	}))
	defer server.Close()
	for _, path := range []string{"/moved", "/gone", "/broken"} {
		if err := webhook.NewSender(true, now).Send(t.Context(), message(server.URL+path)); !errors.Is(err, webhook.ErrRefused) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if asked {
		t.Error("a redirect was followed")
	}
	for _, url := range []string{"http://127.0.0.1:1/", "::", "http://no-such-host.invalid/hook?token=canary"} {
		if err := webhook.NewSender(true, now).Send(t.Context(), message(url)); !errors.Is(err, webhook.ErrRefused) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", url, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := webhook.NewSender(true, now).Send(ended, message(server.URL)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestThreatWebhookIntoTheNetwork keeps a webhook from being a way into the house.
func TestThreatWebhookIntoTheNetwork(t *testing.T) {
	t.Parallel()
	asked := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	for _, host := range []string{
		"127.0.0.1", "localhost", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
		"[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[fe80::1]", "[fd00::1]", "[ff02::1]", "224.0.0.1", "255.255.255.255",
		"[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "[2001::1]", "[fec0::1]", "0.1.2.3", "192.0.0.192", "198.18.0.1", "240.0.0.1",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		err := webhook.NewSender(false, now).Send(ctx, message("http://"+host+port))
		cancel()
		if !errors.Is(err, webhook.ErrRefused) || !strings.Contains(err.Error(), "not a public address") {
			t.Errorf("%s: %v", host, err)
		}
	}
	if asked {
		t.Error("somebody in the house was asked")
	}
}
