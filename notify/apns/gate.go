package apns

import (
	"context"
	"sync/atomic"
)

// inFlight is how many pushes share a connection; Apple allows more, but more is slower.
const inFlight = 100

// gate lets the first push after connecting go alone, and then many at a time.
type gate struct {
	room  chan struct{}
	alone chan struct{}
	warm  atomic.Bool // Apple has accepted our provider token on the open connection
}

func newGate() *gate {
	return &gate{room: make(chan struct{}, inFlight), alone: make(chan struct{}, 1)}
}

// enter waits for a place. What it gives back frees the place again, and is told whether
// Apple let us in.
func (g *gate) enter(ctx context.Context) (leave func(welcome bool), err error) {
	select {
	case g.room <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if g.warm.Load() {
		return func(bool) { <-g.room }, nil
	}
	select {
	case g.alone <- struct{}{}:
	case <-ctx.Done():
		<-g.room
		return nil, ctx.Err()
	}
	if g.warm.Load() {
		<-g.alone
		return func(bool) { <-g.room }, nil
	}
	return func(welcome bool) {
		if welcome {
			g.warm.Store(true)
		}
		<-g.alone
		<-g.room
	}, nil
}

// cold makes the next push go alone: there is a new connection, or none.
func (g *gate) cold() { g.warm.Store(false) }
