package portal

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/aye/approval"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// showHelp says all that somebody without a phone at hand can do. Whom to call stands there once the
// password was typed: before, nobody knows whose people they are.
func (s *Server) showHelp(c echo.Context) error {
	session, err := s.session(c)
	if errors.Is(err, signin.ErrNone) {
		return s.show(c, http.StatusOK, page.Help{})
	}
	if err != nil {
		return err
	}
	o := session.Organisation
	return s.show(c, http.StatusOK, page.Help{
		Organisation: o.Name, Contact: o.SupportContact, Waiting: session.Purpose == signin.ToEnter && session.Level == signin.Password, In: session.In(),
	})
}

// temporary explains that security settings are for who logged in with more than a temporary code.
func (s *Server) temporary(c echo.Context) error {
	return s.show(c, http.StatusForbidden, page.Message{
		Tone: page.Warn, Icon: "key", Title: page.Say("care.temporary.title"), Text: page.Say("care.temporary.text"),
		Button: page.Say("care.temporary.back"), To: "/apps", Other: page.Say("care.temporary.help"), OtherTo: "/login/help",
	})
}

// byTemporary tells whether the session began with a temporary access code.
func byTemporary(session signin.Session) bool { return session.Method == approval.Temporary }
