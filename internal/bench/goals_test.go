package bench

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// rowOf finds a row.
func rowOf(t *testing.T, g *Group, name string) Row {
	t.Helper()
	at := slices.IndexFunc(g.Rows, func(r Row) bool { return r.Name == name })
	if at < 0 {
		t.Fatalf("there is no row %s", name)
	}
	return g.Rows[at]
}

// judgement is what became of the goal of a row.
func judgement(r Row) string {
	switch {
	case r.Goal == nil:
		return "none"
	case r.Reached == nil:
		return "unjudged"
	case *r.Reached:
		return "reached"
	}
	return "missed"
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestGoalsOfCycles(t *testing.T) {
	t.Parallel()
	// Two turns of a second each.
	turns := func(logins ...int) (all []measured) {
		for _, n := range logins {
			all = append(all, measured{logins: n, took: time.Second, releases: latencies{time.Duration(n) * time.Millisecond}, costs: costs{}})
		}
		return all
	}
	g := &Group{}
	c := comparison{g: g, costs: map[string]costs{"Aye": {}}, costly: map[string]int{}}
	c.add(1, "Aye", map[string][]measured{"Aye": turns(10, 10), withGroups: turns(100, 100)})
	c.add(16, "Aye", map[string][]measured{"Aye": turns(59, 60), withGroups: turns(100, 100)})
	c.add(64, "Aye", map[string][]measured{"Aye": turns(50, 75), withGroups: turns(100, 100), withEach: turns(25, 10)})
	for name, want := range map[string]string{
		"cycles.1.per_second": "none", "cycles.16.per_second": "missed", "cycles.64.per_second": "reached", "cycles.64.per_second.each": "reached",
		"cycles.64.release.p99": "none",
	} {
		if got := judgement(rowOf(t, g, name)); got != want {
			t.Errorf("%s: the goal is %s, want %s", name, got, want)
		}
	}
	for name, want := range map[string]Ratios{
		"cycles.64.per_second": {0.5, 0.75}, "cycles.64.per_second.each": {2, 7.5}, "cycles.64.release.p50": {0.5, 0.75},
	} {
		if r := rowOf(t, g, name); r.Ratios == nil || !near(r.Ratios.Lowest, want.Lowest) || !near(r.Ratios.Highest, want.Highest) {
			t.Errorf("%s: ratios %v, want %v", name, r.Ratios, want)
		}
	}
	if r := rowOf(t, g, "cycles.64.commits"); r.Ratios != nil {
		t.Error("without a limit there are ratios")
	}
	c.tellLimits((&run{}).turnsNote(c.lay))
	if notes := strings.Join(g.Notes, " "); !containsAll(notes, "sixteen statements, each committed by itself", "between 0.50 and 0.75 with 64 in flight.") {
		t.Error(notes)
	}
}

func TestGoalsOfWaiters(t *testing.T) {
	t.Parallel()
	at := func(milliseconds int) latencies { return latencies{time.Duration(milliseconds) * time.Millisecond} }
	before := []*found{
		{release: measured{releases: at(5)}}, {asked: 50, release: measured{releases: at(1)}}, {asked: fewWaiters, release: measured{releases: at(10)}},
	}
	for name, test := range map[string]struct {
		asked, held, carried    int
		memory                  float64
		release, commit         int
		bytes, byCommit, beside string
	}{
		"5,000":                {5000, 5000, 0, 8192, 30, 10, "reached", "reached", "none"},
		"5,000, slow":          {5000, 5000, 0, 8193, 31, 10, "missed", "missed", "none"},
		"50,000":               {50_000, 50_000, 0, 100, 20, 1, "reached", "none", "reached"},
		"50,000, slow":         {50_000, 50_000, 0, 100, 21, 1, "reached", "none", "missed"},
		"50,000, some carried": {50_000, 50_000, 31_000, 9000, 20, 1, "none", "none", "reached"},
		"fewer than asked for": {50_000, 19_000, 0, 100, 10, 1, "unjudged", "none", "unjudged"},
		"few":                  {51, 51, 0, 100, 10, 1, "none", "none", "none"},
	} {
		f := &found{
			asked: test.asked, held: test.held, carried: test.carried, memory: test.memory, release: measured{releases: at(test.release)}, commits: at(test.commit),
		}
		g := &Group{}
		f.rows(g, before)
		for i := range g.Rows {
			row := &g.Rows[i]
			before, last, _ := strings.Cut(strings.TrimPrefix(row.Name, "waiters."), ".")
			row.Name = last
			if before == "" || (test.held < test.asked) != strings.Contains(row.What, ", 19,000 of 50,000 wait") {
				t.Errorf("%s: %q", name, row.What)
			}
			if (test.held < test.asked && row.Goal != nil) != strings.HasSuffix(row.showGoal(), " too few") {
				t.Errorf("%s: the goal of %s is shown as %q", name, row.What, row.showGoal())
			}
		}
		for row, want := range map[string]string{
			"bytes": test.bytes, "release.p99": test.byCommit, "release.p50": "none", "release.p99.few": test.beside, "release.p50.few": "none",
			"release.p99.alone": "none", "release.p50.alone": "none",
		} {
			if got := judgement(rowOf(t, g, row)); got != want {
				t.Errorf("%s: the goal of %s is %s, want %s", name, row, got, want)
			}
		}
		if few, alone := rowOf(t, g, "release.p99.few"), rowOf(t, g, "release.p99.alone"); !near(*few.Limit, 0.010) || !near(*alone.Limit, 0.005) {
			t.Errorf("%s: compared with %v s of few, %v s of none", name, *few.Limit, *alone.Limit)
		}
		carried := slices.IndexFunc(g.Rows, func(r Row) bool { return r.Name == "carried" && *r.Aye == float64(test.carried) }) >= 0
		told := containsAll(strings.Join(g.Notes, " "), "yamux", grouped(strconv.Itoa(test.carried))+" pages had no connection of their own")
		if carried != (test.carried > 0) || told != carried || g.Rows[0].Carried != test.carried {
			t.Errorf("%s: that some were carried is told: %v, %v, %d", name, carried, told, g.Rows[0].Carried)
		}
	}
}
