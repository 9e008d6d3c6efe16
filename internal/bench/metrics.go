package bench

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// samples are the values of a /metrics page, by series as the page writes them.
type samples map[string]float64

// parseSamples reads the text form of Prometheus. Lines that are none are left out.
func parseSamples(text string) samples {
	all := samples{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		// A label's value may have spaces; what comes after the labels has none but its own.
		end := strings.LastIndexByte(line, '}') + 1
		space := strings.IndexByte(line[end:], ' ')
		if space < 0 || strings.HasPrefix(line, "#") {
			continue
		}
		value, _, _ := strings.Cut(strings.TrimSpace(line[end+space:]), " ") // behind it stands perhaps a time
		if number, err := strconv.ParseFloat(value, 64); err == nil {
			all[line[:end+space]] = number
		}
	}
	return all
}

// sum adds all series of a name, and tells whether there is any. A server of another version
// may not have it.
func (s samples) sum(name string) (float64, bool) {
	total, found := 0.0, false
	for series, value := range s {
		if bare, _, _ := strings.Cut(series, "{"); bare == name {
			total, found = total+value, true
		}
	}
	return total, found
}

// scrape reads a /metrics page.
func scrape(ctx context.Context, client *http.Client, url string) (samples, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	status, body, err := fetch(ctx, client, http.MethodGet, url, "", nil)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	if status != http.StatusOK {
		return nil, fmt.Errorf("metrics: %s answers %d", url, status)
	}
	return parseSamples(string(body)), nil
}

// counters reads the counters of all nodes, and of their database.
func (t *target) counters(ctx context.Context) (samples, error) {
	all := samples{}
	for _, address := range t.metrics {
		each, err := scrape(ctx, t.http, address)
		if err != nil {
			return nil, err
		}
		for name, value := range each {
			all[name] += value
		}
	}
	if t.database == nil {
		return all, nil
	}
	used, err := t.database.Used(ctx)
	if err != nil {
		return nil, fmt.Errorf("counters of PostgreSQL: %w", err)
	}
	all[metricLog] = used.Log
	if used.CPU > 0 {
		all[metricDatabaseCPU] = used.CPU.Seconds()
	}
	return all, nil
}

// The names of what is read.
const (
	metricCPU        = "process_cpu_seconds_total"
	metricMemory     = "process_resident_memory_bytes"
	metricAllocs     = "go_memstats_mallocs_total"
	metricBytes      = "go_memstats_alloc_bytes_total"
	metricHeap       = "go_memstats_heap_inuse_bytes"
	metricStacks     = "go_memstats_stack_inuse_bytes"
	metricStatements = "aye_store_statements_total"
	metricRows       = "aye_store_rows_read_total"
	metricCommits    = "aye_store_commits_total"
	metricWaiters    = "aye_waiters"

	// Those of PostgreSQL are ours.
	metricDatabaseCPU = "postgres cpu"
	metricLog         = "postgres log"
)

// costs is what a server spent, by the name of its counter.
type costs map[string]float64

// counted are the counters of which the differences are told.
var counted = []string{metricCPU, metricAllocs, metricBytes, metricStatements, metricRows, metricCommits, metricDatabaseCPU, metricLog}

// spent gives how far the counters went from one look to the next. A counter that is not
// there is left out.
func spent(before, after samples) costs {
	all := costs{}
	for _, name := range counted {
		from, had := before.sum(name)
		to, has := after.sum(name)
		if had && has {
			all[name] = to - from
		}
	}
	return all
}

// add adds what was spent at another time.
func (c costs) add(other costs) {
	for name, value := range other {
		c[name] += value
	}
}

// each divides what was spent by the logins that it was spent on; nil where it is not known.
func (c costs) each(name string, logins int) *float64 {
	value, known := c[name]
	if !known || logins == 0 {
		return nil
	}
	value /= float64(logins)
	return &value
}
