package broker

import "sync"

// Memory is the broker of a single process. The zero value is not ready; use [NewMemory].
type Memory struct {
	mu     sync.RWMutex
	next   uint64
	topics map[string]map[uint64]func()
}

// NewMemory makes a broker for one process.
func NewMemory() *Memory { return &Memory{topics: map[string]map[uint64]func(){}} }

// Publish hints at everybody who is subscribed to the topic.
func (m *Memory) Publish(topic string) {
	m.mu.RLock()
	hints := make([]func(), 0, len(m.topics[topic]))
	for _, hint := range m.topics[topic] {
		hints = append(hints, hint)
	}
	m.mu.RUnlock()
	for _, hint := range hints {
		hint()
	}
}

// Subscribe calls hint after each change of the topic, until the returned function is
// called. hint must return at once: start a goroutine, or use [Signal].
func (m *Memory) Subscribe(topic string, hint func()) (cancel func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next++
	id := m.next
	if m.topics[topic] == nil {
		m.topics[topic] = map[uint64]func(){}
	}
	m.topics[topic][id] = hint
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.topics[topic], id)
		if len(m.topics[topic]) == 0 {
			delete(m.topics, topic)
		}
	}
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
