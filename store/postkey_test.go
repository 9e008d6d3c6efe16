package store

import (
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
)

// TestAKeyThatWasUndone: what is posted behind a transaction that made the key for it, and was undone, can be read on another node.
func TestAKeyThatWasUndone(t *testing.T) {
	t.Parallel()
	letter := accounts.Letter{Kind: accounts.LetterReset, Token: "canary"}
	failed := errors.New("failed")
	for name, undo := range map[string]func(t *testing.T, s *Store){
		"by itself": func(t *testing.T, s *Store) {
			t.Helper()
			err := s.about("a").write(t.Context(), func(tx *transaction) error {
				return errors.Join(tx.post(time.Now(), letter, letter), failed)
			})
			if !errors.Is(err, failed) {
				t.Error(err)
			}
		},
		"by a neighbour": func(t *testing.T, s *Store) {
			t.Helper()
			open, _ := s.group.(fitting)
			below, _ := open.maker.(*parallel)
			groups := below.groups
			groups.waits.first.Lock() // both come into one group
			var all sync.WaitGroup
			for name, rounds := range map[string]int{"makes it": 0, "finds it": 3} {
				all.Go(func() {
					_ = s.about(name).together().write(t.Context(), func(tx *transaction) error {
						if _, grouped := tx.pool.(*seat); !grouped {
							return failed
						}
						var failures []error
						for round := range 8 {
							if round == rounds {
								failures = append(failures, tx.post(time.Now(), letter))
							}
							_, err := tx.exec("SELECT 1")
							failures = append(failures, err)
						}
						if rounds == 0 {
							failures = append(failures, failed)
						}
						return errors.Join(failures...)
					})
				})
			}
			for both := false; !both; runtime.Gosched() {
				groups.waits.mu.Lock()
				both = len(groups.waits.waiting) == 2
				groups.waits.mu.Unlock()
			}
			groups.waits.first.Unlock()
			all.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, two, _ := openNotes(t)
			undo(t, one)
			if err := one.Write(t.Context(), audit.Entry{At: time.Now(), Tell: []any{letter}}); err != nil {
				t.Fatal(err)
			}
			if posts, err := two.TakePosts(t.Context(), Soon, time.Now().Add(time.Second), 9); err != nil || len(posts) != 1 {
				t.Errorf("%d posts, %v", len(posts), err)
			}
		})
	}
}
