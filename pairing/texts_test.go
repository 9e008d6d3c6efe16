package pairing_test

import (
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/pairing"
)

// chooseTexts makes text messages the person's second factor.
func chooseTexts(w *ayetest.World, m accounts.Member) {
	w.Helper()
	w.WithNumber(m, "+31612345678")
	ayetest.Fails(w, w.Accounts.ChooseTexts(w.Context(), m.Person.ID), nil)
}

// TestThreatApplicationLinksBesideTexts: whoever chose text messages has a second factor, whether one
// can be sent or not, and links phones themselves.
func TestThreatApplicationLinksBesideTexts(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]bool{"they are sent": true, "none can be sent": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			if open {
				w.OwnProvider(w.AllowSMS(w.Organisation))
			}
			ada := w.AddPerson("Ada")
			w.WithNumber(ada, "+31612345678")
			enrol := func() error {
				_, err := w.Pairings.Open(t.Context(), pairing.Opening{OrganisationID: ada.OrganisationID, Application: &w.Shop, User: ayetest.Named(ada)})
				return err
			}
			ayetest.Fails(t, enrol(), nil) // a number is no factor
			ayetest.Fails(t, w.Accounts.ChooseTexts(t.Context(), ada.Person.ID), nil)
			ayetest.Fails(t, enrol(), pairing.ErrEnrolRefused)
			shown := own(w, ada)
			ayetest.Same(t, "first", shown.First, false)
			claimed, err := w.Claim(w.NewPhone(), shown)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "the person does", claimed.State, pairing.Paired)
		})
	}
}
