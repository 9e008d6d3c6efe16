package app

import (
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/internal/observe"
	"example.com/aye/internal/secret"
)

func TestTracingSettings(t *testing.T) {
	t.Parallel()
	for _, good := range []map[string]string{
		{},
		{"tracing.endpoint": "https://collector.example.com"},
		{"tracing.endpoint": "https://collector.example.com:4318/otlp/v1/traces", "tracing.ratio": "0.001", "tracing.headers_file": "h", "tracing.roots_file": "r"},
		{"tracing.endpoint": "http://localhost:4318"},
		{"tracing.endpoint": "http://127.0.0.1:4318"},
		{"tracing.endpoint": "http://[::1]:4318"},
	} {
		if _, err := LoadConfig("", nil, good); err != nil {
			t.Errorf("%v: %v", good, err)
		}
	}
	for _, bad := range []struct{ name, value, beside string }{
		{"endpoint", "http://collector.example.com", ""},
		{"endpoint", "collector.example.com:4318", ""},
		{"endpoint", "https://", ""},
		{"endpoint", "grpc://localhost:4317", ""},
		{"endpoint", "https://user:password@collector.example.com", ""},
		{"endpoint", "https://collector.example.com?token=x", ""},
		{"endpoint", "https://collector.example.com#x", ""},
		{"endpoint", "http://localhost.example.com", ""},
		{"ratio", "0", ""},
		{"ratio", "-0.1", ""},
		{"ratio", "1.1", ""},
		{"ratio", "NaN", ""},
		{"ratio", "some", ""},
		{"headers_file", "h", ""},
		{"roots_file", "r", ""},
	} {
		if _, err := LoadConfig("", nil, map[string]string{"tracing." + bad.name: bad.value}); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), bad.name) {
			t.Errorf("%s %q: %v", bad.name, bad.value, err)
		}
	}
}

func TestTracingHeaders(t *testing.T) {
	t.Parallel()
	read := func(text string) (map[string]string, error) {
		file := filepath.Join(t.TempDir(), "headers")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return readHeaders(file)
	}
	if got, err := read("\r\nAuthorization: Basic a:b=\r\n X-Tenant:aye \n"); err != nil || len(got) != 2 || got["Authorization"] != "Basic a:b=" || got["X-Tenant"] != "aye" {
		t.Errorf("%v %v", got, err)
	}
	if got, err := readHeaders(""); err != nil || len(got) != 0 {
		t.Errorf("%v %v", got, err)
	}
	for _, bad := range []string{"canary", "canary:", ": canary", "can ary: x", "X: can\x00ary", "X-Good: 1\nBearer canary", "X: " + strings.Repeat("a", traceHeaders)} {
		if _, err := read(bad); err == nil || strings.Contains(err.Error(), "ary") {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
	if _, err := readHeaders(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// traced opens an app that sends traces, and sends one.
func traced(t *testing.T, change func(*Tracing)) *App {
	t.Helper()
	a, err := openHere(t, func(c *Config) {
		c.Tracing = Tracing{Ratio: 1}
		change(&c.Tracing)
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Observer.Tracer.Step(t.Context(), observe.Step{Name: observe.Ask, Request: secret.NewID("apr"), Began: time.Now(), Ended: time.Now()})
	if err = a.Observer.Tracer.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

func spans(t *testing.T, a *App, outcome string) bool {
	t.Helper()
	return strings.Contains(metricsPage(t, a, "text/plain"), `aye_trace_spans_total{outcome="`+outcome+`"} 1`)
}

// metricsPage is what Prometheus reads.
func metricsPage(t *testing.T, a *App, accept string) string {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	request.Header.Set("Accept", accept)
	page := httptest.NewRecorder()
	a.MetricsHandler().ServeHTTP(page, request)
	return page.Body.String()
}

// TestTheCollectorIsTheOneThatWasNamed: its path, its token and its certificate, whatever variables of the
// library say.
func TestTheCollectorIsTheOneThatWasNamed(t *testing.T) {
	var calls atomic.Int64
	collector := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path == tracePath && r.Header.Get("Authorization") == "Bearer x" && r.Header.Get("X-Other") == "" && r.Header.Get("Content-Type") == "application/x-protobuf" {
			calls.Add(1)
		}
	}))
	t.Cleanup(collector.Close)
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another collector was called") }))
	t.Cleanup(other.Close)
	for name, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": other.URL, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": other.URL, "OTEL_EXPORTER_OTLP_HEADERS": "X-Other=1",
		"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_TRACES_SAMPLER": "always_off", "OTEL_SDK_DISABLED": "true", "OTEL_BSP_MAX_QUEUE_SIZE": "1",
	} {
		t.Setenv(name, value)
	}
	folder := t.TempDir()
	roots, headers := filepath.Join(folder, "roots.pem"), filepath.Join(folder, "headers")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: collector.Certificate().Raw})
	if err := errors.Join(os.WriteFile(roots, certificate, 0o600), os.WriteFile(headers, []byte("Authorization: Bearer x\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	a := traced(t, func(c *Tracing) { c.Endpoint, c.RootsFile, c.HeadersFile = collector.URL, roots, headers })
	if calls.Load() != 1 || !spans(t, a, "sent") {
		t.Errorf("%d calls\n%s", calls.Load(), metricsPage(t, a, "text/plain"))
	}
	a = traced(t, func(c *Tracing) { c.Endpoint = collector.URL }) // whose certificate nobody here trusts
	if calls.Load() != 1 || !spans(t, a, "failed") {
		t.Error("a certificate that nobody knows is taken")
	}
}

// TestTheTokenGoesNowhereElse: a collector that sends us on is not followed, with the token in the headers.
func TestTheTokenGoesNowhereElse(t *testing.T) {
	t.Parallel()
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("it was followed with %v", r.Header) }))
	t.Cleanup(thief.Close)
	collector := httptest.NewServer(http.RedirectHandler(thief.URL, http.StatusTemporaryRedirect))
	t.Cleanup(collector.Close)
	headers := filepath.Join(t.TempDir(), "headers")
	if err := os.WriteFile(headers, []byte("X-Token: x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if a := traced(t, func(c *Tracing) { c.Endpoint, c.HeadersFile = collector.URL, headers }); !spans(t, a, "failed") {
		t.Error(metricsPage(t, a, "text/plain"))
	}
}

func TestTracingThatCannotBegin(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(bad, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Tracing){
		"tracing.headers_file": func(c *Tracing) { c.HeadersFile = bad }, "tracing.roots_file": func(c *Tracing) { c.RootsFile = bad },
	} {
		_, err := openHere(t, func(c *Config) {
			c.Tracing = Tracing{Endpoint: "https://collector.example.com", Ratio: 1}
			change(&c.Tracing)
		})
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), name) {
			t.Errorf("%v", err)
		}
	}
}
