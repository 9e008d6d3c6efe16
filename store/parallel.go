package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"
)

const (
	// contestedTries is how often a change is made anew that stood in another's way.
	contestedTries = 10
	// contestedPause is how long it waits before, at least, times the number of the try.
	contestedPause = 5 * time.Millisecond
	// besideLimit is how many connections of a pool are kept for those who read: a change may read beside its
	// transaction, and would wait for itself where all had one.
	besideLimit = 4
)

// The locks that a change begins with, all held to its end. PostgreSQL keeps them in line: a change alone waits for those
// that are under way, and those that come meanwhile wait for it.
//
// The numbers are in ascending order, whoever asks: two changes with the same keys never wait for each other.
const (
	// wholeLock is the number of the database's one lock: "aye" in ASCII, far from where hashes mostly lie.
	wholeLock = "7960933"

	lockAlone  = "SELECT pg_advisory_xact_lock(" + wholeLock + ")"
	lockBeside = "SELECT pg_advisory_xact_lock_shared(" + wholeLock + ")"
	lockKeys   = `SELECT pg_advisory_xact_lock(number) FROM (
		SELECT hashtextextended(key, 0) AS number FROM unnest($1::text[]) AS key ORDER BY 1) AS sorted`
	lockPersonOf = "SELECT pg_advisory_xact_lock(hashtextextended('" + keyPerson + "' || person_id, 0)) FROM approvals WHERE id = $1"

	// begin says how, whatever the role's or the database's own settings are. A standby refuses it.
	begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
)

// parallel makes the changes of PostgreSQL, each in a transaction of its own, in the goroutine of its caller.
type parallel struct {
	db   *gorm.DB
	pool *pool
	// places has room for so many changes at one time.
	places chan struct{}

	mu     sync.Mutex
	closed bool
	under  sync.WaitGroup

	committed atomic.Int64
}

func newParallel(db *gorm.DB, connections int) *parallel {
	below, _ := db.ConnPool.(*pool)
	return &parallel{db: db, pool: below, places: make(chan struct{}, max(1, connections-besideLimit))}
}

func (p *parallel) made() (changes, commits int64) {
	n := p.committed.Load()
	return n, n
}

// close waits for the changes that are under way.
func (p *parallel) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.under.Wait()
}

func (p *parallel) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.under.Add(1)
	}
	return !p.closed
}

// do makes the change, anew where another one stood in its way. While it waits for its turn it looks at the caller's
// context; once it has begun it goes to its end, which is near: a caller that goes must not leave half of it, nor find
// out that its variables are still written to.
func (p *parallel) do(c *change) error {
	if !p.enter() {
		return errClosed
	}
	defer p.under.Done()
	select {
	case p.places <- struct{}{}:
		defer func() { <-p.places }()
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
	for tries := 1; ; tries++ {
		err := p.once(c)
		if !isContested(err) || tries == contestedTries {
			return err
		}
		select {
		// Not the same for both that stood in each other's way.
		case <-time.After(time.Duration(tries)*contestedPause + time.Duration(time.Now().UnixNano())%contestedPause):
		case <-c.ctx.Done():
			return c.ctx.Err()
		}
	}
}

// once makes the change in one transaction.
func (p *parallel) once(c *change) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), changeLimit)
	defer cancel()
	tx, err := p.begin(c, ctx)
	if err != nil {
		return err
	}
	// Also where the change panics: its caller gets the panic, and nothing of it stays.
	defer tx.end()
	err = c.apply(tx)
	if err == nil {
		err = tx.appendLate()
	}
	if err == nil {
		err = tx.keepHeads()
	}
	if err == nil {
		err = p.commit(tx)
	}
	if err != nil {
		p.pool.lost(err)
		if ctx.Err() != nil && errors.Is(err, context.DeadlineExceeded) { // ours, and not the caller's
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return err
	}
	p.committed.Add(1)
	return nil
}

// begin begins the transaction and takes its locks: until then the caller may go, and a lost connection is replaced by
// another one, because nothing was done.
func (p *parallel) begin(c *change, ctx context.Context) (*transaction, error) { //nolint:revive // the first is whose the second is
	waiting, cancel := context.WithTimeout(c.ctx, changeLimit)
	defer cancel()
	for tries := 1; ; tries++ {
		tx, err := p.beginOn(waiting, ctx, c.about)
		if err == nil {
			return tx, nil
		}
		if p.pool.lost(err) && tries == 1 {
			continue
		}
		if gone := c.ctx.Err(); gone != nil {
			return nil, gone
		}
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return nil, translate(err)
	}
}

func (p *parallel) beginOn(waiting, ctx context.Context, what about) (*transaction, error) {
	alone, err := p.pool.Conn(waiting)
	if err != nil {
		return nil, err
	}
	c := &only{alone, p.pool}
	if err = c.direct(func(direct *pgx.Conn) error { return direct.SendBatch(waiting, c.beginning(what)).Close() }); err != nil {
		return nil, errors.Join(err, discard(alone))
	}
	db := p.db.Session(&gorm.Session{NewDB: true, Context: ctx})
	db.Statement.ConnPool = c
	return &transaction{
		DB: db, conn: conn{ctx: ctx, pool: c, rows: p.pool.counts, dialect: &dialectPostgres}, only: c,
		heads: map[string]chainEnd{}, late: what.beside,
	}, nil
}

// beginning is sent in one piece.
func (o *only) beginning(what about) *pgx.Batch {
	batch := &pgx.Batch{}
	queue := func(statement string, args ...any) {
		o.pool.saw(statement, args)
		batch.Queue(statement, args...)
	}
	queue(begin)
	if !what.beside {
		queue(lockAlone)
		return batch
	}
	queue(lockBeside)
	if len(what.keys) > 0 {
		queue(lockKeys, what.keys)
	}
	if what.personOf != "" {
		queue(lockPersonOf, what.personOf)
	}
	return batch
}

// direct gives the connection without database/sql around it.
func (o *only) direct(do func(*pgx.Conn) error) error {
	return o.Raw(func(driver any) error {
		ours, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the driver is %T", driver)
		}
		return do(ours.Conn())
	})
}

// end gives the connection back. One that does not roll back in time is closed, which does the same.
func (o *only) end(committed bool) {
	if committed {
		_ = o.Close()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lockLimit)
	defer cancel()
	err := o.direct(func(direct *pgx.Conn) error { return direct.PgConn().Exec(ctx, "ROLLBACK").Close() })
	if err != nil {
		_ = discard(o.Conn)
		return
	}
	_ = o.Close()
}

// discard gives a connection back of which it is not known what it holds: it is closed.
func discard(c *sql.Conn) error {
	_ = c.Raw(func(driver any) error {
		if ours, ok := driver.(*stdlib.Conn); ok {
			return ours.Close()
		}
		return nil
	})
	if err := c.Close(); err != nil && !errors.Is(err, sql.ErrConnDone) {
		return err
	}
	return nil
}

// commit returns when the change is on the disk. Where no answer came, nobody knows whether it is: that is
// [ErrUnavailable], and the change is not made again, because it may stand.
func (p *parallel) commit(tx *transaction) error {
	tx.only.pool.saw("COMMIT", nil)
	return tx.only.direct(func(direct *pgx.Conn) error {
		results, err := direct.PgConn().Exec(tx.ctx, "COMMIT").ReadAll()
		switch {
		case isRefused(err):
			return translate(err)
		case err != nil:
			return fmt.Errorf("%w: a commit was not answered, and may have been made: %w", ErrUnavailable, err)
		case committed(results):
			tx.committed = true
			return nil
		}
		// A statement had failed, and the change did not say so.
		return errors.New("database: a change was undone, because one of its statements had failed")
	})
}

// committed tells whether the server committed. To a transaction in which something failed it answers that it was rolled
// back, and calls that no error.
func committed(results []*pgconn.Result) bool {
	return len(results) == 1 && results[0].CommandTag.String() == "COMMIT"
}
