package bare

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"example.com/aye/internal/bench/carry"
)

// The numbers of a WebSocket, as Aye has them.
const (
	socketRead  = 4 << 10
	socketPing  = 25 * time.Second
	socketPong  = 10 * time.Second
	socketWrite = 10 * time.Second
)

var upgrader = websocket.Upgrader{
	ReadBufferSize: 512, WriteBufferSize: 512, WriteBufferPool: new(sync.Pool), HandshakeTimeout: 5 * time.Second,
	Subprotocols: []string{"aye.v1"},
	CheckOrigin:  func(*http.Request) bool { return true }, // done before, where there is one to check
}

// look gives what a waiter is to be told now, nil where there is nothing new, and whether
// that is the last.
type look func() (news []byte, last bool, err error)

// hub holds the connections that wait: one goroutine each, which reads.
type hub struct {
	mu      sync.Mutex
	waiters map[string]*waiter
	// slots are the ping wheel: each second one of them is pinged.
	slots   [socketPing / time.Second]map[*waiter]struct{}
	slot    int
	closing bool
	done    chan struct{}
	running sync.WaitGroup
}

type waiter struct {
	hub  *hub
	conn *websocket.Conn
	id   string
	slot int
	// telling keeps two who heard of a change from telling it at once.
	telling sync.Mutex
	look    look
	// gone is called when it waits no more.
	gone func()
}

func newHub() *hub {
	h := &hub{waiters: map[string]*waiter{}, done: make(chan struct{})}
	for i := range h.slots {
		h.slots[i] = map[*waiter]struct{}{}
	}
	h.running.Go(h.ping)
	return h
}

// wait makes the request a waiter, nil where that failed. The caller returns soon, so that
// the memory of the request is free while the waiter waits. Then, or where it never waits, gone
// is called.
func (h *hub) wait(w http.ResponseWriter, r *http.Request, id string, look look, gone func()) *waiter {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		gone()
		return nil // answered already
	}
	one := &waiter{hub: h, conn: conn, id: id, look: look, gone: gone}
	conn.SetReadLimit(socketRead)
	conn.SetPongHandler(func(string) error { return one.extend() })
	_ = one.extend() // a connection that is gone shows when it is read
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		_ = conn.Close()
		gone()
		return nil
	}
	if older := h.waiters[id]; older != nil {
		_ = older.conn.Close()
	}
	h.waiters[id] = one
	one.slot, h.slot = h.slot, (h.slot+1)%len(h.slots)
	h.slots[one.slot][one] = struct{}{}
	h.running.Go(one.read)
	return one
}

func (w *waiter) extend() error {
	return w.conn.SetReadDeadline(time.Now().Add(socketPing + socketPong))
}

// read notices pongs and the end.
func (w *waiter) read() {
	for {
		if _, _, err := w.conn.NextReader(); err != nil {
			break
		}
	}
	h := w.hub
	h.mu.Lock()
	if h.waiters[w.id] == w {
		delete(h.waiters, w.id)
	}
	delete(h.slots[w.slot], w)
	h.mu.Unlock()
	_ = w.conn.Close()
	w.gone()
}

// tell looks, and says what is new. Without a waiter it does nothing, and says so.
func (h *hub) tell(id string) bool {
	h.mu.Lock()
	w := h.waiters[id]
	h.mu.Unlock()
	if w != nil {
		w.tell()
	}
	return w != nil
}

// tellSoon is tell for those who do not wait for it.
func (h *hub) tellSoon(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if w := h.waiters[id]; w != nil && !h.closing {
		h.running.Go(w.tell)
	}
}

func (w *waiter) tell() {
	w.telling.Lock()
	defer w.telling.Unlock()
	news, last, err := w.look()
	if err == nil && news != nil {
		_ = w.conn.SetWriteDeadline(time.Now().Add(socketWrite)) // the write says it
		err = w.conn.WriteMessage(websocket.TextMessage, news)
	}
	switch {
	case err != nil:
		_ = w.conn.Close() // read notices
	case last:
		deadline := time.Now().Add(time.Second)
		_ = w.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), deadline)
		_ = w.conn.SetReadDeadline(deadline)
	}
}

func (h *hub) ping() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var due []*waiter
	for at := 0; ; at = (at + 1) % len(h.slots) {
		select {
		case <-h.done:
			return
		case <-tick.C:
		}
		due = due[:0]
		h.mu.Lock()
		for w := range h.slots[at] {
			due = append(due, w)
		}
		h.mu.Unlock()
		for _, w := range due {
			if err := w.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)); err != nil {
				_ = w.conn.Close()
			}
		}
	}
}

// close ends all connections, and waits until their goroutines have ended.
func (h *hub) close() {
	h.mu.Lock()
	h.closing = true
	for _, slot := range h.slots {
		for w := range slot {
			_ = w.conn.Close()
		}
	}
	h.mu.Unlock()
	close(h.done)
	h.running.Wait()
}

// hubMessage is what a waiter of [ServeHub] is told; about as long as Aye's.
const hubMessage = `{"type":"approval","id":"apr_00000000000000000000000000000001","status":"pending","confirm":"number","expires_at":"2006-01-02T15:04:05Z","delivery":[]}`

// ServeHub serves a hub alone, without a database, until ctx ends: GET /wait/{id} becomes
// a WebSocket that waits and hears nothing, POST /tell/{id} writes one fixed message to it
// and answers 204, or 404 where nobody waits. See [Config] for the addresses and ready; what is
// carried comes by way of the address carried, where there is one.
func ServeHub(ctx context.Context, listen, metrics, carried string, ready func(listen, metrics string)) error {
	h := newHub()
	defer h.close()
	message := []byte(hubMessage)
	look := func() ([]byte, bool, error) { return message, false, nil }
	mux := http.NewServeMux()
	mux.HandleFunc("GET /wait/{id}", func(w http.ResponseWriter, r *http.Request) {
		h.wait(w, r, r.PathValue("id"), look, func() {})
	})
	mux.HandleFunc("POST /tell/{id}", func(w http.ResponseWriter, r *http.Request) {
		if !h.tell(r.PathValue("id")) {
			refuse(w, errNotFound)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	l, err := openListeners(ctx, listen, metrics)
	if err != nil {
		return err
	}
	if carried != "" {
		both, err := carry.Listen(ctx, l.main, carried)
		if err != nil {
			return errors.Join(err, l.main.Close(), l.metrics.Close())
		}
		l.main = both
	}
	return l.serve(ctx, mux, ready)
}
