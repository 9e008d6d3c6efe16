package portal

import (
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/support"
)

// showLift asks before a freeze ends: what it kept out can happen from then on.
func (s *Server) showLift(c echo.Context, session signin.Session) error {
	f, err := s.freeze(c, session)
	if err != nil {
		return err
	}
	view := page.Confirm{
		Title: page.Say("desk.lift.title"), Text: page.Say("desk.lift.text."+string(f.What), "Name", f.Name),
		Button: page.Say("desk.lift.button"), Danger: true, Action: "/support/freezes/" + f.ID + "/lift", Back: "/support",
	}
	return s.show(c, http.StatusOK, view)
}

// freeze is the one of the address that the agent may lift; any other never was.
func (s *Server) freeze(c echo.Context, session signin.Session) (support.Held, error) {
	all, err := s.desk(c, session).Freezes(c.Request().Context())
	if err != nil {
		return support.Held{}, err
	}
	at := slices.IndexFunc(all, func(f support.Held) bool { return f.ID == c.Param("freeze") })
	if at < 0 {
		return support.Held{}, support.ErrNotFound
	}
	if !all[at].MayLift {
		return support.Held{}, support.ErrForbidden
	}
	return all[at], nil
}

func (s *Server) lift(c echo.Context, session signin.Session) error {
	err := s.desk(c, session).Lift(c.Request().Context(), c.Param("freeze"))
	if errors.Is(err, support.ErrClosed) { // somebody was quicker
		return s.goTo(c, "/support")
	}
	if err != nil {
		return err
	}
	s.say(c, page.Good, "desk.said.lifted")
	return s.goTo(c, "/support")
}
