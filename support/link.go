package support

import (
	"context"
	"errors"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
)

// Link finds the case whose mailed link it is, unused and in time, and who may link a new phone by it; else [ErrLink].
func (s *Service) Link(ctx context.Context, token secret.Secret) (Case, accounts.Person, error) {
	id, code := split(token)
	c, err := s.Store.Case(ctx, id)
	if err != nil {
		return Case{}, accounts.Person{}, gone(err)
	}
	if c.Kind != Lost || c.State != Revoked || c.Link < 1 || !c.LinkUsed.IsZero() || !s.now().Before(c.LinkUntil) || !secret.Equal(code, s.linkCode(c.ID, c.Link)) {
		return Case{}, accounts.Person{}, ErrLink
	}
	p, err := s.Directory.Person(ctx, c.PersonID)
	if err == nil && p.Recovering != c.ID { // another case took everything since, or a factor is there
		err = ErrLink
	}
	if err != nil {
		return Case{}, accounts.Person{}, err
	}
	return c, p, nil
}

// UseLink uses the link up, once; else [ErrLink]. It is called after the password was right.
func (s *Service) UseLink(ctx context.Context, token secret.Secret) (Case, error) {
	c, _, err := s.Link(ctx, token)
	if err != nil {
		return Case{}, err
	}
	used, err := s.Store.MoveCase(ctx, Move{CaseID: c.ID, From: []State{Revoked}, To: Revoked, UseLink: c.Link, Now: s.now()},
		s.entry(c, c.MembershipID, "case.link-used"))
	if err == nil && !used {
		err = ErrLink
	}
	if err != nil {
		return Case{}, err
	}
	s.changed(c)
	return c, nil
}

// linkLetter is the letter with the newest link.
func (s *Service) linkLetter(about matter) []any {
	p := about.Member.Person
	return []any{accounts.Letter{
		Kind: accounts.LetterNewPhone, PersonID: p.ID, Display: p.Display, Locale: p.Locale, OrganisationID: about.OrganisationID,
		Token: s.linkToken(about.ID, about.Link), Life: LinkLife,
	}}
}

// textAccess sends the newest code of a forgotten phone by text message, where that was chosen: before the case goes on, because what
// could not be sent lets nobody in. Then it is [ErrChannel], written down, and the agent chooses: never is it sent on another way than
// the one that was approved.
func (s *Service) textAccess(ctx context.Context, about matter) error {
	if about.Channel != ByText {
		return nil
	}
	if s.Texts != nil {
		agent, _ := s.nameOf(ctx, about.OpenerPersonID)
		err := s.Texts.Inform(ctx, Text{
			Kind: TextAccess, Person: about.Member.Person, Organisation: about.Organisation, Agent: agent, Link: s.stopLink(about.ID, byText).Reveal(),
			Code: otp.AccessCode(s.Keys, about.ID, about.Link), Hours: hours(about.LinkUntil.Sub(s.now())), About: codeName(about.Case),
		})
		if err == nil {
			return nil
		}
	}
	entry := s.entry(about.Case, "system", "case.not-sent")
	entry.Data["channel"] = string(about.Channel)
	return errors.Join(ErrChannel, s.Store.Write(ctx, entry))
}

// accessLetter is the same by mail, which is written with the step itself; none where another way was chosen.
func (s *Service) accessLetter(ctx context.Context, about matter) []any {
	if about.Channel != ByMail {
		return nil
	}
	p := about.Member.Person
	agent, _ := s.nameOf(ctx, about.OpenerPersonID)
	return []any{accounts.Letter{
		Kind: accounts.LetterAccess, PersonID: p.ID, Display: p.Display, Locale: p.Locale, OrganisationID: about.OrganisationID,
		Token: s.stopToken(about.ID, byMail), Code: otp.AccessCode(s.Keys, about.ID, about.Link), Agent: agent, Life: about.LinkUntil.Sub(s.now()),
	}}
}
