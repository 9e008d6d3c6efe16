package pairing_test

import (
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
)

// own is a pairing that the person opened for themself.
func own(w *ayetest.World, m accounts.Member) pairing.Shown {
	w.Helper()
	shown, err := w.Pairings.Open(w.Context(), pairing.Opening{OrganisationID: m.OrganisationID, User: ayetest.Named(m), By: m.ID, Session: "ses_1"})
	ayetest.Fails(w, err, nil)
	return shown
}

func digits(shown pairing.Shown, p *ayetest.Phone) secret.Secret {
	return pairing.ConfirmationDigits(ayetest.Scan(shown), ayetest.Public(p.Key), ayetest.Public(p.ApprovalKey))
}

// TestThreatPairingFromBeforeTheFactor: who knows the password alone opens a pairing before the
// person has a second factor, and uses it after.
func TestThreatPairingFromBeforeTheFactor(t *testing.T) {
	t.Parallel()
	for name, enrol := range map[string]func(*ayetest.World, accounts.Member){
		"an app":        func(w *ayetest.World, m accounts.Member) { addApp(w, m) },
		"a phone":       func(w *ayetest.World, m accounts.Member) { w.Pair(m) },
		"text messages": func(w *ayetest.World, m accounts.Member) { chooseTexts(w, m) },
	} {
		t.Run("scanned after "+name, func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			ada := w.AddPerson("Ada")
			shown, thief := own(w, ada), w.NewPhone()
			enrol(w, ada)
			_, err := w.Claim(thief, shown)
			ayetest.Fails(t, err, pairing.ErrBurned)
			ayetest.Same(t, "state", state(w, shown.ID), pairing.Burned)
			rows := audited(w, shown.ID)
			ayetest.Same(t, "why", rows[len(rows)-1].Data["why"], "not-the-first")
			told := w.Announcer.Told(ada.Person.ID)
			ayetest.Same(t, "told", told[len(told)-1], accounts.PairingBurned)
		})
		t.Run("typed back after "+name, func(t *testing.T) {
			t.Parallel()
			w := newStrict(t)
			ada := w.AddPerson("Ada")
			shown, thief := own(w, ada), w.NewPhone()
			claimed, err := w.Claim(thief, shown)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "state", claimed.State, pairing.AwaitingCode)
			enrol(w, ada)
			ayetest.Fails(t, w.Pairings.Confirm(t.Context(), operator, shown.ID, digits(shown, thief)), pairing.ErrBurned)
			ayetest.Same(t, "status", status(w, thief), devices.Removed)
		})
	}
}

// Who has a factor opens another pairing, and links a phone with it; the operator's are not theirs.
func TestAPairingFromAfterTheFactor(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	first, operators := own(w, ada), w.Open(ada)
	addApp(w, ada)
	later := own(w, ada)
	ayetest.Same(t, "first", []bool{first.First, operators.First, later.First}, []bool{true, false, false})
	claimed, err := w.Claim(w.NewPhone(), later)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", claimed.State, pairing.Paired)
}

// What is dropped links nothing more, whatever it waited for; what was linked before stays.
func TestDrop(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	ada, bea := w.AddPerson("Ada"), w.AddPerson("Bea")
	theirs := own(w, bea)
	open, scanned, phone := own(w, ada), own(w, ada), w.NewPhone()
	_, err := w.Claim(phone, scanned)
	ayetest.Fails(t, err, nil)
	hints := 0
	defer w.Broker.Subscribe(pairing.Topic(open.ID), func() { hints++ })()
	ayetest.Fails(t, w.Pairings.Drop(t.Context(), ada.Person.ID), nil)
	ayetest.Same(t, "the page was told to look", hints > 0, true)
	ayetest.Same(t, "states", []pairing.State{state(w, open.ID), state(w, scanned.ID), state(w, theirs.ID)},
		[]pairing.State{pairing.Cancelled, pairing.Burned, pairing.Open})
	ayetest.Same(t, "told", w.Announcer.Told(ada.Person.ID), []accounts.NoticeKind{accounts.PairingBurned})
	ayetest.Same(t, "status", status(w, phone), devices.Removed)
	_, err = w.Claim(w.NewPhone(), open)
	ayetest.Fails(t, err, pairing.ErrUnknownCode)
	_, err = w.Pairings.Renew(t.Context(), operator, open.ID)
	ayetest.Fails(t, err, pairing.ErrClosed)
	ayetest.Fails(t, w.Pairings.Confirm(t.Context(), operator, scanned.ID, digits(scanned, phone)), pairing.ErrClosed)
	last := audited(w, open.ID)
	ayetest.Same(t, "audited", last[len(last)-1].Action, "pairing.dropped")

	linked := w.Pair(ada)
	e := newElder(t, w)
	ayetest.Fails(t, w.Pairings.Drop(t.Context(), ada.Person.ID), nil)
	ayetest.Fails(t, w.Pairings.Drop(t.Context(), e.member.Person.ID), nil)
	_, err = w.Approve(e.old, e.request())
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "status", []devices.Status{status(w, linked), status(w, e.fresh)}, []devices.Status{devices.Active, devices.Removed})
}

// What loses against a newer code, or against the same digits typed twice, is no sign of a factor:
// it burns nothing.
func TestAFirstPairingThatIsOvertaken(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	shown, phone := own(w, w.AddPerson("Ada")), w.NewPhone()
	raced, code := *w.Pairings, ayetest.Scan(shown)
	raced.Phones = overtaken{w.Devices, func() {
		var err error
		shown, err = w.Pairings.Renew(t.Context(), operator, shown.ID)
		ayetest.Fails(t, err, nil)
	}}
	_, err := raced.Claim(t.Context(), code, phone.Claim(code, nil))
	ayetest.Fails(t, err, pairing.ErrExpired)
	_, err = w.Claim(phone, shown)
	ayetest.Fails(t, err, nil)
	confirm := func(s *pairing.Service) error {
		return s.Confirm(t.Context(), operator, shown.ID, digits(shown, phone))
	}
	raced.Phones = overtaken{w.Devices, func() { ayetest.Fails(t, confirm(w.Pairings), nil) }}
	ayetest.Fails(t, confirm(&raced), pairing.ErrClosed)
	ayetest.Same(t, "status", status(w, phone), devices.Active)
}
