package signin_test

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/signin"
)

// TestPasswordLife: the second factor must follow soon.
func TestPasswordLife(t *testing.T) {
	t.Parallel()
	w, ada, _ := newPerson(t)
	v := w.Arrive(ada)
	for range 9 {
		w.Clock.Pass(time.Minute)
		v.Look() // being looked at makes it no longer
	}
	w.Clock.Pass(time.Minute - time.Second)
	v.Look()
	w.Clock.Pass(time.Second)
	gone(t, w, v.Token)
}

func TestSetupLife(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	w.SetPassword(ada)
	v := w.Arrive(ada)
	w.Clock.Pass(signin.SetupLife - time.Second)
	v.Look()
	w.Clock.Pass(time.Second)
	gone(t, w, v.Token)
}

// TestThreatSessionLives: how long a session may be left alone, and live at all, by the role and by the
// organisation's own rules.
func TestThreatSessionLives(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		role       accounts.Role
		rules      func(*accounts.Organisation)
		idle, life time.Duration
	}{
		{"member", accounts.RoleMember, func(*accounts.Organisation) {}, time.Hour, 12 * time.Hour},
		{"administrator", accounts.RoleAdministrator, func(*accounts.Organisation) {}, 15 * time.Minute, 8 * time.Hour},
		{"own rules", accounts.RoleMember, func(o *accounts.Organisation) { o.SessionIdle, o.SessionLife = 10*time.Minute, 2*time.Hour }, 10 * time.Minute, 2 * time.Hour},
		{"wide rules, support", accounts.RoleSupport, func(o *accounts.Organisation) { o.SessionIdle, o.SessionLife = 20*time.Hour, 24*time.Hour }, 15 * time.Minute, 8 * time.Hour},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			w.Change(test.rules)
			ada := w.AddMember(w.Organisation, "Ada", test.role)
			w.SetPassword(ada)
			phone := w.Pair(ada)

			used, alone := w.LogIn(ada, phone), w.LogIn(ada, phone)
			began := w.Clock.Now()
			w.Clock.Pass(test.idle - time.Second)
			used.Look()
			alone.Look()
			for w.Clock.Now().Before(began.Add(test.idle + test.idle/2)) {
				w.Clock.Pass(test.idle / 4)
				used.Look()
			}
			w.Clock.Pass(test.idle/2 + time.Second)
			used.Look()
			gone(t, w, alone.Token)
			for w.Clock.Now().Add(test.idle / 2).Before(began.Add(test.life)) {
				w.Clock.Pass(test.idle / 2)
				used.Look()
			}
			w.Clock.Pass(began.Add(test.life).Sub(w.Clock.Now()) - time.Second)
			used.Look()
			w.Clock.Pass(time.Second)
			gone(t, w, used.Token)
		})
	}
}

// TestStrictestBeforeThePick: before it is known where the session acts, the strictest rules hold.
func TestStrictestBeforeThePick(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	strict := w.AddOrganisation(named("Strict"))
	strict.SessionIdle, strict.SessionLife = 5*time.Minute, time.Hour
	ayetest.Fails(t, w.Accounts.UpdateOrganisation(t.Context(), strict), nil)
	w.Join(strict, ada)
	v, picked := w.LogIn(ada, phone), w.LogIn(ada, phone)
	pick(picked, w.Organisation)
	w.Clock.Pass(5*time.Minute - time.Second)
	v.Look()
	w.Clock.Pass(5 * time.Minute)
	gone(t, w, v.Token)

	used := w.LogIn(ada, phone)
	for range 59 {
		w.Clock.Pass(time.Minute)
		used.Look()
		picked.Look()
	}
	w.Clock.Pass(time.Minute)
	gone(t, w, used.Token)
	picked = w.LogIn(ada, phone)
	pick(picked, w.Organisation)
	w.Clock.Pass(5*time.Minute + time.Second)

	// In the other one it may be left alone for longer; then it is not let in here.
	for range 2 { // by the call that ends the pause, and by those after it
		_, _, err := w.SignIn.Pick(t.Context(), picked.Look(), strict.ID)
		ayetest.Fails(t, err, signin.ErrTooOld)
	}
	picked.Prove(phone) // the person is there
	pick(picked, strict)
	pick(picked, w.Organisation)
	for range 28 {
		w.Clock.Pass(2 * time.Minute)
		picked.Look()
	}
	_, _, err := w.SignIn.Pick(t.Context(), picked.Look(), strict.ID)
	ayetest.Fails(t, err, signin.ErrTooOld) // now it lived for an hour
	picked.Look()
}

// TestFresh: only a full session, lately proven, which nobody disowned.
func TestFresh(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	now := w.Clock.Now()
	tests := []struct {
		name    string
		session signin.Session
		want    bool
	}{
		{"proven", signin.Session{Level: signin.Full, Proven: now}, true},
		{"a little ago", signin.Session{Level: signin.Full, Proven: now.Add(time.Second - signin.Freshness)}, true},
		{"too long ago", signin.Session{Level: signin.Full, Proven: now.Add(-signin.Freshness)}, false},
		{"never", signin.Session{Level: signin.Full}, false},
		{"reported", signin.Session{Level: signin.Full, Proven: now, Reported: true}, false},
		{"not in", signin.Session{Level: signin.Reset, Proven: now}, false},
	}
	for _, test := range tests {
		ayetest.Same(t, test.name, w.SignIn.Fresh(test.session), test.want)
	}
}

// TestPausesBeforeIn: how long somebody took to get in does not count against the organisation's rules.
func TestPausesBeforeIn(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	w.Change(func(o *accounts.Organisation) { o.SessionIdle = 5 * time.Minute })
	v := w.Arrive(ada)
	w.Clock.Pass(8 * time.Minute)
	v.Approve(phone)
	ayetest.Same(t, "level", v.Look().Level, signin.Full)

	v = reset(w, ada)
	v.Approve(phone)
	w.Clock.Pass(8 * time.Minute)
	v.Took(w.SignIn.NewPassword(t.Context(), v.Look(), newPassword))
	ayetest.Same(t, "level", v.Look().Level, signin.Full)
}

// TestSeen is written at most once a minute.
func TestSeen(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	v := w.LogIn(ada, phone)
	began := v.Look().Seen
	w.Clock.Pass(59 * time.Second)
	ayetest.Same(t, "seen", v.Look().Seen, began)
	w.Clock.Pass(time.Second)
	ayetest.Same(t, "seen", v.Look().Seen, began.Add(time.Minute))
	kept, err := w.Store.Session(t.Context(), v.Look().TokenHash)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "kept", kept.Seen, began.Add(time.Minute))
}

// TestSweep takes away what nobody looks at any more.
func TestSweep(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	w.Arrive(ada)
	w.LogIn(ada, phone)
	all := func() int {
		sessions, err := w.Store.SessionsOf(t.Context(), ada.Person.ID, time.Time{})
		ayetest.Fails(t, err, nil)
		return len(sessions)
	}
	for _, step := range []struct {
		pass time.Duration
		left int
	}{{0, 2}, {signin.PasswordLife, 1}, {12 * time.Hour, 0}} {
		w.Clock.Pass(step.pass)
		ayetest.Fails(t, w.SignIn.Sweep(t.Context()), nil)
		ayetest.Same(t, "sessions", all(), step.left)
	}
}
