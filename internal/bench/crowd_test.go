package bench

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

func TestACrowdStays(t *testing.T) {
	t.Parallel()
	to := atBare(t)
	one, _ := to.people.take()
	var lost atomic.Int64
	c := &crowd{target: to, people: []*person{one.person}, failed: func(error) { lost.Add(1) }}
	if err := c.ask(t.Context(), waitersEach, nil); err != nil || len(c.seats) != waitersEach {
		t.Fatalf("%d seats, %v", len(c.seats), err)
	}
	staying, leave := context.WithCancel(t.Context())
	defer leave()
	if rate, err := c.connect(staying, nil); err != nil || rate <= 0 {
		t.Fatalf("%v a second, %v", rate, err)
	}
	// A connection breaks: that is a fault, and the page comes back with another request.
	c.mu.Lock()
	before := c.seats[1]
	_ = before.conn.Close()
	c.mu.Unlock()
	deadline, tick := time.After(10*time.Second), time.NewTicker(lookEvery)
	defer tick.Stop()
	for back := false; !back; {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the page did not come back")
		}
		c.mu.Lock()
		back = c.seats[1].conn != nil && c.seats[1].id != before.id
		c.mu.Unlock()
	}
	if lost.Load() != 1 || c.renewed.Load() != 1 {
		t.Errorf("%d lost, %d renewed", lost.Load(), c.renewed.Load())
	}
	leave()
	c.close()
	if lost.Load() != 1 {
		t.Error("leaving is no fault")
	}
}

func TestSourceAddresses(t *testing.T) {
	t.Parallel()
	for i, want := range map[int]string{
		0: "<nil>", portsEach - 1: "<nil>", portsEach: "127.0.0.2", 2*portsEach - 1: "127.0.0.2", 2 * portsEach: "127.0.0.3", 1_000_000: "127.0.0.51",
	} {
		if got := source(i).String(); got != want {
			t.Errorf("connection %d comes from %s, want %s", i, got, want)
		}
	}
}

func TestParallel(t *testing.T) {
	t.Parallel()
	var sum atomic.Int64
	err := parallel(t.Context(), 8, 100, func(_ context.Context, i int) error { sum.Add(int64(i)); return nil })
	if err != nil || sum.Load() != 4950 {
		t.Errorf("%d, %v", sum.Load(), err)
	}
	broken := errors.New("broken")
	err = parallel(t.Context(), 2, 1_000_000, func(ctx context.Context, i int) error {
		if i == 10 {
			return broken
		}
		return nil
	})
	if !errors.Is(err, broken) {
		t.Errorf("one failed: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := parallel(ctx, 2, 10, func(context.Context, int) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("broken off: %v", err)
	}
	if err := parallel(t.Context(), 2, 0, nil); err != nil {
		t.Errorf("nothing to do: %v", err)
	}
}
