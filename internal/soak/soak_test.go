package soak

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	length = flag.Duration("soak", 15*time.Second, "how long each soak lasts")
	quiet  = flag.Bool("quiet", false, "let nothing go wrong: how many are let in then")
	only   = flag.String("only", "", "let nothing go wrong but what has these words in its name")
	disks  = flag.Bool("disks", false, "let disks be full too, which takes root")
)

// atOnce is how many people with a phone log in at one time.
const atOnce = 12

// soak lets people log in while one thing after another goes wrong.
func soak(t *testing.T, w *town, lasts time.Duration) *outcome {
	t.Helper()
	phones, numbers := w.settle(t.Context(), atOnce*(1+int(lasts/shift)), min(8+int(lasts/(2*time.Second)), 200))
	whole, end := context.WithCancel(t.Context())
	defer end()
	o := &outcome{lasts: lasts, texters: len(numbers)}
	o.mails.watch(whole, w.vendors.mail, phones)
	ctx, stop := context.WithTimeout(whole, lasts)
	defer stop()
	l, over := &load{town: w, in: make(chan struct{}, 1)}, make(chan struct{})
	o.load, o.injector = l, &injector{town: w, load: l}
	go func() { defer close(over); l.work(ctx, lasts, phones, numbers) }()
	if *quiet {
		o.injector.rest(ctx, lasts)
	} else {
		o.injector.run(ctx)
	}
	<-over
	w.mend(t)
	if err := l.look(whole); err != nil {
		o.failures = append(o.failures, "the end: "+err.Error())
	}
	o.judge(whole, w)
	for _, n := range w.nodes {
		n.stop()
	}
	if _, err := w.try("audit", "verify"); err != nil {
		o.failures = append(o.failures, "the audit log is not whole: "+err.Error())
	} else {
		o.verified = true
	}
	return o
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

// TestSoakSQLite is one node on the embedded default.
func TestSoakSQLite(t *testing.T) { survives(t, newTown(t, build(t, ""))) }

// TestSoakTwoNodes is two nodes over PostgreSQL and NATS.
func TestSoakTwoNodes(t *testing.T) { survives(t, newTowns(t, build(t, ""))) }

func survives(t *testing.T, w *town) {
	t.Helper()
	o := soak(t, w, *length)
	t.Logf("\n%s\n%s", o.table(), o.injector.table())
	for _, failure := range o.check() {
		t.Error(failure)
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
	if o := soak(t, w, min(max(*length/3, 10*time.Second), 30*time.Second)); o.wrong+o.lost == 0 {
		t.Errorf("without the guard all of it could be explained:\n%s", o.table())
	} else {
		t.Logf("as it must be: %d wrong, %d lost; the first is\n%s", o.wrong, o.lost, o.first)
	}
}
