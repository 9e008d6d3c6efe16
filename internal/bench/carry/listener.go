package carry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/hashicorp/yamux"
)

// Listener gives connections of two kinds: those that somebody made to it, and those that are
// carried.
type Listener struct {
	net.Listener // of the first kind

	carrying net.Listener
	next     chan accepted
	done     chan struct{}
	closing  sync.Once
}

type accepted struct {
	conn net.Conn
	err  error
}

// Listen adds to a listener what carriers bring that dial the address. Closing it closes both;
// what was accepted lives on, as it does with any listener, until its carrier closes.
func Listen(ctx context.Context, ordinary net.Listener, address string) (*Listener, error) {
	carrying, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for carried connections: %w", err)
	}
	l := &Listener{Listener: ordinary, carrying: carrying, next: make(chan accepted), done: make(chan struct{})}
	go l.take(ordinary, l.give)
	go l.take(carrying, func(conn net.Conn, err error) {
		if err != nil {
			l.give(nil, err)
			return
		}
		go l.unpack(conn)
	})
	return l, nil
}

// take accepts until the listener is closed.
func (l *Listener) take(from net.Listener, give func(net.Conn, error)) {
	for {
		conn, err := from.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		give(conn, err) // waits, also where there is an error: who accepts knows how long to pause
	}
}

// unpack gives the streams of a shared connection, until that ends.
func (l *Listener) unpack(conn net.Conn) {
	session, err := yamux.Server(&whole{Conn: conn}, config())
	if err != nil {
		_ = conn.Close()
		return
	}
	defer session.Close()
	for {
		one, err := session.AcceptStream()
		if err != nil {
			return
		}
		l.give(stream{one}, nil)
	}
}

// give hands over to who accepts, if that is still somebody.
func (l *Listener) give(conn net.Conn, err error) {
	select {
	case l.next <- accepted{conn, err}:
	case <-l.done:
		if conn != nil {
			_ = conn.Close()
		}
	}
}

// Accept waits for the next connection of either kind.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case a := <-l.next:
		return a.conn, a.err
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close lets nobody come any more.
func (l *Listener) Close() (err error) {
	l.closing.Do(func() {
		close(l.done)
		err = errors.Join(l.Listener.Close(), l.carrying.Close())
	})
	return err
}
