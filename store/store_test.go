package store_test

import (
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"example.com/aye/internal/secret"
	"example.com/aye/store"
	"example.com/aye/store/storetest"
)

func keys(t testing.TB) *secret.Keys {
	t.Helper()
	k, err := secret.NewKeys([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func open(t *testing.T, path string, now func() time.Time) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{Path: path, Keys: keys(t), Now: now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newPath(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "data", "aye.db")
}

// raw opens the file without the store, as a thief or a forger would.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func run(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// TestStore runs the suite, and then looks how SQLite went about each statement of it.
func TestStore(t *testing.T) {
	t.Parallel()
	var seen statements
	t.Run("suite", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T, now func() time.Time) storetest.Backend {
			s := open(t, newPath(t), now)
			s.Watch(seen.keep)
			return s
		})
	})
	t.Run("no statement looks at every row", func(t *testing.T) { seen.explain(t) })
}

// statements are those that were executed, with the values of one time.
type statements struct {
	mu  sync.Mutex
	all map[string][]any
}

func (s *statements) keep(query string, args []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string][]any{}
	}
	s.all[query] = slices.Clone(args)
}

func (s *statements) explain(t *testing.T) {
	// Those that list everything there is, or walk all chains.
	everything := []string{
		"FROM `organisations` ORDER BY name, id", "FROM `applications` WHERE kind = 'client' ORDER BY name, id", "FROM `signing_keys`", "SELECT organisation FROM audit_heads UNION",
	}
	_, reader := open(t, newPath(t), time.Now).Handles()
	for statement, values := range s.all {
		listed := slices.ContainsFunc(everything, func(part string) bool { return strings.Contains(statement, part) })
		for _, step := range plan(t, reader, statement, values) {
			if strings.HasPrefix(step, "SCAN") && step != "SCAN CONSTANT ROW" && !strings.HasSuffix(step, "VALUES CLAUSE") && !listed {
				t.Errorf("%s: %s", step, statement)
			}
			// A person's history grows for years; what is pending, and what made a browser known, does not.
			if strings.Contains(step, "approvals_history") && !strings.Contains(statement, "created >= ") {
				t.Errorf("walks through a person's history: %s", statement)
			}
			// Before each message the writer sums up a month of them: from the index alone.
			if strings.HasPrefix(step, "SEARCH") && strings.Contains(statement, "price ELSE estimate END), 0)") && !strings.Contains(step, "COVERING INDEX") {
				t.Errorf("reads each message of a month: %s", statement)
			}
			if strings.HasPrefix(step, "USE TEMP B-TREE FOR ORDER BY") && strings.Contains(statement, "LIMIT") {
				t.Errorf("sorts before it cuts off: %s", statement)
			}
		}
	}
	if len(s.all) < 50 {
		t.Fatalf("only %d statements were seen", len(s.all))
	}
}

func plan(t *testing.T, db *gorm.DB, statement string, values []any) []string {
	t.Helper()
	var steps []struct{ Detail string }
	if err := db.WithContext(t.Context()).Raw("EXPLAIN QUERY PLAN "+statement, values...).Scan(&steps).Error; err != nil {
		t.Errorf("%s: %v", statement, err)
	}
	all := make([]string, 0, len(steps))
	for _, step := range steps {
		all = append(all, step.Detail)
	}
	return all
}

func TestSettings(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	writer, reader := open(t, path, time.Now).Handles()
	tests := []struct {
		db     *gorm.DB
		pragma string
		want   string
	}{
		{writer, "synchronous", "2"}, // FULL: what was acknowledged survives a power failure
		{writer, "journal_mode", "wal"},
		{writer, "foreign_keys", "1"},
		{writer, "busy_timeout", "5000"},
		{reader, "query_only", "1"},
	}
	for _, test := range tests {
		var value string
		if err := test.db.WithContext(t.Context()).Raw("PRAGMA " + test.pragma).Scan(&value).Error; err != nil || value != test.want {
			t.Errorf("%s is %q, %v", test.pragma, value, err)
		}
	}
	if err := reader.WithContext(t.Context()).Exec("DELETE FROM tries WHERE scope = 'x'").Error; err == nil {
		t.Error("a reader writes")
	}
	for name, want := range map[string]os.FileMode{"": 0o600, "-wal": 0o600, "-shm": 0o600, "/..": 0o700} {
		file := path + name
		if name == "/.." {
			file = filepath.Dir(path)
		}
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, %v", file, info.Mode(), err)
		}
	}
}
