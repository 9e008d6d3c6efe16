package observe

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// requestPrefix begins the id of a request.
const requestPrefix = "apr_"

// traceOf gives the trace of a request: the UUID of its id.
func traceOf(request string) (id trace.TraceID, ok bool) {
	digits, ok := strings.CutPrefix(request, requestPrefix)
	if !ok || len(digits) != hex.EncodedLen(len(id)) {
		return id, false
	}
	if _, err := hex.Decode(id[:], []byte(digits)); err != nil {
		return id, false
	}
	return id, id.IsValid()
}

// rootOf is the span of the step "ask", known to all servers without being told. It is never
// zero: a UUID has its variant there.
func rootOf(id trace.TraceID) trace.SpanContext {
	return spanContext(id, trace.SpanID(id[8:]))
}

func spanContext(id trace.TraceID, span trace.SpanID) trace.SpanContext {
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: id, SpanID: span, TraceFlags: trace.FlagsSampled, Remote: true})
}

// fresh is a span of a new trace.
func fresh() trace.SpanContext {
	var id trace.TraceID
	_, _ = rand.Read(id[:]) // never fails: crypto/rand ends the program instead
	return spanContext(id, freshSpan())
}

func freshSpan() (id trace.SpanID) {
	for !id.IsValid() {
		_, _ = rand.Read(id[:])
	}
	return id
}

// kept is which part of all traces is sent: those whose last 62 bits, read as a number, are
// below it. Every server decides alike, because the bits are the trace's own. They are the
// random ones of a UUID; the two in front of them are its variant and the same in all, which
// is why the library's own sampler, which reads them too, would keep all or none.
type kept uint64

const all kept = 0

// keptOf gives the bound of a ratio, which is above 0; 1 keeps all.
func keptOf(ratio float64) kept {
	if ratio >= 1 {
		return all
	}
	return max(1, kept(ratio*(1<<63)*2))
}

func (k kept) keeps(id trace.TraceID) bool {
	return k == all || binary.BigEndian.Uint64(id[8:])<<2 < uint64(k)
}

// generator gives a span the ids that its context carries, else random ones.
type generator struct{}

type idsKey struct{}

// NewIDs is for a span without a parent.
func (generator) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	if given, ok := ctx.Value(idsKey{}).(trace.SpanContext); ok {
		return given.TraceID(), given.SpanID()
	}
	random := fresh()
	return random.TraceID(), random.SpanID()
}

// NewSpanID is for a span below another.
func (generator) NewSpanID(context.Context, trace.TraceID) trace.SpanID { return freshSpan() }
