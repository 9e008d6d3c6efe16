package pairing_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/notify"
	"example.com/aye/otp"
	"example.com/aye/pairing"
)

// addApp gives the person an authenticator app. The function gives the code that it shows.
func addApp(w *ayetest.World, m accounts.Member) func() string {
	w.Helper()
	e, err := w.Codes.BeginApp(w.Context(), m.Person.ID, "session", "Example", m.Person.Email)
	ayetest.Fails(w, err, nil)
	shows := func() string {
		code, failed := totp.GenerateCode(e.Secret.Reveal(), w.Clock.Now())
		ayetest.Fails(w, failed, nil)
		return code
	}
	_, err = w.Codes.ActivateApp(w.Context(), m.Person.ID, "session", e.ID, "Laptop", shows())
	ayetest.Fails(w, err, nil)
	w.Clock.Pass(otp.Step)
	return shows
}

// audited gives the audit rows about the pairing.
func audited(w *ayetest.World, id string) []audit.Row {
	w.Helper()
	rows, err := w.Store.AuditRows(w.Context(), w.Organisation.ID, 0, 10_000)
	ayetest.Fails(w, err, nil)
	var about []audit.Row
	for _, row := range rows {
		if row.Subject == id {
			about = append(about, row)
		}
	}
	return about
}

// The old phone is gone, and another factor stands in for it.
func TestAnotherFactorStandsInForTheOlderPhone(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for _, test := range []struct {
		name, method string
		code         func(elder) string
	}{
		{"a code of an app", pairing.ByTOTP, func(e elder) string { return addApp(e.World, e.member)() }},
		{"a code of another phone", pairing.ByTOTP, func(e elder) string { return e.old.CodeNow().Reveal() }},
		{"a recovery code", pairing.ByRecovery, func(e elder) string {
			codes, err := e.Codes.NewRecoveryCodes(e.Context(), e.member.Person.ID)
			ayetest.Fails(e, err, nil)
			return codes[9].Reveal()
		}},
	} {
		w.Run(t, test.name, func(t *testing.T, w *ayetest.World) {
			e := newElder(t, w)
			asked, code, hints := e.request(), test.code(e), 0
			defer w.Broker.Subscribe(pairing.Topic(e.shown.ID), func() { hints++ })()
			w.Pusher.Taken(notify.MessageWithdraw)
			ayetest.Fails(t, w.Pairings.ProveInstead(t.Context(), e.shown.ID, test.method, code), nil)
			ayetest.Same(t, "state", state(w, e.shown.ID), pairing.Paired)
			ayetest.Same(t, "status", status(w, e.fresh), devices.Active)
			ayetest.Same(t, "the page was told to look", hints > 0, true)
			ayetest.Same(t, "the question is taken back", w.State(asked.ID), approval.Cancelled)
			ayetest.Same(t, "and its push", len(w.Pusher.Taken(notify.MessageWithdraw)) > 0, true)
			told := w.Announcer.Told(e.member.Person.ID)
			ayetest.Same(t, "told", told[len(told)-1], accounts.PhoneLinked)
			rows := audited(w, e.shown.ID)
			last := rows[len(rows)-1]
			ayetest.Same(t, "audited", []string{last.Action, last.Data["method"]}, []string{"pairing.proven", test.method})
			ayetest.Fails(t, w.Pairings.ProveInstead(t.Context(), e.shown.ID, test.method, code), pairing.ErrClosed)
			_, err := w.Approve(e.fresh, w.Ask(e.member))
			ayetest.Fails(t, err, nil)
			// Whoever has the old phone after all can still say that it was not them.
			_, err = w.Report(e.old, asked)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "status", status(w, e.fresh), devices.Removed)
		})
	}
}

// Nothing that the new phone has, or that an application could have, stands in for the older phone.
func TestThreatSomethingElseStandsIn(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	shown, err := open(w, ada, nil)
	ayetest.Fails(t, err, nil)
	local := w.NewPhone()
	_, err = w.Claim(local, shown)
	ayetest.Fails(t, err, nil)
	fresh, again := w.NewPhone(), w.Open(ada)
	claimed, err := w.Claim(fresh, again)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", claimed.State, pairing.AwaitingApproval)
	instead := func(method, code string) error {
		return w.Pairings.ProveInstead(t.Context(), again.ID, method, code)
	}
	ayetest.Fails(t, instead(pairing.ByTOTP, local.CodeNow().Reveal()), otp.ErrNone)
	ayetest.Fails(t, instead(pairing.ByTOTP, fresh.CodeNow().Reveal()), otp.ErrNone)
	shows := addApp(w, ada)
	ayetest.Fails(t, instead(pairing.ByTOTP, local.CodeNow().Reveal()), otp.ErrWrong)
	ayetest.Fails(t, instead(pairing.ByTOTP, fresh.CodeNow().Reveal()), otp.ErrWrong)
	ayetest.Fails(t, instead(pairing.ByRecovery, "0000-0000-0000-0000"), otp.ErrNone)
	for _, method := range []string{"", "push", "sms"} {
		ayetest.Fails(t, instead(method, shows()), pairing.ErrMethod)
	}
	// Nor does the phone log anybody in before it is active.
	asked := w.Ask(ada)
	_, err = w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.TOTP, fresh.CodeNow())
	ayetest.Fails(t, err, otp.ErrWrong)
	ayetest.Same(t, "state", state(w, again.ID), pairing.AwaitingApproval)
	ayetest.Same(t, "status", status(w, fresh), devices.Pending)
	ayetest.Fails(t, instead(pairing.ByTOTP, shows()), nil)
}

// What the organisation does not take to log in with links no phone either.
func TestWhatTheOrganisationDoesNotTake(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.Change(func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{} })
	e := newElder(t, w)
	codes, err := w.Codes.NewRecoveryCodes(t.Context(), e.member.Person.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, w.Pairings.ProveInstead(t.Context(), e.shown.ID, pairing.ByTOTP, e.old.CodeNow().Reveal()), pairing.ErrMethod)
	ayetest.Fails(t, w.Pairings.ProveInstead(t.Context(), e.shown.ID, pairing.ByRecovery, codes[0].Reveal()), pairing.ErrMethod)
	ayetest.Same(t, "state", state(w, e.shown.ID), pairing.AwaitingApproval)
}

// TestThreatGuessingWhatStandsIn: for one pairing five codes are looked at.
func TestThreatGuessingWhatStandsIn(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	e := newElder(t, w)
	var looked atomic.Int64
	ayetest.AtOnce(50, func(int) {
		err := w.Pairings.ProveInstead(t.Context(), e.shown.ID, pairing.ByTOTP, ayetest.Wrong(e.old.CodeNow()).Reveal())
		switch {
		case errors.Is(err, otp.ErrWrong):
			looked.Add(1)
		case !errors.Is(err, otp.ErrTooMany):
			t.Error(err)
		}
	})
	ayetest.Same(t, "looked at", looked.Load(), otp.PerRequest)
	ayetest.Fails(t, w.Pairings.ProveInstead(t.Context(), e.shown.ID, pairing.ByTOTP, e.old.CodeNow().Reveal()), otp.ErrTooMany)
}

// It is only for a pairing that waits for the older phone, and that no application opened.
func TestNothingElseCanBeProvenInstead(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	old := w.Pair(ada)
	instead := func(id string) error {
		w.Clock.Pass(otp.Step)
		return w.Pairings.ProveInstead(t.Context(), id, pairing.ByTOTP, old.CodeNow().Reveal())
	}
	shown := w.Open(ada)
	ayetest.Fails(t, instead(shown.ID), pairing.ErrClosed)
	ayetest.Fails(t, instead("pair_none"), pairing.ErrNotFound)
	bea := w.AddPerson("Bea")
	shop, err := open(w, bea, nil)
	ayetest.Fails(t, err, nil)
	w.Pair(bea)
	claimed, err := w.Claim(w.NewPhone(), shop)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", claimed.State, pairing.AwaitingApproval)
	ayetest.Fails(t, instead(shop.ID), pairing.ErrNotFound)
	e := newElder(t, w)
	old = e.old
	w.Clock.Pass(approval.DefaultLife)
	ayetest.Fails(t, instead(e.shown.ID), pairing.ErrClosed)
	ayetest.Same(t, "state", state(w, e.shown.ID), pairing.Burned)
}

// The older phone answers while the code is looked at: what it said stands.
func TestTheOlderPhoneAnswersMeanwhile(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for name, test := range map[string]struct {
		answer func(elder) (approval.Decided, error)
		want   error
		status devices.Status
	}{
		"yes": {func(e elder) (approval.Decided, error) { return e.Approve(e.old, e.request()) }, nil, devices.Active},
		"no":  {func(e elder) (approval.Decided, error) { return e.Deny(e.old, e.request()) }, pairing.ErrClosed, devices.Removed},
	} {
		w.Run(t, name, func(t *testing.T, w *ayetest.World) {
			e := newElder(t, w)
			raced := *w.Pairings
			raced.Codes = meanwhile{w.Codes, func() {
				_, err := test.answer(e)
				ayetest.Fails(t, err, nil)
			}}
			ayetest.Fails(t, raced.ProveInstead(t.Context(), e.shown.ID, pairing.ByTOTP, e.old.CodeNow().Reveal()), test.want)
			ayetest.Same(t, "status", status(w, e.fresh), test.status)
			linked := 0
			for _, kind := range w.Announcer.Told(e.member.Person.ID) {
				if kind == accounts.PhoneLinked {
					linked++
				}
			}
			ayetest.Same(t, "told once", linked, map[devices.Status]int{devices.Active: 2, devices.Removed: 1}[test.status])
		})
	}
}

// meanwhile is a look at a code, just after which something else happens.
type meanwhile struct {
	*otp.Service
	after func()
}

func (m meanwhile) ProveFor(ctx context.Context, personID, requestID, code, exceptDevice string) error {
	defer m.after()
	return m.Service.ProveFor(ctx, personID, requestID, code, exceptDevice)
}

// A person opens a pairing for themself: it is theirs alone, and the log says so.
func TestAPairingOfOnesOwn(t *testing.T) {
	t.Parallel()
	w := newStrict(t)
	ada, bea := w.AddPerson("Ada"), w.AddPerson("Bea")
	own, err := w.Pairings.Open(t.Context(), pairing.Opening{OrganisationID: ada.OrganisationID, User: ayetest.Named(ada), By: ada.ID})
	ayetest.Fails(t, err, nil)
	shop, err := open(w, ada, func(o *pairing.Opening) { o.By = ada.ID })
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "opened by", []string{own.By, shop.By}, []string{ada.ID, ""})
	p, err := w.Pairings.Own(t.Context(), ada.Person.ID, own.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "own", p, own.Pairing)
	for person, id := range map[string]string{bea.Person.ID: own.ID, ada.Person.ID: shop.ID, "": own.ID} {
		_, err = w.Pairings.Own(t.Context(), person, id)
		ayetest.Fails(t, err, pairing.ErrNotFound)
	}
	renewed, err := w.Pairings.Renew(t.Context(), operator, own.ID)
	ayetest.Fails(t, err, nil)
	phone := w.NewPhone()
	claimed, err := w.Claim(phone, renewed)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "counts everywhere", claimed.Device.Local, false)
	digits := pairing.ConfirmationDigits(ayetest.Scan(renewed), ayetest.Public(phone.Key), ayetest.Public(phone.ApprovalKey))
	ayetest.Fails(t, w.Pairings.Confirm(t.Context(), operator, own.ID, digits), nil)
	ayetest.Fails(t, w.Pairings.Cancel(t.Context(), operator, own.ID), nil)
	var log []string
	for _, row := range audited(w, own.ID) {
		log = append(log, row.Action+" "+row.Actor)
	}
	ayetest.Same(t, "log", log, []string{
		"pairing.opened " + ada.ID, "pairing.renewed " + ada.ID, "pairing.claimed " + phone.Device.ID,
		"pairing.confirmed " + ada.ID, "pairing.burned " + ada.ID,
	})
	w.Clock.Pass(time.Hour)
	ayetest.Same(t, "the operator's", audited(w, w.Open(ada).ID)[0].Actor, accounts.Operator)
}

// A person with an authenticator app links phones themselves: an application that could add one
// of its own would go round that factor.
func TestThreatApplicationGoesRoundAnApp(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	addApp(w, ada)
	_, err := open(w, ada, nil)
	ayetest.Fails(t, err, pairing.ErrEnrolRefused)
	phone := w.NewPhone()
	claimed, err := w.Claim(phone, w.Open(ada))
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "state", claimed.State, pairing.Paired)
}
