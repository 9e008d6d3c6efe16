package soak

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// way is a proxy between Aye and something that it needs.
type way struct {
	name, listen string
	proxy        *toxiproxy.Proxy
}

// way puts a proxy in front of an address.
func (w *town) way(name, upstream string) *way {
	w.t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, name, "127.0.0.1:0", upstream)
	must(w.t, proxy.Start())
	w.t.Cleanup(proxy.Stop)
	made := &way{name, proxy.Listen, proxy}
	w.ways = append(w.ways, made)
	return made
}

// toxics are how a way can be bad, as toxiproxy names them, for a while.
var toxics = map[string]string{
	"latency":      `{"type":"latency","attributes":{"latency":400,"jitter":300}}`,
	"reset":        `{"type":"reset_peer","attributes":{"timeout":50}}`,
	"half-open":    `{"type":"timeout","attributes":{"timeout":0}}`,
	"slow close":   `{"type":"slow_close","attributes":{"delay":1500}}`,
	"cut in a row": `{"type":"limit_data","attributes":{"bytes":700}}`,
	"thin":         `{"type":"bandwidth","attributes":{"rate":4}}`,
}

// fault is one thing that goes wrong, for a while. It returns when all is as before.
type fault struct {
	name string
	do   func(ctx context.Context, w *town, lasts time.Duration) error
}

// faults are all that can go wrong in the town.
func (w *town) faults() []fault {
	all := append(slices.Clone(w.extra), []fault{
		{"kill -9 of a node", func(ctx context.Context, w *town, lasts time.Duration) error {
			n := w.nodes[below(len(w.nodes))]
			n.kill()
			wait(ctx, lasts/4)
			return n.start(ctx)
		}},
		{"stop of a node", func(ctx context.Context, w *town, _ time.Duration) error {
			n := w.nodes[below(len(w.nodes))]
			n.stop()
			return n.start(ctx)
		}},
		{"clock 10 min ahead", jump(10 * time.Minute)},
		{"clock 10 min behind", jump(-10 * time.Minute)},
	}...)
	for _, way := range w.ways {
		for _, name := range slices.Sorted(maps.Keys(toxics)) {
			all = append(all, fault{way.name + ": " + name, way.toxic(toxics[name])})
		}
		all = append(all, fault{way.name + ": refusal", func(ctx context.Context, _ *town, lasts time.Duration) error {
			way.proxy.Stop()
			wait(ctx, lasts)
			return way.proxy.Start()
		}})
	}
	return all
}

// toxic makes the way bad in both directions.
func (y *way) toxic(text string) func(context.Context, *town, time.Duration) error {
	return func(ctx context.Context, _ *town, lasts time.Duration) error {
		for _, stream := range []string{"upstream", "downstream"} {
			if _, err := y.proxy.Toxics.AddToxicJson(strings.NewReader(strings.Replace(text, "{", `{"stream":"`+stream+`",`, 1))); err != nil {
				return fmt.Errorf("%s: %w", y.name, err)
			}
		}
		wait(ctx, lasts)
		y.proxy.Toxics.ResetToxics(context.WithoutCancel(ctx))
		return nil
	}
}

// jump makes the clock of one node wrong.
func jump(by time.Duration) func(context.Context, *town, time.Duration) error {
	return func(ctx context.Context, w *town, lasts time.Duration) error {
		n := w.nodes[below(len(w.nodes))]
		if err := os.WriteFile(n.clock, []byte(by.String()), 0o600); err != nil {
			return err
		}
		wait(ctx, lasts)
		return os.WriteFile(n.clock, []byte("0s"), 0o600)
	}
}

// wait lets the time pass, or the soak end.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
