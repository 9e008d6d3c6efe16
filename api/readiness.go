package api

import (
	"context"
	"sync"
	"time"
)

// readinessLife is how long what was found is answered again: anybody may ask, and each look
// takes a place in the line of those who write to the database.
const readinessLife = time.Second

// readiness remembers what the checks of /readyz found.
type readiness struct {
	mu    sync.Mutex
	at    time.Time
	found map[string]error
}

func (r *readiness) look(ctx context.Context, checks map[string]func(context.Context) error) map[string]error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.at) < readinessLife {
		return r.found
	}
	found := make(map[string]error, len(checks))
	for name, check := range checks {
		found[name] = check(ctx)
	}
	r.at, r.found = time.Now(), found
	return found
}
