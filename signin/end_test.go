package signin_test

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/pairing"
	"example.com/aye/signin"
)

func TestListAndEnd(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	bob := w.AddPerson("Bob")
	w.SetPassword(bob)
	stranger := w.LogIn(bob, w.Pair(bob))
	idle := w.LogIn(ada, phone)
	w.Clock.Pass(time.Hour)
	first := w.LogIn(ada, phone)
	w.Clock.Pass(time.Second)
	v := w.LogIn(ada, phone)
	all, err := w.SignIn.List(t.Context(), v.Look())
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "sessions", len(all), 2) // the idle one is over
	ayetest.Same(t, "newest first", []string{all[0].ID, all[1].ID}, []string{v.Session.ID, first.Session.ID})
	ayetest.Same(t, "where", all[1].IP+all[1].Place, first.Visit.IP+"the place of "+first.Visit.IP)
	gone(t, w, idle.Token)

	for _, id := range []string{stranger.Session.ID, "ses_none", ""} {
		ayetest.Fails(t, w.SignIn.End(t.Context(), v.Look(), id), signin.ErrNone)
	}
	stranger.Type()
	ayetest.Fails(t, w.SignIn.End(t.Context(), v.Look(), first.Session.ID), nil)
	gone(t, w, first.Token)
	ayetest.Fails(t, w.SignIn.End(t.Context(), v.Look(), first.Session.ID), signin.ErrNone)

	one, two := w.LogIn(ada, phone), w.Arrive(ada)
	ayetest.Fails(t, w.SignIn.EndOthers(t.Context(), v.Look()), nil)
	gone(t, w, one.Token)
	gone(t, w, two.Token)
	ayetest.Fails(t, w.SignIn.End(t.Context(), v.Look(), v.Session.ID), nil)
	gone(t, w, v.Token)
	stranger.Look()

	v = w.LogIn(ada, phone)
	ayetest.Fails(t, w.SignIn.EndAll(t.Context(), ada.Person.ID), nil)
	gone(t, w, v.Token)
	stranger.Look()
	ayetest.Fails(t, w.SignIn.EndAll(t.Context(), ""), nil)
	stranger.Look()
}

// TestLogOffBeforeIn: a session can always end itself.
func TestLogOffBeforeIn(t *testing.T) {
	t.Parallel()
	w, ada, _ := newPerson(t)
	v := w.Arrive(ada)
	ayetest.Fails(t, w.SignIn.End(t.Context(), v.Look(), v.Session.ID), nil)
	gone(t, w, v.Token)
}

// TestThreatReported: "this was not me" ends the session that came of the request, whoever says it
// and however: for the login, for an earlier try of it, and for a later proof.
func TestThreatReported(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		report func(*testing.T, *ayetest.World, *ayetest.Visitor, *ayetest.Phone)
	}{
		{"the login, by phone", func(t *testing.T, w *ayetest.World, v *ayetest.Visitor, p *ayetest.Phone) {
			report(t, w, p, v.Look().RequestID)
		}},
		{"the login, on a page", func(t *testing.T, w *ayetest.World, v *ayetest.Visitor, _ *ayetest.Phone) {
			ayetest.Fails(t, w.Approvals.Report(t.Context(), v.Member.Person.ID, v.Look().RequestID), nil)
		}},
		{"without the hook", func(t *testing.T, w *ayetest.World, v *ayetest.Visitor, p *ayetest.Phone) {
			w.Approvals.Reported = nil // the server ended between the report and what follows from it
			report(t, w, p, v.Look().RequestID)
		}},
		{"a proof", func(t *testing.T, w *ayetest.World, v *ayetest.Visitor, p *ayetest.Phone) {
			v.Took(w.SignIn.Prove(t.Context(), v.Look(), v.Visit, ayetest.Password, accounts.TextSecurity))
			waiting := v.Wait()
			v.Approve(p)
			v.Prove(p) // and another after it
			report(t, w, p, waiting.RequestID)
		}},
		{"a proof that is asked", func(t *testing.T, w *ayetest.World, v *ayetest.Visitor, p *ayetest.Phone) {
			v.Took(w.SignIn.Prove(t.Context(), v.Look(), v.Visit, ayetest.Password, accounts.TextSecurity))
			report(t, w, p, v.Wait().RequestID)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, ada, phone := newPerson(t)
			v, other := w.LogIn(ada, phone), w.LogIn(ada, phone)
			test.report(t, w, v, phone)
			gone(t, w, v.Token)
			other.Look()
			ended := actions(t, w, ada.OrganisationID, "session.ended")
			ayetest.Same(t, "ended", []string{ended[0]["subject"], ended[0]["why"], ended[0]["actor"]}, []string{v.Session.ID, "reported", "system"})
		})
	}
}

// report says "this was not me" on the phone.
func report(t *testing.T, w *ayetest.World, p *ayetest.Phone, requestID string) {
	t.Helper()
	r, err := w.Approvals.Find(t.Context(), requestID)
	ayetest.Fails(t, err, nil)
	_, err = w.Report(p, approval.Asked{Request: r})
	ayetest.Fails(t, err, nil)
}

// TestReportedBefore: a session that is not in yet stays to say so, and comes no further; nor
// does one whose earlier request was reported after it asked again.
func TestReportedBefore(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	v := w.Arrive(ada)
	waiting := v.Wait()
	report(t, w, phone, waiting.RequestID)
	stopped(t, v, phone)

	w, ada, phone = newPerson(t)
	v = w.Arrive(ada)
	first := v.Wait()
	_, err := w.Deny(phone, v.Asked(first))
	ayetest.Fails(t, err, nil)
	second, session, token, err := w.SignIn.Again(t.Context(), v.Look())
	v.Took(session, token, err)
	v.Yes(phone, second)
	report(t, w, phone, first.RequestID)
	stopped(t, v, phone)
}

func stopped(t *testing.T, v *ayetest.Visitor, phone *ayetest.Phone) {
	t.Helper()
	ayetest.Same(t, "shown", v.Wait().State, approval.Reported)
	step(t, v, signin.StepSecondFactor)
	_, _, _, err := v.SignIn.Again(t.Context(), v.Look())
	ayetest.Fails(t, err, signin.ErrReported)
	ayetest.Fails(t, code(v, approval.TOTP, phone.CodeNow()), signin.ErrReported)
	ayetest.Fails(t, v.SignIn.Resend(t.Context(), v.Look()), signin.ErrReported)
	ayetest.Same(t, "level", v.Look().Level, signin.Password)
	ayetest.Fails(t, v.SignIn.CancelWait(t.Context(), v.Look()), nil)
	gone(t, v.World, v.Token)
}

// TestForeignRequest: what was approved for one session is of no use to another, of the same
// person or of anybody.
func TestThreatForeignRequest(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	bob := w.AddPerson("Bob")
	w.SetPassword(bob)
	bobs := w.Pair(bob)
	for _, mine := range []*ayetest.Visitor{w.Arrive(ada), w.Arrive(bob)} {
		p := map[string]*ayetest.Phone{ada.ID: phone, bob.ID: bobs}[mine.Member.ID]
		waiting := mine.Wait()
		mine.Yes(p, waiting)
		thief := w.Arrive(ada)
		forged := thief.Look()
		forged.WaitingID = waiting.RequestID
		_, _, token, err := w.SignIn.Wait(t.Context(), forged)
		ayetest.Fails(t, err, signin.ErrNotWaiting)
		ayetest.Same(t, "token", token, "")
		ayetest.Same(t, "level", thief.Look().Level, signin.Password)
		mine.Wait()
		ayetest.Same(t, "level", mine.Look().Level, signin.Full)
	}
}

// TestThreatFixation: each change of power gives another token, and the one before is dead: who
// planted a token, or saw one, is not in with it.
func TestThreatFixation(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	other := w.AddOrganisation(named("Other"))
	w.Join(other, ada)
	v := w.Arrive(ada)
	seen := map[string]bool{}
	for name, change := range []func(){
		func() { v.Approve(phone) },
		func() { pick(v, other) },
		func() { pick(v, w.Organisation) },
		func() { v.Prove(phone) },
		func() { v.Took(w.SignIn.NewPassword(t.Context(), v.Look(), newPassword)) },
	} {
		before := v.Token
		seen[before.Reveal()] = true
		change()
		gone(t, w, before)
		if seen[v.Token.Reveal()] {
			t.Fatalf("change %d gave an old token", name)
		}
	}
	// A login never takes a session over that the browser has.
	again, err := w.Accounts.CheckPassword(t.Context(), accounts.PasswordAttempt{Email: ada.Person.Email, Password: newPassword})
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "person", again.ID, ada.Person.ID)
	session, _, err := w.SignIn.Password(t.Context(), v.Visit, ada.Person.Email, newPassword, "")
	ayetest.Fails(t, err, nil)
	if session.ID == v.Session.ID {
		t.Fatal("the session of before was taken over")
	}
}

// TestThreatWhatWasBegunEndsToo: whoever is thrown out links no phone with a code that was shown before.
func TestThreatWhatWasBegunEndsToo(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *ayetest.World, v *ayetest.Visitor, phone *ayetest.Phone) error{
		"end others": func(w *ayetest.World, v *ayetest.Visitor, _ *ayetest.Phone) error {
			return w.SignIn.EndOthers(w.Context(), v.Look())
		},
		"end all": func(w *ayetest.World, v *ayetest.Visitor, _ *ayetest.Phone) error {
			return w.SignIn.EndAll(w.Context(), v.Member.Person.ID)
		},
		"a new password": func(w *ayetest.World, v *ayetest.Visitor, _ *ayetest.Phone) error {
			_, _, err := w.SignIn.NewPassword(w.Context(), v.Look(), newPassword)
			return err
		},
		"a report": func(w *ayetest.World, v *ayetest.Visitor, phone *ayetest.Phone) error {
			_, err := w.Report(phone, v.Asked(w.Arrive(v.Member).Wait()))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ada, phone := newPerson(t)
			v := w.LogIn(ada, phone)
			shown, err := w.Pairings.Open(t.Context(), pairing.Opening{OrganisationID: w.Organisation.ID, By: ada.ID, User: ayetest.Named(ada)})
			ayetest.Fails(t, err, nil)
			ayetest.Fails(t, end(w, v, phone), nil)
			now, err := w.Pairings.View(t.Context(), accounts.Application{}, shown.ID)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "pairing", now.State, pairing.Cancelled)
			if _, err = w.Claim(w.NewPhone(), shown); err == nil {
				t.Error("a phone was linked")
			}
		})
	}
}
