package notify

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Suspects on suspectDevices different phones within alarmWindow, and more of them than
// phones that were reached, look like a wrong setting of ours: the sandbox taken for
// production, or the project file of another app.
const (
	suspectDevices = 5
	alarmWindow    = 10 * time.Minute
)

// alarm calls an operator, once per window and kind, when not one phone but our own
// set-up seems to be wrong. It never touches an address.
type alarm struct {
	route Route
	log   *slog.Logger
	now   func() time.Time

	mu            sync.Mutex
	began         time.Time
	suspects      map[string]bool
	accepted      int
	toldSuspects  bool
	misconfigured time.Time // when an operator was last told
}

func newAlarm(route Route, log *slog.Logger, now func() time.Time) *alarm {
	return &alarm{route: route, log: log, now: now}
}

func (a *alarm) heard(ctx context.Context, device string, outcome Outcome) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if now.Sub(a.began) >= alarmWindow {
		a.began, a.suspects, a.accepted, a.toldSuspects = now, map[string]bool{}, 0, false
	}
	switch outcome.Class {
	case Accepted:
		a.accepted++
	case Suspect:
		a.suspects[device] = true
		if n := len(a.suspects); !a.toldSuspects && n >= suspectDevices && n > a.accepted {
			a.toldSuspects = true
			a.tell(ctx, "many phones are refused: check the app's name, environment and credentials; no address was removed",
				outcome, slog.Int("phones", n))
		}
	case Misconfigured:
		if now.Sub(a.misconfigured) >= alarmWindow {
			a.misconfigured = now
			a.tell(ctx, "the push service refuses our credentials: no phone of this app can be reached", outcome)
		}
	case Retry, Dead, Rejected:
	}
}

func (a *alarm) tell(ctx context.Context, what string, outcome Outcome, more ...slog.Attr) {
	a.log.LogAttrs(ctx, slog.LevelError, what, append([]slog.Attr{
		slog.String("provider", string(a.route.Provider)), slog.String("app", a.route.App),
		slog.String("environment", a.route.Environment), slog.String("reason", outcome.Reason),
		slog.String("detail", outcome.Detail),
	}, more...)...)
}
