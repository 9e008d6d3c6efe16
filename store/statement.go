package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
)

// The statements of a login are written out, and their rows read column by column: gorm makes
// a statement anew and looks at types each time, which costs several times what SQLite does
// with it. What is rare is left to gorm; docs/performance.md has the numbers.

// text and number are places for values, in statements that sort or join. A bare ? lets SQLite
// plan by its value, so that it makes such a statement anew each time the driver clears it; and
// PostgreSQL must be told what it is where nothing stands beside it.
const (
	text   = "CAST(? AS TEXT)"
	number = "CAST(? AS BIGINT)"
)

// conn is where a statement runs: the readers, or the transaction of a change.
type conn struct {
	ctx     context.Context
	pool    gorm.ConnPool
	rows    *counts
	dialect *dialect
	// limited ends a statement that is not answered; nil where none is needed, or the context has a limit.
	limited func(context.Context) (context.Context, context.CancelFunc)
	// together sends a read with what others ask; nil sends it by itself.
	together messenger
}

// messenger asks the database for many at one time: [together] for those who only read, [seat] for those who change.
type messenger interface {
	query(ctx context.Context, query string, args []any, read func(pgx.Rows) error) error
}

// reading is for a read by key. On SQLite it takes microseconds, so ctx is looked at before it and
// not meanwhile: to watch it costs more than the read.
func (s *Store) reading(ctx context.Context) (conn, error) {
	c := conn{ctx: ctx, pool: s.reader.ConnPool, rows: &s.counts, dialect: s.dialect}
	if s.dialect.postgres {
		c.limited, c.together = limited, s.together
	} else {
		c.ctx = context.WithoutCancel(ctx)
	}
	return c, ctx.Err()
}

// query runs a statement that gives rows. Close them, and then cancel.
func (c conn) query(statement string, args []any) (*sql.Rows, context.CancelFunc, error) {
	caller, cancel := c, context.CancelFunc(nothing)
	if c.limited != nil {
		c.ctx, cancel = c.limited(c.ctx)
	}
	rows, err := c.pool.QueryContext(c.ctx, c.dialect.bind(statement), args...)
	if err != nil {
		err = caller.judged(err)
		cancel()
		return nil, nil, err
	}
	return rows, cancel, nil
}

// limited is for a statement that PostgreSQL should have ended by itself.
func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, statementLimit+lockLimit)
}

func nothing() {}

// judged translates an error. Where our own limit ended the statement, the database is to blame, not the caller.
func (c conn) judged(err error) error {
	if c.limited != nil && c.ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return translate(err)
}

// exec runs a statement and tells how many rows it changed.
func (c conn) exec(query string, args ...any) (int64, error) {
	result, err := c.pool.ExecContext(c.ctx, c.dialect.bind(query), args...)
	if err != nil {
		return 0, translate(err)
	}
	return result.RowsAffected()
}

// columns is a row that can be read column by column.
type columns[R any] interface {
	*R
	// fields are where the columns go, in the order of the statement.
	fields() []any
}

// all gives the rows of the statement.
func all[R any, P columns[R]](c conn, query string, args ...any) ([]R, error) {
	if c.together != nil {
		return allTogether[R, P](c, query, args)
	}
	rows, cancel, err := c.query(query, args)
	if err != nil {
		return nil, err
	}
	defer cancel()
	defer func() { _ = rows.Close() }()
	var found []R
	for rows.Next() {
		var row R
		if err := rows.Scan(P(&row).fields()...); err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	c.rows.rows.Add(int64(len(found)))
	return found, c.judged(rows.Err())
}

// one gives the only row of the statement, or the room's own error where there is none.
func one[R any, P columns[R]](c conn, missing error, query string, args ...any) (R, error) {
	if c.together != nil {
		return oneTogether[R, P](c, missing, query, args)
	}
	var row R
	rows, cancel, err := c.query(query, args)
	if err != nil {
		return row, err
	}
	defer cancel()
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return row, c.judged(err)
		}
		return row, missing
	}
	c.rows.rows.Add(1)
	return row, rows.Scan(P(&row).fields()...)
}

// soon is all for a change that asks for more before it looks at the rows: in a group what was noted goes in one message, and by itself
// each is asked when its rows are taken. Take the rows, once, before what was asked for can have changed.
func soon[R any, P columns[R]](tx *transaction, query string, args ...any) func() ([]R, error) {
	s, grouped := tx.pool.(*seat)
	if !grouped {
		return func() ([]R, error) { return all[R, P](tx.conn, query, args...) }
	}
	var found []R
	a := &ask{statement: statement{query, args}, read: func(from pgx.Rows) (err error) {
		found, err = scanned[R, P](from)
		return err
	}}
	s.soon(a)
	return func() ([]R, error) {
		_ = s.settle() // each has its own failure
		if a.err != nil {
			return nil, translate(a.err)
		}
		s.counts.rows.Add(int64(len(found)))
		return found, nil
	}
}

// joined says that the change is made with others.
func (tx *transaction) joined() bool {
	_, grouped := tx.pool.(*seat)
	return grouped
}

// soonDone is exec in the same way.
func soonDone(tx *transaction, query string, args ...any) func() error {
	s, grouped := tx.pool.(*seat)
	if !grouped {
		return func() error {
			_, err := tx.exec(query, args...)
			return err
		}
	}
	a := &ask{statement: statement{query, args}}
	s.soon(a)
	return func() error {
		_ = s.settle()
		return translate(a.err)
	}
}

// each gives the rows as the room knows them.
func each[R, T any](rows []R, err error, as func(R) T) ([]T, error) {
	if err != nil {
		return nil, err
	}
	known := make([]T, 0, len(rows))
	for _, row := range rows {
		known = append(known, as(row))
	}
	return known, nil
}

// places is (?, ?, …) for so many values.
func places(n int) string { return "(?" + strings.Repeat(", ?", n-1) + ")" }
