package gate

import (
	"container/heap"
	"net"
	"net/netip"
	"sync"
)

// Limits are how many connections there may be at one time; each must be above 0.
type Limits struct {
	// All counts every connection, also those that wait as WebSockets.
	All int
	// Strangers counts those that have asked nothing yet.
	Strangers int
	// Each counts those of one address, but for WebSockets: who waits was let in by a ticket.
	Each int
	// Proxies are the networks of trusted proxies.
	Proxies []*net.IPNet
}

// Statistics are numbers of connections.
type Statistics struct {
	// Strangers, Idle and All are open now; who is in All and in neither of the others is busy, waits, or is a proxy.
	Strangers, Idle, All int
	// HungUp were closed to make room, Refused were closed at once because there was none; both since the start.
	HungUp, Refused int64
}

// Gate lets connections in. Make it with [New], put it in front of a server's listener with [Gate.Listen], and let it hear of each
// connection with [Gate.State].
type Gate struct {
	limits Limits

	mu        sync.Mutex
	all       int
	strangers int
	hosts     map[netip.Prefix]*host
	crowds    crowds // those hosts that have strangers
	idle      list   // the longest first
	hungUp    int64
	refused   int64
}

// New makes a gate.
func New(limits Limits) *Gate {
	return &Gate{limits: limits, hosts: map[netip.Prefix]*host{}}
}

// Statistics tells how many there are.
func (g *Gate) Statistics() Statistics {
	g.mu.Lock()
	defer g.mu.Unlock()
	return Statistics{Strangers: g.strangers, Idle: g.idle.size, All: g.all, HungUp: g.hungUp, Refused: g.refused}
}

// host is an address with connections.
type host struct {
	from netip.Prefix
	// all are its connections that are no WebSockets.
	all       int
	strangers list // the oldest first
	index     int  // in crowds
}

// hostOf gives the address that a connection comes from: two of the same are of one machine.
func hostOf(remote netip.Addr) netip.Prefix {
	remote = remote.Unmap().WithZone("")
	bits := 64
	if remote.Is4() {
		bits = 32
	}
	from, _ := remote.Prefix(bits) // what is no address is one together
	return from
}

func (g *Gate) trusts(address netip.Addr) bool {
	ip := net.IP(address.Unmap().WithZone("").AsSlice())
	for _, network := range g.limits.Proxies {
		if network.Contains(ip) {
			return true
		}
	}
	return false
}

// admit counts a connection in, or tells that there is no room. Who had to go for it is hung up on.
func (g *Gate) admit(tcp *net.TCPConn) (*conn, bool) {
	c := &conn{TCPConn: tcp, gate: g}
	remote := netip.Addr{}
	if address, ok := tcp.RemoteAddr().(*net.TCPAddr); ok {
		remote = address.AddrPort().Addr()
	}
	proxy := g.trusts(remote)
	g.mu.Lock()
	gone, ok := g.makeRoom(hostOf(remote), proxy)
	if ok {
		g.enter(c, hostOf(remote), proxy)
	} else {
		g.refused++
	}
	g.mu.Unlock()
	for _, each := range gone {
		each.hangUp()
	}
	return c, ok
}

// makeRoom takes out who must go for one more from the address, and tells whether there is room then.
func (g *Gate) makeRoom(from netip.Prefix, proxy bool) (gone []*conn, ok bool) {
	drop := func(c *conn) bool {
		if c == nil {
			return false
		}
		g.leave(c)
		g.hungUp++
		gone = append(gone, c)
		return true
	}
	if !proxy {
		if h := g.hosts[from]; h != nil && h.all >= g.limits.Each && !drop(h.strangers.first) {
			return gone, false
		}
		if g.strangers >= g.limits.Strangers {
			drop(g.crowds.oldest())
		}
	}
	return gone, g.all < g.limits.All || drop(g.crowds.oldest()) || drop(g.idle.first)
}

func (g *Gate) enter(c *conn, from netip.Prefix, proxy bool) {
	g.all++
	if proxy {
		return
	}
	h := g.hosts[from]
	if h == nil {
		h = &host{from: from}
		g.hosts[from] = h
	}
	h.all++
	c.host = h
	g.become(c, strange)
}

// become changes what the connection does.
func (g *Gate) become(c *conn, now doing) {
	switch c.doing {
	case strange:
		g.strangers--
		c.host.strangers.remove(c)
		g.crowds.changed(c.host)
	case idle:
		g.idle.remove(c)
	case nothing, busy:
	case waiting:
		return // for good
	}
	c.doing = now
	switch now {
	case strange:
		g.strangers++
		c.host.strangers.push(c)
		g.crowds.changed(c.host)
	case idle:
		g.idle.push(c)
	case waiting:
		g.part(c)
	case nothing, busy:
	}
}

// leave counts the connection out; once.
func (g *Gate) leave(c *conn) {
	if c.gone {
		return
	}
	c.gone = true
	g.all--
	if c.host == nil {
		return
	}
	if c.doing != waiting {
		g.become(c, nothing)
		g.part(c)
	}
}

// part takes the connection from the share of its address.
func (g *Gate) part(c *conn) {
	if c.host.all--; c.host.all == 0 {
		delete(g.hosts, c.host.from)
	}
}

// crowds are the hosts that have strangers, the one with most of them first.
type crowds []*host

// oldest is the oldest stranger of the host that has most; nil where there is none.
func (c *crowds) oldest() *conn {
	if len(*c) == 0 {
		return nil
	}
	return (*c)[0].strangers.first
}

// changed puts the host, which has one stranger more or fewer, in its place.
func (c *crowds) changed(h *host) {
	there := h.index < len(*c) && (*c)[h.index] == h
	switch {
	case !there && h.strangers.size > 0:
		heap.Push(c, h)
	case there && h.strangers.size == 0:
		heap.Remove(c, h.index)
	case there:
		heap.Fix(c, h.index)
	}
}

// Len, Less, Swap, Push and Pop are those of [heap.Interface].
func (c crowds) Len() int           { return len(c) }
func (c crowds) Less(i, j int) bool { return c[i].strangers.size > c[j].strangers.size }
func (c crowds) Swap(i, j int) {
	c[i], c[j] = c[j], c[i]
	c[i].index, c[j].index = i, j
}

// Push is part of [heap.Interface].
func (c *crowds) Push(x any) {
	h, _ := x.(*host)
	h.index = len(*c)
	*c = append(*c, h)
}

// Pop is part of [heap.Interface].
func (c *crowds) Pop() any {
	last := (*c)[len(*c)-1]
	(*c)[len(*c)-1] = nil
	*c = (*c)[:len(*c)-1]
	return last
}
