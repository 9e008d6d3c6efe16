package alerts

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/aye/internal/secret"
)

const (
	// keepTime is how long it may take to keep an alert.
	keepTime = 5 * time.Second
	// maximumWord is the longest value of an alert.
	maximumWord = 200
)

// Raise keeps the alert for the organisation's hook, and for the operator's; it holds up nobody and what fails is in the server's log alone.
// What it tells of has happened: that the caller's own time is over does not undo it.
func (s *Service) Raise(ctx context.Context, a Alert) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
	defer cancel()
	if a.At.IsZero() {
		a.At = s.Now()
	}
	a.At, a.Data = a.At.UTC(), s.safe(ctx, a)
	for _, reader := range slices.Compact([]string{a.OrganisationID, ""}) {
		if err := s.keep(ctx, a, reader); err != nil {
			s.Log.ErrorContext(ctx, "an alert was not kept", slog.String("kind", string(a.Kind)), slog.String("organisation", a.OrganisationID), slog.String("error", err.Error()))
		}
	}
}

// keep keeps the alert for one reader, if that has a hook which takes its kind.
func (s *Service) keep(ctx context.Context, a Alert, reader string) error {
	h, err := s.Store.AlertHook(ctx, reader)
	if errors.Is(err, ErrNoHook) {
		return nil
	}
	if err != nil || !h.takes(a.Kind) {
		return err
	}
	a.ID, a.OrganisationID = newID(), reader
	return s.Store.KeepAlert(ctx, a, s.Now())
}

// takes tells whether the kind is sent.
func (h Hook) takes(kind Kind) bool { return len(h.Kinds) == 0 || slices.Contains(h.Kinds, kind) }

// safe is what goes out: ids and words, with the organisation that it is about. An address, or what is too long for a
// word, stays here whoever put it in.
func (s *Service) safe(ctx context.Context, a Alert) map[string]string {
	data := maps.Clone(a.Data)
	if data == nil {
		data = map[string]string{}
	}
	for name, value := range data {
		if strings.ContainsAny(value, "@\r\n") || strings.Contains(value, "://") || len(value) > maximumWord {
			s.Log.ErrorContext(ctx, "an alert was to say what it must not", slog.String("kind", string(a.Kind)), slog.String("name", name))
			delete(data, name)
		}
		if value == "" {
			delete(data, name)
		}
	}
	if a.OrganisationID != "" {
		data["organisation"] = a.OrganisationID
	}
	return data
}

func newID() string { return secret.NewID("msg") }
