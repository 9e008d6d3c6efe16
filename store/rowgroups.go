package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
)

// rowGroups makes changes of PostgreSQL that are one statement about one row, those that wait at one time in one transaction and
// one message. While one group is committed, the next one is made. Each changes its rows in one order: two groups, of whatever node,
// never wait for each other for ever.
//
// What may be lost (notes) goes with its commit, which does not wait for the disk. Where no answer comes it is made again.
type rowGroups struct {
	changes *parallel
	notes   bool
	// waits has the next one begin when only the commit of one is left.
	waits line[*single]
}

func newRowGroups(p *parallel, notes bool) *rowGroups {
	g := &rowGroups{changes: p, notes: notes}
	g.waits.do = g.group
	return g
}

// single is one of them.
type single struct {
	turn

	ctx       context.Context
	row       string
	statement statement
	done      chan struct{}
	rows      int64
	err       error
}

// do makes the change. Its statement is answered when it is committed.
func (g *rowGroups) do(c *change) error {
	return c.apply(&transaction{conn: conn{ctx: c.ctx, pool: &alongside{group: g, row: c.row}, rows: g.changes.pool.counts, dialect: &dialectPostgres}, late: true})
}

// alongside is where such a statement is sent.
type alongside struct {
	*pool

	group *rowGroups
	row   string
}

// ExecContext answers when the statement is committed with those of others.
func (a *alongside) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s := &single{ctx: ctx, row: a.row, statement: statement{query, a.group.changes.pool.plain(args)}, done: make(chan struct{})}
	a.group.waits.add(s) //nolint:contextcheck,nolintlint // each change has its own
	select {
	case <-s.done:
	case <-ctx.Done():
		if s.take() {
			return nil, ctx.Err()
		}
		<-s.done // it has begun, and its end is near
	}
	return driver.RowsAffected(s.rows), s.err
}

// group makes them together. Where that fails and nothing stands, each is made by itself: one of them is the reason.
func (g *rowGroups) group(all []*single, next func()) {
	slices.SortStableFunc(all, func(a, b *single) int { return cmp.Compare(a.row, b.row) })
	err := errRefused
	if len(all) > 1 || g.notes && len(all) == 1 {
		err = g.together(all, next)
	}
	next()
	for _, s := range all {
		switch {
		case err == nil:
		case errors.Is(err, errInDoubt):
			s.err = err
		default:
			s.err = g.changes.again(&change{
				ctx: context.WithoutCancel(s.ctx), single: true, about: about{beside: true}, apply: func(tx *transaction) (failure error) {
					s.rows, failure = tx.exec(s.statement.text, s.statement.values...)
					return failure
				},
			})
		}
		close(s.done)
	}
}

// together makes all in one transaction, and tells when only its commit is left.
func (g *rowGroups) together(all []*single, next func()) error {
	p := g.changes
	ctx, cancel := context.WithTimeout(context.WithoutCancel(all[0].ctx), changeLimit)
	defer cancel()
	alone, err := p.pool.Conn(ctx)
	if err != nil {
		return err
	}
	tx := &transaction{conn: conn{ctx: ctx, dialect: &dialectPostgres}, only: &only{Conn: alone, pool: p.pool}}
	defer tx.end()
	batch := tx.only.beginning(about{beside: true})
	queue := func(text string, values ...any) {
		p.pool.saw(text, values)
		batch.Queue(text, values...)
	}
	if g.notes {
		queue("SET LOCAL synchronous_commit = off")
	}
	before := batch.Len()
	for _, s := range all {
		queue(s.statement.text, s.statement.values...)
	}
	if g.notes {
		queue("COMMIT")
	}
	err = tx.only.direct(func(direct *pgx.Conn) error {
		results := direct.SendBatch(ctx, batch)
		for i := range batch.Len() {
			tag, failure := results.Exec()
			if failure != nil {
				_ = results.Close() // it says the same once more
				return failure
			}
			if row := i - before; row >= 0 && row < len(all) {
				all[row].rows = tag.RowsAffected()
			}
		}
		return results.Close()
	})
	if err != nil {
		p.pool.lost(err)
		return err
	}
	next()
	if g.notes {
		tx.committed = true
		p.joined.Add(int64(len(all))) // with what the next commit waits for
		return nil
	}
	if err = p.commit(tx); err != nil {
		p.pool.lost(err)
		return err
	}
	p.committed.Add(1)
	p.joined.Add(int64(len(all) - 1))
	return nil
}
