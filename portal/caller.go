package portal

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/aye/internal/secret"
	"example.com/aye/portal/page"
	"example.com/aye/support"
)

// withCaller finds what a caller was asked, and hands it on while there is anything to say to it.
func (s *Server) withCaller(next func(c echo.Context, view page.Caller, told support.Told) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		token := secret.Secret(c.Param("token"))
		check, told, err := s.Support.Caller(c.Request().Context(), token)
		if errors.Is(err, support.ErrLink) {
			return s.oldCaller(c)
		}
		if err != nil {
			return err
		}
		action := "/caller/" + token.Reveal()
		view := page.Caller{Action: action, Deny: action + "/nobody", Agent: told.Agent, Organisation: told.Organisation.Name}
		switch check.State {
		case support.Asked:
		case support.Right:
			return s.callerRight(c, told)
		case support.NotMe:
			told.State = support.Stopped
			return s.showFor(c, http.StatusOK, told.Organisation, stopView(told, ""))
		case support.Wrong, support.Unheard, support.NotAsked: // that it was somebody else can be said all the same
			view.Late = true
		}
		return next(c, view, told)
	}
}

func (s *Server) showCaller(c echo.Context, view page.Caller, told support.Told) error {
	return s.showFor(c, http.StatusOK, told.Organisation, view)
}

// answerCaller takes the code from the message. Every try is counted before it is looked at.
func (s *Server) answerCaller(c echo.Context, view page.Caller, told support.Told) error {
	if view.Faults = missing(c, "code", "caller.missing"); !view.Failed() && !view.Late {
		err := s.Support.AnswerCaller(c.Request().Context(), secret.Secret(c.Param("token")), secret.Secret(withoutSpaces(form(c, "code"))))
		switch {
		case err == nil:
			return s.callerRight(c, told)
		case errors.Is(err, support.ErrLink):
			view.Late = true
		case !errors.Is(err, support.ErrCode):
			return err
		}
		if !view.Late {
			view.Faults["code"] = page.Say("caller.wrong")
		}
	}
	return s.showFor(c, http.StatusUnprocessableEntity, told.Organisation, view)
}

// denyCaller says that the person talks to nobody, which stops the case.
func (s *Server) denyCaller(c echo.Context, _ page.Caller, told support.Told) error {
	err := s.Support.DenyCaller(c.Request().Context(), secret.Secret(c.Param("token")))
	if errors.Is(err, support.ErrLink) {
		return s.oldCaller(c)
	}
	if err != nil {
		return err
	}
	told.State = support.Stopped
	return s.showFor(c, http.StatusOK, told.Organisation, stopView(told, ""))
}

func (s *Server) callerRight(c echo.Context, told support.Told) error {
	return s.showFor(c, http.StatusOK, told.Organisation, page.Message{
		Tone: page.Good, Icon: "check", Title: page.Say("caller.right.title"), Text: page.Say("caller.right.text", "Agent", told.Agent),
	})
}

func (s *Server) oldCaller(c echo.Context) error {
	return s.show(c, http.StatusNotFound, page.Message{
		Tone: page.Warn, Icon: "clock", Title: page.Say("caller.old.title"), Text: page.Say("caller.old.text"), Other: page.Say("reset.login"), OtherTo: "/login",
	})
}
