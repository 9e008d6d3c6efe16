package support

import (
	"context"
	"errors"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

// Stoppable tells whether the person can still say "this was not me".
func (s *Service) Stoppable(c Case) bool {
	return c.State != Stopped && (c.State.Live() || s.now().Before(c.Closed.Add(StopLife)))
}

// Stop ends the case of a stop link: "this was not me". It can be called again. It fails with [ErrLink], also where the
// case ended too long ago.
func (s *Service) Stop(ctx context.Context, token secret.Secret) (Told, error) {
	c, way, err := s.stopOf(ctx, token)
	if err != nil {
		return Told{}, err
	}
	return s.stop(ctx, c, way, c.MembershipID)
}

// mayStop tells whether the case is one of the phone's person, and the phone works still or was removed by this very case: who lost
// nothing has that phone in hand when somebody else takes everything from them.
func mayStop(d devices.Device, c Case) bool {
	if d.PersonID == "" || c.PersonID != d.PersonID || !d.AnswersFor(c.OrganisationID) {
		return false
	}
	return d.Status == devices.Active || (d.Status == devices.Removed && d.RemovedCase == c.ID)
}

// StopByPhone is Stop by a phone of the person, else [ErrNotFound]; [ErrClosed] where the case ended too long ago.
func (s *Service) StopByPhone(ctx context.Context, d devices.Device, caseID string) (Told, error) {
	c, err := s.Store.Case(ctx, caseID)
	if err == nil && !mayStop(d, c) {
		err = ErrNotFound
	}
	if err != nil {
		return Told{}, err
	}
	return tooLate(s.stop(ctx, c, "phone", d.ID))
}

// StopOwn is Stop by the person in a session of theirs, else [ErrNotFound]; [ErrClosed] where the case ended too long ago.
func (s *Service) StopOwn(ctx context.Context, personID, caseID string) (Told, error) {
	c, err := s.Store.Case(ctx, caseID)
	if err == nil && (personID == "" || c.PersonID != personID) {
		err = ErrNotFound
	}
	if err != nil {
		return Told{}, err
	}
	return tooLate(s.stop(ctx, c, "page", c.MembershipID))
}

// tooLate is [ErrClosed] where there is no link that does not work.
func tooLate(told Told, err error) (Told, error) {
	if errors.Is(err, ErrLink) {
		err = ErrClosed
	}
	return told, err
}

// stop ends the case, freezes the person, and tells everybody who must know. What was stopped before stays so.
func (s *Service) stop(ctx context.Context, c Case, by, actor string) (Told, error) {
	if c.State == Stopped {
		return s.told(ctx, c)
	}
	if !s.Stoppable(c) {
		return Told{}, ErrLink
	}
	freeze := Freeze{ID: secret.NewID("frz"), What: FrozenPerson, OrganisationID: c.OrganisationID, SubjectID: c.PersonID, CaseID: c.ID, At: s.now()}
	entry := s.entry(c, actor, "case.stopped")
	entry.Data["by"], entry.Data["state"] = by, string(c.State)
	entry.Tell = s.stopTold(ctx, c, by)
	frozen := s.frozenEntry(freeze, "system", "support.frozen", c.ID)
	frozen.Data["user"] = c.MembershipID
	stopped, err := s.Store.StopCase(ctx, Stopping{CaseID: c.ID, By: by, Freeze: freeze, Now: s.now()}, []audit.Entry{entry, frozen}...)
	if err != nil {
		return Told{}, err
	}
	if c, err = s.Store.Case(ctx, c.ID); err != nil {
		return Told{}, err
	}
	if !stopped {
		if c.State != Stopped {
			return Told{}, ErrLink
		}
		return s.told(ctx, c)
	}
	s.changed(c)
	if err = errors.Join(s.withdraw(ctx, c, c.ApprovalID), s.withdraw(ctx, c, c.OperatorApprovalID)); err != nil {
		return Told{}, err
	}
	return s.told(ctx, c)
}

// stopTold is what everybody is told who must know.
func (s *Service) stopTold(ctx context.Context, c Case, by string) []any {
	agent, _ := s.nameOf(ctx, c.OpenerPersonID)
	n := accounts.Notice{PersonID: c.PersonID, OrganisationID: c.OrganisationID, Kind: accounts.CaseStopped, Agent: agent, Reason: by}
	others := n
	others.Kind, others.Link = accounts.MemberCaseStopped, secret.Secret(s.Origin+"/support/cases/"+c.ID)
	words := c.words()
	words["by"] = by
	return []any{n, others, s.alert(alerts.CaseStopped, c.OrganisationID, words)}
}
