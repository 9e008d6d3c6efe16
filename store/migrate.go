package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"
)

//go:embed migrations/sqlite/*.sql migrations/postgres/*.sql
var migrations embed.FS

// ErrNewer says that a newer version of Aye has changed the database.
var ErrNewer = errors.New("this database was changed by a newer version of Aye")

// steps are the files of a folder in their order. The database takes a file as it is: goose would cut it into
// statements first, with 4 MiB of memory for each.
func steps(folder string) ([]*goose.Migration, error) {
	paths, err := fs.Glob(migrations, "migrations/"+folder+"/*.sql")
	if err != nil {
		return nil, err
	}
	var all []*goose.Migration
	for _, path := range paths {
		version, err := goose.NumericComponent(path)
		if err != nil {
			return nil, err
		}
		text, err := migrations.ReadFile(path)
		if err != nil {
			return nil, err
		}
		all = append(all, goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, string(text))
			return err
		}}, nil))
	}
	return all, nil
}

func newProvider(dialect goose.Dialect, folder string, db *sql.DB, options ...goose.ProviderOption) (*goose.Provider, error) {
	steps, err := steps(folder)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, db, nil, append(options, goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(steps...))...)
}

// migrate takes the steps that this file of SQLite has not taken yet. Each step is a transaction.
func migrate(ctx context.Context, db *gorm.DB) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	provider, err := newProvider(goose.DialectSQLite3, "sqlite", pool)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	// A step fails where another process, started at the same moment, took it in between. It
	// stands then, and the steps behind it are tried again. The table of steps is one more.
	for range len(provider.ListSources()) + 2 {
		if _, err = provider.Up(ctx); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("migrations: %w", translate(err))
	}
	return notNewer(ctx, provider)
}

// migratePostgres takes the steps that this database has not taken yet. Each step is a transaction. Of servers that start
// at one time one does so, and the others wait for it.
func migratePostgres(ctx context.Context, db *sql.DB) error {
	provider, err := newProvider(goose.DialectPostgres, "postgres", db, goose.WithSessionLocker(oneMigrates{}))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err = provider.Up(ctx); err != nil {
		return fmt.Errorf("migrations: %w", translate(err))
	}
	return notNewer(ctx, provider)
}

func notNewer(ctx context.Context, provider *goose.Provider) error {
	version, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("migrations: %w", translate(err))
	}
	known := provider.ListSources()
	if newest := known[len(known)-1].Version; version > newest {
		return fmt.Errorf("%w: it has schema %d where this version knows %d", ErrNewer, version, newest)
	}
	return nil
}

// migrationLock is what PostgreSQL calls the lock of who migrates: any number that nothing else in the database uses.
const migrationLock = 7_301_001

// oneMigrates holds the lock on the connection that migrates. goose's own asks for it every five seconds; this one has it
// in the moment in which it is free.
type oneMigrates struct{}

// SessionLock waits for the lock. Neither that nor a step ends by a limit of the pool: a large table takes its time.
func (oneMigrates) SessionLock(ctx context.Context, conn *sql.Conn) error {
	return onSession(ctx, conn, "SET lock_timeout = 0", "SET statement_timeout = 0", fmt.Sprintf("SELECT pg_advisory_lock(%d)", migrationLock))
}

// SessionUnlock gives it back.
func (oneMigrates) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	return onSession(ctx, conn, fmt.Sprintf("SELECT pg_advisory_unlock(%d)", migrationLock), "RESET lock_timeout", "RESET statement_timeout")
}

// onSession says something of the connection itself. One where that fails is ended, and all that it held with it.
func onSession(ctx context.Context, conn *sql.Conn, statements ...string) error {
	for _, statement := range statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn })
			return err
		}
	}
	return nil
}
