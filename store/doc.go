// Package store keeps everything in SQLite. It is the only room that knows SQL: one [Store]
// implements what the rooms of the domain ask of a database, one file for each room.
//
// An atomic step is one conditional update, and the number of rows it changed decides. Its
// audit row is written in the same transaction, so there is no change without a row and no
// row without a change. Another process may write the same file at any time: nothing that
// it can change is remembered from one transaction to the next.
//
// What can never happen: a change whose condition did not hold leaves anything behind; an
// acknowledged change is lost when the power fails; a secret stands in the file as text.
package store
