package observe

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

const (
	// mostWaiting is how many spans wait for the collector at most, those on their way included.
	mostWaiting = 2048
	// batch and pause are how many go at once, and how long they wait for more.
	batch = 512
	pause = 2 * time.Second
	// sendTime is how long one batch may take, repetitions included.
	sendTime = 20 * time.Second
	// closeTime is how long the end waits for the last spans.
	closeTime = 2 * time.Second
	// complainEvery is how often the log says that the collector takes nothing.
	complainEvery = time.Minute
	// mostComplaint is how much of the collector's own words the log has.
	mostComplaint = 300
)

// Tracing says where spans go.
type Tracing struct {
	Exporter sdk.SpanExporter
	// Ratio is which part of all logins is traced: above 0, and 1 at most.
	Ratio float64
	// Version is this program's, Instance names this server among several.
	Version, Instance string
	Registry          prometheus.Registerer
	Log               *slog.Logger
}

// NewTracer starts to send spans. Close it.
func NewTracer(c Tracing) *Tracer {
	spans := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "aye_trace_spans_total", Help: "Spans by what became of them: sent, dropped because too many waited, or failed because the collector did not take them.",
	}, []string{"outcome"})
	c.Registry.MustRegister(spans)
	e := &export{
		SpanExporter: c.Exporter, log: c.Log,
		sent: spans.WithLabelValues("sent"), dropped: spans.WithLabelValues("dropped"), failed: spans.WithLabelValues("failed"),
	}
	e.life, e.stop = context.WithCancel(context.Background())
	queue := sdk.NewBatchSpanProcessor(e,
		sdk.WithMaxQueueSize(mostWaiting), sdk.WithMaxExportBatchSize(batch), sdk.WithBatchTimeout(pause), sdk.WithExportTimeout(sendTime))
	// Whether a trace is sent was decided before a span is made: see Tracer.kept.
	e.provider = sdk.NewTracerProvider(
		sdk.WithSpanProcessor(gate{queue, e}), sdk.WithSampler(sdk.AlwaysSample()), sdk.WithIDGenerator(generator{}),
		sdk.WithRawSpanLimits(sdk.SpanLimits{
			AttributeValueLengthLimit: 128, AttributeCountLimit: 16, EventCountLimit: 0, LinkCountLimit: mostLinks + 1, AttributePerLinkCountLimit: 0,
		}),
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "aye"), attribute.String("service.version", c.Version), attribute.String("service.instance.id", c.Instance))))
	return &Tracer{spans: e.provider.Tracer("example.com/aye"), kept: keptOf(c.Ratio), export: e}
}

// Close sends what waits, within a short time: a collector that is away must not hold up the end.
func (t *Tracer) Close(ctx context.Context) {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, closeTime)
	defer cancel()
	err := t.export.provider.Shutdown(ctx)
	t.export.stop()
	if err != nil {
		t.export.log.WarnContext(ctx, "the last traces were not sent", slog.String("error", err.Error()))
	}
}

// Flush sends what waits, and returns when it was sent.
func (t *Tracer) Flush(ctx context.Context) error { return t.export.provider.ForceFlush(ctx) }

// export is the sending side: it counts what became of each batch, and gives up at the end.
type export struct {
	sdk.SpanExporter
	provider *sdk.TracerProvider
	log      *slog.Logger

	waiting               atomic.Int64
	sent, dropped, failed prometheus.Counter
	// complained is when the log last said so, in nanoseconds.
	complained atomic.Int64
	// life ends with the last patience; a send that still runs then is given up.
	life context.Context
	stop context.CancelFunc
}

// gate stands in front of the library's queue. It drops and counts what does not fit, where the
// queue itself would drop without a word.
type gate struct {
	sdk.SpanProcessor
	export *export
}

// OnEnd takes a span and never waits.
func (g gate) OnEnd(span sdk.ReadOnlySpan) {
	if g.export.waiting.Add(1) > mostWaiting {
		g.export.waiting.Add(-1)
		g.export.dropped.Inc()
		return
	}
	g.SpanProcessor.OnEnd(span)
}

// ExportSpans sends a batch. A failure is counted and logged, and no concern of the queue.
func (e *export) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.life, cancel)() //nolint:contextcheck // the other end of it: whichever comes first
	err := e.SpanExporter.ExportSpans(ctx, spans)
	e.waiting.Add(-int64(len(spans)))
	if err == nil {
		e.sent.Add(float64(len(spans)))
		return nil
	}
	e.failed.Add(float64(len(spans)))
	now, last := time.Now().UnixNano(), e.complained.Load()
	if (last == 0 || now-last >= int64(complainEvery)) && e.complained.CompareAndSwap(last, now) {
		text := err.Error()
		e.log.WarnContext(ctx, "the collector takes no traces; logins go on without", slog.String("error", text[:min(len(text), mostComplaint)]))
	}
	return nil
}
