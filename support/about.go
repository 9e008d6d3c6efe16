package support

import (
	"context"
	"errors"
	"slices"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
)

// about finds whom a case is about, also when the membership has ended.
func (s *Service) about(ctx context.Context, c Case) (matter, error) {
	o, m, err := s.Directory.MemberOf(ctx, c.OrganisationID, accounts.UserReference{ID: c.MembershipID})
	if errors.Is(err, accounts.ErrNotFound) {
		if o, err = s.Directory.Organisation(ctx, c.OrganisationID); err != nil {
			return matter{}, err
		}
		m = accounts.Member{ID: c.MembershipID, OrganisationID: c.OrganisationID, Status: accounts.Ended}
		m.Person, err = s.Directory.Person(ctx, c.PersonID)
	}
	return matter{Case: c, Organisation: o, Member: m}, err
}

// nameOf is the name of a person, empty for the operator on the command line.
func (s *Service) nameOf(ctx context.Context, personID string) (string, error) {
	if personID == "" {
		return "", nil
	}
	p, err := s.Directory.Person(ctx, personID)
	return p.Display, err
}

// channels are the ways in which the caller can be asked now.
func (s *Service) channels(ctx context.Context, c Case) ([]Channel, error) {
	p, err := s.Directory.Person(ctx, c.PersonID)
	if err != nil {
		return nil, err
	}
	phones, err := s.Phones.Of(ctx, c.PersonID)
	if err != nil {
		return nil, err
	}
	var all []Channel
	if slices.ContainsFunc(phones, func(phone devices.Device) bool { return phone.AnswersFor(c.OrganisationID) }) {
		all = append(all, ByPush)
	}
	if s.Texts != nil && s.Texts.Reaches(ctx, p) {
		all = append(all, ByText)
	}
	return append(all, ByMail), nil
}

// entry is a row about the case, in the chain of its organisation.
func (s *Service) entry(c Case, actor, action string) audit.Entry {
	return audit.Entry{
		Organisation: c.OrganisationID, Actor: actor, Action: action, Subject: c.ID, At: s.now(),
		Data: map[string]string{"user": c.MembershipID, "kind": string(c.Kind)},
	}
}

// words are what an alert says of the case.
func (c Case) words() map[string]string {
	return map[string]string{"case": c.ID, "user": c.MembershipID, "agent": c.OpenerID, "kind": string(c.Kind)}
}
