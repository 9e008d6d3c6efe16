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

// growth measures what a login costs with many stored ones.
func (r *run) growth(ctx context.Context) error {
	g := r.group(Growth, "logins with many that are stored, 16 in flight")
	var first []Row
	for _, stored := range r.Stored {
		if err := r.fill(ctx, stored); err != nil {
			return fmt.Errorf("filling the database: %w", err)
		}
		size := float64(r.aye.size())
		r.Progress.say("logins beside %s requests", grouped(strconv.Itoa(stored)))
		m, err := r.grownLoad(ctx, r.Duration)
		if err != nil {
			return err
		}
		rows := growthRows(m, size)
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
		if m.used {
			g.note("With " + grouped(strconv.Itoa(stored)) + " stored there was nobody left who may be asked.")
		}
	}
	g.note("In the place of the limit stands the same with the first number of stored requests.")
	return nil
}

// fillTime bounds the filling for one number.
const fillTime = 30 * time.Minute

func (r *run) fill(ctx context.Context, stored int) error {
	ctx, cancel := context.WithTimeout(ctx, fillTime)
	defer cancel()
	return r.aye.fill(ctx, stored, r.Progress)
}

// grownLoad makes logins at a server that was just started.
func (r *run) grownLoad(ctx context.Context, duration time.Duration) (measured, error) {
	t, err := r.startAye(ctx, growthInFlight)
	if err != nil {
		return measured{}, err
	}
	defer r.aye.stop()
	defer t.close()
	return r.load(Growth, t).closed(ctx, growthInFlight, duration)
}

func growthRows(m measured, size float64) []Row {
	each := func(name string) *float64 { return m.costs.each(name, m.costly) }
	return []Row{
		{Name: "per_second", What: "logins", Unit: PerSecond, Aye: new(m.rate()), Goal: atLeast(growthRate)},
		{Name: "cpu", What: "processor time a login", Unit: Seconds, Aye: each(metricCPU), Goal: atMost(growthCost)},
		{Name: "allocations", What: "allocations a login", Unit: Count, Aye: each(metricAllocs), Goal: atMost(growthCost)},
		{Name: "statements", What: "statements a login", Unit: Count, Aye: each(metricStatements), Goal: atMost(growthCost)},
		{Name: "rows", What: "rows read a login", Unit: Count, Aye: each(metricRows), Goal: atMost(growthCost)},
		{Name: "size", What: "size of the database", Unit: Bytes, Aye: new(size)},
	}
}
