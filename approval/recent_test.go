package approval_test

import (
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/jws"
)

// TestRecentOf: who helps a person sees what this organisation asked, and nothing to answer it with.
func TestRecentOf(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	other := w.AddOrganisation(func(*accounts.Organisation) {})
	client, there := w.AddApplication(other, "Another shop"), w.Join(other, s.member)
	expired := w.Ask(s.member)
	w.Clock.Pass(approval.DefaultLife)
	_, err := w.Approvals.Ask(t.Context(), client, ayetest.Question(there))
	ayetest.Fails(t, err, nil)
	approved := w.Ask(s.member)
	_, err = w.Approve(s.phone, approved)
	ayetest.Fails(t, err, nil)
	bea := w.AddPerson("Bea")
	w.Pair(bea)
	w.Ask(bea)

	recent, err := w.Approvals.RecentOf(t.Context(), s.member.OrganisationID, s.member.ID, 10)
	ayetest.Fails(t, err, nil)
	var seen []string
	for _, view := range recent {
		seen = append(seen, view.ID+" "+string(view.State))
		ayetest.Same(t, "kept back", []string{view.ReleaseCode.Reveal(), view.Challenge, view.ChallengeNonce, view.RedeemKey, view.AssertionID, view.CreationKey}, make([]string, 6))
		ayetest.Same(t, "pushes", len(view.Deliveries), 1)
		ayetest.Same(t, "from", view.Context.IP, "203.0.113.7")
	}
	ayetest.Same(t, "newest first", seen, []string{approved.ID + " approved", expired.ID + " expired"})
	recent, err = w.Approvals.RecentOf(t.Context(), s.member.OrganisationID, s.member.ID, 1)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "as many as asked for", []any{len(recent), recent[0].ID}, []any{1, approved.ID})
	recent, err = w.Approvals.RecentOf(t.Context(), other.ID, s.member.ID, 10)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "of a member of another organisation", len(recent), 0)
	view, err := w.Approvals.View(t.Context(), w.Shop.ID, approved.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "nobody looked for the browser", view.Delivered.IsZero(), true)
}

// TestTheLogHasTheSignature: what a phone decided stands in the log as the phone signed it; what was typed has none.
func TestTheLogHasTheSignature(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	pushed, denied, typed := w.Ask(s.member), w.Ask(s.member), w.Ask(s.member)
	_, err := w.Approve(s.phone, pushed)
	ayetest.Fails(t, err, nil)
	_, err = w.Deny(s.phone, denied)
	ayetest.Fails(t, err, nil)
	_, err = w.Approvals.Verify(t.Context(), w.Shop, typed.ID, approval.TOTP, s.phone.CodeNow())
	ayetest.Fails(t, err, nil)
	for _, test := range []struct {
		action string
		asked  approval.Asked
		signed bool
	}{{"approval.approved", pushed, true}, {"approval.denied", denied, true}, {"approval.approved", typed, false}} {
		signature, signed := rowOf(w, test.asked, test.action).Data["signature"]
		ayetest.Same(t, test.action+" is signed", signed, test.signed)
		if !signed {
			continue
		}
		message, err := jws.Parse(approval.DecisionType, signature)
		ayetest.Fails(t, err, nil)
		var claims struct {
			Request string `json:"aid"`
		}
		ayetest.Fails(t, message.Verify(&s.phone.ApprovalKey.PublicKey, &claims), nil)
		ayetest.Same(t, "about", claims.Request, test.asked.ID)
	}
}

// rowOf is the row of what became of the request.
func rowOf(w *ayetest.World, asked approval.Asked, action string) audit.Row {
	w.Helper()
	rows, err := w.Store.AuditRows(w.Context(), asked.OrganisationID, 0, 1000)
	ayetest.Fails(w, err, nil)
	for _, row := range rows {
		if row.Subject == asked.ID && row.Action == action {
			return row
		}
	}
	w.Fatalf("there is no row %s", action)
	return audit.Row{}
}
