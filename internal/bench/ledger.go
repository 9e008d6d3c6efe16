package bench

import "sync"

// ledger writes down what the server has acknowledged, and must therefore keep.
type ledger struct {
	mu  sync.Mutex
	ids map[string]bool // true where the redeem was acknowledged too
}

// decided notes that a decision was answered with 200.
func (l *ledger) decided(id string) { l.note(id, false) }

// redeemed notes that a redeem was.
func (l *ledger) redeemed(id string) { l.note(id, true) }

func (l *ledger) note(id string, redeemed bool) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ids == nil {
		l.ids = map[string]bool{}
	}
	l.ids[id] = redeemed
}

// take gives what was noted and begins anew.
func (l *ledger) take() map[string]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := l.ids
	l.ids = nil
	return ids
}
