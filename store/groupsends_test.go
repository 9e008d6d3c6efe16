package store

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"example.com/aye/internal/audit"
)

// TestEndsThatWereNotNamed: where a change appends to a chain that it did not name, and that comes before one that it did, two nodes do
// not stand in each other's way again and again.
func TestEndsThatWereNotNamed(t *testing.T) {
	t.Parallel()
	one, two, _ := openNotes(t)
	if err := one.write(t.Context(), jot("note")); err != nil {
		t.Fatal(err)
	}
	for _, chain := range []string{"org_a", "org_b"} {
		if err := one.Write(t.Context(), audit.Entry{Organisation: chain, Action: "begun"}); err != nil {
			t.Fatal(err)
		}
	}
	const callers, times = 4, 25
	began := time.Now()
	var all sync.WaitGroup
	for node, chains := range map[*Store][]string{one: {"org_b"}, two: {"org_a", "org_b"}} {
		for c := range callers {
			all.Go(func() {
				for n := range times {
					err := node.about(fmt.Sprintf("%p %d %d", node, c, n)).together(chains...).write(t.Context(), func(tx *transaction) error {
						if _, err := timesOf(tx, "note"); err != nil {
							return err
						}
						return record(tx, audit.Entry{Organisation: "org_b", Action: "said"}, audit.Entry{Organisation: "org_a", Action: "said"})
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()
	for _, chain := range []string{"org_a", "org_b"} {
		if rows, err := one.AuditRows(t.Context(), chain, 0, 1000); err != nil || len(rows) != 1+2*callers*times {
			t.Errorf("%s has %d rows, %v", chain, len(rows), err)
		}
	}
	// Each time costs the second after which PostgreSQL looks for such a thing; all of it takes a tenth of one.
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestANodeThatStandsStill: what a node has that stands still between its look and its commit, others have after a while.
func TestANodeThatStandsStill(t *testing.T) {
	t.Parallel()
	one, two, _ := openNotes(t)
	if err := one.write(t.Context(), jot("note")); err != nil {
		t.Fatal(err)
	}
	if err := one.Write(t.Context(), audit.Entry{Organisation: "org_a", Action: "begun"}); err != nil {
		t.Fatal(err)
	}
	change := func(s *Store, key string, meanwhile func()) error {
		return s.about(key).together("org_a").write(t.Context(), func(tx *transaction) error {
			if _, err := timesOf(tx, "note"); err != nil {
				return err
			}
			meanwhile()
			return record(tx, audit.Entry{Organisation: "org_a", Action: "said"})
		})
	}
	still, on, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var once sync.Once
	go func() { done <- change(one, "somebody", func() { once.Do(func() { close(still); <-on }) }) }()
	<-still
	if err := change(two, "somebody else", func() {}); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	close(on)
	if err := <-done; err != nil { // it was made anew
		t.Errorf("who stood still: %v", err)
	}
	if rows, err := one.AuditRows(t.Context(), "org_a", 0, 10); err != nil || len(rows) != 3 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}
