package bare

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// databasePrefix is how the databases of a run begin, so that what a killed one left can be found.
	databasePrefix = "aye_bench_"
	// databaseTime bounds what is asked of PostgreSQL beside the measurements.
	databaseTime = time.Minute
	// ticksPerSecond is in what Linux counts processor time for programs.
	ticksPerSecond = 100
)

// Database is a PostgreSQL database that was made for one run.
type Database struct {
	// URL is where it is.
	URL string

	server, name string
	// Drop removes it, whoever is connected to it, also when the run was stopped.
	Drop func() error
}

// MakeDatabase makes a database on the server of the URL, which names another one there that
// may be connected to.
func MakeDatabase(ctx context.Context, server, suffix string) (*Database, error) {
	address, err := url.Parse(server)
	if err != nil || (address.Scheme != "postgres" && address.Scheme != "postgresql") {
		return nil, errors.New("bare: the address of PostgreSQL must look like postgres://user:password@host:5432/postgres")
	}
	d := &Database{server: server, name: databasePrefix + strings.ToLower(rand.Text()[:12]) + "_" + suffix}
	address.Path = "/" + d.name
	d.URL = address.String()
	last := context.WithoutCancel(ctx)
	d.Drop = func() error { return d.tell(last, "DROP DATABASE IF EXISTS "+d.name+" WITH (FORCE)") }
	return d, d.tell(ctx, "CREATE DATABASE "+d.name+" TEMPLATE template0 ENCODING 'UTF8'")
}

func (d *Database) tell(ctx context.Context, statement string) error {
	return connected(ctx, d.server, func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, statement)
		return err
	})
}

// Settle lets the server write down what it has in memory, so that this does not fall into a
// measurement, and looks at the tables anew. A role that may not have a checkpoint goes without.
func (d *Database) Settle(ctx context.Context) error {
	return connected(ctx, d.URL, func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, "VACUUM (ANALYZE)")
		_, _ = c.Exec(ctx, "CHECKPOINT")
		return err
	})
}

// Do runs a statement in the database.
func (d *Database) Do(ctx context.Context, statement string, arguments ...any) error {
	c, err := pgx.Connect(ctx, d.URL)
	if err != nil {
		return fmt.Errorf("bare: %w", err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	_, err = c.Exec(ctx, statement, arguments...)
	return err
}

// Used is what a PostgreSQL server spent since it was started, for all its databases.
type Used struct {
	// Log is how much was written to its write-ahead log, in bytes.
	Log float64
	// CPU is the processor time of its processes on this machine; 0 where there are none.
	CPU time.Duration
}

// Used tells what the server spent until now.
func (d *Database) Used(ctx context.Context) (used Used, err error) {
	err = connected(ctx, d.URL, func(ctx context.Context, c *pgx.Conn) error {
		return c.QueryRow(ctx, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8").Scan(&used.Log)
	})
	used.CPU = processorTime("postgres")
	return used, err
}

// Size is how much the database takes on the disk, in bytes.
func (d *Database) Size(ctx context.Context) (size int64, err error) {
	err = connected(ctx, d.URL, func(ctx context.Context, c *pgx.Conn) error {
		return c.QueryRow(ctx, "SELECT pg_database_size(current_database())").Scan(&size)
	})
	return size, err
}

// connected asks on a connection of its own.
func connected(ctx context.Context, address string, ask func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, databaseTime)
	defer cancel()
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("bare: %w", err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	return ask(ctx, c)
}

// processorTime is that of all processes of the name that run, and of those of their children
// that have ended. Where there is no /proc it is 0.
func processorTime(name string) time.Duration {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	ticks := 0
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // a file of the system
		if err != nil {
			continue // it has ended meanwhile
		}
		head, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		if _, called, _ := strings.Cut(head, "("); called != name || len(fields) < 15 {
			continue
		}
		for _, field := range fields[11:15] { // utime, stime, cutime, cstime
			n, _ := strconv.Atoi(field)
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond
}
