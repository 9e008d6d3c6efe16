package otp

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"example.com/aye/internal/secret"
)

// The limits of docs/policy.md.
const (
	// Step is how long a code is shown (RFC 6238 section 5.2).
	Step = 30 * time.Second
	// Window is how many steps before and after now are accepted.
	Window = 1
	// PerRequest is how many codes are looked at for one request.
	PerRequest = 5
	// PerHour is how many wrong codes a person may type in an hour.
	PerHour = 10
	// Streak is how many wrong codes in a row lock the person's codes until another factor helps.
	Streak = 20

	digits = otp.DigitsSix
)

var (
	// ErrWrong says that the code is not right, was used, or is too old.
	ErrWrong = errors.New("the code is not right, or was used before")
	// ErrNone says that the person has no authenticator that makes codes.
	ErrNone = errors.New("this person has no phone or app that makes codes")
	// ErrTooMany says that too many codes were tried.
	ErrTooMany = errors.New("too many codes were tried")
)

// Authenticator is something that makes a person's codes: a paired phone.
type Authenticator struct {
	ID       string
	PersonID string
	// DeviceID is the phone that holds the secret.
	DeviceID string
	// OrganisationID is the only organisation that it counts for; empty where it counts everywhere.
	OrganisationID string
	// Secret is 160 bits in base32.
	Secret secret.Secret
	// LastStep is the newest step whose code was used.
	LastStep int64
}

// Limit is a count of tries that may not pass Most within Window; a Window of 0 never ends.
type Limit struct {
	Scope  string
	Most   int
	Window time.Duration
}

// Store is what this room needs of a database.
type Store interface {
	// Authenticators gives those of the person, oldest first.
	Authenticators(ctx context.Context, personID string) ([]Authenticator, error)
	// UseStep moves the last step up, and tells whether it did: only if it was lower.
	UseStep(ctx context.Context, authenticatorID string, step int64) (bool, error)
	// Spend counts one try against all limits, in one transaction, or against none when one
	// of them is used up; then it tells until when, the zero time meaning for good.
	Spend(ctx context.Context, limits []Limit, now time.Time) (ok bool, until time.Time, err error)
	// Forget sets the counts of the scopes to nothing.
	Forget(ctx context.Context, scopes ...string) error
}

// Service checks codes.
type Service struct {
	Store Store
	Now   func() time.Time
}

// Verify checks a code for a request of the organisation. A right code forgets the person's
// wrong ones.
func (s *Service) Verify(ctx context.Context, personID, organisationID, requestID, code string) error {
	usable := func(a Authenticator) bool { return a.OrganisationID == "" || a.OrganisationID == organisationID }
	return s.verify(ctx, personID, code, usable, Limit{Scope: "request:" + requestID, Most: PerRequest})
}

// Prove checks a code of the person that must not come from the given phone, nor from one
// that counts for a single organisation.
func (s *Service) Prove(ctx context.Context, personID, code, exceptDevice string) error {
	return s.verify(ctx, personID, code, func(a Authenticator) bool {
		return a.OrganisationID == "" && (exceptDevice == "" || a.DeviceID != exceptDevice)
	})
}

// Unlock forgets the wrong codes in a row, because another factor has proven the person. What
// was tried within the hour still counts.
func (s *Service) Unlock(ctx context.Context, personID string) error {
	return s.Store.Forget(ctx, inARow(personID))
}

func inARow(personID string) string { return "codes in a row:" + personID }

func (s *Service) verify(ctx context.Context, personID, code string, counts func(Authenticator) bool, limits ...Limit) error {
	all, err := s.Store.Authenticators(ctx, personID)
	if err != nil {
		return err
	}
	var usable []Authenticator
	for _, a := range all {
		if counts(a) {
			usable = append(usable, a)
		}
	}
	if len(usable) == 0 {
		return ErrNone
	}
	hour, streak := "codes an hour:"+personID, inARow(personID)
	limits = append(limits, Limit{Scope: hour, Most: PerHour, Window: time.Hour}, Limit{Scope: streak, Most: Streak})
	ok, until, err := s.Store.Spend(ctx, limits, s.Now())
	if err != nil {
		return err
	}
	if !ok {
		return &TooManyError{Until: until}
	}
	for _, a := range usable {
		right, err := s.use(ctx, a, code)
		if err != nil {
			return err
		}
		if right {
			return s.Store.Forget(ctx, hour, streak)
		}
	}
	return ErrWrong
}

// use looks for the step whose code this is, and uses it up.
func (s *Service) use(ctx context.Context, a Authenticator, code string) (bool, error) {
	now := s.Now().Unix() / int64(Step/time.Second)
	for step := now - Window; step <= now+Window; step++ {
		right, err := hotp.ValidateCustom(code, uint64(step), a.Secret.Reveal(), hotp.ValidateOpts{Digits: digits, Algorithm: otp.AlgorithmSHA1}) //nolint:gosec // a step since 1970 is not negative
		if err != nil && !errors.Is(err, otp.ErrValidateInputInvalidLength) {
			return false, fmt.Errorf("authenticator %s: %w", a.ID, err)
		}
		if right {
			// A code seen over a shoulder is worth nothing once it, or a later one, was used.
			return s.Store.UseStep(ctx, a.ID, step)
		}
	}
	return false, nil
}

// TooManyError is [ErrTooMany] with the time when codes are looked at again.
type TooManyError struct {
	// Until is zero when only another factor helps.
	Until time.Time
}

func (e *TooManyError) Error() string { return ErrTooMany.Error() }

// Is makes errors.Is(err, ErrTooMany) true.
func (e *TooManyError) Is(target error) bool { return target == ErrTooMany }

// NewSecret makes 160 random bits in base32, as RFC 4226 section 4 recommends.
func NewSecret() secret.Secret {
	var b [20]byte
	_, _ = rand.Read(b[:])
	return secret.Secret(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}

// URI gives the otpauth address by which an app takes over the secret, in the form that
// Google Authenticator and its kin read.
func URI(issuer, account string, key secret.Secret) secret.Secret {
	query := url.Values{"secret": {key.Reveal()}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	label := url.PathEscape(issuer + ":" + account)
	// Some apps show a plus sign where a space was meant.
	return secret.Secret("otpauth://totp/" + label + "?" + plusToSpace(query.Encode()))
}

func plusToSpace(query string) string {
	out := make([]byte, 0, len(query))
	for i := range len(query) {
		if query[i] == '+' {
			out = append(out, "%20"...)
			continue
		}
		out = append(out, query[i])
	}
	return string(out)
}
