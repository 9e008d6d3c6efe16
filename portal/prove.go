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

// showProve asks who is in for the password again.
func (s *Server) showProve(c echo.Context, session signin.Session) error {
	next := nextOf(c)
	if s.SignIn.Fresh(session) {
		return s.goTo(c, next)
	}
	return s.show(c, http.StatusOK, page.Prove{Next: next})
}

// prove looks at the password, and goes on to the second factor where there is one.
func (s *Server) prove(c echo.Context, session signin.Session) error {
	view := page.Prove{Next: nextOf(c)}
	if view.Faults = missing(c, "password", "login.password-missing"); view.Failed() {
		return s.show(c, http.StatusUnprocessableEntity, view)
	}
	proving, token, err := s.SignIn.Prove(c.Request().Context(), session, s.visit(c), secret.Secret(form(c, "password")))
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
