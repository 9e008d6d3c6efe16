package demo_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
)

// line is the network between the browsers and Aye, which can fail. The shop's server and
// the phones that are no browser are not on it.
type line struct {
	proxy *httputil.ReverseProxy

	mu      sync.Mutex
	down    chan struct{}    // closed while nothing gets through
	sockets http.HandlerFunc // what becomes of WebSockets, when not the usual
}

func newLine(t *testing.T, aye string) *line {
	t.Helper()
	target, err := url.Parse(aye)
	if err != nil {
		t.Fatal(err)
	}
	l := &line{proxy: httputil.NewSingleHostReverseProxy(target)}
	l.proxy.ErrorLog = log.New(io.Discard, "", 0)
	l.mend()
	t.Cleanup(l.fail)
	return l
}

// mend brings the line up.
func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = make(chan struct{})
}

// fail ends what is under way and lets nothing through.
func (l *line) fail() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.down: // it is down already
	default:
		close(l.down)
	}
}

// treat says what becomes of WebSockets from now on.
func (l *line) treat(sockets http.HandlerFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sockets = sockets
}

func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Origin") == "" { // only browsers send one
		l.proxy.ServeHTTP(w, r)
		return
	}
	l.mu.Lock()
	down, sockets := l.down, l.sockets
	l.mu.Unlock()
	if sockets != nil && r.Header.Get("Upgrade") != "" {
		sockets(w, r)
		return
	}
	select {
	case <-down:
		panic(http.ErrAbortHandler) // the connection breaks, without an answer
	default:
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() {
		select {
		case <-down:
			cancel()
		case <-ctx.Done():
		}
	}()
	l.proxy.ServeHTTP(w, r.WithContext(ctx))
}
