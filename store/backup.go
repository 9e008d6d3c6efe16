package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// ErrExists says that there is a file already where a backup was to go.
var ErrExists = errors.New("the file is there already, and a backup takes the place of none")

// Backup copies the database into a file of SQLite while servers work on it, as it is at one moment, and verifies the copy.
// The file, of mode 0600, is there under its name only when all of that went well; none is ever overwritten. Neither the
// key nor the settings are in it.
func Backup(ctx context.Context, config Config, to string, tell Tell) (contents Contents, err error) {
	if _, err = os.Lstat(to); err == nil {
		return Contents{}, fmt.Errorf("%w: %s", ErrExists, to)
	}
	if err = config.exists(); err != nil {
		return Contents{}, err
	}
	part, err := partOf(to)
	if err != nil {
		return Contents{}, err
	}
	defer func() { err = errors.Join(err, removeParts(part)) }()
	if config.URL != "" {
		err = copySnapshot(ctx, config, part, tell)
	} else {
		err = copyOnline(ctx, config.Path, part, tell)
	}
	if err == nil {
		err = stamp(ctx, part, config.kind(), config.Now())
	}
	if err != nil {
		return Contents{}, err
	}
	config.Path, config.URL = part, ""
	if contents, err = Verify(ctx, config, part, tell); err != nil {
		return Contents{}, err
	}
	contents.Path = to
	return contents, putInPlace(part, to)
}

// partOf makes the empty file that becomes the backup, beside it.
func partOf(to string) (string, error) {
	part, err := os.CreateTemp(filepath.Dir(to), filepath.Base(to)+".*.partial") // of mode 0600
	if err != nil {
		return "", err
	}
	return part.Name(), part.Close()
}

// removeParts removes a file that did not come into its place, with what SQLite wrote beside it.
func removeParts(part string) error {
	var errs []error
	for _, companion := range companions {
		if err := os.Remove(part + companion); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// companions are the ends of the names of a database's files.
var companions = []string{"", "-wal", "-shm", "-journal"}

// putInPlace gives a complete file its name, unless something has it, and returns when that is on the disk.
func putInPlace(part, to string) error {
	err := durably(part)
	if err == nil {
		// A link takes the place of nothing, where a renaming would.
		if err = os.Link(part, to); err == nil {
			err = os.Remove(part)
		} else if !errors.Is(err, fs.ErrExist) {
			err = rename(part, to) // a file system without links
		}
	}
	if errors.Is(err, fs.ErrExist) {
		err = fmt.Errorf("%w: %s", ErrExists, to)
	}
	if err == nil {
		err = durably(filepath.Dir(to))
	}
	return err
}

func rename(part, to string) error {
	if _, err := os.Lstat(to); err == nil {
		return fs.ErrExist
	}
	return os.Rename(part, to)
}

// durably returns when the file, or the names in the folder, are on the disk.
func durably(path string) error {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// copyOnline copies a file of SQLite on which others work. VACUUM INTO sees one moment, holds up nobody that writes, and
// leaves out the pages that were let go: what was erased is not in a backup. The backup interface of SQLite has all of
// them, and begins anew at each change of another process (docs/decisions/0023-backup.md has both in numbers).
func copyOnline(ctx context.Context, path, part string, tell Tell) error {
	db, err := openFile(path, url.Values{"mode": {"ro"}, "_busy_timeout": {"5000"}})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // it was only read
	marks, err := (&side{db: db, dialect: dialectSQLite}).marks(ctx)
	if err != nil {
		return err
	}
	if _, half := marks[markCopying]; half {
		return usable(marks)
	}
	size, err := numberOf(ctx, db, "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size")
	if err != nil {
		return err
	}
	watched := watch(part, size, tell)
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", part)
	watched()
	return translate(err)
}

// watchEvery is how often somebody is told how far a file has grown.
const watchEvery = 200 * time.Millisecond

// watch tells how far a file has grown, until the function is called that it gives.
func watch(path string, size int64, tell Tell) (stop func()) {
	if tell == nil {
		return func() {}
	}
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			if info, err := os.Stat(path); err == nil {
				tell(Progress{Phase: "copy", Done: min(info.Size(), size), Total: size})
			}
			select {
			case <-ended:
				tell(Progress{Phase: "copy", Done: size, Total: size})
				return
			case <-tick.C:
			}
		}
	}()
	return func() { close(ended); <-done }
}

// copySnapshot copies what PostgreSQL has at one moment into a new file of SQLite, and compares both.
func copySnapshot(ctx context.Context, config Config, part string, tell Tell) (err error) {
	file := config
	file.Path, file.URL = part, ""
	if err = file.openMarked(ctx, func(*Store) error { return nil }); err != nil {
		return err
	}
	// Durable once, when it is complete.
	db, err := openFile(part, url.Values{"mode": {"rw"}, "_journal_mode": {"MEMORY"}, "_synchronous": {"OFF"}, "_foreign_keys": {"on"}, "_txlock": {"immediate"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	source, err := config.postgresSide(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.whole.Close()) }()
	moment, err := source.whole.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return translate(err)
	}
	defer func() { _ = moment.Rollback() }() // it only read
	source.db = moment
	marks, err := source.marks(ctx)
	if err != nil {
		return err
	}
	if _, half := marks[markCopying]; half {
		return usable(marks)
	}
	target := &side{db: db, whole: db, dialect: dialectSQLite}
	c, err := newCopier(ctx, source, target, config.Now, tell)
	if err != nil {
		return err
	}
	if err = c.copy(ctx); err != nil {
		return err
	}
	if _, err = c.compare(ctx); err != nil {
		return err
	}
	if m, ok := marks[markRestored]; ok {
		err = target.setMark(ctx, db, markRestored, m.value, m.at)
	}
	return err
}

// stamp writes into a copy that it is a backup, and of when, in the place of what was said of the database. The copy is
// one file afterwards, which can be read from where nothing can be written.
func stamp(ctx context.Context, part, kind string, at time.Time) (err error) {
	db, err := openFile(part, url.Values{"mode": {"rw"}, "_journal_mode": {"DELETE"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	known, err := numberOf(ctx, db, "SELECT count(*) FROM sqlite_schema WHERE name = 'marks'")
	if err != nil || known == 0 { // of a server that is older than the table
		return err
	}
	if _, err = db.ExecContext(ctx, "DELETE FROM marks WHERE name NOT IN (?, ?)", markRestored, markOldest); err != nil {
		return translate(err)
	}
	return (&side{dialect: dialectSQLite}).setMark(ctx, db, markBackup, kind, at)
}

// duplicate copies a file that nobody writes, into a new one of mode 0600.
func duplicate(from, to string, write ...io.Writer) (err error) {
	in, err := os.Open(from) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()                                     // it was only read
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // beside the database
	if err != nil {
		return err
	}
	_, err = io.Copy(io.MultiWriter(append(write, out)...), in)
	return errors.Join(err, out.Sync(), out.Close())
}
