package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/otp"
	"example.com/aye/pairing"
	"example.com/aye/store"
)

// TestTwoProcesses writes the same file through two stores at once, as the server and its
// command line do: neither fails, no limit is passed, and the chain holds.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	_, one := house(t, path)
	two := open(t, path, time.Now)
	var done sync.WaitGroup
	var mu sync.Mutex
	spent := 0
	for i := range 40 {
		s := []*store.Store{one, two}[i%2]
		done.Go(func() {
			if err := s.Write(t.Context(), audit.Entry{Organisation: "org_x", Actor: fmt.Sprint(i)}); err != nil {
				t.Error(err)
			}
			ok, _, err := s.Spend(t.Context(), []otp.Limit{{Scope: "both", Most: 7}}, time.Now())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if ok {
				spent++
			}
		})
	}
	done.Wait()
	if spent != 7 {
		t.Errorf("%d were let through", spent)
	}
	must(t, two.VerifyAudit(t.Context()))
	if sequence, _, err := two.AuditHead(t.Context(), "org_x"); err != nil || sequence != 40 {
		t.Error(sequence, err)
	}
}

// TestStartTogether opens one new database from several places at the same moment.
func TestStartTogether(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	var done sync.WaitGroup
	for range 4 {
		done.Go(func() {
			s, err := store.Open(t.Context(), store.Config{Path: path, Keys: keys(t), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(s.Write(t.Context(), audit.Entry{Actor: "system"}), s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	must(t, open(t, path, time.Now).VerifyAudit(t.Context()))
}

// TestTornOff copies the files while writers are at work, as a power failure leaves them, and
// finds whatever was acknowledged before the copy.
func TestTornOff(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	h, s := house(t, path)
	// A power failure stops both files at one moment; two copies are made at two. So nothing
	// moves from the log to the file meanwhile, and the log is torn wherever it is.
	writer, _ := s.Handles()
	must(t, writer.WithContext(t.Context()).Exec("PRAGMA wal_autocheckpoint = 0").Error)
	m := h.AddPerson(t, "ada@example.com")
	phone := h.AddPhone(t, m, pairing.Paired)
	var done sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	for range 4 {
		done.Go(func() {
			for ctx.Err() == nil {
				if err := s.Write(ctx, audit.Entry{Organisation: "org_x", Actor: "system"}); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	for range 3 {
		before, _, err := s.AuditHead(t.Context(), "org_x")
		must(t, err)
		copied := filepath.Join(t.TempDir(), "aye.db")
		for _, name := range []string{"-wal", ""} {
			copyFile(t, path+name, copied+name)
		}
		after := open(t, copied, time.Now)
		must(t, after.VerifyAudit(t.Context()))
		if sequence, _, err := after.AuditHead(t.Context(), "org_x"); err != nil || sequence < before {
			t.Errorf("row %d was acknowledged, %d is the last: %v", before, sequence, err)
		}
		if _, err := after.Device(t.Context(), phone.ID); err != nil {
			t.Error(err)
		}
	}
	stop()
	done.Wait()
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	must(t, err)
	defer func() { _ = in.Close() }()
	out, err := os.Create(to)
	must(t, err)
	_, err = io.Copy(out, in)
	must(t, errors.Join(err, out.Close()))
}

// TestUnavailable: what is no caller's fault can be told apart, and nothing waits for good.
func TestUnavailable(t *testing.T) {
	t.Parallel()
	t.Run("held by another process", func(t *testing.T) {
		t.Parallel()
		path := newPath(t)
		_, s := house(t, path)
		writer, _ := s.Handles()
		must(t, writer.WithContext(t.Context()).Exec("PRAGMA busy_timeout = 10").Error)
		run(t, raw(t, path), "BEGIN IMMEDIATE")
		if err := s.Write(t.Context(), audit.Entry{}); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("error is %v", err)
		}
		if err := s.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("ping says %v", err)
		}
	})
	t.Run("full", func(t *testing.T) {
		t.Parallel()
		_, s := house(t, newPath(t))
		writer, _ := s.Handles()
		must(t, writer.WithContext(t.Context()).Exec("PRAGMA max_page_count = 1").Error)
		err := s.Write(t.Context(), audit.Entry{Action: strings.Repeat("long", 10_000)})
		if !errors.Is(err, store.ErrUnavailable) || strings.Contains(err.Error(), "INSERT") {
			t.Errorf("error is %v", err)
		}
		must(t, s.VerifyAudit(t.Context()))
		must(t, s.Ping(t.Context()))
	})
	t.Run("the caller has gone", func(t *testing.T) {
		t.Parallel()
		_, s := house(t, newPath(t))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Write(ctx, audit.Entry{}); !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
		if _, err := s.Request(ctx, "apr_none"); !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("no place for the file", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "aye.db")
		must(t, os.Mkdir(path, 0o700))
		if _, err := store.Open(t.Context(), store.Config{Path: path, Keys: keys(t), Now: time.Now, Log: slog.New(slog.DiscardHandler)}); err == nil {
			t.Error("opened a folder")
		}
	})
}

// TestLog: statements are logged without their values, at any level.
func TestLog(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	log := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := store.Open(t.Context(), store.Config{Path: newPath(t), Keys: keys(t), Now: time.Now, Log: log})
	must(t, err)
	must(t, s.Write(t.Context(), audit.Entry{Actor: "CANARY"}))
	_, _ = s.PairingByCode(t.Context(), "CANARY")
	must(t, s.Close())
	if !strings.Contains(text.String(), "code_hash") || strings.Contains(text.String(), "CANARY") {
		t.Error(text.String())
	}
}
