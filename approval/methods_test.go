package approval_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/otp"
	"example.com/aye/pairing"
)

// addApp gives the person an authenticator app. The function gives the code that it shows.
func addApp(w *ayetest.World, m accounts.Member) func() secret.Secret {
	w.Helper()
	e, err := w.Codes.BeginApp(w.Context(), m.Person.ID, "session", "Example", m.Person.Email)
	ayetest.Fails(w, err, nil)
	shows := func() secret.Secret {
		code, failed := totp.GenerateCode(e.Secret.Reveal(), w.Clock.Now())
		ayetest.Fails(w, failed, nil)
		return secret.Secret(code)
	}
	_, err = w.Codes.ActivateApp(w.Context(), m.Person.ID, "session", e.ID, "Laptop", shows().Reveal())
	ayetest.Fails(w, err, nil)
	w.Clock.Pass(otp.Step)
	return shows
}

// addCodes gives the person recovery codes.
func addCodes(w *ayetest.World, m accounts.Member) []secret.Secret {
	w.Helper()
	codes, err := w.Codes.NewRecoveryCodes(w.Context(), m.Person.ID)
	ayetest.Fails(w, err, nil)
	return codes
}

// addLocal gives the person a phone that the shop linked, which counts for its organisation alone.
func addLocal(w *ayetest.World, m accounts.Member) *ayetest.Phone {
	w.Helper()
	shown, err := w.Pairings.Open(w.Context(), pairing.Opening{OrganisationID: m.OrganisationID, Application: &w.Shop, User: ayetest.Named(m)})
	ayetest.Fails(w, err, nil)
	phone := w.NewPhone()
	_, err = w.Claim(phone, shown)
	ayetest.Fails(w, err, nil)
	return phone
}

// addOwn gives a person who has a local phone one that counts everywhere. It is linked where
// nobody asks the local one.
func addOwn(w *ayetest.World, m accounts.Member) *ayetest.Phone {
	w.Helper()
	return w.Pair(w.Join(w.AddOrganisation(func(*accounts.Organisation) {}), m))
}

func TestMethods(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	phone := func(w *ayetest.World, m accounts.Member) { w.Pair(m) }
	app := func(w *ayetest.World, m accounts.Member) { addApp(w, m) }
	codes := func(w *ayetest.World, m accounts.Member) { addCodes(w, m) }
	lose := func(w *ayetest.World, m accounts.Member) {
		apps, err := w.Codes.Apps(w.Context(), m.Person.ID)
		ayetest.Fails(w, err, nil)
		ayetest.Fails(w, w.Codes.RemoveApp(w.Context(), m.Person.ID, apps[0].ID, false), nil)
	}
	local := func(w *ayetest.World, m accounts.Member) { addLocal(w, m) }
	own := func(w *ayetest.World, m accounts.Member) { addOwn(w, m) }
	all := []accounts.SecondFactor{accounts.TOTP, accounts.SMS, accounts.Recovery}
	type gives func(*ayetest.World, accounts.Member)
	for _, test := range []struct {
		name       string
		allowed    []accounts.SecondFactor
		everywhere bool
		gives      []gives
		want       string
		failure    error
	}{
		{"nothing", all, false, nil, "", approval.ErrNotEnrolled},
		{"codes alone", all, false, []gives{app, codes, lose}, "", approval.ErrNotEnrolled},
		{"a phone", all, false, []gives{phone}, "push totp", nil},
		{"an app", all, false, []gives{app}, "totp", nil},
		{"everything", all, false, []gives{phone, app, codes}, "push totp recovery", nil},
		{"an app and codes", all, false, []gives{app, codes}, "totp recovery", nil},
		{"no codes from phones here", []accounts.SecondFactor{accounts.Recovery}, false, []gives{phone, app, codes}, "push recovery", nil},
		{"no recovery codes here", []accounts.SecondFactor{accounts.TOTP}, false, []gives{phone, codes}, "push totp", nil},
		{"push alone here", []accounts.SecondFactor{}, false, []gives{phone, app, codes}, "push", nil},
		{"push alone, and no phone", []accounts.SecondFactor{}, false, []gives{app}, "", nil},
		{"a local phone", all, false, []gives{local}, "push totp", nil},
		{"a local phone where all must trust it", all, true, []gives{local}, "", approval.ErrNotEnrolled},
		{"a local phone and an app, the same", all, true, []gives{local, app}, "totp", nil},
		{"a phone beside a local one, the same", all, true, []gives{local, own}, "push totp", nil},
	} {
		w.Run(t, test.name, func(t *testing.T, w *ayetest.World) {
			o := w.AddOrganisation(func(o *accounts.Organisation) { o.Methods = test.allowed })
			w.Organisation, w.Shop = o, w.AddApplication(o, "The shop")
			m := w.AddMember(o, "Ada", accounts.RoleMember)
			for _, give := range test.gives {
				give(w, m)
			}
			question := func(q *approval.Question) { q.Everywhere, q.CreationKey = test.everywhere, "key" }
			asked, err := w.TryAsk(m, question)
			ayetest.Fails(t, err, test.failure)
			if err != nil {
				return
			}
			var said []string
			for _, method := range asked.Methods {
				said = append(said, string(method))
			}
			ayetest.Same(t, "methods", strings.Join(said, " "), test.want)
			ayetest.Same(t, "deliveries", len(asked.Deliveries) > 0, slices.Contains(asked.Methods, approval.Push))
			view, err := w.Approvals.View(t.Context(), w.Shop.ID, asked.ID)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "methods of the view", view.Methods, asked.Methods)
		})
	}
}

// A repeated question has the methods of then.
func TestMethodsAreThoseOfThen(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	q := ayetest.Question(s.member)
	q.CreationKey = "key"
	first, err := w.Approvals.Ask(t.Context(), w.Shop, q)
	ayetest.Fails(t, err, nil)
	addCodes(w, s.member)
	again, err := w.Approvals.Ask(t.Context(), w.Shop, q)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "again", again, first)
}

// Who has an app and no phone is asked without a push, and nothing of it counts as unanswered.
func TestWhoHasAnAppAlone(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	shows := addApp(w, ada)
	for range approval.StreakBeforeMute + approval.PushesPerHour {
		asked := w.Ask(ada)
		ayetest.Same(t, "deliveries", len(asked.Deliveries), 0)
		_, err := w.Approvals.Resend(t.Context(), w.Shop, asked.ID)
		ayetest.Fails(t, err, nil)
		w.Clock.Pass(approval.DefaultLife)
		ayetest.Same(t, "state", w.State(asked.ID), approval.Expired)
	}
	asked := w.Ask(ada)
	view, err := w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.TOTP, shows())
	ayetest.Fails(t, err, nil)
	redeemed, err := w.Redeem(asked, view.ReleaseCode, "")
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "redeemed", []string{string(redeemed.Method), redeemed.Device.ID, redeemed.Within}, []string{"totp", "", ""})
	ayetest.Same(t, "amr", claimsOf(w, approval.AssertionType, redeemed.Assertion.Reveal())["amr"], any([]any{"otp"}))
	ayetest.Same(t, "pushes", len(w.Pusher.Taken(notify.MessageApproval)), 0)

	// The phone that comes then is rung at once, and finds what waits.
	waiting := w.Ask(ada)
	phone := w.Pair(ada)
	pending, err := w.Approvals.PendingFor(t.Context(), phone.Device)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "pending", len(pending), 1)
	_, err = w.Approve(phone, waiting)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "withheld", w.Ask(ada).Withheld, false)
}

// What nobody could ring for does not keep the phone silent that comes after.
func TestThePhoneAfterTheApp(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	for name, end := range map[string]func(approval.Asked){
		"expired":   func(approval.Asked) { w.Clock.Pass(approval.MinimumLife) },
		"cancelled": func(a approval.Asked) { ayetest.Fails(t, w.Approvals.Cancel(t.Context(), w.Shop, a.ID), nil) },
	} {
		ada := w.AddPerson("Ada")
		addApp(w, ada)
		for range approval.PushesPerTenMinutes {
			asked := w.Ask(ada, func(q *approval.Question) { q.Life = approval.MinimumLife })
			_, err := w.Approvals.Resend(t.Context(), w.Shop, asked.ID)
			ayetest.Fails(t, err, nil)
			end(asked)
			ayetest.Same(t, "state", string(w.State(asked.ID)), name)
		}
		w.Pair(ada)
		ayetest.Same(t, name+": withheld", w.Ask(ada).Withheld, false)
	}
}

func TestARecoveryCodeApproves(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	codes := addCodes(w, s.member)
	asked := w.Ask(s.member)
	view, err := w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.Recovery, codes[0])
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "answer", []string{string(view.State), string(view.Method)}, []string{"approved", "recovery"})
	redeemed, err := w.Redeem(asked, view.ReleaseCode, "")
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "acr", claimsOf(w, approval.AssertionType, redeemed.Assertion.Reveal())["acr"], any("aye:code"))
	_, err = w.Approvals.Verify(t.Context(), w.Shop, w.Ask(s.member).ID, approval.Recovery, codes[0])
	ayetest.Fails(t, err, otp.ErrWrong)
	ayetest.Same(t, "told", slices.Contains(w.Announcer.Told(s.member.Person.ID), accounts.RecoveryCodeUsed), true)
}

// What the organisation does not take approves nothing, also when it was allowed while the
// question was asked, and no try is counted.
func TestMethodsThatAreNotAllowed(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	codes := addCodes(w, s.member)
	asked := w.Ask(s.member)
	w.Change(func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{} })
	for range otp.Streak {
		_, err := w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.TOTP, s.phone.CodeNow())
		ayetest.Fails(t, err, approval.ErrMethod)
		_, err = w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.Recovery, codes[0])
		ayetest.Fails(t, err, approval.ErrMethod)
	}
	w.Change(func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{accounts.Recovery} })
	_, err := w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.TOTP, s.phone.CodeNow())
	ayetest.Fails(t, err, approval.ErrMethod)
	_, err = w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.Recovery, codes[0])
	ayetest.Fails(t, err, nil)
}

// TestThreatCodesUsedUpElsewhere: an application of another organisation, which asks and types wrong
// codes for as long as it is let, locks the person's codes nowhere else.
func TestThreatCodesUsedUpElsewhere(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	codes := addCodes(w, s.member)
	hostile := w.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Hostile" })
	client, there := w.AddApplication(hostile, "Hostile"), w.Join(hostile, s.member)
	var last error
	for range otp.Streak {
		w.Clock.Pass(time.Hour)
		asked, err := w.Approvals.Ask(t.Context(), client, ayetest.Question(there))
		ayetest.Fails(t, err, nil)
		for range otp.PerRequest / 2 {
			_, last = w.Approvals.Verify(t.Context(), client, asked.ID, approval.TOTP, ayetest.Wrong(s.phone.CodeNow()))
			_, _ = w.Approvals.Verify(t.Context(), client, asked.ID, approval.Recovery, "0000-0000-0000-0000")
		}
	}
	ayetest.Fails(t, last, otp.ErrTooMany)
	typed := func(method approval.Method, code secret.Secret) error {
		_, err := w.Approvals.Verify(t.Context(), w.Shop, w.Ask(s.member).ID, method, code)
		return err
	}
	// The wrong ones come first: a right one of either kind would free the other.
	ayetest.Fails(t, typed(approval.TOTP, ayetest.Wrong(s.phone.CodeNow())), otp.ErrWrong)
	ayetest.Fails(t, typed(approval.Recovery, "0000-0000-0000-0000"), otp.ErrWrong)
	ayetest.Fails(t, typed(approval.Recovery, codes[0]), nil)
	ayetest.Fails(t, typed(approval.TOTP, s.phone.CodeNow()), nil)
}

// A membership that has ended answers nothing.
func TestAnEndedMembershipTypesNothing(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	s := newStand(w)
	codes, asked := addCodes(w, s.member), w.Ask(s.member)
	ayetest.Fails(t, w.Accounts.EndMembership(t.Context(), s.member), nil)
	_, err := w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.TOTP, s.phone.CodeNow())
	ayetest.Fails(t, err, approval.ErrNotFound)
	_, err = w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.Recovery, codes[0])
	ayetest.Fails(t, err, approval.ErrNotFound)
	ayetest.Same(t, "state", w.State(asked.ID), approval.Pending)
}

// TestThreatALocalPhoneAnswersForAll: what an application linked counts neither as a phone nor
// by its codes where the answer opens every organisation.
func TestThreatALocalPhoneAnswersForAll(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	local := addLocal(w, ada)
	own := addOwn(w, ada)
	w.Pusher.Taken(notify.MessageApproval)
	asked := w.Ask(ada, func(q *approval.Question) { q.Everywhere = true })
	ayetest.Same(t, "phones", []int{len(asked.Deliveries), len(w.Pusher.Taken(notify.MessageApproval))}, []int{1, 1})
	look := func(list func(*ayetest.Phone) []approval.Request, want map[*ayetest.Phone]int) {
		t.Helper()
		for phone, count := range want {
			found := 0
			for _, r := range list(phone) {
				if r.ID == asked.ID {
					found++
				}
			}
			ayetest.Same(t, "listed", found, count)
		}
	}
	look(func(p *ayetest.Phone) []approval.Request {
		pending, err := w.Approvals.PendingFor(t.Context(), p.Device)
		ayetest.Fails(t, err, nil)
		return pending
	}, map[*ayetest.Phone]int{local: 0, own: 1})
	for _, decide := range []func(*ayetest.Phone, approval.Asked) (approval.Decided, error){w.Approve, w.Deny, w.Report} {
		_, err := decide(local, asked)
		ayetest.Fails(t, err, approval.ErrNotFound)
	}
	_, err := w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.TOTP, local.CodeNow())
	ayetest.Fails(t, err, otp.ErrWrong)
	_, err = w.Approvals.Resend(t.Context(), w.Shop, asked.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "rung again", len(w.Pusher.Taken(notify.MessageApproval)), 1)
	_, err = w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.TOTP, own.CodeNow())
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "withdrawn", len(w.Pusher.Taken(notify.MessageWithdraw)), 1)
	look(func(p *ayetest.Phone) []approval.Request {
		past, _, err := w.Approvals.History(t.Context(), p.Device, "")
		ayetest.Fails(t, err, nil)
		return past
	}, map[*ayetest.Phone]int{local: 0, own: 1})
}

// A redemption says whether what answered counts here alone.
func TestWithin(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	local := addLocal(w, ada)
	own := addOwn(w, ada)
	shows, codes := addApp(w, ada), addCodes(w, ada)
	typed := func(method approval.Method, code func() secret.Secret) func(approval.Asked) error {
		return func(a approval.Asked) error {
			w.Clock.Pass(time.Minute)
			_, err := w.Approvals.Verify(context.WithoutCancel(t.Context()), w.Shop, a.ID, method, code())
			return err
		}
	}
	push := func(phone *ayetest.Phone) func(approval.Asked) error {
		return func(a approval.Asked) error { _, err := w.Approve(phone, a); return err }
	}
	for name, test := range map[string]struct {
		answer func(approval.Asked) error
		want   string
	}{
		"phone":              {push(own), ""},
		"local phone":        {push(local), ada.OrganisationID},
		"code":               {typed(approval.TOTP, own.CodeNow), ""},
		"code of local":      {typed(approval.TOTP, local.CodeNow), ada.OrganisationID},
		"code of app":        {typed(approval.TOTP, shows), ""},
		"recovery code":      {typed(approval.Recovery, func() secret.Secret { return codes[0] }), ""},
		"phone, once more":   {push(own), ""},
		"another local code": {typed(approval.TOTP, local.CodeNow), ada.OrganisationID},
	} {
		asked := w.Ask(ada)
		ayetest.Fails(t, test.answer(asked), nil)
		for range 2 {
			redeemed, err := w.Redeem(asked, w.Keys.Code("release code", asked.ID), "key"+asked.ID)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, name, redeemed.Within, test.want)
		}
	}
}

// Whoever asks carefully gets six digits, and no tap.
func TestCareful(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.Change(func(o *accounts.Organisation) { o.AllowTap = true })
	ada := w.AddPerson("Ada")
	w.Pair(ada)
	careful := func(q *approval.Question) { q.Careful = true }
	asked := w.Ask(ada, careful)
	ayetest.Same(t, "digits", []int{asked.Digits, len(asked.Number)}, []int{6, 6})
	ayetest.Fails(t, w.Approvals.Cancel(t.Context(), w.Shop, asked.ID), nil)
	_, err := w.TryAsk(ada, ayetest.Tap, careful)
	ayetest.Fails(t, err, approval.ErrNumberRequired)
	ayetest.Same(t, "without care", w.Ask(ada, ayetest.Tap).Digits, 0)
}
