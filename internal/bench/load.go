package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// measured is what came of some time of load.
type measured struct {
	logins   int           // completed
	took     time.Duration // in which they were
	releases latencies     // from the decision to the release
	wholes   latencies     // from the question to the redeem
	costs    costs         // of the server
	costly   int           // logins completed while the costs were counted
	used     bool          // all people were asked as often as one may be, so it ended early
	late     time.Duration // the most that the generator was behind its own pace
}

// rate is how many logins there were in a second.
func (m measured) rate() float64 {
	if m.took <= 0 {
		return 0
	}
	return float64(m.logins) / m.took.Seconds()
}

// with joins two times of load of the same kind.
func (m measured) with(other measured) measured {
	total := measured{
		logins: m.logins + other.logins, took: m.took + other.took, costly: m.costly + other.costly,
		releases: append(append(latencies{}, m.releases...), other.releases...),
		wholes:   append(append(latencies{}, m.wholes...), other.wholes...),
		costs:    costs{}, used: m.used || other.used, late: max(m.late, other.late),
	}
	total.costs.add(m.costs)
	total.costs.add(other.costs)
	return total
}

// joined joins the turns of a measurement.
func joined(turns []measured) measured {
	total := measured{costs: costs{}}
	for _, m := range turns {
		total = total.with(m)
	}
	return total
}

// rates are those of the turns.
func rates(turns []measured) (all []float64) {
	for _, m := range turns {
		all = append(all, m.rate())
	}
	return all
}

// releases are the times at the percentile of the turns, in seconds.
func releases(turns []measured, percentile float64) (all []float64) {
	for _, m := range turns {
		all = append(all, m.releases.at(percentile)[0].Seconds())
	}
	return all
}

// done is a login that was completed.
type done struct {
	at             time.Time
	release, whole time.Duration
}

// load makes logins at a target.
type load struct {
	target *target
	failed func(error)
	// completed is called after each login; nil is not.
	completed func()
	// stop lets no more logins begin; with broken, what breaks off is no failure.
	stop, broken atomic.Bool

	mu   sync.Mutex
	done []done
}

// run lets a person in.
func (l *load) run(ctx context.Context, next *turn) {
	began := time.Now()
	took, err := l.target.login(ctx, next.person)
	if err != nil {
		if ctx.Err() == nil && !l.broken.Load() {
			l.failed(err) // and nobody asks this person again, whose request still waits
		}
		return
	}
	l.target.people.give(next)
	if l.completed != nil {
		l.completed()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done = append(l.done, done{time.Now(), took, time.Since(began)})
}

// between gives the logins that were completed in a time.
func (l *load) between(from, to time.Time) (releases, wholes latencies) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, each := range l.done {
		if each.at.After(from) && !each.at.After(to) {
			releases, wholes = append(releases, each.release), append(wholes, each.whole)
		}
	}
	return releases, wholes
}

// closed keeps a number of logins in flight for a time, the first tenth of which is not
// counted.
func (l *load) closed(ctx context.Context, inFlight int, duration time.Duration) (measured, error) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		l.work(ctx, inFlight)
	}()
	m, err := l.measure(ctx, duration, over)
	l.stop.Store(true)
	<-over
	return m, err
}

// work keeps a number of logins in flight until the load is to stop, or nobody is left who
// may be asked.
func (l *load) work(ctx context.Context, inFlight int) {
	var workers sync.WaitGroup
	for range inFlight {
		workers.Go(func() {
			for ctx.Err() == nil && !l.stop.Load() {
				next, ok := l.target.people.take()
				if !ok {
					return
				}
				l.run(ctx, next)
			}
		})
	}
	workers.Wait()
}

// measure counts what is completed from a tenth of the duration on, for the duration. It
// ends early when the load is over before.
func (l *load) measure(ctx context.Context, duration time.Duration, over <-chan struct{}) (measured, error) {
	if err := pause(ctx, duration/10, over); err != nil {
		return measured{}, err
	}
	before, err := l.target.counters(ctx)
	if err != nil {
		return measured{}, err
	}
	from := time.Now()
	if err = pause(ctx, duration, over); err != nil {
		return measured{}, err
	}
	to := time.Now()
	after, err := l.target.counters(ctx)
	if err != nil {
		return measured{}, err
	}
	costly, _ := l.between(from, time.Now())
	m := measured{costs: spent(before, after), costly: len(costly)}
	select {
	case <-over:
		m.used = true
	default:
	}
	m.took = to.Sub(from)
	m.releases, m.wholes = l.between(from, to)
	m.logins = len(m.releases)
	return m, nil
}

// paced begins logins at a steady pace for a time, whether those before are over or not.
func (l *load) paced(ctx context.Context, perSecond int, duration time.Duration) (m measured, err error) {
	var running sync.WaitGroup
	from := time.Now()
	m.late, err = pace(ctx, perSecond, duration, func() bool {
		next, ok := l.target.people.take()
		if !ok {
			m.used = true
			return false
		}
		running.Go(func() { l.run(ctx, next) })
		return true
	})
	running.Wait()
	m.took = time.Since(from)
	m.releases, m.wholes = l.between(from, time.Now())
	m.logins = len(m.releases)
	return m, err
}

// pause waits, or until over is closed.
func pause(ctx context.Context, duration time.Duration, over <-chan struct{}) error {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-over:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
