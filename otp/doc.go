// Package otp checks the codes that people type: time-based one-time passwords (RFC 6238)
// of their phones. Every try is counted before the code is looked at, in a transaction of
// its own, so that no rollback, no parallel try and no new request gives a guesser more.
//
// What can never happen: a code works twice, or after a newer one did; more codes are
// looked at than the limits say.
package otp
