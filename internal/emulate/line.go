package emulate

import (
	"crypto/tls"
	"net"
	"sync/atomic"
)

// line is a TCP connection, under TLS, that can go silent or break as a real one does.
type line struct {
	net.Conn
	muted atomic.Bool
}

// mute loses everything from now on, in both directions, without closing.
func (l *line) mute() { l.muted.Store(true) }

// Read implements [net.Conn].
func (l *line) Read(p []byte) (int, error) {
	for {
		n, err := l.Conn.Read(p)
		if err != nil || !l.muted.Load() {
			return n, err
		}
	}
}

// Write implements [net.Conn].
func (l *line) Write(p []byte) (int, error) {
	if l.muted.Load() {
		return len(p), nil
	}
	return l.Conn.Write(p)
}

// lines is a listener of such connections with TLS on them, and counts them.
type lines struct {
	net.Listener
	config *tls.Config
	wrap   func(*tls.Conn, *line) net.Conn
	count  atomic.Int64
}

// Accept implements [net.Listener].
func (l *lines) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.count.Add(1)
	under := &line{Conn: conn}
	return l.wrap(tls.Server(under, l.config), under), nil
}
