package otp_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
)

// shows gives the code that an app with the secret shows, so many steps from now.
func shows(w *ayetest.World, key secret.Secret, steps int) string {
	w.Helper()
	code, err := totp.GenerateCode(key.Reveal(), w.Clock.Now().Add(time.Duration(steps)*otp.Step))
	ayetest.Fails(w, err, nil)
	return code
}

func begin(w *ayetest.World, m accounts.Member) otp.Enrolment {
	w.Helper()
	e, err := w.Codes.BeginApp(w.Context(), m.Person.ID, "session", "Example", m.Person.Email)
	ayetest.Fails(w, err, nil)
	return e
}

// addApp gives the person an authenticator app.
func addApp(w *ayetest.World, m accounts.Member) (otp.App, secret.Secret) {
	w.Helper()
	e := begin(w, m)
	app, err := w.Codes.ActivateApp(w.Context(), m.Person.ID, "session", e.ID, "Laptop", shows(w, e.Secret, -1))
	ayetest.Fails(w, err, nil)
	return app, e.Secret
}

// counted gives how many apps and recovery codes stand with the person.
func counted(w *ayetest.World, m accounts.Member) [2]int {
	w.Helper()
	member, err := w.Accounts.Member(w.Context(), m.OrganisationID, ayetest.Named(m))
	ayetest.Fails(w, err, nil)
	return [2]int{member.Person.Apps, member.Person.RecoveryCodes}
}

func TestAnAuthenticatorApp(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	prove := func(code string) error { return w.Codes.Prove(t.Context(), ada.Person.ID, code, "dev_new") }
	e := begin(w, ada)
	ayetest.Same(t, "uri", e.URI, otp.URI("Example", ada.Person.Email, e.Secret))
	again, err := w.Codes.Beginning(t.Context(), ada.Person.ID, "session", "Example", ada.Person.Email)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "the same again", again, e)
	ayetest.Fails(t, prove(shows(w, e.Secret, 0)), otp.ErrNone) // it has not shown itself yet
	ayetest.Same(t, "counted", counted(w, ada), [2]int{0, 0})

	code := shows(w, e.Secret, 0)
	_, err = w.Codes.ActivateApp(t.Context(), ada.Person.ID, "session", e.ID, "Laptop", ayetest.Wrong(secret.Secret(code)).Reveal())
	ayetest.Fails(t, err, otp.ErrWrong)
	app, err := w.Codes.ActivateApp(t.Context(), ada.Person.ID, "session", e.ID, " Laptop ", code[:3]+" "+code[3:])
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "app", app, otp.App{ID: e.ID, Name: "Laptop", Created: app.Created, Used: app.Created})
	ayetest.Same(t, "counted", counted(w, ada), [2]int{1, 0})
	ayetest.Fails(t, prove(code), otp.ErrWrong) // it was used to activate
	_, err = w.Codes.Beginning(t.Context(), ada.Person.ID, "session", "Example", ada.Person.Email)
	ayetest.Fails(t, err, otp.ErrNone)
	_, err = w.Codes.ActivateApp(t.Context(), ada.Person.ID, "session", e.ID, "Laptop", shows(w, e.Secret, 1))
	ayetest.Fails(t, err, otp.ErrNone)

	w.Clock.Pass(time.Minute)
	ayetest.Fails(t, prove(shows(w, e.Secret, 0)), nil)
	apps, err := w.Codes.Apps(t.Context(), ada.Person.ID)
	ayetest.Fails(t, err, nil)
	app.Used = app.Created.Add(time.Minute)
	ayetest.Same(t, "apps", apps, []otp.App{app})

	w.Pair(ada)
	ayetest.Fails(t, w.Codes.RemoveApp(t.Context(), w.AddPerson("Bea").Person.ID, app.ID, false), otp.ErrNone)
	ayetest.Fails(t, w.Codes.RemoveApp(t.Context(), ada.Person.ID, app.ID, true), nil)
	ayetest.Fails(t, w.Codes.RemoveApp(t.Context(), ada.Person.ID, app.ID, true), otp.ErrNone)
	w.Clock.Pass(time.Minute)
	ayetest.Fails(t, prove(shows(w, e.Secret, 0)), otp.ErrWrong)
	ayetest.Same(t, "counted", counted(w, ada), [2]int{0, 0})
	var told []string
	for _, n := range w.Announcer.Notices(ada.Person.ID) {
		told = append(told, string(n.Kind)+" "+n.Device)
	}
	ayetest.Same(t, "told", told, []string{"app-added Laptop", "phone-linked Pixel 9", "app-removed Laptop"})
}

// What is not the enrolment that waits activates nothing.
func TestEnrolmentsThatAreOver(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, bea := w.AddPerson("Ada"), w.AddPerson("Bea")
	activate := func(m accounts.Member, e otp.Enrolment, name string) error {
		_, err := w.Codes.ActivateApp(t.Context(), m.Person.ID, "session", e.ID, name, shows(w, e.Secret, 0))
		return err
	}
	replaced := begin(w, ada)
	e := begin(w, ada)
	begin(w, bea)
	ayetest.Fails(t, activate(ada, replaced, "Laptop"), otp.ErrNone)
	ayetest.Fails(t, activate(bea, e, "Laptop"), otp.ErrNone)
	for _, name := range []string{"", "   ", "a\nb", "a\u202eb", strings.Repeat("a", 65), "\xff"} {
		ayetest.Fails(t, activate(ada, e, name), otp.ErrName)
	}
	w.Clock.Pass(otp.EnrolmentLife - time.Second)
	ayetest.Fails(t, activate(ada, otp.Enrolment{ID: e.ID, Secret: otp.NewSecret()}, "Laptop"), otp.ErrWrong)
	w.Clock.Pass(time.Second)
	ayetest.Same(t, "expires", e.Expires(), w.Clock.Now())
	ayetest.Fails(t, activate(ada, e, "Laptop"), otp.ErrNone)
	_, err := w.Codes.Beginning(t.Context(), ada.Person.ID, "session", "Example", ada.Person.Email)
	ayetest.Fails(t, err, otp.ErrNone)
	ayetest.Same(t, "counted", counted(w, ada), [2]int{0, 0})
}

// TestThreatGuessingAnActivation: of a hundred codes at once five are looked at, and then the
// right one is not either.
func TestThreatGuessingAnActivation(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	e := begin(w, ada)
	var looked atomic.Int64
	ayetest.AtOnce(100, func(int) {
		_, err := w.Codes.ActivateApp(t.Context(), ada.Person.ID, "session", e.ID, "Laptop", "12345")
		switch {
		case errors.Is(err, otp.ErrWrong):
			looked.Add(1)
		case !errors.Is(err, otp.ErrTooMany):
			t.Error(err)
		}
	})
	ayetest.Same(t, "looked at", looked.Load(), otp.PerEnrolment)
	_, err := w.Codes.ActivateApp(t.Context(), ada.Person.ID, "session", e.ID, "Laptop", shows(w, e.Secret, 0))
	ayetest.Fails(t, err, otp.ErrTooMany)
	addApp(w, ada) // a new one begins anew
}

func TestAppsAreFew(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	for range otp.MaxApps {
		addApp(w, ada)
	}
	_, err := w.Codes.BeginApp(t.Context(), ada.Person.ID, "session", "Example", ada.Person.Email)
	ayetest.Fails(t, err, otp.ErrTooManyApps)
	addApp(w, w.AddPerson("Bea"))
}

// Of two activations at once one is made.
func TestActivatedTwiceAtOnce(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	e := begin(w, ada)
	var made atomic.Int64
	ayetest.AtOnce(otp.PerEnrolment, func(i int) {
		_, err := w.Codes.ActivateApp(t.Context(), ada.Person.ID, "session", e.ID, fmt.Sprint("App ", i), shows(w, e.Secret, 0))
		switch {
		case err == nil:
			made.Add(1)
		case !errors.Is(err, otp.ErrNone):
			t.Error(err)
		}
	})
	ayetest.Same(t, "made", made.Load(), 1)
	ayetest.Same(t, "told", w.Announcer.Told(ada.Person.ID), []accounts.NoticeKind{accounts.AppAdded})
}

// Whoever is to keep a second factor keeps one.
func TestTheLastFactorStays(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	app, _ := addApp(w, ada)
	remove := func(id string, keepOne bool) error {
		return w.Codes.RemoveApp(t.Context(), ada.Person.ID, id, keepOne)
	}
	codes, err := w.Codes.NewRecoveryCodes(t.Context(), ada.Person.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "codes", len(codes), 10)
	begin(w, ada)
	w.Pair(w.AddPerson("Bea"))
	addApp(w, w.AddPerson("Cas"))
	ayetest.Fails(t, remove(app.ID, true), otp.ErrLastFactor) // neither codes nor a beginning are a factor
	ayetest.Same(t, "counted", counted(w, ada), [2]int{1, 10})
	second, _ := addApp(w, ada)
	ayetest.Fails(t, remove(app.ID, true), nil)
	ayetest.Fails(t, remove(second.ID, true), otp.ErrLastFactor)
	ayetest.Fails(t, remove(second.ID, false), nil)
	ayetest.Same(t, "counted", counted(w, ada), [2]int{0, 10})
}

// TestThreatTheSecretOfAnotherSession: what one session begins, no other one sees or activates,
// because whoever has the password alone has a session of the person too.
func TestThreatTheSecretOfAnotherSession(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	seen := func(by string) error {
		_, err := w.Codes.Beginning(t.Context(), ada.Person.ID, by, "Example", ada.Person.Email)
		return err
	}
	activate := func(by string, e otp.Enrolment) error {
		_, err := w.Codes.ActivateApp(t.Context(), ada.Person.ID, by, e.ID, "Laptop", shows(w, e.Secret, 0))
		return err
	}
	planted, err := w.Codes.BeginApp(t.Context(), ada.Person.ID, "thief", "Example", ada.Person.Email)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, seen("session"), otp.ErrNone)
	ayetest.Fails(t, seen(""), otp.ErrNone)
	ayetest.Fails(t, activate("session", planted), otp.ErrNone)
	e := begin(w, ada)
	ayetest.Fails(t, seen("thief"), otp.ErrNone)
	ayetest.Fails(t, activate("thief", planted), otp.ErrNone)
	ayetest.Fails(t, activate("thief", e), otp.ErrNone)
	ayetest.Same(t, "counted", counted(w, ada), [2]int{0, 0})
	ayetest.Fails(t, activate("session", e), nil)
}
