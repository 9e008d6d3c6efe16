package accounts

import (
	"context"
	"time"
)

// Standing is which second factors a member has that count in the organisation. Texts says that the
// person chose codes in text messages, whether one can be sent or not.
type Standing struct{ Phone, App, Texts bool }

// Enrolled tells whether there is one.
func (s Standing) Enrolled() bool { return s.Phone || s.App || s.Texts }

// Standings gives how the active members of the organisation stand, by membership id. Of phones
// that count elsewhere alone, and so of where else somebody belongs, it tells nothing.
func (s *Service) Standings(ctx context.Context, organisationID string) (map[string]Standing, error) {
	if err := s.may(ctx, organisationID); err != nil {
		return nil, err
	}
	return s.People.Standings(ctx, organisationID)
}

// Change is something that people notice of new rules.
type Change string

// What people notice.
const (
	// FactorRequired: who has no second factor gets no further than to set one up.
	FactorRequired Change = "required"
	// FactorFrom: the same, from a date on.
	FactorFrom Change = "from"
	// FactorOptional: who has none gets in with the password alone.
	FactorOptional Change = "unprotected"
	// NoTOTP, NoRecovery and NoSMS: codes of that kind count no longer.
	NoTOTP     Change = "totp"
	NoRecovery Change = "recovery"
	NoSMS      Change = "sms"
	// NoTap: the number is typed always. TapAllowed: perhaps not.
	NoTap      Change = "tap"
	TapAllowed Change = "tap-allowed"
	// Stricter: six digits. Looser: three.
	Stricter Change = "strict"
	Looser   Change = "standard"
	// ShorterSessions: people are logged off sooner.
	ShorterSessions Change = "sessions"
)

// Consequence is a change, and for how many active members it is more than a nuisance: they have
// nothing that would still let them in.
type Consequence struct {
	Change Change
	People int
}

// Consequences tells what the new rules take from people, of security or of comfort. It stores nothing.
func (s *Service) Consequences(ctx context.Context, after Organisation) ([]Consequence, error) {
	if err := s.may(ctx, after.ID); err != nil {
		return nil, err
	}
	if err := after.ValidateRules(); err != nil {
		return nil, err
	}
	before, err := s.Organisations.Organisation(ctx, after.ID)
	if err != nil {
		return nil, err
	}
	standings, err := s.People.Standings(ctx, after.ID)
	if err != nil {
		return nil, err
	}
	without, noApp, noTexts := 0, 0, 0
	for _, one := range standings {
		if !one.Enrolled() {
			without++
		}
		if one.Phone {
			continue
		}
		// What is left must count there: whoever loses the one may be left with nothing for the other.
		if one.App && (!one.Texts || !after.Allows(SMS)) {
			noApp++
		}
		if one.Texts && (!one.App || !after.Allows(TOTP)) {
			noTexts++
		}
	}
	all := factorChange(before, after, without, s.Now())
	if before.Allows(TOTP) && !after.Allows(TOTP) {
		all = append(all, Consequence{NoTOTP, noApp})
	}
	if before.Allows(SMS) && !after.Allows(SMS) {
		all = append(all, Consequence{NoSMS, noTexts})
	}
	return append(all, comfort(before, after)...), nil
}

func factorChange(before, after Organisation, without int, now time.Time) []Consequence {
	was, is := before.Requires(now), after.Requires(now)
	sooner := !after.SecondFactorFrom.IsZero() && (before.SecondFactorFrom.IsZero() || after.SecondFactorFrom.Before(before.SecondFactorFrom))
	switch {
	case was && !is:
		return []Consequence{{FactorOptional, without}}
	case without == 0:
	case is && !was:
		return []Consequence{{FactorRequired, without}}
	case sooner && !is:
		return []Consequence{{FactorFrom, without}}
	}
	return nil
}

// comfort are the changes that lock nobody out.
func comfort(before, after Organisation) (all []Consequence) {
	idle, life := before.Sessions(RoleMember)
	nextIdle, nextLife := after.Sessions(RoleMember)
	for _, one := range []struct {
		holds  bool
		change Change
	}{
		{before.Allows(Recovery) && !after.Allows(Recovery), NoRecovery},
		{before.AllowTap && !after.AllowTap, NoTap},
		{!before.AllowTap && after.AllowTap, TapAllowed},
		{before.Profile != Strict && after.Profile == Strict, Stricter},
		{before.Profile == Strict && after.Profile != Strict, Looser},
		{nextIdle < idle || nextLife < life, ShorterSessions},
	} {
		if one.holds {
			all = append(all, Consequence{Change: one.change})
		}
	}
	return all
}
