package store

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"
)

// transaction is what changes are made in. The gorm inside is for what is rare.
type transaction struct {
	*gorm.DB
	conn
	// heads are the ends of the audit chains that were looked at. They are written once, at the
	// end: all changes of an organisation that come together append to one chain.
	heads map[string]chainEnd
	// touched are those that the change at hand appended to, as they were before.
	touched []chainEnd
}

// chainEnd is where the next audit row of an organisation goes.
type chainEnd struct {
	auditHeadRow
	// grown says that it is not written yet.
	grown bool
}

func (w *writer) begin() (*transaction, error) {
	db := w.db.Begin()
	if db.Error != nil {
		return nil, db.Error
	}
	return &transaction{
		DB: db, conn: conn{context.Background(), db.Statement.ConnPool, w.rows},
		heads: map[string]chainEnd{},
	}, nil
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
	if err = tx.savepoint("SAVEPOINT change"); err != nil {
		return nil, err
	}
	tx.touched = tx.touched[:0]
	if failure = c.try(tx); failure != nil {
		for _, before := range slices.Backward(tx.touched) {
			tx.heads[before.Organisation] = before
		}
		// A full or failing disk makes SQLite roll back all of it: then there is no savepoint any more.
		if err = tx.savepoint("ROLLBACK TO change"); err != nil {
			return nil, lost(failure)
		}
	}
	return failure, tx.savepoint("RELEASE change")
}

// savepoint asks as for rows, because the driver keeps only such statements prepared.
func (tx *transaction) savepoint(statement string) error {
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

// commit returns when everything is on the disk.
func (tx *transaction) commit() error {
	for _, head := range tx.heads {
		if !head.grown {
			continue
		}
		_, err := tx.exec("INSERT INTO audit_heads (organisation, sequence, hash) VALUES (?, ?, ?) "+
			"ON CONFLICT (organisation) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash", head.Organisation, head.Sequence, head.Hash)
		if err != nil {
			return err
		}
	}
	return tx.Commit().Error
}
