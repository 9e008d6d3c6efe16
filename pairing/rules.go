package pairing

import (
	"context"
	"slices"

	"example.com/aye/accounts"
)

// rules are those under which a phone is linked.
type rules struct {
	// strictest has the rules of the pairing's organisation. A phone that counts everywhere opens
	// each place where the person is a member, so for such a one they are the strictest of all.
	strictest accounts.Organisation
	// careful says that the older phone is asked for six digits.
	careful bool
}

// local tells whether the phone counts for the pairing's organisation alone.
func (p Pairing) local() bool { return p.ApplicationID != "" }

// rules are looked up anew at each step, as they may have changed, and the memberships too.
func (s *Service) rules(ctx context.Context, p Pairing) (rules, error) {
	organisation, err := s.Directory.Organisation(ctx, p.OrganisationID)
	if err != nil || p.local() {
		return rules{strictest: organisation}, err
	}
	r := rules{strictest: organisation, careful: organisation.Profile == accounts.Strict}
	memberships, err := s.Directory.Memberships(ctx, p.PersonID)
	if err != nil {
		return rules{}, err
	}
	for _, m := range memberships {
		if organisation, err = s.Directory.Organisation(ctx, m.OrganisationID); err != nil {
			return rules{}, err
		}
		r.also(organisation, m.Role)
	}
	return r, nil
}

// also takes from the organisation what is stricter there.
func (r *rules) also(o accounts.Organisation, role accounts.Role) {
	if o.Profile == accounts.Strict {
		r.strictest.Profile = accounts.Strict
	}
	if !o.TakesApp(r.strictest.MinimumAppVersion) {
		r.strictest.MinimumAppVersion = o.MinimumAppVersion
	}
	r.strictest.Methods = slices.DeleteFunc(slices.Clone(r.strictest.Methods), func(f accounts.SecondFactor) bool { return !o.Allows(f) })
	r.careful = r.careful || o.Profile == accounts.Strict || role.Privileged()
}

// instead is what can stand in for the older phone.
func (r rules) instead() []accounts.SecondFactor {
	return slices.DeleteFunc([]accounts.SecondFactor{accounts.TOTP, accounts.Recovery}, func(f accounts.SecondFactor) bool { return !r.strictest.Allows(f) })
}
