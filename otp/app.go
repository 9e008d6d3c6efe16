package otp

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
)

const (
	// MaxApps is how many authenticator apps a person may have.
	MaxApps = 5
	// EnrolmentLife is how long an app can be activated after it was begun.
	EnrolmentLife = 10 * time.Minute
	// PerEnrolment is how many codes are looked at to activate one.
	PerEnrolment = 5
)

// Enrolment is an authenticator app that is not activated yet.
type Enrolment struct {
	ID       string
	PersonID string
	// By is the session that began it, which alone may see the secret and activate it.
	By string
	// Secret is for who cannot scan; URI is what the QR code holds.
	Secret, URI secret.Secret
	Created     time.Time
}

// Expires is until when it can be activated.
func (e Enrolment) Expires() time.Time { return e.Created.Add(EnrolmentLife) }

// App is an authenticator app that makes codes for a person.
type App struct {
	ID   string
	Name string
	// Created is when it was activated, Used when a code of it last was.
	Created, Used time.Time
}

// Activation is what makes an app count.
type Activation struct {
	ID, PersonID, By, Name string
	// Step is that of the code by which it showed itself: it is used up.
	Step int64
	// Since is when it must have been begun at the earliest, Now when it counts from.
	Since, Now time.Time
	// MaxApps is how many the person may have with this one.
	MaxApps int
}

// BeginApp makes the secret of a new authenticator app, which counts once it is activated. One
// that was begun before is forgotten. It belongs to the session that begins it, because somebody
// else with the password may have one too, and must not learn the secret. The issuer and the
// account are names that the app shows.
func (s *Service) BeginApp(ctx context.Context, personID, by, issuer, account string) (Enrolment, error) {
	e := Enrolment{ID: secret.NewID("aut"), PersonID: personID, By: by, Secret: NewSecret(), Created: s.Now().UTC().Truncate(time.Millisecond)}
	e.URI = URI(issuer, account, e.Secret)
	if err := s.Store.BeginApp(ctx, e, MaxApps, s.entry(personID, "app.begun", e.ID)); err != nil {
		return Enrolment{}, err
	}
	return e, nil
}

// Beginning gives the app that the session has begun and can still activate, else [ErrNone].
func (s *Service) Beginning(ctx context.Context, personID, by, issuer, account string) (Enrolment, error) {
	e, err := s.Store.Beginning(ctx, personID, by, s.Now().Add(-EnrolmentLife))
	if err != nil {
		return Enrolment{}, err
	}
	e.URI = URI(issuer, account, e.Secret)
	return e, nil
}

// ActivateApp lets the app count that the session has begun, when the code is one of it. The code is used
// up by that. It fails with [ErrNone], [ErrName], [ErrWrong], [ErrTooMany] or [ErrTooManyApps].
func (s *Service) ActivateApp(ctx context.Context, personID, by, id, name, code string) (App, error) {
	name = strings.TrimSpace(name)
	if !printable(name) {
		return App{}, ErrName
	}
	since := s.Now().Add(-EnrolmentLife)
	e, err := s.Store.Beginning(ctx, personID, by, since)
	if err != nil {
		return App{}, err
	}
	if e.ID != id {
		return App{}, ErrNone // another one was begun in its place
	}
	tries := "enrolment:" + e.ID
	if err = s.spend(ctx, Limit{Scope: tries, Most: PerEnrolment}); err != nil {
		return App{}, err
	}
	step, right, err := s.step(Authenticator{ID: e.ID, Secret: e.Secret}, code)
	if err != nil {
		return App{}, err
	}
	if !right {
		return App{}, ErrWrong
	}
	now := s.Now().UTC().Truncate(time.Millisecond)
	entry := s.entry(personID, "app.activated", e.ID)
	entry.Tell = told(personID, accounts.AppAdded, name)
	activated, err := s.Store.ActivateApp(ctx, Activation{
		ID: e.ID, PersonID: personID, By: by, Name: name, Step: step, Since: since, Now: now, MaxApps: MaxApps,
	}, entry)
	if err != nil {
		return App{}, err
	}
	if !activated {
		return App{}, ErrNone // another one was begun, or this one activated, that very moment
	}
	return App{ID: e.ID, Name: name, Created: now, Used: now}, s.Store.Forget(ctx, tries)
}

// Apps gives the person's authenticator apps, oldest first.
func (s *Service) Apps(ctx context.Context, personID string) ([]App, error) {
	return s.Store.Apps(ctx, personID)
}

// RemoveApp removes an authenticator app; [ErrNone] where the person has no such app. With
// keepOne it is refused with [ErrLastFactor] where the person would be left with neither an
// active phone nor an activated app.
func (s *Service) RemoveApp(ctx context.Context, personID, id string, keepOne bool) error {
	entry := s.entry(personID, "app.removed", id)
	entry.Tell = told(personID, accounts.AppRemoved, "") // its name the change finds out
	_, err := s.Store.RemoveApp(ctx, personID, id, keepOne, entry)
	return err
}

// printable keeps out what breaks a line, and the marks that turn text around.
func printable(name string) bool {
	n := utf8.RuneCountInString(name)
	return n >= 1 && n <= 64 && utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool {
		return r < ' ' || (r >= 0x7f && r < 0xa0) || r == '\u200e' || r == '\u200f' || r == '\u061c' || r == '\u2028' || r == '\u2029' ||
			(r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
	})
}
