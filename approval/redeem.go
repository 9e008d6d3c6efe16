package approval

import (
	"context"
	"errors"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

// AssertionType is the typ of an assertion.
const AssertionType = "aye-assertion+jwt"

// Redeeming is an application's wish to let its browser in.
type Redeeming struct {
	Application accounts.Application
	RequestID   string
	Code        secret.Secret
	// Key is the idempotency key; empty where none was given, and then nothing is repeated.
	Key string
}

// Redemption says who logged in. The same idempotency key gets the same.
type Redemption struct {
	Request
	Member accounts.Member
	// Device is the phone that answered; its ID is empty when a code was typed.
	Device devices.Device
	// Within is the only organisation that what answered counts for; empty where it counts everywhere.
	Within string
	// Assertion is signed for the application.
	Assertion secret.Secret
}

// Redeem releases an approved request, once. It fails with [ErrNotFound],
// [ErrReleaseCode], [ErrNotApproved], [ErrLapsed] or [ErrRedeemed].
func (s *Service) Redeem(ctx context.Context, w Redeeming) (Redemption, error) {
	r, err := s.find(ctx, w.Application.ID, w.RequestID)
	if err != nil {
		return Redemption{}, err
	}
	if !secret.Equal(w.Code, s.releaseCode(r.ID)) {
		return Redemption{}, s.refused(ctx, r, w, "wrong-code", ErrReleaseCode)
	}
	var out Redemption
	err = both(func() (err error) {
		out.Member, err = s.Directory.Member(ctx, r.OrganisationID, accounts.UserReference{ID: r.MembershipID})
		if errors.Is(err, accounts.ErrNotFound) {
			err = ErrNotFound // the membership has ended meanwhile
		}
		return err
	}, func() (err error) {
		if r.DecidedBy != "" { // who answered stays, so it need not wait for the release
			out.Device, err = s.Phones.Known(ctx, r.DecidedBy)
		}
		return err
	})
	if err != nil {
		return Redemption{}, err
	}
	if out.Request, err = s.release(ctx, r, w); err != nil {
		return Redemption{}, err
	}
	out.Assertion, err = s.assertion(out.Request, w.Application)
	if out.Local {
		out.Within = r.OrganisationID
	}
	return out, err
}

// release gives the released request to the one redeem that wins, and to its repetitions.
func (s *Service) release(ctx context.Context, r Request, w Redeeming) (Request, error) {
	key := ""
	if w.Key != "" {
		key = secret.Hash(secret.Secret(w.Application.ID + "|" + w.Key))
	}
	if r.State == Approved {
		redeemed := Redeemed{Key: key, AssertionID: secret.NewID("ast")}
		won, err := s.move(ctx, r, Move{From: []State{Approved}, To: Released, InTime: true, Redeemed: &redeemed}, w.Application.ID)
		if err != nil {
			return Request{}, err
		}
		r, err = s.Find(ctx, r.ID)
		if err != nil || (won && r.State == Released) { // unless it was reported that very moment
			return r, err
		}
	}
	switch r.State {
	case Released:
		if key == "" || r.RedeemKey != key {
			return Request{}, s.refused(ctx, r, w, "redeemed", ErrRedeemed)
		}
		return r, nil
	case Lapsed:
		return Request{}, ErrLapsed
	case Pending, Approved, Denied, Reported, Mismatched, Expired, Cancelled, Superseded:
	}
	return Request{}, &NotApprovedError{r.State}
}

// refused writes down a redeem that should not have come: somebody may have the code.
func (s *Service) refused(ctx context.Context, r Request, w Redeeming, why string, cause error) error {
	entry := s.entry(r, w.Application.ID, "approval.redeem-refused")
	entry.Data["why"] = why
	return errors.Join(cause, s.Audit.Write(ctx, entry))
}

// assertion is made of the row alone, so that a repeated redeem says the same.
func (s *Service) assertion(r Request, application accounts.Application) (secret.Secret, error) {
	means, strength := authentication(r)
	assertion, err := s.Signer.Sign(AssertionType, jwt.MapClaims{
		"iss": s.Origin, "sub": r.MembershipID, "aud": application.ID, "org": r.OrganisationID, "aid": r.ID,
		"jti": r.AssertionID, "iat": r.Released.Unix(), "exp": r.Released.Add(AssertionLife).Unix(),
		"auth_time": r.Decided.Unix(), "amr": means, "acr": strength,
	})
	return secret.Secret(assertion), err
}

// authentication gives the amr values (RFC 8176) and the acr value of an approval.
func authentication(r Request) (means []string, strength string) {
	switch r.Method {
	case SMS:
		return []string{"otp", "sms"}, "aye:code"
	case TOTP, Recovery, Temporary:
		return []string{"otp"}, "aye:code"
	case Push:
	}
	means = []string{"pop", "user"}
	if r.Verified == PIN {
		means = append(means, "pin")
	}
	return means, "aye:" + string(r.Confirm)
}

// Audit writes what changes nothing but must be known.
type Audit interface {
	Write(ctx context.Context, entry audit.Entry) error
}
