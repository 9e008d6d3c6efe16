package pairing_test

import (
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/pairing"
)

// A person's page shows the code of now again, and nobody else's page does.
func TestShowing(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, bob := w.AddPerson("Ada"), w.AddPerson("Bob")
	opened, err := w.Pairings.Open(t.Context(), pairing.Opening{OrganisationID: ada.OrganisationID, By: ada.ID, User: ayetest.Named(ada)})
	ayetest.Fails(t, err, nil)
	again, err := w.Pairings.Showing(t.Context(), ada.Person.ID, opened.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "code", []any{again.URL, again.Ticket}, []any{opened.URL, opened.Ticket})
	renewed, err := w.Pairings.Renew(t.Context(), accounts.Application{}, opened.ID)
	ayetest.Fails(t, err, nil)
	again, err = w.Pairings.Showing(t.Context(), ada.Person.ID, opened.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "new code", again.URL, renewed.URL)
	_, err = w.Pairings.Showing(t.Context(), bob.Person.ID, opened.ID)
	ayetest.Fails(t, err, pairing.ErrNotFound)
	shops, err := w.Pairings.Open(t.Context(), pairing.Opening{OrganisationID: bob.OrganisationID, Application: &w.Shop, User: ayetest.Named(bob)})
	ayetest.Fails(t, err, nil)
	_, err = w.Pairings.Showing(t.Context(), bob.Person.ID, shops.ID)
	ayetest.Fails(t, err, pairing.ErrNotFound)
}
