package broker_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"example.com/aye/broker"
	"example.com/aye/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func TestHints(t *testing.T) {
	t.Parallel()
	b := broker.NewMemory()
	var one, two, other int
	b.Publish("topic") // to nobody
	cancelOne := b.Subscribe("topic", func() { one++ })
	cancelTwo := b.Subscribe("topic", func() { two++ })
	defer b.Subscribe("other", func() { other++ })()
	b.Publish("topic")
	cancelOne()
	b.Publish("topic")
	cancelOne() // again does nothing
	cancelTwo()
	b.Publish("topic")
	if one != 1 || two != 2 || other != 0 {
		t.Errorf("%d %d %d", one, two, other)
	}
	cancelThree := b.Subscribe("topic", func() { one++ })
	cancelTwo() // which must not end the new one
	b.Publish("topic")
	cancelThree()
	if one != 2 {
		t.Error("an old cancel ended a new subscription")
	}
}

// A waiter may subscribe and cancel from within a hint.
func TestAHintMayCancel(t *testing.T) {
	t.Parallel()
	b := broker.NewMemory()
	hints := 0
	var cancel func()
	cancel = b.Subscribe("topic", func() {
		hints++
		cancel()
		b.Publish("topic")
		b.Subscribe("topic", func() {})()
	})
	b.Publish("topic")
	if hints != 1 {
		t.Errorf("%d hints", hints)
	}
}

// Who subscribes and then looks misses nothing: what was published after the look leaves a
// signal.
func TestNoHintIsLost(t *testing.T) {
	t.Parallel()
	b := broker.NewMemory()
	var state atomic.Int64
	const changes = 1000
	var all sync.WaitGroup
	for range 20 {
		changed, hint := broker.Signal()
		cancel := b.Subscribe("topic", hint)
		all.Go(func() {
			defer cancel()
			for state.Load() < changes {
				<-changed
			}
		})
	}
	for range changes {
		state.Add(1)
		b.Publish("topic")
	}
	all.Wait()
}

func TestSignal(t *testing.T) {
	t.Parallel()
	changed, hint := broker.Signal()
	for range 3 { // never blocks
		hint()
	}
	<-changed
	select {
	case <-changed:
		t.Error("two signals for one look")
	default:
	}
	hint()
	<-changed
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	b := broker.NewMemory()
	var hints atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			cancel := b.Subscribe("topic", func() { hints.Add(1) })
			b.Publish("topic")
			cancel()
		})
	}
	all.Wait()
	if hints.Load() < 50 {
		t.Errorf("%d hints", hints.Load())
	}
}
