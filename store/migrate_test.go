package store_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/store"
)

// TestUpgrade opens a database that the first version made. The schema in testdata is a copy
// of what that version made and is never changed again.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile(filepath.Join("testdata", "first.sql"))
	must(t, err)
	path := filepath.Join(t.TempDir(), "aye.db")
	old := raw(t, path)
	run(t, old, string(golden))
	run(t, old,
		"INSERT INTO organisations VALUES ('org_1', 'Example', 'strict', 1, '1.2.3', 'nl', 1700000000000)",
		"INSERT INTO persons VALUES ('per_1', 'ada@example.com', 'Ada', 'nl', 1700000000000)",
		"INSERT INTO memberships VALUES ('usr_1', 'org_1', 'per_1', 'owner', 'active', '', 1700000000000)")
	s := open(t, path, time.Now)
	members, err := s.Memberships(t.Context(), "per_1")
	must(t, err)
	if len(members) != 1 || members[0].Person.Email != "ada@example.com" {
		t.Fatalf("%+v", members)
	}
	must(t, s.Write(t.Context(), audit.Entry{Organisation: "org_1"}))

	fresh := newPath(t)
	open(t, fresh, time.Now)
	if upgraded, made := schema(t, path), schema(t, fresh); !slices.Equal(upgraded, made) {
		t.Fatalf("an upgraded database differs from a new one:\n%s\n%s", upgraded, made)
	}
}

func schema(t *testing.T, path string) []string {
	t.Helper()
	rows, err := raw(t, path).QueryContext(t.Context(), "SELECT sql FROM sqlite_schema WHERE sql <> '' ORDER BY name")
	must(t, err)
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var statement string
		must(t, rows.Scan(&statement))
		all = append(all, statement)
	}
	must(t, rows.Err())
	return all
}

// needsNewer is what a step says behind which no program of now can work.
const needsNewer = "INSERT INTO marks (name, value, at) VALUES ('oldest', '99999', 0) ON CONFLICT (name) DO UPDATE SET value = excluded.value"

// TestNewerSchema: an older version does not write into what it does not know.
func TestNewerSchema(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	open(t, path, time.Now)
	run(t, raw(t, path), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)", needsNewer)
	_, err := store.Open(t.Context(), store.Config{Path: path, Keys: keys(t), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, store.ErrNewer) {
		t.Fatalf("error is %v", err)
	}
}
