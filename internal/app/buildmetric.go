package app

import (
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
)

func (a *App) version() string {
	if a.Config.Version == "" {
		return "development"
	}
	return a.Config.Version
}

// registerBuild tells which program runs.
func (a *App) registerBuild() {
	revision := "unknown"
	if built, ok := debug.ReadBuildInfo(); ok {
		for _, s := range built.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "aye_build_info", Help: "1, with what runs here.", ConstLabels: prometheus.Labels{"version": a.version(), "revision": revision, "go": runtime.Version()},
	})
	build.Set(1)
	a.Metrics.MustRegister(build)
}
