package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/aye/approval"
)

// TestRowsThatChangeTogether: of changes of single rows that two nodes make at one time each is made once, each caller hears of
// its own, one that fails harms no neighbour, and who has gone is left out.
func TestRowsThatChangeTogether(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]changeOfRow{"that stay": (*Store).updateRow, "that may be lost": (*Store).noteRow} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changeTogether(t, change)
		})
	}
}

type changeOfRow func(s *Store, ctx context.Context, row string, only func(tx *transaction) (int64, error)) (bool, error)

func changeTogether(t *testing.T, change changeOfRow) {
	t.Helper()
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
		return change(s, ctx, name, func(tx *transaction) (int64, error) {
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

// TestALostNote: a note of which nobody knows whether it was made is made again, and its caller hears of no failure.
func TestALostNote(t *testing.T) {
	t.Parallel()
	one, _, address := openNotes(t)
	if err := one.write(t.Context(), jot("note")); err != nil {
		t.Fatal(err)
	}
	through := newCutter(t, address)
	s := openNode(t, through.address, 8)
	through.arm()
	_, err := s.noteRow(t.Context(), "note", func(tx *transaction) (int64, error) {
		return tx.exec("UPDATE notes SET times = times + 1 WHERE name = ?", "note")
	})
	if err != nil {
		t.Errorf("it ended with %v", err)
	}
	through.made(t)
	var times int
	if err := one.writer.Raw("SELECT times FROM notes WHERE name = 'note'").Scan(&times).Error; err != nil || times < 1 {
		t.Errorf("%d times, %v", times, err)
	}
}

// TestWhatWaitsForNoDisk: what was told of a push waits for no disk, and nothing else is in its transaction. That a release code was
// handed out waits.
func TestWhatWaitsForNoDisk(t *testing.T) {
	t.Parallel()
	s, _, _ := openNotes(t)
	var mu sync.Mutex
	var seen []string
	s.Watch(func(query string, _ []any) {
		mu.Lock()
		defer mu.Unlock()
		verb, _, _ := strings.Cut(query, " SET ")
		seen = append(seen, verb)
	})
	at := time.Now()
	if _, err := s.Deliver(t.Context(), approval.Delivery{RequestID: "apr_1", DeviceID: "dev_1", State: approval.Fetched, Updated: at}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.HandOut(t.Context(), "apr_1", at, at); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	want := []string{begin, lockBeside, "SET LOCAL synchronous_commit = off", "UPDATE deliveries", "COMMIT", begin, lockBeside, "UPDATE approvals", "COMMIT"}
	if !slices.Equal(seen, want) {
		t.Errorf("%q", seen)
	}
}
