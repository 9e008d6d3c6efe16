package broker

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

// Healing finds in the database the changes that nobody hinted at. It asks once for the whole node, however many wait.
type Healing struct {
	Changes Changes
	// Begin is called before each look; it may be nil.
	Begin func()
	// Hint is called once for each topic that changed since the look before.
	Hint func(topic string)
	// All is called when the database answers again: what changed meanwhile is not known, so all who wait are to look.
	All func(ctx context.Context)
	// Failed is called after each look that failed.
	Failed func(ctx context.Context, err error)

	since time.Time
	// seen is what the look before found. What stands in the list again was hinted at.
	seen map[Change]struct{}
}

// Run looks until ctx ends.
func (h *Healing) Run(ctx context.Context) {
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
			h.Failed(ctx, err)
			failed = true
		case err == nil && failed: // the database may have lost its list with the trouble that it had
			failed = false
			hinting.Go(func() { h.All(ctx) })
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (h *Healing) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, healTime)
	defer cancel()
	if h.Begin != nil {
		h.Begin()
	}
	found, next, err := h.Changes(ctx, h.since)
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
			h.Hint(c.Topic)
		}
	}
	h.since, h.seen = next, seen
	return nil
}

// Spread hints at all who wait on the topics, not all at one time.
func Spread(ctx context.Context, topics []string, hint func(topic string)) {
	for some := range slices.Chunk(topics, allAtOnce) {
		for _, topic := range some {
			hint(topic)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(allEvery):
		}
	}
}

// Heal hints at those who wait here for what changed by another process, until ctx ends: for a database on which several
// work that have no other way to tell each other. failed is called after each look that failed.
func (m *Memory) Heal(ctx context.Context, changes Changes, failed func(ctx context.Context, err error)) {
	healing := Healing{
		Changes: changes, Hint: m.hint, Failed: failed,
		All: func(ctx context.Context) {
			m.mu.RLock()
			topics := slices.Collect(maps.Keys(m.topics))
			m.mu.RUnlock()
			Spread(ctx, topics, m.hint)
		},
	}
	healing.Run(ctx)
}
