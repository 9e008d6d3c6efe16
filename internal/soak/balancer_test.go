package soak

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// probeEvery is how often the balancer asks each node whether it is ready.
const probeEvery = 100 * time.Millisecond

// balancer stands in front of the nodes, as plain as one can be: it sends each call to the next node that said at /readyz that
// it is ready, and tries nothing twice. So nobody but the nodes themselves keeps a call from failing.
type balancer struct {
	backs []*back
	turn  atomic.Int64

	mu     sync.Mutex
	failed []string
}

// back is a node as the balancer sees it.
type back struct {
	address string
	ready   atomic.Bool
	proxy   *httputil.ReverseProxy
}

// balance listens where the town's origin is.
func balance(t *testing.T, w *town) *balancer {
	t.Helper()
	b := &balancer{}
	for _, n := range w.nodes {
		one := &back{address: n.listen}
		one.proxy = httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: n.listen})
		one.proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}
		one.proxy.ErrorHandler = func(rw http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil { // the caller is there still
				b.fail("%s %s: node %s: %v", r.Method, r.URL.Path, one.address, err)
			}
			rw.WriteHeader(http.StatusBadGateway)
		}
		one.proxy.ModifyResponse = func(answer *http.Response) error {
			if answer.StatusCode >= http.StatusInternalServerError {
				b.fail("%s %s: node %s answers %s", answer.Request.Method, answer.Request.URL.Path, one.address, answer.Status)
			}
			return nil
		}
		b.backs = append(b.backs, one)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", strings.Replace(strings.TrimPrefix(w.origin, "http://"), "localhost", "127.0.0.1", 1))
	must(t, err)
	server := &http.Server{Handler: b, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	for _, one := range b.backs {
		go one.probe(ctx)
	}
	t.Cleanup(func() { stop(); _ = server.Close() })
	return b
}

// probe asks the node until ctx ends.
func (b *back) probe(ctx context.Context) {
	for ctx.Err() == nil {
		b.ready.Store(b.ask(ctx))
		wait(ctx, probeEvery)
	}
}

func (b *back) ask(ctx context.Context) bool {
	status, _, err := call(ctx, asking, http.MethodGet, "http://"+b.address+"/readyz", nil, "")
	return err == nil && status == http.StatusOK
}

// until returns when the balancer sends calls to so many nodes.
func (b *balancer) until(ctx context.Context, count int) error {
	for ctx.Err() == nil {
		ready := 0
		for _, one := range b.backs {
			if one.ready.Load() {
				ready++
			}
		}
		if ready == count {
			return nil
		}
		wait(ctx, probeEvery)
	}
	return ctx.Err()
}

// ServeHTTP hands the call over.
func (b *balancer) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	from := int(b.turn.Add(1))
	for i := range b.backs {
		if one := b.backs[(from+i)%len(b.backs)]; one.ready.Load() {
			one.proxy.ServeHTTP(rw, r)
			return
		}
	}
	b.fail("%s %s: no node is ready", r.Method, r.URL.Path)
	rw.WriteHeader(http.StatusServiceUnavailable)
}

func (b *balancer) fail(format string, values ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed = append(b.failed, fmt.Sprintf(format, values...))
}

// failures are all that went wrong so far.
func (b *balancer) failures() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string{}, b.failed...)
}
