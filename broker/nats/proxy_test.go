package nats_test

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// proxy stands between a node and its server, and holds up what the node says.
type proxy struct {
	address string
	delay   time.Duration

	mu      sync.Mutex
	frozen  chan struct{} // closed when it goes on; nil while it does
	swallow bool
}

// through is a proxy to the server that holds each piece up for the delay.
func through(t *testing.T, server string, delay time.Duration) *proxy {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{address: listener.Addr().String(), delay: delay}
	var running sync.WaitGroup
	var conns []net.Conn
	running.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := new(net.Dialer).DialContext(t.Context(), "tcp", server)
			if err != nil {
				near.Close()
				continue
			}
			p.mu.Lock()
			conns = append(conns, near, far)
			p.mu.Unlock()
			running.Go(func() { p.hold(far, near) })
			running.Go(func() { _, _ = io.Copy(near, far); near.Close() })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		p.thaw()
		p.mu.Lock()
		for _, c := range conns {
			c.Close()
		}
		p.mu.Unlock()
		running.Wait()
	})
	return p
}

func (p *proxy) hold(far, near net.Conn) {
	defer far.Close()
	piece := make([]byte, 4<<10)
	for {
		n, err := near.Read(piece)
		if err != nil {
			return
		}
		p.mu.Lock()
		frozen, swallow := p.frozen, p.swallow
		p.mu.Unlock()
		if swallow {
			continue
		}
		if frozen != nil {
			<-frozen
		}
		if p.delay > 0 {
			<-time.After(p.delay)
		}
		if _, err = far.Write(piece[:n]); err != nil {
			return
		}
	}
}

// freeze takes nothing from the node any more, as a server does that is stopped in its tracks.
func (p *proxy) freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = make(chan struct{})
}

func (p *proxy) thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frozen != nil {
		close(p.frozen)
		p.frozen = nil
	}
}

// lose has what the node says vanish, or no more.
func (p *proxy) lose(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.swallow = on
}

func (p *proxy) url() string { return "nats://" + p.address }
