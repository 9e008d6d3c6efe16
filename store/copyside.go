package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// querier is what can be asked: a database, one connection of it, or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// side is one of the two databases of a copy.
type side struct {
	// db is what is read: for a database that others change meanwhile, a transaction that sees one moment.
	db querier
	// whole is what is written into, batch by batch.
	whole   *sql.DB
	dialect dialect
}

func (s *side) name() string {
	if s.dialect.postgres {
		return "PostgreSQL"
	}
	return "SQLite"
}

// texts gives a column of texts.
func texts(ctx context.Context, db querier, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, translate(err)
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, translate(rows.Err())
}

// numberOf gives one number.
func numberOf(ctx context.Context, db querier, query string, args ...any) (int64, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, translate(err)
	}
	defer func() { _ = rows.Close() }()
	var n int64
	if rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return 0, err
		}
	}
	return n, translate(rows.Err())
}

// columnNames are those of all tables that are copied.
func (s *side) columnNames(ctx context.Context) (map[string][]string, error) {
	query := `SELECT t.name || ' ' || c.name FROM sqlite_schema AS t JOIN pragma_table_xinfo(t.name) AS c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY t.name, c.cid`
	if s.dialect.postgres {
		// Partitions have no rows of their own.
		query = `SELECT t.relname || ' ' || c.attname FROM pg_class AS t JOIN pg_attribute AS c ON c.attrelid = t.oid
			WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition AND c.attnum > 0 AND NOT c.attisdropped
			ORDER BY t.relname, c.attnum`
	}
	lines, err := texts(ctx, s.db, query)
	if err != nil {
		return nil, err
	}
	names := map[string][]string{}
	for _, line := range lines {
		table, column, _ := strings.Cut(line, " ")
		if isCopied(table) {
			names[table] = append(names[table], column)
		}
	}
	return names, nil
}

// A page is read at once. What it holds is bounded too: a logo or an import is large.
const (
	pageRows  = 500
	pageBytes = 8 << 20
)

// page gives rows behind the one with the key after, in the order of the key; from the beginning where after is empty.
func (s *side) page(ctx context.Context, t copyTable, after []any) ([][]any, error) {
	query := "SELECT " + columnList(t.columns) + " FROM " + t.name
	if len(after) > 0 {
		query += " WHERE (" + columnList(t.key) + ") > " + places(len(t.key))
	}
	query += " ORDER BY " + columnList(t.key) + " LIMIT ?"
	rows, err := s.db.QueryContext(ctx, s.dialect.bind(query), append(append([]any{}, after...), pageRows)...)
	if err != nil {
		return nil, translate(err)
	}
	defer func() { _ = rows.Close() }()
	var all [][]any
	for size := 0; size < pageBytes && rows.Next(); {
		row := make([]any, len(t.columns))
		into := make([]any, len(t.columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err = rows.Scan(into...); err != nil {
			return nil, translate(err)
		}
		for i := range row {
			var length int
			if row[i], length, err = plainValue(t.columns[i].kind, row[i]); err != nil {
				return nil, fmt.Errorf("%s.%s: %w", t.name, t.columns[i].name, err)
			}
			size += length
		}
		all = append(all, row)
	}
	return all, translate(rows.Err())
}

// plainValue gives a value as both databases take it: nil, a text, a number or bytes.
func plainValue(kind copyKind, value any) (plain any, length int, err error) {
	switch v := value.(type) {
	case nil:
		return nil, 0, nil
	case int64:
		if kind == copiedNumber {
			return v, 8, nil
		}
	case string:
		if kind == copiedText {
			return v, len(v), nil
		}
		if kind == copiedBytes {
			return []byte(v), len(v), nil
		}
	case []byte:
		if kind == copiedText {
			return string(v), len(v), nil
		}
		if kind == copiedBytes {
			return append([]byte{}, v...), len(v), nil // the driver's own may change
		}
	}
	return nil, 0, fmt.Errorf("%w: a %T stands in a column of type %s", ErrSchema, value, kind)
}

// keyOf are the values of the row's key.
func (t copyTable) keyOf(row []any) []any {
	key := make([]any, 0, len(t.key))
	for _, c := range t.key {
		key = append(key, row[c.at])
	}
	return key
}

// insertPlaces is how many values one statement may have: SQLite takes 32766, PostgreSQL 65535.
const insertPlaces = 30_000

// insert writes rows in their order.
func (s *side) insert(ctx context.Context, tx querier, t copyTable, rows [][]any) error {
	most := insertPlaces / len(t.columns)
	for len(rows) > 0 {
		part := rows[:min(most, len(rows))]
		rows = rows[len(part):]
		var query strings.Builder
		query.WriteString("INSERT INTO " + t.name + " (" + columnList(t.columns) + ") VALUES ")
		values := make([]any, 0, len(part)*len(t.columns))
		for i, row := range part {
			if i > 0 {
				query.WriteString(", ")
			}
			s.writePlaces(&query, len(values), len(row))
			values = append(values, row...)
		}
		if _, err := tx.ExecContext(ctx, query.String(), values...); err != nil {
			first, last := t.keyOf(part[0]), t.keyOf(part[len(part)-1])
			return fmt.Errorf("%s, rows %v to %v: %w", t.name, first, last, translate(err))
		}
	}
	return nil
}

// writePlaces writes the places of a row's values. Such statements are too long, and too many, for bind to keep.
func (s *side) writePlaces(query *strings.Builder, before, n int) {
	if !s.dialect.postgres {
		query.WriteString(places(n))
		return
	}
	for i := range n {
		query.WriteString([]string{"(", ", "}[min(i, 1)] + "$" + strconv.Itoa(before+i+1))
	}
	query.WriteString(")")
}

// tally counts rows and makes a hash over them in the order of their key. Both databases give the same for the same rows.
type tally struct {
	rows int64
	sum  [sha256.Size]byte
}

// tally reads all rows of the table. seen is told how many there were so far.
func (s *side) tally(ctx context.Context, t copyTable, seen func(rows int64)) (tally, error) {
	var all tally
	var after []any
	hash := sha256.New()
	var line []byte
	for {
		rows, err := s.page(ctx, t, after)
		if err != nil || len(rows) == 0 {
			hash.Sum(all.sum[:0])
			return all, err
		}
		for _, row := range rows {
			line = line[:0]
			for _, value := range row {
				line = appendValue(line, value)
			}
			_, _ = hash.Write(line)
		}
		after = t.keyOf(rows[len(rows)-1])
		all.rows += int64(len(rows))
		seen(all.rows)
	}
}

// appendValue writes a value so that no two are written alike: its kind, its length, itself.
func appendValue(line []byte, value any) []byte {
	switch v := value.(type) {
	case int64:
		return binary.BigEndian.AppendUint64(append(line, 'n'), uint64(v)) //nolint:gosec // its bits are what counts
	case string:
		return append(binary.BigEndian.AppendUint64(append(line, 't'), uint64(len(v))), v...)
	case []byte:
		return append(binary.BigEndian.AppendUint64(append(line, 'b'), uint64(len(v))), v...)
	}
	return append(line, '0')
}
