package signin

import (
	"context"

	"example.com/aye/accounts"
	"example.com/aye/approval"
)

// List gives the person's sessions, newest first. Who is not in yet sees none.
func (s *Service) List(ctx context.Context, session Session) ([]Session, error) {
	if !session.In() {
		return nil, ErrLevel
	}
	all, err := s.Store.SessionsOf(ctx, session.PersonID, s.now())
	if err != nil {
		return nil, err
	}
	live := all[:0]
	for _, one := range all {
		if one.Level == Full && (one.Reported || s.now().Sub(one.Seen) >= one.Idle) {
			continue // over, and not swept away yet
		}
		live = append(live, one)
	}
	return live, nil
}

// End ends a session of the same person: this one, which is to log off, or another, for who is in.
// It is [ErrNone] where there is none.
func (s *Service) End(ctx context.Context, session Session, id string) error {
	if id == "" {
		return ErrNone
	}
	if id != session.ID && !session.In() {
		return ErrLevel
	}
	why := "logged-off"
	if id != session.ID {
		why = "ended-elsewhere"
	}
	ended, err := s.Store.EndSessions(ctx, Ending{PersonID: session.PersonID, ID: id}, s.ended(session.Member.ID, why))
	if err == nil && ended == 0 {
		err = ErrNone
	}
	return err
}

// EndOthers ends all sessions of the person but this one, and what else was begun.
func (s *Service) EndOthers(ctx context.Context, session Session) error {
	if !session.In() {
		return ErrLevel
	}
	if err := s.drop(ctx, session.PersonID); err != nil {
		return err
	}
	_, err := s.Store.EndSessions(ctx, Ending{PersonID: session.PersonID, Except: session.ID}, s.ended(session.Member.ID, "ended-elsewhere"))
	return err
}

// EndAll ends all sessions of a person, and what else was begun.
func (s *Service) EndAll(ctx context.Context, personID string) error {
	if err := s.drop(ctx, personID); err != nil {
		return err
	}
	_, err := s.Store.EndSessions(ctx, Ending{PersonID: personID}, s.ended(system, "all"))
	return err
}

// drop takes back what the person, or somebody in their place, began to link.
func (s *Service) drop(ctx context.Context, personID string) error {
	if s.Pairings == nil {
		return nil
	}
	return s.Pairings.Drop(ctx, personID)
}

// Reported is told of a request that the person reported. A session that is in by it ends; one
// that waits for it stays to say so, and can go on no further. A phone that was being linked is not.
func (s *Service) Reported(ctx context.Context, r approval.Request) error {
	if err := s.drop(ctx, r.PersonID); err != nil {
		return err
	}
	_, err := s.Store.EndSessions(ctx, Ending{PersonID: r.PersonID, RequestID: r.ID}, s.ended(system, "reported"))
	return err
}

// Left is told of a membership that ended.
func (s *Service) Left(ctx context.Context, m accounts.Member) error {
	_, err := s.Store.EndSessions(ctx, Ending{PersonID: m.Person.ID, MembershipID: m.ID}, s.ended(system, "membership"))
	return err
}
