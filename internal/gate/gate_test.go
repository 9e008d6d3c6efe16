package gate_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/aye/internal/gate"
	"example.com/aye/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// patience bounds what must happen soon.
const patience = 30 * time.Second

// house is a server behind a gate.
type house struct {
	*gate.Gate

	address string
	client  *tls.Config // nil where it speaks no TLS
}

// open starts a server behind a gate: it answers "hello", is busy at /busy until who asked goes, and takes the connection at /wait.
func open(t *testing.T, limits gate.Limits, secure bool) *house {
	t.Helper()
	over := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	mux.HandleFunc("/busy", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		select {
		case <-over:
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/wait", func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
		go func() {
			<-over
			_ = conn.Close()
		}()
	})
	h := &house{Gate: gate.New(limits)}
	server := httptest.NewUnstartedServer(mux)
	server.Config.ConnState = h.State
	server.Listener = h.Listen(server.Listener)
	if secure {
		server.StartTLS()
		h.client = &tls.Config{InsecureSkipVerify: true}
	} else {
		server.Start()
	}
	h.address = server.Listener.Addr().String()
	t.Cleanup(func() {
		close(over)
		server.CloseClientConnections()
		server.Close()
		until(t, "all gone", func() bool { return h.Statistics().All == 0 })
	})
	return h
}

// until waits for what happens in the server by itself.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.After(patience); !so(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not so: %s", what)
		}
	}
}

// caller is a connection to the house.
type caller struct {
	t *testing.T
	net.Conn
	answers *bufio.Reader
}

// dial connects from an address of this machine, and waits until the gate has decided.
func (h *house) dial(t *testing.T, from string) *caller {
	t.Helper()
	before := h.Statistics()
	dialer := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := dialer.DialContext(t.Context(), "tcp", h.address)
	if errors.Is(err, syscall.ECONNRESET) { // refused before it was noticed that it was connected
		hungUp, other := net.Pipe()
		_ = other.Close()
		conn, err = hungUp, nil
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	until(t, "decided", func() bool {
		now := h.Statistics()
		return now.All+int(now.Refused+now.HungUp) > before.All+int(before.Refused+before.HungUp)
	})
	if h.client != nil {
		conn = tls.Client(conn, h.client)
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	return &caller{t, conn, bufio.NewReader(conn)}
}

// ask sends a request, and gives the status; 0 where it was hung up on.
func (c *caller) ask(path string) int {
	c.t.Helper()
	_, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: a\r\n\r\n")
	if err != nil {
		return 0
	}
	response, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return 0
	}
	if path == "/" {
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
	return response.StatusCode
}

// gone tells whether it was hung up on; who is there hears nothing.
func (c *caller) gone(soon time.Duration) bool {
	_ = c.SetReadDeadline(time.Now().Add(soon))
	_, err := c.Read(make([]byte, 1))
	_ = c.SetDeadline(time.Now().Add(patience))
	timeout, isNet := errors.AsType[net.Error](err)
	return err != nil && (!isNet || !timeout.Timeout())
}

// becomes waits until so many are strangers, idle, and there.
func (h *house) becomes(t *testing.T, strangers, idle, all int) {
	t.Helper()
	until(t, "strangers, idle, all", func() bool {
		s := h.Statistics()
		return s.Strangers == strangers && s.Idle == idle && s.All == all
	})
}

var wide = gate.Limits{All: 100, Strangers: 100, Each: 100}

func with(change func(*gate.Limits)) gate.Limits {
	limits := wide
	change(&limits)
	return limits
}

func TestWhatConnectionsDo(t *testing.T) {
	t.Parallel()
	for name, secure := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, wide, secure)
			c := h.dial(t, "127.0.0.1")
			h.becomes(t, 1, 0, 1)
			if status := c.ask("/"); status != http.StatusOK {
				t.Fatalf("answered %d", status)
			}
			h.becomes(t, 0, 1, 1)
			if status := c.ask("/busy"); status != http.StatusOK {
				t.Fatalf("answered %d", status)
			}
			h.becomes(t, 0, 0, 1)
			if status := h.dial(t, "127.0.0.1").ask("/wait"); status != http.StatusSwitchingProtocols {
				t.Fatalf("answered %d", status)
			}
			h.becomes(t, 0, 0, 2)
			_ = c.Close()
			h.becomes(t, 0, 0, 1)
		})
	}
}

// Of strangers that are too many, the oldest of the address that has most goes: who comes alone stays.
func TestThreatStrangersTakeAllConnections(t *testing.T) {
	t.Parallel()
	h := open(t, with(func(l *gate.Limits) { l.Strangers = 4 }), false)
	alone := h.dial(t, "127.0.0.2")
	known := h.dial(t, "127.0.0.3")
	if known.ask("/") != http.StatusOK {
		t.Fatal("not answered")
	}
	h.becomes(t, 1, 1, 2)
	crowd := make([]*caller, 0, 10)
	for range 10 {
		crowd = append(crowd, h.dial(t, "127.0.0.4"))
	}
	h.becomes(t, 4, 1, 5)
	for i, c := range crowd {
		want := i < len(crowd)-3 // one is alone, three are of the crowd
		if wait := map[bool]time.Duration{true: patience, false: time.Millisecond}[want]; c.gone(wait) != want {
			t.Errorf("the %dth of the crowd: gone is %v", i, !want)
		}
	}
	if alone.ask("/") != http.StatusOK || known.ask("/") != http.StatusOK {
		t.Error("who came alone, or had asked before, had to go")
	}
	if s := h.Statistics(); s.HungUp != 7 || s.Refused != 0 {
		t.Errorf("%+v", s)
	}
}

// One address has its share: beyond it, those of it go that have asked nothing, or the newcomer.
func TestThreatOneAddressTakesAllConnections(t *testing.T) {
	t.Parallel()
	h := open(t, with(func(l *gate.Limits) { l.Each = 2 }), false)
	waits, first, second := h.dial(t, "127.0.0.1"), h.dial(t, "127.0.0.1"), (*caller)(nil)
	if waits.ask("/wait") != http.StatusSwitchingProtocols || first.ask("/") != http.StatusOK {
		t.Fatal("not answered")
	}
	silent := h.dial(t, "127.0.0.1") // who waits does not count
	second = h.dial(t, "127.0.0.1")
	if !silent.gone(patience) {
		t.Error("who had asked nothing stayed")
	}
	if second.ask("/") != http.StatusOK {
		t.Error("who came for it was not let in")
	}
	if third := h.dial(t, "127.0.0.1"); !third.gone(patience) {
		t.Error("more than the share were let in")
	}
	if other := h.dial(t, "127.0.0.2"); other.ask("/") != http.StatusOK {
		t.Error("another address was not let in")
	}
	if first.ask("/") != http.StatusOK {
		t.Error("who was there had to go")
	}
}

// Where there is no room at all, strangers go first, then who was idle longest, never who is busy or waits.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	h := open(t, with(func(l *gate.Limits) { l.All = 4 }), false)
	busy, waits, idle, later := h.dial(t, "127.0.0.1"), h.dial(t, "127.0.0.1"), h.dial(t, "127.0.0.1"), h.dial(t, "127.0.0.1")
	if busy.ask("/busy") != http.StatusOK || waits.ask("/wait") != http.StatusSwitchingProtocols || idle.ask("/") != http.StatusOK {
		t.Fatal("not answered")
	}
	h.becomes(t, 1, 1, 4)
	next := h.dial(t, "127.0.0.1")
	if !later.gone(patience) || next.ask("/") != http.StatusOK {
		t.Error("the stranger did not go first")
	}
	h.becomes(t, 0, 2, 4)
	last := h.dial(t, "127.0.0.1")
	if !idle.gone(patience) || last.ask("/busy") != http.StatusOK {
		t.Error("who was idle longest did not go")
	}
	if next.ask("/wait") != http.StatusSwitchingProtocols {
		t.Error("who was idle not so long had to go")
	}
	h.becomes(t, 0, 0, 4)
	if c := h.dial(t, "127.0.0.1"); !c.gone(patience) {
		t.Error("one was let in for whom there is no room")
	}
	if busy.gone(time.Millisecond) || waits.gone(time.Millisecond) {
		t.Error("who was busy, or waited, had to go")
	}
	if s := h.Statistics(); s.Refused != 1 || s.HungUp != 2 {
		t.Errorf("%+v", s)
	}
}

// A trusted proxy stands for many people: it has no share, and strangers of it are nobody's.
func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	_, network, err := net.ParseCIDR("127.0.0.8/32")
	if err != nil {
		t.Fatal(err)
	}
	h := open(t, with(func(l *gate.Limits) { l.Each, l.Strangers, l.Proxies = 1, 1, []*net.IPNet{network} }), false)
	var all []*caller
	for range 5 {
		all = append(all, h.dial(t, "127.0.0.8"))
	}
	for i, c := range all {
		if c.ask("/") != http.StatusOK {
			t.Errorf("the %dth of the proxy was not let in", i)
		}
	}
	if s := h.Statistics(); s.Strangers != 0 || s.Idle != 0 || s.All != 5 {
		t.Errorf("%+v", s)
	}
}

// Two addresses of one machine are one, others are not.
func TestHostOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.7", "192.0.2.7", true},
		{"192.0.2.7", "192.0.2.8", false},
		{"::ffff:192.0.2.7", "192.0.2.7", true},
		{"2001:db8::1", "2001:db8::ffff:1", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"fe80::1%eth0", "fe80::2%eth1", true},
	} {
		if same := gate.HostOf(test.a) == gate.HostOf(test.b); same != test.same {
			t.Errorf("%s and %s: %v", test.a, test.b, same)
		}
	}
}

// A listener of another kind passes.
func TestOtherListeners(t *testing.T) {
	t.Parallel()
	h := gate.New(gate.Limits{All: 1, Strangers: 1, Each: 1})
	ours, theirs := net.Pipe()
	defer theirs.Close()
	got, err := h.Listen(one{ours}).Accept()
	if err != nil || got != ours {
		t.Errorf("%v, %v", got, err)
	}
	h.State(got, http.StateActive)
	_ = got.Close()
	if s := h.Statistics(); s != (gate.Statistics{}) {
		t.Errorf("%+v", s)
	}
	if _, err := h.Listen(one{}).Accept(); !strings.Contains(err.Error(), "closed") {
		t.Error(err)
	}
}

// one is a listener with one connection.
type one struct{ conn net.Conn }

func (o one) Accept() (net.Conn, error) {
	if o.conn == nil {
		return nil, net.ErrClosed
	}
	return o.conn, nil
}
func (o one) Close() error   { return nil }
func (o one) Addr() net.Addr { return &net.TCPAddr{} }
