package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"math/rand/v2" //nolint:depguard // spreads reconnects; nothing secret is made with it
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
)

// The numbers of a WebSocket; docs/policy.md.
const (
	socketRead = 4 << 10
	socketPing = 25 * time.Second
	socketPong = 10 * time.Second
	// socketTick is how finely the pings are spread, and socketAtOnce how many are sent at one
	// moment within that: many at once would hold up who is let in.
	socketTick   = 50 * time.Millisecond
	socketAtOnce = 8
	socketWrite  = 10 * time.Second
	// socketGrace is how much longer than what it waits for a waiter may live.
	socketGrace = 30 * time.Second
	// socketLook bounds one look at the state.
	socketLook = 5 * time.Second

	closeReplaced = 4001
)

// hub holds the pages that wait. An idle waiter costs one goroutine, which reads; what is
// written is written by a goroutine that lives only while there is something to say, and
// pings come from one for all.
type hub struct {
	broker Subscriber
	log    *slog.Logger
	now    func() time.Time
	gauge  prometheus.Gauge
	// released is told what a page that waited was told; nil for nobody.
	released func(ctx context.Context, now state)
	// waiting is how many connections there are.
	waiting atomic.Int64

	mu      sync.Mutex
	waiters map[string]*waiter // by topic: the newest waiter wins
	// slots spread the pings over the time between two of them.
	slots    []map[*waiter]struct{}
	slot     int
	draining bool
	done     chan struct{}
	open     sync.WaitGroup
}

func newHub(broker Subscriber, log *slog.Logger, now func() time.Time, gauge prometheus.Gauge) *hub {
	h := &hub{broker: broker, log: log, now: now, gauge: gauge, waiters: map[string]*waiter{}, done: make(chan struct{})}
	h.slots = make([]map[*waiter]struct{}, socketPing/socketTick)
	for i := range h.slots {
		h.slots[i] = map[*waiter]struct{}{}
	}
	go h.ping()
	return h
}

// waiter is one page.
type waiter struct {
	hub    *hub
	conn   *websocket.Conn
	topic  string
	slot   int
	ends   time.Time
	look   func(context.Context) (state, error)
	cancel func()
	// hints counts those that were not acted on; whoever makes it one acts.
	hints atomic.Int64
	// said is the hash of the last message, so that a hint without a change says nothing.
	said [sha256.Size]byte
	// waited says that it was told of something that nobody has decided yet.
	waited bool
	closed atomic.Bool
}

// attach makes the connection wait for the topic. It returns at once.
func (h *hub) attach(conn *websocket.Conn, topic string, ends time.Time, look func(context.Context) (state, error)) {
	w := &waiter{hub: h, conn: conn, topic: topic, ends: time.Now().Add(ends.Sub(h.now()) + socketGrace), look: look}
	conn.SetReadLimit(socketRead)
	w.extend()
	conn.SetPongHandler(func(string) error { w.extend(); return nil })
	h.mu.Lock()
	if h.draining { // nobody is added any more, so that the end of the drain can be waited for
		h.mu.Unlock()
		w.close(websocket.CloseServiceRestart, "connect again")
		_ = conn.Close()
		return
	}
	older := h.waiters[topic]
	h.waiters[topic] = w
	w.slot = h.slot
	h.slots[w.slot][w] = struct{}{}
	h.slot = (h.slot + 1) % len(h.slots)
	h.open.Add(1)
	h.mu.Unlock()
	h.gauge.Inc()
	h.waiting.Add(1)
	if older != nil {
		// Apart: a page that is gone must not keep the one that came back from its state.
		go older.close(closeReplaced, "another page of this request has taken over")
	}
	w.cancel = h.broker.Subscribe(topic, w.hint)
	go w.read()
	w.hint()
}

// read notices pongs and the end of the connection; what a page says is not listened to.
func (w *waiter) read() {
	for {
		if _, _, err := w.conn.NextReader(); err != nil {
			break
		}
	}
	w.detach()
}

func (w *waiter) detach() {
	w.closed.Store(true)
	w.cancel()
	h := w.hub
	h.mu.Lock()
	if h.waiters[w.topic] == w {
		delete(h.waiters, w.topic)
	}
	delete(h.slots[w.slot], w)
	h.mu.Unlock()
	h.gauge.Dec()
	h.waiting.Add(-1)
	_ = w.conn.Close()
	h.open.Done()
}

// extend lets the connection live until the next pong is due, but not past its end.
func (w *waiter) extend() {
	deadline := time.Now().Add(socketPing + socketPong)
	if w.ends.Before(deadline) {
		deadline = w.ends
	}
	_ = w.conn.SetReadDeadline(deadline)
}

// hint is called by the broker and returns at once: a slow page blocks nobody.
func (w *waiter) hint() {
	if w.hints.Add(1) == 1 {
		go w.act()
	}
}

func (w *waiter) act() {
	for {
		n := w.hints.Load()
		w.tell()
		if w.hints.CompareAndSwap(n, 0) {
			return
		}
	}
}

// tell looks at the state and says it. The database is the truth; a hint says only "look".
func (w *waiter) tell() {
	if w.closed.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), socketLook)
	defer cancel()
	now, err := w.look(ctx)
	if err != nil {
		w.hub.log.WarnContext(ctx, "a waiting page could not be told", slog.String("topic", w.topic), slog.String("error", err.Error()))
		w.close(websocket.CloseTryAgainLater, "connect again")
		return
	}
	message, err := json.Marshal(now.body)
	hash := sha256.Sum256(message)
	if err != nil || hash == w.said {
		return
	}
	w.said = hash
	_ = w.conn.SetWriteDeadline(time.Now().Add(socketWrite))
	if err := w.conn.WriteMessage(websocket.TextMessage, message); err != nil {
		_ = w.conn.Close() // read notices
		return
	}
	if w.waited && w.hub.released != nil {
		w.hub.released(ctx, now)
	}
	w.waited = !now.answered
	if now.final {
		w.close(websocket.CloseNormalClosure, "")
	}
}

// close says goodbye and leaves it to the page, or the read deadline, to hang up.
func (w *waiter) close(code int, reason string) {
	deadline := time.Now().Add(time.Second)
	_ = w.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), deadline)
	_ = w.conn.SetReadDeadline(deadline)
}

func (h *hub) ping() {
	tick := time.NewTicker(socketTick)
	defer tick.Stop()
	for at := 0; ; at = (at + 1) % len(h.slots) {
		select {
		case <-h.done:
			return
		case <-tick.C:
		}
		h.mu.Lock()
		due := make([]*waiter, 0, len(h.slots[at]))
		for w := range h.slots[at] {
			due = append(due, w)
		}
		h.mu.Unlock()
		if len(due) == 0 {
			continue
		}
		go h.pingSome(due) // a page that does not take its ping holds up only those of its own tick
	}
}

// pingSome pings the pages of one tick, a few at a time.
func (h *hub) pingSome(due []*waiter) {
	next := time.NewTicker(socketTick / time.Duration((len(due)+socketAtOnce-1)/socketAtOnce))
	defer next.Stop()
	for i, w := range due {
		if i > 0 && i%socketAtOnce == 0 {
			select {
			case <-h.done:
				return
			case <-next.C:
			}
		}
		if err := w.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)); err != nil {
			_ = w.conn.Close()
		}
	}
}

// drain tells everybody to connect again, spread over a second so that they do not all
// come at once.
func (h *hub) drain() {
	h.mu.Lock()
	h.draining = true
	waiting := make([]*waiter, 0, len(h.waiters))
	for _, w := range h.waiters {
		waiting = append(waiting, w)
	}
	h.mu.Unlock()
	close(h.done)
	for _, w := range waiting {
		pause := rand.N(drainSpread) //nolint:gosec // spreads reconnects
		time.AfterFunc(pause, func() { w.close(websocket.CloseServiceRestart, "connect again") })
	}
}

// drainSpread is over how long the goodbyes of a drain are spread.
const drainSpread = 500 * time.Millisecond
