package app_test

import (
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/internal/app"
	"example.com/aye/internal/ayetest"
)

// recovers stands in front of PostgreSQL, and says so often that it is starting up, as one does that was killed.
func recovers(t *testing.T, upstream string, often int64) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	ayetest.Fails(t, err, nil)
	t.Cleanup(func() { _ = listener.Close() })
	var left atomic.Int64
	left.Store(often)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if left.Add(-1) >= 0 {
					_, _ = conn.Read(make([]byte, 1024)) // what a client begins with
					said := "SFATAL\x00VFATAL\x00C57P03\x00Mthe database system is starting up\x00\x00"
					_, _ = conn.Write(append(binary.BigEndian.AppendUint32([]byte{'E'}, uint32(len(said)+4)), said...))
					return
				}
				up, err := new(net.Dialer).DialContext(t.Context(), "tcp", upstream)
				if err != nil {
					return
				}
				defer up.Close()
				go func() { _, _ = io.Copy(up, conn) }()
				_, _ = io.Copy(conn, up)
			}()
		}
	}()
	return listener.Addr().String()
}

// TestAStartWaitsForItsDatabase: one that is coming back keeps a server from starting for a while, and the log says so.
func TestAStartWaitsForItsDatabase(t *testing.T) {
	t.Parallel()
	settings := onPostgres(t)
	address, err := url.Parse(settings["database.url"])
	ayetest.Fails(t, err, nil)
	address.Host = recovers(t, address.Host, 2)
	settings["database.url"] = address.String()
	log := &lines{}
	a, err := app.OpenPatiently(t.Context(), loaded(t, settings), slog.New(slog.NewTextHandler(log, nil)), time.Now)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, a.Close(t.Context()), nil)
	if !log.has("it is tried again") || !log.has("starting up") {
		t.Error("the log does not say what it waits for")
	}
}

// TestAWrongSettingIsNoWaiting: what will not be better in a minute is said at once.
func TestAWrongSettingIsNoWaiting(t *testing.T) {
	t.Parallel()
	settings := onPostgres(t)
	settings["database.url"] = strings.Replace(settings["database.url"], "aye_test_", "aye_none_", 1)
	log, began := &lines{}, time.Now()
	if _, err := app.OpenPatiently(t.Context(), loaded(t, settings), slog.New(slog.NewTextHandler(log, nil)), time.Now); err == nil || log.has("it is tried again") {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
}
