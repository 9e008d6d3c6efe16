package otp_test

import (
	"testing"
	"time"

	"example.com/aye/internal/ayetest"
	"example.com/aye/otp"
	"example.com/aye/pairing"
)

// A phone that an application linked makes codes for that organisation alone, and is no
// other factor of its person.
func TestCodesOfALocalPhone(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	shown, err := w.Pairings.Open(t.Context(), pairing.Opening{OrganisationID: ada.OrganisationID, Application: &w.Shop, User: ayetest.Named(ada)})
	ayetest.Fails(t, err, nil)
	local := w.NewPhone()
	_, err = w.Claim(local, shown)
	ayetest.Fails(t, err, nil)
	verify := func(organisation string) error {
		counted, err := w.Codes.Verify(t.Context(), ada.Person.ID, organisation, "request", local.CodeNow().Reveal())
		ayetest.Same(t, "only here", counted, err == nil)
		return err
	}
	ayetest.Fails(t, verify("elsewhere"), otp.ErrNone)
	ayetest.Fails(t, verify(""), otp.ErrNone)
	ayetest.Fails(t, w.Codes.Prove(t.Context(), ada.Person.ID, local.CodeNow().Reveal(), ""), otp.ErrNone)
	ayetest.Fails(t, verify(ada.OrganisationID), nil)
}

// The wrong codes of one person lock out no other.
func TestCountsAreOfOnePerson(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, bea := w.AddPerson("Ada"), w.AddPerson("Bea")
	phone, other := w.Pair(ada), w.Pair(bea)
	for range otp.Streak / otp.PerHour {
		w.Clock.Pass(time.Hour)
		for range otp.PerHour {
			ayetest.Fails(t, w.Codes.Prove(t.Context(), bea.Person.ID, ayetest.Wrong(other.CodeNow()).Reveal(), ""), otp.ErrWrong)
		}
	}
	ayetest.Fails(t, w.Codes.Prove(t.Context(), bea.Person.ID, other.CodeNow().Reveal(), ""), otp.ErrTooMany)
	ayetest.Fails(t, w.Codes.Prove(t.Context(), ada.Person.ID, phone.CodeNow().Reveal(), ""), nil)
}
