package carry

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"example.com/aye/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// bound is how long a test waits for what must happen at once.
const bound = 30 * time.Second

// listen makes a listener on free addresses, and gives that of the carried.
func listen(t *testing.T) (l *Listener, carried string) {
	t.Helper()
	ordinary, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if l, err = Listen(t.Context(), ordinary, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, l.carrying.Addr().String()
}

func dial(t *testing.T, address string, connections int) *Carrier {
	t.Helper()
	c, err := Dial(t.Context(), address, connections)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// pair opens a carried connection, and gives both ends.
func pair(t *testing.T, l *Listener, c *Carrier) (ours, theirs net.Conn) {
	t.Helper()
	ours, err := c.Open(0)
	if err == nil {
		theirs, err = l.Accept()
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, conn := range []net.Conn{ours, theirs} {
		t.Cleanup(func() { _ = conn.Close() })
		_ = conn.SetReadDeadline(time.Now().Add(bound))
	}
	return ours, theirs
}

// A server treats connections of both kinds alike, also where it takes one over.
func TestServedAlike(t *testing.T) {
	t.Parallel()
	l, carried := listen(t)
	server := &http.Server{ReadHeaderTimeout: bound, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		go func() { // as a page that waits, behind the end of its handler
			defer conn.Close()
			_, _ = io.WriteString(conn, r.URL.Path+"\n")
			line, _ := buffered.ReadString('\n')
			_, _ = io.WriteString(conn, line)
		}()
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	c := dial(t, carried, 2)
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			conn, err := c.Open(i)
			if i%2 == 0 {
				conn, err = new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
			}
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(bound))
			answers := bufio.NewReader(conn)
			for _, text := range []string{"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n", "pong\n"} {
				_, err := io.WriteString(conn, text)
				line, readErr := answers.ReadString('\n')
				if want := map[bool]string{true: "/wait\n", false: "pong\n"}[text != "pong\n"]; err != nil || readErr != nil || line != want {
					t.Errorf("connection %d: %q, %v, %v", i, line, err, readErr)
				}
			}
		})
	}
	all.Wait()
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("it ended with %v", err)
	}
}

func TestDeadlinesAndEnds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		act  func(ours, theirs net.Conn, c *Carrier)
		want func(error) bool
	}{
		"the deadline passes": {
			func(_, theirs net.Conn, _ *Carrier) { _ = theirs.SetReadDeadline(time.Now()) },
			func(err error) bool {
				timeout, ok := errors.AsType[net.Error](err)
				return ok && timeout.Timeout()
			},
		},
		"it is closed here":   {func(_, theirs net.Conn, _ *Carrier) { _ = theirs.Close() }, func(err error) bool { return err != nil }},
		"it is closed there":  {func(ours, _ net.Conn, _ *Carrier) { _ = ours.Close() }, func(err error) bool { return errors.Is(err, io.EOF) }},
		"the carrier is gone": {func(_, _ net.Conn, c *Carrier) { c.Close() }, func(err error) bool { return err != nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, carried := listen(t)
			c := dial(t, carried, 1)
			ours, theirs := pair(t, l, c)
			read := make(chan error, 1)
			go func() {
				_, err := theirs.Read(make([]byte, 1))
				read <- err
			}()
			test.act(ours, theirs, c)
			select {
			case err := <-read:
				if !test.want(err) {
					t.Errorf("who reads hears %v", err)
				}
			case <-time.After(bound / 2):
				t.Error("who reads hears nothing")
			}
		})
	}
}

// Who was accepted stays when the listener closes, and nobody comes after.
func TestClosedListener(t *testing.T) {
	t.Parallel()
	l, carried := listen(t)
	c := dial(t, carried, 1)
	ours, theirs := pair(t, l, c)
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Fatal(err)
	}
	if conn, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v, %v came after the end", conn, err)
	}
	for _, address := range []string{l.Addr().String(), carried} {
		if conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address); err == nil {
			_ = conn.Close()
			t.Errorf("somebody listens at %s after the end", address)
		}
	}
	_, err := io.WriteString(ours, "x")
	if n, readErr := theirs.Read(make([]byte, 2)); err != nil || n != 1 || readErr != nil {
		t.Errorf("who was there heard %d bytes: %v, %v", n, err, readErr)
	}
	late, err := c.Open(0)
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	_ = late.SetReadDeadline(time.Now().Add(bound))
	if _, err := late.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("who came late heard %v", err)
	}
}

// A carrier that closes lets both sides of a connection finish, but does not wait for it for ever.
func TestTheLastFinish(t *testing.T) {
	t.Parallel()
	l, carried := listen(t)
	c := dial(t, carried, 1)
	c.patience = bound // a busy machine may need longer than closeTime for what is done here
	ours, theirs := pair(t, l, c)
	_ = ours.Close()
	closed := make(chan struct{})
	go func() { c.Close(); close(closed) }()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for range 10 {
		<-tick.C
		if _, err := io.WriteString(theirs, "x"); err != nil {
			t.Fatalf("it was cut off: %v", err)
		}
	}
	_ = theirs.Close()
	for _, conn := range c.sessions {
		select {
		case <-conn.CloseChan():
		case <-time.After(bound / 2):
			t.Error("all have finished, and it goes on")
		}
	}
	<-closed
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	l, carried := listen(t)
	if _, err := Listen(t.Context(), l, carried); err == nil {
		t.Error("two listen at one address")
	}
	_ = l.Close()
	if _, err := Dial(t.Context(), carried, 2); err == nil {
		t.Error("nobody listens, and a carrier comes there")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Dial(ctx, carried, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("broken off: %v", err)
	}
}

// recorded keeps what was written, in the pieces in which it came.
type recorded struct {
	net.Conn

	pieces []string
	err    error
}

func (r *recorded) Write(p []byte) (int, error) {
	r.pieces = append(r.pieces, string(p))
	return len(p), r.err
}

func TestFramesAreWhole(t *testing.T) {
	t.Parallel()
	head := func(kind, length byte) string {
		return string([]byte{0, kind, 0, 0, 0, 0, 0, 1, 0, 0, 0, length})
	}
	to := &recorded{}
	w := &whole{Conn: to}
	for _, piece := range []string{head(dataFrame, 3), "abc", head(1, 3), head(dataFrame, 0), head(dataFrame, headSize), head(2, 9)} {
		if n, err := io.WriteString(w, piece); n != len(piece) || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	want := []string{head(dataFrame, 3) + "abc", head(1, 3), head(dataFrame, 0), head(dataFrame, headSize) + head(2, 9)}
	if len(to.pieces) != len(want) {
		t.Fatalf("%q", to.pieces)
	}
	for i, piece := range to.pieces {
		if piece != want[i] {
			t.Errorf("%q, want %q", piece, want[i])
		}
	}
	to.err = io.ErrClosedPipe
	_, _ = io.WriteString(w, head(dataFrame, 1))
	if _, err := io.WriteString(w, "a"); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a frame that was not written: %v", err)
	}
}
