package signin

import (
	"context"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

// Prove begins to prove a person again who is in: the password first, and then, where there is a
// factor, [Service.Wait]. An empty token says that it goes on there. It fails as
// accounts.Service.ConfirmPassword does, with [ErrLevel], or with [ErrMethodNotAllowed] for who came in by a temporary
// code, whose session proves nothing. What it is about says who pays for a
// text message.
func (s *Service) Prove(ctx context.Context, session Session, v Visit, password secret.Secret, about accounts.TextPurpose) (Session, secret.Secret, error) {
	if !session.In() {
		return Session{}, "", ErrLevel
	}
	if session.Method == approval.Temporary {
		return Session{}, "", ErrMethodNotAllowed
	}
	if err := s.Passwords.ConfirmPassword(ctx, session.PersonID, attempt(v, session.Member.Person.Email, password)); err != nil {
		return Session{}, "", err
	}
	st, err := s.standing(ctx, session.PersonID)
	if err != nil {
		return Session{}, "", err
	}
	now, next := s.now(), session
	// The phone shows where the password was typed now, which may not be where the session began.
	s.visited(&next, v)
	next.WaitingID, next.Attempt, next.About = "", session.Attempt+1, about
	var token secret.Secret
	var entry audit.Entry
	if st.enrolled() {
		next.Purpose, next.Until = ToProve, now.Add(PasswordLife)
		entry = s.entry(session, "session.proving", nil)
	} else {
		next.Purpose, next.Proven, next.ProvenBy = "", now, ""
		token, entry = renew(&next), s.entry(session, "session.proven", map[string]string{"purpose": string(ToProve)})
	}
	held, err := s.Store.ChangeSession(ctx, Change{From: session, To: next}, entry)
	if err == nil && !held {
		err = ErrNone
	}
	if err != nil {
		return Session{}, "", err
	}
	return next, token, nil
}

// Organisations gives where the person is a member, and where the session can act.
func (s *Service) Organisations(ctx context.Context, session Session) ([]Choice, error) {
	if !session.In() {
		return nil, ErrLevel
	}
	st, err := s.standing(ctx, session.PersonID)
	if err != nil {
		return nil, err
	}
	last, err := s.Store.LastChoice(ctx, session.PersonID, session.Browser)
	if err != nil {
		return nil, err
	}
	now, choices := s.now(), make([]Choice, 0, len(st.homes))
	for _, h := range st.homes {
		choices = append(choices, Choice{Organisation: h.organisation, Member: h.member, Problem: session.barred(h, now), Last: h.organisation.ID == last})
	}
	return choices, nil
}

// Pick lets the session act in an organisation, from now on and in no other. It fails with
// accounts.ErrNotFound, [ErrWithin], [ErrMethodNotAllowed], [ErrTooOld], [ErrLevel] or [ErrNone].
func (s *Service) Pick(ctx context.Context, session Session, organisationID string) (Session, secret.Secret, error) {
	if !session.In() {
		return Session{}, "", ErrLevel
	}
	st, err := s.standing(ctx, session.PersonID)
	if err != nil {
		return Session{}, "", err
	}
	h, ok := st.home(organisationID)
	if !ok {
		return Session{}, "", accounts.ErrNotFound
	}
	if err = session.barred(h, s.now()); err != nil {
		return Session{}, "", err
	}
	next := session
	next.at(h)
	if session.Method == approval.Temporary {
		next.Ends = earlier(next.Ends, session.Ends) // no longer than the code counted
	}
	// A proof that is asked for in the name of another organisation is not taken here.
	next.OrganisationID, next.Purpose, next.WaitingID = organisationID, "", ""
	token := renew(&next)
	held, err := s.Store.ChangeSession(ctx, Change{From: session, To: next, Chosen: true}, s.entry(next, "session.picked", nil))
	if err == nil && !held {
		err = ErrNone
	}
	if err != nil {
		return Session{}, "", err
	}
	return next, token, nil
}
