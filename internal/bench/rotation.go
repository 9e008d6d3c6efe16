package bench

import (
	"sync"
	"time"
)

// Nobody is asked more often than this, which is less than the policy of Aye allows: a
// request that is withheld would measure something else.
const (
	asksPerTenMinutes = 4
	asksPerHour       = 8
)

// rotation hands out people who may be asked, those first who have rested longest.
type rotation struct {
	mu      sync.Mutex
	rested  []*turn
	now     func() time.Time
	limited bool
}

// turn is one person's place in a rotation.
type turn struct {
	*person

	asked []time.Time // within the last hour, oldest first
}

// newRotation makes a rotation of people who were not asked yet. Without limits anybody may
// be asked as often as one likes.
func newRotation(people []*person, limited bool, now func() time.Time) *rotation {
	r := &rotation{now: now, limited: limited, rested: make([]*turn, 0, len(people))}
	for _, p := range people {
		r.rested = append(r.rested, &turn{person: p})
	}
	return r
}

// take gives somebody who may be asked now, or nothing when all were asked too often.
func (r *rotation) take() (*turn, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.rested) == 0 {
		return nil, false
	}
	next, now := r.rested[0], r.now()
	if r.limited && !next.mayBeAsked(now) {
		return nil, false
	}
	r.rested = r.rested[1:]
	if r.limited {
		next.asked = append(next.asked, now)
	}
	return next, true
}

// give puts somebody back whose login is over. Whoever is not given back, because a login
// broke off and still waits, is not asked again.
func (r *rotation) give(t *turn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rested = append(r.rested, t)
}

func (t *turn) mayBeAsked(now time.Time) bool {
	lately := 0
	kept := t.asked[:0]
	for _, at := range t.asked {
		if at.After(now.Add(-time.Hour)) {
			kept = append(kept, at)
		}
		if at.After(now.Add(-10 * time.Minute)) {
			lately++
		}
	}
	t.asked = kept
	return lately < asksPerTenMinutes && len(t.asked) < asksPerHour
}
