package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

// rowGroups makes changes of PostgreSQL that are one statement about one row, those that wait at one time in one transaction and
// one message. While one group is committed, the next one is made. Each changes its rows in one order: two groups, of whatever node,
// never wait for each other for ever.
type rowGroups struct {
	changes *parallel

	// making is held by the group that is not being committed yet.
	making sync.Mutex

	mu      sync.Mutex
	waiting []*single
	under   int
}

// single is one of them.
type single struct {
	ctx       context.Context
	row       string
	statement statement
	// taken is set by whoever comes first: the group that begins it, or the caller that withdraws it.
	taken atomic.Bool
	done  chan struct{}
	rows  int64
	err   error
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
	a.group.add(s) //nolint:contextcheck,nolintlint // each change has its own
	select {
	case <-s.done:
	case <-ctx.Done():
		if !s.taken.Swap(true) {
			return nil, ctx.Err()
		}
		<-s.done // it has begun, and its end is near
	}
	return driver.RowsAffected(s.rows), s.err
}

func (g *rowGroups) add(s *single) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, s)
	if g.under < groupsAtOnce {
		g.under++
		go g.work()
	}
}

// work makes groups until nothing waits.
func (g *rowGroups) work() {
	for {
		g.making.Lock()
		runtime.Gosched() // whoever is about to ask does so first
		g.mu.Lock()
		n := min(len(g.waiting), messageSize)
		if n == 0 {
			g.under--
			g.mu.Unlock()
			g.making.Unlock()
			return
		}
		all := g.waiting[:n:n]
		g.waiting = g.waiting[n:]
		g.mu.Unlock()
		g.group(slices.DeleteFunc(all, func(s *single) bool { return s.taken.Swap(true) }))
	}
}

// group makes them together. Where that fails and nothing stands, each is made by itself: one of them is the reason.
func (g *rowGroups) group(all []*single) {
	made := sync.OnceFunc(g.making.Unlock)
	defer made()
	slices.SortStableFunc(all, func(a, b *single) int { return cmp.Compare(a.row, b.row) })
	err := errRefused
	if len(all) > 1 {
		err = g.together(all, made)
	}
	made()
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
func (g *rowGroups) together(all []*single, made func()) error {
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
	before := batch.Len()
	for _, s := range all {
		p.pool.saw(s.statement.text, s.statement.values)
		batch.Queue(s.statement.text, s.statement.values...)
	}
	err = tx.only.direct(func(direct *pgx.Conn) error {
		results := direct.SendBatch(ctx, batch)
		for i := range batch.Len() {
			tag, failure := results.Exec()
			if failure != nil {
				_ = results.Close() // it says the same once more
				return failure
			}
			if i >= before {
				all[i-before].rows = tag.RowsAffected()
			}
		}
		return results.Close()
	})
	if err != nil {
		p.pool.lost(err)
		return err
	}
	made()
	if err = p.commit(tx); err != nil {
		p.pool.lost(err)
		return err
	}
	p.committed.Add(1)
	p.joined.Add(int64(len(all) - 1))
	return nil
}
