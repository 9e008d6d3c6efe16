package gate

import (
	"crypto/tls"
	"net"
	"net/http"
)

// doing is what a connection does.
type doing int

const (
	nothing doing = iota
	strange
	busy
	idle
	waiting
)

// conn is a connection that was let in. It stays a [net.TCPConn] for who looks closely, as net/http does.
type conn struct {
	*net.TCPConn

	gate *Gate
	// host is nil for a trusted proxy.
	host  *host
	doing doing
	gone  bool
	// before and after are the neighbours in the list that it stands in: of its host's strangers, or of the idle.
	before, after *conn
}

// Close counts the connection out and closes it.
func (c *conn) Close() error {
	c.gate.mu.Lock()
	c.gate.leave(c)
	c.gate.mu.Unlock()
	return c.TCPConn.Close()
}

// hangUp closes it without a goodbye, so that the system forgets it too.
func (c *conn) hangUp() {
	_ = c.SetLinger(0) // else it closes in good order
	_ = c.TCPConn.Close()
}

// list is a row of connections.
type list struct {
	first, last *conn
	size        int
}

func (l *list) push(c *conn) {
	c.before, c.after = l.last, nil
	if l.last == nil {
		l.first = c
	} else {
		l.last.after = c
	}
	l.last = c
	l.size++
}

func (l *list) remove(c *conn) {
	if c.before == nil {
		l.first = c.after
	} else {
		c.before.after = c.after
	}
	if c.after == nil {
		l.last = c.before
	} else {
		c.after.before = c.before
	}
	c.before, c.after = nil, nil
	l.size--
}

// State hears from a server what its connections do: put it into [http.Server.ConnState].
func (g *Gate) State(of net.Conn, state http.ConnState) {
	if secured, ok := of.(*tls.Conn); ok {
		of = secured.NetConn()
	}
	c, ok := of.(*conn)
	if !ok || c.host == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.gone {
		return
	}
	switch state {
	case http.StateActive:
		g.become(c, busy)
	case http.StateIdle:
		g.become(c, idle)
	case http.StateHijacked:
		g.become(c, waiting)
	case http.StateNew, http.StateClosed: // it is new already, and Close tells of the end
	}
}

// Listen puts the gate in front of a listener. What is no TCP does not come from strangers, and passes.
func (g *Gate) Listen(l net.Listener) net.Listener { return listener{l, g} }

type listener struct {
	net.Listener

	gate *Gate
}

// Accept waits for the next connection that is let in.
func (l listener) Accept() (net.Conn, error) {
	for {
		next, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		tcp, ok := next.(*net.TCPConn)
		if !ok {
			return next, nil
		}
		c, ok := l.gate.admit(tcp)
		if ok {
			return c, nil
		}
		c.hangUp()
	}
}
