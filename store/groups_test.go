package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"gorm.io/gorm"

	"example.com/aye/internal/audit"
)

// countRowOf is how often a note was counted.
type countRowOf struct{ times int64 }

func (r *countRowOf) fields() []any { return []any{&r.times} }

// TestChangesThatShareATransaction: of changes that two nodes make at one time each finds what it would find alone, is made once or not at
// all, and tells its caller what became of it, whatever becomes of those beside it.
func TestChangesThatShareATransaction(t *testing.T) {
	t.Parallel()
	one, two, _ := openNotes(t)
	const names, times = 10, 25
	troubled := func(i, n, node int) bool { return i%5 == 0 && (n+node)%5 == 0 }
	for n := range names {
		if err := one.write(t.Context(), jot(fmt.Sprintf("note %d", n))); err != nil {
			t.Fatal(err)
		}
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	// counts looks, and writes what follows from the look: who looks at the same time as another one loses a count.
	counts := func(tx *transaction, name string, by int64) error {
		read := soon[countRowOf](tx, "SELECT times FROM notes WHERE name = ?", name)
		again := soon[countRowOf](tx, "SELECT times FROM notes WHERE name = ?", name)
		rows, err := read()
		if err != nil {
			return err
		}
		same, err := again()
		if err != nil || same[0] != rows[0] {
			return fmt.Errorf("two looks: %v and %v, %w", rows, same, err)
		}
		_, err = tx.exec("UPDATE notes SET times = ? WHERE name = ?", rows[0].times+by, name)
		return err
	}
	failed := errors.New("failed")
	ends := map[string]struct {
		change func(tx *transaction, name string) (bool, error)
		held   bool
		err    error
	}{
		"made": {func(tx *transaction, name string) (bool, error) {
			return true, errors.Join(counts(tx, name, 1), record(tx, audit.Entry{Organisation: "org_" + name[5:6], Action: "note.made"}))
		}, true, nil},
		"made at the end": {func(tx *transaction, name string) (bool, error) {
			return true, tx.write("UPDATE notes SET times = times + 1 WHERE name = ?", name)
		}, true, nil},
		"with gorm": {func(tx *transaction, name string) (bool, error) {
			before := int64(-1000)
			_ = tx.Raw("SELECT times FROM notes WHERE name = ?", name).Scan(&before).Error // it hides that it could not look
			return true, tx.Exec("UPDATE notes SET times = ? WHERE name = ?", before+1, name).Error
		}, true, nil},
		"refused before it wrote": {func(tx *transaction, name string) (bool, error) {
			_, err := timesOf(tx, name)
			return false, errors.Join(err, record(tx, audit.Entry{Organisation: "org_0", Action: "note.refused"}))
		}, false, nil},
		"in a transaction of its own": {func(tx *transaction, name string) (bool, error) {
			return true, tx.Transaction(func(own *gorm.DB) error {
				return own.Exec("UPDATE notes SET times = times + 1000 WHERE name = ?", name).Error
			})
		}, false, errWithin},
		"refused behind a write": {func(tx *transaction, name string) (bool, error) { return false, counts(tx, name, 1000) }, false, nil},
		"failed behind a write": {func(tx *transaction, name string) (bool, error) {
			return true, errors.Join(counts(tx, name, 1000), failed)
		}, false, failed},
	}
	var all sync.WaitGroup
	for i := range times {
		for n := range names {
			for node, s := range []*Store{one, two} {
				for end, what := range ends {
					if !troubled(i, n, node) && end != "made" && end != "made at the end" { // failures break groups up: not all of them
						continue
					}
					name := fmt.Sprintf("note %d", n)
					all.Go(func() {
						held, err := s.about("note:"+name).together("org_"+name[5:6]).attempt(t.Context(), func(tx *transaction) (bool, error) { return what.change(tx, name) })
						if held != what.held || !errors.Is(err, what.err) || (what.err == nil && err != nil) {
							t.Errorf("%s: %t, %v", end, held, err)
						}
					})
				}
			}
		}
		if i%5 > 0 {
			continue
		}
		all.Go(func() {
			if err := one.about("nothing").together().write(t.Context(), func(tx *transaction) error { _, err := tx.exec("SELECT 1 / 0"); return err }); err == nil {
				t.Error("a statement that fails was no failure")
			}
		})
		all.Go(func() {
			if err := two.about("note:note 1").together().write(gone, func(tx *transaction) error { return counts(tx, "note 1", 1000) }); !errors.Is(err, context.Canceled) {
				t.Errorf("of somebody who has gone: %v", err)
			}
		})
		all.Go(func() {
			_ = two.about("note:note 3").together().write(t.Context(), func(tx *transaction) error {
				if err := counts(tx, "note 3", 1000); err != nil {
					return err
				}
				runtime.Goexit()
				return nil
			})
		})
		all.Go(func() {
			defer func() {
				if value := recover(); value != "here" {
					t.Errorf("its caller got %v", value)
				}
			}()
			_ = one.about("note:note 2").together().write(t.Context(), func(tx *transaction) error {
				if err := counts(tx, "note 2", 1000); err != nil {
					return err
				}
				panic("here")
			})
		})
	}
	all.Wait()
	var want, got int64
	for i := range times {
		for n := range names {
			for node := range 2 {
				want += 2
				if troubled(i, n, node) {
					want++
				}
			}
		}
	}
	if err := one.writer.Raw("SELECT SUM(times) FROM notes").Scan(&got).Error; err != nil || got != want {
		t.Errorf("counted %d times and not %d, %v", got, want, err)
	}
	for n := range names {
		rows, err := one.AuditRows(t.Context(), fmt.Sprintf("org_%d", n), 0, 10*times)
		if err != nil || len(rows) != 2*times {
			t.Errorf("chain %d has %d rows, %v", n, len(rows), err)
		}
		var chain audit.Verifier
		for i, row := range rows {
			if err := chain.Next(row); err != nil || row.Action != "note.made" {
				t.Fatalf("row %d of chain %d: %s, %v", i, n, row.Action, err)
			}
		}
	}
	for _, s := range []*Store{one, two} {
		if changes, commits := s.group.made(); commits >= changes {
			t.Errorf("%d changes in %d commits", changes, commits)
		}
	}
}

// timesOf is a look that is all that a change does.
func timesOf(tx *transaction, name string) (countRowOf, error) {
	return one[countRowOf](tx.conn, errRefused, "SELECT times FROM notes WHERE name = ?", name)
}
