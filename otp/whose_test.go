package otp_test

import (
	"fmt"
	"testing"
	"time"

	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
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
		counted, err := w.Codes.Verify(t.Context(), ada.Person.ID, organisation, "app", "request", local.CodeNow().Reveal())
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

// TestThreatAnotherApplicationUsesUpTheCodes: wrong codes that are typed for one application, of
// whatever kind and however many, lock the person out of no other.
func TestThreatAnotherApplicationUsesUpTheCodes(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	phone, codes, requests := w.Pair(ada), newCodes(w, ada), 0
	next := func() string { requests++; return fmt.Sprint("request ", requests) }
	typed := func(application, code string) error {
		_, err := w.Codes.Verify(t.Context(), ada.Person.ID, ada.OrganisationID, application, next(), code)
		return err
	}
	recovery := func(application, code string) error {
		return w.Codes.VerifyRecovery(t.Context(), ada.Person.ID, application, next(), code)
	}
	for range otp.Streak / otp.PerHour {
		w.Clock.Pass(time.Hour)
		for range otp.PerHour {
			ayetest.Fails(t, typed("hostile", ayetest.Wrong(phone.CodeNow()).Reveal()), otp.ErrWrong)
			ayetest.Fails(t, recovery("hostile", "0000-0000-0000-0000"), otp.ErrWrong)
		}
	}
	// In that very hour, and with nothing that frees in between.
	ayetest.Fails(t, typed("shop", ayetest.Wrong(phone.CodeNow()).Reveal()), otp.ErrWrong)
	ayetest.Fails(t, recovery("shop", "0000-0000-0000-0000"), otp.ErrWrong)
	ayetest.Fails(t, recovery("", "0000-0000-0000-0000"), otp.ErrWrong)
	ayetest.Fails(t, w.Codes.Prove(t.Context(), ada.Person.ID, phone.CodeNow().Reveal(), ""), nil)
	w.Clock.Pass(time.Hour)
	// A right code proves nothing about the wrong ones that were typed for another.
	ayetest.Fails(t, typed("shop", phone.CodeNow().Reveal()), nil)
	w.Clock.Pass(time.Hour)
	ayetest.Fails(t, typed("hostile", phone.CodeNow().Reveal()), otp.ErrTooMany)
	// Another factor does, for all of them.
	ayetest.Fails(t, recovery("shop", codes[0]), nil)
	ayetest.Fails(t, typed("hostile", phone.CodeNow().Reveal()), nil)
}

// Wrong codes for all applications are forgotten at once, and no other person's.
func TestUnlockingIsForAllApplications(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, bea := w.AddPerson("Ada"), w.AddPerson("Bea")
	phones := map[string]*ayetest.Phone{ada.Person.ID: w.Pair(ada), bea.Person.ID: w.Pair(bea)}
	requests := 0
	try := func(person, application string, code secret.Secret) error {
		requests++
		_, err := w.Codes.Verify(t.Context(), person, "", application, fmt.Sprint(requests), code.Reveal())
		return err
	}
	each := func(do func(person, application string)) {
		for person := range phones {
			for _, application := range []string{"one", "two", ""} {
				do(person, application)
			}
		}
	}
	for range otp.Streak / otp.PerHour {
		w.Clock.Pass(time.Hour)
		for range otp.PerHour {
			each(func(person, application string) {
				ayetest.Fails(t, try(person, application, ayetest.Wrong(phones[person].CodeNow())), otp.ErrWrong)
			})
		}
	}
	w.Clock.Pass(time.Hour)
	ayetest.Fails(t, w.Codes.Unlock(t.Context(), ada.Person.ID), nil)
	each(func(person, application string) {
		want := otp.ErrTooMany
		if person == ada.Person.ID {
			want = nil
		}
		w.Clock.Pass(otp.Step)
		ayetest.Fails(t, try(person, application, phones[person].CodeNow()), want)
	})
}
