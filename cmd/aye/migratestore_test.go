package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"example.com/aye/internal/pgtest"
	"example.com/aye/store"
)

// TestPostgresStories runs each story of testdata/postgres, each with two empty databases of PostgreSQL.
func TestPostgresStories(t *testing.T) {
	t.Parallel()
	stories, err := filepath.Glob(filepath.Join("testdata", "postgres", "*.txtar"))
	if err != nil || len(stories) == 0 {
		t.Fatal(stories, err)
	}
	for _, story := range stories {
		one, two := pgtest.Empty(t), pgtest.Empty(t)
		testscript.Run(t, testscript.Params{
			Files:               []string{story},
			RequireExplicitExec: true,
			Setup: func(e *testscript.Env) error {
				e.Setenv("POSTGRES", one)
				e.Setenv("POSTGRES2", two)
				return setUp(e)
			},
			Cmds: commands,
		})
	}
}

// TestProgress: a bar on a terminal; elsewhere lines that a log can take.
func TestProgress(t *testing.T) {
	t.Parallel()
	show := func(terminal bool) string {
		var out strings.Builder
		now := time.Unix(0, 0)
		p := &progress{out: &out, terminal: terminal, now: func() time.Time { return now }}
		for done := range int64(101) {
			p.tell(store.Progress{Phase: "copy", Table: "persons", Done: done, Total: 100})
			now = now.Add(time.Second)
		}
		p.tell(store.Progress{Phase: "copy", Table: "empty"})
		p.tell(store.Progress{Phase: "verify"})
		p.end()
		return out.String()
	}
	lines := show(false)
	if strings.Contains(lines, "\r") || strings.Contains(lines, "empty") || !strings.HasSuffix(lines, "copy persons: 100 of 100\nverify\n") {
		t.Errorf("lines:\n%s", lines)
	}
	if n := strings.Count(lines, "\n"); n < 15 || n > 25 {
		t.Errorf("%d lines:\n%s", n, lines)
	}
	bar := show(true)
	if strings.Contains(bar, "\n") || !strings.Contains(bar, "\r[===============               ]  50% copy persons: 50 of 100") || !strings.HasSuffix(bar, "\r") {
		t.Errorf("bar: %q", bar)
	}
}
