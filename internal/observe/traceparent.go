package observe

import (
	"context"
	"encoding/hex"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// From links the call at hand, and what it does for a request, to the caller's own trace, as
// the header traceparent names it (W3C Trace Context, version 00). It never becomes ours: who
// could choose the trace could mix requests of others into it, or have them all sent. What is
// not exactly one header of that form is left out without a word.
func From(ctx context.Context, headers []string) {
	call := callOf(ctx)
	if call == nil || len(headers) != 1 {
		return
	}
	caller := parseTraceparent(headers[0])
	call.mu.Lock()
	defer call.mu.Unlock()
	call.from = caller
}

// traceparentLength is that of version 00: two digits, 32 of the trace, 16 of the span, two of flags.
const traceparentLength = 2 + 1 + 32 + 1 + 16 + 1 + 2

// parseTraceparent gives a context that is not valid for what is no such header.
func parseTraceparent(text string) (none trace.SpanContext) {
	if len(text) != traceparentLength || text[:3] != "00-" || text[35] != '-' || text[52] != '-' ||
		strings.Trim(text, "0123456789abcdef-") != "" {
		return none
	}
	var (
		config trace.SpanContextConfig
		flags  [1]byte
	)
	for _, part := range []struct {
		to   []byte
		from string
	}{{config.TraceID[:], text[3:35]}, {config.SpanID[:], text[36:52]}, {flags[:], text[53:]}} {
		if _, err := hex.Decode(part.to, []byte(part.from)); err != nil {
			return none
		}
	}
	config.TraceFlags, config.Remote = trace.TraceFlags(flags[0])&trace.FlagsSampled, true
	return trace.NewSpanContext(config)
}
