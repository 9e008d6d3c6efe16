package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
)

// sqliteDialector is gorm's SQLite, with errors that callers can tell apart.
type sqliteDialector struct{ *sqlite.Dialector }

// Translate is called by gorm with every error.
func (d sqliteDialector) Translate(err error) error { return translate(err) }

// postgresDialector is gorm's PostgreSQL, with errors that callers can tell apart.
type postgresDialector struct{ *postgres.Dialector }

// Translate is called by gorm with every error.
func (d postgresDialector) Translate(err error) error { return translate(err) }

// translate gives an error of a database as one that callers can tell apart: [ErrUnavailable], and gorm's for a value
// that is there already and for a row that another one needs.
func translate(err error) error {
	var ofSQLite sqlite3.Error
	var ofPostgres *pgconn.PgError
	switch {
	case err == nil || errors.Is(err, ErrUnavailable):
		return err
	case errors.As(err, &ofSQLite):
		return translateSQLite(ofSQLite, err)
	case errors.As(err, &ofPostgres):
		return translatePostgres(ofPostgres, err)
	case isLost(err):
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

// locked tells whether another process has the file of SQLite to itself.
func locked(err error) bool {
	var failure sqlite3.Error
	return errors.As(err, &failure) && failure.Code == sqlite3.ErrBusy
}

func translateSQLite(failure sqlite3.Error, err error) error {
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

// The codes of PostgreSQL that are told apart (its manual, appendix A).
const (
	codeUnique        = "23505"
	codeForeignKey    = "23503"
	codeSerialization = "40001"
	codeDeadlock      = "40P01"
	codeLockTimeout   = "55P03"
	codeIdle          = "25P03"
)

func translatePostgres(failure *pgconn.PgError, err error) error {
	switch failure.Code {
	case codeUnique:
		return gorm.ErrDuplicatedKey
	case codeForeignKey:
		return gorm.ErrForeignKeyViolated
	case codeSerialization, codeDeadlock, // it was tried again, and again
		"25006",          // it became a standby, which only reads
		"25P03", "25P04", // we were too slow between two statements
		codeLockTimeout,
		"57014": // a statement took longer than statement_timeout
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if len(failure.Code) == 5 {
		switch failure.Code[:2] {
		case "08", "53", "57", "58": // connection, resources (a full disk, too many connections), the operator, the system
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		case "22": // what is said of a wrong value has the value in it
			return fmt.Errorf("database: a value cannot be stored (SQLSTATE %s)", failure.Code)
		}
	}
	return fmt.Errorf("database: %w", err)
}

// isLost tells whether the connection was lost, or there was none.
func isLost(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, sql.ErrNoRows) {
		return false
	}
	var failure *pgconn.PgError
	if errors.As(err, &failure) { // the last that a connection said: 57P01 is an end by the operator, 57P02 a crash
		return failure.Code == "57P01" || failure.Code == "57P02" || failure.Code == "57P03"
	}
	var network net.Error
	var connecting *pgconn.ConnectError
	return errors.As(err, &connecting) || (errors.As(err, &network) && !errors.Is(err, context.DeadlineExceeded)) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || pgconn.SafeToRetry(err)
}

// isRefused tells whether the server refused a statement or a commit in so many words, and goes on: nothing of the
// transaction stands. A server that ends says so too, but then nobody knows what became of a commit.
func isRefused(err error) bool {
	var failure *pgconn.PgError
	return errors.As(err, &failure) && failure.SeverityUnlocalized == "ERROR"
}

// isContested tells whether two changes stood in each other's way, so that one of them was undone: it is made again.
func isContested(err error) bool {
	var failure *pgconn.PgError
	return errors.As(err, &failure) && isRefused(err) && (failure.Code == codeSerialization || failure.Code == codeDeadlock)
}
