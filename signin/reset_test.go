package signin_test

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/signin"
)

const newPassword secret.Secret = "another horse battery staple"

// reset opens the link that is mailed to who forgot the password.
func reset(w *ayetest.World, m accounts.Member) *ayetest.Visitor {
	w.Helper()
	ayetest.Fails(w, w.Accounts.AskReset(w.Context(), m.Person.Email), nil)
	v := &ayetest.Visitor{World: w, Member: m, Visit: ayetest.Visit()}
	v.Took(w.SignIn.Reset(w.Context(), v.Visit, w.Announcer.LastLetter(accounts.LetterReset, m.Person.ID)))
	return v
}

func TestReset(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	elsewhere, waiting := w.LogIn(ada, phone), w.Arrive(ada)
	v := reset(w, ada)
	ayetest.Same(t, "level", v.Look().Level, signin.Reset)
	step(t, v, signin.StepSecondFactor)
	ayetest.Same(t, "purpose", v.Wait().Purpose, signin.ToReset)
	ayetest.Same(t, "message", v.Asked(v.Wait()).Message, "Confirm that you want to choose a new password")
	token := v.Token
	v.Approve(phone)
	gone(t, w, token)
	ayetest.Same(t, "level", v.Look().Level, signin.Reset)
	step(t, v, signin.StepNewPassword)
	ayetest.Same(t, "fresh", w.SignIn.Fresh(v.Look()), false)

	_, _, err := w.SignIn.NewPassword(t.Context(), v.Look(), "short")
	ayetest.Fails(t, err, accounts.ErrPassword)
	token = v.Token
	v.Took(w.SignIn.NewPassword(t.Context(), v.Look(), newPassword))
	gone(t, w, token)
	in := v.Look()
	ayetest.Same(t, "level", in.Level, signin.Full)
	ayetest.Same(t, "method", in.Method, approval.Push)
	step(t, v, signin.StepIn)
	gone(t, w, elsewhere.Token)
	gone(t, w, waiting.Token)

	_, _, err = w.SignIn.Password(t.Context(), ayetest.Visit(), ada.Person.Email, ayetest.Password, "")
	ayetest.Fails(t, err, accounts.ErrCredentials)
	_, _, err = w.SignIn.Password(t.Context(), ayetest.Visit(), ada.Person.Email, newPassword, "")
	ayetest.Fails(t, err, nil)
}

// TestThreatMailedLinkAlone: who can read the mail, and no more, changes no password.
func TestThreatMailedLinkAlone(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	v := reset(w, ada)
	refuse := func() {
		t.Helper()
		nothingElse(t, v)
		_, _, err := w.SignIn.NewPassword(t.Context(), v.Look(), newPassword)
		ayetest.Fails(t, err, signin.ErrNotFresh)
		_, err = w.Accounts.CheckPassword(t.Context(), accounts.PasswordAttempt{Email: ada.Person.Email, Password: ayetest.Password})
		ayetest.Fails(t, err, nil)
	}
	refuse()
	waiting := v.Wait()
	refuse()
	_, err := w.Deny(phone, v.Asked(waiting))
	ayetest.Fails(t, err, nil)
	refuse()
	// Approved, and not yet redeemed by this session.
	again, session, token, err := w.SignIn.Again(t.Context(), v.Look())
	v.Took(session, token, err)
	v.Yes(phone, again)
	refuse()
	_, _, err = w.SignIn.Reset(t.Context(), ayetest.Visit(), w.Announcer.LastLetter(accounts.LetterReset, ada.Person.ID))
	ayetest.Fails(t, err, accounts.ErrNotFound) // once
}

// TestResetReported: "this was not me" stops it, also after the approval.
func TestResetReported(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	v := reset(w, ada)
	waiting := v.Wait()
	asked := v.Asked(waiting)
	v.Approve(phone)
	_, err := w.Report(phone, asked)
	ayetest.Fails(t, err, nil)
	_, _, err = w.SignIn.NewPassword(t.Context(), v.Look(), newPassword)
	ayetest.Fails(t, err, signin.ErrReported)
	ayetest.Same(t, "shown", v.Wait().State, approval.Reported)
	step(t, v, signin.StepSecondFactor)
}

// TestResetByRecoveryCode: a printed code stands in for a phone that is gone.
func TestResetByRecoveryCode(t *testing.T) {
	t.Parallel()
	w, ada, _ := newPerson(t)
	codes, err := w.Codes.NewRecoveryCodes(t.Context(), ada.Person.ID)
	ayetest.Fails(t, err, nil)
	v := reset(w, ada)
	v.Wait()
	ayetest.Fails(t, code(v, approval.Recovery, codes[0]), nil)
	v.Took(w.SignIn.NewPassword(t.Context(), v.Look(), newPassword))
	ayetest.Same(t, "method", v.Look().Method, approval.Recovery)
}

// TestResetWithNowhereToGo: what proved the person is taken nowhere any more, so nothing changes.
func TestResetWithNowhereToGo(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	v := reset(w, ada)
	v.Wait()
	ayetest.Fails(t, code(v, approval.TOTP, phone.CodeNow()), nil)
	w.Change(func(o *accounts.Organisation) { o.Methods = nil })
	_, _, err := w.SignIn.NewPassword(t.Context(), v.Look(), newPassword)
	ayetest.Fails(t, err, signin.ErrMethodNotAllowed)
	ayetest.Same(t, "level", v.Look().Level, signin.Reset)
	w.Arrive(ada) // with the password of before
}

// TestResetWithoutFactor: the link is all that there is, and opens what the password would.
func TestResetWithoutFactor(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*accounts.Organisation)
		step   signin.Step
	}{"required": {func(*accounts.Organisation) {}, signin.StepSetup}, "not required": {relaxed, signin.StepIn}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ayetest.New(t)
			w.Change(test.change)
			ada := w.AddPerson("Ada")
			v := reset(w, ada)
			step(t, v, signin.StepNewPassword)
			v.Took(w.SignIn.NewPassword(t.Context(), v.Look(), newPassword))
			step(t, v, test.step)
			ayetest.Same(t, "method", v.Look().Method, "")
		})
	}
}

// TestResetMeetsAFactor: one that was set up after the link was opened is asked for all the same.
func TestResetMeetsAFactor(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada := w.AddPerson("Ada")
	v := reset(w, ada)
	phone := w.Pair(ada)
	step(t, v, signin.StepSecondFactor)
	_, _, err := w.SignIn.NewPassword(t.Context(), v.Look(), newPassword)
	ayetest.Fails(t, err, signin.ErrNotFresh)
	v.Approve(phone)
	step(t, v, signin.StepNewPassword)
}

func TestResetLife(t *testing.T) {
	t.Parallel()
	w, ada, _ := newPerson(t)
	v := reset(w, ada)
	w.Clock.Pass(signin.ResetLife - time.Second)
	v.Look()
	w.Clock.Pass(time.Second)
	gone(t, w, v.Token)
}

// TestNewPasswordInside ends all other sessions, and replaces the token of this one.
func TestNewPasswordInside(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	v, other := w.LogIn(ada, phone), w.LogIn(ada, phone)
	token := v.Token
	v.Took(w.SignIn.NewPassword(t.Context(), v.Look(), newPassword))
	gone(t, w, token)
	gone(t, w, other.Token)
	ayetest.Same(t, "level", v.Look().Level, signin.Full)
	ended := actions(t, w, ada.OrganisationID, "session.ended")
	ayetest.Same(t, "ended", []string{ended[0]["subject"], ended[0]["why"]}, []string{other.Session.ID, "password"})
}

// TestNewPasswordInASessionThatEnds: the password is changed by then, so nothing else may go on.
func TestNewPasswordInASessionThatEnds(t *testing.T) {
	t.Parallel()
	w, ada, phone := newPerson(t)
	v, other := w.LogIn(ada, phone), w.LogIn(ada, phone)
	seen := v.Look()
	ayetest.Fails(t, w.SignIn.End(t.Context(), seen, seen.ID), nil)
	_, _, err := w.SignIn.NewPassword(t.Context(), seen, newPassword)
	ayetest.Fails(t, err, signin.ErrNone)
	gone(t, w, other.Token)
}

// TestAccept: somebody new chooses a password, somebody known types theirs, and a second factor
// that there is is asked for.
func TestAccept(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	ada, invitation := w.Invite("Ada", accounts.RoleMember)
	_, _, err := w.SignIn.Accept(t.Context(), ayetest.Visit(), "no invitation", newPassword)
	ayetest.Fails(t, err, accounts.ErrNotFound)
	_, _, err = w.SignIn.Accept(t.Context(), ayetest.Visit(), invitation, "short")
	ayetest.Fails(t, err, accounts.ErrPassword)
	v := &ayetest.Visitor{World: w, Member: ada, Visit: ayetest.Visit()}
	v.Took(w.SignIn.Accept(t.Context(), v.Visit, invitation, ayetest.Password))
	step(t, v, signin.StepSetup)
	_, _, err = w.SignIn.Accept(t.Context(), ayetest.Visit(), invitation, newPassword)
	ayetest.Fails(t, err, accounts.ErrNotFound)

	phone := w.Pair(ada)
	other := w.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Other" })
	_, err = w.Accounts.Invite(t.Context(), other.ID, ada.Person, accounts.RoleMember)
	ayetest.Fails(t, err, nil)
	invitation = w.Announcer.LastLetter(accounts.LetterInvitation, ada.Person.ID)
	_, _, err = w.SignIn.Accept(t.Context(), ayetest.Visit(), invitation, newPassword)
	ayetest.Fails(t, err, accounts.ErrCredentials)
	v.Took(w.SignIn.Accept(t.Context(), v.Visit, invitation, ayetest.Password))
	step(t, v, signin.StepSecondFactor)
	v.Approve(phone)
	step(t, v, signin.StepPick)
}
