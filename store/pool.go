package store

import (
	"context"
	"database/sql"
	"sync/atomic"

	"gorm.io/gorm"
)

// Statistics are counted since the store was opened.
type Statistics struct {
	// Reads and Writes are statements, by what they were sent to.
	Reads, Writes int64
	// Rows is how many rows statements gave.
	Rows int64
	// Changes were made in so many Commits: what waits together is made together.
	Changes, Commits int64
}

// Statistics gives the counts of now.
func (s *Store) Statistics() Statistics {
	return Statistics{
		Reads: s.counts.reads.Load(), Writes: s.counts.writes.Load(), Rows: s.counts.rows.Load(),
		Changes: s.group.made.Load(), Commits: s.group.commits.Load(),
	}
}

type counts struct {
	reads, writes, rows atomic.Int64
	// seen is told of every statement, in tests.
	seen atomic.Pointer[func(query string, args []any)]
}

// pool stands between gorm and the database, and counts.
type pool struct {
	*sql.DB
	counts *counts
	count  *atomic.Int64
}

var _ interface {
	gorm.ConnPool
	gorm.GetDBConnector
} = (*pool)(nil)

func (p *pool) saw(query string, args []any) {
	p.count.Add(1)
	if seen := p.counts.seen.Load(); seen != nil {
		(*seen)(query, args)
	}
}

// ExecContext is the pool's own.
func (p *pool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	p.saw(query, args)
	return p.DB.ExecContext(ctx, query, args...)
}

// QueryContext is the pool's own.
func (p *pool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	p.saw(query, args)
	return p.DB.QueryContext(ctx, query, args...)
}

// QueryRowContext is the pool's own.
func (p *pool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	p.saw(query, args)
	return p.DB.QueryRowContext(ctx, query, args...)
}

// GetDBConn gives what is below.
func (p *pool) GetDBConn() (*sql.DB, error) { return p.DB, nil }

// only is the one connection of the writer, while a transaction is made on it. database/sql's
// own transaction would start a goroutine for each query in it.
type only struct {
	*sql.Conn
	pool *pool
}

var _ gorm.ConnPool = (*only)(nil)

// ExecContext is the connection's own.
func (o *only) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	o.pool.saw(query, args)
	return o.Conn.ExecContext(ctx, query, args...)
}

// QueryContext is the connection's own.
func (o *only) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	o.pool.saw(query, args)
	return o.Conn.QueryContext(ctx, query, args...)
}

// QueryRowContext is the connection's own.
func (o *only) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	o.pool.saw(query, args)
	return o.Conn.QueryRowContext(ctx, query, args...)
}
