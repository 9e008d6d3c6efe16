package emulate

import (
	"bytes"
	"crypto/tls"
	"io"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// wireClient speaks HTTP/2 frame by frame.
type wireClient struct {
	t      *testing.T
	conn   *tls.Conn
	framer *http2.Framer
}

func dialFrames(t *testing.T, a *APNs) *wireClient {
	t.Helper()
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: a.CA(), NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12}}
	raw, err := dialer.DialContext(t.Context(), "tcp", a.URL()[len("https://"):])
	if err != nil {
		t.Fatal(err)
	}
	conn := raw.(*tls.Conn)
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	c := &wireClient{t, conn, http2.NewFramer(conn, conn)}
	if err := c.framer.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	return c
}

// push sends a request on a stream.
func (c *wireClient) push(stream uint32, token string) {
	c.t.Helper()
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, field := range [][2]string{
		{":method", "POST"},
		{":scheme", "https"},
		{":authority", "localhost"},
		{":path", "/3/device/" + phone},
		{"authorization", "bearer " + token},
		{"apns-topic", "com.example"},
	} {
		if err := encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]}); err != nil {
			c.t.Fatal(err)
		}
	}
	err := c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block.Bytes(), EndHeaders: true})
	if err == nil {
		err = c.framer.WriteData(stream, true, []byte("{}"))
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// until reads frames until one ends the stream, and gives the streams allowed on the way
// and the farewell, if any.
func (c *wireClient) until(stream uint32) (allowed []uint32, farewell string) {
	c.t.Helper()
	for {
		frame, err := c.framer.ReadFrame()
		if err != nil {
			c.t.Fatal(err)
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if frame.IsAck() {
				continue
			}
			if n, ok := frame.Value(http2.SettingMaxConcurrentStreams); ok {
				allowed = append(allowed, n)
			}
			if err := c.framer.WriteSettingsAck(); err != nil {
				c.t.Fatal(err)
			}
		case *http2.GoAwayFrame:
			farewell = frame.ErrCode.String() + " " + string(frame.DebugData())
		case *http2.HeadersFrame:
			if frame.StreamID == stream && frame.StreamEnded() {
				return allowed, farewell
			}
		case *http2.DataFrame:
			if frame.StreamID == stream && frame.StreamEnded() {
				return allowed, farewell
			}
		}
	}
}

func TestOneStreamUntilTheFirstGoodToken(t *testing.T) {
	t.Parallel()
	a, _ := startAPNs(t)
	token := providerToken(t, a, nil)
	c := dialFrames(t, a)
	c.push(1, "bad")
	if allowed, _ := c.until(1); len(allowed) != 1 || allowed[0] != 1 {
		t.Errorf("before a good token %v streams were allowed, want 1", allowed)
	}
	c.push(3, token)
	if allowed, _ := c.until(3); len(allowed) != 1 || allowed[0] != streams {
		t.Errorf("after it %v, want %d", allowed, streams)
	}
	// The connection has survived that its server was told of neither.
	c.push(5, token)
	if allowed, farewell := c.until(5); len(allowed) != 0 || farewell != "" {
		t.Errorf("then %v %q", allowed, farewell)
	}
	if n := len(a.Inbox(phone)); n != 2 {
		t.Errorf("%d pushes arrived, want 2", n)
	}
}

func TestFarewellHasAReason(t *testing.T) {
	t.Parallel()
	a, _ := startAPNs(t)
	a.Script(phone, Behaviour{GoAway: true, Times: 1})
	c := dialFrames(t, a)
	c.push(1, providerToken(t, a, nil))
	if _, farewell := c.until(1); farewell != `NO_ERROR {"reason":"Shutdown"}` {
		t.Errorf("farewell %q", farewell)
	}
	if n := len(a.Inbox(phone)); n != 1 {
		t.Errorf("%d pushes arrived, want 1", n)
	}
}

// slowConn gives and takes a few bytes at a time.
type slowConn struct {
	*tls.Conn
	in  io.Reader
	out bytes.Buffer
}

func (s *slowConn) Read(p []byte) (int, error)  { return s.in.Read(p[:min(len(p), 5)]) }
func (s *slowConn) Write(p []byte) (int, error) { return s.out.Write(p) }

func FuzzFramesPassUnharmed(f *testing.F) {
	f.Add([]byte("payload"), 3)
	f.Fuzz(func(t *testing.T, payload []byte, step int) {
		if step < 1 || len(payload) > 1<<14 {
			return
		}
		var sent bytes.Buffer
		sent.WriteString(http2.ClientPreface)
		framer := http2.NewFramer(&sent, nil)
		if framer.WriteSettings() != nil || framer.WriteData(1, false, payload) != nil || framer.WriteSettingsAck() != nil {
			t.Fatal("cannot write")
		}
		want := sent.Bytes()
		under := &slowConn{in: bytes.NewReader(want)}
		through := newFrames(under, nil)
		if got, err := io.ReadAll(through); err != nil || !bytes.Equal(got, want) {
			t.Errorf("read %q, want %q, %v", got, want, err)
		}
		for rest := want[len(http2.ClientPreface):]; len(rest) > 0; {
			n := min(step, len(rest))
			if _, err := through.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if !bytes.Equal(under.out.Bytes(), want[len(http2.ClientPreface):]) {
			t.Errorf("wrote %q", under.out.Bytes())
		}
	})
}
