package accounts

import (
	"context"
	"time"
)

// FreshNumber tells whether the person proved the number so short ago that it is theirs who set up a
// second factor now; see [NumberFresh].
func (p Person) FreshNumber(now time.Time) bool {
	return p.Number != "" && !p.NumberProven.Before(now.Add(-NumberFresh))
}

// ChooseTexts makes codes in text messages a second factor of the person, who is from now on never
// let in with the password alone. The person is told, once. It is [ErrNotFound] for who has no number, or proved it more than
// [NumberFresh] ago, and [ErrRecovering] for who lost everything by a support case: a number can be taken over with a call.
func (s *Service) ChooseTexts(ctx context.Context, personID string) error {
	p, err := s.People.Person(ctx, personID)
	if err != nil {
		return err
	}
	if p.Recovering != "" {
		return ErrRecovering
	}
	now := s.Now().UTC()
	entry := s.telling(ctx, s.own(personID, "person.texts-chosen"), Notice{PersonID: personID, Kind: TextsChosen})
	_, err = s.Numbers.ChooseTexts(ctx, personID, now.Add(-NumberFresh), now, entry)
	return err
}

// Vouch lets the number count at once that the member has, however new it is, until it changes
// again. The person is told, once. Changed is Person.NumberChanged as who vouches saw it. It fails with
// [ErrOtherNumber] where the number is another one by now, with [ErrForbidden] for the own membership,
// and with [ErrNotFound] for who is no active member or has no number.
func (s *Service) Vouch(ctx context.Context, organisationID, membershipID string, changed time.Time) error {
	m, err := s.other(ctx, Member{ID: membershipID, OrganisationID: organisationID})
	if err != nil {
		return err
	}
	entry := s.entry(organisationID, "member.number-vouched", m.ID)
	entry.Tell = []any{Notice{PersonID: m.Person.ID, OrganisationID: organisationID, Kind: NumberVouched}}
	_, err = s.Numbers.Vouch(ctx, organisationID, m.ID, changed, entry)
	return err
}
