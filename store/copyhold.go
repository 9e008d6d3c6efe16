package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"gorm.io/driver/sqlite"
)

var (
	// ErrInUse says that somebody else works on the database: a server that was not stopped, or another command.
	ErrInUse = errors.New("the database is in use: stop the server, on every machine, and all commands of aye")
	// ErrNotEmpty says that there is something already where a copy was to go.
	ErrNotEmpty = errors.New("there is a database already")
	// ErrNone says that there is no database.
	ErrNone = errors.New("there is no database")
)

// alone opens the database as the only one who works on it, and keeps others out until it is closed.
func (c Config) alone(ctx context.Context) (*side, error) {
	if c.URL != "" {
		return alonePostgres(ctx, c)
	}
	return aloneSQLite(ctx, c.Path)
}

// aloneSQLite holds the file by a lock that nobody gets while anybody has it open, and with which nobody opens it.
func aloneSQLite(ctx context.Context, path string) (*side, error) {
	db, err := openFile(path, url.Values{
		"mode": {"rw"}, "_locking_mode": {"EXCLUSIVE"}, "_journal_mode": {"WAL"}, "_synchronous": {"FULL"},
		"_foreign_keys": {"on"}, "_txlock": {"immediate"}, "_busy_timeout": {"1000"},
	})
	if err != nil {
		return nil, err
	}
	s := &side{db: db, whole: db, dialect: dialectSQLite}
	// The first change takes the lock.
	tx, err := db.BeginTx(ctx, nil)
	if err == nil {
		err = tx.Rollback()
	}
	if err == nil {
		return s, nil
	}
	if locked(err) {
		err = fmt.Errorf("%w (%s)", ErrInUse, path)
	}
	return nil, errors.Join(translate(err), db.Close())
}

// openFile opens a file of SQLite with one connection.
func openFile(path string, options url.Values) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if _, err = os.Stat(path); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	name := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: options.Encode()}
	db, err := sql.Open(sqlite.DriverName, name.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// alonePostgres makes sure that nobody else is connected to the database. Who comes later finds the mark that the caller
// sets, and goes again.
func alonePostgres(ctx context.Context, c Config) (*side, error) {
	s, err := c.postgresSide(ctx)
	if err != nil {
		return nil, err
	}
	if err = s.nobodyElse(ctx); err != nil {
		return nil, errors.Join(err, s.whole.Close())
	}
	return s, nil
}

// nobodyElse is ErrInUse where somebody else is connected.
func (s *side) nobodyElse(ctx context.Context) error {
	if !s.dialect.postgres {
		return nil // the lock says it
	}
	// A connection that was ended, such as our own, is there for a moment more.
	for patience := time.After(openPatience); ; {
		// What the server itself does has no user.
		others, err := numberOf(ctx, s.db, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename IS NOT NULL AND pid <> pg_backend_pid()")
		if err != nil || others == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-patience:
			return fmt.Errorf("%w (PostgreSQL has %d other connections)", ErrInUse, others)
		case <-time.After(openPause):
		}
	}
}

// postgresSide opens PostgreSQL with one connection, on which a statement may take as long as it takes.
func (c Config) postgresSide(ctx context.Context) (*side, error) {
	db, err := postgresPool(c.URL, nil)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	for _, limit := range []string{"statement_timeout", "idle_in_transaction_session_timeout"} {
		if _, err = db.ExecContext(ctx, "SET "+limit+" = 0"); err != nil {
			return nil, errors.Join(translate(err), db.Close())
		}
	}
	return &side{db: db, whole: db, dialect: dialectPostgres}, nil
}
