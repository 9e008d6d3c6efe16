package observe

import (
	"context"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// mostLinks is how many requests a call is linked to at most.
const mostLinks = 16

// Call is one HTTP call while it is answered, where there are traces. A nil Call takes everything
// and does nothing.
type Call struct {
	tracer *Tracer
	// own is its span, which exists when it ends: only then it is known what it was about.
	own   trace.SpanContext
	began time.Time

	mu sync.Mutex
	// from is the caller's own span.
	from trace.SpanContext
	// requests are those that it was about, one span of each.
	requests []trace.SpanContext
}

type callKey struct{}

func callOf(ctx context.Context) *Call {
	call, _ := ctx.Value(callKey{}).(*Call)
	return call
}

// About says that the call at hand, if ctx has one, is about a request that exists.
func (t *Tracer) About(ctx context.Context, request string) {
	if t == nil {
		return
	}
	call := callOf(ctx)
	if call == nil {
		return
	}
	if id, ok := traceOf(request); ok {
		call.about(rootOf(id))
	}
}

// about links the call to a span of a request: the newest of its steps, else its root.
func (c *Call) about(span trace.SpanContext) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, known := range c.requests {
		if known.TraceID() != span.TraceID() {
			continue
		}
		if span.SpanID() != rootOf(span.TraceID()).SpanID() {
			c.requests[i] = span
		}
		return
	}
	if len(c.requests) < mostLinks {
		c.requests = append(c.requests, span)
	}
}

// links are those of a step that the call makes: to the call, and to what its caller does.
func (c *Call) links() []trace.Link {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	links := []trace.Link{{SpanContext: c.own}}
	if c.from.IsValid() {
		links = append(links, trace.Link{SpanContext: c.from})
	}
	return links
}

// sent gives the trace that the call is seen in, and whether it is sent: that of a request that
// is, else its own.
func (c *Call) sent() (trace.TraceID, bool) {
	if len(c.requests) == 0 {
		return c.own.TraceID(), c.tracer.kept.keeps(c.own.TraceID())
	}
	for _, span := range c.requests {
		if c.tracer.kept.keeps(span.TraceID()) {
			return span.TraceID(), true
		}
	}
	return c.own.TraceID(), false
}

// end makes the span, and gives the trace for an exemplar, empty where nothing is sent.
func (c *Call) end(part string, e Ended) string {
	if c == nil {
		return ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	seen, sent := c.sent()
	if !sent {
		return ""
	}
	links := make([]trace.Link, 0, len(c.requests)+1)
	if c.from.IsValid() {
		links = append(links, trace.Link{SpanContext: c.from})
	}
	for _, span := range c.requests {
		links = append(links, trace.Link{SpanContext: span})
	}
	ctx := context.WithValue(context.Background(), idsKey{}, c.own)
	_, span := c.tracer.spans.Start(ctx, e.Method+" "+e.Route, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(c.began), trace.WithLinks(links...),
		trace.WithAttributes(
			attribute.String("aye.part", part), attribute.String("aye.request_id", e.ID), attribute.String("http.request.method", e.Method),
			attribute.String("http.route", e.Route), attribute.Int("http.response.status_code", e.Status)))
	if e.Status >= 500 {
		span.SetStatus(codes.Error, strconv.Itoa(e.Status))
	}
	span.End(trace.WithTimestamp(c.began.Add(max(0, e.Took))))
	return seen.String()
}
