// Package brokertest is the contract that every broker must keep, for one node and for two.
package brokertest

import (
	"crypto/rand"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/broker"
)

// Bound is how long a hint may take in a test before it counts as lost.
const Bound = 20 * time.Second

// Run holds a broker to the contract. open gives two nodes of it that hear each other; a broker of a single node is given twice.
func Run(t *testing.T, open func(t *testing.T) (here, there broker.Broker)) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, *house){
		"a hint reaches who waits, here and there":       testReaches,
		"who waits for something else hears nothing":     testApart,
		"a waiter hears each hint once":                  testOnce,
		"a cancel ends one subscription, once":           testCancel,
		"a hint may cancel, publish and subscribe":       testWithin,
		"a topic is taken as it is":                      testTopics,
		"who subscribes and then looks misses nothing":   testNoneLost,
		"a subscription is in force when it is answered": testInForce,
		"many at once":           testMany,
		"what it did is counted": testCounts,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			here, there := open(t)
			test(t, &house{t, here, there, rand.Text()})
		})
	}
}

// house is two nodes, and a name that keeps the topics of this test from those of others on the same server.
type house struct {
	*testing.T
	here, there broker.Broker
	name        string
}

func (h *house) topic(name string) string { return h.name + name }

// Counter counts hints, and waits for them.
type Counter struct {
	hints   atomic.Int64
	changed <-chan struct{}
	signal  func()
}

// NewCounter gives one that has heard nothing.
func NewCounter() *Counter {
	c := &Counter{}
	c.changed, c.signal = broker.Signal()
	return c
}

// Hint is what to subscribe with.
func (c *Counter) Hint() { c.hints.Add(1); c.signal() }

// Count is how many it heard.
func (c *Counter) Count() int { return int(c.hints.Load()) }

// Await fails the test unless so many hints come.
func (c *Counter) Await(t *testing.T, hints int) {
	t.Helper()
	late := time.After(Bound)
	for c.Count() < hints {
		select {
		case <-c.changed:
		case <-late:
			t.Fatalf("%d hints of %d", c.Count(), hints)
		}
	}
}

// Settle returns when all that was published at from has been heard at to.
func Settle(t *testing.T, from, to broker.Broker) {
	t.Helper()
	topic, heard := rand.Text(), NewCounter()
	defer to.Subscribe(topic, heard.Hint)()
	from.Publish(topic)
	heard.Await(t, 1)
}

// settled returns when all hints have been heard everywhere.
func (h *house) settled() {
	Settle(h.T, h.here, h.there)
	Settle(h.T, h.there, h.here)
}

func testReaches(t *testing.T, h *house) {
	here, there := NewCounter(), NewCounter()
	defer h.here.Subscribe(h.topic("a"), here.Hint)()
	defer h.there.Subscribe(h.topic("a"), there.Hint)()
	h.here.Publish(h.topic("a"))
	if here.Count() == 0 {
		t.Error("who waits on the same node heard nothing at once")
	}
	there.Await(t, 1)
	h.settled()
	before := here.Count()
	h.there.Publish(h.topic("a"))
	here.Await(t, before+1)
}

func testApart(t *testing.T, h *house) {
	other := NewCounter()
	for _, b := range []broker.Broker{h.here, h.there} {
		defer b.Subscribe(h.topic("b"), other.Hint)()
	}
	h.here.Publish(h.topic("a"))
	h.there.Publish(h.topic("a"))
	h.settled()
	if other.Count() != 0 {
		t.Errorf("%d hints of another topic", other.Count())
	}
}

func testOnce(t *testing.T, h *house) {
	here, first, second := NewCounter(), NewCounter(), NewCounter()
	defer h.here.Subscribe(h.topic("a"), here.Hint)()
	defer h.there.Subscribe(h.topic("a"), first.Hint)()
	defer h.there.Subscribe(h.topic("a"), second.Hint)()
	h.here.Publish(h.topic("a"))
	h.settled()
	if here.Count() != 1 || first.Count() != 1 || second.Count() != 1 {
		t.Errorf("%d, %d and %d hints for one change", here.Count(), first.Count(), second.Count())
	}
}

func testCancel(t *testing.T, h *house) {
	one, two := NewCounter(), NewCounter()
	cancelOne := h.there.Subscribe(h.topic("a"), one.Hint)
	cancelTwo := h.there.Subscribe(h.topic("a"), two.Hint)
	h.here.Publish(h.topic("a"))
	h.settled()
	cancelOne()
	cancelOne() // again does nothing
	h.here.Publish(h.topic("a"))
	h.settled()
	cancelTwo()
	h.here.Publish(h.topic("a"))
	h.settled()
	if one.Count() != 1 || two.Count() != 2 {
		t.Errorf("%d and %d hints", one.Count(), two.Count())
	}
	defer h.there.Subscribe(h.topic("a"), one.Hint)()
	cancelTwo() // which must not end the new one
	h.here.Publish(h.topic("a"))
	h.settled()
	if one.Count() != 2 {
		t.Error("an old cancel ended a new subscription")
	}
}

func testWithin(t *testing.T, h *house) {
	done := NewCounter()
	var cancel func()
	var subscribed sync.WaitGroup
	subscribed.Add(1)
	cancel = h.there.Subscribe(h.topic("a"), func() {
		subscribed.Wait()
		cancel()
		h.there.Publish(h.topic("b"))
		h.there.Publish(h.topic("a"))
		done.Hint()
	})
	subscribed.Done()
	h.here.Publish(h.topic("a"))
	done.Await(t, 1)
	h.settled()
	if done.Count() != 1 {
		t.Errorf("%d hints", done.Count())
	}
}

// strange are what a caller may make up as a part of a topic.
var strange = []string{
	"", ">", "*", ".", "..", "a.b", "a.*", "a.>", " ", "a b", "\r\nPUB x 0\r\n", "$SYS.REQ", "_INBOX.a", "\x00", "ü", "approval:req_1", strings.Repeat("a", 9000), strings.Repeat(">.", 3000),
}

func testTopics(t *testing.T, h *house) {
	counters := make([]*Counter, len(strange))
	for i, topic := range strange {
		counters[i] = NewCounter()
		if topic != "" {
			topic = h.topic(topic)
		}
		defer h.there.Subscribe(topic, counters[i].Hint)()
	}
	for i, topic := range strange {
		if topic != "" {
			topic = h.topic(topic)
		}
		h.here.Publish(topic)
		counters[i].Await(t, 1)
	}
	h.settled()
	for i, c := range counters {
		// The empty one is shared with other tests on the same server.
		if c.Count() != 1 && strange[i] != "" {
			t.Errorf("%.20q: %d hints", strange[i], c.Count())
		}
	}
}

func testNoneLost(t *testing.T, h *house) {
	var state atomic.Int64
	const changes, waiters = 300, 20
	var all sync.WaitGroup
	for i := range waiters {
		node := h.here
		if i%2 == 0 {
			node = h.there
		}
		all.Go(func() {
			for state.Load() < changes {
				changed, hint := broker.Signal()
				cancel := node.Subscribe(h.topic("a"), hint)
				before := state.Load()
				if before < changes {
					select {
					case <-changed:
					case <-time.After(Bound):
						t.Errorf("a change after %d was not heard of", before)
						state.Store(changes)
					}
				}
				cancel()
			}
		})
	}
	for state.Load() < changes {
		state.Add(1)
		h.here.Publish(h.topic("a"))
	}
	all.Wait()
}

// What is published on another node the moment after a subscription was answered is heard.
func testInForce(t *testing.T, h *house) {
	for range 100 {
		topic, heard := rand.Text(), NewCounter()
		cancel := h.there.Subscribe(topic, heard.Hint)
		h.here.Publish(topic)
		heard.Await(t, 1)
		cancel()
	}
}

func testMany(t *testing.T, h *house) {
	heard := NewCounter()
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			cancel := h.there.Subscribe(h.topic("a"), heard.Hint)
			h.here.Publish(h.topic("a"))
			h.there.Publish(h.topic("a"))
			cancel()
		})
	}
	all.Wait()
	if heard.Count() < 50 {
		t.Errorf("%d hints", heard.Count())
	}
	h.settled()
}

func testCounts(t *testing.T, h *house) {
	before := h.here.Statistics()
	heard := NewCounter()
	defer h.there.Subscribe(h.topic("a"), heard.Hint)()
	h.here.Publish(h.topic("a"))
	heard.Await(t, 1)
	after := h.here.Statistics()
	if after.Here <= before.Here || !after.Connected || after.Lost != before.Lost || after.Healed != 0 {
		t.Errorf("%+v, then %+v", before, after)
	}
}
