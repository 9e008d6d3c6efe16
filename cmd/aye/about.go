package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"example.com/aye/internal/app"
)

type helpCommand struct {
	Topic string `arg:"" enum:"config" help:"What to explain: ${enum}."`
}

// Run explains the settings.
func (helpCommand) Run(env *environment) error {
	fmt.Fprint(env.stdout, `Every setting of Aye. It comes from its default, the file given with --config (YAML), the environment,
or --set name=value; the later ones win. No setting at all runs the embedded default.

`)
	for _, s := range app.Settings() {
		explain(env.stdout, s)
	}
	return nil
}

func explain(w io.Writer, s app.Setting) {
	fmt.Fprint(w, s.Name)
	if s.Env != "" {
		fmt.Fprintf(w, "  (%s)", s.Env)
	}
	if s.Default != "" {
		fmt.Fprintf(w, "  default: %s", s.Default)
	}
	fmt.Fprintf(w, "\n    %s\n", s.Help)
}

// version is set by the release build; see Makefile.
var version = "development"

type versionCommand struct{ jsonFlag }

// Run says which version this is.
func (c *versionCommand) Run(env *environment) error {
	out := map[string]string{"version": version, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH, "revision": "unknown", "time": "unknown"}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				out["revision"] = s.Value
			case "vcs.time":
				out["time"] = s.Value
			case "vcs.modified":
				out["modified"] = s.Value
			}
		}
	}
	return c.print(env.stdout, out, func(w io.Writer) {
		fields(w, "aye", version, "revision", out["revision"], "time", out["time"], "built with", runtime.Version()+" for "+out["platform"])
	})
}
