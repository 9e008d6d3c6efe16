package signin_test

import (
	"errors"
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
	"example.com/aye/otp"
	"example.com/aye/signin"
	"example.com/aye/sms"
)

const number, otherNumber = "+31612345678", "+31687654321"

// chooseTexts makes text messages the person's second factor, and gives the member as it is then.
func chooseTexts(w *ayetest.World, m accounts.Member) accounts.Member {
	w.Helper()
	w.WithNumber(m, number)
	ayetest.Fails(w, w.Accounts.ChooseTexts(w.Context(), m.Person.ID), nil)
	m, err := w.Accounts.Member(w.Context(), m.OrganisationID, ayetest.Named(m))
	ayetest.Fails(w, err, nil)
	return m
}

// texting is a world with somebody in it who has a password and text messages, and nothing else.
func texting(t *testing.T) (*ayetest.World, accounts.Member) {
	t.Helper()
	w := ayetest.New(t)
	w.OwnProvider(w.AllowSMS(w.Organisation))
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	return w, chooseTexts(w, ada)
}

// text sends a code to the visitor, and gives it.
func text(v *ayetest.Visitor) secret.Secret {
	v.Helper()
	_, err := v.SignIn.SendCode(v.Context(), v.Look())
	ayetest.Fails(v, err, nil)
	return secret.Secret(v.Texts.LastCode(number))
}

// typeCode types a code, which must be right.
func typeCode(v *ayetest.Visitor, method approval.Method, code secret.Secret) {
	v.Helper()
	w, session, token, err := v.SignIn.Code(v.Context(), v.Look(), method, code)
	v.Took(session, token, err)
	ayetest.Same(v, "state", w.State, approval.Released)
}

// enterByText logs in by text message.
func enterByText(w *ayetest.World, m accounts.Member) *ayetest.Visitor {
	w.Helper()
	v := w.Arrive(m)
	v.Wait()
	typeCode(v, approval.SMS, text(v))
	return v
}

// TestLogInByText: the password, a code in a text message, and the session can do what one by phone can.
func TestLogInByText(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	v := w.Arrive(ada)
	step(t, v, signin.StepSecondFactor)
	_, err := w.SignIn.SendCode(t.Context(), v.Look())
	ayetest.Fails(t, err, signin.ErrNotWaiting) // nothing was asked yet
	waiting := v.Wait()
	ayetest.Same(t, "methods", waiting.Methods, []approval.Method{approval.SMS})
	ayetest.Same(t, "it waits as long as a code counts", waiting.Expires.Sub(waiting.Created), sms.CodeLife)
	posted, err := w.SignIn.SendCode(t.Context(), v.Look())
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "posted", []any{posted.Masked, posted.Purpose}, []any{"+31 •••• ••78", accounts.TextLogin})
	code, before := secret.Secret(w.Texts.LastCode(number)), v.Token
	body := w.LastText(number)
	ayetest.Same(t, "the page's own host", strings.HasSuffix(body, "\n\n@aye.example.com #"+code.Reveal()), true)

	_, _, _, err = w.SignIn.Code(t.Context(), v.Look(), approval.SMS, ayetest.Wrong(code))
	ayetest.Fails(t, err, otp.ErrWrong)
	step(t, v, signin.StepSecondFactor)
	w.Clock.Pass(sms.CodeLife - time.Second)
	typeCode(v, approval.SMS, code)
	gone(t, w, before)
	step(t, v, signin.StepIn)
	in := v.Look()
	ayetest.Same(t, "session", []any{in.Level, in.Method, in.Within, in.OrganisationID}, []any{signin.Full, approval.SMS, "", w.Organisation.ID})
	ayetest.Same(t, "fresh, so that push can be linked at once", w.SignIn.Fresh(in), true)
	ayetest.Same(t, "proven", actions(t, w, w.Organisation.ID, "session.proven")[0]["method"], "sms")
	_, err = w.SignIn.SendCode(t.Context(), in)
	ayetest.Fails(t, err, signin.ErrNotWaiting)
	w.Clock.Pass(signin.Freshness)
	ayetest.Same(t, "for a while", w.SignIn.Fresh(v.Look()), false)
}

// TestOnlyTextsWaitLonger: who has a phone is asked for as long as before.
func TestOnlyTextsWaitLonger(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	w.Pair(ada)
	waiting := w.Arrive(ada).Wait()
	ayetest.Same(t, "life", waiting.Expires.Sub(waiting.Created), approval.DefaultLife)
	ayetest.Same(t, "methods", waiting.Methods, []approval.Method{approval.Push, approval.TOTP, approval.SMS})
}

// TestThreatOneTextEntersOnce: of many who type the right code at once, one gets in.
func TestThreatOneTextEntersOnce(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	v := w.Arrive(ada)
	v.Wait()
	code, seen := text(v), v.Look()
	var tokens atomic.Int64
	ayetest.AtOnce(racers, func(int) {
		_, _, token, err := w.SignIn.Code(t.Context(), seen, approval.SMS, code)
		switch {
		case token != "":
			tokens.Add(1)
		case err == nil || errors.Is(err, otp.ErrWrong) || errors.Is(err, otp.ErrNone) || errors.Is(err, otp.ErrTooMany):
		case errors.Is(err, approval.ErrDecided) || errors.Is(err, signin.ErrNone):
		default:
			t.Error(err)
		}
	})
	ayetest.Same(t, "tokens", tokens.Load(), 1)
	ayetest.Same(t, "redeemed", len(actions(t, w, ada.OrganisationID, "approval.released")), 1)
}

// closings are what keeps messages from being sent to somebody who chose them.
func closings() map[string]func(*ayetest.World, accounts.Member) {
	return map[string]func(*ayetest.World, accounts.Member){
		"forbidden": func(w *ayetest.World, _ accounts.Member) {
			w.Change(func(o *accounts.Organisation) { o.Methods = nil })
		},
		"forbidden, and nothing is asked": func(w *ayetest.World, _ accounts.Member) {
			w.Change(func(o *accounts.Organisation) { o.Methods, o.SecondFactorFrom = nil, time.Time{} })
		},
		"another organisation": func(w *ayetest.World, m accounts.Member) {
			w.Join(addRelaxed(w, nil), m)
		},
		"another number": func(w *ayetest.World, m accounts.Member) {
			w.Clock.Pass(time.Minute)
			w.WithNumber(m, otherNumber)
		},
		"another country": func(w *ayetest.World, m accounts.Member) {
			ayetest.Fails(w, w.SMS.ChangeSettings(w.Context(), sms.Settings{OrganisationID: m.OrganisationID, Countries: []string{"BE"}}), nil)
		},
		"no provider": func(w *ayetest.World, m accounts.Member) {
			all, err := w.SMS.List(w.Context(), m.OrganisationID)
			ayetest.Fails(w, err, nil)
			ayetest.Fails(w, w.SMS.Activate(w.Context(), m.OrganisationID, all[0].ID, false), nil)
		},
		"the breaker": func(w *ayetest.World, m accounts.Member) {
			at := w.Clock.Now()
			_, err := w.Store.StopSMS(w.Context(), m.OrganisationID, at, audit.Entry{Organisation: m.OrganisationID, Actor: "system", Action: "texts.stopped", At: at})
			ayetest.Fails(w, err, nil)
		},
		"no money": func(w *ayetest.World, m accounts.Member) {
			w.CapTexts(m.OrganisationID, 1)
		},
	}
}

// TestThreatTextsThatCannotBeSent: who chose text messages is never taken for somebody without a second
// factor, whatever keeps the messages back: neither gets in by the password alone, nor sets up another factor.
func TestThreatTextsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	for name, closes := range closings() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ada := texting(t)
			mailed := reset(w, ada)
			closes(w, ada)
			for _, v := range []*ayetest.Visitor{w.Arrive(ada), mailed} {
				step(t, v, signin.StepSecondFactor)
				nothingElse(t, v)
				_, _, _, err := w.SignIn.Wait(t.Context(), v.Look())
				ayetest.Fails(t, err, approval.ErrNotEnrolled)
				step(t, v, signin.StepSecondFactor)
				_, err = w.SignIn.SendCode(t.Context(), v.Look())
				ayetest.Fails(t, err, signin.ErrNotWaiting)
				_, _, _, err = w.SignIn.Code(t.Context(), v.Look(), approval.SMS, "123456")
				ayetest.Same(t, "no code counts", err != nil, true)
				step(t, v, signin.StepSecondFactor)
			}
			ayetest.Same(t, "nothing was sent", len(w.Texts.To(number)), 1) // but what proved the number
		})
	}
}

// TestRecoveryCodesInsteadOfTexts: where no message can be sent, a recovery code gets the person in.
func TestRecoveryCodesInsteadOfTexts(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	codes, err := w.Codes.NewRecoveryCodes(t.Context(), ada.Person.ID)
	ayetest.Fails(t, err, nil)
	w.Join(w.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Another"; o.Methods = []accounts.SecondFactor{accounts.SMS} }), ada)
	v := w.Arrive(ada)
	waiting := v.Wait()
	ayetest.Same(t, "asked", []any{waiting.Methods, waiting.Organisation}, []any{[]approval.Method{approval.Recovery}, w.Organisation.Name})
	typeCode(v, approval.Recovery, codes[0])
	step(t, v, signin.StepIn) // in the only organisation that takes such codes
}

// TestSetupByTexts: once they are chosen, the session in which that was done is good for nothing more.
func TestSetupByTexts(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.OwnProvider(w.AllowSMS(w.Organisation))
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	v, thief := w.Arrive(ada), w.Arrive(ada)
	w.WithNumber(ada, number)
	step(t, v, signin.StepSetup)
	ayetest.Fails(t, w.Accounts.ChooseTexts(t.Context(), ada.Person.ID), nil)
	for _, began := range []*ayetest.Visitor{v, thief} {
		step(t, began, signin.StepSignIn)
		nothingElse(t, began)
	}
	step(t, enterByText(w, ada), signin.StepIn)
}

// TestRulesAfterALogInByText: a session that came by text message lives while the organisation takes them.
func TestRulesAfterALogInByText(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	v := enterByText(w, ada)
	w.Join(w.AddOrganisation(func(*accounts.Organisation) {}), ada)
	step(t, v, signin.StepIn) // what is sent no more ends no session
	ayetest.Same(t, "meets", w.SignIn.Meets(v.Look(), w.Organisation), true)
	stricter := w.Organisation
	stricter.Methods = []accounts.SecondFactor{accounts.TOTP}
	ayetest.Same(t, "meets", w.SignIn.Meets(v.Look(), stricter), false)
	w.Change(func(o *accounts.Organisation) { *o = stricter })
	gone(t, w, v.Token)
}

// TestResetByText: a forgotten password is a login, and the organisation pays.
func TestResetByText(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	v := reset(w, ada)
	ayetest.Same(t, "purpose", v.Wait().Purpose, signin.ToReset)
	typeCode(v, approval.SMS, text(v))
	step(t, v, signin.StepNewPassword)
	v.Took(w.SignIn.NewPassword(t.Context(), v.Look(), newPassword))
	step(t, v, signin.StepIn)
	ayetest.Same(t, "method", v.Look().Method, approval.SMS)
}

// TestTextPurpose: nothing but a login is paid as one.
func TestTextPurpose(t *testing.T) {
	t.Parallel()
	for about, want := range map[accounts.TextPurpose]accounts.TextPurpose{
		accounts.TextRelink: accounts.TextRelink, accounts.TextAuthenticator: accounts.TextAuthenticator, accounts.TextNewPhone: accounts.TextNewPhone,
		accounts.TextNewNumber: accounts.TextNewNumber, accounts.TextSecurity: accounts.TextSecurity,
		accounts.TextLogin: accounts.TextSecurity, accounts.TextRegistration: accounts.TextSecurity, accounts.TextCheck: accounts.TextSecurity,
		"": accounts.TextSecurity, "other": accounts.TextSecurity,
	} {
		for purpose, want := range map[signin.Purpose]accounts.TextPurpose{signin.ToProve: want, signin.ToEnter: accounts.TextLogin, signin.ToReset: accounts.TextLogin} {
			ayetest.Same(t, string(purpose)+" "+string(about), signin.Session{Purpose: purpose, About: about}.TextPurpose(), want)
		}
	}
}

// TestProveByText: what the code is for follows from where it leads.
func TestProveByText(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	v := enterByText(w, ada)
	for about, want := range map[accounts.TextPurpose]accounts.TextPurpose{accounts.TextNewNumber: accounts.TextNewNumber, accounts.TextLogin: accounts.TextSecurity} {
		w.Clock.Pass(10 * time.Minute)
		v.Took(w.SignIn.Prove(t.Context(), v.Look(), v.Visit, ayetest.Password, about))
		ayetest.Same(t, "kept", v.Look().About, about)
		v.Wait()
		posted, err := w.SignIn.SendCode(t.Context(), v.Look())
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "purpose", posted.Purpose, want)
		typeCode(v, approval.SMS, secret.Secret(w.Texts.LastCode(number)))
		ayetest.Same(t, "fresh", w.SignIn.Fresh(v.Look()), true)
	}
}

// TestProvingIsPaidByTheOperator: without a provider of its own, the organisation's people prove themselves
// by text message all the same, and log in by it no more.
func TestProvingIsPaidByTheOperator(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	v := enterByText(w, ada)
	closings()["no provider"](w, ada)
	w.Clock.Pass(signin.Freshness)
	v.Took(w.SignIn.Prove(t.Context(), v.Look(), v.Visit, ayetest.Password, accounts.TextRelink))
	v.Wait()
	typeCode(v, approval.SMS, text(v))
	ayetest.Same(t, "fresh", w.SignIn.Fresh(v.Look()), true)
	_, _, _, err := w.SignIn.Wait(t.Context(), w.Arrive(ada).Look())
	ayetest.Fails(t, err, approval.ErrNotEnrolled)
}

// TestThreatTextsMixPurposes: a code that was sent to get in proves nothing else, nor another session.
func TestThreatTextsMixPurposes(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	one, other := w.Arrive(ada), w.Arrive(ada)
	one.Wait()
	other.Wait()
	code := text(one)
	_, _, _, err := w.SignIn.Code(t.Context(), other.Look(), approval.SMS, code)
	ayetest.Fails(t, err, otp.ErrNone)
	typeCode(one, approval.SMS, code)
	w.Clock.Pass(signin.Freshness)
	one.Took(w.SignIn.Prove(t.Context(), one.Look(), one.Visit, ayetest.Password, accounts.TextSecurity))
	one.Wait()
	_, _, _, err = w.SignIn.Code(t.Context(), one.Look(), approval.SMS, code)
	ayetest.Fails(t, err, otp.ErrNone)
	ayetest.Same(t, "fresh", w.SignIn.Fresh(one.Look()), false)
}

// TestASecondOrganisationMeanwhile: who accepts another invitation between message and code does not get in by it.
func TestASecondOrganisationMeanwhile(t *testing.T) {
	t.Parallel()
	w, ada := texting(t)
	v := w.Arrive(ada)
	v.Wait()
	code := text(v)
	w.Join(w.AddOrganisation(func(*accounts.Organisation) {}), ada)
	_, _, _, err := w.SignIn.Code(t.Context(), v.Look(), approval.SMS, code)
	ayetest.Fails(t, err, sms.ErrNotOpen)
	step(t, v, signin.StepSecondFactor)
	_, err = w.SignIn.SendCode(t.Context(), v.Look())
	ayetest.Fails(t, err, sms.ErrNotOpen)
	ayetest.Same(t, "methods of then", slices.Contains(v.Wait().Methods, approval.SMS), true)
}
