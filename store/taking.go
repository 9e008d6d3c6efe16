package store

import (
	"context"
	"time"
)

// lease is how long a job is with who took it: nobody else takes it meanwhile. Where nothing is said of it then, its
// taker has ended, and it is taken anew. It is more than any of them takes.
const lease = 90 * time.Second

// take gives the rows of the query, each to one caller, on whatever server: put moves the moment at which they are due
// behind the lease, in the same transaction. On PostgreSQL rows that somebody else is taking are passed by.
func take[R any, P columns[R]](ctx context.Context, s *Store, query string, values []any, put func(tx *transaction, rows []R) error) ([]R, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	// Mostly there is nothing, and then nothing is written.
	due, err := all[R, P](c, query, values...)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	err = s.about().write(ctx, func(tx *transaction) (err error) {
		if due, err = all[R, P](tx.conn, query+s.dialect.passing, values...); err != nil || len(due) == 0 {
			return err
		}
		return put(tx, due)
	})
	if err != nil {
		return nil, err
	}
	return due, nil
}

// behind gives the values of an update: what is set, and behind it the ids of the rows.
func behind[R any](set any, rows []R, id func(R) string) []any {
	values := []any{set}
	for _, row := range rows {
		values = append(values, id(row))
	}
	return values
}
