// Package store keeps everything in SQLite or PostgreSQL. It is the only room that knows SQL: one
// [Store] implements what the rooms of the domain ask of a database, one file for each room. The two
// databases take the same statements; what they say differently is in dialect.go.
//
// An atomic step is one conditional update, and the number of rows it changed decides. Its
// audit row is written in the same transaction, so there is no change without a row and no
// row without a change. Another process may write the same database at any time: nothing that
// it can change is remembered from one transaction to the next.
//
// Nothing changes between the look and the commit of a change: on SQLite there is one change at a time
// (writer.go), on PostgreSQL many, with locks (parallel.go, about.go).
//
// What can never happen: a change whose condition did not hold leaves anything behind; an
// acknowledged change is lost when the power fails; a secret stands in the file as text.
package store
