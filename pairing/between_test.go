package pairing_test

import (
	"context"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/ayetest"
	"example.com/aye/notify"
	"example.com/aye/pairing"
)

// gone is a look at a phone just after something else happened.
type gone struct {
	*devices.Service
	before func()
}

func (g gone) Device(ctx context.Context, id string) (devices.Device, error) {
	g.before()
	return g.Service.Device(ctx, id)
}

// Another phone is linked between the look at the phones and the link by digits.
func TestDigitsThatAreOvertaken(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	ada := w.AddPerson("Ada")
	var shown []pairing.Shown
	phones := []*ayetest.Phone{w.NewPhone(), w.NewPhone()}
	for range phones {
		s, err := open(w, ada, nil)
		ayetest.Fails(t, err, nil)
		shown = append(shown, s)
	}
	for i, phone := range phones {
		_, err := w.Claim(phone, shown[i])
		ayetest.Fails(t, err, nil)
	}
	confirm := func(s *pairing.Service, i int) error {
		digits := pairing.ConfirmationDigits(ayetest.Scan(shown[i]), ayetest.Public(phones[i].Key), ayetest.Public(phones[i].ApprovalKey))
		return s.Confirm(t.Context(), w.Shop, shown[i].ID, digits)
	}
	raced := *w.Pairings
	raced.Phones = overtaken{w.Devices, func() { ayetest.Fails(t, confirm(w.Pairings, 0), nil) }}
	ayetest.Fails(t, confirm(&raced, 1), pairing.ErrClosed)
	ayetest.Same(t, "phones", []devices.Status{status(w, phones[0]), status(w, phones[1])}, []devices.Status{devices.Active, devices.Pending})
}

// A phone that answers for another organisation alone is no first phone here, nor is anybody else's.
func TestDigitsBesideALocalPhoneOfElsewhere(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	w.Pair(w.AddPerson("Bea"))
	ada, _, shown, digits := strict(t, w)
	ayetest.Fails(t, w.Pairings.Confirm(t.Context(), w.Shop, shown.ID, digits), nil)
	joined := w.Join(w.AddOrganisation(func(o *accounts.Organisation) { o.Profile = accounts.Strict }), ada)
	w.Pair(joined)
}

func TestAPhoneThatUnlinksItselfBeforeTheDigits(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	_, phone, shown, digits := strict(t, w)
	_, err := w.Devices.Remove(t.Context(), phone.Device, phone.Device.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, w.Pairings.Confirm(t.Context(), w.Shop, shown.ID, digits), pairing.ErrBurned)
	ayetest.Same(t, "state", state(w, shown.ID), pairing.Burned)
}

// The page cancels while the digits, or the claim again, are under way.
func TestBurnedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	_, phone, shown, _ := strict(t, w)
	raced := *w.Pairings
	raced.Phones = gone{w.Devices, func() { ayetest.Fails(t, w.Pairings.Cancel(t.Context(), w.Shop, shown.ID), nil) }}
	code := ayetest.Scan(shown)
	_, err := raced.Claim(t.Context(), code, phone.Claim(code, nil))
	ayetest.Fails(t, err, pairing.ErrBurned)

	ada, _, next, digits := strict(t, w)
	shown = next
	ayetest.Fails(t, raced.Confirm(t.Context(), w.Shop, shown.ID, digits), pairing.ErrBurned)
	ayetest.Same(t, "told", w.Announcer.Told(ada.Person.ID), []accounts.NoticeKind{accounts.PairingBurned})
}

// A waiting phone is told what no sweep has come to yet.
func TestAWaitingPhoneSeesTheEnd(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	_, phone, _, _ := strict(t, w)
	w.Clock.Pass(pairing.Life)
	got, err := w.Pairings.StateOf(t.Context(), phone.Device)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", got, pairing.Burned)
}

func TestThePageAfterTheAnswer(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	e := newElder(t, w)
	_, err := w.Approve(e.old, e.request())
	ayetest.Fails(t, err, nil)
	view, err := w.Pairings.View(t.Context(), operator, e.shown.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "number", view.Number.Reveal(), "")
	_, err = w.Devices.Remove(t.Context(), e.fresh.Device, "operator")
	ayetest.Fails(t, err, nil)
	view, err = w.Pairings.View(t.Context(), operator, e.shown.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "phone", view.Device.ID, "")
}

func TestADisownIsToldOnce(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	e := newElder(t, w)
	for range 2 {
		ayetest.Fails(t, w.Pairings.Disown(t.Context(), e.shown.ID), nil)
	}
	ayetest.Same(t, "told", w.Announcer.Told(e.member.Person.ID), []accounts.NoticeKind{accounts.PhoneLinked, accounts.PairingBurned})
}

// Apple has one kind of address, which a phone need not name.
func TestAKindThatIsNotNamed(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	shown, phone := w.Open(w.AddPerson("Ada")), w.NewPhone()
	code := ayetest.Scan(shown)
	claimed, err := w.Pairings.Claim(t.Context(), code, phone.Claim(code, func(c jwt.MapClaims) {
		c["push"] = map[string]any{"provider": "apns", "app": "com.example.aye", "address": "00ffaa", "environment": "sandbox"}
	}))
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "kind", claimed.Device.Push.Kind, notify.AddressToken)
}

// seen is an answer of the older phone that somebody else sees at the same time.
type seen struct {
	pairing.Elder
	meanwhile func()
}

func (s seen) ElderAnswer(ctx context.Context, id string) (approved, answered bool, err error) {
	approved, answered, err = s.Elder.ElderAnswer(ctx, id)
	s.meanwhile()
	return approved, answered, err
}

func TestALinkByTheOlderPhoneIsToldOnce(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	e := newElder(t, w)
	w.Approvals.Answered = nil
	_, err := w.Approve(e.old, e.request())
	ayetest.Fails(t, err, nil)
	settle := func(s *pairing.Service) { ayetest.Fails(t, s.Answered(t.Context(), e.shown.ID), nil) }
	raced := *w.Pairings
	raced.Elder = seen{w.Pairings.Elder, func() { settle(w.Pairings) }}
	settle(&raced)
	ayetest.Same(t, "told", w.Announcer.Told(e.member.Person.ID), []accounts.NoticeKind{accounts.PhoneLinked, accounts.PhoneLinked})
}
