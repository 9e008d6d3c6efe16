package wire_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/notify/wire"
)

// vendor is a server over TLS, the roots by which it is trusted, and how many calls came.
func vendor(t *testing.T, answer http.HandlerFunc) (server *httptest.Server, roots *x509.CertPool, calls *atomic.Int32) {
	t.Helper()
	calls = new(atomic.Int32)
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		answer(rw, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots = x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return server, roots, calls
}

func call(ctx context.Context, t *testing.T, o *wire.Once, url string) (wire.Answer, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/?canary=1", strings.NewReader("canary"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Idempotency-Key", "canary")
	answer, err := o.Call(request)
	if err != nil && strings.Contains(err.Error(), "canary") {
		t.Errorf("the error tells of the call: %v", err)
	}
	return answer, err
}

// cut ends the connection without an answer.
func cut(rw http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(rw).Hijack(); err == nil {
		_ = conn.Close()
	}
}

func TestOnceAnswers(t *testing.T) {
	t.Parallel()
	server, roots, _ := vendor(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Retry-After", "7")
		if r.ProtoMajor != 1 || !r.Close {
			t.Errorf("%s, connection kept: %v", r.Proto, !r.Close)
		}
		rw.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(rw, strings.Repeat("x", 100<<10))
	})
	answer, err := call(t.Context(), t, wire.NewOnce(roots), server.URL)
	if err != nil || answer.Status != http.StatusTeapot || answer.Header.Get("Retry-After") != "7" || len(answer.Body) != 64<<10 {
		t.Errorf("%d, %d bytes, %v", answer.Status, len(answer.Body), err)
	}
}

func TestOnceFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	server, roots, calls := vendor(t, func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	if answer, err := call(t.Context(), t, wire.NewOnce(roots), server.URL); err != nil || answer.Status != http.StatusTemporaryRedirect || calls.Load() != 1 {
		t.Errorf("%d %v after %d calls", answer.Status, err, calls.Load())
	}
}

// What fails before there is a connection has not left; all else may have arrived.
func TestOnceKnowsWhatDidNotLeave(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := "https://" + closed.Addr().String()
	_ = closed.Close()
	old := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a call came over TLS 1.1") }))
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	t.Cleanup(old.Close)
	good, roots, calls := vendor(t, func(http.ResponseWriter, *http.Request) {})
	roots.AddCert(old.Certificate())
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	short, end := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer end()
	for name, test := range map[string]struct {
		ctx   context.Context
		url   string
		roots *x509.CertPool
		why   string
	}{
		"no such name":        {t.Context(), "https://vendor.invalid", roots, "name"},
		"nobody there":        {t.Context(), refusing, roots, "refused"},
		"another certificate": {t.Context(), good.URL, x509.NewCertPool(), "certificate"},
		"old TLS":             {t.Context(), old.URL, roots, "no connection"},
		"no handshake":        {short, "https://" + silent.Addr().String(), roots, "in time"},
		"given up before":     {gone, good.URL, roots, "given up"},
	} {
		_, err := call(test.ctx, t, wire.NewOnce(test.roots), test.url)
		var unsent *wire.UnsentError
		if !errors.As(err, &unsent) || !strings.Contains(unsent.Why, test.why) || errors.Is(err, wire.ErrUnanswered) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if calls.Load() != 0 {
		t.Errorf("%d calls arrived", calls.Load())
	}
}

func TestOnceNeverRepeats(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"cut":                func(rw http.ResponseWriter, _ *http.Request) { cut(rw) },
		"cut in the headers": func(rw http.ResponseWriter, _ *http.Request) { begin(rw, "HTTP/1.1 200 OK\r\nConte") },
		"cut in the body": func(rw http.ResponseWriter, _ *http.Request) {
			begin(rw, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort")
		},
		"no HTTP": func(rw http.ResponseWriter, _ *http.Request) { begin(rw, "220 canary ESMTP\r\n\r\n") },
		"endless headers": func(rw http.ResponseWriter, _ *http.Request) {
			begin(rw, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 64<<10)+"\r\n\r\n")
		},
	} {
		server, roots, calls := vendor(t, answer)
		once := wire.NewOnce(roots)
		for n := range int32(2) {
			_, err := call(t.Context(), t, once, server.URL)
			if !errors.Is(err, wire.ErrUnanswered) || calls.Load() != n+1 {
				t.Errorf("%s: %v after %d calls", name, err, calls.Load())
			}
		}
	}
}

// begin writes the beginning of an answer and ends the connection.
func begin(rw http.ResponseWriter, text string) {
	if conn, _, err := http.NewResponseController(rw).Hijack(); err == nil {
		_, _ = io.WriteString(conn, text)
		_ = conn.Close()
	}
}

func TestOnceEndsInTime(t *testing.T) {
	t.Parallel()
	server, roots, _ := vendor(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // there is a connection by then, on a busy machine too
	defer cancel()
	if _, err := call(ctx, t, wire.NewOnce(roots), server.URL); !errors.Is(err, wire.ErrUnanswered) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
