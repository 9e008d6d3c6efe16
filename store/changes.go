package store

import (
	"context"
	"errors"
	"time"
)

const (
	// changesOverlap is how far each look goes back behind the one before: a change is written down at its moment and
	// seen at its commit, which may be that much later.
	changesOverlap = 10 * time.Second
	// changesKept is how long they are there to be looked at.
	changesKept = 5 * time.Minute
)

// ErrChangesGone says that some of what changed since then is not known any more: it was too long ago, or the database
// crashed in between.
var ErrChangesGone = errors.New("what changed since then is not known any more")

// Change says that whoever waits on the topic should look again.
type Change struct {
	Topic string
	// At is when it was written, by the database's clock. With the topic it tells one change from another.
	At time.Time
}

// Changed gives what changed since the moment that the call before gave as next, on whatever server, and before that
// all of the last 10 seconds once more: what was committed late is among these. All moments are of the database's clock.
//
// With the zero time it begins: it gives nothing but the moment to go on from. After any error the caller begins anew,
// and when that went well, has everything looked at that waits with it: what happened meanwhile is not told again.
//
// On SQLite, which has one server, nothing is ever given.
func (s *Store) Changed(ctx context.Context, since time.Time) (changes []Change, next time.Time, err error) {
	if !s.dialect.postgres {
		return nil, since, nil
	}
	if since.IsZero() {
		next, err = s.beginChanges(ctx)
		return nil, next, err
	}
	c, err := s.reading(ctx)
	if err != nil {
		return nil, since, err
	}
	// now() is the beginning of the statement, before it sees anything: what is committed meanwhile is of the next call.
	rows, err := all[changeRow](c, `SELECT now(), '', (SELECT min(at) FROM changes WHERE topic = '')
		UNION ALL SELECT at, topic, NULL FROM changes WHERE at > ? AND topic <> ''`, since.Add(-changesOverlap))
	if err != nil {
		return nil, since, err
	}
	begun := time.Time{}
	for _, row := range rows {
		if row.topic != "" {
			changes = append(changes, Change{Topic: row.topic, At: row.at})
			continue
		}
		next = row.at
		if row.begun != nil {
			begun = *row.begun
		}
	}
	if begun.IsZero() || begun.After(since) || next.Sub(since) > changesKept-changesOverlap {
		return nil, since, ErrChangesGone
	}
	return changes, next, nil
}

// changeRow is a change, or the moment of the look with that since when changes are whole.
type changeRow struct {
	at    time.Time
	topic string
	begun *time.Time
}

func (r *changeRow) fields() []any { return []any{&r.at, &r.topic, &r.begun} }

// beginChanges writes down since when changes are whole, where that was lost, and gives the moment to go on from.
func (s *Store) beginChanges(ctx context.Context) (time.Time, error) {
	_, err := s.update(ctx, func(tx *transaction) (int64, error) {
		return tx.exec("INSERT INTO changes (topic) SELECT '' WHERE NOT EXISTS (SELECT 1 FROM changes WHERE topic = '')")
	})
	if err != nil {
		return time.Time{}, err
	}
	c, err := s.reading(ctx)
	if err != nil {
		return time.Time{}, err
	}
	row, err := one[changeRow](c, ErrChangesGone, "SELECT now(), '', NULL::timestamptz")
	return row.at, err
}

// PruneChanges forgets the changes that nobody looks at any more. It is called every minute.
func (s *Store) PruneChanges(ctx context.Context) error {
	if !s.dialect.postgres {
		return nil
	}
	_, err := s.update(ctx, func(tx *transaction) (int64, error) {
		return tx.exec("DELETE FROM changes WHERE topic <> '' AND at < now() - CAST(? AS TEXT)::interval", changesKept.String())
	})
	return err
}
