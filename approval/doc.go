// Package approval is the heart: a login page asks, the person decides on the phone, the
// waiting browser is released.
//
//	pending  ──▶ approved ──▶ released
//	pending  ──▶ denied | reported | mismatched | expired | cancelled | superseded
//	approved ──▶ lapsed            nobody redeemed it in time
//	approved ──▶ cancelled         everything of the person was revoked, or the person erased
//	any      ──▶ reported          "this was not me", for 24 hours
//
// Every edge is one conditional update in one transaction with its audit row; whatever
// loses the race changes nothing and is told so.
//
// What can never happen: a request is approved without a decision that the approval key of
// an active phone of that very person signed over that very challenge, with the number
// where one is asked (or without a one-time code or recovery code of that person, or the code of the
// newest text message about that very request, where the organisation takes such codes, or without a temporary code that
// support sent to that person for that very organisation); one that asks for what counts everywhere is approved by a
// phone, a code of one, or a temporary code, that counts for a single organisation; it is approved after it was
// denied, reported, superseded or its time had passed; it is released twice, or to another
// application; the number reaches a phone, a push, or, before it was typed, a log; what a phone decided stands in the
// audit log without the phone's own signature.
package approval
