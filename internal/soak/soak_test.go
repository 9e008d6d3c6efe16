package soak

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	length = flag.Duration("soak", 15*time.Second, "how long each soak lasts")
	quiet  = flag.Bool("quiet", false, "let nothing go wrong: how many are let in then")
	disks  = flag.Bool("disks", false, "let disks be full too, which takes root")
)

// people is how many log in at one time.
const people = 12

// outcome counts what a soak saw.
type outcome struct {
	asked              int64
	decisions, redeems int
	lost, wrong        int
	injected           map[string]int
	first              string // the first history that nothing explains
	failures           []string
}

// soak lets people log in while one thing after another goes wrong.
func soak(t *testing.T, w *town, lasts time.Duration) outcome {
	t.Helper()
	for _, n := range w.nodes {
		must(t, n.start(t.Context()))
		t.Cleanup(n.kill)
	}
	crowd := w.settle(t.Context(), people)
	ctx, stop := context.WithTimeout(t.Context(), lasts)
	defer stop()
	l, over := &load{town: w}, make(chan struct{})
	go func() { defer close(over); l.work(ctx, crowd) }()
	seen := outcome{injected: map[string]int{}}
	faults := w.faults()
	if *quiet {
		<-ctx.Done()
	}
	for i := 0; ctx.Err() == nil; i++ {
		f := faults[below(len(faults))]
		if i < len(faults) && lasts > time.Minute { // each once, whatever chance says
			f = faults[i]
		}
		if err := f.do(ctx, w, time.Duration(300+below(1700))*time.Millisecond); err != nil && ctx.Err() == nil {
			seen.failures = append(seen.failures, f.name+": "+err.Error())
		}
		seen.injected[f.name]++
		wait(ctx, time.Duration(100+below(600))*time.Millisecond)
	}
	<-over
	w.mend(t)
	if err := l.look(t.Context()); err != nil {
		seen.failures = append(seen.failures, "the end: "+err.Error())
	}
	seen.judge(l)
	for _, n := range w.nodes {
		n.stop()
	}
	if _, err := w.try("audit", "verify"); err != nil {
		seen.failures = append(seen.failures, "the audit log is not whole: "+err.Error())
	}
	return seen
}

// mend makes sure that everything runs again.
func (w *town) mend(t *testing.T) {
	t.Helper()
	for _, n := range w.nodes {
		must(t, os.WriteFile(n.clock, []byte("0s"), 0o600))
		n.mu.Lock()
		running := n.command != nil
		n.mu.Unlock()
		if !running {
			must(t, n.start(t.Context()))
		}
	}
}

// judge counts what nothing explains: what was acknowledged and is not there any more, and all else.
func (o *outcome) judge(l *load) {
	o.asked = l.asked.Load()
	for _, h := range l.histories {
		decisions, redeems := h.acknowledged()
		o.decisions, o.redeems = o.decisions+decisions, o.redeems+redeems
		if h.explained() {
			continue
		}
		if o.first == "" {
			o.first = h.String()
		}
		if h.forgotten() {
			o.lost++
		} else {
			o.wrong++
		}
	}
}

// table is what people read.
func (o *outcome) table() string {
	var text strings.Builder
	kills, all := 0, 0
	for name, count := range o.injected {
		all += count
		if strings.HasPrefix(name, "kill") {
			kills += count
		}
	}
	fmt.Fprintf(&text, "| requests | faults | kills | acknowledged decisions | acknowledged redeems | lost | wrong |\n|---|---|---|---|---|---|---|\n| %d | %d | %d | %d | %d | %d | %d |\n\n",
		o.asked, all, kills, o.decisions, o.redeems, o.lost, o.wrong)
	for _, name := range slices.Sorted(maps.Keys(o.injected)) {
		fmt.Fprintf(&text, "%4d x %s\n", o.injected[name], name)
	}
	return text.String()
}

// TestSoakSQLite is one node on the embedded default.
func TestSoakSQLite(t *testing.T) { survives(t, newTown(t, build(t, ""))) }

// TestSoakTwoNodes is two nodes over PostgreSQL and NATS.
func TestSoakTwoNodes(t *testing.T) { survives(t, newTowns(t, build(t, ""))) }

func survives(t *testing.T, w *town) {
	t.Helper()
	o := soak(t, w, *length)
	t.Logf("\n%s", o.table())
	if o.lost+o.wrong > 0 || len(o.failures) > 0 {
		t.Errorf("%d lost, %d wrong; %s\n%s", o.lost, o.wrong, strings.Join(o.failures, "; "), o.first)
	}
	if o.redeems == 0 || o.decisions == 0 {
		t.Error("nobody was let in: this proves nothing")
	}
}

// TestTheGuardIsNeeded takes the condition on the state out of the one update by which a request moves. Then the histories
// cannot be explained any more: the judge sees what the guard is there for.
func TestTheGuardIsNeeded(t *testing.T) {
	const file, guard = "../../store/move.go", ` AND state IN (?`
	text, err := os.ReadFile(file)
	must(t, err)
	if strings.Count(string(text), guard) != 1 {
		t.Fatalf("%s has no condition %q any more: tell this test what it is now", file, guard)
	}
	broken, overlay := filepath.Join(t.TempDir(), "move.go"), filepath.Join(t.TempDir(), "overlay.json")
	must(t, os.WriteFile(broken, []byte(strings.Replace(string(text), guard, ` AND '' NOT IN (?`, 1)), 0o600))
	original, err := filepath.Abs(file)
	must(t, err)
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{original: broken}})
	must(t, err)
	must(t, os.WriteFile(overlay, replace, 0o600))
	w := newTown(t, build(t, overlay))
	if o := soak(t, w, max(*length/3, 10*time.Second)); o.wrong+o.lost == 0 {
		t.Errorf("without the guard all of it could be explained:\n%s", o.table())
	} else {
		t.Logf("as it must be: %d wrong, %d lost; the first is\n%s", o.wrong, o.lost, o.first)
	}
}
