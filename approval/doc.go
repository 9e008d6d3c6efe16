// Package approval is the heart: a login page asks, the person decides on the phone, the
// waiting browser is released.
//
//	pending  ──▶ approved ──▶ released
//	pending  ──▶ denied | reported | mismatched | expired | cancelled | superseded
//	approved ──▶ lapsed            nobody redeemed it in time
//	any      ──▶ reported          "this was not me", for 24 hours
//
// Every edge is one conditional update in one transaction with its audit row; whatever
// loses the race changes nothing and is told so.
//
// What can never happen: a request is approved without a decision that the approval key of
// an active phone of that very person signed over that very challenge, with the number
// where one is asked (or without a one-time code or recovery code of that person, where the
// organisation takes such codes); one that asks for what counts everywhere is approved by a
// phone, or a code of one, that counts for a single organisation; it is approved after it was
// denied, reported, superseded or its time had passed; it is released twice, or to another
// application; the number reaches a phone, a push or a log.
package approval
