package api

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"example.com/aye/broker"
	"example.com/aye/internal/jws"
	"example.com/aye/internal/observe"
)

// bare is a server without anything that it could look at: whoever gets so far meets a 500.
func bare(t *testing.T, waiters int) *Server {
	t.Helper()
	s, err := New(Config{
		Broker: broker.NewMemory(), Observe: observe.New(prometheus.NewRegistry(), nil), Log: slog.New(slog.DiscardHandler), Now: time.Now, Waiters: waiters,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Drain)
	return s
}

// Where as many wait as there is room for, the next is refused before its ticket is looked at.
func TestNoRoomToWait(t *testing.T) {
	t.Parallel()
	s := bare(t, 2)
	for _, path := range []string{"/v1/approvals/apr_1/events", "/v1/pairings/pair_1/events"} {
		for waiting, want := range map[int64]int{1: http.StatusInternalServerError, 2: http.StatusServiceUnavailable} {
			s.hub.waiting.Store(waiting)
			answer := httptest.NewRecorder()
			s.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
			if answer.Code != want || (want == http.StatusServiceUnavailable && !strings.Contains(answer.Body.String(), `"busy"`)) {
				t.Errorf("%s beside %d: %d %s", path, waiting, answer.Code, answer.Body)
			}
		}
	}
	s.hub.waiting.Store(0)
}

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

// With a proof that is longer than any, not even the body is read.
func TestThreatDotsForAProof(t *testing.T) {
	t.Parallel()
	request := httptest.NewRequest(http.MethodPost, "/v1/approvals/apr_1/decision", unread{t})
	request.Header.Set("Authorization", "Bearer "+strings.Repeat(".", jws.MaxSize+1))
	answer := httptest.NewRecorder()
	bare(t, 0).Handler().ServeHTTP(answer, request)
	if answer.Code != http.StatusUnauthorized {
		t.Errorf("answered %d", answer.Code)
	}
}
