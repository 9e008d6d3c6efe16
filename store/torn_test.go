package store_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2" //nolint:depguard // the same tears each time
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/store"
)

// tears is how often the log is torn; `make soak` tears it forty times as often.
func tears() int {
	if os.Getenv("AYE_SOAK") != "" {
		return 2000
	}
	return 50
}

// TestTornLog cuts SQLite's write-ahead log off somewhere, or turns a bit of it around, as a power failure or a failing disk
// does. What then opens is what there was after some commit: nothing out of the middle of one, nothing behind a hole, and
// never less than what a log that is cut later gives.
func TestTornLog(t *testing.T) {
	t.Parallel()
	const commits, seed = 60, 7
	path := newPath(t)
	s := open(t, path, time.Now)
	for i := range commits {
		must(t, s.Write(t.Context(), audit.Entry{Organisation: "org_x", Actor: "system", Action: fmt.Sprint(i), At: time.Now()}))
	}
	file, log := content(t, path), content(t, path+"-wal")
	if len(log) < commits*4096 {
		t.Fatalf("a log of %d bytes holds no %d commits", len(log), commits)
	}
	// rows by the length of the log: what is cut later has as many or more.
	whole, cuts := 0, map[int]int{}
	for i := range tears() {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		torn, cut := append([]byte(nil), log...), random.IntN(len(log)+1)
		what := fmt.Sprintf("tear %d: cut at %d of %d", i, cut, len(log))
		if i%2 == 0 {
			torn = torn[:cut]
		} else {
			at, bit := random.IntN(len(log)), random.IntN(8)
			torn[at] ^= 1 << bit
			what = fmt.Sprintf("tear %d: bit %d of byte %d of %d", i, bit, at, len(log))
		}
		rows, err := prefix(t, file, torn)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if whole = max(whole, rows); i%2 == 0 {
			cuts[cut] = rows
		}
	}
	if whole == 0 {
		t.Error("nothing was ever left: the log was not read")
	}
	for a, fewer := range cuts {
		for b, more := range cuts {
			if a < b && fewer > more {
				t.Fatalf("cut at %d leaves %d commits, cut at %d leaves %d", a, fewer, b, more)
			}
		}
	}
}

// prefix opens a database with the log and tells how many commits it holds. They must be the first ones.
func prefix(t *testing.T, file, log []byte) (rows int, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "aye.db")
	must(t, os.WriteFile(path, file, 0o600))
	must(t, os.WriteFile(path+"-wal", log, 0o600))
	s, err := store.Open(t.Context(), store.Config{Path: path, Keys: keys(t), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return 0, err
	}
	defer func() { must(t, s.Close()) }()
	found, err := s.AuditRows(t.Context(), "org_x", 0, 1000)
	if err != nil {
		return 0, err
	}
	for i, row := range found {
		if row.Action != fmt.Sprint(i) || row.Sequence != int64(i+1) {
			return 0, fmt.Errorf("row %d is %q, number %d", i, row.Action, row.Sequence)
		}
	}
	var sound string
	must(t, raw(t, path).QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&sound))
	if sound != "ok" {
		return 0, fmt.Errorf("integrity_check: %s", sound)
	}
	return len(found), s.VerifyAudit(t.Context())
}

func content(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return text
}
