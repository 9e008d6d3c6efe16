package nats_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"example.com/aye/broker/brokertest"
	"example.com/aye/broker/nats"
	"example.com/aye/broker/nats/natstest"
)

// A subscription is in force at the server before the waiter looks, also where the way there is long.
func TestInForceBeforeTheLook(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, nil)
	near, _ := joined(t, on(server.URL()), nil)
	far, _ := joined(t, on(through(t, server.Address(), 30*time.Millisecond).url()), nil)
	for range 5 {
		heard := brokertest.NewCounter()
		cancel := far.Subscribe("a", heard.Hint)
		near.Publish("a")
		heard.Await(t, 1)
		cancel()
	}
}

// Waiters who wait while the server is gone and comes back hear of the rest.
func TestAServerThatGoesAndComesBack(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, nil)
	a, _ := joined(t, on(server.URL()), nil)
	b, log := joined(t, on(server.URL()), nil)
	if b.Degraded() != "" {
		t.Error(b.Degraded())
	}
	here, there := brokertest.NewCounter(), brokertest.NewCounter()
	defer a.Subscribe("a", here.Hint)()
	defer b.Subscribe("a", there.Hint)()
	a.Publish("a")
	there.Await(t, 1)

	server.Stop()
	eventually(t, "both know that it is gone", func() bool { return !a.Statistics().Connected && !b.Statistics().Connected })
	says(t, log, "NATS is gone")
	if !strings.Contains(b.Degraded(), "not connected to NATS") {
		t.Errorf("%q", b.Degraded())
	}
	during := brokertest.NewCounter()
	defer b.Subscribe("b", during.Hint)()
	b.Publish("b")
	during.Await(t, 1) // those of the same node hear each other
	a.Publish("a")
	here.Await(t, 2)

	server.Start()
	eventually(t, "both are back", func() bool { return a.Statistics().Connected && b.Statistics().Connected })
	says(t, log, "NATS is connected again")
	brokertest.Settle(t, a, b)
	before, since := there.Count(), during.Count()
	a.Publish("a")
	a.Publish("b")
	there.Await(t, before+1)
	during.Await(t, since+1)
	if s := b.Statistics(); s.Reconnects != 1 || b.Degraded() != "" {
		t.Errorf("%+v %q", s, b.Degraded())
	}
}

// A server that is not there keeps nobody from starting, and is found when it comes.
func TestUnreachableAtTheStart(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, nil)
	server.Stop()
	b, log := node(t, on(server.URL()), nil)
	says(t, log, "NATS cannot be reached")
	heard := brokertest.NewCounter()
	defer b.Subscribe("a", heard.Hint)()
	b.Publish("a")
	heard.Await(t, 1)
	if b.Degraded() == "" {
		t.Error("nothing is said of that")
	}
	server.Start()
	eventually(t, "it is connected", func() bool { return b.Statistics().Connected })
	says(t, log, "NATS is connected")
	other, _ := joined(t, on(server.URL()), nil)
	brokertest.Settle(t, other, b)
	other.Publish("a")
	heard.Await(t, 2)
}

// A server that takes nothing holds nobody up: hints to the others are dropped beyond a bound,
// and who begins to wait waits for a moment at most.
func TestAServerThatTakesNothing(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, nil)
	p := through(t, server.Address(), 0)
	b, _ := joined(t, on(p.url()), func(b *nats.Broker) { b.SetPatience(100 * time.Millisecond) })
	heard := brokertest.NewCounter()
	defer b.Subscribe("a", heard.Hint)()
	p.freeze()
	const long = 1800 * time.Millisecond // who writes to such a connection waits for two seconds
	published := 0
	for began := time.Now(); b.Statistics().Lost == 0; published++ {
		start := time.Now()
		b.Publish("a")
		if took := time.Since(start); took > long {
			t.Fatalf("a hint took %v", took)
		}
		if n := b.Waiting(); n > nats.MaxHints {
			t.Fatalf("%d hints wait to go out", n)
		}
		if time.Since(began) > brokertest.Bound {
			t.Fatal("no hint is ever dropped")
		}
	}
	if heard.Count() != published {
		t.Errorf("%d of %d were heard on the node itself", heard.Count(), published)
	}
	start := time.Now()
	b.Subscribe("b", func() {})()
	if took := time.Since(start); took > long {
		t.Errorf("to begin to wait took %v", took)
	}
	p.thaw()
	other, _ := joined(t, on(server.URL()), nil)
	again := heard.Count()
	eventually(t, "it is well again", func() bool { other.Publish("a"); return heard.Count() > again })
}

// A subscription of which the server never heard is made anew, with all others.
func TestALostSubscriptionIsMadeAnew(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, nil)
	p := through(t, server.Address(), 0)
	far, log := joined(t, on(p.url()), func(b *nats.Broker) { b.SetPatience(time.Millisecond); b.SetAnswer(100 * time.Millisecond) })
	p.lose(true)
	heard := brokertest.NewCounter()
	defer far.Subscribe("a", heard.Hint)()
	says(t, log, "NATS does not answer")
	p.lose(false)
	near, _ := joined(t, on(server.URL()), nil)
	eventually(t, "it hears", func() bool { near.Publish("a"); return heard.Count() > 0 })
}

// A refused subject is said once, in words, with what to do; the node's own waiters hear each other.
func TestPermissionsRefused(t *testing.T) {
	t.Parallel()
	refusing := natstest.Start(t, func(o *server.Options) {
		only := &server.SubjectPermission{Allow: []string{"other.>"}}
		o.Users = []*server.User{{Username: "aye", Password: "secret", Permissions: &server.Permissions{Publish: only, Subscribe: only}}}
	})
	b, log := joined(t, on("nats://aye:secret@"+refusing.Address()), nil)
	heard := brokertest.NewCounter()
	for i := range 20 {
		defer b.Subscribe(fmt.Sprint(i), heard.Hint)()
		b.Publish(fmt.Sprint(i))
	}
	heard.Await(t, 20)
	says(t, log, "allow this user to publish and to subscribe to aye.hint.>")
	eventually(t, "health says so", func() bool { return strings.Contains(b.Degraded(), "NATS refuses aye.hint.>") })
	if n := strings.Count(log.String(), "refuses hints"); n != 1 || !b.Statistics().Connected {
		t.Errorf("%d lines, %+v", n, b.Statistics())
	}
}

// Hints that come faster than they are taken are dropped by the library; who waited for one looks all the same.
func TestSlowConsumer(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, nil)
	a, _ := joined(t, on(server.URL()), nil)
	b, log := joined(t, on(server.URL()), nil)
	stuck, held := make(chan struct{}), brokertest.NewCounter()
	goOn := sync.OnceFunc(func() { close(stuck) })
	t.Cleanup(goOn) // before the end of b, which waits for it
	defer b.Subscribe("flood", func() {
		if held.Hint(); held.Count() == 1 {
			<-stuck
		}
	})()
	heard := brokertest.NewCounter()
	defer b.Subscribe("quiet", heard.Hint)()
	a.Publish("flood")
	held.Await(t, 1)
	const enough = 9000
	for sent := int64(1); sent < enough; {
		// What is sent may arrive a moment before it is counted.
		eventually(t, "they are out", func() bool { return a.Statistics().Sent == sent })
		for range 1000 {
			a.Publish("flood")
		}
		sent += 1000
	}
	a.Publish("quiet")
	says(t, log, "faster than this server took them")
	heard.Await(t, 1) // though nothing of what came is taken yet
	goOn()
	brokertest.Settle(t, a, b)
}

// What was hinted before the end goes out.
func TestCloseLetsTheLastHintsGo(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, nil)
	b, _ := joined(t, on(server.URL()), nil)
	for i := range 100 {
		a, err := nats.New(nats.Config{URL: on(server.URL()).URL, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		if err == nil {
			err = a.Connect()
		}
		if err != nil {
			t.Fatal(err)
		}
		heard := brokertest.NewCounter()
		cancel := b.Subscribe("a", heard.Hint)
		hints := 1 + i%2*499 // one that is hardly taken from the queue yet, or many
		for range hints {
			a.Publish("a")
		}
		if err = a.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.Publish("a") // late, and lost without harm
		a.Subscribe("a", func() {})()
		heard.Await(t, hints)
		cancel()
		if s := a.Statistics(); s.Connected || s.Lost != 1 || s.Sent != int64(hints) {
			t.Errorf("%+v", s)
		}
		if err = a.Close(t.Context()); err != nil {
			t.Errorf("a second time: %v", err)
		}
	}
}

// A server that does not answer does not hold up the end for longer than it may.
func TestCloseIsBounded(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, nil)
	p := through(t, server.Address(), 0)
	b, err := nats.New(nats.Config{URL: on(p.url()).URL, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err == nil {
		err = b.Connect()
	}
	if err != nil {
		t.Fatal(err)
	}
	p.freeze()
	b.Publish("a")
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.Bound)
	defer cancel()
	start := time.Now()
	if err = b.Close(ctx); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 10*time.Second { // two for the last hints; fifteen until the library gives up
		t.Errorf("it took %v", took)
	}
}

// Nodes that lost their server do not all come back at the same moment, nor less and less often for ever.
func TestPauses(t *testing.T) {
	t.Parallel()
	for tries, want := range map[int]time.Duration{1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 5: 1600 * time.Millisecond, 6: 2 * time.Second, 1_000_000: 2 * time.Second} {
		seen := map[time.Duration]bool{}
		for range 50 {
			pause := nats.Pause(tries)
			seen[pause] = true
			if pause < want/2 || pause > want*3/2 {
				t.Errorf("try %d: %v", tries, pause)
			}
		}
		if len(seen) < 10 {
			t.Errorf("try %d: not spread", tries)
		}
	}
}
