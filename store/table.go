package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// ask is one statement of a group.
type ask struct {
	statement
	// read reads the rows; nil where there are none to read.
	read func(pgx.Rows) error
	// rows is how many were changed.
	rows int64
	err  error
}

// table is where a group sits: it collects what the members ask, and sends it when all of them wait.
type table struct {
	tx *transaction
	// asked has the seats whose members wait for an answer, or have ended.
	asked chan *seat
	asks  []*ask
	// chains are those that the members said they append to. Their ends are held with what the members ask first, behind it.
	chains []string
	// broken is why nothing of the group can stay.
	broken error
}

func (t *table) queue(a *ask) {
	a.text = t.tx.dialect.bind(a.text)
	t.asks = append(t.asks, a)
}

// serve answers until all members have ended.
func (t *table) serve(members int) {
	for sitting := members; sitting > 0; {
		var waiting []*seat
		for range sitting {
			s := <-t.asked
			if s.asks == nil {
				sitting--
				continue
			}
			waiting = append(waiting, s)
		}
		slices.SortFunc(waiting, func(a, b *seat) int { return cmp.Compare(a.place, b.place) })
		for _, s := range waiting {
			for _, a := range s.asks {
				t.queue(a)
			}
		}
		if len(waiting) > 0 {
			t.holdEnds(t.chains)
			t.chains = nil
		}
		t.broken = t.send()
		for _, s := range waiting {
			s.asks = nil
			s.answered <- struct{}{}
		}
	}
}

// send sends what was asked in one message. Once something failed, everything does.
func (t *table) send() error {
	asks := t.asks
	t.asks = nil
	if t.broken != nil || len(asks) == 0 {
		for _, a := range asks {
			a.err = t.broken
		}
		return t.broken
	}
	batch := &pgx.Batch{}
	for _, a := range asks {
		values := t.tx.only.pool.plain(a.values)
		t.tx.only.pool.saw(a.text, values)
		batch.Queue(a.text, values...)
	}
	made := 0
	err := t.tx.only.direct(func(direct *pgx.Conn) (err error) {
		defer func() { // what a member reads with is its caller's
			if value := recover(); value != nil {
				err = errors.Join(fmt.Errorf("database: a read failed: %v", value), direct.Close(t.tx.ctx))
			}
		}()
		results := direct.SendBatch(t.tx.ctx, batch)
		for _, a := range asks {
			if a.err = a.take(results); a.err != nil {
				_ = results.Close() // it says the same once more
				return a.err
			}
			made++
		}
		return results.Close()
	})
	if err != nil {
		for _, a := range asks[made:] {
			a.err = err
		}
	}
	return err
}

func (a *ask) take(results pgx.BatchResults) error {
	if a.read == nil {
		tag, err := results.Exec()
		a.rows = tag.RowsAffected()
		return err
	}
	from, err := results.Query()
	if err != nil {
		return err
	}
	err = a.read(from)
	from.Close()
	if err == nil {
		err = from.Err()
	}
	a.rows = from.CommandTag().RowsAffected()
	if from.CommandTag().Select() {
		a.rows = 0
	}
	return err
}

// seat is where a member asks.
type seat struct {
	*pool

	table  *table
	member *member
	tx     *transaction
	// mine were asked and not sent yet, asks are sent; nil says that the member has ended.
	mine, asks []*ask
	answered   chan struct{}
	// place says in which order the statements of all go.
	place int
	// left says that the member asked for what cannot be had here, whatever it makes of that.
	left bool
}

// soon notes a statement that is sent with the next one.
func (s *seat) soon(a *ask) { s.mine = append(s.mine, a) }

// settle sends what was noted, and tells the first failure.
func (s *seat) settle() error {
	if len(s.mine) == 0 {
		return nil
	}
	asks := s.mine
	s.mine, s.asks = nil, asks
	s.table.asked <- s
	<-s.answered
	var failures []error
	for _, a := range asks {
		if a.rows > 0 {
			s.member.wrote = true
		}
		failures = append(failures, a.err)
	}
	return errors.Join(failures...)
}

// ended says that the member asks nothing any more.
func (s *seat) ended() {
	s.mine, s.asks = nil, nil
	s.table.asked <- s
}

// ExecContext is asked with what the others ask.
func (s *seat) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	a := &ask{statement: statement{query, args}}
	s.soon(a)
	err := s.settle()
	if a.err != nil {
		err = a.err
	}
	return driver.RowsAffected(a.rows), err
}

// query is asked with what the others ask. The context is the group's.
func (s *seat) query(_ context.Context, query string, args []any, read func(pgx.Rows) error) error {
	a := &ask{statement: statement{query, args}, read: read}
	s.soon(a)
	err := s.settle()
	if a.err != nil {
		err = a.err
	}
	return err
}

// QueryContext is for gorm, which reads rows in its own time: such a change is made by itself.
func (s *seat) QueryContext(context.Context, string, ...any) (*sql.Rows, error) {
	s.left = true
	return nil, errByItself
}

// QueryRowContext cannot be answered either.
func (s *seat) QueryRowContext(context.Context, string, ...any) *sql.Row { panic(errByItself) }

// BeginTx would begin another transaction.
func (s *seat) BeginTx(context.Context, *sql.TxOptions) (*sql.Tx, error) { return nil, errWithin }
