package signin_test

import (
	"slices"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/otp"
	"example.com/aye/signin"
)

// enterByCode logs in with a temporary code that the member's organisation sends.
func enterByCode(w *ayetest.World, m accounts.Member) *ayetest.Visitor {
	w.Helper()
	_, sent := w.SendAccess(m, 8*time.Hour, 1)
	v := w.Arrive(m)
	v.Wait()
	typeCode(v, approval.Temporary, sent)
	return v
}

// TestTemporaryCode: it lets the person in, and the session can do what a member does there all day.
func TestTemporaryCode(t *testing.T) {
	t.Parallel()
	w, ada, _ := newPerson(t)
	_, sent := w.SendAccess(ada, 8*time.Hour, 1)
	v := w.Arrive(ada)
	waiting := v.Wait()
	ayetest.Same(t, "methods", slices.Contains(waiting.Methods, approval.Temporary), true)
	ayetest.Same(t, "time to read the mail", waiting.Expires.Sub(waiting.Created), approval.MaximumLife)
	typeCode(v, approval.Temporary, sent)
	in := v.Look()
	ayetest.Same(t, "in", []any{in.Level, in.Method, in.Within, in.OrganisationID}, []any{signin.Full, approval.Temporary, ada.OrganisationID, ada.OrganisationID})
	step(t, v, signin.StepIn)
	w.Change(func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{} })
	step(t, v, signin.StepIn) // it was no method of the organisation's to begin with
	ayetest.Same(t, "meets", w.SignIn.Meets(v.Look(), w.Organisation), true)
}

// TestThreatTheTemporaryDay: a session by a code ends when the code would have, however often it is used, also where the call that took the code
// was never answered.
func TestThreatTheTemporaryDay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		uses int
		lost bool
		want time.Duration
	}{
		"the last use":               {uses: 1, want: time.Hour},
		"one of two":                 {uses: 2, want: time.Hour},
		"of two, an answer was lost": {uses: 2, lost: true, want: time.Hour},
		"the last answer was lost":   {uses: 1, lost: true, want: signin.PasswordLife},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ada, _ := newPerson(t)
			_, sent := w.SendAccess(ada, time.Hour, c.uses)
			v := w.Arrive(ada)
			waiting := v.Wait()
			if c.lost {
				_, err := w.Approvals.Verify(t.Context(), portalOf(w, w.Organisation), waiting.RequestID, approval.Temporary, sent)
				ayetest.Fails(t, err, nil)
				_, session, token, err := w.SignIn.Wait(t.Context(), v.Look())
				v.Took(session, token, err)
			} else {
				typeCode(v, approval.Temporary, sent)
			}
			in := v.Look()
			ayetest.Same(t, "ends", in.Ends.Sub(in.Created), c.want)
			v.Took(w.SignIn.Pick(t.Context(), in, w.Organisation.ID))
			ayetest.Same(t, "once it was picked", v.Look().Ends, in.Ends)
		})
	}
}

// TestThreatTemporarySession: it changes no security setting, proves nobody, chooses no password and acts nowhere else.
func TestThreatTemporarySession(t *testing.T) {
	t.Parallel()
	for name, person := range map[string]func(*testing.T) (*ayetest.World, accounts.Member){
		"a phone that counts everywhere": func(t *testing.T) (*ayetest.World, accounts.Member) {
			t.Helper()
			w, ada, _ := newPerson(t)
			return w, ada
		},
		"a phone that counts here alone": func(t *testing.T) (*ayetest.World, accounts.Member) {
			t.Helper()
			w := ayetest.New(t)
			ada := w.AddPerson("Ada")
			w.SetPassword(ada)
			w.PairLocal(ada)
			return w, ada
		},
		"text messages": texting,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ada := person(t)
			other := w.AddOrganisation(named("Zeta"))
			w.Join(other, ada)
			v := enterByCode(w, ada)
			in := v.Look()
			ayetest.Same(t, "proven", in.Proven.IsZero(), true)
			in.Proven = w.Clock.Now() // whatever wrote it down
			ayetest.Same(t, "fresh", w.SignIn.Fresh(in), false)
			_, _, err := w.SignIn.NewPassword(t.Context(), in, newPassword)
			ayetest.Fails(t, err, signin.ErrNotFresh)
			_, _, err = w.SignIn.Prove(t.Context(), v.Look(), v.Visit, ayetest.Password, accounts.TextSecurity)
			ayetest.Fails(t, err, signin.ErrMethodNotAllowed)
			_, _, err = w.SignIn.Pick(t.Context(), v.Look(), other.ID)
			ayetest.Fails(t, err, signin.ErrWithin)
		})
	}
}

// TestThreatTemporaryCodeProves: in a session that began with more, a temporary code proves nobody again, and behind a mailed
// link it leads to no password, whichever way it comes; nor is it used up by that.
func TestThreatTemporaryCodeProves(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*ayetest.World, accounts.Member, *ayetest.Phone) *ayetest.Visitor{
		"prove": func(w *ayetest.World, m accounts.Member, p *ayetest.Phone) *ayetest.Visitor {
			v := w.LogIn(m, p)
			v.Took(w.SignIn.Prove(w.Context(), v.Look(), v.Visit, ayetest.Password, accounts.TextSecurity))
			return v
		},
		"reset": func(w *ayetest.World, m accounts.Member, _ *ayetest.Phone) *ayetest.Visitor { return reset(w, m) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			ada := w.AddPerson("Ada")
			w.SetPassword(ada)
			// With nothing that counts everywhere the request is one that a local factor answers.
			v := begin(w, ada, w.PairLocal(ada))
			_, sent := w.SendAccess(ada, time.Hour, 2)
			before := v.Look().Proven
			waiting := v.Wait()
			ayetest.Same(t, "methods", slices.Contains(waiting.Methods, approval.Temporary), false)
			ayetest.Fails(t, code(v, approval.Temporary, sent), signin.ErrMethodNotAllowed)
			ayetest.Same(t, "state", w.State(waiting.RequestID), approval.Pending)

			portal, err := w.Accounts.PortalOf(t.Context(), ada.OrganisationID)
			ayetest.Fails(t, err, nil)
			_, err = w.Approvals.Verify(t.Context(), portal, waiting.RequestID, approval.Temporary, sent) // past this room
			ayetest.Fails(t, err, nil)
			_, _, _, err = w.SignIn.Wait(t.Context(), v.Look())
			ayetest.Fails(t, err, signin.ErrMethodNotAllowed)
			ayetest.Same(t, "proven", v.Look().Proven, before)
			if name == "reset" {
				_, _, err = w.SignIn.NewPassword(t.Context(), v.Look(), newPassword)
				ayetest.Fails(t, err, signin.ErrNotFresh)
			}
		})
	}
}

// TestTemporaryCodeOfOneOfSeveral: who has a code of one organisation is asked in its name, and comes in there alone; the
// phone, if it is at hand after all, opens all.
func TestTemporaryCodeOfOneOfSeveral(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	zeta := w.AddOrganisation(named("Zeta"))
	there := w.Join(zeta, ada)
	v := w.LogIn(ada, phone)
	pick(v, w.Organisation) // chosen last, and first by name
	v.Type()
	ayetest.Same(t, "asked in the name of", v.Wait().Organisation, "Example")
	_, sent := w.SendAccess(there, time.Hour, 1)

	atHand := w.Arrive(ada)
	ayetest.Same(t, "asked in the name of", atHand.Wait().Organisation, "Zeta")
	atHand.Approve(phone)
	ayetest.Same(t, "opens all", []string{atHand.Look().Within, atHand.Look().OrganisationID}, []string{"", ""})
	ayetest.Same(t, "for a new password", reset(w, ada).Wait().Organisation, "Example")

	// The page that waits since before the code came goes on where it counts.
	ayetest.Fails(t, w.Approvals.Cancel(t.Context(), portalOf(w, w.Organisation), v.Wait().RequestID), nil)
	ends := v.Look().Ends
	waiting, session, token, err := w.SignIn.Again(t.Context(), v.Look())
	v.Took(session, token, err)
	ayetest.Same(t, "asks again in the name of", waiting.Organisation, "Zeta")
	ayetest.Same(t, "the time goes on", v.Look().Ends, ends)
	typeCode(v, approval.Temporary, sent)
	in := v.Look()
	ayetest.Same(t, "in", []any{in.Level, in.Within, in.OrganisationID, in.Member.ID}, []any{signin.Full, zeta.ID, zeta.ID, there.ID})
	ayetest.Same(t, "once it was used", w.Arrive(ada).Wait().Organisation, "Example")
}

func portalOf(w *ayetest.World, o accounts.Organisation) accounts.Application {
	w.Helper()
	portal, err := w.Accounts.PortalOf(w.Context(), o.ID)
	ayetest.Fails(w, err, nil)
	return portal
}

// TestThreatACodeThatKeepsOut: an organisation that sends a code, and takes nothing that the person has, keeps nobody out of
// the others by that; who wants to use the code asks again.
func TestThreatACodeThatKeepsOut(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	laptop := app(t, w, ada)
	there := w.Join(addPushAlone(w), ada)
	_, sent := w.SendAccess(there, time.Hour, 1)
	v := w.Arrive(ada)
	waiting := v.Wait()
	ayetest.Same(t, "asked in the name of", waiting.Organisation, "Example")
	ayetest.Fails(t, w.Approvals.Cancel(t.Context(), portalOf(w, w.Organisation), waiting.RequestID), nil)
	waiting, session, token, err := w.SignIn.Again(t.Context(), v.Look())
	v.Took(session, token, err)
	ayetest.Same(t, "again in the name of", waiting.Organisation, "AAA")
	typeCode(v, approval.Temporary, sent)
	ayetest.Same(t, "within", v.Look().Within, there.OrganisationID)

	v = w.Arrive(ada)
	v.Wait()
	typeCode(v, approval.TOTP, laptop.CodeNow())
	ayetest.Same(t, "acts in", v.Look().OrganisationID, w.Organisation.ID)
}

// TestThreatTheTemporaryTap: a code makes one tap do nothing that it would not do without.
func TestThreatTheTemporaryTap(t *testing.T) {
	t.Parallel()
	w, ada, _ := newPerson(t)
	w.Change(func(o *accounts.Organisation) { o.AllowTap = true })
	w.Join(w.AddOrganisation(named("Numbers")), ada)
	w.SendAccess(ada, time.Hour, 1)
	waiting := w.Arrive(ada).Wait()
	ayetest.Same(t, "asked", []any{waiting.Organisation, waiting.Confirm}, []any{"Example", approval.Number})
}

// TestThreatTemporaryStopped: "stop, this was not me" ends the session that the code opened.
func TestThreatTemporaryStopped(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	c, sent := w.SendAccess(ada, time.Hour, 2)
	own, v := w.LogIn(ada, phone), w.Arrive(ada)
	v.Wait()
	typeCode(v, approval.Temporary, sent)
	w.Stop(c)
	gone(t, w, v.Token)
	step(t, own, signin.StepIn) // the person's own stays
	v = w.Arrive(ada)
	ayetest.Same(t, "methods", slices.Contains(v.Wait().Methods, approval.Temporary), false)
	ayetest.Fails(t, code(v, approval.Temporary, sent), otp.ErrNone)
}
