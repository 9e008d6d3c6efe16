package app

import (
	"context"
	"sync"
	"time"

	"example.com/aye/alerts"
	"example.com/aye/notify"
)

const (
	// failingEvery is how often the operator hears at most that a route fails.
	failingEvery = time.Hour
	// failingWaiting is how many may wait to be told.
	failingWaiting = 16
)

// failing tells the operator that Apple or Google fails. Who notes it must not be held up.
type failing struct {
	now    func() time.Time
	routes chan notify.Route

	mu   sync.Mutex
	told map[notify.Route]time.Time
}

func newFailing(now func() time.Time) *failing {
	return &failing{now: now, routes: make(chan notify.Route, failingWaiting), told: map[notify.Route]time.Time{}}
}

// note takes it, unless it was told of lately: a breaker that lets one try through opens again and again.
func (f *failing) note(route notify.Route) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	last, ok := f.told[route]
	if ok && f.now().Sub(last) < failingEvery {
		return
	}
	select {
	case f.routes <- route:
		f.told[route] = f.now()
	default: // the next time
	}
}

// tellFailing raises an alert for each.
func (a *App) tellFailing(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case route := <-a.failing.routes:
			a.Alerts.Raise(ctx, alerts.Alert{Kind: alerts.ProviderFailing, At: a.now(), Data: map[string]string{
				"provider": string(route.Provider), "app": route.App,
			}})
		}
	}
}
