package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Errors of [Router.Enqueue]. The caller tells them as a failed delivery.
var (
	ErrQueueFull = errors.New("too many pushes wait for this vendor")
	ErrNoRoute   = errors.New("no sender is set up for this app")
	ErrClosed    = errors.New("the router is closed")
)

// Defaults of [Options].
const (
	DefaultWorkers     = 64
	DefaultQueue       = 10_000
	DefaultMaxAttempts = 20
	DefaultTimeout     = 5 * time.Second
)

// Metrics is told of every step. Its methods are called from many goroutines and must
// not block.
type Metrics interface {
	Attempted(push Push, outcome Outcome, took time.Duration)
	Finished(report Report)
	Depth(route Route, pushes int) // pushes taken and not yet reported
	Breaker(route Route, open bool)
}

// Options sets up a [Router].
type Options struct {
	Senders     map[Route]Sender
	Workers     int                           // attempts at one time, per route
	Queue       int                           // pushes held at one time, per route
	MaxAttempts int                           // per push
	Timeout     time.Duration                 // of one attempt
	Report      func(context.Context, Report) // called once for each push that was taken
	Metrics     Metrics                       // optional
	Log         *slog.Logger                  // optional
	Now         func() time.Time              // optional
}

// Router brings each push to the sender of its route and repeats what can be mended by
// repeating. Each route has a lane of its own, with its own workers, room and breaker.
type Router struct {
	options Options
	lanes   map[Route]*lane

	mu     sync.Mutex
	closed bool
	pushes sync.WaitGroup

	life context.Context // ends when Close has waited long enough
	stop context.CancelFunc
}

// NewRouter starts a router. It must be closed.
func NewRouter(options Options) *Router {
	if options.Workers <= 0 {
		options.Workers = DefaultWorkers
	}
	if options.Queue <= 0 {
		options.Queue = DefaultQueue
	}
	if options.MaxAttempts <= 0 {
		options.MaxAttempts = DefaultMaxAttempts
	}
	if options.Timeout <= 0 {
		options.Timeout = DefaultTimeout
	}
	if options.Report == nil {
		options.Report = func(context.Context, Report) {}
	}
	if options.Metrics == nil {
		options.Metrics = silence{}
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	r := &Router{options: options, lanes: make(map[Route]*lane, len(options.Senders))}
	r.life, r.stop = context.WithCancel(context.Background())
	for route, sender := range options.Senders {
		r.lanes[route] = newLane(route, sender, &r.options)
	}
	return r
}

// Enqueue takes a push, or says at once why it cannot. It never waits. A push that was
// taken is reported exactly once.
func (r *Router) Enqueue(push Push) error {
	lane, ok := r.lanes[push.Target.Route()]
	if !ok {
		return ErrNoRoute
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrClosed
	}
	if !lane.enter() {
		return ErrQueueFull
	}
	r.pushes.Go(func() {
		defer lane.leave()
		report := lane.deliver(r.life, push)
		r.options.Metrics.Finished(report)
		// What is known is written down even while the house is being closed.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.life), r.options.Timeout)
		defer cancel()
		r.options.Report(ctx, report)
	})
	return nil
}

// SendNow makes one attempt and gives the vendor's answer as it is: for an operator who
// wants to know whether a phone can be reached. Neither queue nor breaker stand in its way.
func (r *Router) SendNow(ctx context.Context, push Push) Report {
	lane, ok := r.lanes[push.Target.Route()]
	if !ok {
		return Report{Push: push, Outcome: Outcome{
			Class: Misconfigured, Reason: "NoRoute",
			Detail: "No sender is set up for this phone's app.",
		}}
	}
	start := r.options.Now()
	ctx, cancel := context.WithTimeout(ctx, r.options.Timeout)
	defer cancel()
	outcome := lane.sender.Send(ctx, push.Target, push.Message)
	return Report{Push: push, Outcome: outcome, Attempts: 1, Took: r.options.Now().Sub(start)}
}

// Check proves the credentials of every route and names each route that fails.
func (r *Router) Check(ctx context.Context) error {
	var failures []error
	for route, lane := range r.lanes {
		if err := lane.sender.Check(ctx); err != nil {
			failures = append(failures, fmt.Errorf("push by %s for %s: %w", route.Provider, route.App, err))
		}
	}
	return errors.Join(failures...)
}

// Close takes no more pushes and waits for those it took. When ctx ends first, the rest
// is reported as it stands; the error says so.
func (r *Router) Close(ctx context.Context) error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()

	done := make(chan struct{})
	go func() {
		r.pushes.Wait()
		close(done)
	}()
	defer r.stop()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		r.stop()
		<-done
		return fmt.Errorf("notify: closed before every push was sent: %w", context.Cause(ctx))
	}
}

// silence is the Metrics of those who want none.
type silence struct{}

func (silence) Attempted(Push, Outcome, time.Duration) {}
func (silence) Finished(Report)                        {}
func (silence) Depth(Route, int)                       {}
func (silence) Breaker(Route, bool)                    {}
