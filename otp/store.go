package otp

import (
	"context"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

// Authenticator is something that makes a person's codes: a paired phone, or an app.
type Authenticator struct {
	ID       string
	PersonID string
	// DeviceID is the phone that holds the secret; empty for an authenticator app.
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
	// Authenticators gives those of the person that count, oldest first: those of active phones,
	// and activated apps.
	Authenticators(ctx context.Context, personID string) ([]Authenticator, error)
	// UseStep moves the last step up, and tells whether it did: only if it was lower.
	UseStep(ctx context.Context, authenticatorID string, step int64, at time.Time) (bool, error)
	// Spend counts one try against all limits, in one transaction, or against none when one
	// of them is used up; then it tells until when, the zero time meaning for good.
	Spend(ctx context.Context, limits []Limit, now time.Time) (ok bool, until time.Time, err error)
	// Forget sets the counts of the scopes to nothing. One that ends in a colon stands for all that
	// begin with it.
	Forget(ctx context.Context, scopes ...string) error

	// BeginApp keeps an app that is not activated, in the place of any such app before it;
	// [ErrTooManyApps] when the person has most activated ones.
	BeginApp(ctx context.Context, e Enrolment, most int, entry audit.Entry) error
	// Beginning gives the person's app that is not activated and that the session began after since,
	// else [ErrNone].
	Beginning(ctx context.Context, personID, by string, since time.Time) (Enrolment, error)
	// ActivateApp makes the app count that the session began after since, in one conditional update, with the step
	// used up by which it showed itself. It tells whether it did; [ErrTooManyApps] as BeginApp.
	// Recovery codes from before a first factor end with that.
	ActivateApp(ctx context.Context, a Activation, entry audit.Entry) (bool, error)
	// Apps gives the person's activated apps, oldest first.
	Apps(ctx context.Context, personID string) ([]App, error)
	// RemoveApp removes an activated app of the person, and gives what it was; [ErrNone] where
	// there is none. With keepOne it is refused with [ErrLastFactor] where neither an active phone
	// nor an activated app would be left, whatever else is removed at the same moment.
	RemoveApp(ctx context.Context, personID, id string, keepOne bool, entry audit.Entry) (App, error)

	// KeepRecoveryCodes makes these hashes the person's only recovery codes, unless there is neither
	// a phone that counts nor an activated app at that moment, nor were text messages chosen: [ErrNoFactor].
	KeepRecoveryCodes(ctx context.Context, personID string, hashes []string, at time.Time, entry audit.Entry) error
	// RecoveryCodes counts the person's unused ones, and tells when the present ones were made: zero
	// where none ever were.
	RecoveryCodes(ctx context.Context, personID string) (left int, made time.Time, err error)
	// UseRecoveryCode uses the one with the hash up, and tells whether it was there and unused.
	UseRecoveryCode(ctx context.Context, personID, hash string, at time.Time, entry audit.Entry) (bool, error)

	// AccessCode gives the live support case of the person in the organisation whose temporary code works now, and which of its
	// codes that is; else [ErrNone], also where the membership has ended.
	AccessCode(ctx context.Context, personID, organisationID string, now time.Time) (caseID string, number int, err error)
	// UseAccessCode uses it once, in one conditional update, and tells whether it could be; the last use ends the case.
	// The entry's actor and its "user" become the membership of the case.
	UseAccessCode(ctx context.Context, caseID string, number int, now time.Time, entry audit.Entry) (bool, error)

	// TextCode gives the newest text message about the request that was not refused, if it went to the
	// person, to the number that is still theirs, was not used and was sent after since; else [ErrNone].
	TextCode(ctx context.Context, personID, requestID string, since time.Time) (messageID string, err error)
	// UseTextCode uses its code up, and tells whether it was unused, and the number still theirs.
	UseTextCode(ctx context.Context, messageID string, at time.Time) (bool, error)
}
