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
	"example.com/aye/support"
)

// showNewPhone looks at the mailed link without using it.
func (s *Server) showNewPhone(c echo.Context) error {
	view, err := s.newPhoneView(c)
	if errors.Is(err, support.ErrLink) {
		return s.oldNewPhone(c)
	}
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, view)
}

func (s *Server) newPhoneView(c echo.Context) (page.NewPhone, error) {
	_, person, err := s.Support.Link(c.Request().Context(), secret.Secret(c.Param("token")))
	return page.NewPhone{Action: c.Request().URL.Path, Email: maskedAddress(person.Email)}, err
}

// maskedAddress tells an address to who knows it and to nobody else: the mail may be read by who found the link alone.
func maskedAddress(email string) string {
	name, host, found := strings.Cut(email, "@")
	if !found || name == "" {
		return ""
	}
	first := []rune(name)[:1]
	return string(first) + "•••@" + host
}

// newPhone takes the password, uses the link up, and leads to where a phone is linked.
func (s *Server) newPhone(c echo.Context) error {
	view, err := s.newPhoneView(c)
	if errors.Is(err, support.ErrLink) {
		return s.oldNewPhone(c)
	}
	if err != nil {
		return err
	}
	if view.Faults = missing(c, "password", "login.password-missing"); view.Failed() {
		return s.show(c, http.StatusUnprocessableEntity, view)
	}
	session, token, err := s.SignIn.Recover(c.Request().Context(), s.visit(c), secret.Secret(c.Param("token")), secret.Secret(form(c, "password")))
	if err != nil {
		return s.newPhoneFailed(c, view, err)
	}
	s.keep(c, token)
	s.is(c, session)
	return s.goOn(c, session)
}

func (s *Server) newPhoneFailed(c echo.Context, view page.NewPhone, err error) error {
	status := http.StatusUnauthorized
	switch {
	case errors.Is(err, support.ErrLink):
		return s.oldNewPhone(c)
	case errors.Is(err, accounts.ErrCredentials):
		view.Faults["password"] = page.Say("newphone.wrong")
	case errors.Is(err, accounts.ErrDelayed) && s.wait(err) == 0:
		status, view.Problem = http.StatusTooManyRequests, page.Notice{Tone: page.Bad, Text: page.Say("newphone.unusable")}
	default:
		if status, view.Problem = s.passwordProblem(err); view.Problem.Text.ID == "" {
			return err
		}
	}
	return s.show(c, status, view)
}

func (s *Server) oldNewPhone(c echo.Context) error {
	return s.show(c, http.StatusNotFound, page.Message{
		Tone: page.Warn, Icon: "clock", Title: page.Say("newphone.old.title"), Text: page.Say("newphone.old.text"), Other: page.Say("reset.login"), OtherTo: "/login",
	})
}

// recovers tells whether the session came by the link of a support case.
func recovers(session signin.Session) bool { return session.CaseID != "" }
