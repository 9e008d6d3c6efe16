package store

import (
	"errors"
	"strconv"
	"strings"
	"sync"
)

// ErrUnavailable says that the database cannot be used at this moment: it cannot be reached, it is
// held by somebody for too long, or its disk is full or fails. The same call may work later. A change
// that ended so was mostly not made; where its commit was not answered, it may have been.
var ErrUnavailable = errors.New("the database is not available at the moment")

// dialect is what the two databases say in different words. All other SQL is the same text for both.
type dialect struct {
	// postgres says which of the two it is.
	postgres bool
	// month is the month of the time in the column at, such as 2026-02.
	month string
	// user is the member that an audit row is about: an expression that has an index.
	user string
	// locked ends a select whose rows nobody else may change until the commit.
	locked string
	// passing ends a select that passes by rows that another change holds.
	passing string
}

// Only one change at a time is made on SQLite, so nothing needs to be held or passed by.
var dialectSQLite = dialect{
	month: "strftime('%Y-%m', at / 1000, 'unixepoch')",
	user:  "json_extract(data, '$.user')",
}

var dialectPostgres = dialect{
	postgres: true,
	month:    "to_char(to_timestamp(at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM')",
	user:     "data ->> 'user'",
	locked:   " FOR UPDATE",
	passing:  " FOR UPDATE SKIP LOCKED",
}

// folder is where its steps are.
func (d dialect) folder() string {
	if d.postgres {
		return "postgres"
	}
	return "sqlite"
}

// bound has the texts with ? that were asked for, as PostgreSQL takes them. They are as many as there
// are statements: none has a value in it.
var bound sync.Map

// bind writes the places of values as the database does: ? for SQLite, $1, $2 … for PostgreSQL. No
// statement has a question mark that is something else.
func (d dialect) bind(query string) string {
	if !d.postgres || !strings.Contains(query, "?") {
		return query
	}
	if known, ok := bound.Load(query); ok {
		return known.(string) //nolint:forcetypeassert // nothing else is stored there
	}
	var numbered strings.Builder
	rest := query
	for place := 1; ; place++ {
		before, after, more := strings.Cut(rest, "?")
		numbered.WriteString(before)
		if !more {
			break
		}
		numbered.WriteString("$" + strconv.Itoa(place))
		rest = after
	}
	bound.Store(query, numbered.String())
	return numbered.String()
}
