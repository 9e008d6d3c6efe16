package signin

import (
	"context"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/support"
)

// Recoveries uses the links that lead to a new phone; see package support.
type Recoveries interface {
	// Link looks whose link it is without using it, else support.ErrLink.
	Link(ctx context.Context, token secret.Secret) (support.Case, accounts.Person, error)
	// UseLink is Link that works once.
	UseLink(ctx context.Context, token secret.Secret) (support.Case, error)
}

// Recover begins a session with the link that was mailed to somebody who lost the phone, and the password. It may set
// up the first factor and nothing else. A wrong password uses no link up. It fails with support.ErrLink, with
// [ErrNoMembership], or as accounts.Service.CheckPassword does.
func (s *Service) Recover(ctx context.Context, v Visit, token, password secret.Secret) (Session, secret.Secret, error) {
	if s.Recoveries == nil {
		return Session{}, "", support.ErrLink
	}
	begun, person, err := s.Recoveries.Link(ctx, token)
	if err != nil {
		return Session{}, "", err
	}
	typed, err := s.Passwords.CheckPassword(ctx, attempt(v, person.Email, password))
	if err != nil {
		return Session{}, "", err
	}
	if typed.ID != begun.PersonID { // the address became somebody else's that very moment
		return Session{}, "", accounts.ErrCredentials
	}
	used, err := s.Recoveries.UseLink(ctx, token)
	if err == nil && (used.ID == "" || used.ID != begun.ID) { // without a case it would be a session like any other
		err = support.ErrLink
	}
	if err != nil {
		return Session{}, "", err
	}
	return s.begin(ctx, v, Session{PersonID: typed.ID, Level: Setup, CaseID: used.ID})
}
