package signin_test

import (
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/signin"
)

// addPushAlone makes an organisation, first by name, that takes no codes.
func addPushAlone(w *ayetest.World) accounts.Organisation {
	w.Helper()
	o := w.AddOrganisation(named("AAA"))
	o.Methods = nil
	ayetest.Fails(w, w.Accounts.UpdateOrganisation(w.Context(), o), nil)
	return o
}

// TestThreatAnotherOrganisationsRules: what one organisation does not take keeps nobody out of
// another, as long as the person has something that the other takes.
func TestThreatAnotherOrganisationsRules(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		// enrol gives the factor, and what the person answers with.
		enrol func(t *testing.T, w *ayetest.World, m accounts.Member) func(*ayetest.Visitor) error
		// want is in whose name is asked, before and after the person chose AAA.
		want, chosen string
	}{
		"an app": {func(t *testing.T, w *ayetest.World, m accounts.Member) func(*ayetest.Visitor) error {
			t.Helper()
			a := app(t, w, m)
			return func(v *ayetest.Visitor) error { return code(v, approval.TOTP, a.CodeNow()) }
		}, "Example", "Example"},
		"an app and recovery codes": {func(t *testing.T, w *ayetest.World, m accounts.Member) func(*ayetest.Visitor) error {
			t.Helper()
			app(t, w, m)
			codes := recovery(t, w, m)
			return func(v *ayetest.Visitor) error { return code(v, approval.Recovery, codes[0]) }
		}, "Example", "Example"},
		"recovery codes, as codes of apps are not taken": {func(t *testing.T, w *ayetest.World, m accounts.Member) func(*ayetest.Visitor) error {
			t.Helper()
			app(t, w, m)
			codes := recovery(t, w, m)
			w.Change(func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{accounts.Recovery} })
			return func(v *ayetest.Visitor) error { return code(v, approval.Recovery, codes[0]) }
		}, "Example", "Example"},
		"a phone that is gone, and recovery codes": {func(t *testing.T, w *ayetest.World, m accounts.Member) func(*ayetest.Visitor) error {
			t.Helper()
			w.Pair(m)
			codes := recovery(t, w, m)
			return func(v *ayetest.Visitor) error { return code(v, approval.Recovery, codes[0]) }
		}, "Example", "AAA"},
		"a phone": {func(t *testing.T, w *ayetest.World, m accounts.Member) func(*ayetest.Visitor) error {
			t.Helper()
			phone := w.Pair(m)
			return func(v *ayetest.Visitor) error { v.Approve(phone); return nil }
		}, "AAA", "AAA"},
		"a phone of Example, and an app that nobody takes": {func(t *testing.T, w *ayetest.World, m accounts.Member) func(*ayetest.Visitor) error {
			t.Helper()
			phone := w.PairLocal(m)
			app(t, w, m)
			w.Change(func(o *accounts.Organisation) { o.Methods = nil })
			return func(v *ayetest.Visitor) error { v.Approve(phone); return nil }
		}, "Example", "Example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			ada := w.AddPerson("Ada")
			w.SetPassword(ada)
			answer := test.enrol(t, w, ada)
			pushes := addPushAlone(w)
			there := w.Join(pushes, ada)
			v := w.Arrive(ada)
			ayetest.Same(t, "asked in the name of", v.Wait().Organisation, test.want)
			ayetest.Fails(t, answer(v), nil)
			if v.Look().OrganisationID == "" {
				pick(v, w.Organisation)
			}
			ayetest.Same(t, "acts in", v.Look().OrganisationID, w.Organisation.ID)

			chosen := v.Look() // before AAA had these rules
			chosen.Organisation, chosen.Member, chosen.OrganisationID, chosen.Within = pushes, there, pushes.ID, ""
			held, err := w.Store.ChangeSession(t.Context(), signin.Change{From: v.Look(), To: chosen, Chosen: true}, audit.Entry{Organisation: pushes.ID})
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "held", held, true)
			ayetest.Same(t, "after AAA was chosen", w.Arrive(ada).Look().Organisation.Name, test.chosen)
		})
	}
}

// recovery gives the person recovery codes.
func recovery(t *testing.T, w *ayetest.World, m accounts.Member) []secret.Secret {
	t.Helper()
	codes, err := w.Codes.NewRecoveryCodes(t.Context(), m.Person.ID)
	ayetest.Fails(t, err, nil)
	return codes
}

// TestTheLooserTap: a tap is asked only where every organisation that it opens is content with one.
func TestTheLooserTap(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, bob := w.AddPerson("Ada"), w.AddPerson("Bob")
	w.SetPassword(ada)
	w.SetPassword(bob)
	w.Pair(ada)
	w.Change(func(o *accounts.Organisation) { o.AllowTap = true })
	numbers := w.AddOrganisation(named("Numbers"))
	asked := func(m accounts.Member) approval.Confirm {
		waiting := w.Arrive(m).Wait()
		ayetest.Same(t, "asked in the name of", waiting.Organisation, "Example")
		return waiting.Confirm
	}
	ayetest.Same(t, "the only organisation", asked(ada), approval.Tap)
	w.Clock.Pass(approval.DefaultLife)
	w.Join(numbers, ada)
	ayetest.Same(t, "beside one that wants the number", asked(ada), approval.Number)
	w.Clock.Pass(approval.DefaultLife)
	numbers.AllowTap = true
	ayetest.Fails(t, w.Accounts.UpdateOrganisation(t.Context(), numbers), nil)
	ayetest.Same(t, "both content", asked(ada), approval.Tap)

	numbers.AllowTap = false
	ayetest.Fails(t, w.Accounts.UpdateOrganisation(t.Context(), numbers), nil)
	w.PairLocal(bob)
	w.Join(numbers, bob)
	ayetest.Same(t, "a phone that opens no other", asked(bob), approval.Tap)
}

// TestThreatCrowdedOut: strangers who know the password keep the person out neither of a browser
// that is known, nor of a new password.
func TestThreatCrowdedOut(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	v := w.LogIn(ada, phone)
	for range approval.MaxPending {
		w.Arrive(ada).Wait()
	}
	strange, forgot := w.Arrive(ada), reset(w, ada)
	v.Type()
	waits := func(v *ayetest.Visitor) error {
		_, session, token, err := w.SignIn.Wait(t.Context(), v.Look())
		if err == nil {
			v.Took(session, token, nil)
		}
		return err
	}
	ayetest.Fails(t, waits(strange), approval.ErrTooManyPending)
	ayetest.Fails(t, waits(forgot), nil)
	ayetest.Fails(t, waits(v), approval.ErrTooManyPending) // one more, and no more than that
	ayetest.Fails(t, w.SignIn.CancelWait(t.Context(), forgot.Look()), nil)
	ayetest.Fails(t, waits(strange), approval.ErrTooManyPending)
	v.Approve(phone)
	ayetest.Same(t, "level", v.Look().Level, signin.Full)
}
