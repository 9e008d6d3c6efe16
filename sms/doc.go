// Package sms knows who may log in with a code in a text message, whose account at which vendor
// sends it, what it costs and who pays, and where messages may go.
//
// A provider is an account at a vendor: an organisation's own, or the operator's. What an
// administrator fills in is a draft. A code goes out by that very account, and only when it is
// typed does the draft become the provider, or change it: until then nothing is in use. An
// organisation can keep several, of which one at most is active.
//
// Who pays follows from what a message is for. Logging in is paid by the organisation, by its own
// active provider; until a date that the operator sets the operator's may stand in, and then the
// operator pays. The check of a provider is paid by whose provider it is. All else is paid
// by the operator.
//
// A message is in the ledger before it is sent:
//
//	sending ─▶ refused                       the vendor said no: nothing went out, nothing is paid
//	   │
//	   ├─────▶ accepted ─▶ sent ─▶ delivered | failed | expired
//	   │           ▲         ▲         ▲
//	   └─────▶ unknown ──────┴─────────┘     no answer came: it may have gone out; refused, where an
//	                                         hour later the vendor itself knows nothing of it, until
//	                                         a report says that it does
//
// Never does a message that may have gone out go out again by itself. One that was sending when the
// process ended is unknown; the vendor's report, or a look at the vendor's own list, says later
// what became of it. What counts against a limit is counted before it is sent, so that no
// failure makes room for more.
package sms
