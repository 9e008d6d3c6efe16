package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"example.com/aye/internal/secret"
	"example.com/aye/store"
)

// set tells whether PostgreSQL is used.
func (d Database) set() bool { return d.URL != "" || d.URLFile != "" }

// drainDelay is how long a server that stops goes on for balancers: not at all where there is no other one.
func (c Config) drainDelay() time.Duration {
	if !c.Database.set() {
		return 0
	}
	return c.DrainDelay
}

func (d Database) validate() []error {
	checks := []error{
		within("database.url and database.url_file", d.URL == "" || d.URLFile == "", "given one at most"),
		within("database.connections", d.Connections >= 6 && d.Connections <= 1000, "6 to 1000"),
	}
	if d.URL != "" {
		checks = append(checks, checkDatabase("database.url", d.URL))
	}
	return checks
}

// checkDatabase wants it said whether TLS is spoken: the driver would take what it gets. Nothing of the URL is in the
// error, because its password may be.
func checkDatabase(name string, address secret.Secret) error {
	u, err := url.Parse(address.Reveal())
	ok := err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") && u.Query().Get("sslmode") != ""
	return within(name, ok, "like postgres://aye:password@db.example.com:5432/aye?sslmode=verify-full; sslmode=disable only on the same machine or in a private network")
}

// databaseURL is the URL of PostgreSQL, wherever the settings say that it is; empty for SQLite.
func (c Config) databaseURL() (secret.Secret, error) {
	file := c.Database.URLFile
	if file == "" {
		return c.Database.URL, nil
	}
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return "", fmt.Errorf("%w: database.url_file: %w", ErrConfig, err)
	}
	address := secret.Secret(strings.TrimSpace(string(text)))
	return address, checkDatabase("what is in database.url_file", address)
}

// store says where the database is.
func (c Config) store(keys *secret.Keys, log *slog.Logger, now func() time.Time) (store.Config, error) {
	address, err := c.databaseURL()
	return store.Config{Path: c.database(), URL: address, Connections: c.Database.Connections, Keys: keys, Now: now, Log: log}, err
}

// refuseAnew keeps a server from beginning with nothing in PostgreSQL while everything is still in a file of SQLite: the
// settings name PostgreSQL, and nothing was moved, or was moved into another database. Who wants to begin anew says so by
// moving the file away.
func (c Config) refuseAnew(ctx context.Context, s *store.Store) error {
	if !c.Database.set() {
		return nil
	}
	there, moved, err := store.MovedAway(ctx, c.database())
	if err != nil || !there {
		return err
	}
	unused, err := s.Unused(ctx)
	if err != nil || !unused {
		return err
	}
	const anew = "to begin with nothing all the same, move that file away"
	if moved {
		return fmt.Errorf("%w: %s was moved into another one, so look at database.url and database.url_file; %s", store.ErrAnew, c.database(), anew)
	}
	return fmt.Errorf("%w: stop all servers and run `aye migrate-store --from sqlite --to postgres`, which moves what is in %s; %s", store.ErrAnew, c.database(), anew)
}
