package signin_test

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
)

// TestMeets: whether a session would live on under other rules, and that it does.
func TestMeets(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	v := w.LogIn(ada, phone)
	w.Clock.Pass(30 * time.Minute)
	session := v.Look()
	for name, test := range map[string]struct {
		change func(*accounts.Organisation)
		meets  bool
	}{
		"the same":           {func(*accounts.Organisation) {}, true},
		"push alone":         {func(o *accounts.Organisation) { o.Methods = nil }, true},
		"shorter":            {func(o *accounts.Organisation) { o.SessionLife = 29 * time.Minute }, false},
		"idle not so long":   {func(o *accounts.Organisation) { o.SessionIdle = 29 * time.Minute }, false},
		"of somebody else":   {func(o *accounts.Organisation) { o.ID = "org_other" }, false},
		"a later date alone": {func(o *accounts.Organisation) { o.SecondFactorFrom = w.Clock.Now().AddDate(1, 0, 0) }, true},
	} {
		rules := w.Organisation
		test.change(&rules)
		ayetest.Same(t, name, w.SignIn.Meets(session, rules), test.meets)
	}

	w.Change(func(o *accounts.Organisation) { o.SecondFactorFrom = time.Time{} })
	bob := w.AddPerson("Bob")
	w.SetPassword(bob)
	without := w.Arrive(bob).Look()
	required := w.Organisation
	required.SecondFactorFrom = w.Clock.Now()
	ayetest.Same(t, "without a factor", w.SignIn.Meets(without, required), false)
}
