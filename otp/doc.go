// Package otp checks the codes that people type: time-based one-time passwords (RFC 6238)
// of their phones and authenticator apps, recovery codes, the codes of text messages, and the temporary codes that
// support sends to who forgot the phone. Every try is counted before
// the code is looked at, in a transaction of its own, so that no rollback, no parallel try
// and no new request gives a guesser more.
//
// An authenticator app is begun, shown as a QR code and as text, and activated by its first
// code; until then it makes no codes that count. Recovery codes are made ten at a time, shown
// once and kept as keyed hashes; new ones take the place of all before. The code of a text message
// is derived from the message, counts for one request, and is stored nowhere. A temporary code is derived from the
// support case, counts for the case's organisation alone, and is stored nowhere either.
//
// What can never happen: a code works twice, or after a newer one did; more codes are
// looked at than the limits say; a temporary code works at another organisation, after its time, after "stop, this was
// not me", or more often than the case says; a use of it is not in the organisation's audit log; a person who is to keep a second factor loses the last one,
// however many are removed at the same moment.
package otp
