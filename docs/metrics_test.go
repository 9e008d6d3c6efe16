package docs_test

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/aye/internal/app"
	"example.com/aye/internal/stage"
)

var (
	described   = regexp.MustCompile(`fqName: "([^"]+)".*constLabels: \{(.*?)\}, variableLabels: \{(.*?)\}`)
	labelName   = regexp.MustCompile(`[a-z_]+`)
	quotedValue = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	inTable     = regexp.MustCompile("`(aye_[a-z_]+)(?:\\{([a-z_,]*)\\})?`")
	exposed     = regexp.MustCompile(`(?m)^# TYPE (aye_\w+) (\w+)$`)
)

func series(name string, labels []string) string {
	slices.Sort(labels)
	return name + "{" + strings.Join(slices.Compact(labels), ",") + "}"
}

// tableOfMetrics gives the first column of the table of metrics: names with their labels.
func tableOfMetrics(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for line := range strings.Lines(pages(t)["operating.md"]) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 || !strings.HasPrefix(strings.TrimSpace(cells[1]), "`aye_") {
			continue
		}
		for _, found := range inTable.FindAllStringSubmatch(cells[1], -1) {
			name := series(found[1], labelName.FindAllString(found[2], -1))
			if all[name] {
				t.Errorf("%s stands twice in the table", name)
			}
			all[name] = true
		}
	}
	return all
}

// TestMetricsAreInTheManual: the table of operating.md has what a running server counts, with its
// labels, and nothing else.
func TestMetricsAreInTheManual(t *testing.T) {
	t.Parallel()
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	t.Cleanup(collector.Close)
	aye, err := stage.New(t.Context(), stage.Options{Mailbox: true, Texts: true, LightPasswords: true, Change: func(c *app.Config) {
		c.Tracing = app.Tracing{Endpoint: collector.URL, Ratio: 1}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := aye.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	descriptions, counted := make(chan *prometheus.Desc), map[string]bool{}
	go func() { aye.App.Metrics.Describe(descriptions); close(descriptions) }()
	for d := range descriptions {
		parts := described.FindStringSubmatch(d.String())
		if parts == nil {
			t.Fatalf("a description has another form: %s", d)
		}
		if strings.HasPrefix(parts[1], "aye_") {
			labels := append(labelName.FindAllString(quotedValue.ReplaceAllString(parts[2], ""), -1), labelName.FindAllString(parts[3], -1)...)
			counted[series(parts[1], labels)] = true
		}
	}
	table := tableOfMetrics(t)
	for _, name := range slices.Sorted(maps.Keys(counted)) {
		if !table[name] {
			t.Errorf("the table lacks %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if !counted[name] {
			t.Errorf("the table has %s, which no server counts", name)
		}
	}

	// And what Prometheus reads is of that list, in both forms.
	for _, accept := range []string{"text/plain", "application/openmetrics-text; version=1.0.0"} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
		request.Header.Set("Accept", accept)
		page := httptest.NewRecorder()
		aye.App.MetricsHandler().ServeHTTP(page, request)
		families := exposed.FindAllStringSubmatch(page.Body.String(), -1)
		if len(families) < 10 || !strings.HasPrefix(page.Header().Get("Content-Type"), accept[:10]) {
			t.Errorf("%s: %d families as %s", accept, len(families), page.Header().Get("Content-Type"))
		}
		for _, family := range families {
			name := family[1]
			if family[2] == "counter" {
				name = strings.TrimSuffix(name, "_total") + "_total" // OpenMetrics names the family without it
			}
			if !slices.ContainsFunc(slices.Collect(maps.Keys(table)), func(known string) bool { return strings.HasPrefix(known, name+"{") }) {
				t.Errorf("%s: %s is not in the table", accept, name)
			}
		}
	}
}
