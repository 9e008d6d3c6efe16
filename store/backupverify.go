package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

// ErrNoBackup says that a file is no backup of Aye, or a damaged one.
var ErrNoBackup = errors.New("this is no backup that can be used")

// Contents is what was found in a backup.
type Contents struct {
	Path  string
	Bytes int64
	// Digest is the SHA-256 of the file, in hexadecimal.
	Digest string
	// Taken is the moment of which it is, as the backup says; zero where another program made it.
	Taken time.Time
	// Schema is how many steps its schema has taken.
	Schema int64
	Tables []TableRows
	Chains []audit.ChainReport
}

// Rows is how many there are in all.
func (c Contents) Rows() int64 { return sumRows(c.Tables) }

// Verify looks at all of a backup, and changes nothing in it: the pages and indexes, the references between rows, the
// schema, whether the key opens what is sealed, and the audit log with its signed checkpoints. Of config it takes the keys.
// The errors are ErrNoBackup, ErrNewer, ErrKey and audit.Finding.
func Verify(ctx context.Context, config Config, path string, tell Tell) (Contents, error) {
	tell.tell(Progress{Phase: "verify"})
	contents := Contents{Path: path}
	var err error
	if contents.Bytes, contents.Digest, err = digest(path); err != nil {
		return contents, err
	}
	newest, err := newestStep()
	if err == nil {
		err = contents.look(ctx, path)
	}
	if err != nil {
		return contents, err
	}
	if contents.Schema > newest {
		return contents, fmt.Errorf("%w: it has schema %d where this version knows %d", ErrNewer, contents.Schema, newest)
	}
	config.Path, config.URL = path, ""
	see := func(s *Store) (failed error) {
		if failed = s.checkKey(ctx); failed == nil {
			contents.Chains, failed = s.CheckAudit(ctx, nil)
		}
		return failed
	}
	if contents.Schema == newest {
		return contents, config.lookAt(see)
	}
	// An older one stays as it is, so that the program that made it can still use it: a copy is brought up to date.
	folder, err := os.MkdirTemp("", "aye-verify-")
	if err != nil {
		return contents, err
	}
	config.Path = filepath.Join(folder, "aye.db")
	if err = duplicate(path, config.Path); err == nil {
		err = config.openMarked(ctx, see)
	}
	return contents, errors.Join(err, os.RemoveAll(folder))
}

// digest reads a file. One that others still write into is no backup.
func digest(path string) (int64, string, error) {
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return 0, "", fmt.Errorf("%w: beside %s stands %s-wal with changes that are not in it: it is a database in use, or a copy of half of one; aye backup makes a whole one", ErrNoBackup, path, filepath.Base(path))
	}
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = file.Close() }() // it was only read
	hash := sha256.New()
	size, err := io.Copy(hash, file)
	return size, hex.EncodeToString(hash.Sum(nil)), err
}

func newestStep() (int64, error) {
	all, err := steps("sqlite")
	if err != nil {
		return 0, err
	}
	return newestOf(all), nil
}

// look looks at what any program of SQLite can see.
func (c *Contents) look(ctx context.Context, path string) (err error) {
	db, err := openFile(path, url.Values{"mode": {"ro"}, "immutable": {"1"}, "_query_only": {"on"}})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // it was only read
	damaged := func(err error) error { return fmt.Errorf("%w: %w", ErrNoBackup, err) }
	found, err := texts(ctx, db, "SELECT integrity_check FROM pragma_integrity_check")
	if err != nil {
		return damaged(err)
	}
	if len(found) != 1 || found[0] != "ok" {
		return damaged(errors.New(strings.Join(found, "; ")))
	}
	if found, err = texts(ctx, db, `SELECT DISTINCT "table" || ' refers to rows of ' || parent || ' that are not there' FROM pragma_foreign_key_check`); err != nil {
		return damaged(err)
	}
	if len(found) > 0 {
		return damaged(errors.New(strings.Join(found, "; ")))
	}
	if c.Schema, err = numberOf(ctx, db, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied"); err != nil {
		return damaged(errors.New("it is not a database of Aye"))
	}
	tables, err := copyTables(ctx, db)
	if err != nil {
		return damaged(err)
	}
	for _, t := range tables {
		rows, failed := numberOf(ctx, db, "SELECT COUNT(*) FROM "+t.name)
		if failed != nil {
			return damaged(failed)
		}
		c.Tables = append(c.Tables, TableRows{t.name, rows})
	}
	rows := map[string]int64{}
	for _, t := range c.Tables {
		rows[t.Table] = t.Rows
	}
	if rows["signing_keys"] > 0 && rows["data_keys"] == 0 {
		return damaged(errors.New("the keys are missing with which it was sealed"))
	}
	marks, err := (&side{db: db, dialect: dialectSQLite}).marks(ctx)
	if err != nil {
		return damaged(err)
	}
	if _, half := marks[markCopying]; half {
		return usable(marks)
	}
	c.Taken = marks[markBackup].at
	return nil
}

// lookAt opens a file that is up to date and that nobody writes, for reading alone.
func (c Config) lookAt(work func(*Store) error) (err error) {
	s := &Store{now: c.Now, dialect: &dialectSQLite}
	defer func() { err = errors.Join(err, s.Close()) }()
	path, err := filepath.Abs(c.Path)
	if err != nil {
		return err
	}
	if s.reader, err = s.connectSQLite(path, c.Log, 1, &s.counts.reads, url.Values{"mode": {"ro"}, "immutable": {"1"}, "_query_only": {"on"}}); err != nil {
		return err
	}
	if s.vault, err = secret.NewVault(c.Keys, s); err != nil {
		return err
	}
	return work(s)
}
