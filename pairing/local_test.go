package pairing_test

import (
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/notify"
	"example.com/aye/otp"
	"example.com/aye/pairing"
)

// TestThreatApplicationApprovesElsewhere: an application that shows a code could scan it
// itself. What it links answers for its own organisation alone, also when the person joins
// another one later.
func TestThreatApplicationApprovesElsewhere(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	shown, err := w.Pairings.Open(t.Context(), pairing.Opening{OrganisationID: ada.OrganisationID, Application: &w.Shop, User: ayetest.Named(ada)})
	ayetest.Fails(t, err, nil)
	local := w.NewPhone()
	_, err = w.Claim(local, shown)
	ayetest.Fails(t, err, nil)

	bank := w.AddOrganisation(func(*accounts.Organisation) {})
	teller := w.AddApplication(bank, "The teller")
	joined := w.Join(bank, ada)
	_, err = w.Approvals.Ask(t.Context(), teller, ayetest.Question(joined))
	ayetest.Fails(t, err, approval.ErrNotEnrolled)

	// The operator links a phone for the bank; the local one is not asked about it.
	own := w.Pair(joined)
	asked, err := w.Approvals.Ask(t.Context(), teller, ayetest.Question(joined))
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "phones", len(asked.Deliveries), 1)
	for phone, count := range map[*ayetest.Phone]int{local: 0, own: 1} {
		pending, failed := w.Approvals.PendingFor(t.Context(), phone.Device)
		ayetest.Fails(t, failed, nil)
		ayetest.Same(t, "pending", len(pending), count)
	}
	_, err = w.Approve(local, asked)
	ayetest.Fails(t, err, approval.ErrNotFound)
	_, err = w.Approvals.Verify(t.Context(), teller, asked.ID, approval.TOTP, local.CodeNow())
	ayetest.Fails(t, err, otp.ErrWrong)
	_, err = w.Approve(own, asked)
	ayetest.Fails(t, err, nil)
	past, _, err := w.Approvals.History(t.Context(), local.Device, "")
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "history of the local phone", len(past), 0)
	for _, push := range w.Pusher.Taken(notify.MessageApproval) {
		if push.Target.Device == local.Device.ID {
			t.Error("the local phone was woken for another organisation")
		}
	}

	// At home it goes on.
	home := w.Ask(ada)
	_, err = w.Approve(local, home)
	ayetest.Fails(t, err, nil)
	_, err = w.Approvals.Verify(t.Context(), w.Shop, w.Ask(ada).ID, approval.TOTP, local.CodeNow())
	ayetest.Fails(t, err, nil)
}
