package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// ErrNewer says that a newer version of Aye has changed the database.
var ErrNewer = errors.New("this database was changed by a newer version of Aye")

// steps are the files in their order. SQLite takes a file as it is: goose would cut it into
// statements first, with 4 MiB of memory for each.
func steps() ([]*goose.Migration, error) {
	paths, err := fs.Glob(migrations, "migrations/sqlite/*.sql")
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

// migrate takes the steps that this database has not taken yet. Each step is a transaction.
func migrate(ctx context.Context, db *gorm.DB) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	steps, err := steps()
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, pool, nil, goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(steps...))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	known := provider.ListSources()
	// A step fails where another process, started at the same moment, took it in between. It
	// stands then, and the steps behind it are tried again. The table of steps is one more.
	for range len(known) + 2 {
		if _, err = provider.Up(ctx); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("migrations: %w", translate(err))
	}
	version, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("migrations: %w", translate(err))
	}
	if newest := known[len(known)-1].Version; version > newest {
		return fmt.Errorf("%w: it has schema %d where this version knows %d", ErrNewer, version, newest)
	}
	return nil
}
