package bench

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/internal/bench/carry"
)

func TestACrowdStays(t *testing.T) {
	t.Parallel()
	t.Run("on connections of its own", func(t *testing.T) {
		t.Parallel()
		stays(t, atBare(t))
	})
	t.Run("carried", func(t *testing.T) {
		t.Parallel()
		to := atBare(t)
		address, carried := relay(t, to.host)
		if err := to.carry(t.Context(), 1, waitersEach-1, []string{address}); err != nil {
			t.Fatal(err)
		}
		stays(t, to)
		if came := carried.Load(); came != waitersEach { // all but the first, and the last one again
			t.Errorf("%d were carried", came)
		}
	})
}

// relay takes what is carried to the server at the address; it gives its own, and how many came.
func relay(t *testing.T, server string) (address string, came *atomic.Int64) {
	t.Helper()
	addresses, err := freeAddresses(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	ordinary, err := new(net.ListenConfig).Listen(t.Context(), "tcp", addresses[0])
	if err != nil {
		t.Fatal(err)
	}
	l, err := carry.Listen(t.Context(), ordinary, addresses[1])
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	came = &atomic.Int64{}
	running.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			came.Add(1)
			to, err := new(net.Dialer).Dial("tcp", server)
			if err != nil {
				t.Error(err)
				_ = from.Close()
				return
			}
			for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
				running.Go(func() {
					_, _ = io.Copy(way[0], way[1])
					_ = way[0].Close()
				})
			}
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		running.Wait()
	})
	return addresses[1], came
}

// stays has a crowd wait at the target, and breaks one connection, the last.
func stays(t *testing.T, to *target) {
	t.Helper()
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
	const last = waitersEach - 1
	before := c.seats[last]
	_ = before.conn.Close()
	c.mu.Unlock()
	deadline, tick := time.After(30*time.Second), time.NewTicker(lookEvery)
	defer tick.Stop()
	for back := false; !back; {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the page did not come back")
		}
		c.mu.Lock()
		back = c.seats[last].conn != nil && c.seats[last].id != before.id
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
		0: "<nil>", portsEach - 1: "<nil>", portsEach: "127.0.0.2", 2*portsEach - 1: "127.0.0.2", 2 * portsEach: "127.0.0.3", 1_000_000: "127.0.0.201",
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
