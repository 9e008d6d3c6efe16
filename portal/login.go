package portal

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// start sends everybody where they go on.
func (s *Server) start(c echo.Context) error {
	session, err := s.session(c)
	if errors.Is(err, signin.ErrNone) {
		return s.goTo(c, "/login")
	}
	if err != nil {
		return err
	}
	return s.goOn(c, session)
}

func (s *Server) showLogin(c echo.Context) error {
	next := local(c.QueryParam("next"))
	if session, err := s.session(c); err == nil && session.In() {
		if next != "" {
			return s.goTo(c, next)
		}
		return s.goOn(c, session)
	}
	return s.show(c, http.StatusOK, page.Login{Next: next})
}

func (s *Server) login(c echo.Context) error {
	view := page.Login{Email: form(c, "email"), Next: local(form(c, "next"))}
	if view.Faults = missing(c, "email", "login.email-missing", "password", "login.password-missing"); view.Failed() {
		return s.show(c, http.StatusUnprocessableEntity, view)
	}
	session, token, err := s.SignIn.Password(c.Request().Context(), s.visit(c), view.Email, secret.Secret(form(c, "password")), view.Next)
	if err != nil {
		return s.loginFailed(c, view, err)
	}
	s.keep(c, token)
	s.is(c, session)
	return s.goOn(c, session)
}

// loginFailed says what the person can mend; the rest has a page of its own.
func (s *Server) loginFailed(c echo.Context, view page.Login, err error) error {
	status, problem := s.passwordProblem(err)
	if problem.Text.ID == "" {
		return err
	}
	view.Problem = problem
	return s.show(c, status, view)
}

// passwordProblem is what is said above a form with a password, nothing for other errors.
func (s *Server) passwordProblem(err error) (int, page.Notice) {
	switch {
	case errors.Is(err, accounts.ErrCredentials), errors.Is(err, accounts.ErrInvalid):
		return http.StatusUnauthorized, page.Notice{Tone: page.Bad, Text: page.Say("login.wrong")}
	case errors.Is(err, signin.ErrNoMembership):
		return http.StatusUnauthorized, page.Notice{Tone: page.Warn, Text: page.Say("login.nowhere")}
	case errors.Is(err, accounts.ErrDelayed):
		if wait := s.wait(err); wait > 0 {
			return http.StatusTooManyRequests, page.Notice{Tone: page.Bad, Text: page.Say("login.wait", "Wait", wait)}
		}
		return http.StatusTooManyRequests, page.Notice{Tone: page.Bad, Text: page.Say("login.unusable")}
	case errors.Is(err, accounts.ErrBusy):
		return http.StatusServiceUnavailable, page.Notice{Tone: page.Warn, Text: page.Say("login.busy")}
	}
	return http.StatusInternalServerError, page.Notice{}
}

// logout ends the session here; without one there is nothing to end.
func (s *Server) logout(c echo.Context) error {
	session, err := s.session(c)
	if err == nil {
		err = s.SignIn.End(c.Request().Context(), session, session.ID)
	}
	if err != nil && !errors.Is(err, signin.ErrNone) {
		return err
	}
	s.forget(c)
	s.say(c, page.Good, "login.logged-out")
	return s.goTo(c, "/login")
}

// missing finds the empty fields of a form: pairs of a field's name and the id of what is said.
func missing(c echo.Context, pairs ...string) page.Faults {
	faults := page.Faults{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if form(c, pairs[i]) == "" {
			faults[pairs[i]] = page.Say(pairs[i+1])
		}
	}
	return faults
}
