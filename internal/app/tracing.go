package app

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"golang.org/x/net/http/httpguts"

	"example.com/aye/internal/observe"
)

const (
	// tracePath is where collectors take spans, if the setting names no other path.
	tracePath = "/v1/traces"
	// traceTime is how long one call to the collector may take.
	traceTime = 5 * time.Second
	// traceHeaders is how large the file with headers may be.
	traceHeaders = 16 << 10
)

func (c Tracing) validate() []error {
	checks := []error{
		within("tracing.ratio", c.Ratio > 0 && c.Ratio <= 1, "above 0, and 1 at most"),
		within("tracing.headers_file and tracing.roots_file", c.Endpoint != "" || (c.HeadersFile == "" && c.RootsFile == ""), "given with tracing.endpoint alone"),
	}
	if c.Endpoint != "" {
		u, err := url.Parse(c.Endpoint)
		local := err == nil && slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname())
		good := err == nil && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" && (u.Scheme == "https" || u.Scheme == "http" && local)
		checks = append(checks, within("tracing.endpoint", good, "https, except for localhost, without a user, a query or a fragment"))
	}
	return checks
}

// wireObserver makes what counts and, where a collector is set up, what sends traces.
func (a *App) wireObserver(ctx context.Context) error {
	tracer, err := a.tracer(ctx)
	if err != nil {
		return err
	}
	a.Observer = observe.New(a.Metrics, tracer)
	return nil
}

// tracer is nil without a collector.
func (a *App) tracer(ctx context.Context) (*observe.Tracer, error) {
	c := a.Config.Tracing
	if c.Endpoint == "" {
		return nil, nil //nolint:nilnil // a nil tracer is one that traces nothing
	}
	headers, err := readHeaders(c.HeadersFile)
	if err != nil {
		return nil, fmt.Errorf("%w: tracing.headers_file: %w", ErrConfig, err)
	}
	roots, err := readRoots(c.RootsFile)
	if err != nil {
		return nil, fmt.Errorf("%w: tracing.roots_file: %w", ErrConfig, err)
	}
	endpoint, err := url.Parse(c.Endpoint)
	if err != nil {
		return nil, err
	}
	if endpoint.Path == "" || endpoint.Path == "/" {
		endpoint.Path = tracePath
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forbidigo // cloned for its proxy and time limits
	if roots != nil {
		transport.TLSClientConfig = tlsRoots(roots)
	}
	// Everything is said here, so that variables of the library's own (OTEL_…) change nothing.
	exporter, err := otlptracehttp.New(ctx,
		otlptracehttp.WithEndpointURL(endpoint.String()), otlptracehttp.WithHeaders(headers),
		otlptracehttp.WithCompression(otlptracehttp.GzipCompression), otlptracehttp.WithEncoding(otlptracehttp.EncodingProtobuf),
		otlptracehttp.WithMaxResponseSize(64<<10),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: true, InitialInterval: time.Second, MaxInterval: 5 * time.Second, MaxElapsedTime: 15 * time.Second}),
		otlptracehttp.WithHTTPClient(&http.Client{
			Transport: transport, Timeout: traceTime,
			// The token in the headers is for this address alone.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}))
	if err != nil {
		return nil, err
	}
	instance, err := os.Hostname()
	if err != nil {
		instance = "unknown"
	}
	return observe.NewTracer(observe.Tracing{
		Exporter: exporter, Ratio: c.Ratio, Version: a.version(), Instance: instance, Registry: a.Metrics, Log: a.log,
	}), nil
}

// readHeaders reads lines such as "Authorization: Bearer …". What is wrong is said by the number
// of the line: the line itself may be a secret.
func readHeaders(file string) (map[string]string, error) {
	headers := map[string]string{}
	if file == "" {
		return headers, nil
	}
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	if len(text) > traceHeaders {
		return nil, fmt.Errorf("%s is larger than %d bytes", file, traceHeaders)
	}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if !ok || !httpguts.ValidHeaderFieldName(name) || value == "" || !httpguts.ValidHeaderFieldValue(value) {
			return nil, fmt.Errorf("line %d of %s must be a header such as Authorization: Bearer …", number, file)
		}
		headers[name] = value
	}
	return headers, nil
}
