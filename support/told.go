package support

import (
	"context"
	"errors"

	"example.com/aye/devices"
	"example.com/aye/internal/secret"
)

// mostTold is how many cases a person is shown.
const mostTold = 50

// gone makes what is not there a link that does not work.
func gone(err error) error {
	if errors.Is(err, ErrNotFound) {
		return ErrLink
	}
	return err
}

// Told finds the case of a stop link, else [ErrLink].
func (s *Service) Told(ctx context.Context, token secret.Secret) (Told, error) {
	c, _, err := s.stopOf(ctx, token)
	if err != nil {
		return Told{}, err
	}
	return s.told(ctx, c)
}

// told is what the person may know of the case.
func (s *Service) told(ctx context.Context, c Case) (Told, error) {
	o, err := s.Directory.Organisation(ctx, c.OrganisationID)
	if err != nil {
		return Told{}, err
	}
	agent, err := s.nameOf(ctx, c.OpenerPersonID)
	return Told{Case: Standing{}.sees(c), Organisation: o, Agent: agent}, err
}

// CasesFor gives those of the phone's person that can be stopped by it, newest first.
func (s *Service) CasesFor(ctx context.Context, d devices.Device) ([]Told, error) {
	return s.toldAll(ctx, d.PersonID, func(c Case) bool { return mayStop(d, c) && s.Stoppable(c) })
}

// CasesOf gives those of a person, for the person's own page, newest first.
func (s *Service) CasesOf(ctx context.Context, personID string) ([]Told, error) {
	return s.toldAll(ctx, personID, func(Case) bool { return true })
}

func (s *Service) toldAll(ctx context.Context, personID string, is func(Case) bool) ([]Told, error) {
	if personID == "" {
		return nil, nil
	}
	cases, err := s.Store.Cases(ctx, Filter{PersonID: personID}, mostTold)
	if err != nil {
		return nil, err
	}
	var all []Told
	for _, c := range cases {
		if !is(c) {
			continue
		}
		told, err := s.told(ctx, c)
		if err != nil {
			return nil, err
		}
		all = append(all, told)
	}
	return all, nil
}
