package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"regexp"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/sqlite/*.sql migrations/postgres/*.sql
var migrations embed.FS

// step is one file of a folder.
type step struct {
	version int64
	// oldest is the schema that a program must know to work on the database behind this step; 0 where the file is older than
	// the rule and says nothing.
	oldest int64
	text   string
}

// ruled are the last steps of before the rule, by folder: all behind them say who can still work on the database
// (docs/decisions/0027-rolling-upgrade.md).
var ruled = map[string]int64{"sqlite": 9, "postgres": 2}

// oldestLine is how a file says it.
var oldestLine = regexp.MustCompile(`(?m)^-- oldest: ([1-9][0-9]*)$`)

// steps are the files of a folder in their order.
func steps(folder string) ([]step, error) {
	paths, err := fs.Glob(migrations, "migrations/"+folder+"/*.sql")
	if err != nil {
		return nil, err
	}
	var all []step
	for _, path := range paths {
		version, err := goose.NumericComponent(path)
		if err != nil {
			return nil, err
		}
		text, err := migrations.ReadFile(path)
		if err != nil {
			return nil, err
		}
		oldest, err := oldestOf(version, ruled[folder], string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, step{version, oldest, string(text)})
	}
	return all, nil
}

// oldestOf reads what a file says.
func oldestOf(version, last int64, text string) (int64, error) {
	said := oldestLine.FindAllStringSubmatch(text, -1)
	switch {
	case version <= last && len(said) == 0:
		return 0, nil
	case version <= last || len(said) != 1:
		return 0, fmt.Errorf("a step behind %d says once which schema the oldest program knows that can work on the database behind it: -- oldest: %d", last, last)
	}
	oldest, err := strconv.ParseInt(said[0][1], 10, 64)
	if err == nil && (oldest < last || oldest > version) {
		err = fmt.Errorf("the oldest program knows schema %d at least and %d at most", last, version)
	}
	return oldest, err
}

// migration brings one database up to date.
type migration struct {
	side  *side
	steps []step
	log   *slog.Logger
	// pause lets older programs that work on the database notice that they cannot any more.
	pause time.Duration
}

func (c Config) migration(of dialect, db *sql.DB) (*migration, error) {
	all, err := steps(of.folder())
	if err != nil {
		return nil, err
	}
	return &migration{side: &side{db: db, whole: db, dialect: of}, steps: append(all, c.more...), log: c.Log, pause: cmp.Or(c.notice, noticePause)}, nil
}

// provider is goose with our steps. The database takes each file as it is: goose would cut it into statements first, with
// 4 MiB of memory for each.
func (m *migration) provider(options ...goose.ProviderOption) (*goose.Provider, error) {
	all := make([]*goose.Migration, 0, len(m.steps))
	for _, s := range m.steps {
		all = append(all, goose.NewGoMigration(s.version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error { return m.take(ctx, tx, s) }}, nil))
	}
	kind := goose.DialectSQLite3
	if m.side.dialect.postgres {
		kind = goose.DialectPostgres
	}
	return goose.NewProvider(kind, m.side.whole, nil, append(options, goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(all...))...)
}

// take takes one step, and writes down in the same transaction who can work on the database from now on.
func (m *migration) take(ctx context.Context, tx *sql.Tx, s step) error {
	if s.oldest > 0 && m.side.dialect.postgres {
		// Whoever comes behind a step that waits for a table waits too, and people log in meanwhile: it gives way.
		if _, err := tx.ExecContext(ctx, "SET LOCAL lock_timeout = "+inMillis(stepPatience)); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, s.text); err != nil || s.oldest == 0 {
		return err
	}
	return m.side.raise(ctx, tx, s.oldest)
}

// migrateSQLite takes the steps that this file has not taken yet. Each step is a transaction.
func (m *migration) migrateSQLite(ctx context.Context) error {
	provider, err := m.provider()
	if err != nil {
		return err
	}
	// A step fails where another process, started at the same moment, took it in between. It
	// stands then, and the steps behind it are tried again. The table of steps is one more.
	for range len(m.steps) + 2 {
		if _, err = provider.Up(ctx); err == nil || ctx.Err() != nil {
			break
		}
	}
	return err
}

// migratePostgres takes the steps that this database has not taken yet. Each step is a transaction. Of servers that start
// at one time one does so, and the others wait for it. A step that others keep from its tables is tried until it succeeds.
func (m *migration) migratePostgres(ctx context.Context) error {
	provider, err := m.provider(goose.WithSessionLocker(oneMigrates{m.log}))
	if err != nil {
		return err
	}
	for {
		_, err = provider.Up(ctx)
		var failure *pgconn.PgError
		if !errors.As(err, &failure) || failure.Code != codeLockTimeout {
			return err
		}
		m.log.WarnContext(ctx, "the database is not brought up to date yet: somebody holds one of its tables, such as a backup that runs; it is tried again")
		select {
		case <-time.After(stepPause):
		case <-ctx.Done():
			return err
		}
	}
}

const (
	// stepPatience bounds how long a step waits for a table that others use.
	stepPatience = 1500 * time.Millisecond
	// stepPause lies between its tries.
	stepPause = 3 * time.Second
)

// run brings the database up to date, unless it is newer already, and tells whether this program can work on it.
func (m *migration) run(ctx context.Context) error {
	now, err := m.side.schema(ctx)
	newest := newestOf(m.steps)
	// The lock of who migrates is asked for only where there is something to do: a start does not wait for whoever holds it.
	if err == nil && now.version < newest {
		if err = m.warn(ctx, now); err == nil {
			up := m.migrateSQLite
			if m.side.dialect.postgres {
				up = m.migratePostgres
			}
			err = up(ctx)
		}
		if err == nil {
			now, err = m.side.schema(ctx)
		}
	}
	if err != nil {
		return fmt.Errorf("migrations: %w", translate(err))
	}
	if now.version > newest && now.fits(newest) == nil {
		m.log.WarnContext(ctx, "this database was changed by a newer version of Aye, and this one can still work on it",
			slog.Int64("schema", now.version), slog.Int64("oldest", now.oldest), slog.Int64("known", newest))
	}
	return now.fits(newest)
}

func newestOf(steps []step) (newest int64) {
	for _, s := range steps {
		newest = max(newest, s.version)
	}
	return newest
}

// migrationLock is what PostgreSQL calls the lock of who migrates: any number that nothing else in the database uses.
const migrationLock = 7_301_001

// oneMigrates holds the lock on the connection that migrates. goose's own asks for it every five seconds; this one has it
// in the moment in which it is free.
type oneMigrates struct{ log *slog.Logger }

// SessionLock waits for the lock, and says so. Neither that nor a step ends by a limit of the pool: a large table takes its
// time. Where our machine loses its power, PostgreSQL notices that within seconds, and not after the hours of its default.
func (l oneMigrates) SessionLock(ctx context.Context, conn *sql.Conn) error {
	err := onSession(ctx, conn, "SET tcp_keepalives_idle = 5", "SET tcp_keepalives_interval = 5", "SET tcp_keepalives_count = 2", "SET lock_timeout = 0", "SET statement_timeout = 0")
	if err != nil {
		return err
	}
	free := false
	if err = conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", migrationLock).Scan(&free); err != nil || free {
		return err
	}
	l.log.WarnContext(ctx, "another server brings the database up to date; this one waits for it", slog.Int64("lock", migrationLock))
	return onSession(ctx, conn, fmt.Sprintf("SELECT pg_advisory_lock(%d)", migrationLock))
}

// SessionUnlock gives it back.
func (oneMigrates) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	return onSession(ctx, conn, fmt.Sprintf("SELECT pg_advisory_unlock(%d)", migrationLock),
		"RESET lock_timeout", "RESET statement_timeout", "RESET tcp_keepalives_idle", "RESET tcp_keepalives_interval", "RESET tcp_keepalives_count")
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
