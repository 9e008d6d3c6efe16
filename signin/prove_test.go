package signin_test

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/signin"
)

func TestProve(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	v := w.LogIn(ada, phone)
	before := v.Look()
	w.Clock.Pass(signin.Freshness - time.Second)
	ayetest.Same(t, "fresh", w.SignIn.Fresh(v.Look()), true)
	w.Clock.Pass(time.Second)
	ayetest.Same(t, "fresh", w.SignIn.Fresh(v.Look()), false)
	_, _, err := w.SignIn.NewPassword(t.Context(), v.Look(), "another horse battery staple")
	ayetest.Fails(t, err, signin.ErrNotFresh)

	_, _, err = w.SignIn.Prove(t.Context(), v.Look(), v.Visit, "not the password", accounts.TextSecurity)
	ayetest.Fails(t, err, accounts.ErrCredentials)
	_, _, _, err = w.SignIn.Wait(t.Context(), v.Look())
	ayetest.Fails(t, err, signin.ErrNotWaiting)

	elsewhere := ayetest.Visit()
	elsewhere.IP = "198.51.100.9"
	v.Took(w.SignIn.Prove(t.Context(), v.Look(), elsewhere, ayetest.Password, accounts.TextSecurity))
	step(t, v, signin.StepIn)
	ayetest.Same(t, "fresh by the password", w.SignIn.Fresh(v.Look()), false)
	waiting := v.Wait()
	asked := v.Asked(waiting)
	ayetest.Same(t, "purpose", waiting.Purpose, signin.ToProve)
	ayetest.Same(t, "confirm", waiting.Confirm, approval.Number)
	ayetest.Same(t, "message", asked.Message, "Confirm that you want to change your security settings")
	ayetest.Same(t, "where it is typed", asked.Context.IP, elsewhere.IP)
	ayetest.Same(t, "new browser", asked.NewBrowser, true)
	token := v.Token
	v.Approve(phone)
	gone(t, w, token)
	after := v.Look()
	ayetest.Same(t, "fresh", w.SignIn.Fresh(after), true)
	ayetest.Same(t, "the rest", []any{after.ID, after.Level, after.OrganisationID, after.Method, after.RequestID, after.Ends},
		[]any{before.ID, before.Level, before.OrganisationID, before.Method, before.RequestID, before.Ends})
}

// TestProvenBy: a session remembers by which factor the person was proven last, whatever they came in by.
func TestProvenBy(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	laptop := app(t, w, ada)
	codes, err := w.Codes.NewRecoveryCodes(t.Context(), ada.Person.ID)
	ayetest.Fails(t, err, nil)
	v := w.LogIn(ada, phone)
	ayetest.Same(t, "by the phone", v.Look().ProvenBy, approval.Push)
	for _, c := range []struct {
		method approval.Method
		typed  secret.Secret
	}{{approval.Recovery, codes[0]}, {approval.TOTP, laptop.CodeNow()}} {
		v.Took(w.SignIn.Prove(t.Context(), v.Look(), v.Visit, ayetest.Password, accounts.TextSecurity))
		v.Wait()
		typeCode(v, c.method, c.typed)
		ayetest.Same(t, "by a code", []approval.Method{v.Look().ProvenBy, v.Look().Method}, []approval.Method{c.method, approval.Push})
	}
	entered := w.Arrive(ada)
	entered.Wait()
	typeCode(entered, approval.Recovery, codes[1])
	ayetest.Same(t, "came in", entered.Look().ProvenBy, approval.Recovery)

	free := ayetest.New(t)
	bob := free.Join(addRelaxed(free, nil), free.AddPerson("Bob"))
	free.SetPassword(bob)
	in := free.Arrive(bob)
	in.Took(free.SignIn.Prove(t.Context(), in.Look(), in.Visit, ayetest.Password, accounts.TextSecurity))
	ayetest.Same(t, "by the password alone", []any{free.SignIn.Fresh(in.Look()), in.Look().ProvenBy}, []any{true, approval.Method("")})
}

// TestProveInDutch: the phone says in the person's language what is asked.
func TestProveInDutch(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	v := w.LogIn(ada, phone)
	ayetest.Fails(t, w.Accounts.SetLocale(t.Context(), ada.Person.ID, "nl"), nil)
	v.Took(w.SignIn.Prove(t.Context(), v.Look(), v.Visit, ayetest.Password, accounts.TextSecurity))
	ayetest.Same(t, "message", v.Asked(v.Wait()).Message, "Bevestig dat je je beveiligingsinstellingen wilt wijzigen")
}

// TestProveIsNeverATap: what changes the account is worth a number.
func TestProveIsNeverATap(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	w.Change(func(o *accounts.Organisation) { o.AllowTap = true })
	v := w.Arrive(ada)
	waiting := v.Wait()
	ayetest.Same(t, "log in", waiting.Confirm, approval.Tap)
	v.Approve(phone)
	v.Took(w.SignIn.Prove(t.Context(), v.Look(), v.Visit, ayetest.Password, accounts.TextSecurity))
	ayetest.Same(t, "prove", v.Wait().Confirm, approval.Number)
}

// TestProveWithoutFactor: the password is all that there is.
func TestProveWithoutFactor(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	w.Change(relaxed)
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	v := w.Arrive(ada)
	w.Clock.Pass(signin.Freshness)
	ayetest.Same(t, "fresh", w.SignIn.Fresh(v.Look()), false)
	token := v.Token
	v.Took(w.SignIn.Prove(t.Context(), v.Look(), v.Visit, ayetest.Password, accounts.TextSecurity))
	gone(t, w, token)
	ayetest.Same(t, "fresh", w.SignIn.Fresh(v.Look()), true)

	w.Pair(ada) // then it is nothing
	ayetest.Same(t, "fresh", w.SignIn.Fresh(v.Look()), false)
	_, _, err := w.SignIn.Prove(t.Context(), v.Look(), v.Visit, ayetest.Password, accounts.TextSecurity)
	ayetest.Fails(t, err, signin.ErrLevel)
}

// TestProveCancelled: the session stays as it was.
func TestProveCancelled(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	v := w.LogIn(ada, phone)
	w.Clock.Pass(signin.Freshness)
	v.Took(w.SignIn.Prove(t.Context(), v.Look(), v.Visit, ayetest.Password, accounts.TextSecurity))
	waiting := v.Wait()
	ayetest.Fails(t, w.SignIn.CancelWait(t.Context(), v.Look()), nil)
	ayetest.Same(t, "request", w.State(waiting.RequestID), approval.Cancelled)
	ayetest.Same(t, "level", v.Look().Level, signin.Full)
	ayetest.Same(t, "fresh", w.SignIn.Fresh(v.Look()), false)
	_, _, _, err := w.SignIn.Wait(t.Context(), v.Look())
	ayetest.Fails(t, err, signin.ErrNotWaiting)
}

// TestProveEndsWithThePassword: whoever sits down at the screen later cannot go on asking.
func TestProveEndsWithThePassword(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	v := w.LogIn(ada, phone)
	v.Took(w.SignIn.Prove(t.Context(), v.Look(), v.Visit, ayetest.Password, accounts.TextSecurity))
	v.Wait()
	w.Clock.Pass(signin.PasswordLife - time.Second)
	_, _, _, err := w.SignIn.Again(t.Context(), v.Look())
	ayetest.Fails(t, err, nil)
	w.Clock.Pass(time.Second)
	for _, try := range []func() error{
		func() error { _, _, _, err := w.SignIn.Again(t.Context(), v.Look()); return err },
		func() error { _, _, _, err := w.SignIn.Wait(t.Context(), v.Look()); return err },
		func() error { return code(v, approval.TOTP, phone.CodeNow()) },
		func() error { return w.SignIn.Resend(t.Context(), v.Look()) },
	} {
		ayetest.Fails(t, try(), signin.ErrNotWaiting)
	}
}

// TestThreatPurposesMix: what was approved to get in proves nobody again, and the reverse.
func TestThreatPurposesMix(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	inside := w.LogIn(ada, phone)
	login := inside.Look().RequestID
	w.Clock.Pass(signin.Freshness)

	// The request of the login, which is released to this very session, is put where that of
	// the proof stands.
	inside.Took(w.SignIn.Prove(t.Context(), inside.Look(), inside.Visit, ayetest.Password, accounts.TextSecurity))
	session := inside.Look()
	forged := session
	forged.WaitingID = login
	held, err := w.Store.ChangeSession(t.Context(), signin.Change{From: session, To: forged}, audit.Entry{Organisation: ada.OrganisationID, Action: "session.forged"})
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "taken as a proof", held, false)
	_, _, _, err = w.SignIn.Wait(t.Context(), forged)
	ayetest.Fails(t, err, signin.ErrNotWaiting)

	// And one that was approved to prove, in a session that is not in.
	proof := inside.Wait()
	inside.Yes(phone, proof)
	outside := w.Arrive(ada)
	outside.Wait()
	forged = outside.Look()
	forged.WaitingID = proof.RequestID
	_, _, _, err = w.SignIn.Wait(t.Context(), forged)
	ayetest.Fails(t, err, signin.ErrNotWaiting)
	ayetest.Same(t, "level", outside.Look().Level, signin.Password)
	ayetest.Same(t, "finished", inside.Wait().State, approval.Released)
}
