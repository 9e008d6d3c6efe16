// Package pgtest gives each test a PostgreSQL database of its own.
//
// The server is at the URL in AYE_TEST_POSTGRES, or else at [Default]; its role must be allowed to make databases. A test
// without a server fails: a database that is not tried is one that does not work. `make test` starts one where there is none.
//
// A migrated database is copied from a template, which is made once for each schema and month and stays: a database has
// partitions of the months from when it is made. Databases of tests go when the test ends, and those of a process that was
// killed after an hour, by the next one.
package pgtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Default is where the server is if AYE_TEST_POSTGRES does not say otherwise.
const Default = "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable"

const (
	databasePrefix = "aye_test_"
	templatePrefix = "aye_template_"
	// templateLock is held by who makes a template.
	templateLock = 7_960_934
	// abandoned is how old a database is that a killed process left, and schemaOld a template that nobody needs any more.
	abandoned = time.Hour
	schemaOld = 24 * time.Hour
	// patience ends a test whose server does not answer.
	patience = time.Minute
)

// Server is the URL of the server.
func Server() string {
	if set := os.Getenv("AYE_TEST_POSTGRES"); set != "" {
		return set
	}
	return Default
}

// Empty gives the URL of a new database without a table, which goes with the test.
func Empty(tb testing.TB) string {
	tb.Helper()
	return create(tb, "template0")
}

// New gives the URL of a new database with the newest schema, which goes with the test. migrate brings the one at a URL up
// to date: it is called once for each schema and month.
func New(tb testing.TB, migrate func(ctx context.Context, url string) error) string {
	tb.Helper()
	template.once.Do(func() { template.name, template.err = prepare(tb.Context(), migrate) })
	if template.err != nil {
		tb.Fatalf("the template of test databases: %v", template.err)
	}
	return create(tb, template.name)
}

// template is that of this process.
var template struct {
	once sync.Once
	name string
	err  error
}

func connect(ctx context.Context) (*pgx.Conn, error) {
	c, err := pgx.Connect(ctx, Server())
	if err != nil {
		return nil, fmt.Errorf("these tests need PostgreSQL 14 or newer: say where in AYE_TEST_POSTGRES, or call `make test`, which starts one on Debian: %w", err)
	}
	return c, nil
}

// create makes a database with a name that nobody else has.
func create(tb testing.TB, from string) string {
	tb.Helper()
	name := databasePrefix + strconv.FormatInt(time.Now().Unix(), 10) + "_" + strings.ToLower(rand.Text()[:12])
	statement := "CREATE DATABASE " + name + " TEMPLATE " + from
	if from == "template0" {
		statement += " ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
	}
	if err := server(tb.Context(), statement); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := server(context.WithoutCancel(tb.Context()), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			tb.Error(err)
		}
	})
	address, err := to(name)
	if err != nil {
		tb.Fatal(err)
	}
	return address
}

// server says something to the server.
func server(ctx context.Context, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	if _, err = c.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// to is the server's URL with another database.
func to(database string) (string, error) {
	address, err := url.Parse(Server())
	if err != nil {
		return "", fmt.Errorf("AYE_TEST_POSTGRES must be a URL: %w", err)
	}
	address.Path = "/" + database
	return address.String(), nil
}

// prepare makes the template where it is not there.
func prepare(ctx context.Context, migrate func(ctx context.Context, url string) error) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	schema, err := schemaHash()
	if err != nil {
		return "", err
	}
	name := templatePrefix + schema + time.Now().UTC().Format("_2006_01")
	c, err := connect(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close(ctx) }() // which gives the lock back
	if _, err = c.Exec(ctx, "SELECT pg_advisory_lock($1)", templateLock); err != nil {
		return "", err
	}
	if err = sweep(ctx, c, name); err != nil {
		return "", err
	}
	var there bool
	if err = c.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil || there {
		return name, err
	}
	// It gets its name when it is whole.
	raw := name + "_raw"
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + raw + " WITH (FORCE)", "CREATE DATABASE " + raw + " TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"} {
		if _, err = c.Exec(ctx, statement); err != nil {
			return "", err
		}
	}
	address, err := to(raw)
	if err == nil {
		err = migrate(ctx, address)
	}
	if err != nil {
		return "", err
	}
	// A connection that was just closed is still counted for a moment.
	_, err = c.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", raw)
	for err == nil {
		if _, err = c.Exec(ctx, "ALTER DATABASE "+raw+" RENAME TO "+name); err == nil {
			_, err = c.Exec(ctx, "COMMENT ON DATABASE "+name+" IS '"+strconv.FormatInt(time.Now().Unix(), 10)+"'")
			return name, err
		}
		if !strings.Contains(err.Error(), "55006") { // it is in use
			return "", err
		}
		_, err = c.Exec(ctx, "SELECT pg_sleep(0.02)")
	}
	return "", err
}

// schemaHash tells schemas apart.
func schemaHash() (string, error) {
	_, here, _, _ := runtime.Caller(0)
	files, err := filepath.Glob(filepath.Join(filepath.Dir(here), "../../store/migrations/postgres/*.sql"))
	if err != nil || len(files) == 0 {
		return "", fmt.Errorf("no migrations beside %s: %w", here, err)
	}
	sum := sha256.New()
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // of this repository
		if err != nil {
			return "", err
		}
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", filepath.Base(file), len(text), text)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}

// sweep drops what killed processes left, and templates of schemas that were given up.
func sweep(ctx context.Context, c *pgx.Conn, keep string) error {
	rows, err := c.Query(ctx, `SELECT datname, COALESCE(shobj_description(oid, 'pg_database'), '') FROM pg_database
		WHERE starts_with(datname, $1) OR starts_with(datname, $2) AND datname <> $3`, databasePrefix, templatePrefix, keep)
	if err != nil {
		return err
	}
	var old []string
	for rows.Next() {
		var name, made string
		if err = rows.Scan(&name, &made); err != nil {
			return err
		}
		limit := schemaOld
		if rest, ok := strings.CutPrefix(name, databasePrefix); ok {
			made, _, _ = strings.Cut(rest, "_")
			limit = abandoned
		}
		if at, failure := strconv.ParseInt(made, 10, 64); failure == nil && time.Since(time.Unix(at, 0)) > limit {
			old = append(old, name)
		}
	}
	if err = rows.Err(); err != nil {
		return err
	}
	for _, name := range old {
		if _, err = c.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
			return err
		}
	}
	return nil
}
