// Package bare holds the limits that Aye is compared with: the same work as plain Go does
// it, with net/http, bare SQL in group commit and the standard library's cryptography. It
// has no Echo, no gorm and no domain.
//
// These programs are the limit. Once written they stay as they are: a limit that is tuned
// whenever Aye comes near it measures nothing. They change only when what they do is wrong,
// or when the cycle itself changes.
//
// What they do not leave out is what the promise of an approval is made of:
//   - each durable commit, before the answer or the message that rests on it leaves: asked,
//     push accepted, fetched, decided, handed out, redeemed;
//   - each signature: the challenge and the assertion are signed, both proofs and the
//     decision are verified;
//   - each HTTP request of the cycle, the WebSocket, and the push to the vendor;
//   - the conditions: one update each, so that of any number of callers the database
//     chooses one;
//   - reading: what a request needs of another request's row comes from the database, so
//     that a state survives a restart.
//
// What they leave out is what Aye does around that: people, phones and secrets in the
// database (here they come from a file and stay in memory), the audit log, how often a
// person may be asked, idempotency keys, proofs that work once, nonces for a wrong clock,
// denying and reporting, codes, time limits beyond the request's own, sealing at rest,
// delivery states on the page, repeated pushes, webhooks, logs, and metrics of their own.
// Keys are made at each start, so tickets and release codes do not survive one. Ids are
// counted and can be guessed, which the ticket, the keys and the secret make harmless.
//
// So much for the limit, which writes the least: six statements a login. With [Config.Each]
// the same server stands for another that people might have built, which writes what a login
// must keep, as Aye does (deliveries, budgets, the evidence and the audit log in tables of
// their own), in sixteen statements, each committed by itself.
package bare
