// Package phone is a phone: a client of Aye's public API that shares no code with the
// server, so that a mistake in one is not hidden by the same mistake in the other. It is
// written from docs/protocol.md alone. The command "aye phone" and the tests use it; an
// app maker can read it as the example.
//
// What it never does: show a request whose signature it did not verify, trust its own
// clock, send a decision twice under two ids, or make a call before the keys that the
// call speaks of are safely on disk.
package phone
