package signin_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
	"example.com/aye/pairing"
	"example.com/aye/signin"
	"example.com/aye/support"
)

// recovering is a world with somebody in it whose phone was lost, with the case and the token of its link.
func recovering(t *testing.T) (*ayetest.World, accounts.Member, support.Case, secret.Secret) {
	t.Helper()
	w, ada, _ := newPerson(t)
	w.SignIn.Recoveries = w.Support
	c, link := w.Revoke(ada)
	return w, ada, c, link
}

// follow follows the link with the right password.
func follow(w *ayetest.World, m accounts.Member, link secret.Secret) *ayetest.Visitor {
	w.Helper()
	v := &ayetest.Visitor{World: w, Member: m, Visit: ayetest.Visit()}
	v.Took(w.SignIn.Recover(w.Context(), v.Visit, link, ayetest.Password))
	return v
}

// openPhone opens a pairing for the visitor, in the session.
func openPhone(v *ayetest.Visitor) (pairing.Shown, error) {
	v.Helper()
	session := v.Look()
	return v.Pairings.Open(v.Context(), pairing.Opening{OrganisationID: session.Organisation.ID, By: session.Member.ID, Session: session.ID, User: ayetest.Named(session.Member)})
}

// linkPhone links a phone in the visitor's session.
func linkPhone(v *ayetest.Visitor) *ayetest.Phone {
	v.Helper()
	shown, err := openPhone(v)
	ayetest.Fails(v, err, nil)
	phone := v.NewPhone()
	claimed, err := v.Claim(phone, shown)
	ayetest.Fails(v, err, nil)
	ayetest.Same(v, "state", claimed.State, pairing.Paired)
	return phone
}

// TestRecover: the link and the password lead to a new phone, and the phone leads in.
func TestRecover(t *testing.T) {
	t.Parallel()
	w, ada, c, link := recovering(t)
	_, _, err := w.SignIn.Recover(t.Context(), ayetest.Visit(), link, "not the password at all")
	ayetest.Fails(t, err, accounts.ErrCredentials) // and it can be typed again
	v := follow(w, ada, link)
	session := v.Look()
	ayetest.Same(t, "session", []any{session.Level, session.CaseID, session.Overtaken, session.Ends.Equal(w.Clock.Now().Add(signin.SetupLife))}, []any{signin.Setup, c.ID, false, true})
	step(t, v, signin.StepSetup)
	phone := linkPhone(v)
	ayetest.Same(t, "the case", w.Case(c.ID).State, support.Done)
	step(t, v, signin.StepSignIn)
	in := w.LogIn(ada, phone).Look()
	ayetest.Same(t, "in", []any{in.Level, in.Method}, []any{signin.Full, approval.Push})
}

// An authenticator app ends it as well.
func TestRecoverWithAnApp(t *testing.T) {
	t.Parallel()
	w, ada, c, link := recovering(t)
	v := follow(w, ada, link)
	begun, err := w.Codes.BeginApp(t.Context(), ada.Person.ID, v.Session.ID, "Example", "ada")
	ayetest.Fails(t, err, nil)
	maker := w.NewPhone()
	maker.TOTP = begun.Secret
	_, err = w.Codes.ActivateApp(t.Context(), ada.Person.ID, v.Session.ID, begun.ID, "Laptop", maker.CodeNow().Reveal())
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "the case", w.Case(c.ID).State, support.Done)
	step(t, v, signin.StepSignIn)
	w.Clock.Pass(time.Minute)
	in := w.Arrive(ada)
	in.Wait()
	ayetest.Fails(t, code(in, approval.TOTP, maker.CodeNow()), nil)
	ayetest.Same(t, "level", in.Look().Level, signin.Full)
}

// TestThreatRecoveringByThePassword: whoever knows the password, reads the mail for a new one, or is invited, links nothing,
// chooses no password, and waits for nothing.
func TestThreatRecoveringByThePassword(t *testing.T) {
	t.Parallel()
	for name, arrive := range map[string]func(*ayetest.World, accounts.Member) *ayetest.Visitor{
		"the password": func(w *ayetest.World, m accounts.Member) *ayetest.Visitor { return w.Arrive(m) },
		"a mailed link": func(w *ayetest.World, m accounts.Member) *ayetest.Visitor {
			return reset(w, m)
		},
		"an invitation": func(w *ayetest.World, m accounts.Member) *ayetest.Visitor {
			_, token, err := w.Accounts.AddMember(w.Context(), w.AddOrganisation(named("Zeta")).ID, m.Person, accounts.RoleMember)
			ayetest.Fails(w, err, nil)
			v := &ayetest.Visitor{World: w, Member: m, Visit: ayetest.Visit()}
			v.Took(w.SignIn.Accept(w.Context(), v.Visit, token, ayetest.Password))
			return v
		},
		"an organisation that asks for nothing": func(w *ayetest.World, m accounts.Member) *ayetest.Visitor {
			w.Join(addRelaxed(w, nil), m)
			return w.Arrive(m)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ada, _, _ := recovering(t)
			v := arrive(w, ada)
			step(t, v, signin.StepSecondFactor)
			session := v.Look()
			for what, err := range map[string]error{
				"wait":         fourth(w.SignIn.Wait(t.Context(), session)),
				"again":        fourth(w.SignIn.Again(t.Context(), session)),
				"code":         fourth(w.SignIn.Code(t.Context(), session, approval.Recovery, "0000-0000-0000-0000")),
				"resend":       w.SignIn.Resend(t.Context(), session),
				"text":         second(w.SignIn.SendCode(t.Context(), session)),
				"new password": third(w.SignIn.NewPassword(t.Context(), session, newPassword)),
			} {
				want := signin.ErrRecovering
				if what == "new password" && session.Level == signin.Password {
					want = signin.ErrLevel
				}
				if !errors.Is(err, want) {
					t.Errorf("%s: %v, want %v", what, err, want)
				}
			}
			_, err := openPhone(v)
			ayetest.Fails(t, err, pairing.ErrEnrolRefused)
			_, err = w.Codes.BeginApp(t.Context(), ada.Person.ID, session.ID, "Example", "ada")
			ayetest.Fails(t, err, otp.ErrNone)
			ayetest.Fails(t, w.SignIn.CancelWait(t.Context(), v.Look()), nil) // but they can leave
			gone(t, w, v.Token)
		})
	}
}

func second[A any](_ A, err error) error                 { return err }
func third[A, B any](_ A, _ B, err error) error          { return err }
func fourth[A, B, C any](_ A, _ B, _ C, err error) error { return err }

// TestThreatAPasswordByInvitation: who has no password, and lost all else by a case, gets none by being invited.
func TestThreatAPasswordByInvitation(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.Pair(ada)
	w.Revoke(ada)
	_, token, err := w.Accounts.AddMember(t.Context(), w.AddOrganisation(named("Zeta")).ID, ada.Person, accounts.RoleMember)
	ayetest.Fails(t, err, nil)
	_, _, err = w.SignIn.Accept(t.Context(), ayetest.Visit(), token, ayetest.Password)
	ayetest.Fails(t, err, signin.ErrRecovering)
	_, err = w.Accounts.CheckPassword(t.Context(), accounts.PasswordAttempt{Email: ada.Person.Email, Password: ayetest.Password})
	ayetest.Fails(t, err, accounts.ErrCredentials)
}

// TestThreatTheLinkOfACase: it works once, in its time, for that person's password, the newest alone, and for a case that stands.
func TestThreatTheLinkOfACase(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*ayetest.World, accounts.Member, support.Case, secret.Secret) secret.Secret{
		"used": func(w *ayetest.World, m accounts.Member, _ support.Case, link secret.Secret) secret.Secret {
			follow(w, m, link)
			return link
		},
		"late": func(w *ayetest.World, _ accounts.Member, _ support.Case, link secret.Secret) secret.Secret {
			w.Clock.Pass(support.LinkLife)
			return link
		},
		"another number": func(w *ayetest.World, _ accounts.Member, c support.Case, _ secret.Secret) secret.Secret {
			return w.Link(c.ID, 2)
		},
		"the case alone": func(_ *ayetest.World, _ accounts.Member, c support.Case, _ secret.Secret) secret.Secret {
			return secret.Secret(c.ID + ".")
		},
		"stopped": func(w *ayetest.World, _ accounts.Member, c support.Case, link secret.Secret) secret.Secret {
			w.Stop(c)
			return link
		},
		"nobody helps here": func(w *ayetest.World, _ accounts.Member, _ support.Case, link secret.Secret) secret.Secret {
			w.SignIn.Recoveries = nil
			return link
		},
		"no link": func(*ayetest.World, accounts.Member, support.Case, secret.Secret) secret.Secret { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ada, c, link := recovering(t)
			_, _, err := w.SignIn.Recover(t.Context(), ayetest.Visit(), spoil(w, ada, c, link), ayetest.Password)
			ayetest.Fails(t, err, support.ErrLink)
		})
	}
	t.Run("of two at once one follows it", func(t *testing.T) {
		t.Parallel()
		w, _, _, link := recovering(t)
		errs := make([]error, 4)
		ayetest.AtOnce(len(errs), func(i int) {
			_, _, errs[i] = w.SignIn.Recover(t.Context(), ayetest.Visit(), link, ayetest.Password)
		})
		followed := 0
		for _, err := range errs {
			if err == nil {
				followed++
			} else {
				ayetest.Fails(t, err, support.ErrLink)
			}
		}
		ayetest.Same(t, "followed", followed, 1)
	})
}

// answers is what somebody else says of a link.
type answers struct {
	link, used support.Case
	person     accounts.Person
	uses       int
}

func (a *answers) Link(context.Context, secret.Secret) (support.Case, accounts.Person, error) {
	return a.link, a.person, nil
}

func (a *answers) UseLink(context.Context, secret.Secret) (support.Case, error) {
	a.uses++
	return a.used, nil
}

// TestThreatTheLinkOfSomebodyElse: a password opens no case but the person's own, and without a case it is no link.
func TestThreatTheLinkOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w, _, c, link := recovering(t)
	bea := w.AddPerson("Bea")
	w.SetPassword(bea)
	hers := c
	hers.PersonID = bea.Person.ID
	for name, test := range map[string]struct {
		answers
		want error
		uses int
	}{
		"another person's password": {answers{link: c, used: c, person: bea.Person}, accounts.ErrCredentials, 0},
		"another case":              {answers{link: hers, used: support.Case{ID: "case_other"}, person: bea.Person}, support.ErrLink, 1},
		"no case":                   {answers{link: support.Case{PersonID: bea.Person.ID}, person: bea.Person}, support.ErrLink, 1},
		"a case that is not theirs": {answers{link: hers, used: hers, person: bea.Person}, support.ErrLink, 1},
	} {
		w.SignIn.Recoveries = &test.answers
		_, _, err := w.SignIn.Recover(t.Context(), ayetest.Visit(), link, ayetest.Password)
		if ayetest.Fails(t, err, test.want); t.Failed() {
			t.Fatal(name)
		}
		ayetest.Same(t, name, test.uses, test.answers.uses)
	}
}

// TestThreatTheSessionOfACase: it links the first factor and nothing else.
func TestThreatTheSessionOfACase(t *testing.T) {
	t.Parallel()
	w, ada, c, link := recovering(t)
	w.OwnProvider(w.AllowSMS(w.Organisation))
	v := follow(w, ada, link)
	for name, call := range refused(v) {
		if err := call(t.Context(), v.Look()); !errors.Is(err, signin.ErrLevel) && !errors.Is(err, signin.ErrNone) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, _, err := w.SignIn.NewPassword(t.Context(), v.Look(), newPassword)
	ayetest.Fails(t, err, signin.ErrLevel)
	_, _, _, err = w.SignIn.Wait(t.Context(), v.Look())
	ayetest.Fails(t, err, signin.ErrNotWaiting)
	ayetest.Same(t, "fresh", w.SignIn.Fresh(v.Look()), false)
	w.WithNumber(ada, number)
	ayetest.Fails(t, w.Accounts.ChooseTexts(t.Context(), ada.Person.ID), accounts.ErrRecovering)

	// Another session, by a link that was sent again, is worth no more once the first has linked a phone.
	again, err := w.Store.MoveCase(t.Context(), support.Move{
		CaseID: c.ID, From: []support.State{support.Revoked}, To: support.Revoked, Now: w.Clock.Now(), Link: 2, LinkUntil: w.Clock.Now().Add(support.LinkLife),
	})
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "sent again", again, true)
	other := follow(w, ada, w.Link(c.ID, 2))
	shown, err := openPhone(other)
	ayetest.Fails(t, err, nil)
	linkPhone(v)
	step(t, other, signin.StepSignIn)
	thief := w.NewPhone()
	if claimed, err := w.Claim(thief, shown); err == nil && claimed.State == pairing.Paired {
		t.Fatal("a second phone was linked beside the first")
	}
}

// linked are the phones of somebody who is recovering all the same.
type linked []devices.Device

func (l linked) Of(context.Context, string) ([]devices.Device, error) { return l, nil }

// TestThreatAFactorBesideTheCase: what counts is that there is a factor, whatever is written down of the case.
func TestThreatAFactorBesideTheCase(t *testing.T) {
	t.Parallel()
	w, ada, _, link := recovering(t)
	v := follow(w, ada, link)
	s := *w.SignIn
	s.Phones = linked{{ID: "dev_new", PersonID: ada.Person.ID, Status: devices.Active}}
	session, err := s.Session(t.Context(), v.Token)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "overtaken", session.Overtaken, true)
	state, err := s.State(t.Context(), session)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "step", state.Step, signin.StepSignIn)
}

// TestThreatStoppedWhileRecovering: "stop, this was not me" ends the session of the link, and what it began or linked.
func TestThreatStoppedWhileRecovering(t *testing.T) {
	t.Parallel()
	for name, scanned := range map[string]bool{"begun": false, "linked": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ada, c, link := recovering(t)
			v := follow(w, ada, link)
			shown, err := openPhone(v)
			ayetest.Fails(t, err, nil)
			phone := w.NewPhone()
			if scanned {
				_, err = w.Claim(phone, shown)
				ayetest.Fails(t, err, nil)
			}
			w.Stop(w.Case(c.ID))
			gone(t, w, v.Token)
			_, err = w.Claim(phone, shown)
			if err == nil {
				t.Fatal("the phone is linked")
			}
			phones, err := w.Devices.Of(t.Context(), ada.Person.ID)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "phones", phones, []devices.Device{})
			step(t, w.Arrive(ada), signin.StepSecondFactor)
		})
	}
}

// TestThreatSessionsOfBefore: nothing that somebody was in by, or waited in, is worth anything after the case.
func TestThreatSessionsOfBefore(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	in, waiting, forgot := w.LogIn(ada, phone), w.Arrive(ada), reset(w, ada)
	waiting.Yes(phone, waiting.Wait())
	forgot.Approve(phone)
	w.Revoke(ada)
	for _, v := range []*ayetest.Visitor{in, waiting, forgot} {
		gone(t, w, v.Token)
	}
}
