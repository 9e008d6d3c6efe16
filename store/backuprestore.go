package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"example.com/aye/internal/audit"
)

// Restoration is what came of a restore.
type Restoration struct {
	Contents
	// At is from when on nothing counts that was signed before.
	At    time.Time
	Ended Ended
}

// Restore puts a backup where no database is: a file of SQLite, or an empty database of PostgreSQL. It is verified before.
// What could be used a second time, because its first use may be forgotten, is ended; see [Ended]. The file of SQLite is
// there under its name only when all of that went well; a restore into PostgreSQL that was killed goes on with the next of
// the same backup. The errors are ErrNotEmpty, ErrInUse, ErrHalf and those of [Verify].
func Restore(ctx context.Context, from string, config Config, tell Tell) (r Restoration, err error) {
	if err = config.vacant(); err != nil {
		return r, err
	}
	if r.Contents, err = Verify(ctx, config, from, tell); err != nil {
		return r, err
	}
	// It is made ready beside its place, or where the file would stand.
	ready := config
	ready.Path, ready.URL = config.Path+".restoring", ""
	if err = os.MkdirAll(filepath.Dir(ready.Path), 0o700); err != nil {
		return r, err
	}
	if err = prepare(ctx, from, ready, &r, config.URL != ""); err != nil {
		return r, errors.Join(err, removeParts(ready.Path))
	}
	if config.URL == "" {
		err = putInPlace(ready.Path, config.Path)
		return r, errors.Join(err, removeParts(ready.Path))
	}
	_, err = transfer(ctx, ready, config, tell, func(Moved) []audit.Entry { return nil })
	if err != nil {
		return r, err // what is ready stays, so that the next one can go on
	}
	return r, removeParts(ready.Path)
}

// vacant is ErrNotEmpty where there is a file of a database already. A log that was left without its database is one too:
// SQLite would play it into whatever has its name.
func (c Config) vacant() error {
	if c.URL != "" {
		return nil // PostgreSQL is looked at when it is held
	}
	for _, companion := range companions {
		if _, err := os.Lstat(c.Path + companion); err == nil {
			return fmt.Errorf("%w: %s; stop the server and move aye.db, aye.db-wal and aye.db-shm away, to keep them until all is well", ErrNotEmpty, c.Path+companion)
		}
	}
	return nil
}

// prepare makes a copy of the backup, brings it up to date, and ends what must not be used again. One that was made ready
// before and is half copied into PostgreSQL is taken as it is.
func prepare(ctx context.Context, from string, ready Config, r *Restoration, again bool) error {
	if _, err := os.Stat(ready.Path); err == nil && again {
		found, err := ready.restoredFrom(ctx, r.Digest)
		if err != nil || !found.IsZero() {
			r.At = found
			return err
		}
	}
	if err := removeParts(ready.Path); err != nil {
		return err
	}
	if err := duplicate(from, ready.Path); err != nil {
		return err
	}
	// What was copied is what was verified.
	if _, sum, err := digest(ready.Path); err != nil || sum != r.Digest {
		return errors.Join(err, fmt.Errorf("%w: %s was changed while it was read", ErrNoBackup, from))
	}
	return ready.openMarked(ctx, func(s *Store) (err error) {
		r.At = ready.Now().UTC()
		r.Ended, err = s.endAll(ctx, r.At, r.Contents)
		return err
	})
}

// restoredFrom tells when the backup was made ready here; zero where this one was not.
func (c Config) restoredFrom(ctx context.Context, digest string) (at time.Time, err error) {
	err = c.openMarked(ctx, func(s *Store) error {
		reads, failed := s.reading(ctx)
		if failed != nil {
			return failed
		}
		row, failed := one[timeRow](reads, errRefused, "SELECT at FROM marks WHERE name = ? AND value = ?", markRestored, digest)
		if errors.Is(failed, errRefused) {
			return nil
		}
		at = moment(row.at)
		return failed
	})
	return at, err
}
