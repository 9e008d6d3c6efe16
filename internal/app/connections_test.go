package app_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"example.com/aye/internal/app"
)

// Files are kept for what is no caller's, and room for those who do not wait.
func TestConnectionLimits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		setting, files          int
		all, strangers, waiters int
	}{
		"few files":   {0, 256, 192, 48, 168},
		"usual files": {0, 20_000, 19_500, 4096, 19_250},
		"many files":  {0, 1 << 30, 100_000, 4096, 99_750},
		"as it says":  {1000, 20_000, 1000, 250, 875},
	} {
		limits, waiters := app.Limits(app.Config{Connections: test.setting, AddressShare: 7}, test.files)
		if limits.All != test.all || limits.Strangers != test.strangers || waiters != test.waiters || limits.Each != 7 {
			t.Errorf("%s: %+v, %d wait", name, limits, waiters)
		}
	}
}

// The gate stands in front of the server, and hears what its connections do.
func TestTheGateIsThere(t *testing.T) {
	t.Parallel()
	c, err := app.LoadConfig("", nil, map[string]string{"data_dir": t.TempDir(), "metrics_listen": "", "address_share": "10"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	a, err := app.Open(ctx, c, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close(ctx) }()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, err := a.StartOn(ctx, listener)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Stop(ctx) }()
	dial := func() net.Conn {
		conn, dialErr := new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
		if dialErr != nil {
			t.Fatal(dialErr)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	asks := dial()
	_, _ = asks.Write([]byte("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"))
	answer := make([]byte, 64)
	if n, readErr := asks.Read(answer); readErr != nil || !strings.HasPrefix(string(answer[:n]), "HTTP/1.1 200") {
		t.Fatalf("%s, %v", answer[:n], readErr)
	}
	first := dial()
	for range 9 {
		dial() // with the tenth of the silent, the address has more than its share
	}
	_ = first.SetReadDeadline(time.Now().Add(3 * time.Second)) // less than the server waits by itself
	_, err = first.Read(answer)
	if timeout, ok := errors.AsType[net.Error](err); err == nil || ok && timeout.Timeout() {
		t.Errorf("the first of too many is there: %v", err)
	}
	_, err = asks.Write([]byte("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"))
	if n, readErr := asks.Read(answer); err != nil || readErr != nil {
		t.Errorf("who had asked was hung up on: %v, %v, %d", err, readErr, n)
	}
}
