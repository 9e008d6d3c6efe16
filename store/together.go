package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// together sends reads that wait at one time to PostgreSQL in one message. A read takes less than the way there and back: with
// many callers that is what costs, on both sides. There is no timer: a read that comes alone goes alone.
type together struct {
	pool  *pool
	waits line[*look]
}

func newTogether(p *pool) *together {
	t := &together{pool: p}
	t.waits.do = func(all []*look, next func()) {
		next()
		t.answer(all)
	}
	return t
}

// look is one read.
type look struct {
	ctx       context.Context
	statement statement
	// read reads the rows. It writes to nothing that its caller looks at before done is closed.
	read func(pgx.Rows) error
	done chan struct{}
	err  error
}

// query makes a read and returns when it is made, or its context ends.
func (t *together) query(ctx context.Context, query string, args []any, read func(pgx.Rows) error) error {
	t.pool.saw(query, args)
	began := time.Now()
	l := &look{ctx: ctx, statement: statement{query, t.pool.plain(args)}, read: read, done: make(chan struct{})}
	t.waits.add(l) //nolint:contextcheck,nolintlint // each read has its own
	var err error
	select {
	case <-l.done:
		err = l.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	if t.pool.counts.took != nil {
		t.pool.counts.took(TookRead, time.Since(began), translate(err))
	}
	return err
}

// take tells whether anybody still wants to know.
func (l *look) take() bool {
	if l.err = l.ctx.Err(); l.err != nil {
		close(l.done)
	}
	return l.err == nil
}

// answer makes the reads in one message, and each by itself where that fails: then it is known whose failure it is.
func (t *together) answer(all []*look) {
	made, err := t.send(all)
	for i, l := range all {
		if i >= made {
			if len(all) > 1 || t.pool.lost(err) {
				_, err = t.send(all[i : i+1])
			}
			l.err = err
		}
		close(l.done)
	}
}

// send makes the reads and tells how many of them were made.
func (t *together) send(all []*look) (made int, err error) {
	if len(all) == 0 {
		return 0, nil
	}
	ctx, cancel := limited(context.WithoutCancel(all[0].ctx))
	defer cancel()
	alone, err := t.pool.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = alone.Close() }()
	defer func() { // what a caller reads with is the caller's
		if value := recover(); value != nil {
			err = fmt.Errorf("database: a read failed: %v", value)
			_ = discard(alone)
		}
	}()
	o := &only{Conn: alone, pool: t.pool}
	err = o.direct(func(direct *pgx.Conn) error {
		batch := &pgx.Batch{}
		for _, l := range all {
			batch.Queue(l.statement.text, l.statement.values...)
		}
		results := direct.SendBatch(ctx, batch)
		for _, l := range all {
			found, failure := results.Query()
			if failure == nil {
				failure = l.read(found)
				found.Close()
			}
			if failure == nil {
				failure = found.Err()
			}
			if failure != nil {
				_ = results.Close() // it says the same once more
				return failure
			}
			made++
		}
		return results.Close()
	})
	if err != nil {
		made = min(made, len(all)-1)
		t.pool.lost(err)
	}
	return made, err
}

// allTogether gives the rows of the statement.
func allTogether[R any, P columns[R]](c conn, query string, args []any) ([]R, error) {
	var found []R
	err := c.together.query(c.ctx, c.dialect.bind(query), args, func(from pgx.Rows) error {
		var err error
		found, err = scanned[R, P](from) // perhaps anew
		return err
	})
	if err != nil {
		return nil, c.judged(err)
	}
	c.rows.rows.Add(int64(len(found)))
	return found, nil
}

func scanned[R any, P columns[R]](from pgx.Rows) (found []R, err error) {
	for from.Next() {
		var row R
		if err = from.Scan(P(&row).fields()...); err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	return found, nil
}

// oneTogether gives the only row of the statement, or the room's own error where there is none.
func oneTogether[R any, P columns[R]](c conn, missing error, query string, args []any) (R, error) {
	var row, none R
	there := false
	err := c.together.query(c.ctx, c.dialect.bind(query), args, func(from pgx.Rows) error {
		row, there = none, from.Next()
		if !there {
			return nil
		}
		return from.Scan(P(&row).fields()...)
	})
	switch {
	case err != nil:
		return none, c.judged(err)
	case !there:
		return none, missing
	}
	c.rows.rows.Add(1)
	return row, nil
}
