package alerts

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const (
	// Life is how long an alert is sent again.
	Life = 24 * time.Hour
	// sweepSize is how many go out at once.
	sweepSize = 50
)

// pauses are those between attempts; the last one is repeated.
var pauses = []time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 5 * time.Minute, 30 * time.Minute, time.Hour}

// Sweep sends what is due. It is called every second, in a loop of its own: receivers may be slow.
func (s *Service) Sweep(ctx context.Context) error {
	due, err := s.Store.DueAlerts(ctx, s.Now(), sweepSize)
	if err != nil {
		return err
	}
	failures := make([]error, len(due))
	var sending sync.WaitGroup
	for i, p := range due { // at once, so that one slow receiver holds up no other
		sending.Go(func() { failures[i] = s.deliver(ctx, p) })
	}
	sending.Wait()
	return errors.Join(failures...)
}

// deliver makes one attempt and writes down what became of it. The error is of the writing alone.
func (s *Service) deliver(ctx context.Context, p Pending) error {
	h, err := s.Store.AlertHook(ctx, p.OrganisationID)
	if errors.Is(err, ErrNoHook) {
		return s.Store.AlertTried(ctx, p.ID, true, time.Time{}, s.Now(), "") // removed this very moment
	}
	if err != nil {
		return err
	}
	failure := s.Sender.SendAlert(ctx, h, p.Alert)
	if failure != nil && ctx.Err() != nil {
		return ctx.Err() // the server stops: that was no attempt
	}
	now := s.Now()
	next := now.Add(pauses[min(p.Attempts, len(pauses)-1)])
	done := failure == nil || next.After(p.At.Add(Life))
	if failure != nil {
		s.report(ctx, p, done, failure)
	}
	return s.Store.AlertTried(ctx, p.ID, done, next, now, said(failure))
}

func (s *Service) report(ctx context.Context, p Pending, done bool, failure error) {
	level, text := slog.LevelWarn, "an alert was not taken; it is sent again"
	if done {
		level, text = slog.LevelError, "an alert was given up"
	}
	s.Log.LogAttrs(ctx, level, text, slog.String("alert", p.ID), slog.String("kind", string(p.Kind)),
		slog.String("organisation", p.OrganisationID), slog.String("error", failure.Error()))
}

// Try sends a test now, and gives what became of it: nil where it was taken, else a [FailedError], [ErrNoHook] or [ErrForbidden].
func (s *Service) Try(ctx context.Context, organisationID string) error {
	if err := s.may(ctx, organisationID); err != nil {
		return err
	}
	h, err := s.Store.AlertHook(ctx, organisationID)
	if err != nil {
		return err
	}
	a, _ := Alert{ID: NewID(), Kind: Test, OrganisationID: organisationID, At: s.Now()}.Outgoing()
	failure := s.Sender.SendAlert(ctx, h, a)
	if failure == nil || errors.Is(failure, ErrFailed) {
		return failure
	}
	s.Log.WarnContext(ctx, "a test of alerts failed", slog.String("organisation", organisationID), slog.String("error", failure.Error()))
	return &FailedError{Why: WhyOther}
}
