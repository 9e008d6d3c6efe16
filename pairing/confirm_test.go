package pairing_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
)

// strict is a pairing in profile strict that a phone has claimed.
func strict(t *testing.T, w *ayetest.World) (accounts.Member, *ayetest.Phone, pairing.Shown, secret.Secret) {
	t.Helper()
	ada, phone := w.AddPerson("Ada"), w.NewPhone()
	shown, err := open(w, ada, nil)
	ayetest.Fails(t, err, nil)
	claimed, err := w.Claim(phone, shown)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", claimed.State, pairing.AwaitingCode)
	ayetest.Same(t, "status", status(w, phone), devices.Pending)
	return ada, phone, shown, pairing.ConfirmationDigits(ayetest.Scan(shown), ayetest.Public(phone.Key), ayetest.Public(phone.ApprovalKey))
}

func newStrict(t *testing.T) *ayetest.World {
	t.Helper()
	w := ayetest.New(t)
	w.Change(func(o *accounts.Organisation) { o.Profile = accounts.Strict })
	return w
}

func TestDigitsAreTypedBack(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	ada, phone, shown, digits := strict(t, w)
	state, err := w.Pairings.StateOf(t.Context(), phone.Device)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state of the phone", state, pairing.AwaitingCode)
	for range pairing.Tries - 1 {
		ayetest.Fails(t, w.Pairings.Confirm(t.Context(), w.Shop, shown.ID, ayetest.Wrong(digits)), pairing.ErrWrongCode)
	}
	ayetest.Fails(t, w.Pairings.Confirm(t.Context(), w.Shop, shown.ID, digits), nil)
	ayetest.Same(t, "status", status(w, phone), devices.Active)
	ayetest.Same(t, "told", w.Announcer.Told(ada.Person.ID), []accounts.NoticeKind{accounts.PhoneLinked})
	ayetest.Fails(t, w.Pairings.Confirm(t.Context(), w.Shop, shown.ID, digits), pairing.ErrClosed)
}

func TestThreeWrongDigitsBurn(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	ada, phone, shown, digits := strict(t, w)
	for i, want := range []error{pairing.ErrWrongCode, pairing.ErrWrongCode, pairing.ErrBurned, pairing.ErrClosed} {
		if err := w.Pairings.Confirm(t.Context(), w.Shop, shown.ID, ayetest.Wrong(digits)); !errors.Is(err, want) {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	ayetest.Fails(t, w.Pairings.Confirm(t.Context(), w.Shop, shown.ID, digits), pairing.ErrClosed)
	ayetest.Same(t, "status", status(w, phone), devices.Removed)
	ayetest.Same(t, "told", w.Announcer.Told(ada.Person.ID), []accounts.NoticeKind{accounts.PairingBurned})
	view, err := w.Pairings.View(t.Context(), w.Shop, shown.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "shows no phone", view.Device.ID, "")
}

// Of a hundred guesses at once three are looked at.
func TestGuessingDigitsInParallel(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	_, _, shown, digits := strict(t, w)
	var looked atomic.Int64
	counted := *w.Pairings
	ayetest.AtOnce(100, func(int) {
		switch err := counted.Confirm(t.Context(), w.Shop, shown.ID, ayetest.Wrong(digits)); {
		case errors.Is(err, pairing.ErrWrongCode):
			looked.Add(1)
		case !errors.Is(err, pairing.ErrBurned) && !errors.Is(err, pairing.ErrClosed):
			t.Error(err)
		}
	})
	ayetest.Same(t, "wrong ones that did not burn", looked.Load(), pairing.Tries-1)
	ayetest.Same(t, "state", state(w, shown.ID), pairing.Burned)
}

// The fourth try is not looked at, even if what the third began was not finished.
func TestTriesAreCountedFirst(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	_, phone, shown, digits := strict(t, w)
	for range pairing.Tries {
		_, err := w.Store.CountTry(t.Context(), shown.ID)
		ayetest.Fails(t, err, nil)
	}
	ayetest.Fails(t, w.Pairings.Confirm(t.Context(), w.Shop, shown.ID, digits), pairing.ErrBurned)
	ayetest.Same(t, "status", status(w, phone), devices.Pending)
}

func TestNobodyTypesTheDigits(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	_, phone, shown, digits := strict(t, w)
	w.Clock.Pass(pairing.Life - time.Millisecond)
	ayetest.Fails(t, w.Pairings.Sweep(t.Context()), nil)
	ayetest.Same(t, "status", status(w, phone), devices.Pending)
	w.Clock.Pass(time.Millisecond)
	ayetest.Fails(t, w.Pairings.Confirm(t.Context(), w.Shop, shown.ID, digits), pairing.ErrClosed)
	ayetest.Fails(t, w.Pairings.Sweep(t.Context()), nil)
	ayetest.Same(t, "status", status(w, phone), devices.Removed)
	ayetest.Same(t, "state", state(w, shown.ID), pairing.Burned)
}

// Two pairings of one person, opened while there was no phone: the digits of the second link
// none, because nobody asked the phone that the first has linked.
func TestTheSecondOfTwoPairingsLinksNothing(t *testing.T) {
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
	confirm := func(i int) error {
		digits := pairing.ConfirmationDigits(ayetest.Scan(shown[i]), ayetest.Public(phones[i].Key), ayetest.Public(phones[i].ApprovalKey))
		return w.Pairings.Confirm(t.Context(), w.Shop, shown[i].ID, digits)
	}
	ayetest.Fails(t, confirm(0), nil)
	ayetest.Fails(t, confirm(1), pairing.ErrBurned)
	ayetest.Same(t, "phones", []devices.Status{status(w, phones[0]), status(w, phones[1])}, []devices.Status{devices.Active, devices.Removed})
}

// The digits come twice at once: the phone that they link is no older phone of itself.
func TestDigitsThatComeTwice(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	_, phone, shown, digits := strict(t, w)
	raced := *w.Pairings
	raced.Phones = confirmed{w.Devices, func() { ayetest.Fails(t, w.Pairings.Confirm(t.Context(), w.Shop, shown.ID, digits), nil) }}
	ayetest.Fails(t, raced.Confirm(t.Context(), w.Shop, shown.ID, digits), pairing.ErrClosed)
	ayetest.Same(t, "status", status(w, phone), devices.Active)
}

// confirmed is a look at the phones just after something else happened.
type confirmed struct {
	*devices.Service
	before func()
}

func (c confirmed) Of(ctx context.Context, personID string) ([]devices.Device, error) {
	c.before()
	return c.Service.Of(ctx, personID)
}

func TestConfirmationDigits(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/vectors.json")
	ayetest.Fails(t, err, nil)
	var vectors struct {
		Code string `json:"code"`
		Keys []struct {
			Name  string `json:"name"`
			PKCS8 string `json:"pkcs8"`
		} `json:"keys"`
		Confirm struct {
			Digits string `json:"digits"`
		} `json:"confirm"`
	}
	ayetest.Fails(t, json.Unmarshal(text, &vectors), nil)
	keys := map[string]string{}
	for _, key := range vectors.Keys {
		keys[key.Name] = key.PKCS8
	}
	device, err := jwt.ParseECPrivateKeyFromPEM([]byte(keys["device"]))
	ayetest.Fails(t, err, nil)
	approvalKey, err := jwt.ParseECPrivateKeyFromPEM([]byte(keys["approval"]))
	ayetest.Fails(t, err, nil)
	digits := pairing.ConfirmationDigits(secret.Secret(vectors.Code), ayetest.Public(device), ayetest.Public(approvalKey))
	ayetest.Same(t, "digits", digits.Reveal(), vectors.Confirm.Digits)
}

// elder is a person with a phone, for whom another one has claimed.
type elder struct {
	*ayetest.World
	member accounts.Member
	old    *ayetest.Phone
	fresh  *ayetest.Phone
	shown  pairing.Shown
}

func newElder(t *testing.T, w *ayetest.World) elder {
	t.Helper()
	e := elder{World: w, member: w.AddPerson("Ada"), fresh: w.NewPhone()}
	e.old = w.Pair(e.member)
	e.shown = w.Open(e.member)
	claimed, err := w.Claim(e.fresh, e.shown)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", claimed.State, pairing.AwaitingApproval)
	ayetest.Same(t, "status", status(w, e.fresh), devices.Pending)
	return e
}

func (e elder) request() approval.Asked {
	e.Helper()
	p, err := e.Pairings.Find(e.Context(), e.shown.ID)
	ayetest.Fails(e, err, nil)
	r, err := e.Approvals.Find(e.Context(), p.ApprovalID)
	ayetest.Fails(e, err, nil)
	number, err := e.Approvals.Number(e.Context(), r.ID)
	ayetest.Fails(e, err, nil)
	return approval.Asked{Request: r, Number: number}
}

func TestTheOlderPhoneIsAsked(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	answered := func(do func(elder, approval.Asked) error) func(*testing.T, elder) {
		return func(t *testing.T, e elder) { ayetest.Fails(t, do(e, e.request()), nil) }
	}
	linked := []accounts.NoticeKind{accounts.PhoneLinked}
	tests := []struct {
		name   string
		do     func(*testing.T, elder)
		state  pairing.State
		status devices.Status
		told   []accounts.NoticeKind
	}{
		{"yes", answered(func(e elder, a approval.Asked) error { _, err := e.Approve(e.old, a); return err }), pairing.Paired, devices.Active, append(linked, accounts.PhoneLinked)},
		{"no", answered(func(e elder, a approval.Asked) error { _, err := e.Deny(e.old, a); return err }), pairing.Burned, devices.Removed, linked},
		{"wrong number", answered(func(e elder, a approval.Asked) error {
			a.Number = ayetest.Wrong(a.Number)
			_, err := e.Approve(e.old, a)
			return err
		}), pairing.Burned, devices.Removed, linked},
		{"reported", answered(func(e elder, a approval.Asked) error { _, err := e.Report(e.old, a); return err }), pairing.Burned, devices.Removed, append(linked, accounts.RequestReported, accounts.MemberReported, accounts.PairingBurned)},
		{"no answer", func(t *testing.T, e elder) {
			e.Clock.Pass(approval.DefaultLife)
			ayetest.Fails(t, e.Pairings.Sweep(t.Context()), nil)
		}, pairing.Burned, devices.Removed, linked},
		{"a yes that comes too late", func(t *testing.T, e elder) {
			asked := e.request()
			e.Clock.Pass(approval.DefaultLife)
			_, err := e.Approve(e.old, asked)
			ayetest.Fails(t, err, approval.ErrDecided)
			ayetest.Fails(t, e.Pairings.Sweep(t.Context()), nil)
		}, pairing.Burned, devices.Removed, linked},
		{"cancelled by the page", func(t *testing.T, e elder) {
			ayetest.Fails(t, e.Pairings.Cancel(t.Context(), operator, e.shown.ID), nil)
		}, pairing.Burned, devices.Removed, append(linked, accounts.PairingBurned)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newElder(t, w.For(t))
			hints := 0
			defer w.Broker.Subscribe(pairing.Topic(e.shown.ID), func() { hints++ })()
			test.do(t, e)
			ayetest.Same(t, "the page was told to look", hints > 0, true)
			ayetest.Same(t, "state", state(e.World, e.shown.ID), test.state)
			ayetest.Same(t, "status", status(e.World, e.fresh), test.status)
			ayetest.Same(t, "told", e.Announcer.Told(e.member.Person.ID), test.told)
		})
	}
}

func TestTheNumberForTheOlderPhone(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	e := newElder(t, w)
	asked := e.request()
	view, err := w.Pairings.View(t.Context(), operator, e.shown.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "number", view.Number.Reveal(), asked.Number.Reveal())
	ayetest.Same(t, "shown", []any{asked.Purpose, asked.Details}, []any{approval.NewPhone, []approval.Detail{{Label: "Phone", Value: "Pixel 9"}}})
	_, err = w.Approve(e.fresh, asked)
	ayetest.Fails(t, err, devices.ErrNotActive) // the new phone does not vouch for itself
	_, err = w.Approvals.View(t.Context(), w.Shop.ID, asked.ID)
	ayetest.Fails(t, err, approval.ErrNotFound) // no application sees it
	login := w.Ask(e.member)
	_, err = w.Approvals.Number(t.Context(), login.ID)
	ayetest.Fails(t, err, approval.ErrNotFound)
	_, _, err = w.Approvals.NewPhoneAnswer(t.Context(), login.ID)
	ayetest.Fails(t, err, approval.ErrNotFound)
	_, err = w.Approve(e.old, asked)
	ayetest.Fails(t, err, nil)
	got, err := w.Pairings.StateOf(t.Context(), e.fresh.Device) // the phone asks before any page looks
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state of the phone", got, pairing.Paired)
	ayetest.Same(t, "used up", w.State(asked.ID), approval.Released)
}

// "This was not me", said on the older phone within a day, removes the new one.
func TestAReportDisowns(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	e := newElder(t, w)
	asked := e.request()
	_, err := w.Approve(e.old, asked)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", state(w, e.shown.ID), pairing.Paired)
	w.Clock.Pass(approval.ReportLife - time.Minute)
	claims := e.old.DecisionClaims(asked.Request, approval.Report)
	sent := e.old.SignDecision(e.old.Key, claims)
	for range 2 { // also when the answer was lost
		_, err = w.Send(e.old, asked.Request, sent)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "status", status(w, e.fresh), devices.Removed)
		ayetest.Same(t, "state", state(w, e.shown.ID), pairing.Burned)
	}
}

// The server ends between the report and the removal: the phone repeats, and it is removed.
func TestADisownThatWasInterrupted(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	e := newElder(t, w)
	asked := e.request()
	_, err := w.Approve(e.old, asked)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", state(w, e.shown.ID), pairing.Paired)
	sent := e.old.SignDecision(e.old.Key, e.old.DecisionClaims(asked.Request, approval.Report))
	interrupted := *w.Approvals
	interrupted.Disown = nil
	_, err = interrupted.Decide(t.Context(), e.old.Device, asked.ID, sent)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "status", status(w, e.fresh), devices.Active)
	_, err = w.Send(e.old, asked.Request, sent)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "status", status(w, e.fresh), devices.Removed)
}

var errLost = errors.New("the server ended")

// The server ends between the claim and the question to the older phone.
func TestAQuestionThatWasNeverAsked(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for _, again := range []bool{true, false} {
		ada, phone := w.AddPerson("Ada"), w.NewPhone()
		w.Pair(ada)
		shown := w.Open(ada)
		code := ayetest.Scan(shown)
		lost := *w.Pairings
		lost.Elder = silent{}
		_, err := lost.Claim(t.Context(), code, phone.Claim(code, nil))
		ayetest.Fails(t, err, errLost)
		view, err := w.Pairings.View(t.Context(), operator, shown.ID) // the page waits, and shows no number yet
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "view", []any{view.State, view.Number.Reveal()}, []any{pairing.AwaitingApproval, ""})
		if again {
			claimed, err := w.Claim(phone, shown)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "asked", claimed.ApprovalID != "", true)
			continue
		}
		w.Clock.Pass(pairing.CodeLife)
		ayetest.Fails(t, w.Pairings.Sweep(t.Context()), nil)
		ayetest.Same(t, "state", state(w, shown.ID), pairing.Burned)
	}
}

// silent never gets to ask.
type silent struct{ pairing.Elder }

func (silent) AskElder(context.Context, pairing.Pairing, devices.Device, bool) (string, error) {
	return "", errLost
}
