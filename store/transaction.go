package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"example.com/aye/internal/audit"
)

// transaction is what changes are made in. The gorm inside is for what is rare.
type transaction struct {
	*gorm.DB
	conn
	only      *only
	committed bool
	// heads are the ends of the audit chains that were looked at. They are written once, at the
	// end: all changes of an organisation that come together append to one chain.
	heads map[string]chainEnd
	// touched are those that the change at hand appended to, as they were before.
	touched []chainEnd
	// late says that the ends of chains are held as shortly as can be: entries wait for the commit.
	late    bool
	entries []audit.Entry
	// outbox has the posts that the changes write, when they are committed: posts are their ids.
	outbox *outbox
	posts  []string
	// madeKey says that the data key of the posts was made in it.
	madeKey bool
	// last go out in one message with the commit: the end of a chain is held for one round trip.
	last []statement
}

// write is exec for what nobody looks at again before the commit.
func (tx *transaction) write(query string, args ...any) error {
	if tx.late {
		tx.last = append(tx.last, statement{query, args})
		return nil
	}
	_, err := tx.exec(query, args...)
	return err
}

// chainEnd is where the next audit row of an organisation goes.
type chainEnd struct {
	auditHeadRow
	// grown says that it is not written yet.
	grown bool
}

func (w *writer) begin() (*transaction, error) {
	ctx := context.Background()
	alone, err := w.pool.Conn(ctx)
	if err != nil {
		return nil, translate(err)
	}
	c := &only{Conn: alone, pool: w.pool}
	db := w.db.Session(&gorm.Session{NewDB: true, Context: ctx})
	db.Statement.ConnPool = c
	tx := &transaction{outbox: w.box, DB: db, conn: conn{ctx: ctx, pool: c, rows: w.pool.counts, dialect: &dialectSQLite}, only: c, heads: map[string]chainEnd{}}
	// Immediate: a transaction that reads before it writes would otherwise fail at once beside another.
	if err = tx.control("BEGIN IMMEDIATE"); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return tx, nil
}

// end gives the connection back, with nothing left of what was not committed.
func (tx *transaction) end() {
	if tx.dialect.postgres {
		tx.only.end(tx.committed)
		return
	}
	if !tx.committed {
		_ = tx.control("ROLLBACK") // SQLite may have rolled back already
	}
	_ = tx.only.Close()
}

// beside makes one change, or none of it, in a transaction that has others. A failure is the
// change's own; an error says that the transaction is lost.
func (tx *transaction) beside(c *change) (failure, err error) {
	if c.single {
		// One statement that finds its condition not held changes nothing. One that fails has met
		// the disk, and then it is not known what stands.
		if failure = c.try(tx); failure != nil {
			return nil, lost(failure)
		}
		return nil, nil
	}
	if err = tx.control("SAVEPOINT change"); err != nil {
		return nil, err
	}
	tx.touched = tx.touched[:0]
	posts := len(tx.posts)
	if failure = c.try(tx); failure != nil {
		tx.posts = tx.posts[:posts]
		for _, before := range slices.Backward(tx.touched) {
			tx.heads[before.Organisation] = before
		}
		// A full or failing disk makes SQLite roll back all of it: then there is no savepoint any more.
		if err = tx.control("ROLLBACK TO change"); err != nil {
			return nil, lost(failure)
		}
	}
	return failure, tx.control("RELEASE change")
}

// control asks as for rows, because the driver keeps only such statements prepared.
func (tx *transaction) control(statement string) error {
	rows, err := tx.pool.QueryContext(tx.ctx, statement)
	if err != nil {
		return translate(err)
	}
	defer func() { _ = rows.Close() }()
	return translate(rows.Err())
}

func lost(cause error) error {
	return fmt.Errorf("%w: a transaction was lost: %w", ErrUnavailable, cause)
}

// keepHeads writes where the chains end now.
func (tx *transaction) keepHeads() error {
	for _, head := range tx.heads {
		if !head.grown {
			continue
		}
		err := tx.write("INSERT INTO audit_heads (organisation, sequence, hash) VALUES (?, ?, ?) "+
			"ON CONFLICT (organisation) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash", head.Organisation, head.Sequence, head.Hash)
		if err != nil {
			return err
		}
	}
	return nil
}

// commit returns when everything is on the disk.
func (tx *transaction) commit() error {
	if err := tx.keepHeads(); err != nil {
		return err
	}
	tx.ctx = context.Background()
	err := tx.control("COMMIT")
	tx.committed = err == nil
	return err
}
