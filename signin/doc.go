// Package signin is a person's session on Aye's own pages: how it begins, what it may do, and
// how it ends.
//
//	password ──▶ full               the person's second factor approved what this session asked
//	(nothing) ──▶ full              the person has no factor, and an organisation asks for none
//	setup                           the person has none and must: may set one up, nothing else
//	case link, password ──▶ setup   a support case took everything: may set one up, nothing else
//	full or setup ──▶ nothing       a first factor stands now, and this session has none behind it
//	reset ──▶ reset, proven ──▶ full   a mailed link, then the second factor, then a new password
//	full ──▶ full, proven           the password again, and a factor: for five minutes
//	any ──▶ gone                    logged off, idle, too old, ended elsewhere, "this was not me"
//
// The portal asks as one application of an organisation. A request is asked for one purpose: to
// get in, to prove the person again, or to allow a new password. The session keeps which request
// it waits for and what for, and package approval decides about that request as about any other.
//
// Every change of power is one conditional update that replaces the token: it holds only while
// the session is still as it was seen, the request was released to it, and nobody said of one of
// its requests "this was not me". Of two that come at once, one wins and the other finds nothing.
//
// Who chose codes in text messages has a second factor, whether one can be sent or not. Where none can,
// the session waits, and its page says why.
//
// Who lost all second factors by a support case is recovering, and counts as somebody who has one, until the first new
// one is linked. The password alone then leads to a session that waits for nothing that could come; only the link of that
// case, with the password, begins one that may set up a phone or an app.
//
// A temporary code, which support sends to who forgot the phone, lets the person in at the organisation that sent it, and
// nothing more.
//
// What can never happen: a session becomes full without the password, or a mailed link, and,
// where the person has a factor, an approved request that this very session asked for to get
// in, redeemed once; a request asked for one purpose serves another, or another session; a token
// outlives a change of power; a session without a second factor acts once its person has one, by
// whichever way it came and whoever began the session; a mailed link alone changes the password
// of somebody with a second factor; security settings change in a session that was not proven
// within five minutes; a session acts in an organisation where the person is no active member,
// whose rules its method or its age does not meet, or outside of the one that its factor counts
// for; a session lives on after the person said of its request "this was not me"; the password, an invitation or a mailed
// link to a new password, alone or together, links a phone or chooses a password for somebody who is recovering; a
// session that began by the link of a case does more than link the first factor, or anything once there is one, or the
// case is stopped; a session that began by a temporary code changes security settings, proves anybody, or acts at
// another organisation than the one that sent it.
package signin
