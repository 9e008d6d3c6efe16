package app_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/aye/internal/app"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/store"
)

// TestDatabaseOfSettings: the URL may stand in a file, and with PostgreSQL the key is never made.
func TestDatabaseOfSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "url")
	ayetest.Fails(t, os.WriteFile(file, []byte(ayetest.Database(t)+"\n"), 0o400), nil)
	settings := map[string]string{"database.url_file": file, "data_dir": dir, "metrics_listen": ""}
	open := func() (*app.App, error) {
		c, err := app.LoadConfig("", nil, settings)
		ayetest.Fails(t, err, nil)
		return app.Open(t.Context(), c, slog.New(slog.DiscardHandler), time.Now)
	}
	_, err := open()
	refused(t, "no key", err, "key_file")
	if _, missing := os.Stat(filepath.Join(dir, "key")); missing == nil {
		t.Error("a key was made")
	}
	_, err = secret.LoadKeys(filepath.Join(dir, "key.aye")) // as an operator makes one
	ayetest.Fails(t, err, nil)
	settings["key_file"] = filepath.Join(dir, "key.aye")
	a, err := open()
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, a.Store.Ping(t.Context()), nil)
	ayetest.Fails(t, a.Close(t.Context()), nil)
	if _, missing := os.Stat(filepath.Join(dir, "aye.db")); missing == nil {
		t.Error("there is a file of SQLite")
	}

	settings["database.url"] = "postgres://aye@127.0.0.1/aye?sslmode=disable"
	_, err = app.LoadConfig("", nil, settings)
	refused(t, "two URLs", err, "database.url_file")
	delete(settings, "database.url")
	settings["database.url_file"] = filepath.Join(dir, "none")
	_, err = open()
	refused(t, "no file", err, "database.url_file")
	bad := filepath.Join(dir, "bad")
	ayetest.Fails(t, os.WriteFile(bad, []byte("postgres://aye:CANARY@localhost/aye"), 0o400), nil)
	settings["database.url_file"] = bad
	if _, err = open(); err == nil || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("a URL without sslmode: %v", err)
	}
}

// TestNothingBeginsAnew: whoever sets the URL of PostgreSQL and forgets to move, or names another database than the one that
// everything was moved to, must not find a server that knows nobody.
func TestNothingBeginsAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	settings := map[string]string{"data_dir": dir, "metrics_listen": ""}
	config := func() app.Config {
		c, err := app.LoadConfig("", nil, settings)
		ayetest.Fails(t, err, nil)
		return c
	}
	open := func() error {
		a, err := app.Open(t.Context(), config(), slog.New(slog.DiscardHandler), time.Now)
		if err != nil {
			return err
		}
		return a.Close(t.Context())
	}
	ayetest.Fails(t, open(), nil) // on SQLite

	moved := ayetest.Database(t)
	settings["database.url"] = moved
	refusedAs := func(want string) {
		t.Helper()
		if err := open(); !errors.Is(err, store.ErrAnew) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want something about %s", err, want)
		}
	}
	refusedAs("aye migrate-store --from sqlite --to postgres")
	refusedAs("aye migrate-store --from sqlite --to postgres") // the refused one began nothing

	from, err := config().StoreConfig(app.SQLite, slog.New(slog.DiscardHandler), time.Now)
	ayetest.Fails(t, err, nil)
	to, err := config().StoreConfig(app.Postgres, slog.New(slog.DiscardHandler), time.Now)
	ayetest.Fails(t, err, nil)
	_, err = store.MoveStore(t.Context(), from, to, nil)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, open(), nil)

	settings["database.url"] = ayetest.Database(t)
	refusedAs("was moved into another one")

	settings["database.url"] = moved
	ayetest.Fails(t, open(), nil)
	settings["database.url"] = ayetest.Database(t)
	ayetest.Fails(t, os.Rename(filepath.Join(dir, "aye.db"), filepath.Join(dir, "aye.db.moved")), nil)
	ayetest.Fails(t, open(), nil) // that is the word
}
