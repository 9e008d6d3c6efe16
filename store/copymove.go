package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
)

var (
	// ErrKey says that the key of the settings is not the one with which the database was sealed.
	ErrKey = errors.New("the key does not open what is sealed in this database")
	// ErrNotMoved says that there is no move to take back.
	ErrNotMoved = errors.New("this database was not moved away")
)

// Moved is what a move copied.
type Moved struct {
	// From and To name the databases, without any secret.
	From, To string
	Tables   []TableRows
	Chains   []audit.ChainReport
}

// Rows is how many rows were copied.
func (m Moved) Rows() int64 { return sumRows(m.Tables) }

func sumRows(tables []TableRows) int64 {
	var all int64
	for _, t := range tables {
		all += t.Rows
	}
	return all
}

// MoveStore copies everything from one database into another one that is empty, compares both row by row, and leaves a mark
// in the first, so that no server works on it any more. Nobody else may work on either. Where it was killed, the next with the
// same databases goes on where it was. The errors are ErrInUse, ErrNotEmpty, ErrHalf, ErrKey, ErrSchema, ErrDiffers and
// those of Open and CheckAudit.
func MoveStore(ctx context.Context, from, to Config, tell Tell) (Moved, error) {
	return transfer(ctx, from, to, tell, func(m Moved) []audit.Entry {
		return []audit.Entry{{
			Actor: accounts.Operator, Action: "store.moved", Subject: "store", At: to.Now().UTC(),
			Data: map[string]string{"from": from.kind(), "to": to.kind(), "rows": strconv.FormatInt(m.Rows(), 10)},
		}}
	})
}

// transfer is MoveStore with the entries that tell of it.
func transfer(ctx context.Context, from, to Config, tell Tell, entries func(Moved) []audit.Entry) (Moved, error) {
	moved := Moved{From: from.name(), To: to.name()}
	if err := from.exists(); err != nil {
		return moved, err
	}
	for _, config := range []Config{from, to} {
		if err := config.openMarked(ctx, func(s *Store) error { return s.checkKey(ctx) }); err != nil {
			return moved, err
		}
	}
	source, err := from.alone(ctx)
	if err != nil {
		return moved, err
	}
	kept, err := source.marks(ctx)
	if err == nil {
		err = makeMonths(ctx, source, to)
	}
	if err == nil {
		moved.Tables, err = copyInto(ctx, source, to, tell)
	}
	if err = errors.Join(err, source.whole.Close()); err != nil {
		return moved, err
	}
	// As a server will see it.
	return moved, to.openMarked(ctx, func(s *Store) (err error) {
		tell.tell(Progress{Phase: "verify"})
		if err = s.checkKey(ctx); err != nil {
			return err
		}
		if moved.Chains, err = s.CheckAudit(ctx, nil); err != nil {
			return err
		}
		return s.write(ctx, func(tx *transaction) error {
			for _, name := range []string{markCopying, markMoved, markBackup} {
				if err := forgetMark(tx, name); err != nil {
					return err
				}
			}
			// What was signed before a restore has no effect in the other database either.
			if m, ok := kept[markRestored]; ok {
				if err := keepMark(tx, markRestored, m); err != nil {
					return err
				}
			}
			return record(tx, entries(moved)...)
		})
	})
}

// copyInto marks both, copies and compares.
func copyInto(ctx context.Context, source *side, to Config, tell Tell) (rows []TableRows, err error) {
	target, err := to.alone(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, target.whole.Close()) }()
	c, err := newCopier(ctx, source, target, to.Now, tell)
	if err != nil {
		return nil, err
	}
	id, marked, err := c.sourceName(ctx, to)
	if err != nil {
		return nil, err
	}
	begun, err := c.mayBegin(ctx, id)
	if err != nil {
		return nil, err
	}
	// The source first: killed in between, the next one finds its name there.
	if !marked {
		err = source.setMark(ctx, source.whole, markMoved, to.name(), c.at)
	}
	if err == nil && !begun {
		err = target.setMark(ctx, target.whole, markCopying, id, c.at)
	}
	// Whoever looked at the marks before they were set is connected by now.
	for _, s := range []*side{source, target} {
		if err == nil {
			err = s.nobodyElse(ctx)
		}
	}
	if err == nil {
		err = c.copy(ctx)
	}
	if err != nil {
		return nil, err
	}
	return c.compare(ctx)
}

// sourceName is the name of this move, by which the target knows whose half copy it has. It is made of the mark of the
// source: the one that stands there, or the one that is to be set.
func (c *copier) sourceName(ctx context.Context, to Config) (id string, marked bool, err error) {
	marks, err := c.from.marks(ctx)
	if err != nil {
		return "", false, err
	}
	m, marked := marks[markMoved]
	if _, half := marks[markCopying]; half && !marked {
		return "", false, usable(marks)
	}
	if !marked {
		m = mark{to.name(), c.at}
	}
	return m.value + " " + strconv.FormatInt(millis(m.at), 10), marked, nil
}

// kind is how audit rows and commands call it.
func (c Config) kind() string {
	if c.URL != "" {
		return "postgres"
	}
	return "sqlite"
}

// name names the database, without any secret.
func (c Config) name() string {
	if c.URL != "" {
		return "PostgreSQL"
	}
	return c.Path
}

// exists is ErrNone where there is no file. An empty database of PostgreSQL is told by what is missing in it.
func (c Config) exists() error {
	if c.URL != "" {
		return nil
	}
	if _, err := os.Stat(c.Path); err != nil {
		return fmt.Errorf("%w: %w", ErrNone, err)
	}
	return nil
}

// openMarked opens the database, marked or not, with its schema brought up to date, and closes it.
func (c Config) openMarked(ctx context.Context, work func(*Store) error) error {
	c.marked = true
	s, err := Open(ctx, c)
	if err != nil {
		return err
	}
	return errors.Join(work(s), s.Close())
}

// checkKey opens what is sealed in every database on which a server has run: its signing keys.
func (s *Store) checkKey(ctx context.Context) error {
	if _, err := s.SigningKeys(ctx); err != nil {
		return fmt.Errorf("%w: put the key back that belongs to it: %w", ErrKey, err)
	}
	return nil
}

// Reopen takes a move away from a database back: servers may work on it again. What came into the other one since is not
// in it.
func Reopen(ctx context.Context, config Config) error {
	if err := config.exists(); err != nil {
		return err
	}
	return config.openMarked(ctx, func(s *Store) error {
		return s.write(ctx, func(tx *transaction) error {
			gone, err := tx.exec("DELETE FROM marks WHERE name = ?", markMoved)
			if err != nil {
				return err
			}
			if gone == 0 {
				return ErrNotMoved
			}
			return record(tx, audit.Entry{Actor: accounts.Operator, Action: "store.reopened", Subject: "store", At: config.Now().UTC()})
		})
	})
}

// makeMonths makes the partitions of PostgreSQL that old rows need: else they would all go where no month is.
func makeMonths(ctx context.Context, source *side, to Config) error {
	if to.URL == "" {
		return nil
	}
	var oldest, newest int64
	for _, of := range [][2]string{{"created", "approvals"}, {"at", "audit_rows"}} {
		first, err := numberOf(ctx, source.db, "SELECT COALESCE(MIN("+of[0]+"), 0) FROM "+of[1])
		if err != nil {
			return err
		}
		last, err := numberOf(ctx, source.db, "SELECT COALESCE(MAX("+of[0]+"), 0) FROM "+of[1])
		if err != nil {
			return err
		}
		if first > 0 && (oldest == 0 || first < oldest) {
			oldest = first
		}
		newest = max(newest, last)
	}
	if oldest == 0 {
		return nil
	}
	return to.openMarked(ctx, func(s *Store) error {
		// Months are those of ids, which were made a moment before what they name.
		_, err := s.MakePartitions(ctx, moment(oldest).Add(-time.Hour), moment(newest).Add(time.Hour))
		return err
	})
}
