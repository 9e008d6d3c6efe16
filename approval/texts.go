package approval

import (
	"cmp"
	"context"
	"errors"
	"net/url"

	"example.com/aye/accounts"
	"example.com/aye/sms"
)

// SendCode sends a code to the person in a text message; [SMS] is the only method that it takes. The
// purpose says who pays. It fails with [ErrMethod], also where the organisation does not allow text
// messages, with [ErrNotFound] or [ErrDecided], or as sms.Service.SendCode does: with sms.ErrNoAnswer
// the message is given too, for it may have gone out.
func (s *Service) SendCode(ctx context.Context, application accounts.Application, id string, method Method, purpose accounts.TextPurpose) (sms.Posted, error) {
	r, err := s.find(ctx, application.ID, id)
	if err != nil {
		return sms.Posted{}, err
	}
	if method != SMS || s.Texts == nil {
		return sms.Posted{}, ErrMethod
	}
	if r.State != Pending {
		return sms.Posted{}, &DecidedError{r.State}
	}
	organisation, member, err := s.asked(ctx, r)
	if err == nil && !organisation.Allows(accounts.SMS) {
		err = ErrMethod
	}
	if err != nil {
		return sms.Posted{}, err
	}
	posted, err := s.Texts.SendCode(ctx, sms.Ask{
		Organisation: organisation, Member: member, Purpose: cmp.Or(purpose, accounts.TextLogin), RequestID: r.ID, Host: s.textHost(application),
		Known: !r.NewBrowser,
	})
	if err != nil && !errors.Is(err, sms.ErrNoAnswer) {
		return posted, err
	}
	// The vendor may have been slow, and the page gone: what was sent is written down all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), followTime)
	defer cancel()
	entry := s.entry(r, application.ID, "approval.code-sent")
	entry.Data["method"], entry.Data["message"] = string(SMS), posted.ID
	return posted, errors.Join(err, s.Audit.Write(ctx, entry))
}

// asked is who was asked, as they are now; [ErrNotFound] for who is no member any more.
func (s *Service) asked(ctx context.Context, r Request) (accounts.Organisation, accounts.Member, error) {
	organisation, member, err := s.Directory.MemberOf(ctx, r.OrganisationID, accounts.UserReference{ID: r.MembershipID})
	if errors.Is(err, accounts.ErrNotFound) {
		err = ErrNotFound
	}
	return organisation, member, err
}

// textHost is the host of the page where the code is typed, by which browsers fill it in. An application
// whose pages have several hosts, or none, does without.
func (s *Service) textHost(a accounts.Application) string {
	origins, host := a.Origins, ""
	if a.Kind == accounts.KindPortal {
		origins = []string{s.Origin}
	}
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if err != nil || (host != "" && u.Hostname() != host) {
			return ""
		}
		host = u.Hostname()
	}
	return host
}

// texts tells whether the person could get a code in a text message now.
func (s *Service) texts(ctx context.Context, o accounts.Organisation, m accounts.Member, purpose accounts.TextPurpose) (bool, error) {
	if s.Texts == nil || !o.Allows(accounts.SMS) {
		return false, nil
	}
	open, err := s.Texts.Open(ctx, o, m, cmp.Or(purpose, accounts.TextLogin))
	return open.Reason == sms.Open, err
}

// proveText checks the code of a text message, if who it was sent to could still get one: what holds may have
// changed since. That no more messages go out does not matter, for this one is paid.
func (s *Service) proveText(ctx context.Context, r Request, o accounts.Organisation, m accounts.Member, code string) error {
	posted, err := s.Texts.LastCode(ctx, r.ID)
	if err != nil && !errors.Is(err, sms.ErrNotFound) {
		return err
	}
	if err == nil {
		open, err := s.Texts.Open(ctx, o, m, posted.Purpose)
		if err != nil {
			return err
		}
		if open.Reason != sms.Open && open.Reason != sms.Halted && open.Reason != sms.CapReached {
			return &sms.ClosedError{Openness: open}
		}
	}
	return s.Codes.VerifyText(ctx, r.PersonID, r.ApplicationID, r.ID, code)
}
