package store

import (
	"context"
	"log/slog"

	"gorm.io/gorm"
)

// Handles gives the two ways to the database.
func (s *Store) Handles() (writer, reader *gorm.DB) { return s.writer, s.reader }

// Watch is told of every statement.
func (s *Store) Watch(seen func(query string, args []any)) { s.counts.seen.Store(&seen) }

// LowestID is the package's own.
var LowestID = lowestID

// Lease is how long who took a job has it alone.
const Lease = lease

// Migrating is the lock of who migrates.
var Migrating = oneMigrates{slog.New(slog.DiscardHandler)}

// Pretend makes the process believe that so many posts wait.
func (s *Store) Pretend(waiting int64) { s.box.waiting.Store(waiting) }

// CountTogether reads a number and writes the next one, as a change about the person of a request, or about the person, that is made
// with others.
func (s *Store) CountTogether(ctx context.Context, requestID, personID string) error {
	w := s.about(keyPerson + personID)
	if requestID != "" {
		w = s.aboutRequest(requestID, personID)
	}
	return w.together().write(ctx, func(tx *transaction) error {
		row, err := timesOf(tx, "count")
		if err == nil {
			_, err = tx.exec("UPDATE notes SET times = ? WHERE name = 'count'", row.times+1)
		}
		return err
	})
}

// Counted gives the number.
func (s *Store) Counted(ctx context.Context) (count int64, err error) {
	err = s.read(ctx).Raw("SELECT times FROM notes").Scan(&count).Error
	return count, err
}

// Notes makes the table of that number.
func (s *Store) Notes() error {
	if err := s.writer.Exec("CREATE TABLE notes (name TEXT PRIMARY KEY, times BIGINT NOT NULL DEFAULT 0)").Error; err != nil {
		return err
	}
	return s.writer.Exec("INSERT INTO notes (name) VALUES ('count')").Error
}
