package store_test

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"example.com/aye/internal/secret"
	"example.com/aye/store"
	"example.com/aye/store/storetest"
)

func keys(t *testing.T) *secret.Keys {
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

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, now func() time.Time) storetest.Backend {
		return open(t, filepath.Join(t.TempDir(), "data", "aye.db"), now)
	})
}
