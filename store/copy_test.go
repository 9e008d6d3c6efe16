package store_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/internal/signing"
	"example.com/aye/pairing"
	"example.com/aye/store"
	"example.com/aye/store/storetest"
)

// place is where a test's database is.
type place struct {
	store.Config
	db *sql.DB
}

// places are a new SQLite file and a new PostgreSQL database, both empty and with the newest schema.
func places(t *testing.T) map[string]func(*testing.T) place {
	t.Helper()
	return map[string]func(*testing.T) place{
		"sqlite": func(t *testing.T) place {
			t.Helper()
			c := configAt(t, newPath(t))
			openAndClose(t, c)
			return place{c, raw(t, c.Path)}
		},
		"postgres": func(t *testing.T) place {
			t.Helper()
			c := configAt(t, "")
			c.URL, c.Connections = secret.Secret(newURL(t)), few
			db, err := sql.Open("pgx", c.URL.Reveal())
			must(t, err)
			t.Cleanup(func() { _ = db.Close() })
			return place{c, db}
		},
	}
}

func configAt(t *testing.T, path string) store.Config {
	t.Helper()
	return store.Config{Path: path, Keys: keys(t), Now: time.Now, Log: slog.New(slog.DiscardHandler)}
}

func openAndClose(t *testing.T, c store.Config) {
	t.Helper()
	s, err := store.Open(t.Context(), c)
	must(t, err)
	must(t, s.Close())
}

// letGo closes the connection of the test itself, which is one that somebody else has.
func (p place) letGo(t *testing.T) {
	t.Helper()
	must(t, p.db.Close())
}

// execOnce runs a statement on a connection of its own.
func execOnce(t *testing.T, path, statement string) {
	t.Helper()
	db := raw(t, path)
	run(t, db, statement)
	must(t, db.Close())
}

func numberIn(t *testing.T, db *sql.DB, query string) int {
	t.Helper()
	var n int
	must(t, db.QueryRowContext(t.Context(), query).Scan(&n))
	return n
}

// rowsOf gives rows as texts.
func rowsOf(t *testing.T, db interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}, query string, args ...any,
) (all [][]string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	must(t, err)
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	must(t, err)
	for rows.Next() {
		one := make([]string, len(names))
		into := make([]any, len(names))
		for i := range one {
			into[i] = &one[i]
		}
		must(t, rows.Scan(into...))
		all = append(all, one)
	}
	must(t, rows.Err())
	return all
}

// uncheck takes the conditions on values out of the schema, so that any rows can stand there.
func (p place) uncheck(t *testing.T) {
	t.Helper()
	if p.URL != "" {
		for _, row := range rowsOf(t, p.db, `SELECT conrelid::regclass || ' DROP CONSTRAINT ' || quote_ident(conname) FROM pg_constraint
			WHERE contype = 'c' AND connamespace = 'public'::regnamespace AND coninhcount = 0`) {
			run(t, p.db, "ALTER TABLE "+row[0])
		}
		run(t, p.db, "DROP TRIGGER approvals_hold ON approvals") // docs/decisions/0034
		return
	}
	c, err := p.db.Conn(t.Context())
	must(t, err)
	with := rowsOf(t, c, "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%CHECK%'")
	_, err = c.ExecContext(t.Context(), "PRAGMA writable_schema = ON")
	must(t, err)
	for _, row := range with {
		_, err = c.ExecContext(t.Context(), "UPDATE sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?", strings.ReplaceAll(row[1], "CHECK (", "CHECK (1 OR "), row[0])
		must(t, err)
	}
	_, err = c.ExecContext(t.Context(), "PRAGMA writable_schema = RESET")
	must(t, errors.Join(err, c.Close()))
}

// fill puts rows into every table that the schema has, whatever they are, and gives their names.
func (p place) fill(t *testing.T, each int) []string {
	t.Helper()
	// What a column refers to has the same values.
	refers := map[string]string{}
	var tables []string
	for _, row := range rowsOf(t, p.db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite^_%' ESCAPE '^'") {
		if slices.Contains([]string{"goose_db_version", "marks"}, row[0]) {
			continue
		}
		tables = append(tables, row[0])
		for _, reference := range rowsOf(t, p.db, `SELECT "from", "table", "to" FROM pragma_foreign_key_list(?)`, row[0]) {
			refers[row[0]+"."+reference[0]] = reference[1] + "." + reference[2]
		}
	}
	run(t, p.db, "PRAGMA foreign_keys = OFF")
	for _, table := range tables {
		for n := range each {
			var names, values []string
			for _, c := range rowsOf(t, p.db, "SELECT name, type FROM pragma_table_xinfo(?)", table) {
				of := table + "." + c[0]
				for refers[of] != "" {
					of = refers[of]
				}
				// Quoted, so that it is JSON too; with signs that sort in one way by bytes and in another by words.
				value := fmt.Sprintf(`'"%s %s"'`, []string{"a", "B", "é"}[n%3]+strconv.Itoa(n), of)
				switch c[1] {
				case "INTEGER":
					value = strconv.Itoa(n + 1)
				case "BLOB":
					value = fmt.Sprintf("X'00FF%032x'", n)
				}
				names, values = append(names, c[0]), append(values, value)
			}
			run(t, p.db, "INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(values, ", ")+")")
		}
	}
	return tables
}

// TestEveryTableIsCopied takes the tables from the schema itself: one that is added later cannot be forgotten.
func TestEveryTableIsCopied(t *testing.T) {
	t.Parallel()
	for name, to := range places(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, target := places(t)["sqlite"](t), to(t)
			source.uncheck(t)
			target.uncheck(t)
			const each = 3
			tables := source.fill(t, each)
			source.letGo(t)
			target.letGo(t)
			copied, err := store.CopyAll(t.Context(), source.Config, target.Config)
			must(t, err)
			for _, table := range tables {
				if !slices.Contains(copied, store.TableRows{Table: table, Rows: each}) {
					t.Errorf("%s was not compared: %v", table, copied)
				}
			}
			if len(tables) < 40 {
				t.Errorf("only %d tables were found", len(tables))
			}
			after := raw(t, target.Path)
			if target.URL != "" {
				after, err = sql.Open("pgx", target.URL.Reveal())
				must(t, err)
				t.Cleanup(func() { _ = after.Close() })
			}
			for _, table := range tables {
				if n := numberIn(t, after, "SELECT COUNT(*) FROM "+table); n != each {
					t.Errorf("%s has %d rows", table, n)
				}
			}
		})
	}
}

// settled is a database that a server worked on, with so many rows that a copy takes several pages.
func settled(t *testing.T) (c store.Config, deviceID string) {
	t.Helper()
	c = configAt(t, newPath(t))
	s, err := store.Open(t.Context(), c)
	must(t, err)
	h := storetest.NewHouse(t, func(*testing.T, func() time.Time) storetest.Backend { return s })
	_, err = signing.Load(t.Context(), s, "https://aye.example.com", time.Now)
	must(t, err)
	m := h.AddPerson(t, "ada@example.com")
	phone := h.AddPhone(t, m, pairing.Paired)
	must(t, s.Close())
	db := raw(t, c.Path)
	run(t, db, "INSERT INTO tries (scope, times) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2600) SELECT 'x:' || i, '[' || i || ']' FROM n")
	must(t, db.Close())
	return c, phone.ID
}

// The rows of the largest table, in pages of 500.
const triesIn = 2600

// moveUntil moves, and stops behind that page of the largest table, as who is killed there.
func moveUntil(t *testing.T, from, to store.Config, rows int64) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	_, err := store.MoveStore(ctx, from, to, func(p store.Progress) {
		if p.Phase == "copy" && p.Table == "tries" && p.Done >= rows {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("it was not stopped: %v", err)
	}
}

func TestMoveStore(t *testing.T) {
	t.Parallel()
	for name, to := range places(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, phone := settled(t)
			// Litestream has tables of its own, without a key.
			execOnce(t, from.Path, "CREATE TABLE _litestream_lock (id INTEGER)")
			_, contents := backupOf(t, from)
			target := to(t)
			target.letGo(t)
			moved, err := store.MoveStore(t.Context(), from, target.Config, nil)
			must(t, err)
			if moved.Rows() < triesIn || moved.Rows() != contents.Rows() || len(moved.Chains) == 0 {
				t.Errorf("%+v", moved)
			}
			s, err := store.Open(t.Context(), target.Config)
			must(t, err)
			if d, failed := s.Device(t.Context(), phone); failed != nil || d.Push.Address == "" { // what was sealed opens
				t.Errorf("%+v %v", d, failed)
			}
			must(t, s.VerifyAudit(t.Context()))
			rows, err := s.AuditRows(t.Context(), "", 0, 100)
			must(t, errors.Join(err, s.Close()))
			if last := rows[len(rows)-1]; last.Action != "store.moved" || last.Data["to"] != name {
				t.Errorf("%+v", last)
			}
			// Nobody works on the old one, and nothing is copied over the new one.
			if _, err := store.Open(t.Context(), from); !errors.Is(err, store.ErrMoved) {
				t.Errorf("the source opens: %v", err)
			}
			if _, err := store.MoveStore(t.Context(), from, target.Config, nil); !errors.Is(err, store.ErrNotEmpty) {
				t.Errorf("moved twice: %v", err)
			}
			// Until that is taken back.
			must(t, store.Reopen(t.Context(), from))
			openAndClose(t, from)
			if err := store.Reopen(t.Context(), from); !errors.Is(err, store.ErrNotMoved) {
				t.Errorf("taken back twice: %v", err)
			}
		})
	}
}

// childMoves is set for the process that is to be killed: from, to and the page.
const childMoves = "AYE_TEST_MOVES"

// TestAKilledMoveGoesOn kills a process in the middle of a copy, twice.
func TestAKilledMoveGoesOn(t *testing.T) {
	if said := os.Getenv(childMoves); said != "" {
		move(t, strings.Split(said, "|"))
		return
	}
	t.Parallel()
	for name, to := range places(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, phone := settled(t)
			target := to(t)
			target.letGo(t)
			for _, page := range []int{1, 3} {
				killAt(t, from, target.Config, page*500)
				for _, c := range []store.Config{from, target.Config} {
					if _, err := store.Open(t.Context(), c); !errors.Is(err, store.ErrMoved) && !errors.Is(err, store.ErrHalf) {
						t.Errorf("a database opens that is half copied: %v", err)
					}
				}
			}
			first := int64(-1)
			_, err := store.MoveStore(t.Context(), from, target.Config, func(p store.Progress) {
				if p.Phase == "copy" && p.Table == "tries" && first < 0 {
					first = p.Done
				}
			})
			must(t, err)
			if first != 1500 {
				t.Errorf("it went on at row %d", first)
			}
			s, err := store.Open(t.Context(), target.Config)
			must(t, err)
			if _, err := s.Device(t.Context(), phone); err != nil {
				t.Error(err)
			}
			must(t, errors.Join(s.VerifyAudit(t.Context()), s.Close()))
		})
	}
}

// move is the process that is killed: it says when it is there, and waits.
func move(t *testing.T, said []string) {
	t.Helper()
	from, to := configAt(t, said[0]), configAt(t, said[1])
	to.URL = secret.Secret(said[2])
	rows, err := strconv.ParseInt(said[3], 10, 64)
	must(t, err)
	_, err = store.MoveStore(t.Context(), from, to, func(p store.Progress) {
		if p.Phase == "copy" && p.Table == "tries" && p.Done >= rows {
			_, _ = os.Stdout.WriteString("here\n")
			select {}
		}
	})
	t.Fatal("it was not killed", err)
}

func killAt(t *testing.T, from, to store.Config, rows int) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestAKilledMoveGoesOn$")
	child.Env = append(os.Environ(), childMoves+"="+strings.Join([]string{from.Path, to.Path, to.URL.Reveal(), strconv.Itoa(rows)}, "|"))
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	lines := bufio.NewScanner(out)
	there := false
	for !there && lines.Scan() {
		there = lines.Text() == "here"
		if !there {
			t.Log(lines.Text())
		}
	}
	must(t, child.Process.Kill())
	_ = child.Wait() // it was killed
	if !there {
		t.Fatal("the process did not come so far")
	}
}

func TestMoveStoreRefuses(t *testing.T) {
	t.Parallel()
	t.Run("a server that works on the source", func(t *testing.T) {
		t.Parallel()
		from, _ := settled(t)
		to := configAt(t, newPath(t))
		s, err := store.Open(t.Context(), from)
		must(t, err)
		_, err = store.MoveStore(t.Context(), from, to, nil)
		if !errors.Is(err, store.ErrInUse) {
			t.Errorf("error is %v", err)
		}
		must(t, s.Write(t.Context(), audit.Entry{Actor: "system"})) // and nothing has happened to it
		must(t, s.Close())
		openAndClose(t, from)
	})
	t.Run("a server that works on the target", func(t *testing.T) {
		t.Parallel()
		for _, to := range places(t) {
			from, _ := settled(t)
			target := to(t)
			if target.URL == "" {
				_, err := target.db.ExecContext(t.Context(), "SELECT 1 FROM marks")
				must(t, err)
			}
			must(t, target.db.PingContext(t.Context()))
			if _, err := store.MoveStore(t.Context(), from, target.Config, nil); !errors.Is(err, store.ErrInUse) {
				t.Errorf("error is %v", err)
			}
			openAndClose(t, from)
		}
	})
	t.Run("a target with rows", func(t *testing.T) {
		t.Parallel()
		for _, to := range places(t) {
			from, _ := settled(t)
			target := to(t)
			run(t, target.db, "INSERT INTO tries (scope, times) VALUES ('x', '')")
			target.letGo(t)
			if _, err := store.MoveStore(t.Context(), from, target.Config, nil); !errors.Is(err, store.ErrNotEmpty) {
				t.Errorf("error is %v", err)
			}
			openAndClose(t, from)
		}
	})
	t.Run("another key", func(t *testing.T) {
		t.Parallel()
		from, _ := settled(t)
		other, err := secret.NewKeys([]byte("another-key-of-32-bytes-in-all--"))
		must(t, err)
		from.Keys = other
		if _, err := store.MoveStore(t.Context(), from, configAt(t, newPath(t)), nil); !errors.Is(err, store.ErrKey) {
			t.Errorf("error is %v", err)
		}
		openAndClose(t, configAt(t, from.Path))
	})
	t.Run("half a copy of another database", func(t *testing.T) {
		t.Parallel()
		one, _ := settled(t)
		two, _ := settled(t)
		to := configAt(t, newPath(t))
		moveUntil(t, one, to, 500)
		if _, err := store.MoveStore(t.Context(), two, to, nil); !errors.Is(err, store.ErrHalf) {
			t.Errorf("error is %v", err)
		}
		openAndClose(t, two)
	})
	t.Run("a source that is half copied itself", func(t *testing.T) {
		t.Parallel()
		one, _ := settled(t)
		half := configAt(t, newPath(t))
		moveUntil(t, one, half, 500)
		if _, err := store.MoveStore(t.Context(), half, configAt(t, newPath(t)), nil); !errors.Is(err, store.ErrHalf) {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("no source", func(t *testing.T) {
		t.Parallel()
		missing := filepath.Join(t.TempDir(), "aye.db")
		if _, err := store.MoveStore(t.Context(), configAt(t, missing), configAt(t, newPath(t)), nil); !errors.Is(err, store.ErrNone) {
			t.Errorf("error is %v", err)
		}
		if _, err := os.Stat(missing); err == nil {
			t.Error("it was made")
		}
	})
	t.Run("tables that differ", func(t *testing.T) {
		t.Parallel()
		for _, statement := range []string{"CREATE TABLE more (id TEXT PRIMARY KEY) STRICT", "ALTER TABLE tries ADD COLUMN more TEXT NOT NULL DEFAULT ''", "DROP TABLE choices"} {
			from, _ := settled(t)
			to := places(t)["sqlite"](t)
			run(t, to.db, statement)
			to.letGo(t)
			if _, err := store.MoveStore(t.Context(), from, to.Config, nil); !errors.Is(err, store.ErrSchema) {
				t.Errorf("%s: error is %v", statement, err)
			}
			openAndClose(t, from)
		}
	})
}

// What was changed in the target behind the copier's back is found, a row more, a row less and another value.
func TestACopyThatDiffers(t *testing.T) {
	t.Parallel()
	for _, statement := range []string{
		"DELETE FROM tries WHERE scope = 'x:1'", "INSERT INTO tries (scope, times) VALUES ('w', '')", "UPDATE tries SET times = '[2]' WHERE scope = 'x:1'",
	} {
		for name, to := range places(t) {
			t.Run(name+" "+statement[:6], func(t *testing.T) {
				t.Parallel()
				from, _ := settled(t)
				target := to(t)
				target.letGo(t)
				moveUntil(t, from, target.Config, 1000)
				db := raw(t, target.Path)
				if target.URL != "" {
					var err error
					db, err = sql.Open("pgx", target.URL.Reveal())
					must(t, err)
				}
				run(t, db, statement)
				must(t, db.Close())
				if _, err := store.MoveStore(t.Context(), from, target.Config, nil); !errors.Is(err, store.ErrDiffers) {
					t.Errorf("error is %v", err)
				}
				if _, err := store.Open(t.Context(), target.Config); !errors.Is(err, store.ErrHalf) {
					t.Errorf("it opens: %v", err)
				}
			})
		}
	}
}
