package pairing_test

import (
	"context"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
)

// open opens as the shop.
func open(w *ayetest.World, m accounts.Member, change func(*pairing.Opening)) (pairing.Shown, error) {
	o := pairing.Opening{OrganisationID: w.Organisation.ID, Application: &w.Shop, User: ayetest.Named(m)}
	if change != nil {
		change(&o)
	}
	return w.Pairings.Open(w.Context(), o)
}

// An application links first phones only, of people who are members nowhere else, and does
// not learn which of the two it was.
func TestThreatApplicationLinksItsOwnPhone(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	linked, both, five := w.AddPerson("Ada"), w.AddPerson("Bea"), w.AddPerson("Cy")
	w.Pair(linked)
	w.Join(w.AddOrganisation(func(*accounts.Organisation) {}), both)
	for range devices.MaxActive {
		w.Pair(five)
		w.Clock.Pass(time.Hour)
	}
	tests := []struct {
		name        string
		member      accounts.Member
		application bool
		want        error
	}{
		{"first phone", w.AddPerson("Dan"), true, nil},
		{"second phone", linked, true, pairing.ErrEnrolRefused},
		{"member elsewhere", both, true, pairing.ErrEnrolRefused},
		{"sixth phone", five, true, pairing.ErrEnrolRefused},
		{"nobody", accounts.Member{ID: secret.NewID("usr")}, true, accounts.ErrNotFound},
		{"first phone by the operator", w.AddPerson("Eve"), false, nil},
		{"second phone by the operator", linked, false, nil},
		{"member elsewhere by the operator", both, false, nil},
		{"sixth phone by the operator", five, false, pairing.ErrTooManyPhones},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := open(w.For(t), test.member, func(o *pairing.Opening) {
				if !test.application {
					o.Application = nil
				}
			})
			ayetest.Fails(t, err, test.want)
		})
	}
}

func TestFivePhones(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	for range devices.MaxActive - 1 {
		w.Pair(ada)
		w.Clock.Pass(time.Hour)
	}
	one, other := w.Open(ada), w.Open(ada) // there is room for one, at the moment
	_, err := w.Claim(w.NewPhone(), one)
	ayetest.Fails(t, err, nil)
	_, err = w.Claim(w.NewPhone(), other)
	ayetest.Fails(t, err, pairing.ErrTooManyPhones)
	ayetest.Same(t, "state", state(w, other.ID), pairing.Open)
}

func TestFiveAnHour(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	for range pairing.PerHour {
		w.Open(ada)
		w.Clock.Pass(time.Minute)
	}
	_, err := open(w, ada, nil)
	ayetest.Fails(t, err, pairing.ErrTooMany)
	w.Open(w.AddPerson("Bea"))
	w.Clock.Pass(time.Hour - pairing.PerHour*time.Minute + time.Millisecond)
	w.Open(ada)
	_, err = open(w, ada, nil)
	ayetest.Fails(t, err, pairing.ErrTooMany)
}

func TestARepeatedOpening(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	keyed := func(body string) func(*pairing.Opening) {
		return func(o *pairing.Opening) { o.CreationKey, o.BodyHash = "key", body }
	}
	first, err := open(w, ada, keyed("body"))
	ayetest.Fails(t, err, nil)
	again, err := open(w, ada, keyed("body"))
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "answer", []string{again.ID, again.URL.Reveal(), again.Ticket.Reveal()}, []string{first.ID, first.URL.Reveal(), first.Ticket.Reveal()})
	_, err = open(w, ada, keyed("other"))
	ayetest.Fails(t, err, pairing.ErrMismatch)
	_, err = w.Claim(w.NewPhone(), first)
	ayetest.Fails(t, err, nil)
	again, err = open(w, ada, keyed("body")) // refused, had it not been asked before
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "id", again.ID, first.ID)
	_, err = open(w, ada, keyed("other"))
	ayetest.Fails(t, err, pairing.ErrEnrolRefused)
	_, err = open(w, ada, func(o *pairing.Opening) { o.CreationKey, o.BodyHash = "new", "body" })
	ayetest.Fails(t, err, pairing.ErrEnrolRefused)
}

func TestRenewing(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	shown, err := open(w, w.AddPerson("Ada"), nil)
	ayetest.Fails(t, err, nil)
	renew := func() (pairing.Shown, error) { return w.Pairings.Renew(t.Context(), w.Shop, shown.ID) }
	second, err := renew()
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "ticket", second.Ticket.Reveal(), shown.Ticket.Reveal())
	_, err = w.Claim(w.NewPhone(), shown)
	ayetest.Fails(t, err, pairing.ErrUnknownCode) // the old code is dead
	w.Clock.Pass(pairing.CodeLife - time.Millisecond)
	ayetest.Same(t, "state", state(w, shown.ID), pairing.Open)
	w.Clock.Pass(time.Millisecond)
	_, err = w.Claim(w.NewPhone(), second)
	ayetest.Fails(t, err, pairing.ErrExpired)
	ayetest.Same(t, "state", state(w, shown.ID), pairing.Expired)
	third, err := renew()
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", state(w, shown.ID), pairing.Open)
	w.Clock.Pass(pairing.Life - pairing.CodeLife - time.Second)
	last, err := renew()
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "no renewal passes the end", last.Expires, shown.Ends)
	_, err = w.Claim(w.NewPhone(), third)
	ayetest.Fails(t, err, pairing.ErrUnknownCode)
	w.Clock.Pass(time.Second)
	_, err = renew()
	ayetest.Fails(t, err, pairing.ErrExpired)
	p, err := w.Pairings.Find(t.Context(), shown.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "final", p.Final(w.Clock.Now()), true)
}

func TestARenewalAgainstAClaim(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	shown, err := open(w, w.AddPerson("Ada"), nil)
	ayetest.Fails(t, err, nil)
	_, err = w.Claim(w.NewPhone(), shown)
	ayetest.Fails(t, err, nil)
	_, err = w.Pairings.Renew(t.Context(), w.Shop, shown.ID)
	ayetest.Fails(t, err, pairing.ErrClosed)

	other, err := open(w, w.AddPerson("Bea"), nil)
	ayetest.Fails(t, err, nil)
	raced, phone := *w.Pairings, w.NewPhone()
	raced.Phones = overtaken{w.Devices, func() { _, err = w.Pairings.Renew(t.Context(), w.Shop, other.ID); ayetest.Fails(t, err, nil) }}
	code := ayetest.Scan(other)
	_, err = raced.Claim(t.Context(), code, phone.Claim(code, nil))
	ayetest.Fails(t, err, pairing.ErrExpired)
	ayetest.Same(t, "state", state(w, other.ID), pairing.Open)
}

// Another phone is linked between the look at the phones and the claim: the claim links none,
// because nobody asked that phone.
func TestAFirstPhoneThatIsNotTheFirst(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, phone := w.AddPerson("Ada"), w.NewPhone()
	shown, other := w.Open(ada), w.Open(ada)
	raced := *w.Pairings
	raced.Phones = overtaken{w.Devices, func() { _, err := w.Claim(w.NewPhone(), other); ayetest.Fails(t, err, nil) }}
	code := ayetest.Scan(shown)
	_, err := raced.Claim(t.Context(), code, phone.Claim(code, nil))
	ayetest.Fails(t, err, pairing.ErrExpired)
	claimed, err := w.Claim(phone, shown)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "the other phone is asked", claimed.State, pairing.AwaitingApproval)
}

// overtaken is a look at the phones during which something else happens.
type overtaken struct {
	*devices.Service
	meanwhile func()
}

func (o overtaken) Of(ctx context.Context, personID string) ([]devices.Device, error) {
	phones, err := o.Service.Of(ctx, personID)
	o.meanwhile()
	return phones, err
}

func TestCancelling(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for _, expired := range []bool{false, true} {
		shown, err := open(w, w.AddPerson("Ada"), nil)
		ayetest.Fails(t, err, nil)
		if expired {
			w.Clock.Pass(pairing.CodeLife)
		}
		for range 2 {
			ayetest.Fails(t, w.Pairings.Cancel(t.Context(), w.Shop, shown.ID), nil)
			ayetest.Same(t, "state", state(w, shown.ID), pairing.Cancelled)
		}
		_, err = w.Claim(w.NewPhone(), shown)
		ayetest.Fails(t, err, pairing.ErrUnknownCode)
		_, err = w.Pairings.Renew(t.Context(), w.Shop, shown.ID)
		ayetest.Fails(t, err, pairing.ErrClosed)
	}
}

func TestNotMyPhone(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for _, test := range []struct {
		name  string
		pause time.Duration
		want  error
		phone devices.Status
	}{
		{"at once", 0, nil, devices.Removed},
		{"ten minutes after", pairing.BurnWindow, nil, devices.Removed},
		{"later", pairing.BurnWindow + time.Millisecond, pairing.ErrClosed, devices.Active},
	} {
		w.Run(t, test.name, func(t *testing.T, w *ayetest.World) {
			phone := w.NewPhone()
			shown, err := open(w, w.AddPerson("Ada"), nil)
			ayetest.Fails(t, err, nil)
			_, err = w.Claim(phone, shown)
			ayetest.Fails(t, err, nil)
			w.Clock.Pass(test.pause)
			ayetest.Fails(t, w.Pairings.Cancel(t.Context(), w.Shop, shown.ID), test.want)
			ayetest.Same(t, "status", status(w, phone), test.phone)
		})
	}
}

func TestOnlyTheOpenerSeesAPairing(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	shown, err := open(w, w.AddPerson("Ada"), nil)
	ayetest.Fails(t, err, nil)
	elsewhere := w.AddOrganisation(func(*accounts.Organisation) {})
	for _, stranger := range []accounts.Application{w.AddApplication(w.Organisation, "Other"), w.AddApplication(elsewhere, "Elsewhere"), operator} {
		for _, id := range []string{shown.ID, secret.NewID("pair")} {
			_, err := w.Pairings.View(t.Context(), stranger, id)
			ayetest.Fails(t, err, pairing.ErrNotFound)
			_, err = w.Pairings.Renew(t.Context(), stranger, id)
			ayetest.Fails(t, err, pairing.ErrNotFound)
			ayetest.Fails(t, w.Pairings.Cancel(t.Context(), stranger, id), pairing.ErrNotFound)
			ayetest.Fails(t, w.Pairings.Confirm(t.Context(), stranger, id, "123456"), pairing.ErrNotFound)
		}
	}
	ayetest.Same(t, "its ticket", w.Pairings.Holds(shown.ID, shown.Ticket), true)
	ayetest.Same(t, "another's ticket", w.Pairings.Holds(shown.ID, w.Open(w.AddPerson("Bea")).Ticket), false)
	ayetest.Same(t, "state", state(w, shown.ID), pairing.Open)
}

func TestFinal(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for state, want := range map[pairing.State]bool{
		pairing.Open: false, pairing.AwaitingCode: false, pairing.AwaitingApproval: false,
		pairing.Paired: true, pairing.Burned: true, pairing.Cancelled: true, "what": true,
	} {
		ayetest.Same(t, string(state), pairing.Pairing{State: state}.Final(now), want)
	}
	ayetest.Same(t, "expired", pairing.Pairing{State: pairing.Expired, Ends: now.Add(1)}.Final(now), false)
	ayetest.Same(t, "expired for good", pairing.Pairing{State: pairing.Expired, Ends: now}.Final(now), true)
}

// Somebody who is no member any more links no phone with a code of before.
func TestAnEndedMembershipLinksNothing(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	shown, phone := w.Open(w.AddPerson("Ada")), w.NewPhone()
	ended := *w.Pairings
	ended.Directory = without{w.Accounts}
	code := ayetest.Scan(shown)
	_, err := ended.Claim(t.Context(), code, phone.Claim(code, nil))
	ayetest.Fails(t, err, pairing.ErrUnknownCode)
}

type without struct{ *accounts.Service }

func (without) Member(context.Context, string, accounts.UserReference) (accounts.Member, error) {
	return accounts.Member{}, accounts.ErrNotFound
}
