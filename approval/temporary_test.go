package approval_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
)

// TestATemporaryCodeApproves: whatever the organisation allows, once, and for itself alone.
func TestATemporaryCodeApproves(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.Change(func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{} })
	s := newStand(w)
	_, code := w.SendAccess(s.member, time.Hour, 1)
	asked := w.Ask(s.member)
	ayetest.Same(t, "methods", asked.Methods, []approval.Method{approval.Push, approval.Temporary})
	_, err := w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.Temporary, "0000-0000-0000")
	ayetest.Fails(t, err, otp.ErrWrong)
	view, err := w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.Temporary, secret.Secret(strings.ToUpper(code.Reveal())))
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "answer", []string{string(view.State), string(view.Method)}, []string{"approved", "temporary"})
	redeemed, err := w.Redeem(asked, view.ReleaseCode, "")
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "redeemed", []string{string(redeemed.Method), redeemed.Device.ID, redeemed.Within}, []string{"temporary", "", s.member.OrganisationID})
	claims := claimsOf(w, approval.AssertionType, redeemed.Assertion.Reveal())
	ayetest.Same(t, "said", []any{claims["amr"], claims["acr"]}, []any{[]any{"otp"}, "aye:code"})

	after := w.Ask(s.member)
	ayetest.Same(t, "methods once it was used", after.Methods, []approval.Method{approval.Push})
	_, err = w.Approvals.Verify(t.Context(), w.Shop, after.ID, approval.Temporary, code)
	ayetest.Fails(t, err, otp.ErrNone)
}

// Who has nothing else is asked as long as the code works, and not about a phone.
func TestATemporaryCodeAlone(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, everywhere := w.AddPerson("Ada"), func(q *approval.Question) { q.Everywhere = true }
	_, code := w.SendAccess(ada, time.Hour, 2)
	ayetest.Same(t, "methods", w.Ask(ada).Methods, []approval.Method{approval.Temporary})
	_, err := w.Approvals.AskNewPhone(t.Context(), approval.NewPhoneQuestion{OrganisationID: ada.OrganisationID, MembershipID: ada.ID, Life: time.Minute})
	ayetest.Fails(t, err, approval.ErrNotEnrolled)
	_, err = w.TryAsk(ada, everywhere)
	ayetest.Fails(t, err, approval.ErrNotEnrolled)
	late := w.Ask(ada)
	w.Clock.Pass(time.Hour)
	_, err = w.TryAsk(ada)
	ayetest.Fails(t, err, approval.ErrNotEnrolled)
	_, err = w.Approvals.Verify(t.Context(), w.Shop, late.ID, approval.Temporary, code)
	ayetest.Fails(t, err, approval.ErrDecided)
}

// TestThreatATemporaryCodeAnswersForAll: it counts neither where the answer opens every organisation, nor elsewhere.
func TestThreatATemporaryCodeAnswersForAll(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	other := w.AddOrganisation(func(*accounts.Organisation) {})
	client, there := w.AddApplication(other, "Another shop"), w.Join(other, s.member)
	_, code := w.SendAccess(s.member, time.Hour, 2)

	asked := w.Ask(s.member, func(q *approval.Question) { q.Everywhere = true })
	ayetest.Same(t, "methods", slices.Contains(asked.Methods, approval.Temporary), false)
	_, err := w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.Temporary, code)
	ayetest.Fails(t, err, approval.ErrMethod)
	ayetest.Same(t, "state", w.State(asked.ID), approval.Pending)

	elsewhere, err := w.Approvals.Ask(t.Context(), client, ayetest.Question(there))
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "methods elsewhere", slices.Contains(elsewhere.Methods, approval.Temporary), false)
	_, err = w.Approvals.Verify(t.Context(), client, elsewhere.ID, approval.Temporary, code)
	ayetest.Fails(t, err, otp.ErrNone)
	_, err = w.Approvals.Verify(t.Context(), w.Shop, w.Ask(s.member).ID, approval.Temporary, code)
	ayetest.Fails(t, err, nil) // none of that used it up
}

// What answered at the right moment is worth nothing once the person said "stop, this was not me".
func TestThreatATemporaryCodeOfAStoppedCase(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	c, code := w.SendAccess(s.member, time.Hour, 2)
	asked, waiting := w.Ask(s.member), w.Ask(s.member)
	view, err := w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.Temporary, code)
	ayetest.Fails(t, err, nil)
	w.Stop(c)
	_, err = w.Redeem(asked, view.ReleaseCode, "")
	ayetest.Fails(t, err, approval.ErrNotApproved)
	_, err = w.Approvals.Verify(t.Context(), w.Shop, waiting.ID, approval.Temporary, code)
	if err == nil {
		t.Fatal("a code of a stopped case approves")
	}
	ayetest.Same(t, "methods", slices.Contains(w.Ask(s.member).Methods, approval.Temporary), false)
}
