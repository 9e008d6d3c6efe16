package nats

import (
	"context"
	"maps"
	"slices"

	"example.com/aye/broker"
)

// Heal finds in the database the changes whose hints were lost, and hints at those who wait for them
// here, until ctx ends.
func (b *Broker) Heal(ctx context.Context, changes broker.Changes) {
	var last, round uint64 // the look before, and the one at hand
	healing := broker.Healing{
		Changes: changes,
		Begin:   func() { last, round = round, b.begin() },
		Hint:    func(topic string) { b.heal(topic, last) },
		All:     b.hintAll,
		Failed: func(ctx context.Context, err error) {
			b.log.troubled(ctx, aboutHeal, "the database was not asked for changes and is asked again; pages that wait do not hear of what other servers did meanwhile", err)
		},
	}
	healing.Run(ctx)
}

// hintAll has everybody who waits here look, not all at one time.
func (b *Broker) hintAll(ctx context.Context) {
	b.mu.Lock()
	subjects := slices.Collect(maps.Keys(b.interests))
	b.mu.Unlock()
	broker.Spread(ctx, subjects, b.local.Publish)
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
