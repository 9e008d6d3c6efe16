package bench

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

const (
	growthInFlight = 16
	// Within a fifth of the first number everything must stay.
	growthCost = 1.2
	growthRate = 0.8
)

// growth measures what a login costs with many stored ones. The bare cycle, which stores
// nothing beside, takes turns with it, so that a machine that becomes slower meanwhile does
// not look like growth.
func (r *run) growth(ctx context.Context) error {
	g := r.group(Growth, "logins with many that are stored, 16 in flight")
	server, err := r.startBare(ctx, withGroups, false, growthInFlight)
	if err != nil {
		return err
	}
	defer server.close()
	limit := server.target
	var first []Row
	for _, stored := range r.Stored {
		if err = r.fill(ctx, stored); err != nil {
			return fmt.Errorf("filling the database: %w", err)
		}
		size, err := r.aye.size(ctx)
		if err != nil {
			return err
		}
		ours, theirs, failure := r.grownLoad(ctx, limit)
		if failure != nil {
			return failure
		}
		rows := growthRows(ours, theirs, float64(size))
		if first == nil {
			first = rows
		}
		for i, row := range rows {
			row.Limit = first[i].Aye
			if stored == r.Stored[0] {
				row.Goal = nil // it is what the others are compared with
			}
			row.Name = "growth." + strconv.Itoa(stored) + "." + row.Name
			row.What += ", " + grouped(strconv.Itoa(stored)) + " stored"
			g.add(row)
		}
		if ours.used {
			g.note("With " + grouped(strconv.Itoa(stored)) + " stored there was nobody left who may be asked.")
		}
	}
	g.note("In the place of the limit stands the same with the first number of stored requests. Logins and processor time are given as parts " +
		"of those of a bare cycle that took turns with them: the machine's own hours would show otherwise.")
	return nil
}

// fillTime bounds the filling for one number.
const fillTime = 30 * time.Minute

func (r *run) fill(ctx context.Context, stored int) error {
	ctx, cancel := context.WithTimeout(ctx, fillTime)
	defer cancel()
	return r.aye.fill(ctx, stored, r.Progress)
}

// grownLoad makes logins at a server that was just started, and at the bare one.
func (r *run) grownLoad(ctx context.Context, limit *target) (ours, theirs measured, err error) {
	t, err := r.startAye(ctx, growthInFlight)
	if err != nil {
		return ours, theirs, err
	}
	defer r.aye.stop()
	defer t.close()
	taken, err := r.turns(ctx, growthInFlight, []string{t.name, limit.name}, map[string]*target{t.name: t, limit.name: limit})
	if err != nil {
		return ours, theirs, err
	}
	return joined(taken[t.name]), joined(taken[limit.name]), nil
}

func growthRows(ours, theirs measured, size float64) []Row {
	each := func(name string) *float64 { return ours.costs.each(name, ours.costly) }
	part := func(a, b *float64) *float64 {
		if a == nil || b == nil || *b == 0 {
			return nil
		}
		return new(*a / *b)
	}
	return []Row{
		{Name: "per_second", What: "logins", Unit: PerSecond, Aye: new(ours.rate())},
		{Name: "per_second.bare", What: "logins / bare logins", Aye: part(new(ours.rate()), new(theirs.rate())), Goal: atLeast(growthRate)},
		{Name: "cpu", What: "processor time a login", Unit: Seconds, Aye: each(metricCPU)},
		{
			Name: "cpu.bare", What: "processor time / bare", Goal: atMost(growthCost),
			Aye: part(each(metricCPU), theirs.costs.each(metricCPU, theirs.costly)),
		},
		{Name: "allocations", What: "allocations a login", Unit: Count, Aye: each(metricAllocs), Goal: atMost(growthCost)},
		{Name: "statements", What: "statements a login", Unit: Count, Aye: each(metricStatements), Goal: atMost(growthCost)},
		{Name: "rows", What: "rows read a login", Unit: Count, Aye: each(metricRows), Goal: atMost(growthCost)},
		{Name: "size", What: "size of the database", Unit: Bytes, Aye: new(size)},
	}
}
