package bare

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// start runs a program until the test ends, and gives its two base URLs.
func start(t *testing.T, program func(ctx context.Context, ready func(listen, metrics string)) error) (base, metrics string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	addresses, ended := make(chan [2]string, 1), make(chan error, 1)
	go func() {
		ended <- program(ctx, func(l, m string) { addresses <- [2]string{"http://" + l, "http://" + m} })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case both := <-addresses:
		return both[0], both[1]
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
		return "", ""
	}
}

// newClient is a client whose connections end with the test.
func newClient(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

// dial opens a WebSocket that ends with the test.
func dial(t *testing.T, url string, header http.Header) (*websocket.Conn, error) {
	t.Helper()
	conn, response, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(url, "http"), header)
	if response != nil {
		_ = response.Body.Close()
	}
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	t.Cleanup(func() { _ = conn.Close() })
	return conn, nil
}

func TestHubTells(t *testing.T) {
	t.Parallel()
	base, metrics := start(t, func(ctx context.Context, ready func(string, string)) error {
		return ServeHub(ctx, "127.0.0.1:0", "127.0.0.1:0", "", ready)
	})
	client := newClient(t)
	tell := func(id string) int {
		response, err := client.Post(base+"/tell/"+id, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode
	}
	if status := tell("nobody"); status != http.StatusNotFound {
		t.Errorf("telling nobody: %d", status)
	}
	var conns []*websocket.Conn
	for _, id := range []string{"one", "two"} {
		conn, err := dial(t, base+"/wait/"+id, nil)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	for range 2 {
		status := tell("two")
		for tries := 0; status == http.StatusNotFound && tries < 10_000; tries++ {
			status = tell("two") // it is connected a moment before it waits
		}
		if status != http.StatusNoContent {
			t.Fatalf("telling: %d", status)
		}
		if _, text, err := conns[1].ReadMessage(); err != nil || string(text) != hubMessage {
			t.Errorf("%q, %v", text, err)
		}
	}
	_ = conns[0].SetReadDeadline(time.Now().Add(time.Millisecond))
	if _, text, err := conns[0].ReadMessage(); err == nil {
		t.Errorf("the other one was told %q", text)
	}
	response, err := client.Get(metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	for _, name := range []string{"process_cpu_seconds_total", "process_resident_memory_bytes", "go_memstats_mallocs_total", "go_memstats_alloc_bytes_total"} {
		if err != nil || !strings.Contains(string(text), "\n"+name+" ") {
			t.Errorf("no %s: %v", name, err)
		}
	}
}
