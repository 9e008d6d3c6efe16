package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrDiffers says that what was copied is not what was there.
var ErrDiffers = errors.New("the copy differs from what was copied")

// Progress is how far a long work has come.
type Progress struct {
	// Phase is what is done: copy, compare, verify.
	Phase string
	// Table is the one at hand; empty where it is about the whole.
	Table string
	// Done of Total: rows, or bytes of a file. Total is 0 where it is not known.
	Done, Total int64
}

// Tell is told of progress, often. It may be nil.
type Tell func(Progress)

func (t Tell) tell(p Progress) {
	if t != nil {
		t(p)
	}
}

// TableRows is how many rows a table has.
type TableRows struct {
	Table string
	Rows  int64
}

// copier copies all rows of one database into an empty other one.
type copier struct {
	from, to *side
	tables   []copyTable
	// at is when it began.
	at   time.Time
	tell Tell
	// totals are how many rows the tables have.
	totals map[string]int64
}

// newCopier takes the tables from the side that is SQLite, and makes sure that the other has the very same.
func newCopier(ctx context.Context, from, to *side, now func() time.Time, tell Tell) (*copier, error) {
	pattern, other := from, to
	if from.dialect.postgres {
		pattern, other = to, from
	}
	if pattern.dialect.postgres {
		return nil, fmt.Errorf("%w: one of them must be SQLite", ErrSchema)
	}
	tables, err := copyTables(ctx, pattern.db)
	for _, s := range []*side{from, to} {
		if err == nil {
			err = s.notNewer(ctx)
		}
	}
	if err == nil {
		err = sameTables(ctx, tables, other)
	}
	if err != nil {
		return nil, err
	}
	c := &copier{from: from, to: to, tables: tables, at: now(), tell: tell, totals: map[string]int64{}}
	for _, t := range tables {
		if c.totals[t.name], err = numberOf(ctx, from.db, "SELECT COUNT(*) FROM "+t.name); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// mayBegin tells whether a copy of this name was begun in the target. Else the target must be empty.
func (c *copier) mayBegin(ctx context.Context, id string) (begun bool, err error) {
	marks, err := c.to.marks(ctx)
	if err != nil {
		return false, err
	}
	if m, ok := marks[markCopying]; ok {
		if m.value != id {
			return false, fmt.Errorf("%w, from another database, on %s: make this one empty first", ErrHalf, m.at.Format(time.RFC3339))
		}
		return true, nil
	}
	if err := usable(marks); err != nil {
		return false, err
	}
	for _, t := range c.tables {
		// One row is enough: it may be a key that was made here, with which nothing that comes could be opened.
		rows, err := numberOf(ctx, c.to.db, "SELECT COUNT(*) FROM (SELECT 1 FROM "+t.name+" LIMIT 1) AS first")
		if err != nil {
			return false, err
		}
		if rows > 0 {
			return false, fmt.Errorf("%w in %s: its table %s has rows", ErrNotEmpty, c.to.name(), t.name)
		}
	}
	return false, nil
}

// cursor is how far a table has come. It stands in the target, and moves with the rows.
type cursor struct {
	Rows int64 `json:"rows"`
	// After is the key of the last row, as texts.
	After []string `json:"after"`
}

func (t copyTable) cursorBehind(row []any, rows int64) cursor {
	at := cursor{Rows: rows}
	for _, value := range t.keyOf(row) {
		at.After = append(at.After, fmt.Sprint(value))
	}
	return at
}

// key gives it as values of the key's columns.
func (at cursor) key(t copyTable) ([]any, error) {
	if len(at.After) == 0 {
		return nil, nil
	}
	if len(at.After) != len(t.key) {
		return nil, fmt.Errorf("%w: the place where the copy of %s was left is of another key", ErrSchema, t.name)
	}
	var key []any
	for i, c := range t.key {
		if c.kind != copiedNumber {
			key = append(key, at.After[i])
			continue
		}
		n, err := strconv.ParseInt(at.After[i], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSchema, err)
		}
		key = append(key, n)
	}
	return key, nil
}

// copy copies all tables, each from where it was left.
func (c *copier) copy(ctx context.Context) error {
	marks, err := c.to.marks(ctx)
	if err != nil {
		return err
	}
	for _, t := range c.tables {
		var at cursor
		if m, ok := marks[markCopied+t.name]; ok {
			if err := json.Unmarshal([]byte(m.value), &at); err != nil {
				return fmt.Errorf("how far %s was copied cannot be read: %w", t.name, err)
			}
		}
		if err := c.copyTable(ctx, t, at); err != nil {
			return err
		}
	}
	return nil
}

func (c *copier) copyTable(ctx context.Context, t copyTable, at cursor) error {
	c.tell.tell(Progress{"copy", t.name, at.Rows, c.totals[t.name]})
	after, err := at.key(t)
	for err == nil {
		var rows [][]any
		if rows, err = c.from.page(ctx, t, after); err != nil || len(rows) == 0 {
			break
		}
		last := rows[len(rows)-1]
		at = t.cursorBehind(last, at.Rows+int64(len(rows)))
		if err = c.batch(ctx, t, rows, at); err == nil {
			after = t.keyOf(last)
			c.tell.tell(Progress{"copy", t.name, at.Rows, c.totals[t.name]})
		}
	}
	return err
}

// batch writes rows and how far they reach in one transaction, so that whoever is killed has both or neither.
func (c *copier) batch(ctx context.Context, t copyTable, rows [][]any, at cursor) error {
	value, err := json.Marshal(at)
	if err != nil {
		return err
	}
	tx, err := c.to.whole.BeginTx(ctx, nil)
	if err != nil {
		return translate(err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing behind a commit
	if err = c.to.insert(ctx, tx, t, rows); err != nil {
		return err
	}
	if err = c.to.setMark(ctx, tx, markCopied+t.name, string(value), c.at); err != nil {
		return err
	}
	return translate(tx.Commit())
}

// compare reads all rows of both sides. ErrDiffers names the tables that are not the same.
func (c *copier) compare(ctx context.Context) ([]TableRows, error) {
	var all []TableRows
	var wrong []string
	for _, t := range c.tables {
		total := 2 * c.totals[t.name]
		from, err := c.from.tally(ctx, t, func(rows int64) { c.tell.tell(Progress{"compare", t.name, rows, total}) })
		if err != nil {
			return nil, err
		}
		to, err := c.to.tally(ctx, t, func(rows int64) { c.tell.tell(Progress{"compare", t.name, from.rows + rows, total}) })
		if err != nil {
			return nil, err
		}
		switch {
		case from.rows != to.rows:
			wrong = append(wrong, fmt.Sprintf("%s has %d rows in the place of %d", t.name, to.rows, from.rows))
		case from.sum != to.sum:
			wrong = append(wrong, fmt.Sprintf("%s has other values", t.name))
		}
		all = append(all, TableRows{t.name, from.rows})
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrDiffers, strings.Join(wrong, "; "))
	}
	return all, nil
}
