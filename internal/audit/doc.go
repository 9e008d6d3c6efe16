// Package audit is the log that nobody can rewrite unseen. Each organisation has a chain
// of rows; a row's hash covers the row and the hash of the one before, so a changed,
// removed or reordered row breaks the chain where it stands. A row is written in the same
// transaction as the change that it tells of: no row, no change.
//
// Rows hold ids and states and no personal data, so that erasing a person later does not
// break a chain.
package audit
