package observe_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	sdk "go.opentelemetry.io/otel/sdk/trace"

	"example.com/aye/internal/observe"
	"example.com/aye/internal/secret"
)

// collector is one in trouble: it takes nothing until it is let go, and then fails where it is to.
type collector struct {
	open chan struct{}
	fail error

	mu    sync.Mutex
	taken int
}

func (c *collector) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	select {
	case <-c.open:
	case <-ctx.Done():
		return ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken += len(spans)
	return c.fail
}

func (*collector) Shutdown(context.Context) error { return nil }

func troubled(c *collector, log *bytes.Buffer) node {
	n := node{registry: prometheus.NewRegistry()}
	n.Observer = observe.New(n.registry, observe.NewTracer(observe.Tracing{
		Exporter: c, Ratio: 1, Registry: n.registry, Log: slog.New(slog.NewTextHandler(log, nil)),
	}))
	return n
}

const (
	waiting = 2048 // what waits at most
	many    = 5000
)

// TestACollectorThatHangs: steps never wait for it. What does not fit is dropped and counted, and
// the rest arrives when it is back.
func TestACollectorThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, log := &collector{open: make(chan struct{})}, new(bytes.Buffer)
		n := troubled(c, log)
		began := time.Now()
		for range many {
			n.Tracer.Step(t.Context(), step(observe.Ask, secret.NewID("apr")))
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("the steps waited %v", took)
		}
		if dropped := n.counted(t, "aye_trace_spans_total", "dropped"); dropped != many-waiting {
			t.Errorf("%v dropped of %d", dropped, many)
		}
		close(c.open)
		n.Tracer.Close(t.Context())
		if sent := n.counted(t, "aye_trace_spans_total", "sent"); sent != waiting || c.taken != waiting {
			t.Errorf("%v sent, %d taken", sent, c.taken)
		}
		n.Tracer.Step(t.Context(), step(observe.Ask, secret.NewID("apr"))) // after the end it is nothing
	})
}

// TestRoomComesBack: what a batch leaves is free for others.
func TestRoomComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, log := &collector{open: make(chan struct{})}, new(bytes.Buffer)
		close(c.open)
		n := troubled(c, log)
		for range 3 {
			for range waiting {
				n.Tracer.Step(t.Context(), step(observe.Ask, secret.NewID("apr")))
			}
			if err := n.Tracer.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		n.Tracer.Close(t.Context())
		if dropped := n.counted(t, "aye_trace_spans_total", "dropped"); dropped != 0 || c.taken != 3*waiting {
			t.Errorf("%v dropped, %d taken", dropped, c.taken)
		}
	})
}

// TestACollectorThatFails is counted, and said in the log once a minute and not for each batch.
func TestACollectorThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, log := &collector{open: make(chan struct{}), fail: errors.New("no such tenant" + strings.Repeat("!", 10_000))}, new(bytes.Buffer)
		close(c.open)
		n := troubled(c, log)
		for range 30 {
			n.Tracer.Step(t.Context(), step(observe.Ask, secret.NewID("apr")))
			time.Sleep(3 * time.Second) //nolint:forbidigo // the clock of the test is not real
		}
		n.Tracer.Close(t.Context())
		if failed := n.counted(t, "aye_trace_spans_total", "failed"); failed != 30 {
			t.Errorf("%v failed", failed)
		}
		if lines := strings.Count(log.String(), "no such tenant"); lines != 2 || log.Len() > 1500 {
			t.Errorf("%d lines, %d bytes", lines, log.Len())
		}
	})
}

// TestTheEndWaitsShortly for a collector that hangs, and leaves nothing behind.
func TestTheEndWaitsShortly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, log := &collector{open: make(chan struct{})}, new(bytes.Buffer)
		n := troubled(c, log)
		n.Tracer.Step(t.Context(), step(observe.Ask, secret.NewID("apr")))
		began := time.Now()
		n.Tracer.Close(t.Context())
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
		synctest.Wait() // everything that it started must end, or the test fails
		if !strings.Contains(log.String(), "the last traces were not sent") {
			t.Errorf("the log says %q", log)
		}
	})
}
