package accounts

import (
	"context"
	"sync"
)

// line is a number of places, and those who wait for one.
type line struct {
	places chan struct{}

	mu    sync.Mutex
	there int            // at a place, or waiting
	each  map[string]int // of them, by what they have in common
}

func newLine(places int) *line {
	return &line{places: make(chan struct{}, places), each: map[string]int{}}
}

// enter waits for a place. It gives [ErrBusy] at once where too many wait, or too many are there that have something in common with
// who comes: nobody fills the line alone.
func (l *line) enter(ctx context.Context, common ...string) (leave func(), err error) {
	if !l.join(common) {
		return nil, ErrBusy
	}
	select {
	case l.places <- struct{}{}:
		return func() { <-l.places; l.part(common) }, nil
	case <-ctx.Done():
		l.part(common)
		return nil, ctx.Err()
	}
}

func (l *line) join(common []string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.there >= cap(l.places)+HashQueue {
		return false
	}
	for _, name := range common {
		if l.each[name] >= HashQueueEach {
			return false
		}
	}
	l.there++
	for _, name := range common {
		l.each[name]++
	}
	return true
}

func (l *line) part(common []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.there--
	for _, name := range common {
		if l.each[name]--; l.each[name] == 0 {
			delete(l.each, name)
		}
	}
}
