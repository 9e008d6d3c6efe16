package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"example.com/aye/internal/bench/bare"
)

const (
	// mostLogins is how many logins a second Aye is assumed to make at most, by which it is
	// known how many people are needed. Where a machine makes more, the people are used up
	// before the time is, and the measurement ends early and says so.
	mostLogins = 2500
	// mostLoginsEach is the same for one login in flight: six durable commits one after the
	// other, and as many round trips.
	mostLoginsEach = 500
	// linkedPerSecond is how many phones are linked a second, about; for the progress bar.
	linkedPerSecond = 1500
	// furnishTime bounds that.
	furnishTime = 20 * time.Minute
)

// run is what the phases share.
type run struct {
	Options

	dir      string
	launcher *launcher
	report   *Report
	failures failures
	now      func() time.Time

	google *standIn
	hints  string // where NATS is; empty without
	// database is Aye's on PostgreSQL; nil on SQLite.
	database *bare.Database
	pushes   *arrivals
	aye      *installation
	people   *rotation // of Aye, for the whole run: the policy counts over all of it
	closes   []func()
}

// Run does what the options say. The report tells of everything that was measured, also
// where something went wrong; an error says that there is no report, and is [ErrStopped] where
// ctx ended before all was done.
func Run(ctx context.Context, o Options) (*Report, error) {
	if err := o.normalise(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(o.Dir, "aye-bench-")
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	r := &run{
		Options: o, dir: dir, launcher: &launcher{executable: o.Executable, dir: dir}, now: time.Now,
		report: &Report{Duration: o.Duration.String(), Groups: []*Group{}, Machine: Machine{
			Processors: runtime.NumCPU(), OpenFiles: openFiles(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(),
		}},
	}
	began := time.Now()
	err = r.all(ctx)
	r.close()
	if ctx.Err() != nil {
		err = ErrStopped // whatever else broke off did so for that
	}
	if !o.Keep {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if err != nil {
		return nil, err
	}
	r.report.Failures = r.failures.list()
	r.report.Took = time.Since(began).Round(time.Second).String()
	return r.report, nil
}

// all runs the phases one after the other.
func (r *run) all(ctx context.Context) error {
	phases := map[Phase]func(context.Context) error{
		Probes: r.probes, Cycles: r.cycles, Waiters: r.waiters, Pushes: r.vendors, Growth: r.growth, Abuse: r.abuse, Kills: r.kills,
	}
	people, quiet := r.needed()
	furnishing := time.Duration(people+quiet) * time.Second / linkedPerSecond
	total := furnishing
	for _, phase := range r.Only {
		total += r.takes(phase)
	}
	r.Progress.start(total)
	defer r.Progress.end()
	if people+quiet > 0 {
		r.Progress.begin(fmt.Sprintf("linking %d phones", people+quiet), furnishing)
		if err := r.furnish(ctx, people, quiet); err != nil {
			return err
		}
	}
	for _, phase := range allPhases {
		if !r.runs(phase) {
			continue
		}
		r.Progress.begin(string(phase), r.takes(phase))
		err := phases[phase](ctx)
		if r.aye != nil {
			err = errors.Join(err, r.aye.crashed)
		}
		if err != nil {
			// The next phase might measure what is broken.
			r.failures.add(phase, "it broke off: "+err.Error())
			return nil
		}
	}
	return nil
}

// furnish starts the stand-in that all servers push to, and makes the people.
func (r *run) furnish(ctx context.Context, people, quiet int) (err error) {
	if r.google, err = r.launcher.play(ctx, "google", "fcm"); err != nil {
		return err
	}
	r.closes = append(r.closes, r.google.close)
	hearing, stop := context.WithCancel(ctx)
	// Without a time limit: this one answer lasts as long as the run.
	if r.pushes, err = listen(hearing, &http.Client{Transport: &http.Transport{}}, r.google.control); err != nil {
		stop()
		return err
	}
	r.closes = append(r.closes, func() { stop(); <-r.pushes.ended })
	if err = r.engines(ctx); err != nil {
		return err
	}
	if r.aye, err = newInstallation(ctx, r.launcher, r.google, r.database, r.Nodes, r.hints); err != nil {
		return err
	}
	r.closes = append(r.closes, r.aye.stop)
	within, cancel := context.WithTimeout(ctx, furnishTime)
	defer cancel()
	if err = r.aye.furnish(within, r.Organisations, people, quiet, r.Progress); err != nil {
		return fmt.Errorf("linking phones: %w", err)
	}
	r.people = newRotation(r.aye.people, true, r.now)
	return nil
}

// close ends all processes, the last first.
func (r *run) close() {
	for _, end := range slices.Backward(r.closes) {
		end()
	}
}

// startAye starts the server and makes it ready to be driven.
func (r *run) startAye(ctx context.Context, connections int) (*target, error) {
	if r.database != nil {
		if err := r.database.Settle(ctx); err != nil {
			return nil, err
		}
	}
	if err := r.aye.start(ctx); err != nil {
		return nil, err
	}
	return r.aye.target(ctx, r.people, r.pushes, connections)
}

// group begins the report of a phase.
func (r *run) group(phase Phase, title string) *Group {
	g := &Group{Phase: phase, Title: title, Rows: []Row{}, Notes: []string{}}
	r.report.Groups = append(r.report.Groups, g)
	return g
}

// load makes logins at the target; what fails is counted.
func (r *run) load(phase Phase, t *target) *load {
	return &load{target: t, failed: func(err error) { r.failures.add(phase, t.name+": "+reasonOf(err)) }}
}

// needed gives how many people the phases need, those with phones that are pushed to and
// those with quiet ones.
func (r *run) needed() (people, quiet int) {
	logins, seconds := 0.0, r.Duration.Seconds()*1.1
	if r.runs(Cycles) {
		for _, inFlight := range r.InFlight {
			logins += seconds*mostLoginsAt(inFlight) + float64(inFlight*turnsIn(r.Duration)) // those in flight at the end of each turn go on
		}
	}
	if r.runs(Waiters) {
		logins += float64(len(r.Waiters)) * (seconds*pacePerSecond + 1)
		quiet = (slices.Max(r.Waiters) + waitersEach - 1) / waitersEach
	}
	if r.runs(Growth) {
		logins += float64(len(r.Stored)+1)*seconds*mostLoginsAt(growthInFlight) + growthInFlight
	}
	if r.runs(Abuse) {
		logins += float64(len(r.attacks())*3) * (seconds*pacePerSecond + abuseTurns)
	}
	if r.runs(Kills) {
		// Those who were in the middle when the server was killed are not asked again.
		logins += float64(r.Kills) * (mostLoginsAt(killsInFlight)*killLatest.Seconds() + killsInFlight*asksPerTenMinutes)
	}
	return int(math.Ceil(logins / asksPerTenMinutes)), quiet
}

func mostLoginsAt(inFlight int) float64 { return float64(min(mostLogins, inFlight*mostLoginsEach)) }

// takes is how long a phase will take, about; for the progress bar.
func (r *run) takes(phase Phase) time.Duration {
	each := r.Duration + r.Duration/10
	switch phase {
	case Probes:
		return 4 * r.Duration
	case Cycles:
		total := 3 * time.Second
		for _, inFlight := range r.InFlight {
			total += time.Duration(len(limitsAt(inFlight))+1) * each
		}
		return total
	case Waiters:
		total := time.Duration(0)
		for _, asked := range r.Waiters {
			total += r.Duration + 2*time.Second
			if asked > 0 { // and then the same at the bare hub
				rests := min(r.Duration, restAfterAsking) + min(r.Duration, restAfterConnecting)
				total += r.Duration + 2*rests + time.Duration(asked)*2*time.Millisecond
			}
		}
		return total
	case Pushes:
		return 4*each + time.Second
	case Growth:
		return time.Duration(len(r.Stored))*(each+2*time.Second) + time.Duration(r.Stored[len(r.Stored)-1])*200*time.Microsecond
	case Abuse:
		total := time.Duration(0)
		for _, a := range r.attacks() {
			total += 3*(r.Duration+abuseTurns*min(abuseRest, r.Duration)) + 2*abuseTurns*min(a.before, r.Duration)
		}
		return total
	case Kills:
		return time.Duration(r.Kills) * 3 * time.Second
	}
	return 0
}
