package support

import (
	"context"
	"errors"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
)

// Caller finds the check of a mailed or texted link, else [ErrLink], with who asks. Also when its time is over, so that
// "I talk to nobody" can still be said.
func (s *Service) Caller(ctx context.Context, token secret.Secret) (Check, Told, error) {
	id, code := split(token)
	if !secret.Equal(code, s.Keys.Code("caller check", id)) {
		return Check{}, Told{}, ErrLink
	}
	check, err := s.Store.CaseCheck(ctx, id)
	if err != nil {
		return Check{}, Told{}, gone(err)
	}
	c, err := s.Store.Case(ctx, check.CaseID)
	if err != nil {
		return Check{}, Told{}, gone(err)
	}
	if check, err = s.timely(ctx, c, check); err != nil {
		return Check{}, Told{}, err
	}
	told, err := s.told(ctx, c)
	if err != nil {
		return Check{}, Told{}, err
	}
	// It is who asks now, who may be another agent than the one that opened the case.
	agent, err := s.Directory.Membership(ctx, check.AgentID)
	if errors.Is(err, accounts.ErrNotFound) {
		return Check{}, Told{}, ErrLink
	}
	told.Agent = agent.Person.Display
	return check, told, err
}

// AnswerCaller takes the code that came with the link: it is [ErrCode] where it is not right, and [ErrLink] after five.
func (s *Service) AnswerCaller(ctx context.Context, token, code secret.Secret) error {
	check, told, err := s.Caller(ctx, token)
	if err != nil {
		return err
	}
	if check.State == Right {
		return nil // sent twice
	}
	if check.State != Asked || s.mayVerify(told.Case) != nil {
		return ErrLink
	}
	// Counted before it is looked at, in a step of its own: guesses side by side are so many guesses.
	err = s.Store.TryCaseCheck(ctx, check.ID, CheckTries, s.now())
	if errors.Is(err, ErrClosed) || errors.Is(err, ErrNotFound) {
		return errors.Join(ErrLink, s.answer(ctx, told.Case, &check, Wrong, told.MembershipID))
	}
	if err != nil {
		return err
	}
	if !secret.Equal(code, s.checkCode(check.ID)) {
		return ErrCode
	}
	if err = s.answer(ctx, told.Case, &check, Right, told.MembershipID); err == nil && check.State != Right {
		err = ErrLink
	}
	return err
}

// DenyCaller says that the person talks to nobody: it stops the case.
func (s *Service) DenyCaller(ctx context.Context, token secret.Secret) error {
	check, told, err := s.Caller(ctx, token)
	if err != nil {
		return err
	}
	return s.denied(ctx, told.Case, &check, string(check.Channel), told.MembershipID)
}
