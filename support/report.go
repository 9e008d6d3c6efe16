package support

import (
	"context"
	"errors"

	"example.com/aye/accounts"
	"example.com/aye/approval"
)

// Reported is told of each request that was reported: one that asked the caller stops the case, and one that asked an
// approver refuses it. Where the approver's signature counted already, the case stops; but where it was carried out, the approver is
// frozen, and everything stays as it is.
func (s *Service) Reported(ctx context.Context, r approval.Request) error {
	c, check, err := s.Store.CaseOfApproval(ctx, r.ID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if check.ID != "" {
		return notLink(s.denied(ctx, c, &check, "report", r.MembershipID))
	}
	if c.State == Open {
		entry := s.entry(c, r.MembershipID, "case.refused")
		entry.Data["why"], entry.Data["approval"] = "reported", r.ID
		moved, failed := s.Store.MoveCase(ctx, Move{CaseID: c.ID, From: []State{Open}, To: Refused, Now: s.now()}, entry)
		if failed != nil || moved {
			s.changed(c)
			return failed
		}
		if c, err = s.Store.Case(ctx, c.ID); err != nil { // signed at that very moment
			return err
		}
	}
	switch c.State {
	case Waiting, Sent:
		_, err = s.stop(ctx, c, "report", r.MembershipID)
		return notLink(err)
	case Revoked, Done:
		return s.doubt(ctx, c, r)
	case Open, Refused, Cancelled, Expired, Stopped:
	}
	return nil
}

// doubt is what follows where an approver says of a signature that it was not them, and the case was carried out by it. It takes
// nothing from the person, who may be working again: else an approver could take everything away once more, alone. Somebody
// looks at the approver instead, who does nothing more until then.
func (s *Service) doubt(ctx context.Context, c Case, r approval.Request) error {
	name, _ := s.nameOf(ctx, r.PersonID)
	return s.freeze(ctx, Freeze{What: FrozenAgent, OrganisationID: r.OrganisationID, SubjectID: r.MembershipID, CaseID: c.ID},
		accounts.Member{ID: r.MembershipID, Person: accounts.Person{ID: r.PersonID, Display: name}})
}

// notLink is nil for a case that is past stopping: a report has no more to end.
func notLink(err error) error {
	if errors.Is(err, ErrLink) {
		return nil
	}
	return err
}
