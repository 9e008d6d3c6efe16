package nats_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/aye/broker"
	"example.com/aye/broker/brokertest"
	"example.com/aye/broker/nats"
	"example.com/aye/broker/nats/natstest"
	"example.com/aye/internal/leaktest"
	"example.com/aye/internal/secret"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// journal keeps the log.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// node is a broker that speaks with NATS, with its log.
func node(t testing.TB, c nats.Config, change func(*nats.Broker)) (*nats.Broker, *journal) {
	t.Helper()
	log := &journal{}
	c.Name, c.Log = t.Name(), slog.New(slog.NewTextHandler(log, nil))
	b, err := nats.New(c)
	if err != nil {
		t.Fatal(err)
	}
	// Nothing is lost where a machine is slow.
	b.SetPatience(brokertest.Bound)
	if change != nil {
		change(b)
	}
	if err = b.Connect(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), brokertest.Bound)
		defer cancel()
		if failure := b.Close(ctx); failure != nil {
			t.Error(failure)
		}
	})
	return b, log
}

// joined is one that is connected: a first try that a busy machine gave up is made once more.
func joined(t testing.TB, c nats.Config, change func(*nats.Broker)) (*nats.Broker, *journal) {
	t.Helper()
	b, log := node(t, c, change)
	eventually(t, "it is connected", func() bool { return b.Statistics().Connected })
	return b, log
}

// on is where a server is.
func on(url string) nats.Config { return nats.Config{URL: secret.Secret(url)} }

// eventually fails the test unless it comes true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	late := time.After(brokertest.Bound)
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for !ok() {
		select {
		case <-look.C:
		case <-late:
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

// says fails the test unless the log has the words.
func says(t testing.TB, log *journal, words string) {
	t.Helper()
	eventually(t, "the log says "+words, func() bool { return strings.Contains(log.String(), words) })
}

func pair(t *testing.T, url string) (here, there broker.Broker) {
	t.Helper()
	a, _ := joined(t, on(url), nil)
	b, _ := joined(t, on(url), nil)
	return a, b
}

func TestConformance(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, nil)
	brokertest.Run(t, func(t *testing.T) (here, there broker.Broker) { return pair(t, server.URL()) })
}

// TestConformanceOnARealServer is on the server at AYE_TEST_NATS, which must be there.
func TestConformanceOnARealServer(t *testing.T) {
	t.Parallel()
	url := os.Getenv("AYE_TEST_NATS")
	if url == "" {
		url = "nats://127.0.0.1:4222"
	}
	probe, _ := node(t, on(url), nil)
	eventually(t, "a NATS server answers at "+url+", or at what AYE_TEST_NATS names", func() bool { return probe.Statistics().Connected })
	brokertest.Run(t, func(t *testing.T) (here, there broker.Broker) { return pair(t, url) })
}

// A broker that was never connected is that of the command line.
func TestWithoutConnect(t *testing.T) {
	t.Parallel()
	b, err := nats.New(on("nats://127.0.0.1:1"))
	if err != nil {
		t.Fatal(err)
	}
	heard := brokertest.NewCounter()
	cancel := b.Subscribe("a", heard.Hint)
	b.Publish("a")
	cancel()
	b.Publish("a")
	if s := b.Statistics(); heard.Count() != 1 || b.Interests() != 0 || s.Here != 2 || s.Lost != 0 || s.Connected {
		t.Errorf("%d hints, %d interests, %+v", heard.Count(), b.Interests(), s)
	}
	if err = b.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// A node is subscribed to what is waited for there, once, and to nothing else.
func TestSubscribedOnlyWhileSomebodyWaits(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, nil)
	b, _ := joined(t, on(server.URL()), nil)
	before := server.Subscriptions()
	mine := func(want uint32) func() bool { return func() bool { return server.Subscriptions()-before == want } }
	one := b.Subscribe("a", func() {})
	two := b.Subscribe("a", func() {})
	other := b.Subscribe("b", func() {})
	eventually(t, "two topics, two subscriptions", mine(2))
	one()
	other()
	eventually(t, "one topic, one subscription", mine(1))
	two()
	eventually(t, "nobody waits", mine(0))
	again := b.Subscribe("a", func() {})
	eventually(t, "somebody waits again", mine(1))
	again()
	eventually(t, "nobody waits again", mine(0))
	if b.Interests() != 0 {
		t.Errorf("%d interests are left", b.Interests())
	}
}

// What a node does goes to the others and does not come back to it.
func TestNoEcho(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, nil)
	a, _ := joined(t, on(server.URL()), nil)
	b, _ := joined(t, on(server.URL()), nil)
	heard := brokertest.NewCounter()
	defer a.Subscribe("a", heard.Hint)()
	for range 10 {
		a.Publish("a")
	}
	brokertest.Settle(t, b, a)
	brokertest.Settle(t, a, b)
	if s := a.Statistics(); heard.Count() != 10 || s.Received != 1 || s.Sent < 10 {
		t.Errorf("%d hints, %+v", heard.Count(), s)
	}
}

// Two topics never share a subject, and no subject means more than itself.
func TestSubjects(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, topic := range []string{"", ">", "*", ".", "a.b", "a b", "a\r\nPUB", "approval:req_1", "approval:req_2", strings.Repeat("x", 1<<16)} {
		subject := nats.SubjectOf(topic)
		token, ours := strings.CutPrefix(subject, "aye.hint.")
		if !ours || len(token) != 22 || strings.ContainsAny(token, ".*> \r\n\t") {
			t.Errorf("%.20q: %s", topic, subject)
		}
		if seen[subject] != "" {
			t.Errorf("%.20q and %.20q share %s", topic, seen[subject], subject)
		}
		seen[subject] = topic
	}
}
