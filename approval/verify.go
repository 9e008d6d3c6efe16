package approval

import (
	"context"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
)

// Verify approves with a code that the person typed: a one-time code of a phone or of an
// authenticator app ([TOTP]), a recovery code ([Recovery]), the code of the newest text message about
// the request ([SMS]), or a temporary code that support sent ([Temporary]), which counts for the request's organisation
// alone, and there whatever else it allows. It fails with [ErrMethod] where the organisation does not allow that, with
// [ErrNotFound], [ErrDecided], with sms.ErrNotOpen where the person could get no code any more, or as
// the codes do.
func (s *Service) Verify(ctx context.Context, application accounts.Application, id string, method Method, code secret.Secret) (View, error) {
	r, err := s.find(ctx, application.ID, id)
	if err != nil {
		return View{}, err
	}
	if method != TOTP && method != Recovery && method != SMS && method != Temporary {
		return View{}, ErrMethod
	}
	if r.State != Pending {
		return View{}, &DecidedError{r.State}
	}
	local, err := s.prove(ctx, r, method, code.Reveal())
	if err != nil {
		return View{}, err
	}
	now := s.Now().UTC()
	d := Decision{
		RequestID: r.ID, Verdict: Approve, Method: method, Verified: Unverified, Local: local, State: Approved, At: now, RedeemBy: now.Add(RedeemLife),
	}
	moved, err := s.move(ctx, r, Move{
		From: []State{Pending}, To: Approved, InTime: true, Decision: &d,
		Budget: func(b Budget) Budget { return b.After(Approved, r.Withheld, now) },
	}, application.ID)
	if err != nil {
		return View{}, err
	}
	if !moved {
		return View{}, s.decidedAlready(ctx, r.ID)
	}
	if err := s.decided(ctx, r, d); err != nil {
		return View{}, err
	}
	return s.View(ctx, application.ID, id)
}

// prove checks the code, if the organisation takes such codes now, and tells whether it counts
// for this organisation alone.
func (s *Service) prove(ctx context.Context, r Request, method Method, code string) (local bool, err error) {
	organisation, member, err := s.asked(ctx, r)
	if err != nil {
		return false, err
	}
	switch {
	case method == TOTP && organisation.Allows(accounts.TOTP):
		only := r.OrganisationID
		if r.Everywhere {
			only = ""
		}
		return s.Codes.Verify(ctx, r.PersonID, only, r.ApplicationID, r.ID, code)
	case method == Recovery && organisation.Allows(accounts.Recovery):
		return false, s.Codes.VerifyRecovery(ctx, r.PersonID, r.ApplicationID, r.ID, code)
	case method == Temporary && !r.Everywhere:
		return true, s.Codes.VerifyAccess(ctx, r.PersonID, r.OrganisationID, r.ApplicationID, r.ID, code)
	case method == SMS && s.Texts != nil && organisation.Allows(accounts.SMS):
		return false, s.proveText(ctx, r, organisation, member, code)
	}
	return false, ErrMethod
}
