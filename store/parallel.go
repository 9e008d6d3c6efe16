package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
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
	// besideLimit is how many connections of a pool are kept for changes that are made together, two groups of each kind, and for
	// those who read, two messages and one by itself: a change may read beside its transaction, and would wait for itself where
	// all had one. Notes take what is free at that moment: they wait for nobody.
	besideLimit = 7
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

	// begin says how, whatever the role's or the database's own settings are. A standby refuses it.
	begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
)

// parallel makes the changes of PostgreSQL, each in a transaction of its own, in the goroutine of its caller.
type parallel struct {
	db   *gorm.DB
	pool *pool
	box  *outbox
	// places has room for so many changes at one time.
	places chan struct{}

	mu     sync.Mutex
	closed bool
	under  sync.WaitGroup

	// rows makes those that are one statement about one row, notes those of them that may be lost, and groups those that a login is made of.
	rows, notes *rowGroups
	groups      *groups

	// committed counts transactions, joined the changes that came with another one.
	committed, joined atomic.Int64
}

// errInDoubt says that nobody knows whether a change was made.
var errInDoubt = fmt.Errorf("%w: a commit was not answered, and may have been made", ErrUnavailable)

func newParallel(db *gorm.DB, connections int, box *outbox) *parallel {
	below, _ := db.ConnPool.(*pool)
	p := &parallel{db: db, pool: below, box: box, places: make(chan struct{}, max(1, connections-besideLimit))}
	p.rows, p.notes, p.groups = newRowGroups(p, false), newRowGroups(p, true), newGroups(p)
	return p
}

func (p *parallel) made() (changes, commits int64) {
	commits = p.committed.Load()
	return commits + p.joined.Load(), commits
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
	switch {
	case c.row != "" && c.note:
		return p.notes.do(c)
	case c.row != "":
		return p.rows.do(c)
	}
	if c.joins {
		return p.groups.do(c)
	}
	return p.again(c)
}

// again makes the change in a transaction of its own, in its turn.
func (p *parallel) again(c *change) error {
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
	if !c.single { // it was made with the beginning
		err = c.apply(tx)
	}
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
	p.box.kept(tx.posts)
	return nil
}

// begin begins the transaction and takes its locks: until then the caller may go, and a lost connection is replaced by
// another one, because nothing was done.
func (p *parallel) begin(c *change, ctx context.Context) (*transaction, error) { //nolint:revive // the first is whose the second is
	waiting, cancel := context.WithTimeout(c.ctx, changeLimit)
	defer cancel()
	for tries := 1; ; tries++ {
		tx, err := p.beginOn(waiting, ctx, c)
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

// beginOn begins the change on a connection. One that is a single statement is made with that, in one message: as long as it is
// not committed nothing of it stands, whatever becomes of the connection.
func (p *parallel) beginOn(waiting, ctx context.Context, c *change) (*transaction, error) { //nolint:contextcheck,nolintlint // what is discarded has none
	alone, err := p.pool.Conn(waiting)
	if err != nil {
		return nil, err
	}
	o := &only{Conn: alone, pool: p.pool}
	tx := &transaction{
		conn: conn{ctx: ctx, pool: o, rows: p.pool.counts, dialect: &dialectPostgres}, only: o, heads: map[string]chainEnd{}, late: c.about.beside,
		outbox: p.box,
	}
	begun := false
	defer func() {
		if !begun {
			_ = discard(alone)
		}
	}()
	if c.single {
		tx.ctx, o.opening = waiting, o.beginning(c.about)
		err, tx.ctx = c.apply(tx), ctx
	} else {
		tx.DB = p.db.Session(&gorm.Session{NewDB: true, Context: ctx})
		tx.Statement.ConnPool = o
		err = o.direct(func(direct *pgx.Conn) error { return direct.SendBatch(waiting, o.beginning(c.about)).Close() })
	}
	if err == nil {
		begun = true
		return tx, nil
	}
	if isRefused(err) { // the connection is as good as before
		begun = true
		tx.end() //nolint:contextcheck // whoever goes, nothing stays
	}
	return nil, err
}

// open sends the beginning of a change and its only statement.
func (o *only) open(ctx context.Context, query string, args []any) (result sql.Result, err error) {
	batch := o.opening
	o.opening = nil
	batch.Queue(query, args...)
	err = o.direct(func(direct *pgx.Conn) error {
		tag, failure := sent(ctx, direct, batch)
		result = driver.RowsAffected(tag.RowsAffected())
		return failure
	})
	return result, err
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
	return batch
}

// direct gives the connection without database/sql around it.
func (o *only) direct(do func(*pgx.Conn) error) error {
	return o.Raw(func(below any) error {
		ours, ok := below.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the driver is %T", below)
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
	_ = c.Raw(func(below any) error {
		if ours, ok := below.(*stdlib.Conn); ok {
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
	batch := &pgx.Batch{}
	for _, s := range tx.last {
		args := p.pool.plain(s.values)
		text := tx.dialect.bind(s.text)
		tx.only.pool.saw(text, args)
		batch.Queue(text, args...)
	}
	tx.only.pool.saw("COMMIT", nil)
	batch.Queue("COMMIT")
	return tx.only.direct(func(direct *pgx.Conn) error {
		tag, err := sent(tx.ctx, direct, batch)
		switch {
		case isRefused(err):
			return translate(err)
		case cameTooLate(err):
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		case err != nil:
			return fmt.Errorf("%w: %w", errInDoubt, err)
		case tag.String() == "COMMIT":
			tx.committed = true
			return nil
		}
		// A statement had failed, and the change did not say so: to a transaction in which something failed the server
		// answers that it was rolled back, and calls that no error.
		return errors.New("database: a change was undone, because one of its statements had failed")
	})
}

// cameTooLate tells whether a commit was never heard of, so that nothing of the transaction stands: what goes before its message failed,
// or the server had ended the transaction, because nothing was asked in it for too long.
func cameTooLate(err error) bool {
	if _, before := errors.AsType[pgx.ErrPreprocessingBatch](err); before {
		return true
	}
	failure, said := errors.AsType[*pgconn.PgError](err)
	return said && failure.Code == codeIdle
}

// sent sends the batch and tells what the server said to the last of it.
func sent(ctx context.Context, direct *pgx.Conn, batch *pgx.Batch) (tag pgconn.CommandTag, err error) {
	results := direct.SendBatch(ctx, batch)
	for range batch.Len() {
		if tag, err = results.Exec(); err != nil {
			_ = results.Close() // it says the same once more
			return tag, err
		}
	}
	return tag, results.Close()
}
