package signin

import (
	"context"
	"time"

	"example.com/aye/internal/secret"
	"example.com/aye/support"
)

// Password begins a session with the password. It fails as accounts.Service.CheckPassword does,
// or with [ErrNoMembership]. The session is always a new one, whatever the browser had before.
func (s *Service) Password(ctx context.Context, v Visit, email string, password secret.Secret, next string) (Session, secret.Secret, error) {
	person, err := s.Passwords.CheckPassword(ctx, attempt(v, email, password))
	if err != nil {
		return Session{}, "", err
	}
	return s.begin(ctx, v, Session{PersonID: person.ID, Level: Password, Next: ownPath(next)})
}

// Accept begins a session with an invitation. Somebody new chooses a password with it; who has
// one types that. A second factor that the person has is still asked for. It is [ErrRecovering] for who is, without a password.
func (s *Service) Accept(ctx context.Context, v Visit, invitation, password secret.Secret) (Session, secret.Secret, error) {
	invited, err := s.Letters.Invitation(ctx, invitation)
	if err != nil {
		return Session{}, "", err
	}
	person := invited.Member.Person
	switch {
	case person.HasPassword:
		if person, err = s.Passwords.CheckPassword(ctx, attempt(v, person.Email, password)); err != nil {
			return Session{}, "", err
		}
	case person.Recovering != "": // neither a link of an organisation nor one of a forgotten password leads around the case
		return Session{}, "", ErrRecovering
	default:
		if err = s.Passwords.SetPassword(ctx, person.ID, password); err != nil {
			return Session{}, "", err
		}
	}
	// Last, so that a password that cannot be taken does not use the invitation up.
	if _, err = s.Letters.AcceptInvitation(ctx, invitation); err != nil {
		return Session{}, "", err
	}
	return s.begin(ctx, v, Session{PersonID: person.ID, Level: Password})
}

// Reset begins a session with a link that was mailed to somebody who forgot the password.
func (s *Service) Reset(ctx context.Context, v Visit, mailed secret.Secret) (Session, secret.Secret, error) {
	person, err := s.Letters.UseReset(ctx, mailed)
	if err != nil {
		return Session{}, "", err
	}
	return s.begin(ctx, v, Session{PersonID: person.ID, Level: Reset})
}

// begin makes a session of somebody whose password, or link, was right.
func (s *Service) begin(ctx context.Context, v Visit, session Session) (Session, secret.Secret, error) {
	st, err := s.standing(ctx, session.PersonID)
	if err != nil {
		return Session{}, "", err
	}
	if len(st.homes) == 0 {
		return Session{}, "", ErrNoMembership
	}
	now := s.now()
	session.ID, session.Created, session.Seen = secret.NewID("ses"), now, now
	s.visited(&session, v)
	last, err := s.Store.LastChoice(ctx, session.PersonID, session.Browser)
	if err != nil {
		return Session{}, "", err
	}
	session.at(st.enters(last, now))
	switch {
	case session.Level == Reset:
		session.at(st.asker(last)) // a temporary code lets nobody choose a password
		session.Purpose, session.Ends = ToReset, now.Add(ResetLife)
	case session.CaseID != "":
		if !st.relinks(session) { // linked, stopped or begun anew that very moment
			return Session{}, "", support.ErrLink
		}
		session.Level, session.Ends = Setup, now.Add(SetupLife)
	default:
		if err = st.password(&session, now); err != nil {
			return Session{}, "", err
		}
	}
	session.Until = session.Ends
	token := renew(&session)
	if err = s.Store.StartSession(ctx, session, s.entry(session, "session.started", nil)); err != nil {
		return Session{}, "", err
	}
	s.entered(ctx, session)
	return session, token, nil
}

// password is how far somebody comes whose password is right.
func (st standing) password(session *Session, now time.Time) error {
	session.Purpose, session.WaitingID = "", ""
	switch {
	case st.enrolled():
		session.Level, session.Purpose, session.Ends = Password, ToEnter, now.Add(PasswordLife)
	case st.open(now):
		session.Proven, session.ProvenBy = now, ""
		return st.enter(session, now)
	default:
		session.Level, session.Ends = Setup, now.Add(SetupLife)
	}
	return nil
}

// entered remembers the browser of somebody who is in.
func (s *Service) entered(ctx context.Context, session Session) {
	if session.Level == Full {
		// One that is not remembered costs a pause after wrong passwords, and the person is in.
		_ = s.Passwords.KnowBrowser(ctx, session.PersonID, session.Browser)
	}
}

// visited writes down in which browser the password is typed.
func (s *Service) visited(session *Session, v Visit) {
	session.IP, session.UserAgent, session.Browser = addressOf(v.IP), agentOf(v.UserAgent), browserOf(v)
	session.Place = s.place(session.IP)
}

// renew gives the session another token. Who has the one before has nothing.
func renew(session *Session) secret.Secret {
	token := secret.NewToken()
	session.TokenHash = secret.Hash(token)
	return token
}

// NewPassword gives the person of the session another password and ends all other sessions. It is for who
// came by a mailed link, once the second factor is proven, and for who was just proven in a full
// session. It fails with [ErrNotFresh], [ErrReported], [ErrLevel], [ErrRecovering], accounts.ErrPassword or [ErrNone].
func (s *Service) NewPassword(ctx context.Context, session Session, password secret.Secret) (Session, secret.Secret, error) {
	st, err := s.mayChoose(ctx, session)
	if err != nil {
		return Session{}, "", err
	}
	now, next := s.now(), session
	switch {
	case session.Level == Full:
	case st.enrolled():
		err = st.enter(&next, now)
	default:
		err = st.password(&next, now)
	}
	if err != nil {
		return Session{}, "", err
	}
	token := renew(&next)
	if err = s.Passwords.SetPassword(ctx, session.PersonID, password); err != nil {
		return Session{}, "", err
	}
	others := s.ended(session.Member.ID, "password")
	held, err := s.Store.ChangeSession(ctx, Change{From: session, To: next, Others: &others}, s.entry(next, "session.password-changed", nil))
	if err == nil && !held {
		err = s.lost(ctx, session)
	}
	if err == nil {
		err = s.drop(ctx, session.PersonID)
	}
	if err != nil {
		return Session{}, "", err
	}
	s.entered(ctx, next)
	return next, token, nil
}

// mayChoose is nil where the session may set a new password.
func (s *Service) mayChoose(ctx context.Context, session Session) (standing, error) {
	if session.Reported {
		return standing{}, ErrReported
	}
	switch session.Level {
	case Full:
		if !s.Fresh(session) {
			return standing{}, ErrNotFresh
		}
		return standing{}, nil
	case Reset:
	case Password, Setup:
		return standing{}, ErrLevel
	}
	st, err := s.standing(ctx, session.PersonID)
	switch {
	case err != nil:
	case st.recovering != "":
		err = ErrRecovering
	case st.reset(session) != StepNewPassword:
		err = ErrNotFresh
	}
	return st, err
}

// lost follows on a new password whose session ended that very moment: all others must end all
// the same.
func (s *Service) lost(ctx context.Context, session Session) error {
	if err := s.EndAll(ctx, session.PersonID); err != nil {
		return err
	}
	return ErrNone
}
