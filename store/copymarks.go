package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What is said of a database as a whole.
const (
	// markMoved says that another database has taken its place.
	markMoved = "moved"
	// markCopying says that it is being filled; the value tells from what.
	markCopying = "copying"
	// markCopied and the name of a table: how far that one has come.
	markCopied = "copied "
	// markBackup says that it is a backup, of that time.
	markBackup = "backup"
	// markOldest says which schema a program must know at least to work on it.
	markOldest = "oldest"
	// markRestored says that it came from a backup, at that time.
	markRestored = "restored"
)

var (
	// ErrMoved says that the database was moved away, so that nobody works on it any more.
	ErrMoved = errors.New("this database was moved away")
	// ErrHalf says that a copy into the database was begun and not finished.
	ErrHalf = errors.New("a copy into this database was begun and not finished")
)

// mark is one thing that is said.
type mark struct {
	value string
	at    time.Time
}

// marks gives what is said of the database; nothing where it is older than the table.
func (s *side) marks(ctx context.Context) (map[string]mark, error) {
	query := "SELECT count(*) FROM sqlite_schema WHERE name = 'marks'"
	if s.dialect.postgres {
		query = "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = 'marks'"
	}
	known, err := numberOf(ctx, s.db, query)
	if err != nil || known == 0 {
		return nil, err
	}
	rows, err := s.db.QueryContext(ctx, "SELECT name, value, at FROM marks")
	if err != nil {
		return nil, translate(err)
	}
	defer func() { _ = rows.Close() }()
	all := map[string]mark{}
	for rows.Next() {
		var name, value string
		var at int64
		if err := rows.Scan(&name, &value, &at); err != nil {
			return nil, err
		}
		all[name] = mark{value, moment(at)}
	}
	return all, translate(rows.Err())
}

// setMark says it, in the place of what was said before.
func (s *side) setMark(ctx context.Context, db querier, name, value string, at time.Time) error {
	_, err := db.ExecContext(ctx, s.dialect.bind("INSERT INTO marks (name, value, at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at"),
		name, value, millis(at))
	return translate(err)
}

// usable refuses a database that was moved away, or is half copied: whoever worked on it would lose what came.
func usable(marks map[string]mark) error {
	if m, ok := marks[markMoved]; ok {
		return fmt.Errorf("%w, to %s on %s: work on that one; if it was never used, `aye migrate-store --reopen` takes the move back", ErrMoved, m.value, m.at.Format(time.RFC3339))
	}
	if m, ok := marks[markCopying]; ok {
		return fmt.Errorf("%w, on %s: run the same `aye migrate-store` or `aye restore` again, it goes on where it was", ErrHalf, m.at.Format(time.RFC3339))
	}
	return nil
}

// refuseMarked refuses a database on which nobody is to work.
func (s *Store) refuseMarked(ctx context.Context) error {
	below, err := s.reader.DB()
	if err != nil {
		return err
	}
	marks, err := (&side{db: below, dialect: *s.dialect}).marks(ctx)
	if err != nil {
		return err
	}
	return usable(marks)
}

// keepMark says it, in a change.
func keepMark(tx *transaction, name string, m mark) error {
	_, err := tx.exec("INSERT INTO marks (name, value, at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at",
		name, m.value, millis(m.at))
	return err
}

// forgetMark takes back what was said; with markCopying also how far the copy had come.
func forgetMark(tx *transaction, name string) error {
	query := "DELETE FROM marks WHERE name = ?"
	if name == markCopying {
		query += " OR substr(name, 1, 7) = '" + markCopied + "'"
	}
	_, err := tx.exec(query, name)
	return err
}

// Restored is when the database was restored from a backup; zero for never. What was signed before has no effect any more.
func (s *Store) Restored(ctx context.Context) (time.Time, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return time.Time{}, err
	}
	row, err := one[timeRow](c, errRefused, "SELECT at FROM marks WHERE name = ?", markRestored)
	if errors.Is(err, errRefused) {
		return time.Time{}, nil
	}
	return moment(row.at), err
}
