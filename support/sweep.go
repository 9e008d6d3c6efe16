package support

import (
	"context"
	"errors"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
)

// sweepSize is how many cases one sweep looks at.
const sweepSize = 100

// Sweep carries out what is due, ends what nobody approved, and tells of new phones. It is called every second. One case that
// cannot go on holds up no other.
func (s *Service) Sweep(ctx context.Context) error {
	due, err := s.Store.DueCases(ctx, s.now(), sweepSize)
	if err != nil {
		return err
	}
	var failed []error
	for _, c := range due {
		failed = append(failed, s.settle(ctx, c))
	}
	return errors.Join(append(failed, s.tellDone(ctx))...)
}

// settle does what the case's time asks for.
func (s *Service) settle(ctx context.Context, c Case) error {
	now := s.now()
	switch c.State {
	case Open:
		if !now.Before(c.Expires) {
			return s.over(ctx, c, Expired, "")
		}
	case Waiting:
		if !c.Due.IsZero() && !now.Before(c.Due.Add(WaitingLife)) {
			return s.over(ctx, c, Expired, "")
		}
		if !now.Before(c.Due) && (!c.Escalated || c.OperatorID != "") {
			return s.carryOut(ctx, c)
		}
	case Sent:
		if !now.Before(c.LinkUntil) && c.Left < c.Uses {
			return s.over(ctx, c, Done, "")
		}
		if !now.Before(c.LinkUntil) {
			return s.over(ctx, c, Expired, "")
		}
	case Revoked:
		if !now.Before(c.Closed.Add(LinkDays)) {
			return s.over(ctx, c, Expired, "")
		}
	case Done, Refused, Cancelled, Expired, Stopped:
	}
	return nil
}

// carryOut revokes everything old, and mails the link. Who left, or was made more than who opened or approved the case may help,
// is not touched; nor is anybody where one of these is no agent any more, or has their role for days only.
func (s *Service) carryOut(ctx context.Context, c Case) error {
	for _, agent := range []string{c.OpenerID, c.ApproverID, c.OperatorID} {
		frozen, err := s.Store.Frozen(ctx, c.PersonID, agent, c.OrganisationID)
		if err != nil || len(frozen) > 0 {
			return err // it waits on, until somebody has looked
		}
	}
	about, err := s.about(ctx, c)
	if err != nil {
		return err
	}
	if about.Member.Status != accounts.Active {
		return s.abandon(ctx, c, "left")
	}
	for _, agent := range []string{c.OpenerID, c.ApproverID, c.OperatorID} {
		err = s.stillAgent(ctx, agent, about.Member, true)
		if isNone(err) {
			return s.abandon(ctx, c, "agent")
		}
		if err != nil {
			return err
		}
	}
	_, err = s.revoke(ctx, about)
	return err
}

// revoke takes everything old away in one step, tells everybody, and mails the link. It tells whether it did.
func (s *Service) revoke(ctx context.Context, about matter) (bool, error) {
	revoked, phones, err := s.revokeOnly(ctx, &about)
	if err != nil || !revoked {
		return false, err
	}
	s.reachPhones(ctx, about.Case, stepRevoked, "", phones)
	return true, nil
}

// tellDone tells of new phones, each once.
func (s *Service) tellDone(ctx context.Context) error {
	done, err := s.Store.DoneCases(ctx, sweepSize)
	if err != nil {
		return err
	}
	var failed []error
	for _, c := range done {
		var tell []any
		if c.Kind == Lost {
			tell = []any{s.notice(ctx, c, stepDone), s.forManagers(ctx, c, accounts.MemberPhoneReplaced), s.alert(alerts.PhoneReplaced, c.OrganisationID, c.words())}
		}
		first, err := s.Store.CaseTold(ctx, c.ID, tell...)
		if failed = append(failed, err); err != nil || !first || c.Kind != Lost {
			continue // a forgotten phone's person heard of the code when it was sent
		}
		s.changed(c)
		s.reach(ctx, c, stepDone, "")
	}
	return errors.Join(failed...)
}
