package bare

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// commits counts the durable commits in a log that SQLite has not begun anew: a header of 32
// bytes, and for each page one of 24, with the size of the database where a commit ends.
func commits(t *testing.T, database string) (count int) {
	t.Helper()
	log, err := os.ReadFile(database + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	page := int(binary.BigEndian.Uint32(log[8:]))
	for at := 32; at < len(log); at += 24 + page {
		if binary.BigEndian.Uint32(log[at+4:]) != 0 {
			count++
		}
	}
	return count
}

// login makes all statements of one. It is decided later than asked: what changes no byte is no commit.
func login(t *testing.T, s *Store, r Request) {
	t.Helper()
	if err := s.Ask(r); err != nil {
		t.Fatal(err)
	}
	for i, step := range []func() (bool, error){
		func() (bool, error) { return s.Deliver(r.ID, Accepted) },
		func() (bool, error) { return s.Fetch(r.ID, r.Created) },
		func() (bool, error) { return s.Decide(r.ID, Approved, "signed", r.Created+1) },
		func() (bool, error) { return s.HandOut(r.ID, r.Created) },
		func() (bool, error) { return s.Release(r.ID, r.Created) },
	} {
		if changed, err := step(); err != nil || !changed {
			t.Fatalf("step %d: %v, %v", i, changed, err)
		}
	}
}

// A login is six commits, or sixteen.
func TestCommitsOfALogin(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		each bool
		want int
	}{"grouped": {false, 6}, "each": {true, 16}} {
		path := filepath.Join(t.TempDir(), "db")
		s := openStore(t, path, test.each)
		before := commits(t, path)
		login(t, s, example(1))
		if got := commits(t, path) - before; got != test.want {
			t.Errorf("%s: %d commits, want %d", name, got, test.want)
		}
	}
}

func TestWhatEachKeeps(t *testing.T) {
	t.Parallel()
	for database, open := range databases(t) {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			eachKept(t, open(true))
		})
	}
}

// query asks a database for a number.
func (s *Store) query(ctx context.Context, query string) (number int, err error) {
	if e, ok := s.engine.(*postgres); ok {
		return number, e.pool.QueryRow(ctx, query).Scan(&number)
	}
	e, _ := s.engine.(*lite)
	return number, e.reader.QueryRowContext(ctx, query).Scan(&number)
}

func eachKept(t *testing.T, s *Store) {
	t.Helper()
	login(t, s, example(1))
	login(t, s, example(2)) // of the same person, with another phone
	if won, err := s.Release(2, 1); won || err != nil {
		t.Errorf("released again: %v, %v", won, err)
	}
	for query, want := range map[string]int{
		"SELECT count(*) FROM deliveries":                                                                          2,
		"SELECT count(*) FROM budgets WHERE membership = 'mem_1' AND asked LIKE '[%]'":                             1,
		"SELECT count(*) FROM decisions WHERE evidence = 'signed'":                                                 2,
		"SELECT count(*) FROM audit_rows WHERE data = '{\"user\":\"mem_1\"}'":                                      6,
		"SELECT sequence FROM audit_heads":                                                                         6,
		"SELECT count(*) FROM audit_rows WHERE action = 'approval.released'":                                       2,
		"SELECT count(*) FROM requests WHERE state = 'released' AND fetched > 0 AND decision = ''":                 2,
		"SELECT sum(length(hash) + length(previous) + length(subject) + length(organisation)) / 6 FROM audit_rows": 200,
	} {
		if got, err := s.query(t.Context(), query); err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", query, got, err, want)
		}
	}
}
