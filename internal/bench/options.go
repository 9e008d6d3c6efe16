package bench

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Phase is a part of a run that can be asked for by itself.
type Phase string

// The phases, in the order in which they run.
const (
	// Probes are the disk and the processor alone.
	Probes Phase = "probes"
	// Cycles are whole logins, as many as go.
	Cycles Phase = "cycles"
	// Waiters are pages that wait, and logins beside them.
	Waiters Phase = "waiters"
	// Pushes are the senders to Apple and Google.
	Pushes Phase = "pushes"
	// Growth is what a login costs with many stored ones; it runs only when it is asked for.
	Growth Phase = "growth"
	// Abuse is others who log in while somebody tries to keep them out; it runs only when it is asked for.
	Abuse Phase = "abuse"
	// Kills ends the server without warning; it runs only when it is asked for.
	Kills Phase = "kills"
)

var (
	allPhases     = []Phase{Probes, Cycles, Waiters, Pushes, Growth, Abuse, Kills}
	defaultPhases = []Phase{Probes, Cycles, Waiters, Pushes}
)

// ErrOptions says that a run was asked for that cannot be; the text says which option.
var ErrOptions = errors.New("bench")

// ErrStopped says that a run was ended from outside before it was through. It is no
// [context.Canceled], which might be taken for a good end: what was asked for is not there.
var ErrStopped = errors.New("the run was stopped before its end, so there is no report")

// Options is what a run does.
type Options struct {
	// Duration is how long each measurement lasts: 100ms to 10m.
	Duration time.Duration
	// InFlight are how many logins go on at one time, each measured by itself: 1 to 4096.
	InFlight []int
	// Waiters are numbers of pages that wait, each measured by itself: 0 to 1,000,000.
	Waiters []int
	// Only names the phases; empty for the usual ones.
	Only []Phase
	// Stored are numbers of finished requests in the database: 1 to 10,000,000. Empty leaves
	// growth out, unless Only names it.
	Stored []int
	// Attacks names those of [Abuse]; empty for all.
	Attacks []string
	// Kills is how often the server is killed: 1 to 1000; 0 leaves it out, unless Only names it.
	Kills int
	// Postgres is the URL of a database of a PostgreSQL server, whose role may make databases;
	// empty for SQLite.
	Postgres string
	// Organisations is among how many the people are spread: 1 to 1000; 0 is 1.
	Organisations int
	// Nodes is how many processes Aye is: 1 to 16, and 1 on SQLite; 0 is 1.
	Nodes int
	// NATS is where several nodes tell each other of changes; empty starts a server.
	NATS string
	// Dir is where the run's folder is made: on the disk that is to be measured. Empty for the
	// system's place for such.
	Dir string
	// Keep leaves the folder when all is over.
	Keep bool
	// Executable is the program `aye`, from which all other processes are started.
	Executable string
	// Progress is told how far it is; nil tells nobody.
	Progress *Progress
}

// usual numbers of the phases that run only when they are asked for.
var usualStored = []int{10_000, 100_000, 1_000_000}

const usualKills = 20

// normalise checks the options and fills in what follows from them.
func (o *Options) normalise() error {
	if len(o.Only) == 0 {
		o.Only = slices.Clone(defaultPhases)
		if len(o.Stored) > 0 {
			o.Only = append(o.Only, Growth)
		}
		if o.Kills > 0 {
			o.Only = append(o.Only, Kills)
		}
	}
	for _, phase := range o.Only {
		if !slices.Contains(allPhases, phase) {
			return refuse("there is no phase %q; the phases are %s", phase, phaseNames())
		}
	}
	for _, name := range o.Attacks {
		if !slices.ContainsFunc(attacks, func(a attack) bool { return a.name == name }) {
			return refuse("there is no attack %q; the attacks are %s", name, attackNames())
		}
	}
	if len(o.Stored) == 0 {
		o.Stored = usualStored
	}
	if o.Kills == 0 {
		o.Kills = usualKills
	}
	o.Nodes, o.Organisations = max(1, o.Nodes), max(1, o.Organisations)
	switch {
	case o.Organisations > 1000:
		return refuse("there may be 1 to 1000 organisations")
	case o.Organisations > 1 && o.runs(Kills):
		return refuse("kills are measured with one organisation")
	case o.Nodes > 16:
		return refuse("there may be 1 to 16 nodes")
	case o.Nodes > 1 && o.Postgres == "":
		return refuse("several nodes need a PostgreSQL server: say where it is with --postgres")
	case o.Duration < 100*time.Millisecond || o.Duration > 10*time.Minute:
		return refuse("the duration must be 100ms to 10m")
	case len(o.InFlight) == 0 || !within(o.InFlight, 1, 4096):
		return refuse("in flight there must be 1 to 4096 logins")
	case len(o.Waiters) == 0 || !within(o.Waiters, 0, 1_000_000):
		return refuse("waiters must be 0 to 1000000")
	case !within(o.Stored, 1, 10_000_000):
		return refuse("stored must be 1 to 10000000 requests")
	case o.Kills < 1 || o.Kills > 1000:
		return refuse("kills must be 1 to 1000")
	}
	slices.Sort(o.Stored)  // it only grows
	slices.Sort(o.Waiters) // what comes of many is compared with what came of none
	return nil
}

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrOptions}, args...)...)
}

func within(numbers []int, least, most int) bool {
	return !slices.ContainsFunc(numbers, func(n int) bool { return n < least || n > most })
}

// runs tells whether a phase was asked for.
func (o *Options) runs(phase Phase) bool { return slices.Contains(o.Only, phase) }

func attackNames() string {
	names := make([]string, 0, len(attacks))
	for _, a := range attacks {
		names = append(names, a.name)
	}
	return strings.Join(names, ", ")
}

func phaseNames() string {
	names := make([]string, 0, len(allPhases))
	for _, phase := range allPhases {
		names = append(names, string(phase))
	}
	return strings.Join(names, ", ")
}
