package bench

import (
	"context"
	"path/filepath"
	"time"

	"example.com/aye/internal/bench/bare"
)

// probes measures the disk and the processor alone.
func (r *run) probes(ctx context.Context) error {
	g := r.group(Probes, "what the machine can do at best")
	for _, each := range []struct {
		name, what string
		probe      func(context.Context, time.Duration) (bare.Rate, error)
		times      bool // whether the time of one tells more than how many there are
	}{
		{"fsync", "4 KiB appended and made durable", func(ctx context.Context, d time.Duration) (bare.Rate, error) {
			return bare.Fsync(ctx, r.dir, d)
		}, true},
		{"commit", "a durable commit of SQLite", func(ctx context.Context, d time.Duration) (bare.Rate, error) {
			return bare.Commits(ctx, filepath.Join(r.dir, "probe.db"), d)
		}, true},
		{"sign", "signatures made with P-256, one core", bare.Sign, false},
		{"verify", "signatures verified, one core", bare.Verify, false},
	} {
		r.Progress.say("%s", each.what)
		rate, err := each.probe(ctx, r.Duration)
		if err != nil {
			return err
		}
		g.add(Row{Name: "probes." + each.name + ".per_second", What: each.what, Unit: PerSecond, Limit: new(rate.PerSecond())})
		if each.times {
			g.add(Row{Name: "probes." + each.name + ".p50", What: each.what + ", p50", Unit: Seconds, Limit: seconds(rate.P50)})
			g.add(Row{Name: "probes." + each.name + ".p99", What: each.what + ", p99", Unit: Seconds, Limit: seconds(rate.P99)})
		}
	}
	g.note("One after the other, with nothing else going on, on the disk that the servers use too.")
	return nil
}
