package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"
)

// errRefused rolls back a change whose condition did not hold.
var errRefused = errors.New("refused")

// write makes the change whole or not at all, and returns when it is on the disk. Nothing else
// changes meanwhile. The change must use nothing but its tx: there may be one connection, and the
// transaction has it. It may be made anew from its beginning, so it sets what it writes outside of
// the database at each beginning. When ctx ends, the change may outlive the call: what it writes
// outside of the database may be read only after an answer without an error.
func (s *Store) write(ctx context.Context, apply func(tx *transaction) error) error {
	return s.alone().write(ctx, apply)
}

// attempt runs a change that may find its condition not held: then it leaves nothing.
func (s *Store) attempt(ctx context.Context, change func(tx *transaction) (bool, error)) (bool, error) {
	return s.alone().attempt(ctx, change)
}

func (w way) write(ctx context.Context, apply func(tx *transaction) error) error {
	return w.store.group.do(&change{ctx: ctx, apply: apply, about: w.about, joins: w.joins, chains: w.chains})
}

func (w way) attempt(ctx context.Context, change func(tx *transaction) (bool, error)) (bool, error) {
	err := w.write(ctx, func(tx *transaction) error {
		held, err := change(tx)
		if err == nil && !held {
			return errRefused
		}
		return err
	})
	if errors.Is(err, errRefused) {
		return false, nil
	}
	return err == nil, err
}

// update is a change of one statement, which needs nothing around it: it holds whole or not at all. On
// PostgreSQL others are made beside it, so what it looks at is the row that it changes, or what only
// changes alone.
func (s *Store) update(ctx context.Context, only func(tx *transaction) (int64, error)) (bool, error) {
	return s.changeRow(&change{ctx: ctx}, only)
}

// updateRow is update of the row of that name, made together with what changes other rows at that time. The names put them in
// order, those of requests before those of their deliveries.
func (s *Store) updateRow(ctx context.Context, row string, only func(tx *transaction) (int64, error)) (bool, error) {
	return s.changeRow(&change{ctx: ctx, row: row}, only)
}

// noteRow is updateRow for what may be made twice, and may be lost where PostgreSQL crashes within the next second: nobody waits for its
// disk. What it tells may have been so for a while.
func (s *Store) noteRow(ctx context.Context, row string, only func(tx *transaction) (int64, error)) (bool, error) {
	return s.changeRow(&change{ctx: ctx, row: row, note: true}, only)
}

func (s *Store) changeRow(c *change, only func(tx *transaction) (int64, error)) (bool, error) {
	var rows int64
	c.single, c.about = true, about{beside: true}
	c.apply = func(tx *transaction) (err error) {
		rows, err = only(tx)
		return err
	}
	err := s.group.do(c)
	return err == nil && rows > 0, err
}

// read begins a query.
func (s *Store) read(ctx context.Context) *gorm.DB { return s.reader.WithContext(ctx) }

// snapshot runs queries that all see the database as it is at one moment. Between two of them the caller may take its
// time, as who writes to a slow reader does.
func (s *Store) snapshot(ctx context.Context, look func(tx *gorm.DB) error) error {
	if !s.dialect.postgres {
		return s.read(ctx).Transaction(look)
	}
	err := s.read(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.Exec("SET LOCAL idle_in_transaction_session_timeout = " + inMillis(snapshotIdleLimit)).Error; err != nil {
			return err
		}
		return look(tx)
	}, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	return translate(err)
}

// snapshotIdleLimit is how long a snapshot of PostgreSQL may lie still.
const snapshotIdleLimit = 10 * time.Minute

// find gives the row of the query, or the room's own error where there is none.
func find[R any](query *gorm.DB, missing error) (R, error) {
	var row R
	err := query.Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = missing
	}
	return row, err
}

// columnsOf names the columns of a row that this program knows, for a query that joins other tables.
func columnsOf(db *gorm.DB, row interface{ TableName() string }) string {
	statement := &gorm.Statement{DB: db}
	if err := statement.Parse(row); err != nil {
		panic(err) // a row that gorm cannot read is a mistake of ours
	}
	return row.TableName() + "." + strings.Join(statement.Schema.DBNames, ", "+row.TableName()+".")
}

// list gives all rows of the query as the room knows them.
func list[R, T any](query *gorm.DB, as func(R) T) ([]T, error) {
	return unsealed(query, func(row R) (T, error) { return as(row), nil })
}

// unsealed is list for rows that must be opened first.
func unsealed[R, T any](query *gorm.DB, as func(R) (T, error)) ([]T, error) {
	var rows []R
	if err := query.Find(&rows).Error; err != nil {
		return nil, err
	}
	all := make([]T, 0, len(rows))
	for _, row := range rows {
		one, err := as(row)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// changed tells whether an update changed a row.
func changed(update *gorm.DB) (bool, error) { return update.RowsAffected > 0, update.Error }
