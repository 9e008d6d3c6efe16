package soak

import (
	"context"
	"os"
	"slices"
	"time"
)

// fault is one thing that goes wrong, for a while. It returns when all is as before.
type fault struct {
	name string
	do   func(ctx context.Context, w *town, lasts time.Duration) error
	// hurts says that calls must stay without an answer during it: else it did not happen.
	hurts bool
	// way is what it disturbs, nil for the others.
	way *way
}

// faults are all that can go wrong in the town.
func (w *town) faults() []fault {
	all := append(slices.Clone(w.extra), []fault{
		{name: "kill -9 of a node", hurts: true, do: func(ctx context.Context, w *town, lasts time.Duration) error {
			n := w.nodes[below(len(w.nodes))]
			n.kill()
			wait(ctx, lasts/4)
			return n.start(context.WithoutCancel(ctx))
		}},
		{name: "stop of a node", hurts: true, do: func(ctx context.Context, w *town, _ time.Duration) error {
			n := w.nodes[below(len(w.nodes))]
			n.stop()
			return n.start(context.WithoutCancel(ctx))
		}},
		{name: "clock 10 min ahead", do: jump(leap)},
		{name: "clock 10 min behind", do: jump(-leap)},
	}...)
	for _, way := range w.ways {
		all = append(all, way.faults()...)
	}
	return all
}

// leap is how wrong a clock is.
const leap = 10 * time.Minute

// jump makes the clock of one node wrong.
func jump(by time.Duration) func(context.Context, *town, time.Duration) error {
	return func(ctx context.Context, w *town, lasts time.Duration) error {
		n := w.nodes[below(len(w.nodes))]
		if err := os.WriteFile(n.clock, []byte(by.String()), 0o600); err != nil {
			return err
		}
		wait(ctx, lasts)
		return os.WriteFile(n.clock, []byte("0s"), 0o600)
	}
}

// wait lets the time pass, or the soak end.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
