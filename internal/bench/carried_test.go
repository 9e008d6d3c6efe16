package bench

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"example.com/aye/internal/app"
	"example.com/aye/internal/bench/carry"
)

// The server answers who is carried to it, and who is not.
func TestServeCarried(t *testing.T) {
	t.Parallel()
	addresses, err := freeAddresses(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	config, err := app.LoadConfig("", []string{
		"AYE_ORIGIN=http://" + addresses[0], "AYE_LISTEN=" + addresses[0], "AYE_METRICS_LISTEN=", "AYE_DATA_DIR=" + filepath.Join(t.TempDir(), "data"),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), config, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	serving, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- ServeCarried(serving, a, addresses[1]) }()
	t.Cleanup(func() {
		stop()
		if endErr := <-ended; endErr != nil {
			t.Error(endErr)
		}
	})
	ordinary := newClient(1)
	t.Cleanup(ordinary.CloseIdleConnections)
	url := "http://" + addresses[0] + "/readyz"
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for tries := 0; ; tries++ {
		status, _, askErr := fetch(t.Context(), ordinary, http.MethodGet, url, "", nil)
		if askErr == nil && status == http.StatusOK {
			break
		}
		if tries == int(startTime/lookEvery) {
			t.Fatalf("not ready: %d, %v", status, askErr)
		}
		<-tick.C
	}
	carrier, err := carry.Dial(t.Context(), addresses[1], 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(carrier.Close)
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return carrier.Open(0) }}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport, Timeout: callTime}
	for range 2 { // the second on the same connection
		if status, _, askErr := fetch(t.Context(), client, http.MethodGet, url, "", nil); askErr != nil || status != http.StatusOK {
			t.Errorf("who is carried is answered %d, %v", status, askErr)
		}
	}
}

func TestWhoIsCarried(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ files, pages, direct int }{
		"enough files":   {20_000, 19_000, 19_000},
		"too few":        {20_000, 50_000, 19_000},
		"none to spare":  {500, 50, 0},
		"nobody to wait": {500, 0, 0},
	} {
		r := &run{report: &Report{Machine: Machine{OpenFiles: test.files}}}
		if direct := r.direct(test.pages); direct != test.direct {
			t.Errorf("%s: %d pages have connections of their own, want %d", name, direct, test.direct)
		}
	}
	for _, test := range []struct{ pages, nodes, want int }{{1, 1, 1}, {1000, 1, 1}, {1001, 1, 2}, {31_000, 1, 31}, {31_000, 2, 16}} {
		if connections := shared(test.pages, test.nodes); connections != test.want {
			t.Errorf("%d pages at %d nodes share %d connections to each, want %d", test.pages, test.nodes, connections, test.want)
		}
	}
}
