package bare

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"sync"

	_ "github.com/mattn/go-sqlite3" // the driver
)

// The states of a request.
const (
	Pending    = "pending"
	Approved   = "approved"
	Mismatched = "mismatched"
	Released   = "released"
)

// The states of a delivery.
const (
	Accepted = "accepted"
	Failed   = "failed"
)

const schema = `
CREATE TABLE IF NOT EXISTS requests (
	id             INTEGER PRIMARY KEY,
	membership     TEXT NOT NULL,
	device         TEXT NOT NULL,
	number         TEXT NOT NULL,
	nonce          TEXT NOT NULL,
	challenge      TEXT NOT NULL,
	challenge_hash TEXT NOT NULL,
	created        INTEGER NOT NULL,
	expires        INTEGER NOT NULL,
	state          TEXT NOT NULL DEFAULT 'pending',
	delivery       TEXT NOT NULL DEFAULT 'queued',
	fetched        INTEGER NOT NULL DEFAULT 0,
	decided        INTEGER NOT NULL DEFAULT 0,
	decision       TEXT NOT NULL DEFAULT '',
	handed_out     INTEGER NOT NULL DEFAULT 0,
	released       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS requests_pending ON requests (device) WHERE state = 'pending';`

// change is one of the statements that write. Each carries its own condition.
type change int

const (
	ask change = iota
	deliver
	fetch
	decide
	handOut
	release
)

var changes = [...]string{
	ask: `INSERT INTO requests (id, membership, device, number, nonce, challenge, challenge_hash, created, expires)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	deliver: `UPDATE requests SET delivery = ? WHERE id = ? AND delivery = 'queued'`,
	fetch:   `UPDATE requests SET delivery = 'fetched', fetched = ? WHERE id = ? AND fetched = 0`,
	decide:  `UPDATE requests SET state = ?, decided = ?, decision = ? WHERE id = ? AND state = 'pending' AND expires > ?`,
	handOut: `UPDATE requests SET handed_out = ? WHERE id = ? AND state = 'approved' AND handed_out = 0`,
	release: `UPDATE requests SET state = 'released', released = ? WHERE id = ? AND state = 'approved'`,
}

const (
	selectOne = `SELECT membership, device, number, nonce, challenge_hash, expires, state, decided, handed_out
		FROM requests WHERE id = ?`
	selectPending = `SELECT id, challenge, fetched FROM requests WHERE device = ? AND state = 'pending' AND expires > ? ORDER BY id`
	selectLast    = `SELECT coalesce(max(id), 0) FROM requests`
)

// ErrClosed says that the store has ended.
var ErrClosed = errors.New("bare: the store is closed")

// Request is one row. Times are milliseconds since 1970, 0 where it has not happened. Each
// read fills only what its caller needs.
type Request struct {
	ID                          int64
	Membership, Device          string
	Number, Nonce               string
	Challenge, ChallengeHash    string
	State                       string
	Created, Expires            int64
	Fetched, Decided, HandedOut int64
}

// Store keeps requests in a database. It is safe for concurrent use.
type Store struct {
	engine

	each bool
}

// engine is a database that keeps them.
type engine interface {
	// change makes one statement, and answers after the commit whether it changed a row.
	change(c change, arguments ...any) (bool, error)
	// Request finds a request; where there is none the error says so.
	Request(ctx context.Context, id int64) (Request, error)
	// Pending gives the requests that wait for the phone, oldest first.
	Pending(ctx context.Context, device string, now int64) ([]Request, error)
	// Last gives the newest id, 0 where there is none.
	Last(ctx context.Context) (id int64, err error)
	// Close commits what waits, and ends.
	Close() error
}

// lite is SQLite.
type lite struct {
	writer, reader *sql.DB
	each           bool
	statements     [allChanges]*sql.Stmt
	begin, commit  *sql.Stmt
	one, pending   *sql.Stmt

	mu     sync.Mutex
	queue  []*waiting
	closed bool
	wake   chan struct{}
	ended  chan struct{}
}

// waiting is a statement that waits for its commit.
type waiting struct {
	statement *sql.Stmt
	arguments []any
	done      chan struct{}
	changed   bool
	err       error
}

// OpenStore opens the SQLite file, and makes it where it is not there. With each, every
// statement is a durable commit of its own, and there are more of them; without it, those
// that wait at one time share one.
func OpenStore(ctx context.Context, path string, each bool) (*Store, error) {
	s := &lite{each: each, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	// Without its Done channel: to watch one, the driver starts a goroutine per statement.
	ctx = context.WithoutCancel(ctx)
	if err := s.open(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("bare: open %s: %w", path, err), s.closeFiles())
	}
	go s.run(ctx)
	return &Store{s, each}, nil
}

func (s *lite) open(ctx context.Context, path string) (err error) {
	if s.writer, err = openWriter(path); err != nil {
		return err
	}
	tables := schema
	if s.each {
		tables += eachSchema
	}
	if _, err = s.writer.ExecContext(ctx, tables); err != nil {
		return err
	}
	s.reader, err = openSQLite(path, max(4, 2*runtime.NumCPU()), url.Values{
		"mode": {"ro"}, "_query_only": {"on"}, "_busy_timeout": {"5000"},
	})
	if err != nil {
		return err
	}
	prepare := func(db *sql.DB, into **sql.Stmt, text string) {
		if err == nil {
			*into, err = db.PrepareContext(ctx, text) //nolint:sqlclosecheck // closing the database closes them
		}
	}
	for i, text := range changes {
		prepare(s.writer, &s.statements[i], text)
	}
	if s.each {
		for i, text := range eachChanges {
			prepare(s.writer, &s.statements[i], text)
		}
	}
	prepare(s.writer, &s.begin, "BEGIN IMMEDIATE")
	prepare(s.writer, &s.commit, "COMMIT")
	prepare(s.reader, &s.one, selectOne)
	prepare(s.reader, &s.pending, selectPending)
	return err
}

// openWriter has one connection, whose commits survive a power failure.
func openWriter(path string) (*sql.DB, error) {
	return openSQLite(path, 1, url.Values{
		"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_busy_timeout": {"5000"}, "_txlock": {"immediate"},
	})
}

func openSQLite(path string, connections int, options url.Values) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: options.Encode()}
	db, err := sql.Open("sqlite3", name.String())
	if err == nil {
		db.SetMaxOpenConns(connections)
		db.SetMaxIdleConns(connections)
	}
	return db, err
}

func (s *lite) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.wake)
	}
	s.mu.Unlock()
	<-s.ended
	return s.closeFiles()
}

func (s *lite) closeFiles() error {
	var errs []error
	for _, db := range []*sql.DB{s.reader, s.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

func (s *lite) change(c change, arguments ...any) (bool, error) {
	w := &waiting{statement: s.statements[c], arguments: arguments, done: make(chan struct{})}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return false, ErrClosed
	}
	s.queue = append(s.queue, w)
	select {
	case s.wake <- struct{}{}:
	default: // it will look anyway
	}
	s.mu.Unlock()
	<-w.done
	return w.changed, w.err
}

// run commits what waits. What comes during a commit shares the next one: under load the
// groups grow by themselves, and nobody ever waits for a timer.
func (s *lite) run(ctx context.Context) {
	defer close(s.ended)
	var batch, spare []*waiting
	for open := true; open; {
		_, open = <-s.wake
		runtime.Gosched() // lets those join who were just woken: fewer, larger groups
		s.mu.Lock()
		batch, s.queue = s.queue, spare[:0]
		s.mu.Unlock()
		if s.each || len(batch) == 1 {
			for _, w := range batch { // SQLite commits a statement that stands alone
				w.run(ctx)
				close(w.done)
			}
		} else if len(batch) > 1 {
			s.group(ctx, batch)
		}
		clear(batch)
		spare = batch
	}
}

// group makes one transaction of the batch. One statement that fails leaves nothing
// behind, so its neighbours need no savepoints.
func (s *lite) group(ctx context.Context, batch []*waiting) {
	_, err := s.begin.ExecContext(ctx)
	if err == nil {
		for _, w := range batch {
			w.run(ctx)
		}
		_, err = s.commit.ExecContext(ctx)
	}
	if err != nil {
		_, rollback := s.writer.ExecContext(ctx, "ROLLBACK")
		err = errors.Join(err, rollback)
	}
	for _, w := range batch {
		if err != nil {
			w.changed, w.err = false, errors.Join(w.err, err)
		}
		close(w.done)
	}
}

func (w *waiting) run(ctx context.Context) {
	result, err := w.statement.ExecContext(ctx, w.arguments...)
	if err != nil {
		w.err = err
		return
	}
	rows, err := result.RowsAffected()
	w.changed, w.err = rows > 0, err
}

// Ask stores a new request.
func (s *Store) Ask(r Request) error {
	_, err := s.change(ask, r.ID, r.Membership, r.Device, r.Number, r.Nonce, r.Challenge, r.ChallengeHash, r.Created, r.Expires)
	if err == nil && s.each {
		err = s.addToAsk(r)
	}
	return err
}

// Deliver stores what became of the push, [Accepted] or [Failed], unless the phone came first.
func (s *Store) Deliver(id int64, state string) (bool, error) { return s.change(deliver, state, id) }

// Fetch stores that the phone has the request, once.
func (s *Store) Fetch(id, now int64) (bool, error) { return s.change(fetch, now, id) }

// Decide stores the answer with its evidence, if the request is pending and in time.
func (s *Store) Decide(id int64, state, decision string, now int64) (bool, error) {
	if !s.each {
		return s.change(decide, state, now, decision, id, now)
	}
	changed, err := s.change(decide, state, now, "", id, now) // the evidence has a row of its own
	if changed {
		err = s.addToDecide(id, state, decision, now)
	}
	return changed, err
}

// HandOut stores that the release code is given to the page, once.
func (s *Store) HandOut(id, now int64) (bool, error) { return s.change(handOut, now, id) }

// Release stores that the person is in, if the request is approved.
func (s *Store) Release(id, now int64) (bool, error) {
	changed, err := s.change(release, now, id)
	if changed && s.each {
		err = s.addToRelease(id, now)
	}
	return changed, err
}

func (s *lite) Request(ctx context.Context, id int64) (Request, error) {
	r := Request{ID: id}
	err := s.one.QueryRowContext(context.WithoutCancel(ctx), id).Scan(
		&r.Membership, &r.Device, &r.Number, &r.Nonce, &r.ChallengeHash, &r.Expires, &r.State, &r.Decided, &r.HandedOut)
	if errors.Is(err, sql.ErrNoRows) {
		err = errNotFound
	}
	return r, err
}

func (s *lite) Pending(ctx context.Context, device string, now int64) ([]Request, error) {
	rows, err := s.pending.QueryContext(context.WithoutCancel(ctx), device, now)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Request
	for rows.Next() {
		r := Request{Device: device, State: Pending}
		if err := rows.Scan(&r.ID, &r.Challenge, &r.Fetched); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

func (s *lite) Last(ctx context.Context) (id int64, err error) {
	err = s.reader.QueryRowContext(ctx, selectLast).Scan(&id)
	return id, err
}
