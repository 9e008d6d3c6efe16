package nats

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	client "github.com/nats-io/nats.go"

	"example.com/aye/broker"
)

// list is a database's list of changes, which goes back ten seconds further than asked.
type list struct {
	mu    sync.Mutex
	rows  []broker.Change
	asked int
	fails error
	// begun counts those who asked without a moment.
	begun int
}

func (l *list) add(topic string, ago time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows = append(l.rows, broker.Change{Topic: topic, At: time.Now().Add(-ago)})
}

func (l *list) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fails, l.rows = err, nil
}

func (l *list) times() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked
}

func (l *list) changed(_ context.Context, since time.Time) ([]broker.Change, time.Time, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked++
	if since.IsZero() {
		l.begun++
	}
	if l.fails != nil {
		return nil, time.Time{}, l.fails
	}
	var found []broker.Change
	for _, c := range l.rows {
		if c.At.After(since.Add(-10 * time.Second)) {
			found = append(found, c)
		}
	}
	return found, time.Now(), nil
}

// tally is when hints came.
type tally struct {
	mu sync.Mutex
	at []time.Time
}

func (h *tally) hint() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = append(h.at, time.Now())
}

func (h *tally) all() []time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.at)
}

func (h *tally) count() int { return len(h.all()) }

// pass lets the time of the bubble go on, and what is due in it be done.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // the clock of the bubble
	synctest.Wait()
}

// deaf is a node that speaks with a NATS of which nothing comes and to which nothing goes. It heals
// until the test ends.
func deaf(t *testing.T, l *list) (b *Broker, log *bytes.Buffer) {
	t.Helper()
	log = &bytes.Buffer{}
	b, err := New(Config{URL: "nats://127.0.0.1:1", Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	b.started, b.conn = true, &client.Conn{}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { b.Heal(ctx, l.changed); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })
	return b, log
}

// A hint that was lost on its way is made up for within three seconds, at any moment between two looks, and once.
func TestALostHintIsHealed(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Duration{0, time.Millisecond, 500 * time.Millisecond, 999 * time.Millisecond, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			l := &list{}
			b, _ := deaf(t, l)
			hints := &tally{}
			defer b.Subscribe("a", hints.hint)()
			pass(5*time.Second + at)
			lost := time.Now()
			l.add("a", 0)
			l.add("other", 0) // nobody waits for it
			pass(3 * time.Second)
			if heard := hints.all(); len(heard) != 1 || heard[0].Sub(lost) > 3*time.Second {
				t.Fatalf("lost at %v, heard of at %v", lost, heard)
			}
			if s := b.Statistics(); s.Healed != 1 {
				t.Errorf("%+v", s)
			}
			pass(20 * time.Second)
			if hints.count() != 1 {
				t.Errorf("%d hints of one change", hints.count())
			}
			l.add("a", 0)
			pass(3 * time.Second)
			if hints.count() != 2 {
				t.Errorf("%d hints of two changes", hints.count())
			}
		})
	}
}

// A change that was made before others and is seen after them is found all the same.
func TestAChangeThatIsSeenLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &list{}
		b, _ := deaf(t, l)
		hints := &tally{}
		defer b.Subscribe("a", hints.hint)()
		pass(20*time.Second + 500*time.Millisecond)
		l.add("a", 0)
		pass(2 * time.Second)
		l.add("a", 5*time.Second)
		pass(2 * time.Second)
		if hints.count() != 2 {
			t.Errorf("%d hints of two changes", hints.count())
		}
	})
}

// The database is asked once a second, however many wait.
func TestOneQueryForANode(t *testing.T) {
	t.Parallel()
	for _, waiters := range []int{0, 1, 5000} {
		synctest.Test(t, func(t *testing.T) {
			l := &list{}
			b, _ := deaf(t, l)
			hints := &tally{}
			for i := range waiters {
				defer b.Subscribe(fmt.Sprint(i), hints.hint)()
			}
			pass(500 * time.Millisecond)
			before := l.times()
			pass(10 * time.Second)
			if l.times()-before != 10 || hints.count() != 0 {
				t.Errorf("%d waiters: asked %d times in 10 s, %d hints", waiters, l.times()-before, hints.count())
			}
		})
	}
}

// What was heard of live does not count as healed, nor does what changed just before somebody began to wait. Both are looked at once more: the hint may have been that of an earlier change.
func TestWhatCountsAsHealed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &list{}
		b, _ := deaf(t, l)
		hints := &tally{}
		pass(10*time.Second + 500*time.Millisecond)
		l.add("a", 0)
		defer b.Subscribe("a", hints.hint)()
		pass(3 * time.Second)
		if hints.count() != 1 || b.Statistics().Healed != 0 {
			t.Errorf("one that just came: %d hints, %+v", hints.count(), b.Statistics())
		}
		l.add("a", 0)
		b.Publish("a")
		pass(3 * time.Second)
		if hints.count() != 3 || b.Statistics().Healed != 0 {
			t.Errorf("heard of live: %d hints, %+v", hints.count(), b.Statistics())
		}
	})
}

// While the database does not answer, nobody is told anything; when it does again, all look, because its
// list may be gone, and not all at one time.
func TestAfterAnOutageAllLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &list{}
		b, log := deaf(t, l)
		const waiters = 2200
		hints := &tally{}
		for i := range waiters {
			defer b.Subscribe(fmt.Sprint(i), hints.hint)()
		}
		pass(5*time.Second + 500*time.Millisecond)
		l.fail(errors.New("the database is away"))
		pass(10 * time.Second)
		if hints.count() != 0 || strings.Count(log.String(), "the database is away") != 1 {
			t.Errorf("%d hints; %s", hints.count(), log)
		}
		before := l.times()
		l.fail(nil)
		pass(550 * time.Millisecond)
		if hints.count() == 0 || hints.count() == waiters {
			t.Errorf("%d hints at once", hints.count())
		}
		l.mu.Lock()
		// The first of all, nine of the ten in the outage, and the first after it.
		if l.begun != 11 || l.asked != before+1 {
			t.Errorf("begun anew %d times", l.begun)
		}
		l.mu.Unlock()
		pass(2 * time.Second)
		if hints.count() != waiters {
			t.Errorf("%d hints for %d who wait", hints.count(), waiters)
		}
		pass(10 * time.Second)
		if hints.count() != waiters {
			t.Errorf("%d hints for %d who wait", hints.count(), waiters)
		}
	})
}

// A database that takes for ever is asked again.
func TestALookIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		b, err := New(Config{URL: "nats://127.0.0.1:1", Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		go b.Heal(ctx, func(ctx context.Context, _ time.Time) ([]broker.Change, time.Time, error) {
			asked.Add(1)
			<-ctx.Done()
			return nil, time.Time{}, ctx.Err()
		})
		pass(30 * time.Second)
		cancel()
		synctest.Wait()
		if asked.Load() < 5 {
			t.Errorf("asked %d times in 30 s", asked.Load())
		}
	})
}
