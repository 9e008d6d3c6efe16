package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"example.com/aye/internal/audit"
)

// monthsAhead is how many months are made beside the present one.
const monthsAhead = 2

// strayLimit is up to where rows in a default partition are counted.
const strayLimit = 100_000

const (
	// partitionLock is the lock of who makes or drops partitions.
	partitionLock = 7_301_002
	// partitionPatience bounds the waiting for a table that changes use: whoever comes behind waits as long. It is less than
	// what PostgreSQL takes to notice a deadlock, so that it is this that gives way and no login.
	partitionPatience = 800 * time.Millisecond
	// partitionWork bounds what is done then: the default partition is looked through, and an old month before it goes.
	partitionWork = 10 * time.Minute
)

// partitioned is a table that is cut by months on PostgreSQL.
type partitioned struct {
	table string
	// low gives the lowest value that a row of the month can have in the column that it is cut by, as SQL.
	low func(month time.Time) string
}

// cuts are in the order in which a month is made: a table after those that it refers to.
var cuts = []partitioned{
	{"approvals", lowestRequest},
	{"deliveries", lowestRequest},
	{"audit_rows", func(month time.Time) string { return strconv.FormatInt(millis(month), 10) }},
}

func lowestRequest(month time.Time) string { return "'" + lowestID("apr", month) + "'" }

// lowestID gives a text that sorts before every id that is made at that time or later, and behind all that were made
// before: an id begins with its time, in milliseconds and 12 hexadecimal digits (RFC 9562, section 5.7).
func lowestID(prefix string, at time.Time) string {
	return fmt.Sprintf("%s_%012x", prefix, max(0, at.UnixMilli()))
}

func firstOf(at time.Time) time.Time {
	year, month, _ := at.UTC().Date()
	return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
}

func (p partitioned) name(month time.Time) string { return p.table + month.Format("_2006_01") }

// month is that of a partition by its name; false for the default one.
func (p partitioned) month(name string) (time.Time, bool) {
	suffix, _ := strings.CutPrefix(name, p.table)
	month, err := time.Parse("_2006_01", suffix)
	return month, err == nil
}

// Partitions is what a look at the months found and did.
type Partitions struct {
	// Made and Dropped are names of partitions.
	Made, Dropped []string
	// Stray is how many rows fit no month, by table, up to 100,000; only tables that have some. They are found and kept
	// like all others, but each statement looks there too, and their month cannot be made as long as they are there.
	Stray map[string]int64
}

// KeepPartitions makes the months that come, drops old ones that nothing was ever left in, and counts what fits none. It
// is called each day, and does nothing on SQLite.
func (s *Store) KeepPartitions(ctx context.Context) (Partitions, error) {
	if !s.dialect.postgres {
		return Partitions{}, nil
	}
	var kept Partitions
	now := time.Now() // as ids have it, whatever the rooms are told
	made, err := s.MakePartitions(ctx, now, firstOf(now).AddDate(0, monthsAhead, 0))
	kept.Made = made
	if err != nil {
		return kept, err
	}
	if kept.Dropped, err = s.dropEmpty(ctx, firstOf(now.Add(-audit.Life))); err != nil {
		return kept, err
	}
	kept.Stray, err = s.strays(ctx)
	if err == nil {
		s.stray.Store(&kept.Stray)
	}
	return kept, err
}

// openPartitions makes the months before the first row comes. A server that is busy has them already.
func (s *Store) openPartitions(ctx context.Context, log *slog.Logger) error {
	now := time.Now()
	_, err := s.MakePartitions(ctx, now, firstOf(now).AddDate(0, monthsAhead, 0))
	if errors.Is(err, ErrUnavailable) && ctx.Err() == nil {
		log.WarnContext(ctx, "months of the database were not made ahead; it is tried again", slog.String("error", err.Error()))
		err = nil
	}
	return err
}

// Stray gives the count of rows that fit no month, by table, as the last look found it; nil where all do.
func (s *Store) Stray() map[string]int64 {
	if counted := s.stray.Load(); counted != nil {
		return *counted
	}
	return nil
}

// MakePartitions makes the months from one time to another that are not there yet. A month that has rows in the default
// partition stays there.
func (s *Store) MakePartitions(ctx context.Context, from, to time.Time) (made []string, err error) {
	if !s.dialect.postgres {
		return nil, nil
	}
	there, err := s.partitions(ctx)
	if err != nil {
		return nil, err
	}
	for month := firstOf(from); !month.After(to); month = month.AddDate(0, 1, 0) {
		for _, p := range cuts {
			name := p.name(month)
			if there[name] {
				continue
			}
			err := s.shape(ctx, p.create(month)...)
			switch {
			case hasCode(err, codeCheck): // there are rows of it in the default partition
			case err != nil:
				return made, fmt.Errorf("partition %s: %w", name, translate(err))
			default:
				made = append(made, name)
			}
		}
	}
	return made, nil
}

// codeCheck is PostgreSQL's for a row that a condition does not let be.
const codeCheck = "23514"

func hasCode(err error, code string) bool {
	var failure *pgconn.PgError
	return errors.As(err, &failure) && failure.Code == code
}

// create are the statements that make a month.
func (p partitioned) create(month time.Time) []string {
	name := p.name(month)
	statements := []string{fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s PARTITION OF %s FOR VALUES FROM (%s) TO (%s)", name, p.table, p.low(month), p.low(month.AddDate(0, 1, 0)))}
	if p.table == "audit_rows" { // TRUNCATE asks no trigger of the table above
		statements = append(statements, "CREATE OR REPLACE TRIGGER audit_rows_whole BEFORE TRUNCATE ON "+name+" EXECUTE FUNCTION refuse('audit rows cannot be deleted')")
	}
	return statements
}

// partitions are the names of those that are there.
func (s *Store) partitions(ctx context.Context) (map[string]bool, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := all[nameRow](c, `SELECT CAST(c.relname AS TEXT) FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid JOIN pg_class AS p ON p.oid = i.inhparent
		WHERE p.relkind = 'p' AND p.relnamespace = CAST(current_schema() AS regnamespace)`)
	there := map[string]bool{}
	for _, row := range rows {
		there[row.name] = true
	}
	return there, err
}

type nameRow struct{ name string }

func (r *nameRow) fields() []any { return []any{&r.name} }

// shape changes the shape of tables, one server at a time, in one transaction.
func (s *Store) shape(ctx context.Context, statements ...string) error {
	return s.shaping(ctx, func(tx *sql.Tx) error {
		for _, statement := range statements {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) shaping(ctx context.Context, work func(tx *sql.Tx) error) error {
	below, err := s.writer.DB()
	if err != nil {
		return err
	}
	tx, err := below.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	for _, statement := range []string{
		fmt.Sprintf("SET LOCAL statement_timeout = %d", partitionWork.Milliseconds()), "SET LOCAL lock_timeout = 0",
		// Who comes second finds the months made: without them its first rows would go astray.
		fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", partitionLock),
		fmt.Sprintf("SET LOCAL lock_timeout = %d", partitionPatience.Milliseconds()),
	} {
		if _, err = tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if err = work(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// old gives the partitions of a table whose months ended at the time or before, the oldest first.
func (p partitioned) old(there map[string]bool, until time.Time) []string {
	var names []string
	for name := range there {
		if month, ok := p.month(name); ok && !month.AddDate(0, 1, 0).After(until) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// errKept says that a partition has something in it that stays.
var errKept = errors.New("kept")

// dropEmpty drops the months of before the time that have nothing in them. Requests are kept as long as the account
// (docs/privacy.md), so that of those no month goes that ever had one.
func (s *Store) dropEmpty(ctx context.Context, before time.Time) (dropped []string, err error) {
	there, err := s.partitions(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range slices.Backward(cuts) {
		for _, name := range p.old(there, before) {
			err := s.dropPartition(ctx, p, name, "SELECT EXISTS (SELECT 1 FROM "+name+")")
			if err != nil && !errors.Is(err, errKept) {
				return dropped, err
			}
			if err == nil {
				dropped = append(dropped, name)
			}
		}
	}
	return dropped, nil
}

// dropPartition drops a month unless the question, which is asked while nobody can write to it, says that something in it
// stays: then it fails with errKept.
func (s *Store) dropPartition(ctx context.Context, p partitioned, name, question string, values ...any) error {
	err := s.shaping(ctx, func(tx *sql.Tx) error {
		var gone bool
		if err := tx.QueryRowContext(ctx, "SELECT to_regclass($1) IS NULL", name).Scan(&gone); err != nil || gone {
			return err // another server was here
		}
		if _, err := tx.ExecContext(ctx, "LOCK TABLE "+name+" IN SHARE MODE"); err != nil {
			return err
		}
		var stays bool
		if err := tx.QueryRowContext(ctx, question, values...).Scan(&stays); err != nil {
			return err
		}
		if stays {
			return errKept
		}
		// What others refer to must be let go of first: that looks whether somebody does.
		for _, statement := range []string{"ALTER TABLE " + p.table + " DETACH PARTITION " + name, "DROP TABLE " + name} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, errKept) {
		return fmt.Errorf("partition %s was not dropped: %w", name, translate(err))
	}
	return err
}

// strays counts the rows that fit no month.
func (s *Store) strays(ctx context.Context) (map[string]int64, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	var found map[string]int64
	for _, p := range cuts {
		row, err := one[countRow](c, errRefused, "SELECT COUNT(*) FROM (SELECT 1 FROM "+p.table+"_default LIMIT "+number+") AS stray", strayLimit)
		if err != nil {
			return nil, err
		}
		if row.count > 0 {
			if found == nil {
				found = map[string]int64{}
			}
			found[p.table] = row.count
		}
	}
	return found, nil
}

type countRow struct{ count int64 }

func (r *countRow) fields() []any { return []any{&r.count} }
