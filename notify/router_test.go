package notify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/aye/internal/leaktest"
	"example.com/aye/notify"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var (
	google = notify.Route{Provider: notify.ProviderFCM, App: "com.example"}
	apple  = notify.Route{Provider: notify.ProviderAPNs, App: "com.example", Environment: "production"}
)

// vendor answers each attempt as its function says.
type vendor func(ctx context.Context, attempt int, target notify.Target) notify.Outcome

type player struct {
	answer vendor
	mu     sync.Mutex
	times  map[string][]time.Time // of the attempts, per device
}

func play(answer vendor) *player { return &player{answer: answer, times: map[string][]time.Time{}} }

func (p *player) Send(ctx context.Context, target notify.Target, _ notify.Message) notify.Outcome {
	p.mu.Lock()
	p.times[target.Device] = append(p.times[target.Device], time.Now())
	n := len(p.times[target.Device])
	p.mu.Unlock()
	return p.answer(ctx, n, target)
}

func (p *player) Check(context.Context) error { return nil }

func (p *player) attempts(device string) []time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.times[device]
}

// always gives every attempt the same answer.
func always(outcome notify.Outcome) vendor {
	return func(context.Context, int, notify.Target) notify.Outcome { return outcome }
}

var (
	accepted = notify.Outcome{Class: notify.Accepted, Status: 200}
	down     = notify.Outcome{Class: notify.Retry, Reason: "UNAVAILABLE", Status: 503}
	dead     = notify.Outcome{Class: notify.Dead, Reason: "UNREGISTERED", Status: 404}
)

// reports collects what the router tells.
type reports struct {
	mu  sync.Mutex
	all []notify.Report
	at  map[string]time.Time
}

func (r *reports) take(_ context.Context, report notify.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at == nil {
		r.at = map[string]time.Time{}
	}
	r.at[report.Push.Target.Device] = time.Now()
	r.all = append(r.all, report)
}

// only gives the report of a device and fails unless there is exactly one.
func (r *reports) only(t *testing.T, device string) notify.Report {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []notify.Report
	for _, report := range r.all {
		if report.Push.Target.Device == device {
			found = append(found, report)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d reports for %s, want 1", len(found), device)
	}
	return found[0]
}

func push(route notify.Route, device string, life time.Duration) notify.Push {
	return notify.Push{
		Target:  notify.Target{Device: device, Provider: route.Provider, App: route.App, Environment: route.Environment, Address: "address"},
		Message: notify.Message{Kind: notify.MessageApproval, Reference: "apr_1", Expires: time.Now().Add(life)},
	}
}

func closeRouter(t *testing.T, router *notify.Router) {
	t.Helper()
	if err := router.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func enqueue(t *testing.T, router *notify.Router, pushes ...notify.Push) {
	t.Helper()
	for _, p := range pushes {
		if err := router.Enqueue(p); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDelivery(t *testing.T) {
	t.Parallel()
	const life = 2 * time.Minute
	tests := map[string]struct {
		answer   vendor
		life     time.Duration
		class    notify.Class
		reason   string
		attempts int
		least    time.Duration // between the first attempt and the report
		most     time.Duration
	}{
		"at once": {always(accepted), life, notify.Accepted, "", 1, 0, 0},
		"dead":    {always(dead), life, notify.Dead, "UNREGISTERED", 1, 0, 0},
		"suspect": {always(notify.Outcome{Class: notify.Suspect, Reason: "X", Status: 400}), life, notify.Suspect, "X", 1, 0, 0},
		"second try": {func(_ context.Context, n int, _ notify.Target) notify.Outcome {
			if n == 1 {
				return down
			}
			return accepted
		}, life, notify.Accepted, "", 2, 0, time.Second},
		"asked to wait": {func(_ context.Context, n int, _ notify.Target) notify.Outcome {
			if n == 1 {
				return notify.Outcome{Class: notify.Retry, Reason: "QUOTA_EXCEEDED", Status: 429, After: 30 * time.Second}
			}
			return accepted
		}, life, notify.Accepted, "", 2, 30 * time.Second, 31 * time.Second},
		"asked to wait too long": {
			always(notify.Outcome{Class: notify.Retry, Reason: "QUOTA_EXCEEDED", Status: 429, After: 3 * time.Minute}),
			life, notify.Retry, "QUOTA_EXCEEDED", 1, 0, 0,
		},
		"throttled for ever": {
			always(notify.Outcome{Class: notify.Retry, Reason: "TooManyRequests", Status: 429}),
			life, notify.Retry, "TooManyRequests", notify.DefaultMaxAttempts, 0, 70 * time.Second,
		},
		"down until the end": {always(down), 10 * time.Second, notify.Retry, "UNAVAILABLE", -1, 6 * time.Second, 10 * time.Second},
		"too late":           {always(accepted), 0, notify.Rejected, notify.ReasonExpired, 0, 0, 0},
		"silence": {func(ctx context.Context, _ int, _ notify.Target) notify.Outcome {
			<-ctx.Done()
			return notify.Unanswered(ctx, "Google")
		}, 12 * time.Second, notify.Retry, notify.ReasonTimeout, -1, 5 * time.Second, 12 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var told reports
				sender := play(test.answer)
				router := notify.NewRouter(notify.Options{
					Senders: map[notify.Route]notify.Sender{google: sender}, Report: told.take,
				})
				began := time.Now()
				enqueue(t, router, push(google, "phone", test.life))
				closeRouter(t, router)
				got, took := told.only(t, "phone"), time.Since(began)
				if got.Outcome.Class != test.class || got.Outcome.Reason != test.reason {
					t.Errorf("outcome: %+v", got.Outcome)
				}
				if n := len(sender.attempts("phone")); got.Attempts != n || (test.attempts >= 0 && n != test.attempts) {
					t.Errorf("%d attempts, reported %d, want %d", n, got.Attempts, test.attempts)
				}
				if took < test.least || took > test.most {
					t.Errorf("took %v, want %v to %v", took, test.least, test.most)
				}
				for _, at := range sender.attempts("phone") {
					if !at.Before(got.Push.Message.Expires) {
						t.Errorf("sent %v after the end of the request", at.Sub(got.Push.Message.Expires))
					}
				}
			})
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		block := make(chan struct{})
		sender := play(func(context.Context, int, notify.Target) notify.Outcome { <-block; return accepted })
		router := notify.NewRouter(notify.Options{
			Senders: map[notify.Route]notify.Sender{google: sender}, Workers: 1, Queue: 3,
		})
		enqueue(t, router, push(google, "a", time.Second), push(google, "b", time.Second), push(google, "c", time.Second))
		if err := router.Enqueue(push(google, "d", time.Second)); !errors.Is(err, notify.ErrQueueFull) {
			t.Errorf("a fourth push: %v", err)
		}
		if err := router.Enqueue(push(apple, "e", time.Second)); !errors.Is(err, notify.ErrNoRoute) {
			t.Errorf("no such sender: %v", err)
		}
		close(block)
		synctest.Wait()
		enqueue(t, router, push(google, "f", time.Second))
		closeRouter(t, router)
		if err := router.Enqueue(push(google, "g", time.Second)); !errors.Is(err, notify.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestOneVendorNeverDelaysAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told reports
		silent := play(func(ctx context.Context, _ int, _ notify.Target) notify.Outcome {
			<-ctx.Done()
			return notify.Unanswered(ctx, "Apple")
		})
		router := notify.NewRouter(notify.Options{
			Senders: map[notify.Route]notify.Sender{apple: silent, google: play(always(accepted))},
			Workers: 2, Report: told.take,
		})
		began := time.Now()
		for n := range 50 {
			enqueue(t, router, push(apple, fmt.Sprint("apple", n), time.Minute))
		}
		enqueue(t, router, push(google, "google", time.Minute))
		synctest.Wait()
		if told.only(t, "google"); time.Since(began) > 0 {
			t.Errorf("Google's push took %v", time.Since(began))
		}
		closeRouter(t, router)
	})
}

func TestWaitingPushHoldsNoWorker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told reports
		sender := play(func(_ context.Context, n int, target notify.Target) notify.Outcome {
			if target.Device == "throttled" && n == 1 {
				return notify.Outcome{Class: notify.Retry, Reason: "QUOTA_EXCEEDED", Status: 429, After: 30 * time.Second}
			}
			if target.Device == "gone" {
				return dead
			}
			return accepted
		})
		router := notify.NewRouter(notify.Options{
			Senders: map[notify.Route]notify.Sender{google: sender}, Workers: 1, Report: told.take,
		})
		began := time.Now()
		enqueue(t, router, push(google, "throttled", time.Minute), push(google, "gone", time.Minute), push(google, "alive", time.Minute))
		synctest.Wait()
		if got := told.only(t, "alive"); got.Outcome.Class != notify.Accepted || time.Since(began) > 0 {
			t.Errorf("%+v after %v", got.Outcome, time.Since(began))
		}
		closeRouter(t, router)
		if got := told.only(t, "throttled"); got.Outcome.Class != notify.Accepted || got.Attempts != 2 {
			t.Errorf("throttled: %+v", got)
		}
	})
}

func TestBreakerRecoversWithinFiveSeconds(t *testing.T) {
	t.Parallel()
	for name, failing := range map[string]vendor{
		"errors": always(down),
		"black hole": func(ctx context.Context, _ int, _ notify.Target) notify.Outcome {
			<-ctx.Done()
			return notify.Unanswered(ctx, "Google")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var told reports
				back := time.Now().Add(40 * time.Second)
				sender := play(func(ctx context.Context, n int, target notify.Target) notify.Outcome {
					if time.Now().Before(back) {
						return failing(ctx, n, target)
					}
					return accepted
				})
				router := notify.NewRouter(notify.Options{
					Senders: map[notify.Route]notify.Sender{google: sender}, Report: told.take,
				})
				for n := range 30 {
					enqueue(t, router, push(google, fmt.Sprint("early", n), 2*time.Minute))
				}
				<-time.After(time.Until(back))
				enqueue(t, router, push(google, "late", 2*time.Minute))
				closeRouter(t, router)
				if got := told.only(t, "late"); got.Outcome.Class != notify.Accepted || told.at["late"].Sub(back) > 5*time.Second {
					t.Errorf("late: %+v after %v", got.Outcome, told.at["late"].Sub(back))
				}
				alive := 0
				for n := range 30 {
					if told.only(t, fmt.Sprint("early", n)).Outcome.Class == notify.Accepted {
						alive++
					}
				}
				if alive < 25 {
					t.Errorf("only %d of 30 pushes outlived an outage of 40 s", alive)
				}
			})
		})
	}
}

func TestDeadAddressesDoNotOpenTheBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told reports
		throttled := notify.Outcome{Class: notify.Retry, Reason: "TooManyRequests", Status: 429}
		sender := play(func(_ context.Context, n int, target notify.Target) notify.Outcome {
			switch {
			case target.Device == "alive":
				return accepted
			case strings.HasPrefix(target.Device, "busy") && n < 3:
				return throttled
			default:
				return dead
			}
		})
		watch := &watcher{}
		router := notify.NewRouter(notify.Options{
			Senders: map[notify.Route]notify.Sender{google: sender}, Workers: 1, Report: told.take, Metrics: watch,
		})
		for n := range 50 {
			enqueue(t, router, push(google, fmt.Sprint("dead", n), time.Minute), push(google, fmt.Sprint("busy", n), time.Minute))
		}
		enqueue(t, router, push(google, "alive", time.Minute))
		closeRouter(t, router)
		if got := told.only(t, "alive"); got.Outcome.Class != notify.Accepted || got.Attempts != 1 {
			t.Errorf("alive: %+v", got)
		}
		if watch.opened != 0 {
			t.Error("the breaker opened")
		}
	})
}

// watcher counts what the router tells its metrics.
type watcher struct {
	mu                         sync.Mutex
	attempts, finished, opened int
	depth, deepest             int
}

func (w *watcher) Attempted(notify.Push, notify.Outcome, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts++
}

func (w *watcher) Finished(notify.Report) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finished++
}

func (w *watcher) Depth(_ notify.Route, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.depth, w.deepest = n, max(n, w.deepest)
}

func (w *watcher) Breaker(_ notify.Route, open bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if open {
		w.opened++
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		watch := &watcher{}
		router := notify.NewRouter(notify.Options{
			Senders: map[notify.Route]notify.Sender{google: play(func(_ context.Context, n int, _ notify.Target) notify.Outcome {
				if n == 1 {
					return notify.Outcome{Class: notify.Retry, Status: 429}
				}
				return accepted
			})}, Metrics: watch,
		})
		enqueue(t, router, push(google, "a", time.Minute), push(google, "b", time.Minute))
		closeRouter(t, router)
		if watch.attempts != 4 || watch.finished != 2 || watch.deepest != 2 || watch.depth != 0 {
			t.Errorf("%+v", watch)
		}
	})
}

func TestCloseReportsWhatItCouldNotSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told reports
		sender := play(func(ctx context.Context, _ int, target notify.Target) notify.Outcome {
			switch target.Device {
			case "waiting":
				return notify.Outcome{Class: notify.Retry, Reason: "QUOTA_EXCEEDED", Status: 429, After: time.Minute}
			default:
				<-ctx.Done()
				return notify.Unanswered(ctx, "Google")
			}
		})
		router := notify.NewRouter(notify.Options{
			Senders: map[notify.Route]notify.Sender{google: sender}, Workers: 1, Timeout: time.Hour, Report: told.take,
		})
		enqueue(t, router, push(google, "waiting", time.Hour))
		synctest.Wait()
		enqueue(t, router, push(google, "sending", time.Hour))
		synctest.Wait()
		enqueue(t, router, push(google, "queued", time.Hour))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		if err := router.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 10*time.Second {
			t.Errorf("Close: %v after %v", err, time.Since(began))
		}
		for device, reason := range map[string]string{
			"waiting": "QUOTA_EXCEEDED", "sending": notify.ReasonTimeout, "queued": notify.ReasonClosed,
		} {
			if got := told.only(t, device); got.Outcome.Reason != reason {
				t.Errorf("%s: %+v", device, got.Outcome)
			}
		}
	})
}

func TestAlarm(t *testing.T) {
	t.Parallel()
	suspect := notify.Outcome{Class: notify.Suspect, Reason: "BadDeviceToken", Status: 400}
	misconfigured := notify.Outcome{Class: notify.Misconfigured, Reason: "InvalidProviderToken", Status: 403}
	tests := map[string]struct {
		outcomes []notify.Outcome // one per device
		same     bool             // all for one device
		alerts   int
	}{
		"four phones refused":      {repeat(suspect, 4), false, 0},
		"many phones refused":      {repeat(suspect, 40), false, 1},
		"one phone refused often":  {repeat(suspect, 40), true, 0},
		"a few among many reached": {append(repeat(accepted, 40), repeat(suspect, 8)...), false, 0},
		"credentials refused":      {repeat(misconfigured, 40), false, 1},
		"dead phones are no alarm": {repeat(dead, 40), false, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				next := make(chan notify.Outcome, len(test.outcomes))
				for _, outcome := range test.outcomes {
					next <- outcome
				}
				router := notify.NewRouter(notify.Options{
					Senders: map[notify.Route]notify.Sender{apple: play(func(context.Context, int, notify.Target) notify.Outcome { return <-next })},
					Log:     slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
					Workers: 1,
				})
				for n := range test.outcomes {
					device := "phone"
					if !test.same {
						device = fmt.Sprint("phone", n)
					}
					enqueue(t, router, push(apple, device, time.Minute))
					synctest.Wait()
				}
				closeRouter(t, router)
				if got := strings.Count(log.String(), "level=ERROR"); got != test.alerts {
					t.Errorf("%d alerts, want %d:\n%s", got, test.alerts, log.String())
				}
				if strings.Contains(log.String(), "address=") {
					t.Error("the log shows an address")
				}
			})
		})
	}
}

func repeat(outcome notify.Outcome, n int) []notify.Outcome {
	all := make([]notify.Outcome, n)
	for i := range all {
		all[i] = outcome
	}
	return all
}

func TestSendNow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		router := notify.NewRouter(notify.Options{
			Senders: map[notify.Route]notify.Sender{google: play(always(down))},
		})
		defer closeRouter(t, router)
		if got := router.SendNow(t.Context(), push(google, "phone", time.Minute)); got.Attempts != 1 || got.Outcome.Reason != "UNAVAILABLE" {
			t.Errorf("%+v", got)
		}
		if got := router.SendNow(t.Context(), push(apple, "phone", time.Minute)); got.Outcome.Class != notify.Misconfigured || got.Attempts != 0 {
			t.Errorf("no route: %+v", got)
		}
	})
}

type refused struct{ *player }

func (refused) Check(context.Context) error { return errors.New("the key was revoked") }

func TestCheckNamesTheRoute(t *testing.T) {
	t.Parallel()
	router := notify.NewRouter(notify.Options{Senders: map[notify.Route]notify.Sender{
		google: play(always(accepted)), apple: refused{play(always(accepted))},
	}})
	defer closeRouter(t, router)
	err := router.Check(t.Context())
	if err == nil || !strings.Contains(err.Error(), "apns") || strings.Contains(err.Error(), "fcm") {
		t.Errorf("Check: %v", err)
	}
}
