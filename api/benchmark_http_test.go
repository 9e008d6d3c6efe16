package api

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/aye/broker"
	"example.com/aye/internal/observe"
)

// newServer is an Aye that has no database, with the log and the metrics of an ordinary one.
func newServer(tb testing.TB) *Server {
	tb.Helper()
	s, err := New(Config{
		Broker: broker.NewMemory(), Origin: "https://aye.example.com", Observe: observe.New(prometheus.NewRegistry(), nil),
		Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), Now: time.Now,
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Drain)
	return s
}

// plain answers what /healthz answers, with nothing around it.
func plain(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"status":"ok","checks":{}}`+"\n")
}

// BenchmarkHTTP is one call through all that stands around a handler, beside a bare handler:
// the call alone, and over a connection that is kept.
func BenchmarkHTTP(b *testing.B) {
	s := newServer(b)
	servers := []struct {
		name string
		*http.Server
	}{{"aye", s.HTTP()}, {"bare", &http.Server{Handler: http.HandlerFunc(plain), ReadHeaderTimeout: readHeaderTime}}}
	for _, server := range servers {
		b.Run("over=memory/way="+server.name, func(b *testing.B) {
			call := newCall()
			b.ReportAllocs()
			for b.Loop() {
				call.make(b, server.Handler)
			}
		})
		b.Run("over=loopback/way="+server.name, func(b *testing.B) { overLoopback(b, server.Server) })
	}
}

func overLoopback(b *testing.B, server *http.Server) {
	b.Helper()
	listener, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = listener.Close() }()
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: time.Minute}
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://"+listener.Addr().String()+"/healthz", nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		answer, err := client.Do(request)
		if err != nil {
			b.Fatal(err)
		}
		_, err = io.Copy(io.Discard, answer.Body)
		if err = errors.Join(err, answer.Body.Close()); err != nil || answer.StatusCode != http.StatusOK {
			b.Fatal(answer.StatusCode, err)
		}
	}
}

// call is a request that is made again and again, and its own answer.
type call struct {
	*http.Request
	header http.Header
	status int
}

func newCall() *call {
	return &call{Request: httptest.NewRequest(http.MethodGet, "/healthz", nil), header: http.Header{}}
}

func (c *call) make(tb testing.TB, handler http.Handler) {
	tb.Helper()
	clear(c.header)
	c.status = http.StatusOK
	handler.ServeHTTP(answered{c}, c.Request)
	if c.status != http.StatusOK || len(c.header) == 0 {
		tb.Fatalf("%d %v", c.status, c.header)
	}
}

// answered takes an answer.
type answered struct{ *call }

func (a answered) Header() http.Header               { return a.header }
func (a answered) Write(content []byte) (int, error) { return len(content), nil }
func (a answered) WriteHeader(status int)            { a.status = status }

// Each call has an id, a line in the log, a time limit, its headers and its metrics.
func TestAllocations(t *testing.T) {
	s, call := newServer(t), newCall()
	const most = 24 // with the race detector; 20 without
	if got := testing.AllocsPerRun(500, func() { call.make(t, s.Handler()) }); got > most {
		t.Errorf("%v allocations, %v at most", got, most)
	}
}
