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
	up      context.Context
	cut     context.CancelFunc
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
	l.mend(t)
	return l
}

// mend brings the line up; it is cut at the end of the test.
func (l *line) mend(t *testing.T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.up, l.cut = context.WithCancel(t.Context())
}

// fail ends what is under way and lets nothing through.
func (l *line) fail() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut()
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
	up, sockets := l.up, l.sockets
	l.mu.Unlock()
	switch {
	case up.Err() != nil:
		panic(http.ErrAbortHandler) // the connection breaks, without an answer
	case sockets != nil && r.Header.Get("Upgrade") != "":
		sockets(w, r)
	default:
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(up, cancel)()
		l.proxy.ServeHTTP(w, r.WithContext(ctx))
	}
}
