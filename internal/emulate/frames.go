package emulate

import (
	"bytes"
	"encoding/binary"
	"net"
	"sync"

	"golang.org/x/net/http2"
)

const (
	frameHeader   = 9
	lastOfStreams = 1<<31 - 1
)

// frames is a connection between TLS and Go's HTTP/2 server that can say what Go's server
// cannot: it first allows one stream and later more, as Apple does, and it can say GOAWAY
// with a reason. It passes whole frames only, so that there is always room between two.
//
// Go's server is set to the larger number and not told: its first SETTINGS are changed on
// the way out, and the acknowledgements of our own SETTINGS are kept from it.
type frames struct {
	net.Conn

	line *line // under TLS

	writing  sync.Mutex
	out      bytes.Buffer
	settings bool // the first SETTINGS have passed

	in      bytes.Buffer // not yet whole
	ready   bytes.Buffer // whole
	preface int          // bytes of the client's preface still to pass

	acks    sync.Mutex
	swallow int
	greeted bool // the acknowledgement that Go's server waits for has passed
}

func newFrames(secure net.Conn, line *line) *frames {
	return &frames{Conn: secure, line: line, preface: len(http2.ClientPreface)}
}

// whole takes the first frame off buffer if all of it is there.
func whole(buffer *bytes.Buffer) ([]byte, bool) {
	b := buffer.Bytes()
	if len(b) < frameHeader {
		return nil, false
	}
	size := frameHeader + int(b[0])<<16 + int(b[1])<<8 + int(b[2])
	if len(b) < size {
		return nil, false
	}
	return buffer.Next(size), true
}

func isSettings(frame []byte) (settings, ack bool) {
	return http2.FrameType(frame[3]) == http2.FrameSettings, http2.Flags(frame[4]).Has(http2.FlagSettingsAck)
}

// Write implements [net.Conn].
func (f *frames) Write(p []byte) (int, error) {
	f.writing.Lock()
	defer f.writing.Unlock()
	f.out.Write(p)
	var passed []byte
	for {
		frame, ok := whole(&f.out)
		if !ok {
			break
		}
		if settings, ack := isSettings(frame); settings && !ack && !f.settings {
			f.settings = true
			allowOne(frame)
		}
		passed = append(passed, frame...)
	}
	if len(passed) > 0 {
		if _, err := f.Conn.Write(passed); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// allowOne changes the number of streams in a SETTINGS frame to one.
func allowOne(frame []byte) {
	for entry := frame[frameHeader:]; len(entry) >= 6; entry = entry[6:] {
		if http2.SettingID(binary.BigEndian.Uint16(entry)) == http2.SettingMaxConcurrentStreams {
			binary.BigEndian.PutUint32(entry[2:], 1)
		}
	}
}

// Read implements [net.Conn].
func (f *frames) Read(p []byte) (int, error) {
	var chunk [4096]byte
	for f.ready.Len() == 0 {
		n, err := f.Conn.Read(chunk[:])
		f.in.Write(chunk[:n])
		if skip := min(f.preface, f.in.Len()); skip > 0 {
			f.preface -= skip
			f.ready.Write(f.in.Next(skip))
		}
		for f.preface == 0 {
			frame, ok := whole(&f.in)
			if !ok {
				break
			}
			if !f.ours(frame) {
				f.ready.Write(frame)
			}
		}
		if err != nil && f.ready.Len() == 0 {
			return 0, err
		}
	}
	return f.ready.Read(p)
}

// ours tells whether a frame acknowledges SETTINGS that Go's server never sent.
func (f *frames) ours(frame []byte) bool {
	if settings, ack := isSettings(frame); !settings || !ack {
		return false
	}
	f.acks.Lock()
	defer f.acks.Unlock()
	if !f.greeted {
		f.greeted = true
		return false
	}
	if f.swallow == 0 {
		return false
	}
	f.swallow--
	return true
}

// allow raises the number of streams.
func (f *frames) allow(streams uint32) error {
	f.acks.Lock()
	f.swallow++
	f.acks.Unlock()
	return f.say(func(framer *http2.Framer) error {
		return framer.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: streams})
	})
}

// goAway asks the client to connect anew; what it has sent is still answered.
func (f *frames) goAway(reason string) error {
	return f.say(func(framer *http2.Framer) error {
		return framer.WriteGoAway(lastOfStreams, http2.ErrCodeNo, []byte(`{"reason":"`+reason+`"}`))
	})
}

func (f *frames) say(write func(*http2.Framer) error) error {
	var frame bytes.Buffer
	if err := write(http2.NewFramer(&frame, nil)); err != nil {
		return err
	}
	f.writing.Lock()
	defer f.writing.Unlock()
	_, err := f.Conn.Write(frame.Bytes())
	return err
}
