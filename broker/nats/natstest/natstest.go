// Package natstest runs a NATS server inside of a test, on an address that it keeps when it is
// stopped and started again.
package natstest

import (
	"net"
	"net/netip"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"example.com/aye/internal/porttest"
)

// startTime is how long a server may take to be ready.
const startTime = 20 * time.Second

// Server is one that can be stopped and started.
type Server struct {
	tb      testing.TB
	options server.Options

	mu      sync.Mutex
	running *server.Server
}

// Start runs a server as long as the test. change sets what differs; nil changes nothing.
func Start(tb testing.TB, change func(*server.Options)) *Server {
	tb.Helper()
	addresses, err := porttest.Free(1)
	if err != nil {
		tb.Fatal(err)
	}
	at, err := netip.ParseAddrPort(addresses[0])
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{tb: tb, options: server.Options{Host: at.Addr().String(), Port: int(at.Port()), NoLog: true, NoSigs: true}}
	if change != nil {
		change(&s.options)
	}
	s.Start()
	tb.Cleanup(s.Stop)
	return s
}

// Start starts it again where it was.
func (s *Server) Start() {
	s.tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	options := s.options
	started, err := server.NewServer(&options)
	if err != nil {
		s.tb.Fatal(err)
	}
	started.Start()
	if !started.ReadyForConnections(startTime) {
		started.Shutdown()
		s.tb.Fatal("the NATS server did not start")
	}
	s.running = started
}

// Stop ends it, and every connection.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return
	}
	s.running.Shutdown()
	s.running.WaitForShutdown()
	s.running = nil
}

// Address is its host and port.
func (s *Server) Address() string {
	return net.JoinHostPort(s.options.Host, strconv.Itoa(s.options.Port))
}

// URL is where it is, without credentials.
func (s *Server) URL() string { return "nats://" + s.Address() }

// Subscriptions is how many its clients have.
func (s *Server) Subscriptions() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return 0
	}
	return s.running.NumSubscriptions()
}

// Connections is how many it has.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return 0
	}
	return s.running.NumClients()
}
