package soak

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"
)

// way is a proxy between Aye and something that it needs.
type way struct {
	name, listen string
	proxy        *toxiproxy.Proxy
	number       int
	// vendor says that nobody waits for it but who is sent something by it.
	vendor bool
}

// flow is what went over a way. A toxic is made by toxiproxy from a text, so it finds that of its way by a number.
type flow struct {
	// bytes went over it, by so many connections, each in two directions.
	bytes, born atomic.Int64
	// silent are the connections that were born before: they carry nothing any more, and nobody is told.
	silent atomic.Int64
}

var (
	flows [64]flow
	ways  atomic.Int64
)

// passage is a toxic that is on each way at all times. It counts, and lets connections die without a word.
type passage struct {
	Way int `json:"way"`
}

// NewState implements [toxics.StatefulToxic]: it is the number of the connection.
func (p *passage) NewState() any { return flows[p.Way].born.Add(1) }

// Pipe implements [toxics.Toxic].
func (p *passage) Pipe(stub *toxics.ToxicStub) {
	flow, number := &flows[p.Way], stub.State.(int64)
	for {
		select {
		case <-stub.Interrupt:
			return
		case chunk := <-stub.Input:
			if chunk == nil {
				stub.Close()
				return
			}
			flow.bytes.Add(int64(len(chunk.Data)))
			if number > flow.silent.Load() {
				stub.Output <- chunk
			}
		}
	}
}

// ready makes toxiproxy know the passage, and keeps it from saying much.
var ready = sync.OnceFunc(func() {
	zerolog.SetGlobalLevel(zerolog.Disabled)
	toxics.Register("passage", new(passage))
})

// way puts a proxy in front of an address.
func (w *town) way(name, upstream string) *way {
	w.t.Helper()
	ready()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, name, free(w.t, 1)[0], upstream) // where it is stopped and started again
	must(w.t, proxy.Start())
	w.t.Cleanup(proxy.Stop)
	made := &way{name: name, listen: proxy.Listen, proxy: proxy, number: int(ways.Add(1)) - 1}
	must(w.t, made.add("passage", fmt.Sprintf(`"type":"passage","attributes":{"way":%d}`, made.number)))
	w.ways = append(w.ways, made)
	return made
}

// add adds a toxic in both directions, behind those that are there.
func (y *way) add(name, text string) error {
	for _, stream := range []string{"upstream", "downstream"} {
		if _, err := y.proxy.Toxics.AddToxicJson(strings.NewReader(fmt.Sprintf(`{"name":"%s-%s","stream":%[2]q,%s}`, name, stream, text))); err != nil {
			return fmt.Errorf("%s: %w", y.name, err)
		}
	}
	return nil
}

// carried is what went over it until now, in bytes.
func (y *way) carried() int64 { return flows[y.number].bytes.Load() }

// ills are how a way can be bad, as toxiproxy names them.
var ills = map[string]string{
	"latency":      `"type":"latency","attributes":{"latency":400,"jitter":300}`,
	"reset":        `"type":"reset_peer","attributes":{"timeout":50}`,
	"half-open":    `"type":"timeout","attributes":{"timeout":0}`,
	"slow close":   `"type":"slow_close","attributes":{"delay":1500}`,
	"cut in a row": `"type":"limit_data","attributes":{"bytes":700}`,
	"thin":         `"type":"bandwidth","attributes":{"rate":4}`,
}

// faults are all ways in which it can be bad.
func (y *way) faults() []fault {
	var all []fault
	for _, name := range slices.Sorted(maps.Keys(ills)) {
		all = append(all, fault{name: y.name + ": " + name, way: y, do: func(ctx context.Context, _ *town, lasts time.Duration) error {
			if err := y.add("ill", ills[name]); err != nil {
				return err
			}
			wait(ctx, lasts)
			for _, stream := range []string{"upstream", "downstream"} {
				if err := y.proxy.Toxics.RemoveToxic(context.WithoutCancel(ctx), "ill-"+stream); err != nil {
					return err
				}
			}
			return nil
		}})
	}
	// As where a router in between forgets them: new ones work.
	all = append(all, fault{name: y.name + ": connections die silently", way: y, do: func(context.Context, *town, time.Duration) error {
		flow := &flows[y.number]
		flow.silent.Store(flow.born.Load())
		return nil
	}})
	// All connections end, and no new ones are taken: so it is too when the other side is started again.
	return append(all, fault{name: y.name + ": refusal", way: y, do: func(ctx context.Context, _ *town, lasts time.Duration) error {
		y.proxy.Stop()
		wait(ctx, lasts)
		return y.proxy.Start()
	}})
}
