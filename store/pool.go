package store

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
)

// Statistics are counted since the store was opened.
type Statistics struct {
	// Reads and Writes are statements, by what they were sent to.
	Reads, Writes int64
	// Rows is how many rows statements gave.
	Rows int64
	// Changes were made in so many Commits that waited for the disk: what waits together is made together.
	Changes, Commits int64
}

// Statistics gives the counts of now.
func (s *Store) Statistics() Statistics {
	changes, commits := s.group.made()
	return Statistics{
		Reads: s.counts.reads.Load(), Writes: s.counts.writes.Load(), Rows: s.counts.rows.Load(),
		Changes: changes, Commits: commits,
	}
}

// Connections tells how those to the database are used at this moment: on SQLite those that read.
func (s *Store) Connections() sql.DBStats {
	below, err := s.reader.DB()
	if err != nil {
		return sql.DBStats{}
	}
	return below.Stats()
}

type counts struct {
	reads, writes, rows atomic.Int64
	// took is told how long each read took; nil for nobody.
	took func(kind string, took time.Duration, err error)
	// seen is told of every statement, in tests.
	seen atomic.Pointer[func(query string, args []any)]
}

// pool stands between gorm and the database, and counts.
type pool struct {
	*sql.DB
	counts *counts
	count  *atomic.Int64
	// shaken is told when a connection was lost; nil where there is nothing to lose.
	shaken *atomic.Int64
	// again lets a query whose connection was lost be made once more: it only reads.
	again bool
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
	args = p.plain(args)
	return p.DB.ExecContext(ctx, query, args...)
}

// QueryContext is the pool's own.
func (p *pool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	p.saw(query, args)
	args = p.plain(args)
	began := time.Now()
	rows, err := p.DB.QueryContext(ctx, query, args...)
	if p.lost(err) && p.again && ctx.Err() == nil {
		rows, err = p.DB.QueryContext(ctx, query, args...)
	}
	if p.counts.took != nil {
		p.counts.took(TookRead, time.Since(began), translate(err))
	}
	return rows, err
}

// lost tells whether the error is that of a lost connection, and remembers when.
func (p *pool) lost(err error) bool {
	if p.shaken == nil || !isLost(err) {
		return false
	}
	p.shaken.Store(time.Now().UnixNano())
	return true
}

// QueryRowContext is the pool's own.
func (p *pool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	p.saw(query, args)
	args = p.plain(args)
	return p.DB.QueryRowContext(ctx, query, args...)
}

// GetDBConn gives what is below.
func (p *pool) GetDBConn() (*sql.DB, error) { return p.DB, nil }

// only is the one connection on which a transaction is made. database/sql's
// own transaction would start a goroutine for each query in it.
type only struct {
	*sql.Conn
	pool *pool
	// opening waits for the first statement, to be sent with it; nil where it was sent.
	opening *pgx.Batch
}

var _ gorm.ConnPool = (*only)(nil)

// errWithin says that a change began a transaction within its own: that one would stand where the change fails.
var errWithin = errors.New("a change begins no transaction of its own")

// BeginTx would begin that.
func (o *only) BeginTx(context.Context, *sql.TxOptions) (*sql.Tx, error) { return nil, errWithin }

// ExecContext is the connection's own.
func (o *only) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	o.pool.saw(query, args)
	args = o.pool.plain(args)
	if o.opening != nil {
		return o.open(ctx, query, args)
	}
	return o.Conn.ExecContext(ctx, query, args...)
}

// QueryContext is the connection's own.
func (o *only) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	o.pool.saw(query, args)
	args = o.pool.plain(args)
	return o.Conn.QueryContext(ctx, query, args...)
}

// QueryRowContext is the connection's own.
func (o *only) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	o.pool.saw(query, args)
	args = o.pool.plain(args)
	return o.Conn.QueryRowContext(ctx, query, args...)
}
