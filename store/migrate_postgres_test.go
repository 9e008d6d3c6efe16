package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"example.com/aye/internal/pgtest"
	"example.com/aye/internal/secret"
	"example.com/aye/store"
)

// plain opens a database of PostgreSQL past the store.
func plain(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url)
	must(t, err)
	db.SetMaxOpenConns(4)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

func texts(t *testing.T, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	must(t, err)
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var one string
		must(t, rows.Scan(&one))
		all = append(all, one)
	}
	must(t, rows.Err())
	return all
}

// TestManyServersStart: eight servers that find an empty database at one time make one schema, and all have it.
func TestManyServersStart(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	const servers = 8
	opened, failed := make([]*store.Store, servers), make([]error, servers)
	var starting sync.WaitGroup
	for i := range servers {
		starting.Go(func() {
			opened[i], failed[i] = store.Open(t.Context(), store.Config{URL: secret.Secret(url), Connections: 3, Keys: keys(t), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		})
	}
	starting.Wait()
	for i, s := range opened {
		must(t, failed[i])
		must(t, s.Ping(t.Context()))
		must(t, s.Close())
	}
	db := plain(t, url)
	if twice := texts(t, db, "SELECT version_id::text FROM goose_db_version GROUP BY version_id HAVING COUNT(*) > 1"); len(twice) > 0 {
		t.Errorf("steps %s were taken more than once", twice)
	}
	if held := texts(t, db, "SELECT objid::text FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"); len(held) > 0 {
		t.Errorf("locks %s are held after the start", held)
	}
	months := texts(t, db, "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'approvals'::regclass ORDER BY 1")
	if len(months) != 4 {
		t.Errorf("the months are %s", months)
	}
}

// TestWhoMigratesIsNotHurried: the limits that a connection of the pool has do not end a migration, and hold again behind it.
func TestWhoMigratesIsNotHurried(t *testing.T) {
	t.Parallel()
	s := openURL(t, newURL(t), time.Now)
	writer, _ := s.Handles()
	db, err := writer.DB()
	must(t, err)
	db.SetMaxOpenConns(1)
	limits := func() []string {
		return texts(t, db, "SELECT setting FROM pg_settings WHERE name IN ('lock_timeout', 'statement_timeout') ORDER BY name")
	}
	before := limits()
	conn, err := db.Conn(t.Context())
	must(t, err)
	must(t, store.Migrating.SessionLock(t.Context(), conn))
	var meanwhile string
	must(t, conn.QueryRowContext(t.Context(), "SELECT string_agg(setting, ' ' ORDER BY name) FROM pg_settings WHERE name IN ('lock_timeout', 'statement_timeout')").Scan(&meanwhile))
	if meanwhile != "0 0" {
		t.Errorf("a migration has limits: %s", meanwhile)
	}
	must(t, store.Migrating.SessionUnlock(t.Context(), conn))
	must(t, conn.Close())
	if after := limits(); !slices.Equal(before, after) || slices.Contains(after, "0") {
		t.Errorf("the limits were %s and are %s", before, after)
	}
}

// TestNewerSchemaPostgres: an older version does not write into what it does not know.
func TestNewerSchemaPostgres(t *testing.T) {
	t.Parallel()
	url := newURL(t)
	for _, statement := range []string{"INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)", needsNewer} {
		_, err := plain(t, url).ExecContext(t.Context(), statement)
		must(t, err)
	}
	_, err := store.Open(t.Context(), store.Config{URL: secret.Secret(url), Keys: keys(t), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, store.ErrNewer) {
		t.Fatalf("error is %v", err)
	}
}

// TestBothHaveTheSameTables: a step that was made for one of the databases and forgotten for the other is found here.
func TestBothHaveTheSameTables(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	open(t, path, time.Now)
	file, url := raw(t, path), newURL(t)
	server := plain(t, url)

	// What PostgreSQL alone has, and why: docs/decisions/0021-partitions.md.
	ofPostgres := []string{"changes", "approval_keys"}
	columns := func(of []string) map[string][]string {
		tables := map[string][]string{}
		for _, one := range of {
			table, column, _ := strings.Cut(one, " ")
			tables[table] = append(tables[table], column)
		}
		return tables
	}
	inFile := columns(texts(t, file, `SELECT m.name || ' ' || c.name || ' ' || CASE c.type WHEN 'TEXT' THEN 'text C' WHEN 'INTEGER' THEN 'bigint' WHEN 'BLOB' THEN 'bytea' ELSE c.type END ||
		CASE WHEN c."notnull" OR c.pk > 0 THEN ' NOT NULL' ELSE '' END FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'goose_db_version' ORDER BY m.name, c.name`))
	inServer := columns(texts(t, server, `SELECT r.relname || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN l.collname IS NOT NULL THEN ' ' || l.collname ELSE '' END ||
		CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END FROM pg_class AS r JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
		LEFT JOIN pg_collation AS l ON l.oid = a.attcollation
		WHERE r.relnamespace = 'public'::regnamespace AND r.relkind IN ('r', 'p') AND NOT r.relispartition AND r.relname <> 'goose_db_version' ORDER BY r.relname COLLATE "C", a.attname COLLATE "C"`))
	for _, table := range ofPostgres {
		if inServer[table] == nil {
			t.Errorf("PostgreSQL has no table %s", table)
		}
		delete(inServer, table)
	}
	for i, column := range inServer["audit_rows"] {
		if column == "data json NOT NULL" { // so that its index can look into it
			inServer["audit_rows"][i] = "data text C NOT NULL"
		}
	}
	if a, b := slices.Sorted(maps.Keys(inFile)), slices.Sorted(maps.Keys(inServer)); !slices.Equal(a, b) {
		t.Errorf("the tables differ:\n%s\n%s", a, b)
	}
	for table, there := range inFile {
		if !slices.Equal(there, inServer[table]) {
			t.Errorf("%s differs:\n%s\n%s", table, there, inServer[table])
		}
	}
	if len(inFile) < 40 {
		t.Errorf("only %d tables were seen", len(inFile))
	}

	// Indices by name, with whether they are unique: the keys of tables have other names in each.
	const sparedIndex = "approvals_creation unique" // approval_keys is in its place
	fileIndices := texts(t, file, `SELECT i.name || CASE WHEN i."unique" THEN ' unique' ELSE '' END FROM sqlite_schema AS m, pragma_index_list(m.name) AS i WHERE m.type = 'table' AND i.origin = 'c' ORDER BY i.name`)
	fileIndices = slices.DeleteFunc(fileIndices, func(name string) bool { return name == sparedIndex })
	serverIndices := texts(t, server, `SELECT r.relname || CASE WHEN i.indisunique THEN ' unique' ELSE '' END FROM pg_index AS i JOIN pg_class AS r ON r.oid = i.indexrelid JOIN pg_class AS t ON t.oid = i.indrelid
		WHERE r.relnamespace = 'public'::regnamespace AND NOT r.relispartition AND t.relname NOT IN ('goose_db_version', 'changes', 'approval_keys')
		AND NOT EXISTS (SELECT 1 FROM pg_constraint AS c WHERE c.conindid = r.oid AND c.contype IN ('p', 'u')) ORDER BY r.relname COLLATE "C"`)
	if !slices.Equal(fileIndices, serverIndices) {
		t.Errorf("the indices differ:\n%s\n%s", fileIndices, serverIndices)
	}

	// References and conditions by table: how many there are tells of one that was forgotten.
	fileReferences := texts(t, file, `SELECT m.name || ' ' || COUNT(*) FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' GROUP BY m.name ORDER BY m.name`)
	serverReferences := texts(t, server, `SELECT r.relname || ' ' || COUNT(*) FROM pg_constraint AS c JOIN pg_class AS r ON r.oid = c.conrelid
		WHERE c.contype = 'f' AND c.conparentid = 0 AND NOT r.relispartition GROUP BY r.relname ORDER BY r.relname COLLATE "C"`)
	if !slices.Equal(fileReferences, serverReferences) {
		t.Errorf("the references differ:\n%s\n%s", fileReferences, serverReferences)
	}
	// Those of requests are looked at by a function (docs/decisions/0034), each with the same words.
	const requests = "approvals"
	fileConditions := checks.FindAllStringSubmatch(texts(t, file, "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", requests)[0], -1)
	said := strings.ReplaceAll(texts(t, server, "SELECT prosrc FROM pg_proc WHERE proname = 'approvals_hold'")[0], "NEW.", "")
	serverConditions := held.FindAllStringSubmatch(said, -1)
	if a, b := conditions(fileConditions), conditions(serverConditions); !slices.Equal(a, b) || len(a) < 11 {
		t.Errorf("the conditions of requests differ:\n%s\n%s", a, b)
	}
	delete(inFile, requests)
	var fileChecks []string
	for _, table := range slices.Sorted(maps.Keys(inFile)) {
		made := texts(t, file, "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", table)[0]
		if count := strings.Count(made, "CHECK ("); count > 0 {
			fileChecks = append(fileChecks, fmt.Sprintf("%s %d", table, count))
		}
	}
	serverChecks := texts(t, server, `SELECT r.relname || ' ' || COUNT(*) FROM pg_constraint AS c JOIN pg_class AS r ON r.oid = c.conrelid
		WHERE c.contype = 'c' AND r.relnamespace = 'public'::regnamespace AND NOT r.relispartition GROUP BY r.relname ORDER BY r.relname COLLATE "C"`)
	if !slices.Equal(fileChecks, serverChecks) {
		t.Errorf("the conditions differ:\n%s\n%s", fileChecks, serverChecks)
	}
}

var (
	// checks are the conditions of a table of SQLite, each with its last bracket at the end of a line or before a comma.
	checks = regexp.MustCompile(`(?s)CHECK \((.*?)\)(?:,|\n|\) STRICT| \)|$)`)
	// held are those that a function looks at, one on each line.
	held = regexp.MustCompile(`(?m)^\s*(?:IF|AND) \((.*)\)$`)
)

// conditions are sorted, with one space between two words.
func conditions(found [][]string) []string {
	var all []string
	for _, one := range found {
		all = append(all, strings.Join(strings.Fields(one[1]), " "))
	}
	slices.Sort(all)
	return all
}
