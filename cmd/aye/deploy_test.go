package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// understands tells whether the program takes these arguments; --help behind them keeps it from doing anything.
func understands(t *testing.T, args []string) bool {
	t.Helper()
	var out bytes.Buffer
	code := run(t.Context(), append(slices.Clone(args), "--help"), &environment{
		getenv: func(string) string { return "" }, stdin: strings.NewReader(""), stdout: &out, stderr: &out, now: time.Now,
	})
	if code != 0 {
		t.Logf("aye %s: %s", strings.Join(args, " "), out.String())
	}
	return code == 0
}

var execStart = regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/aye (.+)$`)

// The commands in the files for operators are ones that the program has, with their flags.
func TestDeployedCommandsExist(t *testing.T) {
	t.Parallel()
	if understands(t, []string{"serve", "--no-such-flag"}) || understands(t, []string{"no-such-command"}) {
		t.Fatal("this test understands anything")
	}
	found := 0
	for _, file := range []string{"../../docker-compose.yml", "../../docker-compose.one.yml"} {
		var project struct {
			Services map[string]struct {
				Build       any
				Command     []string
				Healthcheck struct{ Test []string }
			}
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err = yaml.Unmarshal(text, &project); err != nil {
			t.Fatal(err)
		}
		for name, s := range project.Services {
			if s.Build == nil {
				continue
			}
			found++
			if len(s.Command) > 0 && !understands(t, s.Command) {
				t.Errorf("%s: %s runs aye %v", file, name, s.Command)
			}
			if h := s.Healthcheck.Test; len(h) < 3 || h[1] != "/usr/bin/aye" || !understands(t, h[2:]) {
				t.Errorf("%s: the health of %s is asked by %v", file, name, h)
			}
		}
	}
	unit, err := os.ReadFile("../../deploy/aye.service")
	if err != nil {
		t.Fatal(err)
	}
	if line := execStart.FindSubmatch(unit); line == nil || !understands(t, strings.Fields(string(line[1]))) {
		t.Errorf("aye.service runs %q", line)
	}
	if found != 4 {
		t.Errorf("%d services run aye", found)
	}
}

var standIn = regexp.MustCompile(`stand-ins:(\d+)`)

// Caddy leads the demo's names to the pages that `aye emulate all` has, at their ports.
func TestDemoPagesAreBehindCaddy(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../deploy/caddy/demo.caddy")
	if err != nil {
		t.Fatal(err)
	}
	c := emulateAllCommand{Bind: "", Port: 9000}
	var got []string
	for _, found := range standIn.FindAllSubmatch(text, -1) {
		got = append(got, ":"+string(found[1]))
	}
	// The inbox of Google, the phone, texts of MessageBird and of Bird, the mailbox.
	want := []string{c.address(pages), c.address(phonePort), c.address(pages + 2), c.address(pages + 3), c.address(pages + 4)}
	if !slices.Equal(got, want) {
		t.Errorf("Caddy leads to %v, and the pages are at %v", got, want)
	}
}
