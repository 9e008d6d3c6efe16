package app

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/aye/store"
)

// storeTimes times what the database is asked for.
type storeTimes struct {
	seconds map[string]prometheus.Observer
	errors  map[string]prometheus.Counter
}

func newStoreTimes(registry prometheus.Registerer) storeTimes {
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "aye_store_seconds", Help: "Time of one read, and of one change from asking for it to its commit.",
		Buckets: []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
	}, []string{"kind"})
	failed := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "aye_store_errors_total", Help: "Reads and changes that failed because the database could not be used."}, []string{"kind"})
	registry.MustRegister(seconds, failed)
	t := storeTimes{seconds: map[string]prometheus.Observer{}, errors: map[string]prometheus.Counter{}}
	for _, kind := range []string{store.TookRead, store.TookChange} { // there from the start, so that the first error is a rise
		t.seconds[kind], t.errors[kind] = seconds.WithLabelValues(kind), failed.WithLabelValues(kind)
	}
	return t
}

func (t storeTimes) took(kind string, took time.Duration, err error) {
	t.seconds[kind].Observe(took.Seconds())
	if errors.Is(err, store.ErrUnavailable) {
		t.errors[kind].Inc()
	}
}

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
	gauge := func(name, help, state string, value func() float64) {
		options := prometheus.GaugeOpts{Name: name, Help: help}
		if state != "" {
			options.ConstLabels = prometheus.Labels{"state": state}
		}
		registry.MustRegister(prometheus.NewGaugeFunc(options, value))
	}
	gauge("aye_store_connections", "Connections to the database.", "used", func() float64 { return float64(s.Connections().InUse) })
	gauge("aye_store_connections", "Connections to the database.", "idle", func() float64 { return float64(s.Connections().Idle) })
	gauge("aye_store_connections_max", "How many connections there may be.", "", func() float64 { return float64(s.Connections().MaxOpenConnections) })
	registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "aye_store_connection_wait_seconds_total", Help: "How long callers waited for a connection, all together."},
		func() float64 { return s.Connections().WaitDuration.Seconds() }))
	registry.MustRegister(stray{s, prometheus.NewDesc("aye_store_stray_rows", "Rows that fit no month's partition, as counted last; PostgreSQL only.", []string{"table"}, nil)})
}

// stray tells of the tables that have such rows.
type stray struct {
	store *store.Store
	desc  *prometheus.Desc
}

// Describe gives the name.
func (s stray) Describe(to chan<- *prometheus.Desc) { to <- s.desc }

// Collect gives the counts.
func (s stray) Collect(to chan<- prometheus.Metric) {
	for table, rows := range s.store.Stray() {
		to <- prometheus.MustNewConstMetric(s.desc, prometheus.GaugeValue, float64(rows), table)
	}
}
