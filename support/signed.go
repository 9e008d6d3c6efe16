package support

import (
	"context"
	"time"

	"example.com/aye/internal/audit"
)

// signed goes along the edge that the signature opens.
func (s *Service) signed(ctx context.Context, about matter, part role, by Standing, requestID string) error {
	c, now := about.Case, s.now()
	if part == operator {
		return s.signedByOperator(ctx, c, by.Member.ID, requestID, "")
	}
	m := Move{
		CaseID: c.ID, From: []State{Open}, To: Waiting, Now: now,
		ApproverID: by.Member.ID, ApproverPersonID: by.Member.Person.ID, ApprovalID: requestID,
	}
	entry := s.entry(c, by.Member.ID, "case.approved")
	entry.Data["approval"], entry.Data["shown"] = requestID, string(c.Shown)
	if c.Kind == Forgotten {
		_, err := s.sendFirst(ctx, about, m, by.Member.ID, entry)
		return err
	}
	m.Due = now.Add(Wait(c.Shown, about.Organisation))
	entry.Data["due"] = m.Due.Format(time.RFC3339)
	c.State, c.Due = Waiting, m.Due
	entry.Tell = []any{s.notice(ctx, c, stepApproved)}
	entries := []audit.Entry{entry}
	if c.Escalated && by.Operator { // the second approver is of the operator's support, whose signature is needed anyway
		m.OperatorID, m.OperatorApprovalID = by.Member.ID, requestID
		entries = append(entries, s.operatorEntry(c, by.Member.ID, requestID, ""))
	} else if c.Escalated && s.OperatorOrganisation != "" {
		entries[0].Tell = append(entries[0].Tell, s.forApprovers(ctx, c, s.OperatorOrganisation))
	}
	moved, err := s.Store.MoveCase(ctx, m, entries...)
	if err == nil && !moved {
		err = s.why(ctx, c)
	}
	if err != nil {
		return err
	}
	s.changed(c)
	s.reach(ctx, c, stepApproved, "")
	return nil
}

// sendFirst sends the code of a forgotten phone, with the signature that lets it, if there had to be one.
func (s *Service) sendFirst(ctx context.Context, about matter, m Move, by string, entries ...audit.Entry) (Case, error) {
	c := about.Case
	m.CaseID, m.From, m.To, m.Now = c.ID, []State{Open}, Sent, s.now()
	m.Link, m.LinkUntil, m.Left = 1, m.Now.Add(c.Life), c.Uses
	sent := s.entry(c, by, "case.sent")
	sent.Data["channel"] = string(c.Channel)
	about.Link, about.LinkUntil = m.Link, m.LinkUntil
	if err := s.textAccess(ctx, about); err != nil {
		return c, err
	}
	sent.Tell = append(s.accessLetter(ctx, about), s.notice(ctx, c, stepSent))
	moved, err := s.Store.MoveCase(ctx, m, append(entries, sent)...)
	if err == nil && !moved {
		err = s.why(ctx, c)
	}
	if err != nil {
		return c, err
	}
	c.State, c.Link, c.LinkUntil, c.Left = Sent, m.Link, m.LinkUntil, m.Left
	s.changed(c)
	s.reach(ctx, c, stepSent, "")
	return c, nil
}

// whyNot is why for what goes on also where the organisation is frozen.
func (s *Service) whyNot(ctx context.Context, c Case) error {
	if err := s.stoppedBeside(ctx, c); err != nil {
		return err
	}
	return ErrClosed
}

// why tells why an edge could not be gone along: somebody is frozen, or the case is elsewhere by now.
func (s *Service) why(ctx context.Context, c Case) error {
	if err := s.stopped(ctx, c); err != nil {
		return err
	}
	return ErrClosed
}
