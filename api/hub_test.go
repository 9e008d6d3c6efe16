package api

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"example.com/aye/broker"
)

// house is a hub and the state of what its pages wait for, in a bubble of time.
type house struct {
	*hub
	t      *testing.T
	broker *broker.Memory
	gauge  prometheus.Gauge

	mu    sync.Mutex
	state map[string]string
	fail  atomic.Bool
	once  sync.Once
}

func newHouse(t *testing.T) *house {
	h := &house{t: t, broker: broker.NewMemory(), gauge: prometheus.NewGauge(prometheus.GaugeOpts{Name: "waiters"}), state: map[string]string{}}
	h.hub = newHub(h.broker, slog.New(slog.DiscardHandler), time.Now, h.gauge)
	t.Cleanup(h.stop)
	return h
}

func (h *house) set(topic, status string) {
	h.mu.Lock()
	h.state[topic] = status
	h.mu.Unlock()
}

func (h *house) change(topic, status string) {
	h.set(topic, status)
	h.broker.Publish(topic)
}

func (h *house) look(topic string) func(context.Context) (state, error) {
	return func(context.Context) (state, error) {
		if h.fail.Load() {
			return state{}, errors.New("the database is away")
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		return state{body: h.state[topic], final: h.state[topic] == "over"}, nil
	}
}

// hijacked hands the server's end of a pipe to the upgrader.
type hijacked struct {
	http.ResponseWriter
	conn net.Conn
}

func (h hijacked) Header() http.Header { return http.Header{} }

func (h hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(bufio.NewReader(h.conn), bufio.NewWriter(h.conn)), nil
}

// wait connects a page that waits for the topic for a minute.
func (h *house) wait(topic string) *websocket.Conn {
	h.t.Helper()
	ours, theirs := net.Pipe()
	go func() {
		request, err := http.ReadRequest(bufio.NewReader(ours))
		if err != nil {
			h.t.Error(err)
			return
		}
		conn, err := upgrader.Upgrade(hijacked{conn: ours}, request, nil)
		if err != nil {
			h.t.Error(err)
			return
		}
		h.attach(conn, topic, time.Now().Add(time.Minute), h.look(topic))
	}()
	dialer := websocket.Dialer{
		NetDialContext: func(context.Context, string, string) (net.Conn, error) { return theirs, nil },
		Subprotocols:   []string{eventsProtocol}, WriteBufferSize: 2 * socketRead,
	}
	page, _, err := dialer.DialContext(h.t.Context(), "ws://aye/", nil) //nolint:bodyclose // the answer is the WebSocket
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = page.Close() })
	return page
}

func reads(t *testing.T, page *websocket.Conn, want string) {
	t.Helper()
	if _, text, err := page.ReadMessage(); err != nil || string(text) != `"`+want+`"` {
		t.Fatalf("%s %v, want %s", text, err, want)
	}
}

func ends(t *testing.T, page *websocket.Conn, want int) {
	t.Helper()
	if _, text, err := page.ReadMessage(); !websocket.IsCloseError(err, want) {
		t.Fatalf("%s %v, want %d", text, err, want)
	}
}

// counted is how many pages the metric says there are.
func (h *house) counted() float64 {
	h.t.Helper()
	var m dto.Metric
	if err := h.gauge.Write(&m); err != nil {
		h.t.Fatal(err)
	}
	return m.GetGauge().GetValue()
}

// stop ends the hub as a server does, and wants nobody left.
func (h *house) stop() {
	h.t.Helper()
	h.once.Do(h.drain)
	h.open.Wait()
	if left := h.counted(); left != 0 {
		h.t.Errorf("%v pages are counted still", left)
	}
	if len(h.waiters) != 0 {
		h.t.Errorf("%d pages are kept still", len(h.waiters))
	}
}

func TestHubTellsEachChangeOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.set("a", "pending")
		page := h.wait("a")
		reads(t, page, "pending")
		h.broker.Publish("a") // a hint without a change
		h.broker.Publish("b")
		h.change("a", "approved")
		reads(t, page, "approved")
		h.change("a", "over")
		reads(t, page, "over")
		ends(t, page, websocket.CloseNormalClosure)
	})
}

func TestHubHealsALostHint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.set("a", "pending")
		page := h.wait("a")
		reads(t, page, "pending")
		h.set("a", "approved") // and nobody hints
		again := h.wait("a")
		reads(t, again, "approved")
		ends(t, page, closeReplaced)
		h.broker.Publish("a")
	})
}

func TestHubPings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		start, pings := time.Now(), []time.Duration{}
		page := h.wait("a")
		page.SetPingHandler(func(data string) error {
			pings = append(pings, time.Since(start))
			return page.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
		})
		reads(t, page, "")
		_, _, err := page.ReadMessage() // lives as long as its request and 30 s more
		if lived := time.Since(start); lived != time.Minute+socketGrace || err == nil {
			t.Errorf("a page lived %v: %v", lived, err)
		}
		if len(pings) < 3 || pings[1]-pings[0] != socketPing {
			t.Errorf("pings at %v", pings)
		}
	})
}

// However many pages are due at one tick, few are pinged at one moment, and all before the next tick.
func TestHubSpreadsPings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const many = 3*socketAtOnce + 1
		h := newHouse(t)
		pings := make(chan time.Time, many)
		for i := range many {
			h.mu.Lock()
			h.slot = 0
			h.mu.Unlock()
			page := h.wait(fmt.Sprint(i))
			page.SetPingHandler(func(string) error { pings <- time.Now(); return nil })
			reads(t, page, "")
			go func() { _, _, _ = page.ReadMessage() }() // until the house is closed
		}
		first := <-pings
		moments := map[time.Time]int{first: 1}
		for range many - 1 {
			at := <-pings
			if moments[at]++; moments[at] > socketAtOnce || at.Sub(first) >= socketTick {
				t.Errorf("the %dth ping of a moment, %v after the first of its tick", moments[at], at.Sub(first))
			}
		}
	})
}

func TestHubDropsAPageThatIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		start := time.Now()
		page := h.wait("a")
		page.SetPingHandler(func(string) error { return nil }) // as if the network were gone
		reads(t, page, "")
		_, _, err := page.ReadMessage()
		if lived := time.Since(start); lived != socketPing+socketPong || err == nil {
			t.Errorf("a silent page lived %v: %v", lived, err)
		}
	})
}

func TestHubIsNotHeldUpByASlowPage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.set("slow", "pending")
		h.set("quick", "pending")
		h.wait("slow") // and never reads
		quick := h.wait("quick")
		reads(t, quick, "pending")
		start := time.Now()
		for i := range 20 {
			h.change("slow", fmt.Sprint(i))
			h.change("quick", fmt.Sprint(i))
			reads(t, quick, fmt.Sprint(i))
		}
		if took := time.Since(start); took > 0 {
			t.Errorf("the quick page waited %v", took)
		}
		h.change("quick", "over")
		reads(t, quick, "over")
		h.stop()
		if took := time.Since(start); took > socketWrite+socketPong {
			t.Errorf("the slow page was kept for %v", took)
		}
	})
}

func TestHubReadsLittle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		page := h.wait("a")
		reads(t, page, "")
		if err := page.WriteMessage(websocket.TextMessage, make([]byte, socketRead)); err != nil {
			t.Fatal(err)
		}
		h.broker.Publish("a")
		go func() { _ = page.WriteMessage(websocket.TextMessage, make([]byte, socketRead+1)) }()
		start := time.Now()
		if _, _, err := page.ReadMessage(); err == nil || time.Since(start) > time.Second {
			t.Errorf("a page may send more than 4 KiB: %v after %v", err, time.Since(start))
		}
	})
}

func TestHubSaysThatItCannotLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		page := h.wait("a")
		reads(t, page, "")
		h.fail.Store(true)
		h.broker.Publish("a")
		ends(t, page, websocket.CloseTryAgainLater)
	})
}

func TestHubDrains(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const many = 200
		h := newHouse(t)
		var told, gone atomic.Int64
		var pages sync.WaitGroup
		for i := range many {
			topic := fmt.Sprint(i)
			page := h.wait(topic)
			reads(t, page, "")
			pages.Go(func() {
				if _, text, err := page.ReadMessage(); err == nil && string(text) == `"approved"` {
					told.Add(1)
				}
				if _, _, err := page.ReadMessage(); websocket.IsCloseError(err, websocket.CloseServiceRestart) {
					gone.Add(1)
				}
			})
		}
		if got := h.counted(); got != many {
			t.Errorf("%v pages are counted", got)
		}
		for i := range many {
			h.change(fmt.Sprint(i), "approved")
		}
		synctest.Wait()
		h.stop()
		pages.Wait()
		if told.Load() != many || gone.Load() != many {
			t.Errorf("%d were told, %d were sent away", told.Load(), gone.Load())
		}
		late := h.wait("late") // came through the door as it closed
		for err := error(nil); err == nil; {
			if _, _, err = late.ReadMessage(); err != nil && !websocket.IsCloseError(err, websocket.CloseServiceRestart) {
				t.Errorf("who comes late is told %v", err)
			}
		}
	})
}
