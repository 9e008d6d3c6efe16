package signin_test

import (
	"slices"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/signin"
)

// named gives an organisation a name.
func named(name string) func(*accounts.Organisation) {
	return func(o *accounts.Organisation) { o.Name = name }
}

// pick lets the visitor choose.
func pick(v *ayetest.Visitor, o accounts.Organisation) {
	v.Helper()
	v.Took(v.SignIn.Pick(v.Context(), v.Look(), o.ID))
}

func TestSeveralOrganisations(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t) // "Example"
	alpha, zeta := w.AddOrganisation(named("Alpha")), w.AddOrganisation(named("Zeta"))
	inAlpha := w.Join(alpha, ada)
	w.Join(zeta, ada)
	v := w.Arrive(ada)
	ayetest.Same(t, "asked in the name of the first", v.Wait().Organisation, "Alpha")
	v.Approve(phone)
	step(t, v, signin.StepPick)
	ayetest.Same(t, "picked", v.Look().OrganisationID, "")

	choices, err := w.SignIn.Organisations(t.Context(), v.Look())
	ayetest.Fails(t, err, nil)
	var names []string
	for _, choice := range choices {
		names = append(names, choice.Organisation.Name)
		ayetest.Same(t, "problem", choice.Problem, nil)
		ayetest.Same(t, "last", choice.Last, false)
	}
	ayetest.Same(t, "names", names, []string{"Alpha", "Example", "Zeta"})
	ayetest.Same(t, "member", choices[0].Member.ID, inAlpha.ID)

	token := v.Token
	pick(v, zeta)
	gone(t, w, token)
	step(t, v, signin.StepIn)
	ayetest.Same(t, "picked", v.Look().OrganisationID, zeta.ID)
	ayetest.Same(t, "acts in", v.Look().Organisation.Name, "Zeta")
	token = v.Token
	pick(v, alpha) // switched later
	gone(t, w, token)
	ayetest.Same(t, "member", v.Look().Member.ID, inAlpha.ID)
	ayetest.Same(t, "picked there", actions(t, w, alpha.ID, "session.picked"),
		[]map[string]string{{"actor": inAlpha.ID, "subject": v.Session.ID, "user": inAlpha.ID, "level": "full"}})
}

// TestLastChoice: the one chosen last in this browser asks, else the one chosen last in any.
func TestLastChoice(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	alpha, zeta := w.AddOrganisation(named("Alpha")), w.AddOrganisation(named("Zeta"))
	w.Join(alpha, ada)
	inZeta := w.Join(zeta, ada)
	here := w.LogIn(ada, phone)
	pick(here, zeta)
	w.Clock.Pass(time.Second)
	there := w.LogIn(ada, phone)
	ayetest.Same(t, "a new browser", there.Look().Organisation.Name, "Zeta")
	pick(there, w.Organisation)

	here.Type()
	ayetest.Same(t, "here", here.Wait().Organisation, "Zeta")
	here.Approve(phone)
	choices, err := w.SignIn.Organisations(t.Context(), here.Look())
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "last", []bool{choices[0].Last, choices[1].Last, choices[2].Last}, []bool{false, false, true})
	ayetest.Same(t, "a third browser", w.Arrive(ada).Look().Organisation.Name, "Example")

	ayetest.Fails(t, w.Accounts.EndMembership(t.Context(), inZeta), nil)
	here.Type()
	ayetest.Same(t, "a member no more", here.Look().Organisation.Name, "Alpha")
}

// TestPickRefused: nobody acts where they are no member, nor in a way that is not taken there.
func TestPickRefused(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	codes := w.AddOrganisation(named("Alpha with codes"))
	pushes := w.AddOrganisation(named("Push alone"))
	pushes.Methods = nil
	ayetest.Fails(t, w.Accounts.UpdateOrganisation(t.Context(), pushes), nil)
	foreign := w.AddOrganisation(named("Foreign"))
	w.Join(codes, ada)
	w.Join(pushes, ada)

	v := w.Arrive(ada)
	v.Wait()
	ayetest.Fails(t, code(v, approval.TOTP, phone.CodeNow()), nil)
	pick(v, codes)
	for _, id := range []string{foreign.ID, "org_none", ""} {
		_, _, err := w.SignIn.Pick(t.Context(), v.Look(), id)
		ayetest.Fails(t, err, accounts.ErrNotFound)
	}
	_, _, err := w.SignIn.Pick(t.Context(), v.Look(), pushes.ID)
	ayetest.Fails(t, err, signin.ErrMethodNotAllowed)
	choices, err := w.SignIn.Organisations(t.Context(), v.Look())
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "problem", choices[2].Problem, error(signin.ErrMethodNotAllowed))
	ayetest.Same(t, "acts in", v.Look().OrganisationID, codes.ID)

	pick(w.LogIn(ada, phone), pushes)
}

// TestMethodsByOrganisation: each way in which somebody can have got in, and what organisations
// take of it.
func TestMethodsByOrganisation(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	session := w.LogIn(ada, phone).Look()
	for _, allowed := range [][]accounts.SecondFactor{{}, {accounts.TOTP}, {accounts.SMS}, {accounts.Recovery}} {
		w.Change(func(o *accounts.Organisation) { o.Methods = allowed })
		for method, factor := range map[approval.Method]accounts.SecondFactor{
			approval.Push: "", approval.TOTP: accounts.TOTP, approval.SMS: accounts.SMS, approval.Recovery: accounts.Recovery, "unknown": "none",
		} {
			session.Method = method
			choices, err := w.SignIn.Organisations(t.Context(), session)
			ayetest.Fails(t, err, nil)
			var want error
			if method != approval.Push && !slices.Contains(allowed, factor) {
				want = signin.ErrMethodNotAllowed
			}
			ayetest.Same(t, string(method), choices[0].Problem, want)
		}
	}
}

// TestRulesOfNow: what an organisation decides counts for sessions that are in already.
func TestRulesOfNow(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	byCode, byPush := w.Arrive(ada), w.LogIn(ada, phone)
	byCode.Wait()
	ayetest.Fails(t, code(byCode, approval.TOTP, phone.CodeNow()), nil)
	w.Change(func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{accounts.Recovery} })
	gone(t, w, byCode.Token)
	ayetest.Same(t, "level", byPush.Look().Level, signin.Full)

	alone := w.LogIn(ada, phone)
	w.Clock.Pass(20 * time.Minute)
	ayetest.Same(t, "level", byPush.Look().Level, signin.Full)
	w.Change(func(o *accounts.Organisation) { o.SessionIdle = 20 * time.Minute })
	gone(t, w, alone.Token)
	byPush.Look()
	ayetest.Fails(t, w.Accounts.SetRole(t.Context(), ada, accounts.RoleAdministrator), nil)
	gone(t, w, byPush.Token) // it was left alone for longer than an administrator may
}

// TestMembershipEnds: from that moment on there is no session in the organisation.
func TestMembershipEnds(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	other := w.AddOrganisation(named("Other"))
	there := w.Join(other, ada)
	stays, leaves, asked := w.LogIn(ada, phone), w.LogIn(ada, phone), w.Arrive(ada)
	pick(stays, w.Organisation)
	pick(leaves, other)
	// Without the hook it ends too.
	w.Accounts.Ended = nil
	ayetest.Fails(t, w.Accounts.EndMembership(t.Context(), there), nil)
	gone(t, w, leaves.Token)
	ayetest.Same(t, "asked in the name of", asked.Look().Organisation.Name, "Example")
	_, _, err := w.SignIn.Pick(t.Context(), stays.Look(), other.ID)
	ayetest.Fails(t, err, accounts.ErrNotFound)

	w.Accounts.Ended = w.SignIn.Left
	ayetest.Fails(t, w.Accounts.EndMembership(t.Context(), ada), nil)
	left, err := w.Store.SessionsOf(t.Context(), ada.Person.ID, w.Clock.Now())
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "sessions", len(left), 0)
	gone(t, w, stays.Token)
	gone(t, w, asked.Token)
}

// TestPickDropsAProof: what is asked in the name of one organisation is not finished in another.
func TestPickDropsAProof(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	other := w.AddOrganisation(named("Other"))
	w.Join(other, ada)
	v := w.LogIn(ada, phone)
	pick(v, w.Organisation)
	w.Clock.Pass(signin.Freshness)
	v.Took(w.SignIn.Prove(t.Context(), v.Look(), v.Visit, ayetest.Password, accounts.TextSecurity))
	v.Yes(phone, v.Wait())
	pick(v, other)
	ayetest.Same(t, "purpose", v.Look().Purpose, "")
	_, _, _, err := w.SignIn.Wait(t.Context(), v.Look())
	ayetest.Fails(t, err, signin.ErrNotWaiting)
	ayetest.Same(t, "fresh", w.SignIn.Fresh(v.Look()), false)
}

// TestOneOfSeveral: where only one can be picked, nobody has to.
func TestOneOfSeveral(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	pushes := w.AddOrganisation(named("Push alone"))
	pushes.Methods = []accounts.SecondFactor{}
	ayetest.Fails(t, w.Accounts.UpdateOrganisation(t.Context(), pushes), nil)
	w.Join(pushes, ada)
	v := w.Arrive(ada)
	v.Wait()
	ayetest.Fails(t, code(v, approval.TOTP, phone.CodeNow()), nil)
	ayetest.Same(t, "picked", v.Look().OrganisationID, w.Organisation.ID)
	if v.Token == secret.Secret("") {
		t.Fatal("no token")
	}
}
