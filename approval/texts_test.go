package approval_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/otp"
	"example.com/aye/sms"
)

const mobile, otherMobile = "+31612345678", "+31687654321"

// texting is a world with somebody in it who has nothing but a number.
func texting(t *testing.T) (*ayetest.World, accounts.Member) {
	t.Helper()
	w := ayetest.New(t)
	w.OwnProvider(w.AllowSMS(w.Organisation))
	return w, w.WithNumber(w.AddPerson("Ada"), mobile)
}

func sendCode(w *ayetest.World, asked approval.Asked) (sms.Posted, error) {
	return w.Approvals.SendCode(w.Context(), w.Shop, asked.ID, approval.SMS, accounts.TextLogin)
}

// text sends a code for the request, and gives it.
func text(w *ayetest.World, asked approval.Asked) secret.Secret {
	w.Helper()
	_, err := sendCode(w, asked)
	ayetest.Fails(w, err, nil)
	return secret.Secret(w.Texts.LastCode(mobile))
}

func typeText(w *ayetest.World, asked approval.Asked, code secret.Secret) error {
	_, err := w.Approvals.Verify(w.Context(), w.Shop, asked.ID, approval.SMS, code)
	return err
}

// sent are the rows of codes that were sent about the request.
func sent(w *ayetest.World, asked approval.Asked) []audit.Row {
	w.Helper()
	rows, err := w.Store.AuditRows(w.Context(), w.Organisation.ID, 0, 10_000)
	ayetest.Fails(w, err, nil)
	return slices.DeleteFunc(rows, func(r audit.Row) bool { return r.Action != "approval.code-sent" || r.Subject != asked.ID })
}

// TestLogInByText: somebody without a phone logs in at an application with a code in a text message.
func TestLogInByText(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	asked := w.Ask(ada)
	ayetest.Same(t, "methods", asked.Methods, []approval.Method{approval.SMS})
	ayetest.Same(t, "nothing went out yet", len(w.Texts.To(mobile)), 1) // but what proved the number
	posted, err := sendCode(w, asked)
	ayetest.Fails(t, err, nil)
	code := secret.Secret(w.Texts.LastCode(mobile))
	ayetest.Same(t, "posted", []any{posted.Masked, posted.Purpose, posted.State}, []any{"+31 •••• ••78", accounts.TextLogin, sms.Accepted})
	body := w.LastText(mobile)
	if !strings.HasPrefix(body, code.Reveal()+" is your code to log in to Example.") || !strings.HasSuffix(body, "\n\n@login.example.com #"+code.Reveal()) {
		t.Errorf("%q", body)
	}
	rows := sent(w, asked)
	ayetest.Same(t, "audited", len(rows), 1)
	ayetest.Same(t, "audited", []any{rows[0].Actor, rows[0].Data}, []any{w.Shop.ID, map[string]string{"user": ada.ID, "method": "sms", "message": posted.ID}})
	if said := fmt.Sprint(rows[0]); strings.Contains(said, code.Reveal()) || strings.Contains(said, "345678") {
		t.Error(said)
	}

	ayetest.Fails(t, typeText(w, asked, ayetest.Wrong(code)), otp.ErrWrong)
	ayetest.Same(t, "state", w.State(asked.ID), approval.Pending)
	view, err := w.Approvals.Verify(t.Context(), w.Shop, asked.ID, approval.SMS, code)
	ayetest.Fails(t, err, nil)
	redeemed, err := w.Redeem(asked, view.ReleaseCode, "")
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "redeemed", []string{string(redeemed.Method), redeemed.Device.ID, redeemed.Within}, []string{"sms", "", ""})
	claims := claimsOf(w, approval.AssertionType, redeemed.Assertion.Reveal())
	ayetest.Same(t, "claims", []any{claims["amr"], claims["acr"]}, []any{[]any{"otp", "sms"}, "aye:code"})
	ayetest.Same(t, "pushes", len(w.Pusher.Taken(notify.MessageApproval)), 0)
	ayetest.Fails(t, typeText(w, asked, code), approval.ErrDecided)
	ayetest.Fails(t, w.Store.VerifyAudit(t.Context()), nil)
}

// TestTextMethods: text messages are offered to whom they can be sent, and to nobody else.
func TestTextMethods(t *testing.T) {
	t.Parallel()
	type gives func(*ayetest.World, accounts.Member)
	has := func(w *ayetest.World, m accounts.Member) { w.WithNumber(m, mobile) }
	chooses := func(w *ayetest.World, m accounts.Member) {
		ayetest.Fails(w, w.Accounts.ChooseTexts(w.Context(), m.Person.ID), nil)
	}
	phone := func(w *ayetest.World, m accounts.Member) { w.Pair(m) }
	app := func(w *ayetest.World, m accounts.Member) { addApp(w, m) }
	codes := func(w *ayetest.World, m accounts.Member) { addCodes(w, m) }
	lose := func(w *ayetest.World, m accounts.Member) {
		apps, err := w.Codes.Apps(w.Context(), m.Person.ID)
		ayetest.Fails(w, err, nil)
		ayetest.Fails(w, w.Codes.RemoveApp(w.Context(), m.Person.ID, apps[0].ID, false), nil)
	}
	forbid := func(w *ayetest.World, _ accounts.Member) {
		w.Change(func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{accounts.TOTP, accounts.Recovery} })
	}
	joins := func(w *ayetest.World, m accounts.Member) {
		w.Join(w.AddOrganisation(func(*accounts.Organisation) {}), m)
	}
	invited := func(w *ayetest.World, m accounts.Member) {
		_, _, err := w.Accounts.AddMember(w.Context(), w.AddOrganisation(func(*accounts.Organisation) {}).ID, m.Person, accounts.RoleMember)
		ayetest.Fails(w, err, nil)
	}
	spends := func(w *ayetest.World, m accounts.Member) {
		o := w.Organisation.ID
		w.CapTexts(o, 1)
	}
	for name, test := range map[string]struct {
		gives   []gives
		want    string
		failure error
	}{
		"no number":                   {nil, "", approval.ErrNotEnrolled},
		"a number":                    {[]gives{has}, "sms", nil},
		"a number that was chosen":    {[]gives{has, chooses}, "sms", nil},
		"everything":                  {[]gives{has, phone, app, codes}, "push totp sms recovery", nil},
		"a number that is new":        {[]gives{phone, has}, "push totp", nil},
		"forbidden":                   {[]gives{has, chooses, forbid}, "", approval.ErrNotEnrolled},
		"forbidden, and an app":       {[]gives{has, app, forbid}, "totp", nil},
		"another organisation":        {[]gives{has, chooses, joins}, "", approval.ErrNotEnrolled},
		"invited to another":          {[]gives{has, chooses, invited}, "sms", nil},
		"no money":                    {[]gives{has, chooses, spends}, "", approval.ErrNotEnrolled},
		"no money, and an app":        {[]gives{has, app, spends}, "totp", nil},
		"recovery codes stand in":     {[]gives{has, chooses, app, codes, lose, joins}, "recovery", nil},
		"both":                        {[]gives{has, chooses, app, codes, lose}, "sms recovery", nil},
		"they stand in for no number": {[]gives{has, app, codes, lose, joins}, "", approval.ErrNotEnrolled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			w.OwnProvider(w.AllowSMS(w.Organisation))
			m := w.AddPerson("Ada")
			for _, give := range test.gives {
				give(w, m)
			}
			asked, err := w.TryAsk(m)
			ayetest.Fails(t, err, test.failure)
			var said []string
			for _, method := range asked.Methods {
				said = append(said, string(method))
			}
			ayetest.Same(t, "methods", strings.Join(said, " "), test.want)
		})
	}
}

// TestWhoPaysSaysWhatIsOffered: what the organisation has no provider for, the operator may still pay.
func TestWhoPaysSaysWhatIsOffered(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.AllowSMS(w.Organisation)
	ada := w.WithNumber(w.AddPerson("Ada"), mobile)
	_, err := w.TryAsk(ada)
	ayetest.Fails(t, err, approval.ErrNotEnrolled)
	asked := w.Ask(ada, func(q *approval.Question) { q.TextPurpose = accounts.TextRelink })
	ayetest.Same(t, "methods", asked.Methods, []approval.Method{approval.SMS})
	_, err = sendCode(w, asked)
	ayetest.Fails(t, err, sms.ErrNotOpen)
	_, err = w.Approvals.SendCode(t.Context(), w.Shop, asked.ID, approval.SMS, accounts.TextRelink)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, typeText(w, asked, secret.Secret(w.Texts.LastCode(mobile))), nil) // asked again for that purpose
}

// TestTextHost: a browser fills the code in on the one page where it is typed.
func TestTextHost(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	for name, test := range map[string]struct {
		origins []string
		want    string
	}{
		"one":               {[]string{"https://login.example.com"}, "\n\n@login.example.com #"},
		"one twice":         {[]string{"https://login.example.com", "https://login.example.com:8443"}, "\n\n@login.example.com #"},
		"two":               {[]string{"https://login.example.com", "https://other.example.com"}, ""},
		"a name and a port": {[]string{"http://localhost:8080"}, "\n\n@localhost #"},
		"none":              {nil, ""},
	} {
		w.Clock.Pass(time.Hour)
		shop := w.Shop
		shop.Origins = test.origins
		_, err := w.Approvals.SendCode(t.Context(), shop, w.Ask(ada).ID, approval.SMS, "")
		ayetest.Fails(t, err, nil)
		body := w.LastText(mobile)
		if !strings.Contains(body, test.want) || strings.Contains(body, "@") != (test.want != "") {
			t.Errorf("%s: %q", name, body)
		}
	}
	w.Clock.Pass(24 * time.Hour)
	portal, err := w.Accounts.PortalOf(t.Context(), w.Organisation.ID)
	ayetest.Fails(t, err, nil)
	asked, err := w.Approvals.Ask(t.Context(), portal, ayetest.Question(ada))
	ayetest.Fails(t, err, nil)
	_, err = w.Approvals.SendCode(t.Context(), portal, asked.ID, approval.SMS, accounts.TextLogin)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "the portal's own", strings.Contains(w.LastText(mobile), "\n\n@aye.example.com #"), true)
}

// TestThreatTextCodesOfOthers: a code counts for the request that it was sent for, typed by the application
// that asked, and for who it was sent to.
func TestThreatTextCodesOfOthers(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	bea := w.WithNumber(w.AddPerson("Bea"), otherMobile)
	one, two, beas := w.Ask(ada), w.Ask(ada), w.Ask(bea)
	ayetest.Fails(t, typeText(w, one, "123456"), otp.ErrNone) // none was sent
	code := text(w, one)
	ayetest.Fails(t, typeText(w, two, code), otp.ErrNone)
	ayetest.Fails(t, typeText(w, beas, code), otp.ErrNone)
	_, err := sendCode(w, beas)
	ayetest.Fails(t, err, nil)
	if other := secret.Secret(w.Texts.LastCode(otherMobile)); other != code {
		ayetest.Fails(t, typeText(w, beas, code), otp.ErrWrong)
	}
	other := w.AddApplication(w.Organisation, "Another shop")
	_, err = w.Approvals.Verify(t.Context(), other, one.ID, approval.SMS, code)
	ayetest.Fails(t, err, approval.ErrNotFound)
	_, err = w.Approvals.Verify(t.Context(), w.Shop, one.ID, approval.Push, code)
	ayetest.Fails(t, err, approval.ErrMethod)
	w.Clock.Pass(sms.FirstPause)
	newer := text(w, one)
	ayetest.Fails(t, typeText(w, one, code), otp.ErrWrong) // an older message
	ayetest.Fails(t, typeText(w, one, newer), nil)
	for _, asked := range []approval.Asked{two, beas} {
		ayetest.Same(t, "state", w.State(asked.ID), approval.Pending)
	}
}

// TestTextCodesAreCounted: five a request, whatever is sent again.
func TestTextCodesAreCounted(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	asked := w.Ask(ada, func(q *approval.Question) { q.Life = approval.MaximumLife })
	for range otp.PerRequest - 1 {
		ayetest.Fails(t, typeText(w, asked, ""), otp.ErrNone) // there is nothing to look at, so nothing is counted
	}
	first := text(w, asked)
	for range otp.PerRequest - 1 {
		ayetest.Fails(t, typeText(w, asked, ayetest.Wrong(first)), otp.ErrWrong)
	}
	w.Clock.Pass(sms.FirstPause)
	second := text(w, asked)
	ayetest.Fails(t, typeText(w, asked, ayetest.Wrong(second)), otp.ErrWrong)
	ayetest.Fails(t, typeText(w, asked, second), otp.ErrTooMany)
	ayetest.Same(t, "state", w.State(asked.ID), approval.Pending)
	w.Clock.Pass(time.Hour)
	another := w.Ask(ada)
	ayetest.Fails(t, typeText(w, another, text(w, another)), nil)
}

// TestThreatOneTextApprovesOnce: of many who type the right code at once, one approves.
func TestThreatOneTextApprovesOnce(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	asked := w.Ask(ada)
	code := text(w, asked)
	var approved atomic.Int64
	ayetest.AtOnce(50, func(int) {
		switch err := typeText(w, asked, code); {
		case err == nil:
			approved.Add(1)
		case !errors.Is(err, otp.ErrWrong) && !errors.Is(err, otp.ErrNone) && !errors.Is(err, otp.ErrTooMany) && !errors.Is(err, approval.ErrDecided):
			t.Error(err)
		}
	})
	ayetest.Same(t, "approved", approved.Load(), 1)
	ayetest.Same(t, "state", w.State(asked.ID), approval.Approved)
}

// TestWhatHappensAfterTheMessage: whether the person may still get a code is asked again when it is typed. That
// no more may be sent is another matter.
func TestWhatHappensAfterTheMessage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		then   func(*ayetest.World, accounts.Member)
		want   error
		reason sms.Reason
	}{
		"nothing": {func(*ayetest.World, accounts.Member) {}, nil, sms.Open},
		"the organisation forbids it": {func(w *ayetest.World, _ accounts.Member) {
			w.Change(func(o *accounts.Organisation) { o.Methods = nil })
		}, approval.ErrMethod, sms.Open},
		"another organisation": {func(w *ayetest.World, m accounts.Member) {
			w.Join(w.AddOrganisation(func(*accounts.Organisation) {}), m)
		}, sms.ErrNotOpen, sms.SeveralOrganisations},
		"invited to another": {func(w *ayetest.World, m accounts.Member) {
			_, _, err := w.Accounts.AddMember(w.Context(), w.AddOrganisation(func(*accounts.Organisation) {}).ID, m.Person, accounts.RoleMember)
			ayetest.Fails(w, err, nil)
		}, nil, sms.Open},
		"another number": {func(w *ayetest.World, m accounts.Member) {
			w.Clock.Pass(time.Minute)
			w.WithNumber(m, otherMobile)
		}, sms.ErrNotOpen, sms.NumberNew},
		"another number that somebody vouches for": {func(w *ayetest.World, m accounts.Member) {
			w.Clock.Pass(time.Minute)
			w.WithNumber(m, otherMobile)
			p, err := w.Accounts.Person(w.Context(), m.Person.ID)
			ayetest.Fails(w, err, nil)
			ayetest.Fails(w, w.Accounts.Vouch(w.Context(), m.OrganisationID, m.ID, p.NumberChanged), nil)
		}, otp.ErrNone, sms.Open},
		"no number": {func(w *ayetest.World, m accounts.Member) {
			w.Pair(m)
			ayetest.Fails(w, w.Accounts.RemoveNumber(w.Context(), m.Person.ID), nil)
		}, sms.ErrNotOpen, sms.NoNumber},
		"another country": {func(w *ayetest.World, m accounts.Member) {
			ayetest.Fails(w, w.SMS.ChangeSettings(w.Context(), sms.Settings{OrganisationID: m.OrganisationID, Countries: []string{"BE"}}), nil)
		}, sms.ErrNotOpen, sms.Country},
		"no provider": {func(w *ayetest.World, m accounts.Member) {
			all, err := w.SMS.List(w.Context(), m.OrganisationID)
			ayetest.Fails(w, err, nil)
			ayetest.Fails(w, w.SMS.Activate(w.Context(), m.OrganisationID, all[0].ID, false), nil)
		}, sms.ErrNotOpen, sms.NoProvider},
		"the breaker stopped them": {func(w *ayetest.World, m accounts.Member) {
			stopped, err := w.Store.StopSMS(w.Context(), m.OrganisationID, w.Clock.Now(), audit.Entry{Organisation: m.OrganisationID, Actor: "system", Action: "sms.stopped", Subject: m.OrganisationID, At: w.Clock.Now()})
			ayetest.Same(w, "stopped", []any{stopped, err}, []any{true, nil})
		}, nil, sms.Halted},
		"no money": {func(w *ayetest.World, m accounts.Member) {
			w.CapTexts(m.OrganisationID, 1)
		}, nil, sms.CapReached},
		"no member any more": {func(w *ayetest.World, m accounts.Member) {
			ayetest.Fails(w, w.Accounts.EndMembership(w.Context(), m), nil)
		}, approval.ErrNotFound, sms.Open},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ada := texting(t)
			asked := w.Ask(ada)
			code := text(w, asked)
			test.then(w, ada)
			err := typeText(w, asked, code)
			ayetest.Fails(t, err, test.want)
			var closed *sms.ClosedError
			if errors.As(err, &closed) {
				ayetest.Same(t, "reason", closed.Reason, test.reason)
			}
			want := map[bool]approval.State{true: approval.Approved, false: approval.Pending}[test.want == nil]
			ayetest.Same(t, "state", w.State(asked.ID), want)
		})
	}
}

// TestTheDayTheOperatorStopsToPay: a code that was sent before counts no longer after it.
func TestTheDayTheOperatorStopsToPay(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.AllowSMS(w.Organisation)
	ada := w.WithNumber(w.AddPerson("Ada"), mobile)
	w.SMS.Config.LoginEnds = w.Clock.Now().Add(time.Minute)
	asked := w.Ask(ada)
	code := text(w, asked)
	w.Clock.Pass(time.Minute)
	ayetest.Fails(t, typeText(w, asked, code), sms.ErrNotOpen)
	_, err := w.TryAsk(ada)
	ayetest.Fails(t, err, approval.ErrNotEnrolled)
	w.OwnProvider(w.Organisation)
	ayetest.Fails(t, typeText(w, asked, code), nil)
}

// TestCodesThatAreNotSent: what is refused, and what is told of it.
func TestCodesThatAreNotSent(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	asked := w.Ask(ada)
	for _, method := range []approval.Method{approval.Push, approval.TOTP, approval.Recovery, ""} {
		_, err := w.Approvals.SendCode(t.Context(), w.Shop, asked.ID, method, accounts.TextLogin)
		ayetest.Fails(t, err, approval.ErrMethod)
	}
	_, err := w.Approvals.SendCode(t.Context(), w.AddApplication(w.Organisation, "Another shop"), asked.ID, approval.SMS, accounts.TextLogin)
	ayetest.Fails(t, err, approval.ErrNotFound)

	allowed := w.Organisation.Methods
	w.Change(func(o *accounts.Organisation) { o.Methods = nil })
	_, err = sendCode(w, asked)
	ayetest.Fails(t, err, approval.ErrMethod)
	w.Change(func(o *accounts.Organisation) { o.Methods = allowed })

	w.Texts.Fail(sms.NoBalance)
	_, err = sendCode(w, asked)
	ayetest.Fails(t, err, sms.ErrVendor)
	w.Texts.Refuse(nil)
	_, err = sendCode(w, asked)
	ayetest.Fails(t, err, sms.ErrDelayed)
	ayetest.Same(t, "nothing was sent", len(sent(w, asked)), 0)
	w.Clock.Pass(sms.FirstPause)
	w.Texts.Silent(true)
	posted, err := sendCode(w, asked)
	ayetest.Fails(t, err, sms.ErrNoAnswer)
	ayetest.Same(t, "what may have gone out", []any{posted.State, posted.ID != "", len(sent(w, asked))}, []any{sms.Unknown, true, 1})
	ayetest.Fails(t, typeText(w, asked, secret.Secret(w.Texts.LastCode(mobile))), nil)
	_, err = sendCode(w, asked)
	ayetest.Fails(t, err, approval.ErrDecided)

	w.Texts.Silent(false)
	w.Clock.Pass(time.Hour)
	gone := w.Ask(ada)
	w.Clock.Pass(approval.DefaultLife)
	_, err = sendCode(w, gone)
	ayetest.Fails(t, err, approval.ErrDecided)
	ended := w.Ask(ada)
	ayetest.Fails(t, w.Accounts.EndMembership(t.Context(), ada), nil)
	_, err = sendCode(w, ended)
	ayetest.Fails(t, err, approval.ErrNotFound)

	nobody := *w.Approvals
	nobody.Texts = nil
	bea := w.WithNumber(w.AddPerson("Bea"), otherMobile)
	waiting := w.Ask(bea)
	_, err = nobody.SendCode(t.Context(), w.Shop, waiting.ID, approval.SMS, accounts.TextLogin)
	ayetest.Fails(t, err, approval.ErrMethod)
	_, err = nobody.Verify(t.Context(), w.Shop, waiting.ID, approval.SMS, "123456")
	ayetest.Fails(t, err, approval.ErrMethod)
	_, err = nobody.Ask(t.Context(), w.Shop, ayetest.Question(bea))
	ayetest.Fails(t, err, approval.ErrNotEnrolled)
}

// TestAnApprovalFreesTextCodes: who proves to be the person on the phone may type codes again.
func TestAnApprovalFreesTextCodes(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	phone := w.Pair(ada)
	for range otp.Streak / otp.PerRequest {
		w.Clock.Pass(time.Hour)
		asked := w.Ask(ada)
		wrong := ayetest.Wrong(text(w, asked))
		for range otp.PerRequest {
			ayetest.Fails(t, typeText(w, asked, wrong), otp.ErrWrong)
		}
	}
	w.Clock.Pass(24 * time.Hour)
	locked := w.Ask(ada)
	ayetest.Fails(t, typeText(w, locked, text(w, locked)), otp.ErrTooMany)
	_, err := w.Approve(phone, w.Ask(ada))
	ayetest.Fails(t, err, nil)
	w.Clock.Pass(time.Hour)
	freed := w.Ask(ada)
	ayetest.Fails(t, typeText(w, freed, text(w, freed)), nil)
}

// counted counts how often anybody asks who can get a message.
type counted struct {
	approval.Texts
	asked *int
}

func (c counted) Open(ctx context.Context, o accounts.Organisation, m accounts.Member, purpose accounts.TextPurpose) (sms.Openness, error) {
	*c.asked++
	return c.Texts.Open(ctx, o, m, purpose)
}

// TestTextsCostNothingElsewhere: where the organisation allows none, nobody looks whether one could be sent.
func TestTextsCostNothingElsewhere(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	w.Pair(ada)
	asked := 0
	w.Approvals.Texts = counted{w.SMS, &asked}
	w.Ask(ada)
	ayetest.Same(t, "asked", asked, 1)
	w.Change(func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{accounts.TOTP} })
	w.Ask(ada)
	ayetest.Same(t, "asked", asked, 1)
}

// TestAPageThatLeavesWhileACodeIsSent: what was sent is written down all the same.
func TestAPageThatLeavesWhileACodeIsSent(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	asked := w.Ask(ada)
	ctx, leave := context.WithCancel(t.Context())
	w.Texts.Answer(func(sms.Outgoing) (sms.Outcome, error) {
		leave()
		return sms.Outcome{State: sms.Accepted}, nil
	})
	_, err := w.Approvals.SendCode(ctx, w.Shop, asked.ID, approval.SMS, accounts.TextLogin)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "audited", len(sent(w, asked)), 1)
}
