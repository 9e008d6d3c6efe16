package nats

import "time"

// SubjectOf is what a topic is called at NATS.
var SubjectOf = subjectOf

// Pause is how long to wait before a try to connect.
var Pause = pause

// MaxHints is how many may wait to go out.
const MaxHints = maxHints

// Waiting is how many do.
func (b *Broker) Waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.hints)
}

// SetPatience sets how long a waiter waits for the server, before Connect.
func (b *Broker) SetPatience(d time.Duration) { b.patience = d }

// SetAnswer sets how long the server has to answer behind new subscriptions, before Connect.
func (b *Broker) SetAnswer(d time.Duration) { b.answer = d }

// Interests is how many topics the broker knows of.
func (b *Broker) Interests() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.interests)
}
