package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/pgtest"
	"example.com/aye/internal/secret"
)

// both gives a database of each kind for programs of several versions, with how far this one knows it.
func both(t *testing.T, test func(t *testing.T, config Config, known int64)) {
	t.Helper()
	for _, folder := range []string{"sqlite", "postgres"} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			config := Config{Keys: testKeys(t), Now: time.Now, Log: slog.New(slog.DiscardHandler), notice: time.Millisecond}
			if folder == "postgres" {
				config.URL, config.Connections = secret.Secret(pgtest.Empty(t)), 6
			} else {
				config.Path = filepath.Join(t.TempDir(), "aye.db")
			}
			all, err := steps(folder)
			if err != nil {
				t.Fatal(err)
			}
			test(t, config, newestOf(all))
		})
	}
}

func testKeys(t *testing.T) *secret.Keys {
	t.Helper()
	keys, err := secret.NewKeys(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// newer is the program with more steps.
func (c Config) newer(more ...step) Config {
	c.more = more
	return c
}

func opened(t *testing.T, c Config) *Store {
	t.Helper()
	s, err := Open(t.Context(), c)
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

func writes(t *testing.T, s *Store) error {
	t.Helper()
	return s.Write(t.Context(), audit.Entry{Actor: "test", Action: "test", At: time.Now().UTC()})
}

// fits asks once more where the database did not answer in the second that it has: a busy machine is slow now and then.
func fits(t *testing.T, s *Store) (err error) {
	t.Helper()
	for range 20 {
		if err = s.Fits(t.Context()); !errors.Is(err, ErrUnavailable) {
			break
		}
	}
	return err
}

func adds(version, oldest int64) step {
	return step{version, oldest, fmt.Sprintf("ALTER TABLE organisations ADD COLUMN more_%d TEXT NOT NULL DEFAULT ''; CREATE TABLE more_%d (id TEXT PRIMARY KEY)", version, version)}
}

// TestOldAndNewSideBySide: a step that only adds leaves older programs working, those that run and those that start.
func TestOldAndNewSideBySide(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, config Config, known int64) {
		t.Helper()
		runs := opened(t, config)
		if _, err := runs.OrganisationList(t.Context()); err != nil { // what it has prepared stays good
			t.Fatal(err)
		}
		newer := opened(t, config.newer(adds(known+1, known)))
		var said bytes.Buffer
		config.Log = slog.New(slog.NewTextHandler(&said, nil))
		starts := opened(t, config)
		for name, s := range map[string]*Store{"one that runs": runs, "one that starts": starts, "the newer one": newer} {
			if err := errors.Join(fits(t, s), writes(t, s)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := s.OrganisationList(t.Context()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if !strings.Contains(said.String(), fmt.Sprintf("schema=%d oldest=%d known=%d", known+1, known, known)) {
			t.Errorf("the log says %q", said.String())
		}
	})
}

// TestTooOld: a step that takes something away says so. Programs that do not know it do not start any more, and those that
// run change nothing from when they have noticed, which is before the step.
func TestTooOld(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, config Config, known int64) {
		t.Helper()
		first, second := adds(known+1, known), step{known + 2, known + 1, "ALTER TABLE organisations DROP COLUMN " + fmt.Sprintf("more_%d", known+1)}
		runs, knows := opened(t, config), opened(t, config.newer(first))
		config.notice = 8 * time.Second
		var upgrading sync.WaitGroup
		done := make(chan struct{})
		upgrading.Go(func() {
			defer close(done)
			s, err := Open(t.Context(), config.newer(first, second))
			if err != nil {
				t.Error(err)
				return
			}
			if err = s.Close(); err != nil {
				t.Error(err)
			}
		})
		noticed := time.NewTicker(20 * time.Millisecond)
		defer noticed.Stop()
		for fits(t, runs) == nil {
			select {
			case <-done:
				t.Fatal("the step was taken, and whoever runs had no time to notice")
			case <-noticed.C:
			}
		}
		select {
		case <-done:
			t.Error("who runs noticed behind the step")
		default:
		}
		if err := fits(t, runs); !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), fmt.Sprintf("schema %d or newer", known+1)) {
			t.Errorf("it says %v", err)
		}
		if err := writes(t, runs); !errors.Is(err, ErrUnavailable) || !errors.Is(err, ErrNewer) {
			t.Errorf("an old program writes: %v", err)
		}
		if err := errors.Join(fits(t, knows), writes(t, knows)); err != nil {
			t.Errorf("one that is new enough: %v", err)
		}
		upgrading.Wait()
		if _, err := Open(t.Context(), config); !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "Start the newer version") {
			t.Errorf("an old program starts: %v", err)
		}
		opened(t, config.newer(first))
	})
}

// TestNothingSaidIsNewer: a database of which nobody said who can work on it is for those who know it.
func TestNothingSaidIsNewer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		now   schema
		known int64
		fits  bool
	}{
		{schema{}, 9, true},
		{schema{version: 9}, 9, true},
		{schema{version: 8}, 9, true},
		{schema{version: 10}, 9, false},
		{schema{version: 12, oldest: 9}, 9, true},
		{schema{version: 12, oldest: 10}, 9, false},
		{schema{version: 12, oldest: 12}, 13, true},
	} {
		if err := test.now.fits(test.known); (err == nil) != test.fits || (err != nil && !errors.Is(err, ErrNewer)) {
			t.Errorf("%+v, and a program that knows %d: %v", test.now, test.known, err)
		}
	}
}

// TestStepsSayWhoFits: behind the first ones each step says it, once and sensibly.
func TestStepsSayWhoFits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		version int64
		text    string
		oldest  int64
		ok      bool
	}{
		{9, "CREATE TABLE a", 0, true},
		{9, "-- oldest: 9\n", 0, false},
		{10, "CREATE TABLE a", 0, false},
		{10, "-- oldest: 9\nCREATE", 9, true},
		{12, "-- What.\n-- oldest: 12\n", 12, true},
		{12, "-- oldest: 13\n", 0, false},
		{12, "-- oldest: 8\n", 0, false},
		{12, "-- oldest: 9\n-- oldest: 10\n", 0, false},
	} {
		oldest, err := oldestOf(test.version, 9, test.text)
		if (err == nil) != test.ok || (test.ok && oldest != test.oldest) {
			t.Errorf("%d %q: %d, %v", test.version, test.text, oldest, err)
		}
	}
}

// TestRaisingStays: what is said once is not taken back by a step that was made for older programs.
func TestRaisingStays(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, config Config, known int64) {
		t.Helper()
		all := []step{adds(known+1, known+1), adds(known+2, known)}
		s := opened(t, config.newer(all...))
		if s.known != known+2 {
			t.Errorf("it knows %d", s.known)
		}
		if _, err := Open(t.Context(), config); !errors.Is(err, ErrNewer) {
			t.Errorf("an old program starts: %v", err)
		}
	})
}

// TestBackupSaysWhoFits: a copy of the file is as new as the file.
func TestBackupSaysWhoFits(t *testing.T) {
	t.Parallel()
	config := Config{Path: filepath.Join(t.TempDir(), "aye.db"), Keys: testKeys(t), Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	all, err := steps("sqlite")
	if err != nil {
		t.Fatal(err)
	}
	known := newestOf(all)
	opened(t, config.newer(adds(known+1, known)))
	// The program that does not know all of it leaves it to the one that does.
	if _, err = Backup(t.Context(), config, filepath.Join(t.TempDir(), "backup.db"), nil); !errors.Is(err, ErrNewer) {
		t.Errorf("an old program makes a backup: %v", err)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err = copyOnline(t.Context(), config.Path, copied, nil); err != nil {
		t.Fatal(err)
	}
	if err = stamp(t.Context(), copied, "SQLite", time.Now()); err != nil {
		t.Fatal(err)
	}
	if err = os.Chmod(copied, 0o600); err != nil {
		t.Fatal(err)
	}
	config.Path = copied
	opened(t, config)
}

// TestAStartNeedsNoLock: where nothing is to be done, it does not matter who holds the lock of who migrates: it may be a
// connection of a machine that lost its power.
func TestAStartNeedsNoLock(t *testing.T) {
	t.Parallel()
	config := Config{URL: secret.Secret(pgtest.Empty(t)), Connections: 6, Keys: testKeys(t), Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	dead := opened(t, config)
	below, err := dead.writer.DB()
	if err != nil {
		t.Fatal(err)
	}
	holds, err := below.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holds.Close() }()
	if err = (oneMigrates{config.Log}).SessionLock(t.Context(), holds); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s, err := Open(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	if err = s.Close(); err != nil {
		t.Error(err)
	}
}

// TestAStepGivesWay: a step that waits for a table that somebody reads for long holds up those who log in for moments only,
// and is taken when the table is free.
func TestAStepGivesWay(t *testing.T) {
	t.Parallel()
	config := Config{URL: secret.Secret(pgtest.Empty(t)), Connections: 9, Keys: testKeys(t), Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	s := opened(t, config)
	below, err := s.writer.DB()
	if err != nil {
		t.Fatal(err)
	}
	reads, err := below.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reads.Rollback() }()
	if _, err = reads.ExecContext(t.Context(), "SELECT 1 FROM organisations"); err != nil {
		t.Fatal(err)
	}
	upgraded := make(chan error, 1)
	go func() {
		newer, failed := Open(context.WithoutCancel(t.Context()), config.newer(adds(s.known+1, s.known)))
		if failed == nil {
			failed = newer.Close()
		}
		upgraded <- failed
	}()
	var held, blocked int64
	for held == 0 { // until it waits for the table
		held, err = numberOf(t.Context(), below, "SELECT count(*) FROM pg_locks WHERE relation = 'organisations'::regclass AND mode = 'AccessExclusiveLock' AND NOT granted")
		if err != nil {
			t.Fatal(err)
		}
		select {
		case err = <-upgraded:
			t.Fatalf("the step was taken although the table is held: %v", err)
		default:
		}
	}
	if _, err = s.OrganisationList(t.Context()); err != nil { // waits in line behind the step, shorter than for lockLimit
		t.Errorf("who logs in meanwhile: %v", err)
	}
	if blocked, err = numberOf(t.Context(), below, "SELECT count(*) FROM pg_class WHERE relname LIKE 'more_%'"); err != nil || blocked != 0 {
		t.Errorf("%d tables, %v", blocked, err)
	}
	if err = reads.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err = <-upgraded; err != nil {
		t.Error(err)
	}
}
