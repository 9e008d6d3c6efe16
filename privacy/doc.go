// Package privacy gives people what is kept of them, and erases it (GDPR, articles 15, 17 and 20).
//
// What stays after an erasure, and why, is in docs/privacy.md: rows of the audit log without the personal
// values, whose salted commitments let the chain be verified all the same; sums of text messages; signatures of decisions by
// ids that name nobody any more.
//
// What can never happen: an erased person gets in; an erasure breaks an audit chain; an organisation erases, or is told
// of, what another one keeps; the last owner of an organisation is erased.
package privacy
