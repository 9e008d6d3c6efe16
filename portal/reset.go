package portal

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

func (s *Server) showForgot(c echo.Context) error {
	return s.show(c, http.StatusOK, page.Forgot{})
}

// forgot mails a link, if somebody has the address; the answer is the same for everybody.
func (s *Server) forgot(c echo.Context) error {
	view := page.Forgot{Email: form(c, "email")}
	if view.Faults = missing(c, "email", "forgot.email-missing"); view.Failed() {
		return s.show(c, http.StatusUnprocessableEntity, view)
	}
	err := s.Accounts.AskReset(c.Request().Context(), view.Email)
	if errors.Is(err, accounts.ErrInvalid) {
		view.Faults = page.Faults{"email": page.Say("forgot.email-wrong")}
		return s.show(c, http.StatusUnprocessableEntity, view)
	}
	if err != nil {
		return err
	}
	return s.goTo(c, "/forgot/sent")
}

func (s *Server) showForgotSent(c echo.Context) error {
	return s.show(c, http.StatusOK, page.Message{
		Tone: page.Info, Icon: "mail", Title: page.Say("forgot.sent.title"), Text: page.Say("forgot.sent.text"),
		Other: page.Say("reset.login"), OtherTo: "/login",
	})
}

// showReset looks at a mailed link without using it.
func (s *Server) showReset(c echo.Context) error {
	token := c.Param("token")
	person, err := s.Accounts.Reset(c.Request().Context(), secret.Secret(token))
	if errors.Is(err, accounts.ErrNotFound) {
		return s.oldReset(c)
	}
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, page.Reset{Action: "/reset/" + url.PathEscape(token), Email: person.Email})
}

func (s *Server) oldReset(c echo.Context) error {
	return s.show(c, http.StatusNotFound, page.Message{
		Tone: page.Warn, Icon: "clock", Title: page.Say("reset.old.title"), Text: page.Say("reset.old.text"),
		Button: page.Say("reset.old.button"), To: "/forgot", Other: page.Say("reset.login"), OtherTo: "/login",
	})
}

// useReset uses the link up. The second factor, where there is one, comes next.
func (s *Server) useReset(c echo.Context) error {
	session, token, err := s.SignIn.Reset(c.Request().Context(), s.visit(c), secret.Secret(c.Param("token")))
	switch {
	case errors.Is(err, accounts.ErrNotFound):
		return s.oldReset(c)
	case errors.Is(err, signin.ErrNoMembership):
		return s.show(c, http.StatusOK, page.Message{
			Tone: page.Warn, Icon: "alert", Title: page.Say("reset.nowhere.title"), Text: page.Say("reset.nowhere.text"),
			Other: page.Say("reset.login"), OtherTo: "/login",
		})
	case err != nil:
		return err
	}
	s.keep(c, token)
	s.is(c, session)
	return s.goOn(c, session)
}

// choosing lets through who may choose a new password now; others go where they go on.
func (s *Server) choosing(next handler) echo.HandlerFunc {
	return s.begun(func(c echo.Context, session signin.Session) error {
		state, err := s.SignIn.State(c.Request().Context(), session)
		if err != nil {
			return err
		}
		if state.Step != signin.StepNewPassword {
			return s.goOn(c, session)
		}
		return next(c, session)
	})
}

func (s *Server) showNewPassword(c echo.Context, session signin.Session) error {
	view, err := s.newPasswordView(c, session)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, view)
}

func (s *Server) newPasswordView(c echo.Context, session signin.Session) (page.NewPassword, error) {
	least, err := s.Accounts.LeastPassword(c.Request().Context(), session.PersonID)
	return page.NewPassword{Action: "/reset", Email: session.Member.Person.Email, Least: least}, err
}

// newPassword sets the password; every other session of the person ends.
func (s *Server) newPassword(c echo.Context, session signin.Session) error {
	faults := passwordFaults(c)
	if !faults.Failed() {
		next, token, err := s.SignIn.NewPassword(c.Request().Context(), session, secret.Secret(form(c, "password")))
		if err == nil {
			s.keep(c, token)
			s.is(c, next)
			return s.goTo(c, "/reset/done")
		}
		if faults = refused(err); !faults.Failed() {
			return err
		}
	}
	view, err := s.newPasswordView(c, session)
	if err != nil {
		return err
	}
	view.Faults = faults
	return s.show(c, http.StatusUnprocessableEntity, view)
}

// passwordFaults finds what is wrong with the two fields before the password is looked at.
func passwordFaults(c echo.Context) page.Faults {
	faults := missing(c, "password", "password.missing", "again", "password.again-missing")
	if !faults.Failed() && form(c, "password") != form(c, "again") {
		faults["again"] = page.Say("password.differ")
	}
	return faults
}

// refused says why a password cannot be taken; nothing where that is not what is wrong.
func refused(err error) page.Faults {
	var problem *accounts.PasswordError
	if !errors.As(err, &problem) {
		return nil
	}
	id := "password.problem." + string(problem.Problem)
	if problem.Problem == accounts.TooShort {
		return page.Faults{"password": page.Say(id, "Least", problem.Least)}
	}
	return page.Faults{"password": page.Say(id)}
}

// showResetDone says that the password was changed.
func (s *Server) showResetDone(c echo.Context, _ signin.Session) error {
	return s.show(c, http.StatusOK, page.Message{
		Tone: page.Good, Icon: "check", Title: page.Say("reset.done.title"), Text: page.Say("reset.done.text"), Button: page.Say("reset.done.button"), To: "/",
	})
}
