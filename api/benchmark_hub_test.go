package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"

	"example.com/aye/approval"
	"example.com/aye/broker"
	"example.com/aye/internal/secret"
)

// news is what a page is told with its release code, each time another.
type news struct {
	view approval.View
	n    atomic.Int64
}

func newNews() *news {
	return &news{view: approval.View{
		Request:    approval.Request{ID: secret.NewID("apr"), State: approval.Approved, Confirm: approval.Number, Method: approval.Push},
		Deliveries: []approval.Delivery{{Device: "Pixel 9", Channel: "fcm", State: approval.Fetched}},
	}}
}

func (n *news) look(context.Context) (state, error) {
	view := n.view
	view.ReleaseCode = secret.Secret("code " + strconv.FormatInt(n.n.Load(), 10) + strings.Repeat("x", 30))
	return state{body: toApproval(view)}, nil
}

func (n *news) message(tb testing.TB) []byte {
	tb.Helper()
	now, err := n.look(tb.Context())
	text, failure := json.Marshal(now.body)
	if err = errors.Join(err, failure); err != nil {
		tb.Fatal(err)
	}
	return text
}

// BenchmarkRelease is a hint until its page has read the message, over a connection of its own,
// beside a bare message of the same size, and one that is sent and comes back.
func BenchmarkRelease(b *testing.B) {
	b.Run("way=aye", func(b *testing.B) {
		topics, told := broker.NewMemory(), newNews()
		h := newHub(topics, slog.New(slog.DiscardHandler), time.Now, prometheus.NewGauge(prometheus.GaugeOpts{Name: "waiters"}))
		page := connect(b, func(conn *websocket.Conn) { h.attach(conn, "topic", time.Now().Add(time.Hour), told.look) })
		receive(b, page)
		b.ReportAllocs()
		for b.Loop() {
			told.n.Add(1)
			topics.Publish("topic")
			receive(b, page)
		}
		_ = page.Close()
		h.drain()
		h.open.Wait()
	})
	message := newNews().message(b)
	b.Run("way=bare", func(b *testing.B) {
		accepted := make(chan *websocket.Conn, 1)
		page := connect(b, func(conn *websocket.Conn) { accepted <- conn })
		conn := <-accepted
		b.ReportAllocs()
		for b.Loop() {
			send(b, conn, message)
			receive(b, page)
		}
		_ = errors.Join(page.Close(), conn.Close())
	})
	b.Run("way=echo", func(b *testing.B) {
		page := connect(b, func(conn *websocket.Conn) { go echoes(conn) })
		b.ReportAllocs()
		for b.Loop() {
			send(b, page, message)
			receive(b, page)
		}
		_ = page.Close()
	})
}

// connect gives the page's end of a WebSocket, and the server's end to accept.
func connect(b *testing.B, accept func(*websocket.Conn)) *websocket.Conn {
	b.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			b.Error(err)
			return
		}
		accept(conn)
	}))
	b.Cleanup(server.Close)
	dialer := websocket.Dialer{Subprotocols: []string{eventsProtocol}}
	page, _, err := dialer.DialContext(b.Context(), "ws"+strings.TrimPrefix(server.URL, "http"), nil) //nolint:bodyclose // the answer is the WebSocket
	if err != nil {
		b.Fatal(err)
	}
	return page
}

func send(b *testing.B, conn *websocket.Conn, message []byte) {
	b.Helper()
	if err := conn.WriteMessage(websocket.TextMessage, message); err != nil {
		b.Fatal(err)
	}
}

func receive(b *testing.B, conn *websocket.Conn) {
	b.Helper()
	if _, _, err := conn.ReadMessage(); err != nil {
		b.Fatal(err)
	}
}

// echoes sends back what comes, until the other end goes.
func echoes(conn *websocket.Conn) {
	defer func() { _ = conn.Close() }()
	for {
		kind, message, err := conn.ReadMessage()
		if err != nil || conn.WriteMessage(kind, message) != nil {
			return
		}
	}
}
