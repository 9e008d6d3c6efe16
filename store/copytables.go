package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Two databases are copied table by table. What there is to copy is taken from the schema itself and stands in no list,
// so that a table that is added later cannot be forgotten.

// ErrSchema says that two databases do not have the same tables and columns.
var ErrSchema = errors.New("the two databases do not have the same tables")

// notCopied are the tables that say something of one database and not of what is in it.
var notCopied = map[string]string{
	"goose_db_version": "the steps that its schema has taken",
	"marks":            "whether it was moved, copied or restored",
	"changes":          "what a server that waits may have missed, for seconds (PostgreSQL)",
	"approval_keys":    "kept by triggers on approvals (PostgreSQL)",
}

// isCopied tells whether a table has what is to be copied. Litestream keeps its own beside ours.
func isCopied(table string) bool {
	_, left := notCopied[table]
	return !left && !strings.HasPrefix(table, "_litestream_")
}

// copyKind is how a column keeps its values. Both databases have three kinds, whatever they call them.
type copyKind string

const (
	copiedText   copyKind = "TEXT"
	copiedNumber copyKind = "INTEGER"
	copiedBytes  copyKind = "BLOB"
)

// copyTable is a table, as SQLite's schema has it.
type copyTable struct {
	name    string
	columns []copyColumn
	// key are the columns of the primary key, in its order. Rows are read in this order, which both databases
	// sort in the same way: texts by their bytes.
	key []copyColumn
}

type copyColumn struct {
	name string
	kind copyKind
	// at is where it stands in a row.
	at int
}

// columnList names columns, for a statement.
func columnList(columns []copyColumn) string {
	names := make([]string, 0, len(columns))
	for _, c := range columns {
		names = append(names, c.name)
	}
	return strings.Join(names, ", ")
}

// copyTables gives all tables of a SQLite database that are to be copied, each behind those that it refers to.
func copyTables(ctx context.Context, db querier) ([]copyTable, error) {
	names, err := texts(ctx, db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY name")
	if err != nil {
		return nil, err
	}
	known, refers := map[string]copyTable{}, map[string][]string{}
	for _, name := range names {
		if !isCopied(name) {
			continue
		}
		if known[name], err = sqliteTable(ctx, db, name); err != nil {
			return nil, err
		}
		if refers[name], err = texts(ctx, db, `SELECT DISTINCT "table" FROM pragma_foreign_key_list(?) ORDER BY 1`, name); err != nil {
			return nil, err
		}
	}
	return inOrder(known, refers)
}

// inOrder puts each table behind those that it refers to.
func inOrder(known map[string]copyTable, refers map[string][]string) ([]copyTable, error) {
	var all []copyTable
	done := map[string]bool{}
	for len(all) < len(known) {
		before := len(all)
		for _, name := range slices.Sorted(maps.Keys(known)) {
			waits := slices.ContainsFunc(refers[name], func(parent string) bool { return parent != name && !done[parent] })
			if done[name] || waits {
				continue
			}
			done[name], all = true, append(all, known[name])
		}
		if len(all) == before {
			return nil, fmt.Errorf("%w: tables that refer to each other in a circle cannot be copied one after the other", ErrSchema)
		}
	}
	return all, nil
}

func sqliteTable(ctx context.Context, db querier, name string) (copyTable, error) {
	table := copyTable{name: name}
	rows, err := db.QueryContext(ctx, "SELECT name, type, pk FROM pragma_table_xinfo(?) ORDER BY cid", name)
	if err != nil {
		return table, translate(err)
	}
	defer func() { _ = rows.Close() }()
	places := map[int]copyColumn{}
	for rows.Next() {
		var c copyColumn
		var place int
		if err := rows.Scan(&c.name, (*string)(&c.kind), &place); err != nil {
			return table, err
		}
		c.at = len(table.columns)
		switch c.kind {
		case copiedText, copiedNumber, copiedBytes:
		default:
			return table, fmt.Errorf("%w: column %s.%s is of type %s, which the copier does not know", ErrSchema, name, c.name, c.kind)
		}
		table.columns = append(table.columns, c)
		if place > 0 {
			places[place] = c
		}
	}
	for place := 1; place <= len(places); place++ {
		table.key = append(table.key, places[place])
	}
	if len(table.key) == 0 {
		return table, fmt.Errorf("%w: table %s has no primary key to go along", ErrSchema, name)
	}
	return table, translate(rows.Err())
}

// sameTables is ErrSchema, and says what differs, unless the other database has these very tables and columns.
func sameTables(ctx context.Context, tables []copyTable, other *side) error {
	there, err := other.columnNames(ctx)
	if err != nil {
		return err
	}
	var wrong []string
	for _, table := range tables {
		columns, ok := there[table.name]
		delete(there, table.name)
		if !ok {
			wrong = append(wrong, fmt.Sprintf("table %s is missing in %s", table.name, other.name()))
			continue
		}
		for _, column := range table.columns {
			at := slices.Index(columns, column.name)
			if at < 0 {
				wrong = append(wrong, fmt.Sprintf("column %s.%s is missing in %s", table.name, column.name, other.name()))
				continue
			}
			columns = slices.Delete(columns, at, at+1)
		}
		for _, more := range columns {
			wrong = append(wrong, fmt.Sprintf("column %s.%s is in %s alone", table.name, more, other.name()))
		}
	}
	for _, more := range slices.Sorted(maps.Keys(there)) {
		wrong = append(wrong, fmt.Sprintf("table %s is in %s alone", more, other.name()))
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%w: %s", ErrSchema, strings.Join(wrong, "; "))
	}
	return nil
}
