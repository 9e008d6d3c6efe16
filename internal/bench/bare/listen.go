package bare

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Limits of a request, as Aye has them.
const (
	maxBody   = 64 << 10
	maxHeader = 16 << 10

	readHeaderTime = 5 * time.Second
	readTime       = 10 * time.Second
	writeTime      = 15 * time.Second
	idleTime       = 2 * time.Minute
	stopTime       = 5 * time.Second
)

// listeners are the two that each program has.
type listeners struct{ main, metrics net.Listener }

func openListeners(ctx context.Context, listen, metrics string) (l listeners, err error) {
	var config net.ListenConfig
	if l.main, err = config.Listen(ctx, "tcp", listen); err != nil {
		return l, fmt.Errorf("bare: %w", err)
	}
	if l.metrics, err = config.Listen(ctx, "tcp", metrics); err != nil {
		return l, errors.Join(fmt.Errorf("bare: %w", err), l.main.Close())
	}
	return l, nil
}

// serve answers until ctx ends, and then lets the calls under way finish.
func (l listeners) serve(ctx context.Context, handler http.Handler, ready func(listen, metrics string)) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	side := http.NewServeMux()
	side.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	servers := []*http.Server{newServer(handler), newServer(side)}
	failed := make(chan error, len(servers))
	for i, listener := range []net.Listener{l.main, l.metrics} {
		go func() { failed <- servers[i].Serve(listener) }()
	}
	if ready != nil {
		ready(l.main.Addr().String(), l.metrics.Addr().String())
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	for _, server := range servers {
		if server.Shutdown(last) != nil {
			_ = server.Close() // they had their time
		}
	}
	return err
}

func newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: readHeaderTime, ReadTimeout: readTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
	}
}

// refusal is an answer with an error of the protocol.
type refusal struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
}

// Error gives the code.
func (r refusal) Error() string { return r.Code }

var (
	errUnauthorized = refusal{http.StatusUnauthorized, "unauthorized"}
	errInvalid      = refusal{http.StatusBadRequest, "invalid-request"}
	errNotFound     = refusal{http.StatusNotFound, "not-found"}
)

// answers makes a handler of a call that is answered with JSON. What is no refusal is our
// own failure.
func answers(status int, call func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		body, err := call(r)
		if err != nil {
			refuse(w, err)
			return
		}
		write(w, status, body)
	}
}

func refuse(w http.ResponseWriter, err error) {
	known, ok := errors.AsType[refusal](err)
	if !ok {
		known = refusal{http.StatusInternalServerError, "internal"}
	}
	write(w, known.Status, known)
}

func write(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		status = http.StatusInternalServerError
	}
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(status)
	_, _ = w.Write(text) // a caller that has left needs no answer
}

var jsonType = []string{"application/json"}
