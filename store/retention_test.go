package store_test

import (
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
)

// TestOldRequestsAreErased: after 90 days nobody can tell any more where somebody logged in
// from; that they agreed, and to what, can still be shown.
func TestOldRequestsAreErased(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone := w.Pair(ada)
	old := w.Ask(ada, func(q *approval.Question) { q.Message = "Log in" })
	claims := phone.DecisionClaims(old.Request, approval.Approve)
	claims["num"] = old.Number.Reveal()
	_, err := w.Send(phone, old.Request, phone.SignDecision(phone.ApprovalKey, claims))
	must(t, err)
	w.Clock.Pass(approval.EvidenceLife)
	young := w.Ask(ada)

	_, err = w.Store.Erase(t.Context(), w.Clock.Now().Add(-approval.EvidenceLife))
	must(t, err)
	ayetest.Same(t, "not old enough", mustFind(t, w, old.ID).Context, old.Context)
	w.Clock.Pass(approval.MinimumLife)
	more, err := w.Store.Erase(t.Context(), w.Clock.Now().Add(-approval.EvidenceLife))
	must(t, err)
	ayetest.Same(t, "more", more, false)
	r := mustFind(t, w, old.ID)
	ayetest.Same(t, "context", r.Context, approval.Context{})
	ayetest.Same(t, "challenge and message", r.Challenge+r.Message, "")
	decision, err := w.Store.Decision(t.Context(), phone.Device.ID, claims["jti"].(string))
	must(t, err)
	kept := jwt.MapClaims{}
	_, _, err = jwt.NewParser().ParseUnverified(decision.Evidence, kept)
	must(t, err)
	ayetest.Same(t, "what was shown", kept["ctxh"], any(ayetest.Hash(old.Challenge)))
	ayetest.Same(t, "a young one", mustFind(t, w, young.ID).Context, young.Context)
}

func mustFind(t *testing.T, w *ayetest.World, id string) approval.Request {
	t.Helper()
	r, err := w.Store.Request(t.Context(), id)
	must(t, err)
	return r
}
