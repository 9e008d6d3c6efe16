package store

import "gorm.io/gorm"

// Handles gives the two ways to the database.
func (s *Store) Handles() (writer, reader *gorm.DB) { return s.writer, s.reader }

// Watch is told of every statement.
func (s *Store) Watch(seen func(query string, args []any)) { s.counts.seen.Store(&seen) }

// LowestID is the package's own.
var LowestID = lowestID

// Lease is how long who took a job has it alone.
const Lease = lease

// Migrating is the lock of who migrates.
var Migrating oneMigrates
