package alerts

import (
	"context"
	"log/slog"
	"time"

	"example.com/aye/internal/audit"
)

// Store is what this room needs of a database.
type Store interface {
	// SetAlertHook keeps the hook of an organisation in the place of the one before.
	SetAlertHook(ctx context.Context, h Hook, entry audit.Entry) error
	// AlertHook is [ErrNoHook] where there is none.
	AlertHook(ctx context.Context, organisationID string) (Hook, error)
	// RemoveAlertHook tells whether there was one; what waits to be sent to it is dropped.
	RemoveAlertHook(ctx context.Context, organisationID string, entry audit.Entry) (bool, error)
	// Tell keeps an [Alert] to be sent, once to each hook that takes its kind.
	Tell(ctx context.Context, messages ...any) error
	// DueAlerts gives what is to be sent now, the longest due first.
	DueAlerts(ctx context.Context, now time.Time, limit int) ([]Pending, error)
	// AlertTried writes down an attempt: done ends it, else it is due again at next; what it says is kept with the hook.
	AlertTried(ctx context.Context, id string, done bool, next time.Time, at time.Time, failure string) error
}

// Pending is an alert that is not taken yet.
type Pending struct {
	Alert
	Attempts int
}

// Sender makes one attempt; a [FailedError] says why it was not taken.
type Sender interface {
	SendAlert(ctx context.Context, h Hook, a Alert) error
}

// Authority says who may manage an organisation; see accounts.Service.As.
type Authority interface {
	MayManage(ctx context.Context, organisationID string) error
	By() string
}

// Service keeps hooks and sends alerts.
type Service struct {
	Store  Store
	Sender Sender
	// Private says that the operator lets alerts go to private addresses, and without TLS to this machine.
	Private bool
	Log     *slog.Logger
	Now     func() time.Time

	// by is nil for the operator.
	by Authority
}

// As gives the service as that actor may use it; the operator's without.
func (s *Service) As(by Authority) *Service {
	as := *s
	as.by = by
	return &as
}
