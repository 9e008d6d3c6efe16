package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"
)

// ErrNewer says that a newer version of Aye has changed the database, in a way that this one cannot work with.
var ErrNewer = errors.New("this database was changed by a newer version of Aye")

const (
	// FitsEvery is how often [Store.Fits] is asked while a server runs.
	FitsEvery = time.Second
	// noticePause is how long older programs that run are given to notice that they do not fit any more, before a step that
	// they cannot live with is taken: they ask each second, and a question may take its time.
	noticePause = 5 * FitsEvery
)

// schema is how new a database is.
type schema struct {
	// version is the last step that was taken, 0 for an empty database.
	version int64
	// oldest is the schema that a program must know at least, 0 where nothing is said: then it must know this one.
	oldest int64
}

// schema looks at the database as it is now.
func (s *side) schema(ctx context.Context) (schema, error) {
	known := "SELECT count(*) FROM sqlite_schema WHERE name = 'goose_db_version'"
	if s.dialect.postgres {
		known = "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = 'goose_db_version'"
	}
	there, err := numberOf(ctx, s.db, known)
	if err != nil || there == 0 {
		return schema{}, err
	}
	var now schema
	if now.version, err = numberOf(ctx, s.db, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied"); err != nil {
		return schema{}, err
	}
	marks, err := s.marks(ctx)
	if m, said := marks[markOldest]; said && err == nil {
		now.oldest, err = strconv.ParseInt(m.value, 10, 64)
	}
	return now, err
}

// fits is ErrNewer, and says what to do, where a program that knows the schema cannot work on the database.
func (now schema) fits(known int64) error {
	needed := now.oldest
	if needed == 0 {
		needed = now.version
	}
	if needed <= known {
		return nil
	}
	return fmt.Errorf("%w: it has schema %d, which only a program that knows schema %d or newer can work on, and this one knows %d. Start the newer version; the way back is the backup of before the upgrade",
		ErrNewer, now.version, needed, known)
}

// raise writes down that a program must know this schema at least. It never takes that back.
func (s *side) raise(ctx context.Context, db interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}, oldest int64,
) error {
	_, err := db.ExecContext(ctx, s.dialect.bind(`INSERT INTO marks (name, value, at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE
		SET value = excluded.value, at = excluded.at WHERE CAST(excluded.value AS BIGINT) > CAST(marks.value AS BIGINT)`),
		markOldest, strconv.FormatInt(oldest, 10), millis(time.Now()))
	return err
}

// notNewer refuses to copy a database of which this program does not know all: what it does not know would be left behind.
func (s *side) notNewer(ctx context.Context) error {
	all, err := steps(s.dialect.folder())
	if err != nil {
		return err
	}
	now, err := s.schema(ctx)
	if newest := newestOf(all); err == nil && now.version > newest {
		err = fmt.Errorf("%w: it has schema %d, of which this program, which knows %d, would leave something behind. Use the newer version", ErrNewer, now.version, newest)
	}
	return err
}

// migrate brings the database up to date and makes sure that this program can work on it.
func (s *Store) migrate(ctx context.Context, config Config, db *sql.DB) error {
	m, err := config.migration(*s.dialect, db)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	s.known = newestOf(m.steps)
	return m.run(ctx)
}

// warn tells older programs that run that they cannot work on the database any more, and gives them time to notice, before
// the step is taken with which they would write rubbish. By the book there are none.
func (m *migration) warn(ctx context.Context, now schema) error {
	var oldest int64
	for _, s := range m.steps {
		if s.version > now.version {
			oldest = max(oldest, s.oldest)
		}
	}
	// Before the rule programs asked for nothing while they ran, and to a new database there are none.
	if last := ruled[m.side.dialect.folder()]; now.version < last || oldest <= max(now.oldest, last) {
		return nil
	}
	m.log.WarnContext(ctx, "the database is changed so that older versions of Aye cannot work on it any more; those that still run are given time to end",
		slog.Int64("oldest", oldest), slog.Duration("pause", m.pause))
	if err := m.side.raise(ctx, m.side.whole, oldest); err != nil {
		return err
	}
	timer := time.NewTimer(m.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Fits is ErrNewer from when a newer version has changed the database so that this one cannot work on it any more, and no
// change is made from then on. A server asks each [FitsEvery], and ends. Where the database does not answer it is
// [ErrUnavailable]: then nobody can change anything.
func (s *Store) Fits(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, FitsEvery)
	defer cancel()
	c, err := s.reading(ctx)
	if err != nil {
		return err
	}
	row, err := one[valueRow](c, errRefused, "SELECT value FROM marks WHERE name = ?", markOldest)
	if errors.Is(err, errRefused) {
		return nil
	}
	if err != nil {
		return err
	}
	oldest, err := strconv.ParseInt(row.value, 10, 64)
	if err != nil || oldest <= s.known {
		return err
	}
	s.outdated.Store(true)
	return schema{version: oldest, oldest: oldest}.fits(s.known)
}

// valueRow is one text.
type valueRow struct{ value string }

func (r *valueRow) fields() []any { return []any{&r.value} }

// fitting makes no change any more when the database is for newer programs.
type fitting struct {
	maker
	outdated *atomic.Bool
}

func (f fitting) do(c *change) error {
	if f.outdated.Load() {
		return fmt.Errorf("%w: %w", ErrUnavailable, ErrNewer)
	}
	return f.maker.do(c)
}
