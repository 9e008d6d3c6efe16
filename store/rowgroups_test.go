package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
)

// TestRowsThatChangeTogether: of changes of single rows that two nodes make at one time each is made once, each caller hears of
// its own, one that fails harms no neighbour, and who has gone is left out.
func TestRowsThatChangeTogether(t *testing.T) {
	t.Parallel()
	one, two, _ := openNotes(t)
	const count, times = 20, 30
	for n := range count {
		if err := one.write(t.Context(), jot(fmt.Sprintf("note %02d", n))); err != nil {
			t.Fatal(err)
		}
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	add := func(ctx context.Context, s *Store, n, by int) (bool, error) {
		name := fmt.Sprintf("note %02d", n)
		return s.updateRow(ctx, name, func(tx *transaction) (int64, error) {
			return tx.exec("UPDATE notes SET times = times + 1 / CAST(? AS BIGINT) WHERE name = ?", by, name)
		})
	}
	var all sync.WaitGroup
	for i := range times {
		for n := range count {
			for node, s := range []*Store{one, two} {
				all.Go(func() {
					at := n
					if node == 1 {
						at = count - 1 - n // the other way round
					}
					if made, err := add(t.Context(), s, at, 1); !made || err != nil {
						t.Errorf("%v, %v", made, err)
					}
				})
			}
		}
		all.Go(func() {
			if made, err := add(t.Context(), one, count+i, 1); made || err != nil {
				t.Errorf("of no row: %v, %v", made, err)
			}
		})
		if i == 0 {
			all.Go(func() {
				if made, err := add(t.Context(), one, i, 0); made || err == nil {
					t.Errorf("that fails: %v, %v", made, err)
				}
			})
		}
		all.Go(func() {
			if made, err := add(gone, two, i%count, 1); made || !errors.Is(err, context.Canceled) {
				t.Errorf("of somebody who has gone: %v, %v", made, err)
			}
		})
	}
	all.Wait()
	var wrong []string
	if err := one.writer.Raw("SELECT name || ': ' || times FROM notes WHERE times <> ?", 2*times).Scan(&wrong).Error; err != nil || len(wrong) > 0 {
		t.Errorf("%v, %v", wrong, err)
	}
	changes, commits := one.group.made()
	if changes < count*times || commits >= changes {
		t.Errorf("%d changes in %d commits", changes, commits)
	}
}
