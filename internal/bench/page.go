package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// eventsProtocol is the form of the messages that a page hears.
const eventsProtocol = "aye.v1"

// page is a browser's page that waits for the phone, on a connection of its own.
type page struct {
	conn *websocket.Conn
	// first is closed with the first message, released gets the release code, and ended is
	// closed behind the last message, with err set.
	first    chan struct{}
	released chan release
	ended    chan struct{}
	err      error
}

// release is a release code, and when it was heard.
type release struct {
	code string
	at   time.Time
}

// connect opens a WebSocket.
func (t *target) connect(ctx context.Context, at node, dialer websocket.Dialer, path, ticket string) (*websocket.Conn, error) {
	dialer.Subprotocols = []string{eventsProtocol, "aye.ticket." + ticket}
	conn, response, err := dialer.DialContext(ctx, "ws://"+at.host+path, http.Header{"Origin": {t.page}})
	if response != nil {
		_ = response.Body.Close()
	}
	if errors.Is(err, websocket.ErrBadHandshake) && response != nil {
		return nil, &statusError{response.StatusCode, "at the handshake"}
	}
	if err == nil && conn.Subprotocol() != eventsProtocol {
		return nil, errors.Join(errors.New("the server speaks another protocol on the WebSocket"), conn.Close())
	}
	return conn, err
}

// eventsPath is where the page of a request waits.
func eventsPath(id string) string { return "/v1/approvals/" + id + "/events" }

// open opens a page that hears everything. Close it.
func (t *target) open(ctx context.Context, at node, id, ticket string) (*page, error) {
	conn, err := t.connect(ctx, at, t.dialer, eventsPath(id), ticket)
	if err != nil {
		return nil, err
	}
	p := &page{conn: conn, first: make(chan struct{}), released: make(chan release, 1), ended: make(chan struct{})}
	go p.read(id)
	return p, nil
}

// state is what a page hears.
type state struct {
	ID          string `json:"id"`
	Status      string `json:"status"`
	ReleaseCode string `json:"release_code"`
}

// read hears the messages until the release, or until the connection ends.
func (p *page) read(id string) {
	defer close(p.ended)
	for heard := false; ; heard = true {
		_, text, err := p.conn.ReadMessage()
		at := time.Now()
		var now state
		if err == nil {
			err = json.Unmarshal(text, &now)
		}
		if err == nil && now.ID != id {
			err = errors.New("the page heard of another request")
		}
		if err != nil {
			p.err = err
			return
		}
		if !heard {
			close(p.first)
		}
		switch {
		case now.Status == "pending":
		case now.Status == "approved" && now.ReleaseCode != "":
			p.released <- release{now.ReleaseCode, at}
			return
		default:
			p.err = fmt.Errorf("the page heard %q", now.Status)
			return
		}
	}
}

// begun waits for the first message.
func (p *page) begun(ctx context.Context) error {
	select {
	case <-p.first:
		return nil
	case <-p.ended:
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// release waits for the release code.
func (p *page) release(ctx context.Context) (release, error) {
	select {
	case r := <-p.released:
		return r, nil
	case <-ctx.Done():
		return release{}, ctx.Err()
	case <-p.ended:
	}
	select {
	case r := <-p.released: // it was the last that the page heard
		return r, nil
	default:
		return release{}, p.err
	}
}

// close hangs up and waits for the reader.
func (p *page) close() {
	_ = p.conn.Close()
	<-p.ended
}
