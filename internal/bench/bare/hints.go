package bare

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// hintSubject and a request's id are what a page's node waits for.
	hintSubject = "bare."
	// hintTime bounds the wait for NATS.
	hintTime = 5 * time.Second
)

// hints tell programs that serve together of changes. Nil ones tell nobody.
type hints struct{ conn *nats.Conn }

func openHints(address string) (*hints, error) {
	if address == "" {
		return nil, nil
	}
	conn, err := nats.Connect(address, nats.MaxReconnects(-1), nats.NoEcho())
	if err != nil {
		return nil, fmt.Errorf("bare: %w", err)
	}
	return &hints{conn}, nil
}

func (h *hints) publish(id string) {
	if h != nil {
		_ = h.conn.Publish(hintSubject+id, nil) // who waits looks again by itself
	}
}

// subscribe calls tell for each hint until it is cancelled. It returns when the server has the
// subscription, so that a look that follows misses nothing.
func (h *hints) subscribe(id string, tell func()) (cancel func()) {
	if h == nil {
		return func() {}
	}
	subscription, err := h.conn.Subscribe(hintSubject+id, func(*nats.Msg) { tell() })
	if err != nil {
		return func() {}
	}
	_ = h.conn.FlushTimeout(hintTime)
	return func() { _ = subscription.Unsubscribe() }
}

func (h *hints) close() {
	if h != nil {
		h.conn.Close()
	}
}
