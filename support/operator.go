package support

import (
	"context"
	"errors"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
)

// SignAsOperator is the operator's signature under an escalated case, on the command line.
func (s *Service) SignAsOperator(ctx context.Context, caseID, why string) error {
	c, err := s.Store.Case(ctx, caseID)
	if err != nil {
		return err
	}
	if c.State != Waiting || !c.Escalated || c.OperatorID != "" {
		return ErrClosed
	}
	return s.signedByOperator(ctx, c, accounts.Operator, "", why)
}

// signedByOperator puts the operator's signature under a case.
func (s *Service) signedByOperator(ctx context.Context, c Case, by, requestID, why string) error {
	m := Move{CaseID: c.ID, From: []State{Waiting}, To: Waiting, Now: s.now(), OperatorID: by, OperatorApprovalID: requestID}
	late := !m.Now.Before(c.Due)
	if late { // nobody thinks of it any more: the person hears of it first
		m.Due = m.Now.Add(LateWait)
	}
	entry := s.operatorEntry(c, by, requestID, why)
	if late {
		c.Due = m.Due
		entry.Tell = []any{s.notice(ctx, c, stepApproved)}
	}
	moved, err := s.Store.MoveCase(ctx, m, entry)
	if err == nil && !moved {
		err = s.why(ctx, c)
	}
	if err != nil {
		return err
	}
	s.changed(c)
	if late {
		s.reachLater(ctx, c)
	}
	return nil
}

// reachLater tells the person, beside the mail, when a case is carried out whose time had passed.
func (s *Service) reachLater(ctx context.Context, c Case) {
	s.reach(ctx, c, stepApproved, c.Due.Format("200601021504"))
}

// operatorEntry stands in the installation's own chain: that the operator had to sign says that the person belongs elsewhere too.
func (s *Service) operatorEntry(c Case, by, requestID, why string) audit.Entry {
	entry := s.entry(c, by, "case.operator-signed")
	entry.Organisation = ""
	if requestID != "" {
		entry.Data["approval"] = requestID
	}
	if why != "" {
		entry.Personal = map[string]string{"why": why}
	}
	return entry
}

// LiftAsOperator ends a freeze on the command line; [ErrNotFound] where none stands.
func (s *Service) LiftAsOperator(ctx context.Context, freezeID, why string) error {
	f, err := s.Store.FreezeByID(ctx, freezeID)
	if err != nil {
		return err
	}
	err = s.lift(ctx, f, accounts.Operator, why)
	if errors.Is(err, ErrClosed) {
		err = ErrNotFound
	}
	return err
}
