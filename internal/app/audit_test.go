package app

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/notify/webhook"
	"example.com/aye/store"
)

var checkpoint = store.PendingCheckpoint{Sink: "x", Organisation: "org_1", Number: 7, Signature: "eyJh.eyJi.c2ln", At: 1_700_000_000_123}

const asSyslog = "<109>1 2023-11-14T22:13:20.123Z aye.example.com aye - checkpoint - eyJh.eyJi.c2ln"

func TestCheckpointsAreAppended(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "far", "checkpoints")
	for range 2 {
		if err := (appended{path}).tell(t.Context(), checkpoint); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), "\n{\"checkpoint\":\"eyJh.eyJi.c2ln\"}\n") != 2 {
		t.Errorf("%q %v", text, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if (appended{filepath.Dir(path)}).tell(t.Context(), checkpoint) == nil {
		t.Error("a folder takes checkpoints")
	}
}

// heard gives what a syslog server is told at the address.
func heard(t *testing.T, c Audit) (*syslog, error) {
	t.Helper()
	s, err := newSyslog(c, "https://aye.example.com:8443")
	if err != nil {
		t.Fatal(err)
	}
	return s, s.tell(t.Context(), checkpoint)
}

func TestCheckpointsBySyslog(t *testing.T) {
	t.Parallel()
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "log")
	near, err := net.ListenPacket("unixgram", socket)
	if err != nil {
		t.Fatal(err)
	}
	for address, packets := range map[string]net.PacketConn{"udp://" + udp.LocalAddr().String(): udp, "unix://" + socket: near} {
		if _, err = heard(t, Audit{Syslog: address}); err != nil {
			t.Fatal(err)
		}
		_ = packets.SetReadDeadline(time.Now().Add(10 * time.Second))
		text := make([]byte, 2048)
		n, _, failed := packets.ReadFrom(text)
		if failed != nil || string(text[:n]) != asSyslog {
			t.Errorf("%s: %q %v", address, text[:n], failed)
		}
		_ = packets.Close()
	}

	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil) // for its certificate
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err = os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	sealed, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: server.TLS.Certificates, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	for address, listener := range map[string]net.Listener{"tcp://" + plain.Addr().String(): plain, "tls://" + sealed.Addr().String(): sealed} {
		said := make(chan string, 1)
		go func() {
			connection, err := listener.Accept()
			if err != nil {
				said <- err.Error()
				return
			}
			text, _ := io.ReadAll(bufio.NewReader(connection))
			said <- string(text)
		}()
		c := Audit{Syslog: address}
		if listener == sealed {
			c.SyslogRootsFile = roots
		}
		if _, err := heard(t, c); err != nil {
			t.Fatal(err)
		}
		if text := <-said; text != fmt.Sprint(len(asSyslog))+" "+asSyslog {
			t.Errorf("%s: %q", address, text)
		}
		_ = listener.Close()
		if _, err := heard(t, c); err == nil {
			t.Errorf("%s: told nobody", address)
		}
	}
	if _, err := newSyslog(Audit{Syslog: "tls://a:1", SyslogRootsFile: socket}, ""); !errors.Is(err, ErrConfig) {
		t.Error(err)
	}
}

// TestCheckpointsLeaveTheHost: what grew is signed when it is due, and handed to every sink until each has taken it; one that fails keeps no other waiting.
func TestCheckpointsLeaveTheHost(t *testing.T) {
	t.Parallel()
	const key = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	var refuse atomic.Bool
	refuse.Store(true)
	var lock sync.Mutex
	got := map[string]bool{}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		want, err := webhook.Sign(key, r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp"), body)
		var m struct {
			Type string
			Data struct{ Checkpoint string }
		}
		switch {
		case refuse.Load():
			w.WriteHeader(http.StatusServiceUnavailable)
		case err != nil || r.Header.Get("Webhook-Signature") != want || json.Unmarshal(body, &m) != nil || m.Type != "audit.checkpoint":
			t.Errorf("%s %v", body, err)
		default:
			lock.Lock()
			defer lock.Unlock()
			got[m.Data.Checkpoint] = true
		}
	}))
	t.Cleanup(hook.Close)
	folder := t.TempDir()
	secretFile, file := filepath.Join(folder, "secret"), filepath.Join(folder, "checkpoints")
	if err := os.WriteFile(secretFile, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := LoadConfig("", nil, map[string]string{
		"data_dir": folder, "audit.file": file, "audit.webhook_url": hook.URL, "audit.webhook_secret_file": secretFile,
	})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	ctx := t.Context()
	a, err := Open(ctx, c, slog.New(slog.DiscardHandler), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close(context.Background()) })
	turn := func() (lines []string) {
		t.Helper()
		if failed := a.SignAudit(ctx); failed != nil {
			t.Fatal(failed)
		}
		a.TellWitnesses(ctx)
		text, failed := os.ReadFile(file)
		if failed != nil {
			t.Fatal(failed)
		}
		return audit.FindCheckpoints(text)
	}
	write := func() {
		t.Helper()
		if failed := a.Store.Write(ctx, audit.Entry{Actor: "operator", Action: "x.y", At: now}); failed != nil {
			t.Fatal(failed)
		}
	}
	if n := len(turn()); n != 1 { // of the signing key that was made at the start
		t.Fatalf("%d checkpoints in the file", n)
	}
	write()
	now = now.Add(59 * time.Minute)
	if n := len(turn()); n != 1 {
		t.Errorf("%d checkpoints before an hour is over", n)
	}
	now = now.Add(2 * time.Minute)
	sent := turn()
	if len(sent) != 2 {
		t.Errorf("%d checkpoints after it", len(sent))
	}
	now = now.Add(2 * time.Hour)
	if n := len(turn()); n != 2 {
		t.Errorf("%d checkpoints where nothing grew", n)
	}
	refuse.Store(false)
	now = now.Add(witnessLongest)
	turn()
	turn()
	lock.Lock()
	if len(got) != 2 || !got[sent[0]] || !got[sent[1]] {
		t.Errorf("the webhook took %d checkpoints: %v", len(got), got)
	}
	lock.Unlock()
	if _, err = a.Store.CheckAudit(ctx, sent); err != nil {
		t.Error(err)
	}
	now = now.Add(audit.Life + 62*24*time.Hour)
	if err = a.DropAudit(ctx); err != nil {
		t.Fatal(err)
	}
	rows, err := a.Store.AuditRows(ctx, "", 0, 9)
	if err != nil || len(rows) != 0 {
		t.Errorf("%d old rows stay, %v", len(rows), err)
	}
	if sent = turn(); len(sent) != 3 {
		t.Errorf("%d checkpoints with the floor", len(sent))
	}
	if _, err = a.Store.CheckAudit(ctx, sent); err != nil {
		t.Error(err)
	}
}

func TestAuditSettingsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []map[string]string{
		{"audit.checkpoint_every": "59s"},
		{"audit.checkpoint_every": "25h"},
		{"audit.syslog": "log.example.com"},
		{"audit.syslog": "udp://log.example.com"},
		{"audit.syslog": "http://log.example.com:514"},
		{"audit.syslog": "unix://dev/log"},
		{"audit.syslog": "tls://log.example.com:6514/x"},
		{"audit.webhook_url": "https://a.example"},
		{"audit.webhook_secret_file": "x"},
		{"audit.webhook_url": "http://a.example", "audit.webhook_secret_file": "x"},
		{"audit.syslog_roots_file": "x"},
		{"audit.syslog_roots_file": "x", "audit.syslog": "tcp://a.example:1"},
	} {
		if _, err := LoadConfig("", nil, bad); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "audit.") {
			t.Errorf("%v: %v", bad, err)
		}
	}
	for _, text := range []string{"", "whsec_", "whsec_MDEy", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "whsec_!"} {
		file := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := newHooked(Audit{WebhookSecretFile: file}, time.Now); !errors.Is(err, ErrConfig) || len(text) > 6 && strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
