package bench

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/gorilla/websocket"

	"example.com/aye/internal/app"
	"example.com/aye/internal/bench/carry"
)

const (
	// filesBeside is how many files a process needs beside those of the pages.
	filesBeside = 1000
	// sharedBy is how many pages share one connection where they are carried.
	sharedBy = 1000
	// portsEach is how many connections come from one source address. Each has about 28,000 ports;
	// where more than half of them are in use, the system looks for a free one for a millisecond,
	// each time that anybody connects.
	portsEach = 5_000
)

// ServeCarried runs the server with its ordinary settings, and gives it beside the connections
// that are made to it those that are carried to the address. It closes the app.
func ServeCarried(ctx context.Context, a *app.App, address string) error {
	ordinary, err := new(net.ListenConfig).Listen(ctx, "tcp", a.Config.Listen)
	if err != nil {
		return errors.Join(err, a.Close(ctx))
	}
	both, err := carry.Listen(ctx, ordinary, address)
	if err != nil {
		return errors.Join(err, ordinary.Close(), a.Close(ctx))
	}
	return a.RunOn(ctx, both)
}

// direct is how many of the pages have connections of their own: as many as a process of this
// machine may have files for.
func (r *run) direct(pages int) int {
	return min(pages, max(0, r.report.Machine.OpenFiles-filesBeside))
}

// startFor starts Aye for so many pages that wait, and makes it ready to be driven. Those for
// which there are no files are carried.
func (r *run) startFor(ctx context.Context, pages int) (*target, error) {
	direct := r.direct(pages)
	if direct == pages {
		return r.startAye(ctx, sitting)
	}
	addresses, err := r.aye.startCarried(ctx, pages+filesBeside)
	if err != nil {
		return nil, err
	}
	t, err := r.aye.target(ctx, r.people, r.pushes, sitting)
	if err == nil {
		err = t.carry(ctx, direct, pages-direct, addresses)
	}
	return t, err
}

// carry has the pages behind the first direct ones carried to the addresses, one of each node.
func (t *target) carry(ctx context.Context, direct, pages int, addresses []string) error {
	t.direct = direct
	for _, address := range addresses {
		carrier, err := carry.Dial(ctx, address, shared(pages, len(addresses)))
		if err != nil {
			return err
		}
		t.carriers = append(t.carriers, carrier)
	}
	return nil
}

// shared is how many connections to each node the pages share.
func shared(pages, nodes int) int { return (pages + sharedBy*nodes - 1) / (sharedBy * nodes) }

// way gives the dialer that makes the connection of the page with the number.
func (t *target) way(i int) websocket.Dialer {
	dialer := t.dialer
	if i >= t.direct && len(t.carriers) > 0 {
		carrier := t.carriers[i%len(t.carriers)]
		dialer.NetDialContext = func(context.Context, string, string) (net.Conn, error) { return carrier.Open(i / len(t.carriers)) }
		return dialer
	}
	if address := source(i); address != nil {
		dialer.NetDialContext = (&net.Dialer{Timeout: 10 * time.Second, LocalAddr: &net.TCPAddr{IP: address}, Control: portLate}).DialContext
	}
	return dialer
}

// source is the address that the connection with the number comes from; nil for the usual one,
// which need not be said.
func source(i int) net.IP {
	if i < portsEach {
		return nil
	}
	return net.IPv4(127, 0, 0, byte(1+i/portsEach))
}
