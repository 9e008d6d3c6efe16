package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"example.com/aye/store"
)

// registerStore tells Prometheus what the database is asked for.
func registerStore(registry prometheus.Registerer, s *store.Store) {
	for _, m := range []struct {
		name, help string
		labels     prometheus.Labels
		count      func(store.Statistics) int64
	}{
		{"aye_store_statements_total", "SQL statements.", prometheus.Labels{"kind": "read"}, func(s store.Statistics) int64 { return s.Reads }},
		{"aye_store_statements_total", "SQL statements.", prometheus.Labels{"kind": "write"}, func(s store.Statistics) int64 { return s.Writes }},
		{"aye_store_rows_read_total", "Rows that statements gave.", nil, func(s store.Statistics) int64 { return s.Rows }},
		{"aye_store_changes_total", "Changes that were asked for; many share a commit.", nil, func(s store.Statistics) int64 { return s.Changes }},
		{"aye_store_commits_total", "Commits, each of which waits for the disk.", nil, func(s store.Statistics) int64 { return s.Commits }},
	} {
		registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: m.name, Help: m.help, ConstLabels: m.labels},
			func() float64 { return float64(m.count(s.Statistics())) }))
	}
}
