package notify

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/sony/gobreaker/v2"
)

// A vendor that is back is noticed within five seconds: the breaker is open for
// breakerPause, and the attempt that then tries the vendor waits probeTimeout at most.
const (
	breakerPause    = time.Second
	breakerFailures = 5
	probeTimeout    = 3 * time.Second
)

// Pauses between attempts: full jitter, so at random between nothing and twice the
// interval, which doubles from firstPause to longestPause. A vendor that is back is
// asked again within four seconds, whoever waits.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = 2 * time.Second
)

// errExpired ends the context of a push whose request has ended.
var errExpired = errors.New("the request has ended")

// What an attempt tells the breaker.
var (
	errVendorFailed = errors.New("vendor failed")
	errCutShort     = errors.New("cut short by the end of the request")
)

// lane is everything one route has to itself.
type lane struct {
	route   Route
	sender  Sender
	options *Options
	breaker *gobreaker.CircuitBreaker[Outcome]
	alarm   *alarm
	workers chan struct{} // held during an attempt, and given back during a pause
	inside  atomic.Int64  // pushes taken and not yet reported
}

func newLane(route Route, sender Sender, options *Options) *lane {
	l := &lane{
		route: route, sender: sender, options: options,
		workers: make(chan struct{}, options.Workers),
		alarm:   newAlarm(route, options.Log, options.Now),
	}
	l.breaker = gobreaker.NewCircuitBreaker[Outcome](gobreaker.Settings{
		Timeout:     breakerPause,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakerFailures },
		IsExcluded:  func(err error) bool { return errors.Is(err, errCutShort) },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			options.Metrics.Breaker(route, to != gobreaker.StateClosed)
		},
	})
	return l
}

// enter takes one place in the lane, if there is one.
func (l *lane) enter() bool {
	if n := l.inside.Add(1); n > int64(l.options.Queue) {
		l.inside.Add(-1)
		return false
	}
	l.options.Metrics.Depth(l.route, int(l.inside.Load()))
	return true
}

func (l *lane) leave() {
	l.options.Metrics.Depth(l.route, int(l.inside.Add(-1)))
}

// deliver repeats attempts until the push is decided, its request ends, or ctx does.
func (l *lane) deliver(ctx context.Context, push Push) Report {
	start := l.options.Now()
	ctx, cancel := context.WithDeadlineCause(ctx, time.Now().Add(push.Message.Expires.Sub(start)), errExpired)
	defer cancel()
	report := Report{Push: push}
	pauses := &backoff.ExponentialBackOff{
		InitialInterval: firstPause, MaxInterval: longestPause, Multiplier: 2, RandomizationFactor: 1,
	}
	for {
		outcome, attempted := l.attempt(ctx, push)
		pause := outcome.After
		if attempted {
			report.Attempts++
			pause += pauses.NextBackOff()
		}
		// That the breaker is open, or that time ran out in the queue, explains less than
		// the vendor's own last word.
		if attempted || report.Attempts == 0 {
			report.Outcome = outcome
		}
		report.Took = l.options.Now().Sub(start)
		if outcome.Class != Retry || report.Attempts >= l.options.MaxAttempts ||
			!l.options.Now().Add(pause).Before(push.Message.Expires) || !wait(ctx, pause) {
			return report
		}
	}
}

// attempt waits for a worker and sends once. It answers false when the vendor was not
// asked: the breaker is open, or ctx ended before a worker was free.
func (l *lane) attempt(ctx context.Context, push Push) (Outcome, bool) {
	select {
	case l.workers <- struct{}{}:
		defer func() { <-l.workers }()
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return unsent(ctx), false
	}
	timeout := l.options.Timeout
	if l.breaker.State() == gobreaker.StateHalfOpen {
		timeout = min(timeout, probeTimeout)
	}
	began := l.options.Now()
	outcome, err := l.breaker.Execute(func() (Outcome, error) {
		sending, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		answer := l.sender.Send(sending, push.Target, push.Message)
		switch {
		case !answer.vendorFailed():
			return answer, nil
		case ctx.Err() != nil: // our own time ran out, not the vendor's
			return answer, errCutShort
		default:
			return answer, errVendorFailed
		}
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return Outcome{
			Class: Retry, Reason: ReasonBreakerOpen, After: breakerPause,
			Detail: "The push service does not answer at the moment.",
		}, false
	}
	l.options.Metrics.Attempted(push, outcome, l.options.Now().Sub(began))
	l.alarm.heard(ctx, push.Target.Device, outcome)
	l.options.Log.LogAttrs(ctx, slog.LevelDebug, "push attempted",
		slog.String("provider", string(l.route.Provider)), slog.String("device", push.Target.Device),
		slog.String("reference", push.Message.Reference), slog.String("class", string(outcome.Class)),
		slog.String("reason", outcome.Reason), slog.Int("status", outcome.Status))
	return outcome, true
}

// unsent is the outcome of a push whose time ran out before any attempt.
func unsent(ctx context.Context) Outcome {
	if errors.Is(context.Cause(ctx), errExpired) {
		return Outcome{
			Class: Rejected, Reason: ReasonExpired,
			Detail: "The request ended before the push could be sent.",
		}
	}
	return Outcome{
		Class: Rejected, Reason: ReasonClosed,
		Detail: "The server was stopped before the push could be sent.",
	}
}

// wait pauses and tells whether the pause was completed.
func wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
