package phone

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// How the person unlocked the approval key.
const (
	Biometric = "biometric"
	PIN       = "pin"
	NoUnlock  = "none"
)

// Outcome is what became of a request by the decision.
type Outcome struct {
	ID        string    `json:"id"`
	Status    string    `json:"status"`
	DecidedAt time.Time `json:"decided_at"`
}

// decisionKey names what a person decided. The signed decision is kept under it until
// the server has answered, so that a repetition is the same decision and not a second one.
type decisionKey struct{ id, word, number, unlocked string }

const decisionLife = 2 * time.Minute

// Approve says that it was the person, with the number that the browser shows; the number
// is empty where a tap is enough. A wrong number ends the request.
func (p *Phone) Approve(ctx context.Context, id, number, unlocked string) (Outcome, error) {
	return p.decide(ctx, decisionKey{id, "approve", number, unlocked})
}

// Deny says "it was me, stop".
func (p *Phone) Deny(ctx context.Context, id string) (Outcome, error) {
	return p.decide(ctx, decisionKey{id, "deny", "", NoUnlock})
}

// Report says "this was not me", up to a day after the request was decided.
func (p *Phone) Report(ctx context.Context, id string) (Outcome, error) {
	return p.decide(ctx, decisionKey{id, "report", "", NoUnlock})
}

func (p *Phone) decide(ctx context.Context, what decisionKey) (Outcome, error) {
	r, challenge, err := p.find(ctx, what.id)
	if err != nil {
		return Outcome{}, err
	}
	text, err := p.signDecision(r, challenge, what)
	if err != nil {
		return Outcome{}, err
	}
	var outcome Outcome
	err = p.insist(ctx, func() error {
		return p.call(ctx, r, http.MethodPost, "/v1/approvals/"+what.id+"/decision", map[string]string{"decision": text}, &outcome)
	})
	if problem := (*Problem)(nil); err == nil || (errors.As(err, &problem) && problem.Status < 500) {
		p.book.mu.Lock()
		delete(p.book.decisions, what)
		p.book.mu.Unlock()
	}
	return outcome, err
}

// find gives the challenge as it was seen, and asks the servers if it never was.
func (p *Phone) find(ctx context.Context, id string) (row, string, error) {
	if r, text, ok := p.seen(id); ok {
		return r, text, nil
	}
	_, err := p.List(ctx)
	if r, text, ok := p.seen(id); ok {
		return r, text, nil
	}
	return row{}, "", errors.Join(ErrUnknownRequest, err)
}

func (p *Phone) seen(id string) (row, string, bool) {
	for _, r := range p.answered() {
		if k, ok := r.Challenges[id]; ok {
			return r, k.Challenge, true
		}
	}
	return row{}, "", false
}

func (p *Phone) signDecision(r row, challenge string, what decisionKey) (string, error) {
	p.book.mu.Lock()
	defer p.book.mu.Unlock()
	if text, ok := p.book.decisions[what]; ok {
		return text, nil
	}
	claims, err := readChallenge(r, r.ServerKeys, challenge)
	if err != nil {
		return "", err
	}
	key, id, err := signerOf(r, what.word)
	if err != nil {
		return "", err
	}
	text, err := sign(key, typeDecision, id, decisionClaims(r, claims, challenge, what, rand.Text(), p.Now()))
	if err == nil {
		p.book.decisions[what] = text
	}
	return text, err
}

// decisionClaims repeats the challenge and its hash, so that the decision proves what the
// person was shown.
func decisionClaims(r row, c challengeClaims, challenge string, what decisionKey, id string, now time.Time) jwt.MapClaims {
	claims := jwt.MapClaims{
		"iss": r.Device, "sub": c.Subject, "org": c.Organisation, "aud": r.Origin, "aid": c.Approval, "cn": c.Nonce,
		"dec": what.word, "ctxh": hash(challenge), "uv": what.unlocked,
		"iat": now.Unix(), "exp": now.Add(decisionLife).Unix(), "jti": id,
	}
	if what.number != "" {
		claims["num"] = what.number
	}
	return claims
}

// signerOf is the approval key for yes and the device key for no: a phone that is locked
// can always refuse.
func signerOf(r row, word string) (*ecdsa.PrivateKey, string, error) {
	text := r.DeviceKey.Secret
	if word == "approve" {
		text = r.ApprovalKey.Secret
	}
	key, err := parseKey(text)
	if err != nil {
		return nil, "", err
	}
	public, err := publicJWK(key)
	if err != nil {
		return nil, "", err
	}
	return key, public.thumbprint(), nil
}
