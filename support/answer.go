package support

import (
	"context"

	"example.com/aye/internal/audit"
)

// timely ends a check whose time is over.
func (s *Service) timely(ctx context.Context, c Case, check Check) (Check, error) {
	if check.State != Asked || s.now().Before(check.Expires) {
		return check, nil
	}
	err := s.answer(ctx, c, &check, Unheard, "system")
	return check, err
}

// answer writes down what became of the check, and shortens what a waiting case still waits.
func (s *Service) answer(ctx context.Context, c Case, check *Check, to CheckState, actor string) error {
	a := Answer{CheckID: check.ID, To: to, At: s.now()}
	if to == Right {
		a.Shown = Verified
		if check.Channel == ByMail {
			a.Shown = Remaining
		}
	}
	answered, err := s.Store.AnswerCaseCheck(ctx, a, s.answerEntry(c, *check, to, a.Shown, actor))
	if err != nil {
		return err
	}
	if !answered { // somebody else wrote it down
		*check, err = s.Store.CaseCheck(ctx, check.ID)
		return err
	}
	check.State, check.Answered = to, a.At
	s.changed(c)
	if to == Right {
		return s.shorten(ctx, c.ID)
	}
	return nil
}

func (s *Service) answerEntry(c Case, check Check, to CheckState, shown Shown, actor string) audit.Entry {
	entry := s.entry(c, actor, "case.caller-answered")
	entry.Data["check"], entry.Data["channel"], entry.Data["answer"] = check.ID, string(check.Channel), string(to)
	if shown != Nothing {
		entry.Data["shown"] = string(shown)
	}
	if check.ApprovalID != "" {
		entry.Data["approval"] = check.ApprovalID
	}
	return entry
}

// shorten makes a case that waits wait no longer than from now on by what the caller has shown; never longer than before.
func (s *Service) shorten(ctx context.Context, caseID string) error {
	c, err := s.Store.Case(ctx, caseID)
	if err != nil || c.State != Waiting {
		return err
	}
	o, err := s.Directory.Organisation(ctx, c.OrganisationID)
	if err != nil {
		return err
	}
	due := s.now().Add(Wait(c.Shown, o))
	if !due.Before(c.Due) {
		return nil
	}
	entry := s.entry(c, "system", "case.shortened")
	entry.Data["shown"], entry.Data["due"] = string(c.Shown), due.Format("2006-01-02T15:04:05Z07:00")
	moved, err := s.Store.MoveCase(ctx, Move{CaseID: c.ID, From: []State{Waiting}, To: Waiting, Due: due, Now: s.now()}, entry)
	if err == nil && moved {
		s.changed(c)
	}
	return err
}

// denied writes down that the person talks to nobody, and stops the case.
func (s *Service) denied(ctx context.Context, c Case, check *Check, by, actor string) error {
	if check.State == Asked {
		if err := s.answer(ctx, c, check, NotMe, actor); err != nil {
			return err
		}
	}
	_, err := s.stop(ctx, c, by, actor)
	return err
}
