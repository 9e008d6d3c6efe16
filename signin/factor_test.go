package signin_test

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/signin"
)

// TestWithoutFactor: what the password alone opens for who has no second factor.
func TestWithoutFactor(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	tests := []struct {
		name string
		// from is when each of the person's organisations begins to ask, from now; never for 0.
		from  []time.Duration
		level signin.Level
		step  signin.Step
		// notice is when the page warns of; never for 0.
		notice time.Duration
	}{
		{"required", []time.Duration{-day}, signin.Setup, signin.StepSetup, 0},
		{"never required", []time.Duration{0}, signin.Full, signin.StepIn, 0},
		{"required tomorrow", []time.Duration{day}, signin.Full, signin.StepIn, day},
		{"one of two", []time.Duration{-day, 0}, signin.Full, signin.StepIn, 0},
		{"one of two tomorrow", []time.Duration{-day, day}, signin.Full, signin.StepIn, day},
		{"none of two", []time.Duration{0, 0}, signin.Full, signin.StepPick, 0},
		{"both", []time.Duration{-day, -day}, signin.Setup, signin.StepSetup, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			ada := w.AddPerson("Ada")
			w.SetPassword(ada)
			now := w.Clock.Now()
			var homes []accounts.Organisation
			for i, from := range test.from {
				o := w.Organisation
				if i > 0 {
					o = w.AddOrganisation(func(*accounts.Organisation) {})
					w.Join(o, ada)
				}
				if o.SecondFactorFrom = now.Add(from); from == 0 {
					o.SecondFactorFrom = time.Time{}
				}
				ayetest.Fails(t, w.Accounts.UpdateOrganisation(t.Context(), o), nil)
				homes = append(homes, o)
			}
			v := w.Arrive(ada)
			ayetest.Same(t, "level", v.Look().Level, test.level)
			state, err := w.SignIn.State(t.Context(), v.Look())
			ayetest.Fails(t, err, nil)
			want := signin.State{Step: test.step}
			if test.notice > 0 {
				want.NoticeFrom = now.Add(test.notice)
			}
			ayetest.Same(t, "state", state, want)
			if test.level == signin.Setup {
				nothingElse(t, v)
				return
			}
			for i, o := range homes {
				session, token, err := w.SignIn.Pick(t.Context(), v.Look(), o.ID)
				if test.from[i] < 0 {
					ayetest.Fails(t, err, signin.ErrMethodNotAllowed)
					continue
				}
				v.Took(session, token, err)
			}
		})
	}
}

// nothingElse checks that a session can do nothing that needs a full one, nor set a password.
func nothingElse(t *testing.T, v *ayetest.Visitor) {
	t.Helper()
	for name, call := range refused(v) {
		if err := call(t.Context(), v.Look()); err != signin.ErrLevel { //nolint:errorlint // it is the sentinel itself
			t.Errorf("%s: %v", name, err)
		}
	}
	ayetest.Same(t, "fresh", v.SignIn.Fresh(v.Look()), false)
	want := signin.ErrLevel
	if level := v.Look().Level; level == signin.Reset || level == signin.Full {
		want = signin.ErrNotFresh
	}
	_, _, err := v.SignIn.NewPassword(t.Context(), v.Look(), newPassword)
	ayetest.Fails(t, err, want)
}

// factors are the ways to have a second factor.
func factors(t *testing.T) map[string]func(*ayetest.World, accounts.Member) {
	t.Helper()
	return map[string]func(*ayetest.World, accounts.Member){
		"phone":         func(w *ayetest.World, m accounts.Member) { w.Pair(m) },
		"a local phone": func(w *ayetest.World, m accounts.Member) { w.PairLocal(m) },
		"an app":        func(w *ayetest.World, m accounts.Member) { app(t, w, m) },
		// Where none is allowed, and so none can be sent.
		"text messages": func(w *ayetest.World, m accounts.Member) { chooseTexts(w, m) },
	}
}

// TestThreatPasswordAlone: with a second factor, the password opens nothing, not even where the
// organisation would let somebody in who has none.
func TestThreatPasswordAlone(t *testing.T) {
	t.Parallel()
	for name, enrol := range factors(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			w.Change(relaxed)
			ada := w.AddPerson("Ada")
			w.SetPassword(ada)
			enrol(w, ada)
			v := w.Arrive(ada)
			ayetest.Same(t, "level", v.Look().Level, signin.Password)
			step(t, v, signin.StepSecondFactor)
			nothingElse(t, v)
		})
	}
}

// TestRecoveryCodesAlone are no second factor: who has nothing else sets one up.
func TestRecoveryCodesAlone(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	phone := w.Pair(ada)
	_, err := w.Codes.NewRecoveryCodes(t.Context(), ada.Person.ID)
	ayetest.Fails(t, err, nil)
	_, err = w.Devices.Remove(t.Context(), phone.Device, "operator")
	ayetest.Fails(t, err, nil)
	step(t, w.Arrive(ada), signin.StepSetup)
}

// TestSetup: the session in which the first factor is set up does not become full by it, and is
// good for nothing afterwards; neither is what somebody else began with the password.
func TestSetup(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	thief, v := w.Arrive(ada), w.Arrive(ada)
	step(t, v, signin.StepSetup)
	_, _, _, err := w.SignIn.Wait(t.Context(), v.Look())
	ayetest.Fails(t, err, signin.ErrNotWaiting)

	phone := w.Pair(ada)
	for _, began := range []*ayetest.Visitor{thief, v} { // a thief cannot set up another one beside it
		step(t, began, signin.StepSignIn)
		nothingElse(t, began)
		_, _, _, err = w.SignIn.Wait(t.Context(), began.Look())
		ayetest.Fails(t, err, signin.ErrNotWaiting)
	}

	ayetest.Same(t, "level", w.LogIn(ada, phone).Look().Level, signin.Full)
}

// TestThreatOvertaken: once there is a factor, what was opened without one is worth nothing, by
// whichever way the factor came and however lately the person was proven; and nothing else ends.
func TestThreatOvertaken(t *testing.T) {
	t.Parallel()
	for name, enrol := range factors(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			w.Change(relaxed)
			ada, bob := w.AddPerson("Ada"), w.AddPerson("Bob")
			w.SetPassword(ada)
			w.SetPassword(bob)
			v, other := w.Arrive(ada), w.Arrive(bob)
			step(t, v, signin.StepIn)
			ayetest.Same(t, "fresh", w.SignIn.Fresh(v.Look()), true)
			enrol(w, ada)
			step(t, v, signin.StepSignIn)
			nothingElse(t, v)
			step(t, other, signin.StepIn)
			ayetest.Fails(t, w.SignIn.End(t.Context(), v.Look(), v.Look().ID), nil)
			gone(t, w, v.Token)
		})
	}
}

// TestTheFactorItself overtakes nothing.
func TestTheFactorItself(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	w.Change(relaxed)
	v := w.LogIn(ada, phone)
	app(t, w, ada)
	step(t, v, signin.StepIn)
}

// TestTheDayComes: from the date on, what was opened with the password alone is closed.
func TestTheDayComes(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.Change(func(o *accounts.Organisation) { o.SecondFactorFrom = w.Clock.Now().Add(time.Minute) })
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	v := w.Arrive(ada)
	w.Clock.Pass(59 * time.Second)
	step(t, v, signin.StepIn)
	w.Clock.Pass(time.Second)
	gone(t, w, v.Token)
	step(t, w.Arrive(ada), signin.StepSetup)
}

// TestLocalPhone: a phone that an application linked opens its organisation and no other.
func TestLocalPhone(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	phone := w.PairLocal(ada)
	alpha := addRelaxed(w, func(o *accounts.Organisation) { o.Name = "Alpha" })
	w.Join(alpha, ada)

	v := w.Arrive(ada)
	waiting := v.Wait()
	ayetest.Same(t, "organisation", waiting.Organisation, w.Organisation.Name) // where the phone counts, though Alpha is first by name
	v.Approve(phone)
	in := v.Look()
	ayetest.Same(t, "within", in.Within, w.Organisation.ID)
	ayetest.Same(t, "picked", in.OrganisationID, w.Organisation.ID)
	_, _, err := w.SignIn.Pick(t.Context(), in, alpha.ID)
	ayetest.Fails(t, err, signin.ErrWithin)
	choices, err := w.SignIn.Organisations(t.Context(), in)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "problems", []error{choices[0].Problem, choices[1].Problem}, []error{signin.ErrWithin, nil})
	// It has nothing better, so this is proof enough.
	ayetest.Same(t, "fresh", w.SignIn.Fresh(in), true)

	// Once there is a factor that counts everywhere, that one is asked, and in whatever name: it
	// opens both.
	pick(v, w.Organisation)
	own := w.Pair(ada)
	v.Type()
	waiting = v.Wait()
	ayetest.Same(t, "organisation", waiting.Organisation, w.Organisation.Name)
	ayetest.Same(t, "deliveries", len(waiting.Deliveries), 1)
	_, err = w.Approve(phone, v.Asked(waiting))
	ayetest.Fails(t, err, approval.ErrNotFound)
	v.Approve(own)
	ayetest.Same(t, "within", v.Look().Within, "")
	step(t, v, signin.StepPick)
}

// TestThreatLocalPhoneChangesSecurity: the phone that an application linked may open that
// application's organisation, and proves nobody well enough to change what holds everywhere.
func TestThreatLocalPhoneChangesSecurity(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	local := w.PairLocal(ada)
	own := w.Pair(ada)
	v := w.LogIn(ada, local)
	ayetest.Same(t, "level", v.Look().Level, signin.Full)
	ayetest.Same(t, "fresh", w.SignIn.Fresh(v.Look()), false)

	v.Took(w.SignIn.Prove(t.Context(), v.Look(), v.Visit, ayetest.Password, accounts.TextSecurity))
	waiting := v.Wait()
	_, err := w.Approve(local, v.Asked(waiting))
	ayetest.Fails(t, err, approval.ErrNotFound)
	v.Approve(own)
	ayetest.Same(t, "fresh", w.SignIn.Fresh(v.Look()), true)
	ayetest.Same(t, "within", v.Look().Within, w.Organisation.ID)

	reset := reset(w, ada)
	_, err = w.Approve(local, reset.Asked(reset.Wait()))
	ayetest.Fails(t, err, approval.ErrNotFound)
}

// TestBetterFactorMeanwhile: what was enough when it was asked is not when it is answered.
func TestBetterFactorMeanwhile(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	local := w.PairLocal(ada)
	v := w.LogIn(ada, local)
	w.Clock.Pass(signin.Freshness)
	v.Took(w.SignIn.Prove(t.Context(), v.Look(), v.Visit, ayetest.Password, accounts.TextSecurity))
	waiting := v.Wait()
	w.Pair(ada)
	v.Yes(local, waiting)
	_, _, _, err := w.SignIn.Wait(t.Context(), v.Look())
	ayetest.Fails(t, err, signin.ErrWithin)
	ayetest.Same(t, "fresh", w.SignIn.Fresh(v.Look()), false)
}
