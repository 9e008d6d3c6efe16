package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"

	"example.com/aye/internal/secret"
)

// A file that another process holds is tried again for openPatience.
const (
	openPatience = 5 * time.Second
	openPause    = 20 * time.Millisecond
)

// statements is how many prepared statements a connection keeps; there are fewer.
const statements = 256

// Config says where the database is.
type Config struct {
	// Path is the file of SQLite. It, and the folder around it, is made where it is not there.
	Path string
	// URL is that of PostgreSQL, which is used in the place of SQLite where it is not empty.
	URL secret.Secret
	// Connections is how many there may be to PostgreSQL, 0 for [DefaultConnections]. Some are kept for reading.
	Connections int
	Keys        *secret.Keys
	Now         func() time.Time
	Log         *slog.Logger
	// more are steps behind those that the program has, for tests; notice is what is said for noticePause.
	more   []step
	notice time.Duration
	// marked opens a database also where its marks say that nobody is to work on it.
	marked bool
	// Took is told how long each read and each change took; see [TookRead]. It must not block; nil for nobody.
	Took func(kind string, took time.Duration, err error)
}

// Store is the database. It is safe for concurrent use.
type Store struct {
	// writer has one connection to SQLite, so that writers stand in line here rather than in SQLite,
	// where waiting is polling. reader has many that cannot write. To PostgreSQL both have the same pool.
	writer, reader *gorm.DB
	dialect        *dialect
	group          maker
	// together sends reads to PostgreSQL; nil on SQLite.
	together *together
	counts   counts
	// shaken is when a connection to PostgreSQL was lost last.
	shaken atomic.Int64
	// silent finds connections to PostgreSQL that died without a word; nil on SQLite.
	silent *listener
	// stray is how many rows fit no month, by table, when that was counted last.
	stray atomic.Pointer[map[string]int64]
	// known is the newest schema that this program knows.
	known int64
	// outdated says that the database is for newer programs now.
	outdated atomic.Bool
	vault    *secret.Vault
	box      *outbox
	now      func() time.Time
}

// Open opens the database and brings its schema up to date.
func Open(ctx context.Context, config Config) (*Store, error) {
	if config.URL != "" {
		s := &Store{now: config.Now, dialect: &dialectPostgres, box: newOutbox(config)}
		if err := s.open(ctx, config); err != nil {
			return nil, errors.Join(fmt.Errorf("open the database: %w", advised(err)), s.Close())
		}
		return s, nil
	}
	// For a moment of its own start or end another process has the file to itself, and then
	// SQLite does not wait as it does for a transaction.
	for patience := time.After(openPatience); ; {
		s := &Store{now: config.Now, dialect: &dialectSQLite, box: newOutbox(config)}
		err := s.open(ctx, config)
		if err == nil {
			return s, nil
		}
		err = errors.Join(fmt.Errorf("open database %s: %w", config.Path, err), s.Close())
		if !locked(err) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-patience:
			return nil, err
		case <-time.After(openPause):
		}
	}
}

func (s *Store) open(ctx context.Context, config Config) error {
	open := s.openSQLite
	if s.dialect.postgres {
		open = s.openPostgres
	}
	s.counts.took = config.Took
	err := open(ctx, config)
	if err == nil && !config.marked {
		err = s.refuseMarked(ctx)
	}
	if err != nil {
		return err
	}
	s.group = fitting{timing(s.group, config.Took), &s.outdated}
	if s.vault, err = secret.NewVault(config.Keys, s); err != nil {
		return err
	}
	if config.marked { // it is only looked at
		return nil
	}
	return s.CountPosts(ctx)
}

func (s *Store) openSQLite(ctx context.Context, config Config) error {
	path, err := filepath.Abs(config.Path)
	if err != nil {
		return err
	}
	if err = makeFile(path); err != nil {
		return err
	}
	// FULL: an approval that was acknowledged survives a power failure. immediate: a
	// transaction that reads before it writes would otherwise fail at once beside another.
	s.writer, err = s.connectSQLite(path, config.Log, 1, &s.counts.writes, url.Values{
		"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_foreign_keys": {"on"},
		"_busy_timeout": {"5000"}, "_txlock": {"immediate"},
	})
	if err != nil {
		return err
	}
	if err = durable(ctx, s.writer); err != nil {
		return err
	}
	below, err := s.writer.DB()
	if err != nil {
		return err
	}
	if err = s.migrate(ctx, config, below); err != nil {
		return err
	}
	s.group = newWriter(s.writer, s.box) //nolint:contextcheck // it outlives the call, and each change has its caller's context
	// What a reader has cached is void at each commit, and given back to the system page by page:
	// a small cache is one piece of memory that stays. More readers than processors gained
	// nothing that could be measured.
	s.reader, err = s.connectSQLite(path, config.Log, max(2, runtime.NumCPU()), &s.counts.reads, url.Values{
		"mode": {"ro"}, "_query_only": {"on"}, "_busy_timeout": {"5000"}, "_cache_size": {"20"},
	})
	return err
}

// makeFile makes the file before SQLite does, with the mode that its companions inherit.
func makeFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	for _, companion := range []string{"", "-wal", "-shm"} {
		if err := os.Chmod(path+companion, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (s *Store) connectSQLite(path string, log *slog.Logger, connections int, count *atomic.Int64, options url.Values) (*gorm.DB, error) {
	// The driver keeps prepared statements. gorm's own would be prepared anew in each transaction.
	options.Set("_stmt_cache_size", strconv.Itoa(statements))
	options.Set("_mutex", "no") // database/sql gives a connection to one caller at a time
	name := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: options.Encode()}
	below, err := sql.Open(sqlite.DriverName, name.String())
	if err != nil {
		return nil, err
	}
	below.SetMaxOpenConns(connections)
	below.SetMaxIdleConns(connections)
	counted := &pool{DB: below, counts: &s.counts, count: count}
	db, err := s.connect(sqliteDialector{&sqlite.Dialector{Conn: counted}}, log)
	if err != nil {
		return nil, errors.Join(err, below.Close())
	}
	return db, nil
}

// connect gives gorm its pool, which the dialector has.
func (s *Store) connect(dialector gorm.Dialector, log *slog.Logger) (*gorm.DB, error) {
	db, err := gorm.Open(dialector, &gorm.Config{
		SkipDefaultTransaction: true, TranslateError: true,
		DisableAutomaticPing: s.dialect.postgres, // its failure would be told twice: what comes next is asked on the same connection
		// By name: what a step adds while this program runs changes no answer, which PostgreSQL refuses for a prepared *.
		QueryFields: true,
		Logger:      logger{log}, NowFunc: func() time.Time { return time.Now().UTC() },
	})
	if err == nil {
		err = db.Callback().Query().After("gorm:query").Register("aye:rows", func(tx *gorm.DB) { s.counts.rows.Add(max(0, tx.RowsAffected)) })
	}
	return db, translate(err)
}

// durable makes sure that a commit waits for the disk. A driver that came to spell its options
// in another way would leave them out without a word.
func durable(ctx context.Context, db *gorm.DB) error {
	var synchronous int
	if err := db.WithContext(ctx).Raw("PRAGMA synchronous").Scan(&synchronous).Error; err != nil {
		return err
	}
	if synchronous != 2 { // FULL
		return fmt.Errorf("the database is not durable: synchronous is %d", synchronous)
	}
	return nil
}

// Close makes what waits, and ends all connections. What was acknowledged is in the file.
func (s *Store) Close() error {
	if s.group != nil {
		s.group.close()
	}
	s.silent.close()
	var errs []error
	for _, db := range []*gorm.DB{s.reader, s.writer} {
		if db == nil {
			continue
		}
		pool, err := db.DB() // of PostgreSQL it is one, and may be closed twice
		if err == nil {
			err = pool.Close()
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Ping tells whether the database can be read and written at this moment.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	if err := s.reader.WithContext(ctx).Raw("SELECT 1 FROM data_keys UNION SELECT 1").Scan(&one).Error; err != nil {
		return err
	}
	// On SQLite this begins an immediate transaction, which needs the lock that every change needs. On PostgreSQL it needs
	// one that no change holds for long, and it asks for a transaction that may write, which a standby refuses.
	return s.about().write(ctx, func(*transaction) error { return nil })
}
