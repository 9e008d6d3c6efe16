package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/alerts"
	"example.com/aye/notify/webhook"
)

// TestMain lets this machine trust the certificate of the receivers here: it stands in the file of the roots.
func TestMain(m *testing.M) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	root := server.Certificate().Raw
	server.Close()
	folder, err := os.MkdirTemp("", "aye-roots")
	if err == nil {
		file := filepath.Join(folder, "roots.pem")
		err = os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root}), 0o600)
		err = errors.Join(err, os.Setenv("SSL_CERT_FILE", file))
	}
	if err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// verify is the reference algorithm of standardwebhooks.com, written down from its specification and its libraries.
func verify(key string, h http.Header, body []byte, now time.Time) error {
	seconds, err := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	if err != nil {
		return err
	}
	const tolerance = 5 * 60
	if seconds < now.Unix()-tolerance || seconds > now.Unix()+tolerance {
		return errors.New("the timestamp is too far off")
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "whsec_"))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, raw)
	fmt.Fprintf(mac, "%s.%d.%s", h.Get("webhook-id"), seconds, body)
	want := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for signature := range strings.SplitSeq(h.Get("webhook-signature"), " ") {
		version, got, _ := strings.Cut(signature, ",")
		if version == "v1" && hmac.Equal([]byte(got), []byte(want)) {
			return nil
		}
	}
	return errors.New("no signature is right")
}

func alert() alerts.Alert {
	return alerts.Alert{ID: "msg_1", Kind: alerts.CaseOpened, OrganisationID: "org_1", At: now(), Data: map[string]string{"case": "case_1", "user": "usr_1"}}
}

func hook(url string) alerts.Hook { return alerts.Hook{OrganisationID: "org_1", URL: url, Secret: key} }

// TestAlert: what comes over TLS is what the specification says, each time with the same id.
func TestAlert(t *testing.T) {
	t.Parallel()
	type call struct {
		header http.Header
		body   []byte
	}
	calls := make(chan call, 2)
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		calls <- call{r.Header, body}
	}))
	defer server.Close()
	sender := webhook.NewSender(true, now)
	for range 2 {
		if err := sender.SendAlert(t.Context(), hook(server.URL), alert()); err != nil {
			t.Fatal(err)
		}
		got := <-calls
		if err := verify(key.Reveal(), got.header, got.body, now()); err != nil {
			t.Error(err)
		}
		if verify(key.Reveal(), got.header, append(got.body, ' '), now()) == nil || verify("whsec_AAAA", got.header, got.body, now()) == nil || verify(key.Reveal(), got.header, got.body, now().Add(time.Hour)) == nil {
			t.Error("the reference takes what is not right")
		}
		if string(got.body) != `{"data":{"case":"case_1","user":"usr_1"},"timestamp":"2021-02-25T15:02:10Z","type":"case.opened"}` || got.header.Get("webhook-id") != "msg_1" {
			t.Errorf("%s %s", got.header, got.body)
		}
	}
}

// TestAlertNotTaken: the owner of the receiver reads what to mend, and nothing of the network that Aye stands in.
func TestAlertNotTaken(t *testing.T) {
	t.Parallel()
	var asked atomic.Bool
	hold := make(chan struct{})
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Store(true) }))
	t.Cleanup(elsewhere.Close)
	server := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(rw, r, elsewhere.URL, http.StatusPermanentRedirect)
		case "/missing":
			rw.WriteHeader(http.StatusNotFound)
		case "/down":
			rw.WriteHeader(http.StatusServiceUnavailable)
		case "/reset":
			panic(http.ErrAbortHandler)
		case "/slow":
			select {
			case <-hold:
			case <-r.Context().Done():
			}
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(hold) })
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "https://"), ":")
	for _, c := range []struct {
		name, url, want string
		public          bool
	}{
		{name: "redirected", url: server.URL + "/moved", want: "redirect 308"},
		{name: "not found", url: server.URL + "/missing", want: "status 404"},
		{name: "down", url: server.URL + "/down", want: "status 503"},
		{name: "reset", url: server.URL + "/reset", want: "unreachable"},
		{name: "refused", url: "https://127.0.0.1:1/", want: "unreachable"},
		{name: "slow", url: server.URL + "/slow", want: "timeout"},
		{name: "another's certificate", url: "https://localhost:" + port + "/", want: "certificate"},
		{name: "no TLS", url: "https://" + strings.TrimPrefix(elsewhere.URL, "http://"), want: "certificate"},
		{name: "no such name", url: "https://no-such-host.invalid/?token=canary", want: "name"},
		{name: "inside the house", url: server.URL, want: "private", public: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), map[bool]time.Duration{true: 300 * time.Millisecond, false: 5 * time.Second}[c.name == "slow"])
			defer cancel()
			err := webhook.NewSender(!c.public, now).SendAlert(ctx, hook(c.url), alert())
			var failed *alerts.FailedError
			if !errors.As(err, &failed) || !errors.Is(err, alerts.ErrFailed) || failed.Error() != c.want {
				t.Errorf("%v is said as %v, want %s", err, failed, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		if asked.Load() {
			t.Error("a redirect was followed")
		}
	})
}
