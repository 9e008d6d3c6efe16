package soak

import (
	"context"
	"fmt"
	"math/rand/v2" //nolint:depguard // an order of tests, and no secret
	"slices"
	"strings"
	"time"
)

// backTime is how long after a fault it may take until somebody is let in again.
const backTime = 30 * time.Second

// tally is what there was of one fault.
type tally struct {
	fault
	times int
	// lasted is how long all of them were together, logins how many were let in meanwhile.
	lasted time.Duration
	logins int64
	// unanswered are calls that had no answer or one with 5xx, from its beginning until all was well again; carried is what its way carried.
	unanswered, carried int64
	// back is how long it took until somebody was let in again, the shortest first.
	back []time.Duration
}

// injector lets one thing after the other go wrong.
type injector struct {
	town     *town
	load     *load
	tallies  []*tally
	failures []string
	// calm is how long nothing was wrong, and calmLogins who was let in then.
	calm       time.Duration
	calmLogins int64
}

// run goes through all faults in some order, again and again, until ctx ends.
func (j *injector) run(ctx context.Context) {
	for _, f := range j.town.faults() {
		if !strings.Contains(f.name, *only) {
			continue
		}
		j.tallies = append(j.tallies, &tally{fault: f})
	}
	for ctx.Err() == nil {
		rand.Shuffle(len(j.tallies), func(a, b int) { j.tallies[a], j.tallies[b] = j.tallies[b], j.tallies[a] })
		for _, t := range j.tallies {
			j.rest(ctx, time.Duration(100+below(600))*time.Millisecond)
			if ctx.Err() != nil {
				return
			}
			j.inject(ctx, t)
		}
	}
}

// rest lets all be well for a while, in which those are counted who are let in.
func (j *injector) rest(ctx context.Context, d time.Duration) {
	began, logins := time.Now(), j.load.logins.Load()
	wait(ctx, d)
	j.calm += time.Since(began)
	j.calmLogins += j.load.logins.Load() - logins
}

func (j *injector) inject(ctx context.Context, t *tally) {
	began, logins, unanswered, bytes := time.Now(), j.load.logins.Load(), j.load.unanswered.Load(), int64(0)
	if t.way != nil {
		bytes = t.way.carried()
	}
	err := t.do(ctx, j.town, time.Duration(300+below(1700))*time.Millisecond)
	ended := time.Now()
	t.times++
	t.lasted += ended.Sub(began)
	t.logins += j.load.logins.Load() - logins
	if t.way != nil {
		t.carried += t.way.carried() - bytes
	}
	if err != nil {
		j.failures = append(j.failures, t.name+": "+err.Error())
	}
	if j.letIn(ctx) {
		t.back = append(t.back, time.Since(ended))
	} else if ctx.Err() == nil {
		j.failures = append(j.failures, fmt.Sprintf("%s: nobody was let in for %s after it", t.name, backTime))
	}
	t.unanswered += j.load.unanswered.Load() - unanswered
}

// letIn waits until somebody is let in.
func (j *injector) letIn(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, backTime)
	defer cancel()
	select {
	case <-j.load.in: // that was before
	default:
	}
	select {
	case <-j.load.in:
		return true
	case <-ctx.Done():
		return false
	}
}

// unfelt are the faults that did not happen, as far as can be told.
func (j *injector) unfelt() (names []string) {
	carried := map[*way]int64{}
	for _, t := range j.tallies {
		switch {
		case t.times == 0:
			names = append(names, t.name+" never happened")
		case t.hurts && t.unanswered == 0:
			names = append(names, t.name+" hurt nobody")
		}
		if t.way != nil {
			carried[t.way] += t.carried
		}
	}
	for way, bytes := range carried {
		if bytes == 0 {
			names = append(names, "nothing was on the way to "+way.name+" when it was bad")
		}
	}
	slices.Sort(names)
	return names
}

// pace is how many were let in each second while a vendor was bad, and while nothing was.
func (j *injector) pace() (bad, calm float64, lasted time.Duration) {
	var logins int64
	for _, t := range j.tallies {
		if t.way != nil && t.way.vendor {
			logins, lasted = logins+t.logins, lasted+t.lasted
		}
	}
	return float64(logins) / max(lasted.Seconds(), 0.001), float64(j.calmLogins) / max(j.calm.Seconds(), 0.001), lasted
}

// table is what people read of the faults by kind.
func (j *injector) table() string {
	var text strings.Builder
	text.WriteString("| fault | times | calls without an answer | let in each second meanwhile | let in again after, median | at most |\n|---|---|---|---|---|---|\n")
	slices.SortFunc(j.tallies, func(a, b *tally) int { return strings.Compare(a.name, b.name) })
	for _, t := range j.tallies {
		if t.times == 0 {
			continue
		}
		slices.Sort(t.back)
		median, most := "", ""
		if len(t.back) > 0 {
			median, most = t.back[len(t.back)/2].Round(time.Millisecond).String(), t.back[len(t.back)-1].Round(time.Millisecond).String()
		}
		fmt.Fprintf(&text, "| %s | %d | %d | %.0f | %s | %s |\n", t.name, t.times, t.unanswered, float64(t.logins)/max(t.lasted.Seconds(), 0.001), median, most)
	}
	return text.String()
}
