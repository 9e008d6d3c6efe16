package carry

import (
	"encoding/binary"
	"io"
	"net"
	"time"

	"github.com/hashicorp/yamux"
)

const (
	// headSize is the length of a frame's head, in bytes, and dataFrame what its second byte says
	// where a body follows that is as long as the last four say.
	headSize, dataFrame = 12, 0

	// patience is how long a shared connection may take nothing more before it is given up: long,
	// because the machine is busy, and a lost one takes all its pages along.
	patience = time.Minute
	// backlog is how many streams may wait to be accepted; more than are opened at one time.
	backlog = 1024
)

// config is that of both sides. No side looks whether the other is there: both are on one machine.
func config() *yamux.Config {
	c := yamux.DefaultConfig()
	c.EnableKeepAlive, c.LogOutput = false, io.Discard
	c.AcceptBacklog, c.ConnectionWriteTimeout, c.StreamOpenTimeout = backlog, patience, patience
	return c
}

// stream is a connection that is carried.
type stream struct{ *yamux.Stream }

// Read keeps no memory for what was read: a page that waits says hardly anything.
func (s stream) Read(p []byte) (int, error) {
	n, err := s.Stream.Read(p)
	s.Shrink()
	return n, err
}

// Close ends who reads, too, as closing any other connection does.
func (s stream) Close() error {
	_ = s.SetReadDeadline(time.Unix(1, 0)) // never fails
	return s.Stream.Close()
}

// whole writes the head of a frame together with its body, so that a message costs one call of
// the system, as it does on a connection of its own. Only one goroutine writes, as yamux does.
type whole struct {
	net.Conn

	frame []byte
}

// Write keeps a head until its body comes.
func (w *whole) Write(p []byte) (int, error) {
	if len(w.frame) == 0 && len(p) == headSize && p[1] == dataFrame && binary.BigEndian.Uint32(p[headSize-4:]) > 0 {
		w.frame = append(w.frame, p...)
		return len(p), nil
	}
	if len(w.frame) == 0 {
		return w.Conn.Write(p)
	}
	w.frame = append(w.frame, p...)
	_, err := w.Conn.Write(w.frame)
	w.frame = w.frame[:0]
	if err != nil {
		return 0, err
	}
	return len(p), nil
}
