package otp

import (
	"context"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

// The limits of docs/policy.md.
const (
	// PerRequest is how many codes are looked at for one request.
	PerRequest = 5
	// PerHour is how many wrong codes of a kind a person may type in an hour for an application.
	PerHour = 10
	// Streak is how many wrong codes of a kind in a row lock that kind for the application until
	// another factor helps.
	Streak = 20
)

// Service checks codes, and looks after what makes them.
type Service struct {
	Store Store
	Keys  *secret.Keys
	Now   func() time.Time
}

// Verify checks a code for a request that the application made for the organisation; an empty
// organisation stands for all of them, so that only what counts everywhere counts. It tells whether
// the code came from what counts for that organisation alone. Wrong codes are counted for the
// application by itself: one that is asked for many of them cannot lock the person out of
// another. A right code forgets the wrong ones that were typed for it.
func (s *Service) Verify(ctx context.Context, personID, organisationID, applicationID, requestID, code string) (local bool, err error) {
	a, err := s.verify(ctx, personID, applicationID, code, func(a Authenticator) bool {
		return a.OrganisationID == "" || a.OrganisationID == organisationID
	}, forRequest(requestID))
	return a.OrganisationID != "", err
}

// Prove checks a code of the person that must not come from the given phone, nor from one
// that counts for a single organisation. It is counted beside what applications ask for.
func (s *Service) Prove(ctx context.Context, personID, code, exceptDevice string) error {
	_, err := s.verify(ctx, personID, "", code, elsewhere(exceptDevice))
	return err
}

// ProveFor is [Service.Prove] where the codes are counted for a request as well.
func (s *Service) ProveFor(ctx context.Context, personID, requestID, code, exceptDevice string) error {
	_, err := s.verify(ctx, personID, "", code, elsewhere(exceptDevice), forRequest(requestID))
	return err
}

func elsewhere(exceptDevice string) func(Authenticator) bool {
	return func(a Authenticator) bool {
		return a.OrganisationID == "" && (exceptDevice == "" || a.DeviceID != exceptDevice)
	}
}

// Unlock forgets the wrong codes in a row, for whatever application, because another factor has
// proven the person. What was tried within the hour still counts.
func (s *Service) Unlock(ctx context.Context, personID string) error {
	return s.Store.Forget(ctx, typed.inARows(personID), recovery.inARows(personID), texted.inARows(personID), access.inARows(personID))
}

// kind is what has a count of its own.
type kind string

const (
	typed    kind = "codes"
	recovery kind = "recovery codes"
	texted   kind = "texts"
	access   kind = "access codes"
)

func (k kind) anHour(personID, applicationID string) string {
	return string(k) + " an hour:" + personID + ":" + counter(applicationID)
}

func (k kind) inARow(personID, applicationID string) string {
	return k.inARows(personID) + counter(applicationID)
}

// inARows stands for those of all applications.
func (k kind) inARows(personID string) string { return string(k) + " in a row:" + personID + ":" }

// counter is by what the codes are counted that no application asked for.
func counter(applicationID string) string {
	if applicationID == "" {
		return "own"
	}
	return applicationID
}

func forRequest(id string) Limit { return Limit{Scope: "request:" + id, Most: PerRequest} }

// spend counts a try. It is called before the code is looked at.
func (s *Service) spend(ctx context.Context, limits ...Limit) error {
	ok, until, err := s.Store.Spend(ctx, limits, s.Now())
	if err == nil && !ok {
		err = &TooManyError{Until: until}
	}
	return err
}

// count is spend with what all codes of the kind are counted by.
func (s *Service) count(ctx context.Context, personID, applicationID string, k kind, limits []Limit) error {
	return s.spend(ctx, append(limits,
		Limit{Scope: k.anHour(personID, applicationID), Most: PerHour, Window: time.Hour},
		Limit{Scope: k.inARow(personID, applicationID), Most: Streak})...)
}

// right forgets the wrong codes of the kind that were typed for the application, and those in a row of the
// other kinds everywhere: they were proven by another factor.
func (s *Service) right(ctx context.Context, personID, applicationID string, k kind) error {
	forget := []string{k.anHour(personID, applicationID), k.inARow(personID, applicationID)}
	for _, other := range []kind{typed, recovery, texted, access} {
		if other != k {
			forget = append(forget, other.inARows(personID))
		}
	}
	return s.Store.Forget(ctx, forget...)
}

func (s *Service) verify(
	ctx context.Context, personID, applicationID, code string, counts func(Authenticator) bool, limits ...Limit,
) (Authenticator, error) {
	all, err := s.Store.Authenticators(ctx, personID)
	if err != nil {
		return Authenticator{}, err
	}
	var usable []Authenticator
	for _, a := range all {
		if counts(a) {
			usable = append(usable, a)
		}
	}
	if len(usable) == 0 {
		return Authenticator{}, ErrNone
	}
	if err = s.count(ctx, personID, applicationID, typed, limits); err != nil {
		return Authenticator{}, err
	}
	for _, a := range usable {
		right, err := s.use(ctx, a, code)
		if err != nil {
			return Authenticator{}, err
		}
		if right {
			return a, s.right(ctx, personID, applicationID, typed)
		}
	}
	return Authenticator{}, ErrWrong
}

// told is what a person is told of what happened to what makes their codes. It is no organisation's.
func told(personID string, what accounts.NoticeKind, name string) []any {
	return []any{accounts.Notice{PersonID: personID, Kind: what, Device: name}}
}

// entry is of the installation's own chain: what makes codes is the person's, in every organisation.
func (s *Service) entry(personID, action, subject string) audit.Entry {
	return audit.Entry{Actor: personID, Action: action, Subject: subject, At: s.Now().UTC(), Data: map[string]string{"person": personID}}
}
