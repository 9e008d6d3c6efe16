package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"example.com/aye/internal/app"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/porttest"
	"example.com/aye/internal/secret"
	"example.com/aye/store"
)

// onPostgres are the settings of a server on a database of its own.
func onPostgres(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	_, err := secret.LoadKeys(filepath.Join(dir, "key"))
	ayetest.Fails(t, err, nil)
	return map[string]string{
		"database.url": ayetest.Database(t), "key_file": filepath.Join(dir, "key"), "data_dir": dir, "metrics_listen": "", "listen": free(t),
	}
}

func free(t *testing.T) string {
	t.Helper()
	addresses, err := porttest.Free(1)
	ayetest.Fails(t, err, nil)
	return addresses[0]
}

// lines is a log that others write while it is read.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) has(part string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), part)
}

func loaded(t *testing.T, settings map[string]string) app.Config {
	t.Helper()
	c, err := app.LoadConfig("", nil, settings)
	ayetest.Fails(t, err, nil)
	return c
}

// running runs a server until the function is called that it gives, which tells how it ended.
func running(t *testing.T, c app.Config, log io.Writer) (address string, ended <-chan error, stop context.CancelFunc) {
	t.Helper()
	a, err := app.Open(t.Context(), c, slog.New(slog.NewTextHandler(log, nil)), time.Now)
	ayetest.Fails(t, err, nil)
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	end := make(chan error, 1)
	go func() { end <- a.Run(ctx) }()
	return "http://" + c.Listen, end, stop
}

// until asks until the answer is as wanted, and tells whether it ended its connection.
func until(t *testing.T, client *http.Client, address string, status int) (ended bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		ayetest.Fails(t, err, nil)
		answer, err := client.Do(request)
		if err != nil {
			continue
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode == status {
			return answer.Close
		}
	}
	t.Fatal("the server never answers so")
	return false
}

// TestAServerThatLeaves: balancers are told first, and everything is answered meanwhile, on connections that are not used again.
func TestAServerThatLeaves(t *testing.T) {
	t.Parallel()
	settings := onPostgres(t)
	const delay = 4 * time.Second // in which a busy machine answers too
	settings["drain_delay"], settings["drain_time"] = delay.String(), "60s"
	client := &http.Client{Transport: &http.Transport{}, Timeout: 5 * time.Second}
	address, ended, stop := running(t, loaded(t, settings), io.Discard)
	if until(t, client, address+"/readyz", http.StatusOK) {
		t.Error("a connection is not used again although the server stays")
	}
	told := time.Now()
	stop()
	until(t, client, address+"/readyz", http.StatusServiceUnavailable)
	for _, path := range []string{"/healthz", "/.well-known/jwks.json", "/login"} {
		if !until(t, client, address+path, http.StatusOK) {
			t.Errorf("%s: the connection would be used again", path)
		}
	}
	select {
	case err := <-ended:
		t.Errorf("it ended at once: %v", err)
	default:
	}
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	if left := time.Since(told); left < delay || left > 30*time.Second { // it does not wait for what is not under way
		t.Errorf("it ended %s after it was told to", left)
	}
}

// TestAServerAloneLeavesAtOnce: there is nobody to send people to.
func TestAServerAloneLeavesAtOnce(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"data_dir": t.TempDir(), "metrics_listen": "", "listen": free(t), "drain_delay": "20s"}
	address, ended, stop := running(t, loaded(t, settings), io.Discard)
	until(t, http.DefaultClient, address+"/healthz", http.StatusOK) //nolint:forbidigo // the context has the limit
	stop()
	began := time.Now()
	if err := <-ended; err != nil || time.Since(began) > 15*time.Second {
		t.Errorf("it ended after %s with %v", time.Since(began), err)
	}
}

// TestWhatHangsIsCutOff: a caller that never ends its call keeps no server from ending, and that is no error.
func TestWhatHangsIsCutOff(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"data_dir": t.TempDir(), "metrics_listen": "", "listen": free(t), "drain_time": "1s"}
	log := &lines{}
	address, ended, stop := running(t, loaded(t, settings), log)
	until(t, http.DefaultClient, address+"/healthz", http.StatusOK) //nolint:forbidigo // the context has the limit
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(address, "http://"))
	ayetest.Fails(t, err, nil)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST /v1/devices HTTP/1.1\r\nHost: aye\r\nContent-Type: application/json\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
	ayetest.Fails(t, err, nil)
	_, err = conn.Read(make([]byte, 8)) // it has begun
	ayetest.Fails(t, err, nil)
	stop()
	if err := <-ended; err != nil || !log.has("was cut off") {
		t.Errorf("it ended with %v", err)
	}
}

// TestAServerThatIsTooOldEnds: when a newer version changes the database so that this one cannot work on it, it ends, and says why.
func TestAServerThatIsTooOldEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	address, ended, _ := running(t, loaded(t, map[string]string{"data_dir": dir, "metrics_listen": "", "listen": free(t)}), io.Discard)
	until(t, http.DefaultClient, address+"/readyz", http.StatusOK) //nolint:forbidigo // the context has the limit
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "aye.db")+"?_busy_timeout=5000")
	ayetest.Fails(t, err, nil)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), "INSERT INTO marks (name, value, at) VALUES ('oldest', '99999', 0) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
	ayetest.Fails(t, err, nil)
	select {
	case err := <-ended:
		if !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), "99999") {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("it goes on")
	}
}
