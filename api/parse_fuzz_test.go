package api

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"example.com/aye/broker"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

// FuzzForwarded: who is behind a proxy is an address; of what the proxy's caller said nothing is believed, and of a stranger nothing at all.
func FuzzForwarded(f *testing.F) {
	_, proxies, _ := net.ParseCIDR("192.0.2.0/24")
	f.Fuzz(func(t *testing.T, said string) {
		ask := func(from, header string, believed ...*net.IPNet) string {
			request := httptest.NewRequest(http.MethodGet, "/", nil)
			request.RemoteAddr = from + ":1234"
			request.Header.Set("X-Forwarded-For", header)
			return clientIP(believed)(request)
		}
		if got := ask("192.0.2.1", said); got != "192.0.2.1" {
			t.Errorf("nobody is believed, and %q is %q", said, got)
		}
		if got := ask("198.51.100.7", said, proxies); got != "198.51.100.7" {
			t.Errorf("a stranger says %q and is %q", said, got)
		}
		if got := ask("192.0.2.1", said+", 198.51.100.7", proxies); got != "198.51.100.7" {
			t.Errorf("the proxy says 198.51.100.7, its caller %q, and it is %q", said, got)
		}
		if got := ask("192.0.2.1", said, proxies); net.ParseIP(got) == nil {
			t.Errorf("%q is %q", said, got)
		}
	})
}

// FuzzQuery: a wait is 1 to 25 seconds or a problem, however the address is written; a key of idempotency is visible ASCII.
func FuzzQuery(f *testing.F) {
	f.Fuzz(func(t *testing.T, query, key string) {
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
		request.URL.RawQuery = query
		request.Header["Idempotency-Key"] = []string{key}
		c := echo.New().NewContext(request, httptest.NewRecorder())
		wait, err := waitParam(c)
		if err != nil {
			if code, _ := codeOf(err); code != "invalid-request" || wait != 0 {
				t.Errorf("%q: %v %v", query, wait, err)
			}
		} else if values, _ := url.ParseQuery(query); wait < 0 || wait > maxWait*time.Second || (wait == 0) != (values.Get("wait") == "") {
			t.Errorf("%q: %v", query, wait)
		}
		kept, hash, err := idempotency(c)
		if err != nil {
			if code, detail := codeOf(err); code != "invalid-request" || len(detail) > 200 {
				t.Errorf("%q: %v", key, err)
			}
		} else if kept != key || len(hash) != 64 || len(key) > 128 || strings.Trim(key, visible) != "" {
			t.Errorf("the key %q", key)
		}
	})
}

const visible = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"

// FuzzCap: the cap of a body is an amount of at least the least, the default, or a problem.
func FuzzCap(f *testing.F) {
	f.Fuzz(func(t *testing.T, raw string) {
		most, err := capOf([]byte(raw))
		if err != nil {
			if code, detail := codeOf(err); code != "invalid-request" || len(detail) > 200 {
				t.Errorf("%q: %v", raw, err)
			}
			return
		}
		if said := strings.TrimSpace(raw); most == 0 && said != "null" && !strings.Contains(said, "default") && !strings.Contains(said, "\\u") {
			t.Errorf("%q is the default", raw)
		}
		if most != 0 && most < sms.MinimumCap {
			t.Errorf("%q is %v", raw, most)
		}
	})
}

// FuzzLanguage: a page is in Dutch for who asks for Dutch first.
func FuzzLanguage(f *testing.F) {
	f.Fuzz(func(t *testing.T, accept string) {
		request := httptest.NewRequest(http.MethodGet, "/p", nil)
		request.Header["Accept-Language"] = []string{accept}
		first, _, _ := strings.Cut(accept, ",")
		if got := dutch(request); got != strings.HasPrefix(strings.ToLower(strings.TrimSpace(first)), "nl") {
			t.Errorf("%q: %v", accept, got)
		}
	})
}

// FuzzSocket: whatever a page sends on its WebSocket, frames or not, it is told the state, and the server lets go of it when it hangs up.
func FuzzSocket(f *testing.F) {
	h := newHub(broker.NewMemory(), slog.New(slog.DiscardHandler), time.Now, prometheus.NewGauge(prometheus.GaugeOpts{Name: "waiters"}))
	f.Cleanup(h.drain)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		h.attach(conn, secret.NewID("topic"), time.Now().Add(time.Minute), func(context.Context) (state, error) { //nolint:contextcheck // the act has the context of the hub
			return state{body: map[string]string{"status": "pending"}}, nil
		})
	}))
	f.Cleanup(server.Close)
	dialer := websocket.Dialer{HandshakeTimeout: 10 * time.Second, Subprotocols: []string{eventsProtocol}}
	f.Fuzz(func(t *testing.T, sent []byte) {
		conn, response, err := dialer.Dial("ws"+strings.TrimPrefix(server.URL, "http"), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, told, err := conn.ReadMessage(); err != nil || string(told) != `{"status":"pending"}` {
			t.Errorf("%q %v", told, err)
		}
		_, _ = conn.NetConn().Write(sent)
		_ = conn.Close()
		gone := make(chan struct{})
		go func() { h.open.Wait(); close(gone) }()
		select {
		case <-gone:
		case <-time.After(10 * time.Second):
			t.Errorf("the server holds on after %q", sent)
		}
	})
}
