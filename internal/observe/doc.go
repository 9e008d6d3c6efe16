// Package observe tells those who watch what happens: numbers for Prometheus and, where a
// collector is set up, traces.
//
// The trace of a request is the 16 bytes of the UUID in its id. So what different calls on
// different servers do for one request, ask, push, fetch, decide, release and redeem, is one
// trace, and nothing about traces is stored or sent along. Its root is the step "ask", whose
// span has an id that follows from the trace's; all other steps stand below it. A call over
// HTTP is a trace of its own, with links to the requests that it was about, and they back.
//
// What can never happen: a secret, a number, a code, an address or a name in a span. Spans
// have only what is written here, or handed over as a [Word], which is a constant of a room;
// errors are no words. And no login waits for a collector: what does not fit is dropped and
// counted.
package observe
