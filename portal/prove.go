package portal

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// showProve asks who is in for the password again.
func (s *Server) showProve(c echo.Context, session signin.Session) error {
	next := nextOf(c)
	if byTemporary(session) {
		return s.temporary(c)
	}
	if s.provenFor(session, next) {
		return s.goTo(c, next)
	}
	return s.show(c, http.StatusOK, proving(next))
}

// provenFor tells whether the session was proven lately enough, and well enough, for where it goes on.
func (s *Server) provenFor(session signin.Session, next string) bool {
	if forSupport(next) {
		return s.provenToSupport(session)
	}
	return s.SignIn.Fresh(session)
}

// proving is the page that asks; who goes on to help others reads that not every code will do.
func proving(next string) page.Prove {
	view := page.Prove{Next: next}
	if forSupport(next) {
		view.Problem = page.Notice{Tone: page.Info, Text: page.Say("prove.support")}
	}
	return view
}

// prove looks at the password, and goes on to the second factor where there is one.
func (s *Server) prove(c echo.Context, session signin.Session) error {
	if byTemporary(session) {
		return s.temporary(c)
	}
	view := proving(nextOf(c))
	if view.Faults = missing(c, "password", "login.password-missing"); view.Failed() {
		return s.show(c, http.StatusUnprocessableEntity, view)
	}
	proving, token, err := s.SignIn.Prove(c.Request().Context(), session, s.visit(c), secret.Secret(form(c, "password")), textsAbout(view.Next))
	if err != nil {
		return s.proveFailed(c, view, err)
	}
	s.is(c, proving)
	if token == "" {
		return s.goTo(c, page.WaitPlace{Base: proveWait, Next: view.Next}.Self())
	}
	s.keep(c, token)
	return s.goTo(c, view.Next)
}

// textsAbout tells from where it leads what a code in a text message would be for.
func textsAbout(next string) accounts.TextPurpose {
	for _, one := range []struct {
		below string
		about accounts.TextPurpose
	}{
		{"/security/push", accounts.TextRelink},
		{"/security/apps", accounts.TextAuthenticator},
		{"/security/phones/", accounts.TextNewPhone},
		{"/security/number", accounts.TextNewNumber},
	} {
		if strings.HasPrefix(next, one.below) {
			return one.about
		}
	}
	return accounts.TextSecurity
}

func (s *Server) proveFailed(c echo.Context, view page.Prove, err error) error {
	status := http.StatusUnauthorized
	switch {
	case errors.Is(err, accounts.ErrCredentials):
		view.Faults = page.Faults{"password": page.Say("prove.wrong")}
	case errors.Is(err, accounts.ErrDelayed):
		status = http.StatusTooManyRequests
		view.Problem = page.Notice{Tone: page.Bad, Text: page.Say("prove.unusable")}
		if wait := s.wait(err); wait > 0 {
			view.Problem.Text = page.Say("login.wait", "Wait", wait)
		}
	case errors.Is(err, accounts.ErrBusy):
		status = http.StatusServiceUnavailable
		view.Problem = page.Notice{Tone: page.Warn, Text: page.Say("login.busy")}
	default:
		return err
	}
	return s.show(c, status, view)
}
