package app

import (
	"net"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/aye/internal/gate"
)

const (
	// filesKept are left for the database, the servers of others and whatever else is no caller's; less where there are few.
	filesKept = 500
	// mostConnections is what is let in where nobody says more: of each some kilobytes of memory are used.
	mostConnections = 100_000
	// mostStrangers is how many may be there that have asked nothing yet.
	mostStrangers = 4096
	// roomKept is left for calls when many wait as WebSockets; less where there is room for few.
	roomKept = 250
)

// limits are those of the gate, where this process may open so many files.
func (c Config) limits(files int, proxies []*net.IPNet) gate.Limits {
	all := c.Connections
	if all == 0 {
		all = min(files-min(filesKept, files/4), mostConnections)
	}
	return gate.Limits{All: all, Strangers: max(1, min(mostStrangers, all/4)), Each: c.AddressShare, Proxies: proxies}
}

// waiters is how many may wait as WebSockets.
func waiters(limits gate.Limits) int { return limits.All - min(roomKept, limits.All/8) }

// registerGate tells of connections.
func registerGate(registry prometheus.Registerer, g *gate.Gate) {
	gauge := func(state string, of func(gate.Statistics) int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "aye_connections", Help: "Connections that are open: strangers that have asked nothing yet, idle ones between two requests, and others.",
			ConstLabels: prometheus.Labels{"state": state},
		}, func() float64 { return float64(of(g.Statistics())) })
	}
	counter := func(how string, of func(gate.Statistics) int64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "aye_connections_refused_total", Help: "Connections that were closed for want of room: at once (refused), or to make room for others (hung-up).",
			ConstLabels: prometheus.Labels{"how": how},
		}, func() float64 { return float64(of(g.Statistics())) })
	}
	registry.MustRegister(
		gauge("stranger", func(s gate.Statistics) int { return s.Strangers }),
		gauge("idle", func(s gate.Statistics) int { return s.Idle }),
		gauge("other", func(s gate.Statistics) int { return s.All - s.Strangers - s.Idle }),
		counter("refused", func(s gate.Statistics) int64 { return s.Refused }),
		counter("hung-up", func(s gate.Statistics) int64 { return s.HungUp }))
}
