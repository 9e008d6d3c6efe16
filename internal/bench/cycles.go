package bench

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// The limits that a number of logins in flight is compared with.
const (
	withGroups = "bare"      // group commit
	withEach   = "bare-each" // more statements, and one commit for each
)

const (
	// eachFrom is from how many in flight on the difference between the two shows.
	eachFrom = 64

	// The goals: the parts of the limits that Aye reaches at least, the first from a number of
	// logins in flight on. With fewer, each login waits for its own commits alone.
	groupPart = 0.6
	groupFrom = 16
	eachPart  = 3
)

func limitsAt(inFlight int) []string {
	if inFlight >= eachFrom {
		return []string{withGroups, withEach}
	}
	return []string{withGroups}
}

// cycles measures whole logins, as many as go.
func (r *run) cycles(ctx context.Context) error {
	connections, servers := 0, map[string]bool{}
	for _, inFlight := range r.InFlight {
		connections = max(connections, inFlight)
		for _, name := range limitsAt(inFlight) {
			servers[name] = true
		}
	}
	aye, err := r.startAye(ctx, connections)
	if err != nil {
		return err
	}
	defer r.aye.stop()
	defer aye.close()
	targets := map[string]*target{aye.name: aye}
	for name := range servers {
		server, err := r.startBare(ctx, name, name == withEach, connections)
		if err != nil {
			return err
		}
		defer server.close()
		targets[name] = server.target
	}
	g := r.group(Cycles, "whole logins, from the question to the redeem")
	c := comparison{g: g, costs: map[string]costs{aye.name: {}, withGroups: {}}, costly: map[string]int{}}
	for _, inFlight := range r.InFlight {
		names := append([]string{aye.name}, limitsAt(inFlight)...)
		taken, err := r.turns(ctx, inFlight, names, targets)
		if err != nil {
			return err
		}
		c.add(inFlight, aye.name, taken)
	}
	c.tellCosts(aye.name)
	c.tellLimits(r.turnsNote(c.lay))
	return nil
}

// turns measures the targets, and gives what came of each turn, by target.
func (r *run) turns(ctx context.Context, inFlight int, names []string, targets map[string]*target) (map[string][]measured, error) {
	taken := map[string][]measured{}
	turns := turnsIn(r.Duration)
	for turn := range turns {
		for _, name := range inTurn(turn, names) {
			r.Progress.say("logins, %d in flight at %s, %d of %d", inFlight, name, turn+1, turns)
			m, err := r.load(Cycles, targets[name]).closed(ctx, inFlight, r.Duration/time.Duration(turns))
			if err != nil {
				return nil, err
			}
			taken[name] = append(taken[name], m)
		}
	}
	return taken, nil
}

// comparison puts together what was measured at Aye and at the limits.
type comparison struct {
	g      *Group
	costs  map[string]costs
	costly map[string]int
	lay    []string // between what the ratios lay, in words
	each   bool     // whether it was compared with a commit a statement
}

func (c *comparison) add(inFlight int, aye string, taken map[string][]measured) {
	total := map[string]measured{}
	for name, turns := range taken {
		sum := joined(turns)
		if into, ok := c.costs[name]; ok {
			into.add(sum.costs)
			c.costly[name] += sum.costly
		}
		if sum.used {
			c.g.note(fmt.Sprintf("With %d in flight at %s there was nobody left who may be asked, so it was measured for %s alone.",
				inFlight, name, sum.took.Round(time.Millisecond)))
		}
		total[name] = sum
	}
	ours, group := total[aye], total[withGroups]
	name, flight := "cycles."+strconv.Itoa(inFlight)+".", fmt.Sprintf(", %d in flight", inFlight)
	row := c.g.add(Row{
		Name: name + "per_second", What: "logins" + flight, Unit: PerSecond,
		Aye: new(ours.rate()), Limit: new(group.rate()), Goal: groupGoal(inFlight), Ratios: ratiosOf(rates(taken[aye]), rates(taken[withGroups])),
	})
	if row.Ratios != nil {
		c.lay = append(c.lay, row.Ratios.words(fmt.Sprintf("with %d in flight", inFlight)))
	}
	if each, ok := total[withEach]; ok {
		c.each = true
		limit := each.rate()
		c.g.add(Row{
			Name: name + "per_second.each", What: "logins" + flight + ", a commit a statement", Unit: PerSecond,
			Aye: new(ours.rate()), Limit: &limit, Goal: atLeast(eachPart), Ratios: ratiosOf(rates(taken[aye]), rates(taken[withEach])),
		})
	}
	for i, p := range []float64{p50, p95, p99} {
		label := []string{"p50", "p95", "p99"}[i]
		c.g.add(Row{
			Name: name + "release." + label, What: "decision to release " + label + flight, Unit: Seconds,
			Aye: seconds(ours.releases.at(p)[0]), Limit: seconds(group.releases.at(p)[0]),
			Ratios: ratiosOf(releases(taken[aye], p), releases(taken[withGroups], p)),
		})
	}
	c.g.add(Row{
		Name: name + "commits", What: "durable commits a login" + flight, Aye: ours.costs.each(metricCommits, ours.costly),
	})
}

func groupGoal(inFlight int) *Goal {
	if inFlight < groupFrom {
		return nil
	}
	return atLeast(groupPart)
}

// tellCosts adds what a login costs the servers, over everything that was measured.
func (c *comparison) tellCosts(aye string) {
	for _, each := range []struct {
		metric, name, what string
		unit               Unit
	}{
		{metricCPU, "cpu", "processor time a login", Seconds},
		{metricAllocs, "allocations", "allocations a login", Count},
		{metricBytes, "bytes", "bytes allocated a login", Bytes},
		{metricStatements, "statements", "statements a login", Count},
		{metricRows, "rows", "rows read a login", Count},
		{metricDatabaseCPU, "database.cpu", "processor time of PostgreSQL a login", Seconds},
		{metricLog, "database.log", "write-ahead log a login", Bytes},
	} {
		c.g.add(Row{
			Name: "cycles.each." + each.name, What: each.what, Unit: each.unit,
			Aye: c.costs[aye].each(each.metric, c.costly[aye]), Limit: c.costs[withGroups].each(each.metric, c.costly[withGroups]),
		})
	}
}

// tellLimits says in words what Aye was compared with.
func (c *comparison) tellLimits(turns string) {
	c.g.note("The limit is a bare server that does the same work: the same requests from the same generator, the same signatures, pushes and " +
		"durable commits, those that wait at one time in one; it keeps no audit log and no limits. What a login costs is over all that was measured.")
	if c.each {
		c.g.note("A commit a statement: the same bare server, that writes what a login must keep as Aye does, " +
			"sixteen statements, each committed by itself.")
	}
	c.g.note(turns)
}
