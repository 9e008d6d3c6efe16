package ayetest

import (
	"crypto/ecdsa"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/secret"
)

// Question is an ordinary one about the person; each has a browser of its own.
func Question(m accounts.Member) approval.Question {
	return approval.Question{User: Named(m), Context: approval.Context{
		IP: "203.0.113.7", Browser: secret.NewID("b"), UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	}}
}

// Ask lets the shop ask the person. The functions change the question before.
func (w *World) Ask(m accounts.Member, change ...func(*approval.Question)) approval.Asked {
	w.Helper()
	asked, err := w.TryAsk(m, change...)
	w.must(err)
	return asked
}

// TryAsk is [World.Ask] where it may fail.
func (w *World) TryAsk(m accounts.Member, change ...func(*approval.Question)) (approval.Asked, error) {
	q := Question(m)
	for _, c := range change {
		c(&q)
	}
	return w.Approvals.Ask(w.Context(), w.Shop, q)
}

// Tap asks for one tap.
func Tap(q *approval.Question) { q.Confirm = approval.Tap }

// From asks from the browser.
func From(browser string) func(*approval.Question) {
	return func(q *approval.Question) { q.Context.Browser = browser }
}

// DecisionClaims are those of an honest decision, without a number.
func (p *Phone) DecisionClaims(r approval.Request, verdict approval.Verdict) jwt.MapClaims {
	now := p.clock.Now().Unix()
	return jwt.MapClaims{
		"iss": p.Device.ID, "sub": r.MembershipID, "org": r.OrganisationID, "aud": Origin, "aid": r.ID, "cn": r.ChallengeNonce,
		"dec": string(verdict), "ctxh": Hash(r.Challenge), "uv": "biometric", "iat": now, "exp": now + 120, "jti": secret.NewID("jti"),
	}
}

// SignDecision signs a decision with the key, one of the phone's.
func (p *Phone) SignDecision(key *ecdsa.PrivateKey, claims jwt.MapClaims) string {
	return Sign(key, approval.DecisionType, Thumbprint(key), claims)
}

// Decide sends an approval of the phone, signed by its approval key. The function changes
// the claims before they are signed.
func (w *World) Decide(p *Phone, r approval.Request, change func(jwt.MapClaims)) (approval.Decided, error) {
	claims := p.DecisionClaims(r, approval.Approve)
	change(claims)
	return w.Send(p, r, p.SignDecision(p.ApprovalKey, claims))
}

// Send sends a signed decision as the phone, as the server knows it now.
func (w *World) Send(p *Phone, r approval.Request, decision string) (approval.Decided, error) {
	w.Helper()
	device, err := w.Store.Device(w.Context(), p.Device.ID)
	w.must(err)
	return w.Approvals.Decide(w.Context(), device, r.ID, decision)
}

// Approve approves with the right number.
func (w *World) Approve(p *Phone, asked approval.Asked) (approval.Decided, error) {
	w.Helper()
	return w.Decide(p, asked.Request, func(c jwt.MapClaims) { c["num"] = asked.Number.Reveal() })
}

// Deny says "it was me, stop".
func (w *World) Deny(p *Phone, asked approval.Asked) (approval.Decided, error) {
	w.Helper()
	return w.Decide(p, asked.Request, func(c jwt.MapClaims) { c["dec"] = "deny" })
}

// Report says "this was not me".
func (w *World) Report(p *Phone, asked approval.Asked) (approval.Decided, error) {
	w.Helper()
	return w.Decide(p, asked.Request, func(c jwt.MapClaims) { c["dec"] = "report" })
}

// State gives where the request is now.
func (w *World) State(id string) approval.State {
	w.Helper()
	r, err := w.Approvals.Find(w.Context(), id)
	w.must(err)
	return r.State
}

// ReleaseCode gives the code as the waiting page gets it.
func (w *World) ReleaseCode(asked approval.Asked) secret.Secret {
	w.Helper()
	view, err := w.Approvals.View(w.Context(), w.Shop.ID, asked.ID)
	w.must(err)
	return view.ReleaseCode
}

// Redeem lets the shop redeem, with an idempotency key or an empty one.
func (w *World) Redeem(asked approval.Asked, code secret.Secret, key string) (approval.Redemption, error) {
	return w.Approvals.Redeem(w.Context(), approval.Redeeming{Application: w.Shop, RequestID: asked.ID, Code: code, Key: key})
}
