package store

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
)

// ErrAnew says that a server would begin with nothing in PostgreSQL, where a file of SQLite has what was there before.
var ErrAnew = errors.New("PostgreSQL is empty, and a server does not begin anew beside a database that is there")

// Unused tells whether no server and no command has ever worked on the database: the first thing that one does is to make
// a key that signs.
func (s *Store) Unused(ctx context.Context) (bool, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return false, err
	}
	_, err = one[found](c, errRefused, "SELECT 1 FROM signing_keys LIMIT 1")
	if errors.Is(err, errRefused) {
		return true, nil
	}
	return false, err
}

// MovedAway tells whether there is a file of SQLite, and whether it was moved into another database. Nothing is changed in
// it. One that cannot be read was not moved.
func MovedAway(ctx context.Context, path string) (there, moved bool, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return false, false, err
	}
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0 {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	db, err := openFile(path, url.Values{"mode": {"ro"}, "_query_only": {"on"}, "_busy_timeout": {"1000"}})
	if err != nil {
		return true, false, err
	}
	defer func() { _ = db.Close() }() // it was only read
	marks, err := (&side{db: db, dialect: dialectSQLite}).marks(ctx)
	if err != nil { // what it is, its owner must say
		return true, false, nil
	}
	_, moved = marks[markMoved]
	return true, moved, nil
}
