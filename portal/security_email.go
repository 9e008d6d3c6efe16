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

func (s *Server) showEmail(c echo.Context, session signin.Session) error {
	return s.show(c, http.StatusOK, page.ChangeEmail{Now: session.Member.Person.Email})
}

// askEmail mails a link to the new address. What is said does not tell whether somebody has it.
func (s *Server) askEmail(c echo.Context, session signin.Session) error {
	view := page.ChangeEmail{Now: session.Member.Person.Email, Email: form(c, "email")}
	if view.Faults = missing(c, "email", "security.email.missing"); view.Failed() {
		return s.show(c, http.StatusUnprocessableEntity, view)
	}
	err := s.Accounts.AskEmail(c.Request().Context(), session.PersonID, view.Email)
	switch {
	case errors.Is(err, accounts.ErrInvalid):
		view.Faults = page.Faults{"email": page.Say("security.email.invalid")}
		return s.show(c, http.StatusUnprocessableEntity, view)
	case errors.Is(err, accounts.ErrDelayed):
		view.Problem = page.Notice{Tone: page.Bad, Text: page.Say("security.email.wait", "Wait", s.wait(err))}
		return s.show(c, http.StatusTooManyRequests, view)
	case err != nil:
		return err
	}
	return s.goTo(c, "/security/email/sent")
}

func (s *Server) emailSent(c echo.Context, _ signin.Session) error {
	return s.show(c, http.StatusOK, page.Message{
		Tone: page.Info, Icon: "mail", Title: page.Say("security.email.sent-title"), Text: page.Say("security.email.sent"),
		Button: page.Say("security.back"), To: "/security",
	})
}

// showConfirmEmail looks at the link that was mailed to the new address. Whoever reads that
// mail may be logged in nowhere.
func (s *Server) showConfirmEmail(c echo.Context) error {
	person, email, err := s.Accounts.EmailChange(c.Request().Context(), secret.Secret(c.Param("token")))
	if errors.Is(err, accounts.ErrNotFound) {
		return s.emailGone(c)
	}
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, page.Confirm{
		Title: page.Say("security.email-confirm.title"), Text: page.Say("security.email-confirm.text", "Person", person.Display, "Email", email),
		Action: "/email/" + c.Param("token"), Button: page.Say("security.email-confirm.button"), Back: "/",
	})
}

func (s *Server) confirmEmail(c echo.Context) error {
	person, err := s.Accounts.ConfirmEmail(c.Request().Context(), secret.Secret(c.Param("token")))
	if errors.Is(err, accounts.ErrNotFound) {
		return s.emailGone(c)
	}
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, page.Message{
		Tone: page.Good, Icon: "check", Title: page.Say("security.email-changed.title"), Text: page.Say("security.email-changed.text", "Email", person.Email),
		Button: page.Say("security.email-changed.button"), To: "/",
	})
}

func (s *Server) emailGone(c echo.Context) error {
	return s.show(c, http.StatusNotFound, page.Message{
		Tone: page.Warn, Icon: "clock", Title: page.Say("security.email-gone.title"), Text: page.Say("security.email-gone.text"),
		Button: page.Say("security.email-gone.button"), To: "/security/email",
	})
}
