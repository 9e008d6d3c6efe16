package wire

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long a connection that a push waits for may be silent. A shorter wait
// was cut off by the end of the request and proves nothing.
const patience = 2 * time.Second

// Transport is an [http.Transport] that watches its connections.
type Transport struct {
	*http.Transport

	changed func()
	mu      sync.Mutex
	live    map[*connection]bool
}

// Watch makes a watched copy of a transport. Where changed is given, it is called whenever
// a connection begins or ends.
func Watch(base *http.Transport, changed func()) *Transport {
	if changed == nil {
		changed = func() {}
	}
	t := &Transport{Transport: base.Clone(), changed: changed, live: make(map[*connection]bool)}
	dial := t.DialContext
	if dial == nil {
		dial = (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext
	}
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		t.changed()
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		watched := &connection{Conn: conn, transport: t}
		watched.heard.Store(time.Now().UnixNano())
		t.mu.Lock()
		t.live[watched] = true
		t.mu.Unlock()
		return watched, nil
	}
	return t
}

// Unanswered is told that a push made at began got no answer in time, and closes every
// connection on which nothing at all has arrived since.
func (t *Transport) Unanswered(began time.Time) {
	if t == nil || time.Since(began) < patience {
		return
	}
	t.mu.Lock()
	var silent []*connection
	for conn := range t.live {
		if conn.heard.Load() < began.UnixNano() {
			silent = append(silent, conn)
		}
	}
	t.mu.Unlock()
	for _, conn := range silent {
		_ = conn.Close() // whoever still waits on it learns that it is gone
	}
}

// connection is one of the transport's, and knows when something last arrived.
type connection struct {
	net.Conn

	transport *Transport
	heard     atomic.Int64
}

// Read implements [net.Conn].
func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.heard.Store(time.Now().UnixNano())
	}
	return n, err
}

// Close implements [net.Conn].
func (c *connection) Close() error {
	c.transport.mu.Lock()
	first := c.transport.live[c]
	delete(c.transport.live, c)
	c.transport.mu.Unlock()
	if first {
		c.transport.changed()
	}
	return c.Conn.Close()
}
