package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"example.com/aye/internal/app"
	"example.com/aye/store"
)

type migrateStoreCommand struct {
	jsonFlag
	From   string `required:"" enum:"sqlite,postgres" help:"Where everything is: ${enum}."`
	To     string `default:"" help:"Where it goes: sqlite or postgres. It must be empty." placeholder:"KIND"`
	Reopen bool   `help:"Moves nothing: lets servers work on --from again, after a move away from it. What came into the other database since is not in it."`
}

type movedJSON struct {
	From   string           `json:"from"`
	To     string           `json:"to"`
	Rows   int64            `json:"rows"`
	Chains int              `json:"chains"`
	Tables map[string]int64 `json:"tables"`
}

// errKinds says that a move goes from one kind of database to the other one.
var errKinds = errors.New("a move goes from sqlite to postgres, or from postgres to sqlite: say --from and --to")

// Validate is asked before anything is looked at.
func (c *migrateStoreCommand) Validate() error {
	switch {
	case c.Reopen && c.To != "":
		return errors.New("--reopen takes no --to")
	case !c.Reopen && (c.To == c.From || (c.To != app.SQLite && c.To != app.Postgres)):
		return errKinds
	}
	return nil
}

// Run moves everything, and compares.
func (c *migrateStoreCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	_, from, err := line.database(env, c.From)
	if err != nil {
		return err
	}
	if c.Reopen {
		return c.reopen(ctx, env, from)
	}
	_, to, err := line.database(env, c.To)
	if err != nil {
		return err
	}
	show := newProgress(env.stderr, env.now)
	moved, err := store.MoveStore(ctx, from, to, show.tell)
	show.end()
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("%w: run it again, and it goes on where it was", errInterrupted)
		}
		return err
	}
	out := movedJSON{moved.From, moved.To, moved.Rows(), len(moved.Chains), tableRows(moved.Tables)}
	return c.print(env.stdout, out, func(w io.Writer) {
		fmt.Fprintf(w, "Moved %d rows of %d tables from %s to %s, and compared each row.\n", moved.Rows(), len(moved.Tables), moved.From, moved.To)
		fmt.Fprintf(w, "The audit log is whole, with %d chains, and the key opens what is sealed.\n\n", len(moved.Chains))
		fmt.Fprintf(w, "No server works on %s any more. Start servers on %s now (%s), and see that people log in.\n", moved.From, moved.To, startsOn(c.To))
		fmt.Fprintf(w, "If they never did there, aye migrate-store --from %s --reopen takes the move back.\n", c.From)
	})
}

func startsOn(kind string) string {
	if kind == app.Postgres {
		return "database.url or database.url_file is set"
	}
	return "without database.url and database.url_file"
}

func (c *migrateStoreCommand) reopen(ctx context.Context, env *environment, from store.Config) error {
	if err := store.Reopen(ctx, from); err != nil {
		return whole(ctx, err)
	}
	fmt.Fprintf(env.stdout, "Servers may work on %s again. What came into the other database since is not in it: let no server work on that one.\n", c.From)
	return nil
}
