package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"example.com/aye/broker"
	"example.com/aye/internal/observe"
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

// TestALongPollIsAReleaseToo, where it waited for the approval; a look that finds it there is none.
func TestALongPollIsAReleaseToo(t *testing.T) {
	t.Parallel()
	registry, topics := prometheus.NewRegistry(), broker.NewMemory()
	s := &Server{Config: Config{Broker: topics, Observe: observe.New(registry, nil), Now: time.Now}, stopping: make(chan struct{})}
	approved := state{body: "approved", answered: true, approved: "apr_1", decided: time.Now()}
	poll := func(before state) {
		t.Helper()
		looks := 0
		c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/?wait=20", nil), httptest.NewRecorder())
		err := s.poll(c, "topic", func(context.Context) (state, error) {
			if looks++; looks > 1 {
				return approved, nil
			}
			defer topics.Publish("topic")
			return before, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for want, before := range []state{approved, {body: "pending"}} {
		poll(before)
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() == "aye_release_seconds" && f.GetMetric()[0].GetHistogram().GetSampleCount() != uint64(want) {
				t.Errorf("%s → approved: %v", before.body, f.GetMetric())
			}
		}
	}
}

// TestAHintWithoutAChangeEndsNoLongPoll: hints are more than changes, where nodes look in the database for those that they missed.
func TestAHintWithoutAChangeEndsNoLongPoll(t *testing.T) {
	t.Parallel()
	m := broker.NewMemory()
	s := &Server{Config: Config{Broker: m}, stopping: make(chan struct{})}
	looks, states := make(chan struct{}), make(chan string)
	e := echo.New()
	e.GET("/", func(c echo.Context) error {
		return s.poll(c, "topic", func(ctx context.Context) (state, error) {
			looks <- struct{}{}
			return state{body: <-states}, ctx.Err()
		})
	})
	server := httptest.NewServer(e)
	defer server.Close()
	answer := make(chan string)
	go func() {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/?wait=25", nil)
		if err != nil {
			answer <- err.Error()
			return
		}
		response, err := server.Client().Do(request)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answer <- string(body)
	}()
	for _, now := range []string{"pending", "pending", "pending", "approved"} {
		select {
		case <-looks:
		case early := <-answer:
			t.Fatalf("answered %s before %s", early, now)
		}
		states <- now
		m.Publish("topic")
	}
	if got := <-answer; got != "\"approved\"\n" {
		t.Errorf("%q", got)
	}
}

// TestAnAbortedCallLeaves: a handler that hangs up in the middle is answering nothing any more.
func TestAnAbortedCallLeaves(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	s, err := New(Config{Broker: broker.NewMemory(), Observe: observe.New(registry, nil), Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Drain)
	s.echo.GET("/aborted", func(echo.Context) error { panic(http.ErrAbortHandler) })
	func() {
		defer func() { _ = recover() }()
		s.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/aborted", nil))
	}()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "aye_http_in_flight" && f.GetMetric()[0].GetGauge().GetValue() != 0 {
			t.Errorf("%v are being answered", f.GetMetric())
		}
	}
}
