package store

import (
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
)

// ErrUnavailable says that the database cannot be used at this moment: another process holds
// it for too long, or the disk is full or fails. The same call may work later.
var ErrUnavailable = errors.New("the database is not available at the moment")

// dialect is gorm's SQLite, with errors that callers can tell apart.
type dialect struct{ *sqlite.Dialector }

// Translate is called by gorm with every error.
func (d dialect) Translate(err error) error { return translate(err) }

// locked tells whether another process has the file to itself.
func locked(err error) bool {
	var failure sqlite3.Error
	return errors.As(err, &failure) && failure.Code == sqlite3.ErrBusy
}

func translate(err error) error {
	var failure sqlite3.Error
	if !errors.As(err, &failure) {
		return err
	}
	switch failure.ExtendedCode {
	case sqlite3.ErrConstraintUnique, sqlite3.ErrConstraintPrimaryKey:
		return gorm.ErrDuplicatedKey
	case sqlite3.ErrConstraintForeignKey:
		return gorm.ErrForeignKeyViolated
	}
	switch failure.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrCantOpen, sqlite3.ErrReadonly, sqlite3.ErrNomem:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return fmt.Errorf("database: %w", err)
}
