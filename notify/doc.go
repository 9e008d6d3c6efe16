// Package notify asks a phone to look: it carries a message without content to the
// vendor that can wake the phone, and reports what became of it.
//
// A push is a hint and never a proof. It says nothing of who logs in, where or to what,
// because Apple, Google and a locked screen read it too; the phone fetches the request
// itself and checks its signature. Nothing is approved because a push was delivered, and
// nothing is lost when it is not: a phone that is opened lists what waits.
//
// The promises of [Router]:
//
//   - every push that [Router.Enqueue] took is reported exactly once;
//   - a push is never sent after its request has ended;
//   - one dead address, or one vendor that is down, delays nobody else;
//   - an address is called dead only on the vendor's plain word for this one address.
//     Whatever could be a mistake of ours is [Suspect], so that a wrong setting can never
//     wipe every phone.
//
// The same push may reach a phone twice, when an answer was lost on the way back. The
// phone drops the second by its reference, and the vendors collapse the two.
package notify
