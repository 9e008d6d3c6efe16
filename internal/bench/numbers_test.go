package bench

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestPercentiles(t *testing.T) {
	t.Parallel()
	hundred := make(latencies, 0, 100)
	for i := 100; i > 0; i-- { // in any order
		hundred = append(hundred, time.Duration(i))
	}
	for name, test := range map[string]struct {
		of   latencies
		want []time.Duration
	}{
		"none":    {nil, []time.Duration{0, 0, 0}},
		"one":     {latencies{7}, []time.Duration{7, 7, 7}},
		"two":     {latencies{9, 1}, []time.Duration{1, 9, 9}},
		"hundred": {hundred, []time.Duration{50, 95, 99}},
		"1 more":  {append(slices.Clone(hundred), 101), []time.Duration{51, 96, 100}},
	} {
		if got := test.of.at(p50, p95, p99); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
	if hundred[0] != 100 {
		t.Error("the times were sorted in place")
	}
}

func TestMetricsAreRead(t *testing.T) {
	t.Parallel()
	got := parseSamples(`# HELP process_cpu_seconds_total Time.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 12.5
aye_store_statements_total{kind="read"} 100
aye_store_statements_total{kind="write",of="a } b"} 1e2 1700000000
aye_store_statements_total_other 5
go_gc_duration_seconds{quantile="0"} NaN
not a line
`)
	for name, want := range map[string]float64{
		"process_cpu_seconds_total": 12.5, "aye_store_statements_total": 200, "aye_store_statements_total_other": 5,
	} {
		if value, known := got.sum(name); !known || value != want {
			t.Errorf("%s is %v, %v; want %v", name, value, known, want)
		}
	}
	if value, known := got.sum("go_gc_duration_seconds"); !known || !math.IsNaN(value) {
		t.Errorf("what is no number: %v, %v", value, known)
	}
	if _, known := got.sum("aye_store_commits_total"); known {
		t.Error("a counter that is not there is known")
	}
}

func TestCosts(t *testing.T) {
	t.Parallel()
	before := samples{metricCPU: 1, metricAllocs: 100, metricStatements + `{kind="read"}`: 5}
	after := samples{metricCPU: 3, metricAllocs: 150, metricStatements + `{kind="read"}`: 10, metricStatements + `{kind="write"}`: 5, metricCommits: 7}
	m := measured{costs: spent(before, after), costly: 4}.with(measured{costs: spent(before, after), costly: 1})
	for name, want := range map[string]float64{metricCPU: 0.8, metricAllocs: 20, metricStatements: 4} {
		if each := m.costs.each(name, m.costly); each == nil || math.Abs(*each-want) > 1e-9 {
			t.Errorf("%s a login: %v, want %v", name, each, want)
		}
	}
	if m.costs.each(metricCommits, m.costly) != nil {
		t.Error("a counter that was not there before has a difference")
	}
	if m.costs.each(metricCPU, 0) != nil {
		t.Error("something was spent on no login")
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	turns := []measured{
		{logins: 10, took: time.Second, releases: latencies{3}}, {logins: 50, took: 2 * time.Second, releases: latencies{1}, used: true},
	}
	m := joined(turns)
	if m.rate() != 20 || len(m.releases) != 2 || !m.used {
		t.Errorf("joined: %v a second, %v, %v", m.rate(), m.releases, m.used)
	}
	if got := rates(turns); !slices.Equal(got, []float64{10, 25}) {
		t.Errorf("by turns: %v a second", got)
	}
	if mean([]float64{1, 2}) != 1.5 || mean(nil) != 0 {
		t.Error("the mean is wrong")
	}
	if (measured{}).rate() != 0 {
		t.Error("nothing has a rate")
	}
}
