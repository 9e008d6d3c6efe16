package approval

import (
	"context"
	"errors"
	"strings"
	"time"

	"example.com/aye/devices"
	"example.com/aye/internal/jws"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
)

// DecisionType is the typ of a decision.
const DecisionType = "aye-decision+jwt"

// Decided is the answer to a decision; the same decision again gets the same.
type Decided struct {
	RequestID string
	State     State
	At        time.Time
}

type decisionClaims struct {
	Issuer        string `json:"iss"`
	Subject       string `json:"sub"`
	Organisation  string `json:"org"`
	Audience      string `json:"aud"`
	Request       string `json:"aid"`
	Nonce         string `json:"cn"`
	Verdict       string `json:"dec"`
	Number        string `json:"num"`
	ChallengeHash string `json:"ctxh"`
	Verification  string `json:"uv"`
	IssuedAt      int64  `json:"iat"`
	ExpiresAt     int64  `json:"exp"`
	ID            string `json:"jti"`
}

// Decide takes the decision that a phone signed. The order of the checks is part of the
// protocol. It fails with [ErrDecision], [ErrNotFound], [ErrDecided], [ErrTooLate],
// [ErrNumberRequired] or devices.ErrNotActive; a wrong number is no failure but the end of the request.
func (s *Service) Decide(ctx context.Context, device devices.Device, requestID, compact string) (Decided, error) {
	message, err := jws.Parse(DecisionType, compact)
	if err != nil {
		return Decided{}, ErrDecision
	}
	if device.Status != devices.Active {
		return Decided{}, devices.ErrNotActive
	}
	r, err := s.Store.Request(ctx, requestID)
	if err != nil {
		return Decided{}, err
	}
	if r.PersonID != device.PersonID || !r.Takes(device) {
		return Decided{}, ErrNotFound // another person's request never was
	}
	claims, err := s.verified(message, device)
	if err != nil {
		return Decided{}, err
	}
	if claims.Issuer != device.ID || claims.Subject != r.MembershipID || claims.Organisation != r.OrganisationID ||
		claims.Audience != s.Origin || claims.Request != r.ID {
		return Decided{}, ErrDecision
	}
	// While the request is pending, this decision has not been made; see also lost.
	if r.State != Pending {
		if known, err := s.Store.Decision(ctx, device.ID, claims.ID); err == nil {
			return s.again(ctx, r, known)
		} else if !errors.Is(err, ErrNotFound) {
			return Decided{}, err
		}
	}
	if !secret.Equal(secret.Secret(claims.Nonce), secret.Secret(r.ChallengeNonce)) || claims.ChallengeHash != jws.HashText(r.Challenge) {
		return Decided{}, ErrChallenge
	}
	if Verdict(claims.Verdict) == Approve && r.Confirm == Number && claims.Number == "" {
		return Decided{}, ErrNumberMissing // an app that forgot it has not guessed
	}
	decision := Decision{
		ID: claims.ID, RequestID: r.ID, DeviceID: device.ID, Verdict: Verdict(claims.Verdict), Method: Push,
		Verified: Verification(claims.Verification), Local: device.Local, Evidence: compact, At: s.Now().UTC(),
	}
	return s.decide(ctx, r, decision, secret.Secret(claims.Number))
}

// verified checks the signature with the key that the verdict needs: only the approval
// key, which the phone keeps behind biometrics or a PIN, can approve.
func (s *Service) verified(message *jws.Message, device devices.Device) (decisionClaims, error) {
	var claims decisionClaims
	if err := message.Unverified(&claims); err != nil {
		return claims, ErrDecision
	}
	key := device.ApprovalKey
	switch Verdict(claims.Verdict) {
	case Approve:
	case Deny, Report:
		if message.KeyID == device.Key.Thumbprint() {
			key = device.Key
		}
	default:
		return claims, ErrDecision
	}
	if message.KeyID != key.Thumbprint() {
		if message.KeyID == device.Key.Thumbprint() {
			return claims, ErrApprovalKey
		}
		return claims, ErrKey
	}
	public, err := key.Public()
	if err != nil || message.Signed(public) != nil {
		return claims, ErrDecision
	}
	switch Verification(claims.Verification) {
	case Biometric, PIN, Unverified:
	default:
		return claims, ErrDecision
	}
	if claims.IssuedAt == 0 || claims.ExpiresAt == 0 || !devices.ValidProofID(claims.ID) {
		return claims, ErrDecision
	}
	return claims, nil
}

func (s *Service) again(ctx context.Context, r Request, known Decision) (Decided, error) {
	if known.RequestID != r.ID {
		return Decided{}, ErrDecision
	}
	// The server may have ended between the report and what follows from it.
	if known.State == Reported {
		if err := s.undo(ctx, r); err != nil {
			return Decided{}, err
		}
	}
	return Decided{RequestID: r.ID, State: known.State, At: known.At}, nil
}

func (s *Service) decide(ctx context.Context, r Request, d Decision, typed secret.Secret) (Decided, error) {
	r, err := s.current(ctx, r)
	if err != nil {
		return Decided{}, err
	}
	m := Move{From: []State{Pending}, InTime: true, Decision: &d}
	switch d.Verdict {
	case Deny:
		m.To = Denied
	case Report:
		if m, err = reporting(r, &d); err != nil {
			return Decided{}, err
		}
	case Approve:
		m.To = s.judge(r, typed)
		// One tap cannot tell two requests apart that stand side by side.
		m.Alone = r.Confirm == Tap
		d.RedeemBy = d.At.Add(RedeemLife)
	}
	d.State = m.To
	m.Budget = func(b Budget) Budget { return b.After(d.State, r.Withheld, d.At) }
	moved, err := s.move(ctx, r, m, d.DeviceID)
	if err != nil {
		return Decided{}, err
	}
	if !moved {
		return s.lost(ctx, r, m)
	}
	return Decided{RequestID: r.ID, State: m.To, At: d.At}, s.decided(ctx, r, d)
}

// judge looks at the number, once: there is no second guess.
func (s *Service) judge(r Request, typed secret.Secret) State {
	if r.Confirm == Number && !secret.Equal(typed, s.number(r, r.Salt)) {
		return Mismatched
	}
	return Approved
}

// lost tells why an edge could not be gone along.
func (s *Service) lost(ctx context.Context, r Request, m Move) (Decided, error) {
	// Two copies of one decision at once: the one that came second gets the first's answer.
	if known, err := s.Store.Decision(ctx, m.Decision.DeviceID, m.Decision.ID); err == nil {
		if known.RequestID != r.ID { // the id was used for another request
			return Decided{}, ErrDecision
		}
		return Decided{RequestID: r.ID, State: known.State, At: known.At}, nil
	}
	now, err := s.Find(ctx, r.ID)
	if err != nil {
		return Decided{}, err
	}
	if now.State != Pending {
		return Decided{}, &DecidedError{now.State}
	}
	if m.Alone {
		return Decided{}, ErrNumberRequired
	}
	return Decided{}, devices.ErrUnknown // the phone was removed meanwhile
}

// followTime bounds what follows from an answer.
const followTime = 10 * time.Second

// decided does what follows from an answer. Nothing of it can change the answer.
func (s *Service) decided(ctx context.Context, r Request, d Decision) error {
	// The phone may have hung up, which must not keep any of this from being done.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), followTime)
	defer cancel()
	if d.State == Reported {
		if err := s.undo(ctx, r); err != nil {
			return err
		}
	}
	err := both(func() error {
		phones, err := s.otherPhones(ctx, r, d.DeviceID)
		if err == nil {
			s.push(ctx, r, phones, notify.MessageWithdraw)
		}
		return err
	}, func() error {
		if d.State != Approved || d.Method != Push {
			return nil
		}
		return s.Codes.Unlock(ctx, r.PersonID)
	})
	if err != nil {
		return err
	}
	if d.State == Reported {
		return nil
	}
	return s.answered(ctx, r)
}

func (s *Service) answered(ctx context.Context, r Request) error {
	if r.Purpose != NewPhone || s.Answered == nil {
		return nil
	}
	return s.Answered(ctx, r.Subject)
}

func (s *Service) push(ctx context.Context, r Request, phones []devices.Device, kind notify.Kind) {
	if r.Withheld {
		return // what was not pushed need not be withdrawn either
	}
	for _, phone := range phones {
		if !phone.Reachable() {
			continue
		}
		push := notify.Push{Target: phone.Target(), Message: notify.Message{
			Kind: kind, Reference: r.ID, Device: phone.ID, Title: title(phone.Locale), Expires: r.Expires,
		}}
		if err := s.Pusher.Enqueue(push); err != nil && kind == notify.MessageApproval {
			s.undelivered(ctx, r, phone, err)
		}
	}
}

// title is the only sentence that Apple and Google see.
func title(locale string) string {
	if strings.HasPrefix(strings.ToLower(locale), "nl") {
		return "Inlogverzoek accepteren?"
	}
	return "Accept login request?"
}
