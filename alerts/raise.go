package alerts

import (
	"context"
	"log/slog"
	"time"

	"example.com/aye/internal/secret"
)

const (
	// keepTime is how long it may take to keep an alert.
	keepTime = 5 * time.Second
	// maximumWord is the longest value of an alert.
	maximumWord = 200
)

// Raise keeps an alert of what is no change, for the organisation's hook, and for the operator's; it holds up nobody and what fails
// is in the server's log alone. What is a change has its alert among what its audit entry tells.
// What it tells of has happened: that the caller's own time is over does not undo it.
func (s *Service) Raise(ctx context.Context, a Alert) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
	defer cancel()
	if a.At.IsZero() {
		a.At = s.Now()
	}
	if err := s.Store.Tell(ctx, a); err != nil {
		s.Log.ErrorContext(ctx, "an alert was not kept", slog.String("kind", string(a.Kind)), slog.String("organisation", a.OrganisationID), slog.String("error", err.Error()))
	}
}

// NewID names an alert on its way to one hook: however often it is sent, its receiver takes it once.
func NewID() string { return secret.NewID("msg") }
