package store

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

const (
	// groupsAtOnce is how many groups of a line are under way at one time: while one is committed, the next one is made.
	groupsAtOnce = 2
	// groupSize is how many are in a group at most.
	groupSize = 64
)

// line is what waits, and is done in groups: all that came while others were busy. There is no timer: who comes alone goes alone.
type line[T interface{ take() bool }] struct {
	// do does a group, and tells when the next one may begin, before it returns at the latest. All in it were taken.
	do func(all []T, next func())

	// first is held by the group that keeps the next one from beginning.
	first sync.Mutex

	mu      sync.Mutex
	waiting []T
	under   int
}

func (l *line[T]) add(one T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, one)
	if l.under < groupsAtOnce {
		l.under++
		go l.work()
	}
}

// again lets some wait once more, before all others. Only who is doing a group calls it: so somebody comes back for them.
func (l *line[T]) again(some []T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(some, l.waiting...)
}

// work does groups until nothing waits.
func (l *line[T]) work() {
	for {
		l.first.Lock()
		runtime.Gosched() // whoever is about to come does so first
		l.mu.Lock()
		n := min(len(l.waiting), groupSize)
		all := l.waiting[:n:n]
		l.waiting = l.waiting[n:]
		if n == 0 {
			l.under--
		}
		l.mu.Unlock()
		next := sync.OnceFunc(l.first.Unlock)
		if n > 0 {
			l.do(slices.DeleteFunc(all, func(one T) bool { return !one.take() }), next)
		}
		next()
		if n == 0 {
			return
		}
	}
}

// turn belongs to whoever takes it first: the group that it is in, or the caller that has gone.
type turn struct{ taken atomic.Bool }

func (t *turn) take() bool { return !t.taken.Swap(true) }
