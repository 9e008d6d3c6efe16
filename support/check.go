package support

import (
	"context"
	"errors"
	"slices"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/secret"
)

// mayVerify is nil where the caller of the case can be asked.
func (s *Service) mayVerify(c Case) error {
	if (c.State == Open && s.now().Before(c.Expires)) || (c.State == Waiting && c.Kind == Lost) {
		return nil
	}
	return ErrClosed
}

// Verify asks the caller whether it is them who talks to this agent. It fails with [ErrClosed], [ErrChannel] or [ErrTooMany].
// While a question on that way waits for its answer, it is that one.
func (d *Desk) Verify(ctx context.Context, caseID string, by Channel) (Checking, error) {
	ctx, st, about, err := d.acts(ctx, caseID)
	if err != nil {
		return Checking{}, err
	}
	s := d.service
	if err = s.mayVerify(about.Case); err != nil {
		return Checking{}, err
	}
	if err = s.stoppedBeside(ctx, about.Case); err != nil {
		return Checking{}, err
	}
	open, err := s.channels(ctx, about.Case)
	if err == nil && !slices.Contains(open, by) {
		err = ErrChannel
	}
	if err != nil {
		return Checking{}, err
	}
	checks, err := s.Store.CaseChecks(ctx, caseID)
	if err != nil {
		return Checking{}, err
	}
	for _, before := range checks {
		if before.Channel == by && before.AgentID == st.Member.ID && before.State == Asked && s.now().Before(before.Expires) {
			return d.Checking(ctx, caseID, before.ID)
		}
	}
	check := Check{ID: secret.NewID("chk"), CaseID: caseID, Channel: by, AgentID: st.Member.ID, State: Asked, Asked: s.now(), Expires: s.now().Add(CheckLife)}
	if by == ByPush {
		return d.push(ctx, st, about, check)
	}
	if err = s.keepCheck(ctx, about.Case, check, s.checkLetter(about, check, st.Member.Person.Display)...); err != nil {
		return Checking{}, err
	}
	if err = s.textCheck(ctx, about, check, st.Member.Person.Display); err != nil {
		return Checking{}, err
	}
	return Checking{Check: check, Expires: check.Expires}, nil
}

// keepCheck writes the question down before it goes out.
func (s *Service) keepCheck(ctx context.Context, c Case, check Check, letter ...any) error {
	entry := s.entry(c, check.AgentID, "case.caller-asked")
	entry.Data["check"], entry.Data["channel"] = check.ID, string(check.Channel)
	if check.ApprovalID != "" {
		entry.Data["approval"] = check.ApprovalID
	}
	entry.Tell = letter
	err := s.Store.AddCaseCheck(ctx, check, ChecksPerCase, entry)
	if err == nil {
		s.changed(c)
	}
	return err
}

// checkLetter is the mail with link and code, which is written with the question; none where another way was chosen. The agent sees
// neither.
func (s *Service) checkLetter(about matter, check Check, agent string) []any {
	if check.Channel != ByMail {
		return nil
	}
	p := about.Member.Person
	return []any{accounts.Letter{
		Kind: accounts.LetterCheck, PersonID: p.ID, Display: p.Display, Locale: p.Locale, OrganisationID: about.OrganisationID,
		Token: s.checkToken(check.ID), Code: s.checkCode(check.ID), Agent: agent, Life: CheckLife,
	}}
}

// textCheck sends the same by text message, where that was chosen.
func (s *Service) textCheck(ctx context.Context, about matter, check Check, agent string) error {
	if check.Channel == ByMail {
		return nil
	}
	p, token, code := about.Member.Person, s.checkToken(check.ID), s.checkCode(check.ID)
	err := s.Texts.Inform(ctx, Text{
		Kind: TextCheck, Person: p, Organisation: about.Organisation, Agent: agent, Link: s.Origin + "/caller/" + token.Reveal(), Code: code, About: check.ID,
	})
	if err == nil {
		return nil
	}
	entry := s.entry(about.Case, "system", "case.caller-answered")
	entry.Data["check"], entry.Data["answer"] = check.ID, string(NotAsked)
	_, failed := s.Store.AnswerCaseCheck(ctx, Answer{CheckID: check.ID, To: NotAsked, At: s.now()}, entry)
	return errors.Join(ErrChannel, failed)
}

// callerQuestion is what the caller's phone is asked. The browser is none: the agent's must never count as one that the person
// was let in from.
func (d *Desk) callerQuestion(about matter, check Check, agent string) approval.Question {
	message, details := about.toCaller(agent)
	return approval.Question{
		User: accounts.UserReference{ID: about.MembershipID}, Careful: true, OneMore: true, Life: approval.MaximumLife, Message: message, Details: details,
		Context: approval.Context{IP: d.agent.IP, UserAgent: d.agent.UserAgent, Browser: check.ID}, CreationKey: "caller:" + check.ID,
	}
}

// push asks on the person's phones, with the number that the agent reads out.
func (d *Desk) push(ctx context.Context, st Standing, about matter, check Check) (Checking, error) {
	s := d.service
	portal, err := s.Directory.PortalOf(ctx, about.OrganisationID)
	if err != nil {
		return Checking{}, err
	}
	checks, err := s.Store.CaseChecks(ctx, about.ID)
	if err == nil && len(checks) >= ChecksPerCase {
		err = ErrTooMany // before the phone rings
	}
	if err != nil {
		return Checking{}, err
	}
	asked, err := s.Asker.Ask(ctx, portal, d.callerQuestion(about, check, st.Member.Person.Display))
	if errors.Is(err, approval.ErrNotEnrolled) {
		err = ErrChannel
	}
	if err != nil {
		return Checking{}, err
	}
	check.ApprovalID, check.Expires = asked.ID, asked.Expires
	if err = s.keepCheck(ctx, about.Case, check); err != nil {
		return Checking{}, errors.Join(err, s.withdraw(ctx, about.Case, asked.ID))
	}
	return Checking{Check: check, Number: asked.Number, Ticket: asked.Ticket, Expires: asked.Expires}, nil
}
