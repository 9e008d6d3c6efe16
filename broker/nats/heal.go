package nats

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// healEvery is how often the database is asked for what changed: with the answer, a lost hint is made up for within 3 s.
	healEvery = time.Second
	// healTime is how long one look may take.
	healTime = 5 * time.Second
	// After a look that failed, all who wait look for themselves: so many at once, so often.
	allAtOnce = 500
	allEvery  = 100 * time.Millisecond
)

// Change is one line of the database's list of changes.
type Change struct {
	Topic string
	// At is when it was made, by the database's clock: it tells two changes of a topic apart.
	At time.Time
}

// Changes asks the database for what changed since a moment, and for the moment to go on from. A
// change that was answered before may be answered again: the list goes back further than asked, for
// changes that were made earlier than others and seen later. A zero moment begins, and gives none.
type Changes func(ctx context.Context, since time.Time) ([]Change, time.Time, error)

// Heal finds in the database the changes whose hints were lost, and hints at those who wait for them
// here, until ctx ends. It asks once for the whole node, however many wait.
func (b *Broker) Heal(ctx context.Context, changes Changes) {
	h := healer{changes: changes, begin: b.begin, hint: b.heal}
	tick := time.NewTicker(healEvery)
	defer tick.Stop()
	var hinting sync.WaitGroup
	defer hinting.Wait()
	failed := false
	for {
		err := h.look(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			h.since, h.seen = time.Time{}, nil
			b.log.troubled(ctx, aboutHeal, "the database was not asked for changes and is asked again; pages that wait do not hear of what other servers did meanwhile", err)
			failed = true
		case err == nil && failed: // the database may have lost its list with the trouble that it had
			failed = false
			hinting.Go(func() { b.hintAll(ctx) })
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// healer remembers where it is in the list of changes.
type healer struct {
	changes Changes
	// begin counts a look, and hint is called for each topic that changed since the look before, counted as last.
	begin func() uint64
	hint  func(topic string, last uint64)

	since time.Time
	last  uint64
	// seen is what the look before found. What stands in the list again was hinted at.
	seen map[Change]struct{}
}

func (h *healer) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, healTime)
	defer cancel()
	round := h.begin()
	found, next, err := h.changes(ctx, h.since)
	if err != nil {
		return err
	}
	seen, hinted := make(map[Change]struct{}, len(found)), map[string]struct{}{}
	for _, c := range found {
		// A time is compared without its place.
		c.At = c.At.UTC()
		seen[c] = struct{}{}
		if _, again := h.seen[c]; again {
			continue
		}
		if _, again := hinted[c.Topic]; !again {
			hinted[c.Topic] = struct{}{}
			h.hint(c.Topic, h.last)
		}
	}
	h.since, h.last, h.seen = next, round, seen
	return nil
}

// hintAll has everybody who waits here look, not all at one time.
func (b *Broker) hintAll(ctx context.Context) {
	b.mu.Lock()
	subjects := slices.Collect(maps.Keys(b.interests))
	b.mu.Unlock()
	for some := range slices.Chunk(subjects, allAtOnce) {
		for _, subject := range some {
			b.local.Publish(subject)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(allEvery):
		}
	}
}

func (b *Broker) begin() uint64 { return b.round.Add(1) }

// heal hints at those who wait here for a topic that changed after the look that is counted as last.
// It does so too where a hint was heard since: that may have been one of an earlier change.
func (b *Broker) heal(topic string, last uint64) {
	subject := subjectOf(topic)
	b.mu.Lock()
	i := b.interests[subject]
	missed := i != nil && i.heard < last
	if missed {
		i.heard = b.round.Load()
	}
	b.mu.Unlock()
	if i == nil {
		return
	}
	if missed {
		b.healed.Add(1)
	}
	b.local.Publish(subject)
}
