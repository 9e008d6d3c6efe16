package broker

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Memory is the broker of a single process. The zero value is not ready; use [NewMemory].
type Memory struct {
	mu   sync.RWMutex
	next uint64
	// topics have few subscribers each, mostly one, and there are many of them.
	topics map[string][]subscriber
	here   atomic.Int64
}

type subscriber struct {
	id   uint64
	hint func()
}

// NewMemory makes a broker for one process.
func NewMemory() *Memory { return &Memory{topics: map[string][]subscriber{}} }

// Publish hints at everybody who is subscribed to the topic.
func (m *Memory) Publish(topic string) {
	m.here.Add(1)
	m.hint(topic)
}

func (m *Memory) hint(topic string) {
	m.mu.RLock()
	hints := slices.Clone(m.topics[topic])
	m.mu.RUnlock()
	for _, s := range hints {
		s.hint()
	}
}

// Subscribe calls hint after each change of the topic, until the returned function is
// called. hint must return at once: start a goroutine, or use [Signal].
func (m *Memory) Subscribe(topic string, hint func()) (cancel func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next++
	id := m.next
	m.topics[topic] = append(m.topics[topic], subscriber{id, hint})
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		left := slices.DeleteFunc(m.topics[topic], func(s subscriber) bool { return s.id == id })
		if len(left) == 0 {
			delete(m.topics, topic)
		} else {
			m.topics[topic] = left
		}
	}
}

// Statistics is what it did since it began.
func (m *Memory) Statistics() Statistics {
	return Statistics{Here: m.here.Load(), Connected: true}
}

// Signal gives a channel that has a value when there was a hint since it was last
// received from, and the function to subscribe with.
func Signal() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	return c, func() {
		select {
		case c <- struct{}{}:
		default: // one is waiting already, and it says the same
		}
	}
}
