package bench

import (
	"context"
	"time"
)

// pace calls begin at a steady pace for a time, and gives the most that it was behind. What
// begin starts must not hold it up. Where it is behind it catches up: who comes to log in
// does not wait until others are through. It ends early when begin says so.
func pace(ctx context.Context, perSecond int, duration time.Duration, begin func() bool) (time.Duration, error) {
	var behind time.Duration
	start, gap := time.Now(), time.Second/time.Duration(perSecond)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for due := time.Duration(0); due < duration; due += gap {
		timer.Reset(due - time.Since(start))
		select {
		case <-timer.C:
		case <-ctx.Done():
			return behind, context.Cause(ctx)
		}
		behind = max(behind, time.Since(start)-due)
		if !begin() {
			break
		}
	}
	return behind, nil
}
