package bare

import (
	"errors"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"example.com/aye/internal/pgtest"
)

func openStore(t testing.TB, path string, each bool) *Store {
	t.Helper()
	s, err := OpenStore(t.Context(), path, each)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// opened opens a database again and again.
type opened func(each bool) *Store

// databases gives each kind of database, empty.
func databases(t *testing.T) map[string]opened {
	t.Helper()
	path, address := filepath.Join(t.TempDir(), "db"), pgtest.Empty(t)
	return map[string]opened{
		"SQLite": func(each bool) *Store { return openStore(t, path, each) },
		"PostgreSQL": func(each bool) *Store {
			s, err := OpenPostgres(t.Context(), address, each)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		},
	}
}

// example is request n of a device of its own.
func example(n int64) Request {
	now := time.Now()
	return Request{
		ID: n, Membership: "mem_1", Device: "dev_" + strconv.FormatInt(n, 10), Number: "047", Nonce: "nonce", Challenge: "challenge", ChallengeHash: "hash",
		Created: now.UnixMilli(), Expires: now.Add(time.Minute).UnixMilli(),
	}
}

// Of many who decide at one time one wins, and those who lose, or fail, harm no neighbour.
func TestGroupCommit(t *testing.T) {
	t.Parallel()
	for name, each := range map[string]bool{"grouped": false, "each": true} {
		for database, open := range databases(t) {
			t.Run(database+", "+name, func(t *testing.T) {
				t.Parallel()
				manyDecide(t, open(each))
			})
		}
	}
}

func manyDecide(t *testing.T, s *Store) {
	t.Helper()
	const requests, callers = 20, 4
	var wins [requests]int
	var mu sync.Mutex
	var all sync.WaitGroup
	for n := range requests {
		if err := s.Ask(example(int64(n + 1))); err != nil {
			t.Fatal(err)
		}
		for range callers {
			all.Go(func() {
				won, err := s.Decide(int64(n+1), Approved, "signed", time.Now().UnixMilli())
				if err != nil {
					t.Error(err)
				}
				if won {
					mu.Lock()
					wins[n]++
					mu.Unlock()
				}
			})
			all.Go(func() {
				if s.Ask(example(int64(n+1))) == nil {
					t.Error("one id twice")
				}
			})
		}
	}
	all.Wait()
	for n, count := range wins {
		if count != 1 {
			t.Errorf("request %d was decided %d times", n+1, count)
		}
	}
}

// One transaction holds a whole batch, and the outcome of each statement is its own.
func TestGroup(t *testing.T) {
	t.Parallel()
	s, _ := openStore(t, filepath.Join(t.TempDir(), "db"), false).engine.(*lite)
	r := example(1)
	first := []any{r.ID, r.Membership, r.Device, r.Number, r.Nonce, r.Challenge, r.ChallengeHash, r.Created, r.Expires}
	batch := []*waiting{
		{statement: s.statements[ask], arguments: first},
		{statement: s.statements[release], arguments: []any{r.Created, r.ID}}, // it is not approved
		{statement: s.statements[ask], arguments: first},                      // the id is taken
		{statement: s.statements[fetch], arguments: []any{r.Created, r.ID}},
	}
	for _, w := range batch {
		w.done = make(chan struct{})
	}
	s.group(t.Context(), batch)
	for i, want := range []struct{ changed, failed bool }{{true, false}, {false, false}, {false, true}, {true, false}} {
		<-batch[i].done
		if batch[i].changed != want.changed || (batch[i].err != nil) != want.failed {
			t.Errorf("statement %d: %v, %v", i, batch[i].changed, batch[i].err)
		}
	}
	if got, err := s.Request(t.Context(), 1); err != nil || got.State != Pending {
		t.Errorf("%+v, %v", got, err)
	}
}

// A request goes along its states once, and is found again after a restart.
func TestStatesSurvive(t *testing.T) {
	t.Parallel()
	for database, open := range databases(t) {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			survive(t, open)
		})
	}
}

func survive(t *testing.T, open opened) {
	t.Helper()
	s := open(false)
	r := example(7)
	if err := s.Ask(r); err != nil {
		t.Fatal(err)
	}
	for i, step := range []func() (bool, error){
		func() (bool, error) { return s.Deliver(r.ID, Accepted) },
		func() (bool, error) { return s.Fetch(r.ID, r.Created) },
		func() (bool, error) { return s.Decide(r.ID, Approved, "signed", r.Created) },
		func() (bool, error) { return s.HandOut(r.ID, r.Created) },
	} {
		for _, want := range []bool{true, false} {
			if changed, err := step(); err != nil || changed != want {
				t.Errorf("step %d: %v, %v", i, changed, err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Ask(example(8)); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	s = open(false)
	if got, err := s.Request(t.Context(), r.ID); err != nil || got.State != Approved || got.Decided != r.Created || got.HandedOut != r.Created {
		t.Errorf("%+v, %v", got, err)
	}
	if last, err := s.Last(t.Context()); err != nil || last != r.ID {
		t.Errorf("last %d, %v", last, err)
	}
	if all, err := s.Pending(t.Context(), r.Device, r.Created); err != nil || len(all) != 0 {
		t.Errorf("pending %v, %v", all, err)
	}
	if won, err := s.Release(r.ID, r.Created); err != nil || !won {
		t.Errorf("release: %v, %v", won, err)
	}
	late := example(9)
	if err := s.Ask(late); err != nil {
		t.Fatal(err)
	}
	if won, err := s.Decide(late.ID, Approved, "signed", late.Expires); err != nil || won {
		t.Errorf("decided too late: %v, %v", won, err)
	}
	if _, err := s.Request(t.Context(), 1); !errors.Is(err, errNotFound) {
		t.Errorf("a request that never was: %v", err)
	}
}

func TestProbes(t *testing.T) {
	t.Parallel()
	const d = 5 * time.Millisecond
	for name, probe := range map[string]func() (Rate, error){
		"fsync":   func() (Rate, error) { return Fsync(t.Context(), t.TempDir(), d) },
		"commits": func() (Rate, error) { return Commits(t.Context(), filepath.Join(t.TempDir(), "db"), d) },
		"sign":    func() (Rate, error) { return Sign(t.Context(), d) },
		"verify":  func() (Rate, error) { return Verify(t.Context(), d) },
	} {
		rate, err := probe()
		if err != nil || rate.Count == 0 || rate.PerSecond() <= 0 || rate.P50 <= 0 || rate.P99 < rate.P50 || rate.Took < d {
			t.Errorf("%s: %+v, %v", name, rate, err)
		}
	}
}

// BenchmarkAsk is 64 callers who store requests at one time.
func BenchmarkAsk(b *testing.B) {
	for name, each := range map[string]bool{"grouped": false, "each": true} {
		b.Run(name, func(b *testing.B) {
			s := openStore(b, filepath.Join(b.TempDir(), "db"), each)
			ids := make(chan int64, 64)
			var callers sync.WaitGroup
			for range 64 {
				callers.Go(func() {
					for id := range ids {
						if err := s.Ask(example(id)); err != nil {
							b.Error(err)
						}
					}
				})
			}
			for n := range b.N {
				ids <- int64(n + 1)
			}
			close(ids)
			callers.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "asks/s")
		})
	}
}
