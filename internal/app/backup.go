package app

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"example.com/aye/store"
)

// Kinds of databases, as commands name them.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// StoreConfig says where the settings have a database of the kind; of no kind it is the one that servers use. Unlike a
// server it makes no key where there is none: a new one would open nothing of what is to be copied.
func (c Config) StoreConfig(kind string, log *slog.Logger, now func() time.Time) (store.Config, error) {
	if c.Key == "" && c.KeyFile == "" && missing(filepath.Join(c.DataDir, "key")) {
		return store.Config{}, fmt.Errorf("%w: there is no key: put the one that belongs to the database at %s, or say in key_file where it is", ErrConfig, filepath.Join(c.DataDir, "key"))
	}
	keys, err := c.keys()
	if err != nil {
		return store.Config{}, err
	}
	config, err := c.store(keys, log, now)
	if err != nil {
		return store.Config{}, err
	}
	switch kind {
	case SQLite:
		config.URL = ""
	case Postgres:
		if config.URL == "" {
			return store.Config{}, fmt.Errorf("%w: there is no PostgreSQL: say in database.url or database.url_file where it is", ErrConfig)
		}
	case "":
	default:
		return store.Config{}, errors.New("a database is sqlite or postgres")
	}
	return config, nil
}
