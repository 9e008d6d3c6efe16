package soak

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// former and next are what the two programs say that they are.
	former, next = "former", "next"
	// leaves is the drain_delay of the nodes: long enough for a balancer on a busy machine to ask once more.
	leaves = 2 * time.Second
	// thinking is how long somebody takes at the phone at most: some wait longer than a node takes to leave.
	thinking = 15 * time.Second
	// rollers is how many log in at one time.
	rollers = 20
	// restful is how long people log in between two steps.
	restful = 2 * time.Second
)

// program builds Aye under a version, with some files in the place of others.
func program(t *testing.T, version string, replaced map[string]string) string {
	t.Helper()
	overlay, binary := filepath.Join(t.TempDir(), "overlay.json"), filepath.Join(t.TempDir(), "aye-"+version)
	text, err := json.Marshal(map[string]any{"Replace": replaced})
	must(t, err)
	must(t, os.WriteFile(overlay, text, 0o600))
	command := exec.CommandContext(t.Context(), "go", "build", "-tags", "faults", "-ldflags", "-X main.version="+version, "-overlay", overlay, "-o", binary, "../../cmd/aye")
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, said)
	}
	return binary
}

// nextProgram is the program of the next version: it brings one more step of the schema, which adds to the tables that logins
// are made of.
func nextProgram(t *testing.T) string {
	t.Helper()
	replaced := map[string]string{}
	for folder, number := range map[string]string{"sqlite": "INTEGER", "postgres": "BIGINT"} {
		found, err := filepath.Glob("../../store/migrations/" + folder + "/*.sql")
		must(t, err)
		newest := 0
		_, err = fmt.Sscanf(filepath.Base(found[len(found)-1]), "%d_", &newest)
		must(t, err)
		var text strings.Builder
		fmt.Fprintf(&text, "-- What the next version needs.\n-- oldest: %d\n\nCREATE TABLE rolled (id TEXT PRIMARY KEY);\n", newest)
		for _, table := range []string{"approvals", "applications", "decisions", "devices", "organisations", "persons", "audit_heads"} {
			fmt.Fprintf(&text, "ALTER TABLE %s ADD COLUMN rolled %s NOT NULL DEFAULT 0;\n", table, number)
		}
		file := filepath.Join(t.TempDir(), folder+".sql")
		must(t, os.WriteFile(file, []byte(text.String()), 0o600))
		place, err := filepath.Abs(fmt.Sprintf("../../store/migrations/%s/%05d_rolled.sql", folder, newest+1))
		must(t, err)
		replaced[place] = file
	}
	return program(t, next, replaced)
}

// rolls are a town behind a balancer, with people in it who log in.
type rolls struct {
	*town

	front *balancer
	crowd *unhurried
	over  func()
}

// rolling starts all of it with the former program.
func rolling(t *testing.T, binary string) *rolls {
	t.Helper()
	t.Setenv("AYE_DRAIN_DELAY", leaves.String())
	w := newTowns(t, binary)
	people, _ := w.settle(t.Context(), rollers, 0)
	r := &rolls{town: w, front: balance(t, w)}
	must(t, r.front.until(t.Context(), len(w.nodes)))
	r.crowd = &unhurried{town: w, front: r.front, client: &http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.crowd.work(ctx, people) }()
	r.over = func() { stop(); <-done }
	t.Cleanup(r.over)
	wait(t.Context(), restful)
	return r
}

// replace ends a node in its way and starts it with another program.
func (r *rolls) replace(n *node, binary string, end func(*node) int) error {
	in, again := r.crowd.in.Load(), r.crowd.again.Load()
	if code := end(n); code != 0 {
		return fmt.Errorf("the node ended with code %d", code)
	}
	r.binary = binary
	if err := n.start(r.t.Context()); err != nil {
		return err
	}
	if err := r.front.until(r.t.Context(), len(r.nodes)); err != nil {
		return err
	}
	wait(r.t.Context(), restful)
	_, text, err := call(r.t.Context(), asking, http.MethodGet, "http://"+n.metrics+"/metrics", nil, "")
	if want := `version="` + strings.TrimPrefix(filepath.Base(binary), "aye-") + `"`; err != nil || !strings.Contains(string(text), want) {
		return fmt.Errorf("the node is not of %s (%w)", want, err)
	}
	r.t.Logf("%s on %s: %d people were let in meanwhile, %d pages were told to connect again", filepath.Base(binary), n.listen, r.crowd.in.Load()-in, r.crowd.again.Load()-again)
	if r.crowd.in.Load() == in || r.crowd.again.Load() == again {
		return fmt.Errorf("nobody was let in, or no page was told to connect again: this proves nothing")
	}
	return nil
}

// terminated ends a node as systemd and containers do.
func terminated(n *node) int {
	process := n.command
	n.end(func(p *os.Process) error { return p.Signal(syscall.SIGTERM) })
	return process.ProcessState.ExitCode()
}

// cut ends a node as if it had no drain.
func cut(n *node) int {
	n.kill()
	return 0
}

// TestRollingUpgrade takes two nodes from one version to the next and back, one after the other, while people log in.
// Not one call fails, and no page loses its socket without being told to connect again.
func TestRollingUpgrade(t *testing.T) {
	old, newer := program(t, former, nil), nextProgram(t)
	r := rolling(t, old)
	for _, binary := range []string{newer, old} {
		for _, n := range r.nodes {
			if err := r.replace(n, binary, terminated); err != nil {
				t.Fatalf("%v; %s", err, strings.Join(r.front.failures(), "\n"))
			}
		}
	}
	r.over()
	if failed := r.front.failures(); len(failed) > 0 {
		t.Errorf("%d calls failed:\n%s", len(failed), strings.Join(failed[:min(len(failed), 20)], "\n"))
	}
	t.Logf("%d logins, %d failed; %d times a page was told to connect again", r.crowd.in.Load(), len(r.front.failures()), r.crowd.again.Load())
	for _, n := range r.nodes {
		n.stop()
	}
	if _, err := r.try("audit", "verify"); err != nil {
		t.Errorf("the audit log is not whole: %v", err)
	}
}

// TestRollingNeedsTheDrain: a node that just ends cuts off who waits there, and the judge sees it.
func TestRollingNeedsTheDrain(t *testing.T) {
	r := rolling(t, program(t, former, nil))
	_ = r.replace(r.nodes[0], r.binary, cut)
	r.over()
	failed := r.front.failures()
	if len(failed) == 0 {
		t.Fatal("a node was killed, and nobody noticed")
	}
	t.Logf("as it must be: %d failed, the first one: %s", len(failed), failed[0])
}

// TestRollingNeedsTheRule: a program that works on no database but the newest that it knows does not come back once the next
// one was there.
func TestRollingNeedsTheRule(t *testing.T) {
	const file, rule = "../../store/fits.go", "needed := now.oldest"
	text, err := os.ReadFile(file)
	must(t, err)
	if strings.Count(string(text), rule) != 1 {
		t.Fatalf("%s has no %q any more: tell this test what it is now", file, rule)
	}
	broken := filepath.Join(t.TempDir(), "fits.go")
	must(t, os.WriteFile(broken, []byte(strings.Replace(string(text), rule, "needed := int64(0)", 1)), 0o600))
	original, err := filepath.Abs(file)
	must(t, err)
	w := newTowns(t, program(t, former, map[string]string{original: broken}))
	strict := w.binary
	w.binary = nextProgram(t)
	must(t, w.nodes[0].start(t.Context()))
	t.Cleanup(w.nodes[0].kill)
	w.binary = strict
	if err = w.nodes[1].start(t.Context()); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Cleanup(w.nodes[1].kill)
		t.Errorf("without the rule the former program starts: %v", err)
	}
	// With it, it does.
	w.binary = program(t, former, nil)
	must(t, w.nodes[1].start(t.Context()))
	t.Cleanup(w.nodes[1].kill)
}
