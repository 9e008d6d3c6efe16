package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// page is a browser's page that waits, by a WebSocket client that shares no code with the server.
type page struct {
	t    testing.TB
	conn *websocket.Conn
}

// dial opens the WebSocket as a browser does; the answer tells why not.
func (w *world) dial(origin, eventsURL string, protocols ...string) (*websocket.Conn, *http.Response, error) {
	header := http.Header{}
	if origin != "" {
		header.Set("Origin", origin)
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	return websocket.Dial(ctx, eventsURL, &websocket.DialOptions{HTTPClient: w.http, HTTPHeader: header, Subprotocols: protocols})
}

// page opens the page of a request or pairing at the shop's origin.
func (w *world) page(o handle) *page {
	w.t.Helper()
	conn, response, err := w.dial(shopOrigin, o.EventsURL, "aye.v1", "aye.ticket."+o.Ticket) //nolint:bodyclose // the answer is the WebSocket
	if err != nil {
		w.t.Fatal(err)
	}
	if got := response.Header.Get("Sec-Websocket-Protocol"); got != "aye.v1" {
		w.t.Errorf("the server echoes %q", got)
	}
	if response.Header.Get("X-Request-Id") == "" {
		w.t.Error("a WebSocket has no request id")
	}
	p := &page{w.t, conn}
	w.t.Cleanup(func() { _ = conn.CloseNow() })
	return p
}

// raw reads the next message.
func (p *page) raw() (string, error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), 30*time.Second)
	defer cancel()
	kind, text, err := p.conn.Read(ctx)
	if err == nil && kind != websocket.MessageText {
		p.t.Errorf("a message of kind %v", kind)
	}
	return string(text), err
}

// next reads the next state and holds it to the contract.
func (p *page) next() state {
	p.t.Helper()
	text, err := p.raw()
	if err != nil {
		p.t.Fatal(err)
	}
	var s state
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		p.t.Fatal(err)
	}
	schema := map[string]string{"approval": "ApprovalState", "pairing": "PairingState"}[s.Type]
	if err := matches(schema, []byte(text)); err != nil {
		p.t.Errorf("a message does not keep the contract: %v\n%s", err, text)
	}
	return s
}

// until reads on until the status; deliveries may say something before.
func (p *page) until(status string) state {
	p.t.Helper()
	for {
		if s := p.next(); s.Status == status {
			return s
		}
	}
}

// delivered reads on until a delivery has come to the state.
func (p *page) delivered(to string) state {
	p.t.Helper()
	for {
		s := p.next()
		for _, d := range s.Delivery {
			if d.State == to {
				return s
			}
		}
	}
}

// closed reads on until the server says goodbye, and wants the code.
func (p *page) closed(want websocket.StatusCode) {
	p.t.Helper()
	for {
		if _, err := p.raw(); err != nil {
			if got := websocket.CloseStatus(err); got != want {
				p.t.Fatalf("closed with %d (%v), want %d", got, err, want)
			}
			return
		}
	}
}
