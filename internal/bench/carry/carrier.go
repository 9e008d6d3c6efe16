package carry

import (
	"context"
	"net"
	"time"

	"github.com/hashicorp/yamux"
)

const (
	// dialTime bounds the making of one shared connection.
	dialTime = 10 * time.Second
	// closeTime is how long the end waits for those who are hanging up, and lookEvery how often it
	// looks whether they are through.
	closeTime = 2 * time.Second
	lookEvery = 10 * time.Millisecond
)

// Carrier opens connections that are carried.
type Carrier struct {
	sessions []*yamux.Session
	// patience is closeTime, except in tests.
	patience time.Duration
}

// Dial makes so many connections to share, to an address that [Listen] was told.
func Dial(ctx context.Context, address string, connections int) (*Carrier, error) {
	c := &Carrier{patience: closeTime}
	dialer := &net.Dialer{Timeout: dialTime}
	for range connections {
		conn, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			c.Close()
			return nil, err
		}
		session, err := yamux.Client(&whole{Conn: conn}, config())
		if err != nil {
			_ = conn.Close()
			c.Close()
			return nil, err
		}
		c.sessions = append(c.sessions, session)
	}
	return c, nil
}

// Open opens a connection; those with following numbers share different ones.
func (c *Carrier) Open(number int) (net.Conn, error) {
	one, err := c.sessions[number%len(c.sessions)].OpenStream()
	if err != nil {
		return nil, err
	}
	return stream{one}, nil
}

// Close hangs up on everybody who is carried. Whoever is hanging up already is let finish for a
// while: streams whose connection ends under them keep the other side busy with looking at that.
func (c *Carrier) Close() {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for over := time.After(c.patience); c.open() > 0; {
		select {
		case <-tick.C:
			continue
		case <-over:
		}
		break
	}
	for _, session := range c.sessions {
		_ = session.Close() // nothing is left to be saved
	}
}

// open is how many connections have not been closed by both sides.
func (c *Carrier) open() (count int) {
	for _, session := range c.sessions {
		if !session.IsClosed() {
			count += session.NumStreams()
		}
	}
	return count
}
