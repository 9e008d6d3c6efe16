package privacy

import (
	"context"
	"errors"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
)

// Erase is for the operator, and for the person about themself. It fails with [ErrForbidden], [ErrLastOwner] or [ErrNotFound].
func (s *Service) Erase(ctx context.Context, personID, by string) error {
	if err := checkOwn(personID, by); err != nil {
		return err
	}
	person, err := s.person(ctx, personID)
	if err != nil {
		return err
	}
	if by == personID { // rows that stay would keep from where the person did this last thing
		ctx = audit.WithOrigin(ctx, audit.Origin{})
	}
	return s.erase(ctx, person, "", s.entry("", by, "person.erased", personID))
}

// EraseMember is for administrators, about somebody else whose role they may give: [ErrForbidden] otherwise. It ends the membership, and erases the
// account too where nobody else knows it or made it. Which of the two it was, it does not say: an organisation would learn from it
// who is known elsewhere.
func (s *Service) EraseMember(ctx context.Context, authority *accounts.Service, organisationID, membershipID string) error {
	m, err := authority.MemberByID(ctx, organisationID, membershipID)
	if err == nil {
		err = authority.MayChange(ctx, m)
	}
	if err != nil {
		return translated(err)
	}
	person, err := s.person(ctx, m.Person.ID)
	if err != nil {
		return err
	}
	return s.erase(ctx, person, organisationID, s.entry(organisationID, authority.By(), "person.erased", m.ID))
}

func (s *Service) person(ctx context.Context, id string) (accounts.Person, error) {
	person, err := s.Directory.Person(ctx, id)
	return person, translated(err)
}

// erase takes everything away, or one membership, in one step of the store, and ends and tells what hangs on it. The address and the
// name are remembered for that one mail; of a membership that ended nobody is mailed, as ever.
func (s *Service) erase(ctx context.Context, person accounts.Person, only string, entry audit.Entry) error {
	members, err := s.Directory.Memberships(ctx, person.ID)
	if err != nil {
		return err
	}
	entry.Tell = []any{accounts.Notice{
		PersonID: person.ID, Kind: accounts.Erased, Email: person.Email, Display: person.Display, Locale: s.locale(ctx, person, members),
	}}
	whole, erasure := true, Erasure{PersonID: person.ID, Only: only, Now: s.Now().UTC()}
	if only == "" {
		err = s.Store.ErasePerson(ctx, erasure, entry)
	} else {
		whole, err = s.Store.EraseMember(ctx, erasure, entry)
	}
	if err != nil {
		return err
	}
	// From here on it has happened: that who asked leaves must not keep what follows from it.
	ctx = context.WithoutCancel(ctx)
	var failures []error
	if s.Ended != nil {
		for _, m := range members {
			if whole || m.OrganisationID == only {
				failures = append(failures, s.Ended(ctx, m))
			}
		}
	}
	return errors.Join(failures...)
}

// locale is the language of the mail: the person's own, or that of an organisation which had them.
func (s *Service) locale(ctx context.Context, person accounts.Person, members []accounts.Member) string {
	if person.Locale != "" || len(members) == 0 {
		return person.Locale
	}
	o, err := s.Directory.Organisation(ctx, members[0].OrganisationID)
	if err != nil {
		return "" // a mail in English is better than none
	}
	return o.Locale
}

// translated gives this room's errors for those of accounts.
func translated(err error) error {
	switch {
	case errors.Is(err, accounts.ErrForbidden):
		return ErrForbidden
	case errors.Is(err, accounts.ErrNotFound):
		return ErrNotFound
	}
	return err
}
