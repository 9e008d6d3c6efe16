package pairing_test

import (
	"errors"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/otp"
	"example.com/aye/pairing"
)

// lax is a second organisation, which asks for less than the world's own.
func lax(w *ayetest.World) accounts.Organisation {
	return w.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Lax" })
}

// TestThreatLinkedWhereLittleIsAsked: a phone counts everywhere, so it is linked as the strictest
// organisation of the person wants it, wherever that is done.
func TestThreatLinkedWhereLittleIsAsked(t *testing.T) {
	t.Parallel()
	t.Run("the digits are typed back", func(t *testing.T) {
		t.Parallel()
		w := newStrict(t)
		claimed, err := w.Claim(w.NewPhone(), own(w, w.Join(lax(w), w.AddPerson("Ada"))))
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "state", claimed.State, pairing.AwaitingCode)
	})
	for name, test := range map[string]struct {
		profile accounts.Profile
		role    accounts.Role
		digits  int
	}{
		"strict":     {accounts.Strict, accounts.RoleMember, 6},
		"privileged": {accounts.Standard, accounts.RoleOwner, 6},
		"neither":    {accounts.Standard, accounts.RoleMember, 3},
	} {
		t.Run("the older phone is asked: "+name, func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			w.Change(func(o *accounts.Organisation) { o.Profile = test.profile })
			ada := w.AddMember(w.Organisation, "Ada", test.role)
			w.Pair(ada)
			claimed, err := w.Claim(w.NewPhone(), own(w, w.Join(lax(w), ada)))
			ayetest.Fails(t, err, nil)
			asked, err := w.Approvals.Find(t.Context(), claimed.ApprovalID)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "digits", asked.Digits, test.digits)
		})
	}
	t.Run("the app is new enough", func(t *testing.T) {
		t.Parallel()
		w := ayetest.New(t)
		w.Change(func(o *accounts.Organisation) { o.MinimumAppVersion = "99.10.0" })
		other := w.AddOrganisation(func(o *accounts.Organisation) { o.MinimumAppVersion = "99.9.0" })
		shown := own(w, w.Join(other, w.AddPerson("Ada")))
		_, err := w.Claim(w.NewPhone(), shown)
		var old *pairing.AppTooOldError
		if !errors.As(err, &old) || old.Minimum != "99.10.0" {
			t.Fatalf("error is %v", err)
		}
		ayetest.Same(t, "state", state(w, shown.ID), pairing.Open)
	})
	t.Run("what stands in is taken by all", func(t *testing.T) {
		t.Parallel()
		w := ayetest.New(t)
		ada := w.AddPerson("Ada")
		old := w.Pair(ada)
		codes, err := w.Codes.NewRecoveryCodes(t.Context(), ada.Person.ID)
		ayetest.Fails(t, err, nil)
		w.Change(func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{accounts.TOTP} })
		shown := own(w, w.Join(lax(w), ada))
		_, err = w.Claim(w.NewPhone(), shown)
		ayetest.Fails(t, err, nil)
		view, err := w.Pairings.View(t.Context(), operator, shown.ID)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "instead", view.Instead, []accounts.SecondFactor{accounts.TOTP})
		w.Clock.Pass(otp.Step)
		ayetest.Fails(t, w.Pairings.ProveInstead(t.Context(), shown.ID, pairing.ByRecovery, codes[0].Reveal()), pairing.ErrMethod)
		ayetest.Fails(t, w.Pairings.ProveInstead(t.Context(), shown.ID, pairing.ByTOTP, old.CodeNow().Reveal()), nil)
	})
}

// A phone that counts for one organisation alone is linked by the rules of that one: an
// application learns nothing of where else the person belongs.
func TestALocalPhoneIsLinkedByTheRulesOfItsOwn(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	shown, err := open(w, ada, nil)
	ayetest.Fails(t, err, nil)
	w.Join(w.AddOrganisation(func(o *accounts.Organisation) { o.Profile, o.MinimumAppVersion = accounts.Strict, "99.0.0" }), ada)
	claimed, err := w.Claim(w.NewPhone(), shown)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", claimed.State, pairing.Paired)
}
