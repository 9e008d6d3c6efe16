// Package aside hashes the passwords of strangers in a process of its own, so that guessing holds up nobody else.
//
// Argon2id takes a whole processor for tens of milliseconds, by design. In the server it would hold one of the few threads that run all
// of Go: whatever is about to go on waits behind it. A thread of less weight in the server would be worse, because the collector waits
// for all of them. So the server starts itself once more when it first needs to, and asks over a pipe.
//
// What can never happen: a password is not looked at, or found wrong, because that process is not there, hangs, or is of another
// version. What it does not do is done in the server. It has no key, no database and no setting; it sees passwords, as the server does,
// and ends when the server does, however that ends.
package aside
