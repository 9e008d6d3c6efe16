package signin_test

import (
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/otp"
	"example.com/aye/signin"
)

func TestPasswordAndPhone(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	visit := ayetest.Visit()
	session, first, err := w.SignIn.Password(t.Context(), visit, strings.ToUpper(ada.Person.Email), ayetest.Password, "/apps")
	ayetest.Fails(t, err, nil)
	v := &ayetest.Visitor{World: w, Member: ada, Visit: visit, Session: session, Token: first}
	ayetest.Same(t, "level", v.Look().Level, signin.Password)
	step(t, v, signin.StepSecondFactor)

	waiting := v.Wait()
	ayetest.Same(t, "purpose", waiting.Purpose, signin.ToEnter)
	ayetest.Same(t, "state", waiting.State, approval.Pending)
	ayetest.Same(t, "organisation", waiting.Organisation, w.Organisation.Name)
	ayetest.Same(t, "digits", len(waiting.Number), waiting.Digits)
	ayetest.Same(t, "methods", waiting.Methods, []approval.Method{approval.Push, approval.TOTP})
	ayetest.Same(t, "deliveries", len(waiting.Deliveries), 1)
	ayetest.Same(t, "ticket", w.Approvals.Holds(waiting.RequestID, waiting.Ticket), true)
	asked := v.Asked(waiting)
	ayetest.Same(t, "where", asked.Context.IP, visit.IP)
	ayetest.Same(t, "message", asked.Message, "")

	// Another look shows the same, and wakes nobody.
	ayetest.Same(t, "pushes", len(w.Pusher.Taken(notify.MessageApproval)), 1)
	again := v.Wait()
	ayetest.Same(t, "again", again, waiting)
	ayetest.Same(t, "pushes", len(w.Pusher.Taken(notify.MessageApproval)), 0)

	v.Yes(phone, waiting)
	ayetest.Same(t, "finished", v.Wait().State, approval.Released)
	gone(t, w, first)
	in := v.Look()
	ayetest.Same(t, "level", in.Level, signin.Full)
	ayetest.Same(t, "row", in.ID, session.ID)
	ayetest.Same(t, "method", in.Method, approval.Push)
	ayetest.Same(t, "request", in.RequestID, waiting.RequestID)
	ayetest.Same(t, "organisation", in.OrganisationID+in.Organisation.ID, ada.OrganisationID+ada.OrganisationID)
	ayetest.Same(t, "member", in.Member.ID, ada.ID)
	ayetest.Same(t, "person", in.Member.Person.Email, ada.Person.Email)
	ayetest.Same(t, "browser", []string{in.IP, in.Place, in.UserAgent, in.Browser},
		[]string{visit.IP, "the place of " + visit.IP, visit.UserAgent, secret.Hash(secret.Secret(visit.Browser))})
	ayetest.Same(t, "next", in.Next, "/apps")
	ayetest.Same(t, "fresh", w.SignIn.Fresh(in), true)
	step(t, v, signin.StepIn)

	// It waits for nothing more.
	_, _, _, err = w.SignIn.Wait(t.Context(), in)
	ayetest.Fails(t, err, signin.ErrNotWaiting)
}

// TestWrongPassword begins nothing.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	w, ada, _ := newPerson(t)
	for _, email := range []string{ada.Person.Email, "nobody@example.com"} {
		_, token, err := w.SignIn.Password(t.Context(), ayetest.Visit(), email, "not the password", "")
		ayetest.Fails(t, err, accounts.ErrCredentials)
		ayetest.Same(t, "token", token, secret.Secret(""))
	}
	sessions, err := w.Store.SessionsOf(t.Context(), ada.Person.ID, w.Clock.Now())
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "sessions", len(sessions), 0)
}

// TestNoMembership: who is a member nowhere has no business here, whatever they know.
func TestNoMembership(t *testing.T) {
	t.Parallel()
	w, ada, _ := newPerson(t)
	ayetest.Fails(t, w.Accounts.EndMembership(t.Context(), ada), nil)
	_, _, err := w.SignIn.Password(t.Context(), ayetest.Visit(), ada.Person.Email, ayetest.Password, "")
	ayetest.Fails(t, err, signin.ErrNoMembership)
}

// TestKnownBrowser: only who is in makes a browser known.
func TestKnownBrowser(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	v := w.Arrive(ada)
	known := func() bool {
		cookie := secret.Hash(secret.Secret(v.Visit.Browser))
		kept, err := w.Store.PasswordOf(t.Context(), ada.Person.Email, secret.Hash(secret.Secret(cookie)))
		ayetest.Fails(t, err, nil)
		return kept.KnownBrowser
	}
	first := v.Asked(v.Wait())
	ayetest.Same(t, "known", known(), false)
	ayetest.Same(t, "new to the phone", first.NewBrowser, true)
	v.Approve(phone)
	ayetest.Same(t, "known", known(), true)
	v.Type()
	ayetest.Same(t, "new to the phone", v.Asked(v.Wait()).NewBrowser, false)
}

// TestCodes: each factor beside the phone's answer, where the organisation allows it.
func TestCodes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		method approval.Method
		code   func(*testing.T, *ayetest.World, accounts.Member, *ayetest.Phone) secret.Secret
	}{
		{"the phone's code", approval.TOTP, func(_ *testing.T, _ *ayetest.World, _ accounts.Member, p *ayetest.Phone) secret.Secret {
			return p.CodeNow()
		}},
		{"an app's code", approval.TOTP, func(t *testing.T, w *ayetest.World, m accounts.Member, _ *ayetest.Phone) secret.Secret {
			return app(t, w, m).CodeNow()
		}},
		{"a recovery code", approval.Recovery, func(t *testing.T, w *ayetest.World, m accounts.Member, _ *ayetest.Phone) secret.Secret {
			codes, err := w.Codes.NewRecoveryCodes(t.Context(), m.Person.ID)
			ayetest.Fails(t, err, nil)
			return codes[0]
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, ada, phone := newPerson(t)
			right := test.code(t, w, ada, phone)
			v := w.Arrive(ada)
			ayetest.Fails(t, code(v, test.method, right), signin.ErrNotWaiting) // nothing was asked yet
			v.Wait()
			ayetest.Fails(t, code(v, test.method, ayetest.Wrong(right)), otp.ErrWrong)
			ayetest.Same(t, "level", v.Look().Level, signin.Password)
			before := v.Token
			ayetest.Fails(t, code(v, test.method, right), nil)
			gone(t, w, before)
			ayetest.Same(t, "level", v.Look().Level, signin.Full)
			ayetest.Same(t, "method", v.Look().Method, test.method)

			// It worked once.
			other := w.Arrive(ada)
			other.Wait()
			ayetest.Fails(t, code(other, test.method, right), otp.ErrWrong)
		})
	}
}

// TestCodesNotAllowed: the organisation decides what counts.
func TestCodesNotAllowed(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	w.Change(func(o *accounts.Organisation) { o.Methods = nil })
	v := w.Arrive(ada)
	ayetest.Same(t, "methods", v.Wait().Methods, []approval.Method{approval.Push})
	ayetest.Fails(t, code(v, approval.TOTP, phone.CodeNow()), approval.ErrMethod)
	ayetest.Same(t, "level", v.Look().Level, signin.Password)
}

// TestEachEnd: each way in which a request can end without an approval leaves the session where
// it was, and it can ask anew, but for a report.
func TestEachEnd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		state approval.State
		end   func(*ayetest.Visitor, *ayetest.Phone, approval.Asked)
	}{
		{approval.Denied, func(v *ayetest.Visitor, p *ayetest.Phone, a approval.Asked) { _, _ = v.Deny(p, a) }},
		{approval.Mismatched, func(v *ayetest.Visitor, p *ayetest.Phone, a approval.Asked) {
			a.Number = ayetest.Wrong(a.Number)
			_, _ = v.World.Approve(p, a)
		}},
		{approval.Expired, func(v *ayetest.Visitor, _ *ayetest.Phone, _ approval.Asked) { v.Clock.Pass(approval.DefaultLife) }},
		{approval.Lapsed, func(v *ayetest.Visitor, p *ayetest.Phone, a approval.Asked) {
			_, _ = v.World.Approve(p, a)
			v.Clock.Pass(approval.RedeemLife)
		}},
	}
	for _, test := range tests {
		t.Run(string(test.state), func(t *testing.T) {
			t.Parallel()
			w, ada, phone := newPerson(t)
			v := w.Arrive(ada)
			first := v.Wait()
			// While it is pending, there is no second one beside it.
			kept, _, _, err := w.SignIn.Again(t.Context(), v.Look())
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "request", kept.RequestID, first.RequestID)

			test.end(v, phone, v.Asked(first))
			over := v.Wait()
			ayetest.Same(t, "state", over.State, test.state)
			ayetest.Same(t, "number", over.Number, secret.Secret(""))
			ayetest.Same(t, "level", v.Look().Level, signin.Password)

			second, session, token, err := w.SignIn.Again(t.Context(), v.Look())
			v.Took(session, token, err)
			if second.RequestID == first.RequestID || second.State != approval.Pending {
				t.Fatalf("asked again: %+v", second)
			}
			v.Yes(phone, second)
			v.Wait()
			ayetest.Same(t, "level", v.Look().Level, signin.Full)
		})
	}
}

func TestResend(t *testing.T) {
	t.Parallel()
	w, ada, _ := newPerson(t)
	v := w.Arrive(ada)
	ayetest.Fails(t, w.SignIn.Resend(t.Context(), v.Look()), signin.ErrNotWaiting)
	v.Wait()
	w.Pusher.Taken(notify.MessageApproval)
	ayetest.Fails(t, w.SignIn.Resend(t.Context(), v.Look()), nil)
	ayetest.Same(t, "pushes", len(w.Pusher.Taken(notify.MessageApproval)), 1)
}

// TestCancel: who gives up leaves nothing behind on the phone.
func TestCancel(t *testing.T) {
	t.Parallel()
	w, ada, _ := newPerson(t)
	v := w.Arrive(ada)
	waiting := v.Wait()
	ayetest.Fails(t, w.SignIn.CancelWait(t.Context(), v.Look()), nil)
	ayetest.Same(t, "request", w.State(waiting.RequestID), approval.Cancelled)
	gone(t, w, v.Token)

	early := w.Arrive(ada) // before anything was asked
	ayetest.Fails(t, w.SignIn.CancelWait(t.Context(), early.Look()), nil)
	gone(t, w, early.Token)
}

// TestHowItIsAsked: by one tap where the organisation allows it and nothing speaks against it.
func TestHowItIsAsked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		prepare func(*ayetest.World, accounts.Member)
		confirm approval.Confirm
		digits  int
	}{
		{"number", func(*ayetest.World, accounts.Member) {}, approval.Number, 3},
		{"tap", func(w *ayetest.World, _ accounts.Member) {
			w.Change(func(o *accounts.Organisation) { o.AllowTap = true })
		}, approval.Tap, 0},
		{"tap beside another request", func(w *ayetest.World, m accounts.Member) {
			w.Change(func(o *accounts.Organisation) { o.AllowTap = true })
			w.Ask(m)
		}, approval.Number, 3},
		{"privileged elsewhere", func(w *ayetest.World, m accounts.Member) {
			w.Change(func(o *accounts.Organisation) { o.AllowTap = true })
			joined := w.Join(w.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Zeta" }), m)
			ayetest.Fails(w, w.Accounts.SetRole(w.Context(), joined, accounts.RoleSupport), nil)
		}, approval.Number, 6},
		{"strict elsewhere", func(w *ayetest.World, m accounts.Member) {
			w.Join(w.AddOrganisation(func(o *accounts.Organisation) { o.Name, o.Profile = "Zeta", accounts.Strict }), m)
		}, approval.Number, 6},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, ada, phone := newPerson(t)
			test.prepare(w, ada)
			v := w.Arrive(ada)
			waiting := v.Wait()
			ayetest.Same(t, "organisation", waiting.Organisation, w.Organisation.Name)
			ayetest.Same(t, "confirm", waiting.Confirm, test.confirm)
			ayetest.Same(t, "digits", waiting.Digits, test.digits)
			ayetest.Same(t, "again", v.Wait().RequestID, waiting.RequestID)
			v.Approve(phone)
			ayetest.Same(t, "level", v.Look().Level, signin.Full)
		})
	}
}

// TestNext: a login goes on to a page of the portal and nowhere else.
func TestNext(t *testing.T) {
	t.Parallel()
	w, ada, _ := newPerson(t)
	for next, want := range map[string]string{
		"/security/phones?x=1": "/security/phones?x=1", "": "", "//evil.example.com": "", `/\evil.example.com`: "", "https://evil.example.com": "",
		"/a\nb": "", "/a b": "", "/\x7f": "", "/" + strings.Repeat("x", 600): "", "javascript:alert(1)": "",
	} {
		session, _, err := w.SignIn.Password(t.Context(), ayetest.Visit(), ada.Person.Email, ayetest.Password, next)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, next, session.Next, want)
	}
}

// TestStrangeBrowsers: whatever a browser says of itself keeps nobody out.
func TestStrangeBrowsers(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	for _, test := range []struct{ ip, agent, wantIP, wantAgent string }{
		{"", "", "", ""},
		{"not an address", "\x00\n\xff\u202eFire\u00e9fox ", "", "Firefox"},
		{"fe80::1%eth0", " ", "fe80::1", ""},
		{"::ffff:203.0.113.9", strings.Repeat("x", 1023) + "  yz", "203.0.113.9", strings.Repeat("x", 1023)},
	} {
		v := &ayetest.Visitor{World: w, Member: ada, Visit: signin.Visit{IP: test.ip, UserAgent: test.agent}}
		v.Type()
		v.Approve(phone)
		in := v.Look()
		ayetest.Same(t, "kept", []string{in.IP, in.UserAgent}, []string{test.wantIP, test.wantAgent})
		w.Clock.Pass(time.Hour) // so that the person can be asked again
	}
}

// TestAuditRows: what happens to a session stands in the chain of its organisation.
func TestAuditRows(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	v := w.LogIn(ada, phone)
	id := v.Look().ID
	ayetest.Same(t, "started", actions(t, w, ada.OrganisationID, "session.started"),
		[]map[string]string{{"actor": ada.ID, "subject": id, "user": ada.ID, "level": "password"}})
	ayetest.Same(t, "proven", actions(t, w, ada.OrganisationID, "session.proven"),
		[]map[string]string{{"actor": ada.ID, "subject": id, "user": ada.ID, "level": "full", "method": "push", "purpose": "enter", "request": v.Look().RequestID}})
	w.Clock.Pass(time.Minute)
	v.Prove(phone)
	ayetest.Same(t, "purpose", actions(t, w, ada.OrganisationID, "session.proven")[1]["purpose"], "prove")
	v.Took(w.SignIn.NewPassword(t.Context(), v.Look(), "another horse battery staple"))
	ayetest.Same(t, "password", len(actions(t, w, ada.OrganisationID, "session.password-changed")), 1)
	ayetest.Fails(t, w.SignIn.End(t.Context(), v.Look(), id), nil)
	ayetest.Same(t, "ended", actions(t, w, ada.OrganisationID, "session.ended"),
		[]map[string]string{{"actor": ada.ID, "subject": id, "user": ada.ID, "why": "logged-off"}})
	ayetest.Fails(t, w.Store.VerifyAudit(t.Context()), nil)
}
