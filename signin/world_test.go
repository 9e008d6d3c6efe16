package signin_test

import (
	"context"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/signin"
)

// newPerson is a world with somebody in it who has a password and a phone.
func newPerson(t *testing.T) (*ayetest.World, accounts.Member, *ayetest.Phone) {
	t.Helper()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	return w, ada, w.Pair(ada)
}

// relaxed asks nobody for a second factor.
func relaxed(o *accounts.Organisation) { o.Name, o.SecondFactorFrom = "Relaxed", time.Time{} }

// addRelaxed makes an organisation that asks nobody for a second factor, by a later change:
// a new one asks at once.
func addRelaxed(w *ayetest.World, change func(*accounts.Organisation)) accounts.Organisation {
	w.Helper()
	o := w.AddOrganisation(relaxed)
	relaxed(&o)
	if change != nil {
		change(&o)
	}
	ayetest.Fails(w, w.Accounts.UpdateOrganisation(w.Context(), o), nil)
	return o
}

// gone checks that a token is worth nothing any more.
func gone(t *testing.T, w *ayetest.World, token secret.Secret) {
	t.Helper()
	_, err := w.SignIn.Session(t.Context(), token)
	ayetest.Fails(t, err, signin.ErrNone)
}

// step checks what comes next.
func step(t *testing.T, v *ayetest.Visitor, want signin.Step) {
	t.Helper()
	state, err := v.SignIn.State(t.Context(), v.Look())
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "step", state.Step, want)
}

// actions gives the rows of a kind in the organisation's chain, oldest first.
func actions(t *testing.T, w *ayetest.World, organisationID, action string) []map[string]string {
	t.Helper()
	rows, err := w.Store.AuditRows(t.Context(), organisationID, 0, 1000)
	ayetest.Fails(t, err, nil)
	var all []map[string]string
	for _, row := range rows {
		if row.Action == action {
			row.Data["actor"], row.Data["subject"] = row.Actor, row.Subject
			all = append(all, row.Data)
		}
	}
	return all
}

// app gives the person an authenticator app, which is a phone's secret without the phone.
func app(t *testing.T, w *ayetest.World, m accounts.Member) *ayetest.Phone {
	t.Helper()
	begun, err := w.Codes.BeginApp(t.Context(), m.Person.ID, "session", "Example", m.Person.Email)
	ayetest.Fails(t, err, nil)
	phone := w.NewPhone()
	phone.TOTP = begun.Secret
	_, err = w.Codes.ActivateApp(t.Context(), m.Person.ID, "session", begun.ID, "Laptop", phone.CodeNow().Reveal())
	ayetest.Fails(t, err, nil)
	w.Clock.Pass(time.Minute) // the code of now was used
	return phone
}

// code types a code.
func code(v *ayetest.Visitor, method approval.Method, code secret.Secret) error {
	v.Helper()
	_, session, token, err := v.SignIn.Code(v.Context(), v.Look(), method, code)
	if err == nil {
		v.Took(session, token, nil)
	}
	return err
}

// refused are the calls that a session which is not in may not make.
func refused(v *ayetest.Visitor) map[string]func(context.Context, signin.Session) error {
	return map[string]func(context.Context, signin.Session) error{
		"pick": func(ctx context.Context, s signin.Session) error {
			_, _, err := v.SignIn.Pick(ctx, s, v.Organisation.ID)
			return err
		},
		"organisations": func(ctx context.Context, s signin.Session) error {
			_, err := v.SignIn.Organisations(ctx, s)
			return err
		},
		"list":       func(ctx context.Context, s signin.Session) error { _, err := v.SignIn.List(ctx, s); return err },
		"end others": func(ctx context.Context, s signin.Session) error { return v.SignIn.EndOthers(ctx, s) },
		"end another": func(ctx context.Context, s signin.Session) error {
			return v.SignIn.End(ctx, s, "ses_another")
		},
		"prove": func(ctx context.Context, s signin.Session) error {
			_, _, err := v.SignIn.Prove(ctx, s, v.Visit, ayetest.Password, accounts.TextSecurity)
			return err
		},
	}
}
