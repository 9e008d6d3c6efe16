package observe_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"example.com/aye/internal/leaktest"
	"example.com/aye/internal/observe"
	"example.com/aye/internal/secret"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// node is one server of several, with a collector of its own.
type node struct {
	*observe.Observer
	registry *prometheus.Registry
	kept     *keeper
}

// keeper is a collector that keeps spans after the end too.
type keeper struct{ tracetest.InMemoryExporter }

func (*keeper) Shutdown(context.Context) error { return nil }

func newNode(t *testing.T, ratio float64) node {
	t.Helper()
	n := node{registry: prometheus.NewRegistry(), kept: new(keeper)}
	tracer := observe.NewTracer(observe.Tracing{Exporter: n.kept, Ratio: ratio, Version: "1", Instance: "here", Registry: n.registry, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() { tracer.Close(context.Background()) })
	n.Observer = observe.New(n.registry, tracer)
	return n
}

// spans gives what was sent until now, in the order in which it ended.
func (n node) spans(t *testing.T) tracetest.SpanStubs {
	t.Helper()
	if err := n.Tracer.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	return n.kept.GetSpans()
}

func step(name, request string) observe.Step {
	return observe.Step{Name: name, Request: request, Began: noon, Ended: noon.Add(time.Second)}
}

// TestALifeIsOneTrace: what several servers do for one request is one trace, whose id is the
// request's own, and whose root is the question; nothing is handed from one to the other.
func TestALifeIsOneTrace(t *testing.T) {
	t.Parallel()
	request := secret.NewID("apr")
	here, there := newNode(t, 1), newNode(t, 1)
	here.Tracer.Step(t.Context(), step(observe.Ask, request))
	there.Tracer.Step(t.Context(), step(observe.Decide, request))
	there.Tracer.Step(t.Context(), step(observe.Redeem, secret.NewID("apr")))
	for _, none := range []string{"", "apr_", "apr_1", "case_" + strings.Repeat("a", 32), "apr_" + strings.Repeat("0", 32), "apr_" + strings.Repeat("g", 32), request + "00"} {
		there.Tracer.Step(t.Context(), step(observe.Decide, none))
	}
	asked, decided := here.spans(t), there.spans(t)
	if len(asked) != 1 || len(decided) != 2 {
		t.Fatalf("%d and %d spans", len(asked), len(decided))
	}
	id := strings.TrimPrefix(request, "apr_")
	for _, s := range []tracetest.SpanStub{asked[0], decided[0]} {
		if s.SpanContext.TraceID().String() != id {
			t.Errorf("%s is in the trace %s, want %s", s.Name, s.SpanContext.TraceID(), id)
		}
	}
	if asked[0].Parent.IsValid() || decided[0].Parent.SpanID() != asked[0].SpanContext.SpanID() {
		t.Errorf("the question is below %v, the decision below %v", asked[0].Parent, decided[0].Parent)
	}
	if decided[0].StartTime != noon || decided[0].EndTime != noon.Add(time.Second) || decided[1].SpanContext.TraceID() == decided[0].SpanContext.TraceID() {
		t.Errorf("%+v", decided)
	}
}

// TestSampling: the part that is kept is the part that was asked for, of real ids, and all servers
// keep the same.
func TestSampling(t *testing.T) {
	t.Parallel()
	const requests = 1000
	here, there := newNode(t, 0.25), newNode(t, 0.25)
	for range requests {
		request := secret.NewID("apr")
		here.Tracer.Step(t.Context(), step(observe.Ask, request))
		there.Tracer.Step(t.Context(), step(observe.Decide, request))
	}
	ids := func(spans tracetest.SpanStubs) (all []string) {
		for _, s := range spans {
			all = append(all, s.SpanContext.TraceID().String())
		}
		return all
	}
	asked, decided := ids(here.spans(t)), ids(there.spans(t))
	if !slices.Equal(asked, decided) {
		t.Errorf("%d and %d are not the same", len(asked), len(decided))
	}
	if len(asked) < requests/4-70 || len(asked) > requests/4+70 { // five standard deviations
		t.Errorf("%d of %d", len(asked), requests)
	}
}

const (
	callersTrace  = "4bf92f3577b34da6a3ce929d0e0e4736"
	callersSpan   = "00f067aa0ba902b7"
	callersParent = "00-" + callersTrace + "-" + callersSpan + "-01"
)

// TestACallIsLinked: a call is a trace of its own, with links to the requests that it was about,
// and they to it. The caller's own trace is a link of both and never the trace.
func TestACallIsLinked(t *testing.T) {
	t.Parallel()
	n := newNode(t, 1)
	calls, request, other := n.Calls("api"), secret.NewID("apr"), secret.NewID("apr")
	ctx, call := calls.Begin(t.Context(), noon)
	observe.From(ctx, []string{callersParent})
	n.Tracer.About(ctx, request)
	n.Tracer.About(ctx, other)
	n.Tracer.Step(ctx, step(observe.Redeem, request))
	n.Tracer.About(ctx, request)
	calls.End(call, observe.Ended{ID: "req_1", Method: "POST", Route: "/v1/approvals/:id/redeem", Status: 200, Took: time.Second})
	calls.Leave()
	spans := n.spans(t)
	if len(spans) != 2 {
		t.Fatalf("%d spans", len(spans))
	}
	redeemed, answered := spans[0], spans[1]
	links := func(s tracetest.SpanStub) (all []string) {
		for _, l := range s.Links {
			all = append(all, l.SpanContext.TraceID().String()+" "+l.SpanContext.SpanID().String())
		}
		return all
	}
	caller := callersTrace + " " + callersSpan
	root := strings.TrimPrefix(other, "apr_")
	if want := []string{caller, redeemed.SpanContext.TraceID().String() + " " + redeemed.SpanContext.SpanID().String(), root + " " + root[16:]}; !slices.Equal(links(answered), want) {
		t.Errorf("the call has the links %q, want %q", links(answered), want)
	}
	if want := []string{answered.SpanContext.TraceID().String() + " " + answered.SpanContext.SpanID().String(), caller}; !slices.Equal(links(redeemed), want) {
		t.Errorf("the step has the links %q, want %q", links(redeemed), want)
	}
	for _, s := range spans {
		if s.SpanContext.TraceID().String() == callersTrace || s.Parent.TraceID().String() == callersTrace {
			t.Errorf("%s is in the caller's trace", s.Name)
		}
	}
	if answered.Name != "POST /v1/approvals/:id/redeem" || answered.SpanKind != trace.SpanKindServer || answered.StartTime != noon || answered.EndTime != noon.Add(time.Second) {
		t.Errorf("%+v", answered)
	}
}

// TestLinksAreBounded: a phone that lists very much makes no very large span.
func TestLinksAreBounded(t *testing.T) {
	t.Parallel()
	n := newNode(t, 1)
	calls := n.Calls("api")
	ctx, call := calls.Begin(t.Context(), noon)
	observe.From(ctx, []string{callersParent})
	for range 100 {
		n.Tracer.About(ctx, secret.NewID("apr"))
	}
	calls.End(call, observe.Ended{Method: "GET", Route: "/v1/device/approvals", Status: 200})
	calls.Leave()
	if links := n.spans(t)[0].Links; len(links) != 17 || links[0].SpanContext.TraceID().String() != callersTrace {
		t.Errorf("%d links, the first to %s", len(links), links[0].SpanContext.TraceID())
	}
}

// TestACallGoesWithItsRequest: it is sent where the request is, and not where the request is not.
func TestACallGoesWithItsRequest(t *testing.T) {
	t.Parallel()
	n := newNode(t, 0.5)
	calls := n.Calls("api")
	for range 100 {
		request, other := secret.NewID("apr"), secret.NewID("apr")
		n.Tracer.Step(t.Context(), step(observe.Ask, request))
		kept := len(n.spans(t)) > 0
		n.kept.Reset()
		n.Tracer.Step(t.Context(), step(observe.Ask, other))
		both := len(n.spans(t)) > 0 || kept
		n.kept.Reset()
		for _, c := range []struct {
			requests []string
			kept     bool
		}{{[]string{request}, kept}, {[]string{request, other}, both}} {
			ctx, call := calls.Begin(t.Context(), noon)
			for _, about := range c.requests {
				n.Tracer.About(ctx, about)
			}
			calls.End(call, observe.Ended{Method: "GET", Route: "/v1/approvals/:id", Status: 200})
			calls.Leave()
			if sent := len(n.spans(t)) == 1; sent != c.kept {
				t.Errorf("the call is sent: %v, its requests: %v", sent, c.kept)
			}
			n.kept.Reset()
		}
	}
}

// TestProbesHaveNoSpan: who only wants to know that we live would fill the collector.
func TestProbesHaveNoSpan(t *testing.T) {
	t.Parallel()
	n := newNode(t, 1)
	calls := n.Calls("api")
	for _, route := range []string{"/healthz", "/readyz", "/p"} {
		_, call := calls.Begin(t.Context(), noon)
		calls.End(call, observe.Ended{Method: "GET", Route: route, Status: 200})
		calls.Leave()
	}
	if spans := n.spans(t); len(spans) != 1 || spans[0].Name != "GET /p" {
		t.Errorf("%+v", spans)
	}
}

// TestTraceparent: one header in exactly the form of version 00, or none at all.
func TestTraceparent(t *testing.T) {
	t.Parallel()
	n := newNode(t, 1)
	calls := n.Calls("api")
	linked := func(headers ...string) bool {
		ctx, call := calls.Begin(t.Context(), noon)
		observe.From(ctx, headers)
		calls.End(call, observe.Ended{Method: "GET", Route: "/p", Status: 200})
		calls.Leave()
		spans := n.spans(t)
		return len(spans[len(spans)-1].Links) == 1
	}
	if !linked(callersParent) || !linked(strings.TrimSuffix(callersParent, "01")+"00") {
		t.Error("a good one is not linked")
	}
	for _, bad := range [][]string{
		{},
		{""},
		{callersParent, callersParent},
		{callersParent + "-x"},
		{callersParent + "00"},
		{callersParent + " "},
		{" " + callersParent},
		{"01" + callersParent[2:]},
		{"ff" + callersParent[2:]},
		{strings.ToUpper(callersParent)},
		{"00-" + strings.Repeat("0", 32) + "-" + callersSpan + "-01"},
		{"00-" + callersTrace + "-" + strings.Repeat("0", 16) + "-01"},
		{strings.Replace(callersParent, callersTrace, callersTrace[:31]+"-", 1)},
		{strings.Replace(callersParent, "-"+callersSpan, "_"+callersSpan, 1)},
		{strings.Repeat("0", 1<<20)},
		{callersParent[:54] + "g"},
	} {
		if linked(bad...) {
			t.Errorf("%.80q is linked", bad)
		}
	}
}

func FuzzTraceparent(f *testing.F) {
	f.Add(callersParent)
	f.Add("00-" + callersTrace)
	f.Fuzz(func(t *testing.T, header string) {
		ctx, call := observe.New(prometheus.NewRegistry(), nil).Calls("api").Begin(t.Context(), noon)
		observe.From(ctx, []string{header}) // takes everything where there are no traces
		if call != nil {
			t.Error("a call without a tracer")
		}
	})
}

// family gives the metrics of a name.
func (n node) family(t *testing.T, name string) []*dto.Metric {
	t.Helper()
	families, err := n.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()
		}
	}
	return nil
}

func (n node) counted(t *testing.T, name, value string) float64 {
	t.Helper()
	for _, m := range n.family(t, name) {
		for _, l := range m.GetLabel() {
			if l.GetValue() == value {
				return m.GetCounter().GetValue()
			}
		}
	}
	return -1
}

// TestReleases: what was promised is counted at its edge, and the trace stands beside the time.
func TestReleases(t *testing.T) {
	t.Parallel()
	n := newNode(t, 1)
	if yes, no := n.counted(t, "aye_releases_total", "yes"), n.counted(t, "aye_releases_total", "no"); yes != 0 || no != 0 {
		t.Errorf("%v and %v at the start: the first late one would be no rise", yes, no)
	}
	request := secret.NewID("apr")
	for _, took := range []time.Duration{observe.InTime, observe.InTime + time.Millisecond, -time.Second} {
		n.Released(t.Context(), request, noon, noon.Add(took))
	}
	if yes, no := n.counted(t, "aye_releases_total", "yes"), n.counted(t, "aye_releases_total", "no"); yes != 2 || no != 1 {
		t.Errorf("%v in time and %v late", yes, no)
	}
	h := n.family(t, "aye_release_seconds")[0].GetHistogram()
	if h.GetSampleCount() != 3 || h.GetSampleSum() != 0.401 {
		t.Errorf("%v", h)
	}
	traced := ""
	for _, b := range h.GetBucket() {
		if b.GetUpperBound() == InTimeSeconds && (b.GetCumulativeCount() != 2 || b.GetExemplar() == nil) {
			t.Errorf("the bucket of what is promised has %v", b)
		}
		for _, l := range b.GetExemplar().GetLabel() {
			traced = l.GetName() + "=" + l.GetValue()
		}
	}
	if traced != "trace_id="+strings.TrimPrefix(request, "apr_") {
		t.Errorf("the exemplar is %q", traced)
	}
	spans := n.spans(t)
	if len(spans) != 3 || spans[0].Name != observe.Release || spans[0].StartTime != noon || spans[0].EndTime != noon.Add(observe.InTime) || spans[2].EndTime != noon {
		t.Errorf("%+v", spans)
	}
}

// InTimeSeconds is a bucket, so that the promise can be read from the histogram too.
const InTimeSeconds = 0.2

// TestOffCostsNothing: without traces a call costs no memory beside the text of its status.
func TestOffCostsNothing(t *testing.T) {
	calls := observe.New(prometheus.NewRegistry(), nil).Calls("api")
	ctx := t.Context()
	for name, calls := range map[string]*observe.Calls{"no traces": calls, "nobody": nil} {
		got := testing.AllocsPerRun(200, func() {
			under, call := calls.Begin(ctx, noon)
			observe.From(under, []string{callersParent})
			calls.End(call, observe.Ended{Method: "GET", Route: "/v1/approvals/:id", Status: 200})
			calls.Leave()
		})
		if got > 1 {
			t.Errorf("%s: %v allocations", name, got)
		}
	}
	var nobody *observe.Observer
	nobody.Released(ctx, "apr_1", noon, noon)
	nobody.WaitersGauge().Inc()
	nobody.Exemplar(prometheus.NewHistogram(prometheus.HistogramOpts{Name: "x"}), time.Second, "apr_1")
	var none *observe.Tracer
	none.Step(ctx, step(observe.Ask, secret.NewID("apr")))
	none.About(ctx, "apr_1")
	none.Close(ctx)
}

// BenchmarkCall is what stands around each call, without traces, and with them.
func BenchmarkCall(b *testing.B) {
	registry := prometheus.NewRegistry()
	tracer := observe.NewTracer(observe.Tracing{Exporter: new(keeper), Ratio: 0.01, Registry: registry, Log: slog.New(slog.DiscardHandler)})
	defer tracer.Close(b.Context())
	for name, calls := range map[string]*observe.Calls{"off": observe.New(prometheus.NewRegistry(), nil).Calls("api"), "1%": observe.New(registry, tracer).Calls("api")} {
		b.Run(fmt.Sprintf("traces=%s", name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, call := calls.Begin(b.Context(), noon)
				calls.End(call, observe.Ended{Method: "GET", Route: "/v1/approvals/:id", Status: 200})
				calls.Leave()
			}
		})
	}
}
