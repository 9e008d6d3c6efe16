package observe

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Tracer makes spans, out of what has happened. A nil Tracer makes none.
type Tracer struct {
	spans  trace.Tracer
	kept   kept
	export *export
}

// The steps in the life of a request.
const (
	Ask     = "ask"
	Push    = "push"
	Fetch   = "fetch"
	Decide  = "decide"
	Release = "release"
	Redeem  = "redeem"
	// End is any other end: expired, lapsed, cancelled, superseded.
	End = "end"
)

// Step is something that happened to a request.
type Step struct {
	// Name is one of the steps above.
	Name string
	// Request is the id of the request; what has another form is no request, and has no trace.
	Request string
	// Began and Ended are when; both are of the clock of this server.
	Began, Ended time.Time
	// Words say how it went.
	Words []Word
	// Failed says that it was not done; why is for the log.
	Failed bool
}

// Word is a property of a span. Its value is a constant of a room, such as a state: never a text
// that a person or another server wrote, and never an error.
type Word struct{ Key, Value string }

// Step tells of a step, which the HTTP call at hand, if ctx has one, is linked to.
func (t *Tracer) Step(ctx context.Context, s Step) {
	if t == nil {
		return
	}
	id, ok := traceOf(s.Request)
	if !ok {
		return
	}
	call, root := callOf(ctx), rootOf(id)
	if !t.kept.keeps(id) {
		call.about(root)
		return
	}
	within := context.Background()
	if s.Name == Ask {
		within = context.WithValue(within, idsKey{}, root)
	} else {
		within = trace.ContextWithRemoteSpanContext(within, root)
	}
	_, span := t.spans.Start(within, s.Name, trace.WithTimestamp(s.Began), trace.WithLinks(call.links()...), trace.WithAttributes(attributes(s.Words)...))
	if s.Failed {
		span.SetStatus(codes.Error, "")
	}
	span.End(trace.WithTimestamp(later(s.Began, s.Ended)))
	call.about(span.SpanContext())
}

// exemplar gives the trace of a request for a number, empty where it is not sent.
func (t *Tracer) exemplar(request string) string {
	if t == nil {
		return ""
	}
	id, ok := traceOf(request)
	if !ok || !t.kept.keeps(id) {
		return ""
	}
	return id.String()
}

func attributes(words []Word) []attribute.KeyValue {
	all := make([]attribute.KeyValue, 0, len(words))
	for _, w := range words {
		all = append(all, attribute.String("aye."+w.Key, w.Value))
	}
	return all
}

// later is the end, which the clocks of two servers must not put before the beginning.
func later(began, ended time.Time) time.Time {
	if ended.Before(began) {
		return began
	}
	return ended
}
