package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/broker"
)

// TestALongPollOutlivesTheTimeLimits: the limits of ordinary calls, for reading and for
// writing, are much shorter than a long poll may wait.
func TestALongPollOutlivesTheTimeLimits(t *testing.T) {
	t.Parallel()
	s := &Server{Config: Config{Broker: broker.NewMemory()}, stopping: make(chan struct{})}
	e := echo.New()
	e.GET("/", func(c echo.Context) error {
		return s.poll(c, "topic", func(ctx context.Context) (state, error) { return state{body: "still"}, ctx.Err() })
	})
	server := httptest.NewUnstartedServer(e)
	server.Config.ReadTimeout, server.Config.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	server.Start()
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/?wait=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatal(response.Status)
	}
}
