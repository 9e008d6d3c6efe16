package pairing_test

import (
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/ayetest"
	"example.com/aye/pairing"
	"example.com/aye/support"
)

// TestThreatLinkingWhileRecovering: for who lost all second factors by a support case, neither an application nor a session
// of before, nor one by the password, links a phone.
func TestThreatLinkingWhileRecovering(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.Pair(ada)
	w.Revoke(ada)
	for name, opening := range map[string]pairing.Opening{
		"an application":    {Application: &w.Shop},
		"the person":        {By: ada.ID, Session: "ses_1"},
		"without a session": {By: ada.ID},
	} {
		opening.OrganisationID, opening.User = ada.OrganisationID, ayetest.Named(ada)
		_, err := w.Pairings.Open(t.Context(), opening)
		if ayetest.Fails(t, err, pairing.ErrEnrolRefused); t.Failed() {
			t.Fatal(name)
		}
	}
}

// TestThreatWhatAnApplicationLearns: it gets the answer that it gets about whoever links phones themselves, and never learns of
// the case.
func TestThreatWhatAnApplicationLearns(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	open := func() error {
		_, err := w.Pairings.Open(t.Context(), pairing.Opening{OrganisationID: ada.OrganisationID, Application: &w.Shop, User: ayetest.Named(ada)})
		return err
	}
	for range pairing.PerHour {
		ayetest.Fails(t, open(), nil)
	}
	ayetest.Fails(t, open(), pairing.ErrTooMany)
	w.Revoke(ada)
	ayetest.Fails(t, open(), pairing.ErrEnrolRefused)
}

// TestThreatPairingFromBeforeTheCase: what was begun before a support case took everything, by whom and how far it was, links
// nothing after it.
func TestThreatPairingFromBeforeTheCase(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*ayetest.World, accounts.Member, *ayetest.Phone) pairing.Shown{
		"an application's": func(w *ayetest.World, m accounts.Member, _ *ayetest.Phone) pairing.Shown {
			shown, err := w.Pairings.Open(w.Context(), pairing.Opening{OrganisationID: m.OrganisationID, Application: &w.Shop, User: ayetest.Named(m)})
			ayetest.Fails(w, err, nil)
			return shown
		},
		"the person's": func(w *ayetest.World, m accounts.Member, _ *ayetest.Phone) pairing.Shown { return own(w, m) },
		"the person's, renewed": func(w *ayetest.World, m accounts.Member, _ *ayetest.Phone) pairing.Shown {
			shown := own(w, m)
			w.Clock.Pass(pairing.CodeLife)
			shown, err := w.Pairings.Renew(w.Context(), operator, shown.ID)
			ayetest.Fails(w, err, nil)
			return shown
		},
		"one that waits for the old phone": func(w *ayetest.World, m accounts.Member, thief *ayetest.Phone) pairing.Shown {
			w.Pair(m)
			shown := own(w, m)
			claimed, err := w.Claim(thief, shown)
			ayetest.Fails(w, err, nil)
			ayetest.Same(w, "state", claimed.State, pairing.AwaitingApproval)
			return shown
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			ada, thief := w.AddPerson("Ada"), w.NewPhone()
			shown := begin(w, ada, thief)
			c, _ := w.Revoke(ada)
			if claimed, err := w.Claim(thief, shown); err == nil {
				t.Fatalf("the pairing is %s", claimed.State)
			}
			_, err := w.Pairings.Renew(t.Context(), accounts.Application{ID: shown.ApplicationID}, shown.ID)
			ayetest.Fails(t, err, pairing.ErrClosed)
			phones, err := w.Devices.Of(t.Context(), ada.Person.ID)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "phones", phones, []devices.Device{})
			ayetest.Same(t, "the case", w.Case(c.ID).State, support.Revoked)
		})
	}
}

// TestAPhoneBesideAnother: who is told of a phone that came while another was linked is told that, and of a first one not.
func TestAPhoneBesideAnother(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.Pair(ada)
	w.Pair(ada)
	var reasons []string
	for _, n := range w.Announcer.Notices(ada.Person.ID) {
		if n.Kind == accounts.PhoneLinked {
			reasons = append(reasons, n.Reason)
		}
	}
	ayetest.Same(t, "reasons", reasons, []string{"", accounts.Replacing})
}
