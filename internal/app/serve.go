package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"example.com/aye/api"
	"example.com/aye/internal/gate"
	"example.com/aye/portal"
	"example.com/aye/store"
)

// Server is a running server.
type Server struct {
	app     *App
	api     *api.Server
	portal  *portal.Server
	gate    *gate.Gate
	servers []*http.Server
	jobs    sync.WaitGroup
	stop    context.CancelFunc
	// leaving says that it tells balancers to look elsewhere.
	leaving atomic.Bool
	failed  chan error
	// Address is where it listens.
	Address net.Addr
}

// Start begins to serve where the settings say. Stop it with [Server.Stop].
func (a *App) Start(ctx context.Context) (*Server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", a.Config.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return a.StartOn(ctx, listener)
}

// StartOn begins to serve on a listener, which it closes.
func (a *App) StartOn(ctx context.Context, listener net.Listener) (*Server, error) {
	proxies, err := a.Config.proxies()
	if err != nil {
		return nil, err
	}
	a.registerBuild()
	a.Metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	limits := a.Config.limits(gate.OpenFiles(), proxies)
	s := &Server{app: a, gate: gate.New(limits), failed: make(chan error, 3)}
	registerGate(a.Metrics, s.gate)
	s.api, err = api.New(api.Config{ //nolint:contextcheck,nolintlint // handlers take the context of their request
		Accounts: a.Accounts, Devices: a.Devices, Pairings: a.Pairings, Approvals: a.Approvals, SMS: a.SMS, Support: a.Support, Signer: a.Signer, Broker: a.Broker,
		Origin: a.Config.Origin, PhoneOrigins: a.Config.PhoneOrigins, TrustedProxies: proxies,
		AppStore: a.Config.AppStore, PlayStore: a.Config.PlayStore, Waiters: waiters(limits),
		Unavailable: store.ErrUnavailable,
		Checks:      map[string]func(context.Context) error{"database": a.Store.Ping}, Degraded: a.degraded(), Observe: a.Observer, Log: a.log, Now: a.now,
	})
	if err != nil {
		return nil, err
	}
	s.portal, err = portal.New(portal.Config{ //nolint:contextcheck,nolintlint // handlers take the context of their request
		Accounts: a.Accounts, SignIn: a.SignIn, Approvals: a.Approvals, Pairings: a.Pairings, Devices: a.Devices, Codes: a.Codes, SMS: a.SMS,
		Support: a.Support, Alerts: a.Alerts, Privacy: a.Privacy, Audit: a.Store,
		Origin: a.Config.Origin, AppStore: a.Config.AppStore, PlayStore: a.Config.PlayStore, TrustedProxies: proxies,
		Unavailable: store.ErrUnavailable, Observe: a.Observer, Log: a.log, Now: a.now,
	})
	if err != nil {
		return nil, err
	}
	if err := a.joinNodes(); err != nil { // before anybody waits
		return nil, err
	}
	if err := s.listen(ctx, listener); err != nil {
		return nil, err
	}
	jobs, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	for _, job := range []func(context.Context){s.keepFitting, a.sweep, a.deliverWebhooks, a.deliverAlerts, a.tellAll, a.tellFailing, a.reload, a.erase, a.endSessions, a.invite, a.remind, a.settleTexts, a.forgetNumbers, a.signAudit, a.dropAudit, a.keepMonths, a.pruneChanges, a.heal} {
		s.jobs.Go(func() { job(jobs) })
	}
	return s, nil
}

func (s *Server) listen(ctx context.Context, listener net.Listener) error {
	c := s.app.Config
	s.Address = listener.Addr()
	main := s.api.HTTP()
	main.Handler, main.ConnState = s.handler(), s.gate.State
	listener = s.gate.Listen(listener)
	s.serve(main, func() error {
		if c.TLSCertificate != "" {
			return main.ServeTLS(listener, c.TLSCertificate, c.TLSKey)
		}
		return main.Serve(listener)
	})
	if c.MetricsListen == "" {
		return nil
	}
	metrics, err := new(net.ListenConfig).Listen(ctx, "tcp", c.MetricsListen)
	if err != nil {
		return errors.Join(fmt.Errorf("listen for metrics: %w", err), main.Close())
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.app.MetricsHandler())
	side := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 15 * time.Second}
	s.serve(side, func() error { return side.Serve(metrics) })
	return nil
}

// MetricsHandler answers Prometheus: in the form of OpenMetrics, with exemplars, where that is asked for.
func (a *App) MetricsHandler() http.Handler {
	return promhttp.HandlerFor(a.Metrics, promhttp.HandlerOpts{EnableOpenMetrics: true})
}

// apiPaths are the API's own addresses, and what is below them.
var apiPaths = []string{"/v1", "/.well-known", "/problems", "/healthz", "/readyz", "/p"}

// handler gives the API its own addresses, and the portal all others. No ServeMux: that
// would answer for itself, with a redirect, where a path is not clean.
func (s *Server) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.leaving.Load() { // or a balancer would send its next call on a connection that is about to be closed
			w.Header().Set("Connection", "close")
		}
		for _, path := range apiPaths {
			if rest, ok := strings.CutPrefix(r.URL.Path, path); ok && (rest == "" || rest[0] == '/') {
				s.api.Handler().ServeHTTP(w, r)
				return
			}
		}
		s.portal.Handler().ServeHTTP(w, r)
	})
}

func (s *Server) serve(server *http.Server, run func() error) {
	s.servers = append(s.servers, server)
	go func() {
		if err := run(); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
}

// keepFitting ends the server when a newer version has changed the database so that this one cannot work on it any more.
func (s *Server) keepFitting(ctx context.Context) {
	every(ctx, store.FitsEvery, func() {
		err := s.app.Store.Fits(ctx)
		if !errors.Is(err, store.ErrNewer) {
			return
		}
		select {
		case s.failed <- err:
		default: // it was said
		}
	})
}

// Failed tells why the server cannot go on: of a listener that ended by itself, or of a database that is for newer versions.
func (s *Server) Failed() <-chan error { return s.failed }

// Leave lets /readyz say that the server is about to stop, and goes on with everything for so long: a balancer sends people
// to other servers first, and none of them meets a closed door.
func (s *Server) Leave(ctx context.Context, during time.Duration) {
	s.leaving.Store(true)
	s.api.Leave()
	timer := time.NewTimer(during)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Stop lets pages that wait go to another server, finishes what is under way within the
// time of ctx, and ends. The app stays open.
func (s *Server) Stop(ctx context.Context) error {
	s.api.Drain()
	var errs []error
	for _, server := range s.servers {
		if err := server.Shutdown(ctx); err != nil {
			errs = append(errs, err, server.Close())
		}
	}
	s.api.Drained(ctx)
	s.stop()
	if err := inTime(ctx, func() error { s.jobs.Wait(); return nil }); err != nil {
		errs = append(errs, fmt.Errorf("jobs: %w", err))
	}
	return errors.Join(errs...)
}

// inTime does the work, and does not wait for its end longer than ctx.
func inTime(ctx context.Context, work func() error) error {
	done := make(chan error, 1)
	go func() { done <- work() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Garbage is collected when the heap has grown by garbage percent. The ballast is counted in it
// and never touched, so it takes no memory: without it, a small server that answers many would
// collect many times a second; with it, less than Go's 100 percent is enough, and thousands of
// pages that wait cost half of their size beside it, not the whole.
const (
	ballast = 64 << 20
	garbage = 50
)

// Run serves until ctx ends, then stops and closes within the drain time. What cannot be finished in that time is cut off,
// which the log says and which is no error: a caller repeats it on another server.
func (a *App) Run(ctx context.Context) error { return a.run(ctx, a.Start) }

// RunOn is [App.Run] on a listener, which it closes.
func (a *App) RunOn(ctx context.Context, listener net.Listener) error {
	return a.run(ctx, func(ctx context.Context) (*Server, error) { return a.StartOn(ctx, listener) })
}

func (a *App) run(ctx context.Context, start func(context.Context) (*Server, error)) error {
	if os.Getenv("GOGC") == "" { // an operator knows better
		defer debug.SetGCPercent(debug.SetGCPercent(garbage))
		heap := make([]byte, ballast)
		defer runtime.KeepAlive(heap)
	}
	server, err := start(ctx)
	if err != nil {
		return errors.Join(err, a.Close(ctx))
	}
	server.jobs.Go(func() { a.checkPush(ctx) })
	a.log.InfoContext(ctx, "aye is ready", slog.String("origin", a.Config.Origin), slog.String("listen", server.Address.String()), slog.String("version", a.version()))
	last := context.WithoutCancel(ctx)
	select {
	case <-ctx.Done():
		a.log.InfoContext(last, "aye is stopping: balancers are told first", slog.Duration("delay", a.Config.drainDelay()))
		server.Leave(last, a.Config.drainDelay())
	case err = <-server.Failed():
	}
	last, cancel := context.WithTimeout(last, a.Config.DrainTime)
	defer cancel()
	a.log.InfoContext(last, "aye is stopping")
	stopped := errors.Join(server.Stop(last), a.Close(last))
	if errors.Is(stopped, context.DeadlineExceeded) {
		a.log.WarnContext(last, "what was not finished in the drain time was cut off", slog.String("error", stopped.Error()))
		stopped = nil
	}
	return errors.Join(err, stopped)
}
