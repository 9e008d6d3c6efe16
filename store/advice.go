package store

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// advice is what an operator does where PostgreSQL does not let a server begin, by its code.
var advice = map[string]string{
	"28P01": "the password in the URL is not that of the role",
	"28000": "look at the role in the URL, and at what pg_hba.conf lets it do",
	"3D000": "make the database, or look at its name in the URL: CREATE DATABASE aye OWNER aye TEMPLATE template0 ENCODING 'UTF8'",
	"42501": "the role must own the tables, or be allowed to make them: deploy/postgres/init.sql gives it what it needs",
	"53300": "all connections of PostgreSQL are taken: raise its max_connections, or the CONNECTION LIMIT of the role, or have fewer in database.connections",
}

// advised adds to an error at the start what to do.
func advised(err error) error {
	var failure *pgconn.PgError
	if errors.As(err, &failure) && advice[failure.Code] != "" {
		return fmt.Errorf("%w; %s", err, advice[failure.Code])
	}
	return err
}
