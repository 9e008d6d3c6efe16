package portal

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"example.com/aye/internal/secret"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/support"
)

// showStop tells whoever has the mailed or texted link what was asked for them. Looking stops
// nothing: programs that check mail follow links too.
func (s *Server) showStop(c echo.Context) error {
	told, err := s.Support.Told(c.Request().Context(), secret.Secret(c.Param("token")))
	if errors.Is(err, support.ErrLink) {
		return s.oldStop(c)
	}
	if err != nil {
		return err
	}
	return s.showFor(c, http.StatusOK, told.Organisation, stopView(told, c.Request().URL.Path))
}

// stop is "this was not me".
func (s *Server) stop(c echo.Context) error {
	told, err := s.Support.Stop(c.Request().Context(), secret.Secret(c.Param("token")))
	if errors.Is(err, support.ErrLink) {
		return s.oldStop(c)
	}
	if err != nil {
		return err
	}
	return s.showFor(c, http.StatusOK, told.Organisation, stopView(told, c.Request().URL.Path))
}

func stopView(told support.Told, action string) page.Stop {
	return page.Stop{
		Action: action, Kind: string(told.Kind), State: string(stateOf(told.Case)), Agent: told.Agent, Organisation: told.Organisation.Name,
		Opened: told.Opened, Due: told.Due, Closed: told.Closed, Contact: told.Organisation.SupportContact,
		Locked: told.Kind == support.Lost && told.Link > 0,
	}
}

// stateOf is how far the case came: one that was carried out, and whose link nobody used in time, has
// expired, and yet what was old is gone.
func stateOf(c support.Case) support.State {
	switch {
	case c.State != support.Expired || c.Link == 0:
		return c.State
	case c.Kind == support.Lost:
		return support.Revoked
	}
	return support.Done
}

func (s *Server) oldStop(c echo.Context) error {
	return s.show(c, http.StatusNotFound, page.Message{
		Tone: page.Warn, Icon: "clock", Title: page.Say("stop.old.title"), Text: page.Say("stop.old.text"),
		Button: page.Say("stop.password-button"), To: "/forgot", Other: page.Say("reset.login"), OtherTo: "/login",
	})
}

// showOwnCase is the same page for who is in.
func (s *Server) showOwnCase(c echo.Context, session signin.Session) error {
	all, err := s.Support.CasesOf(c.Request().Context(), session.PersonID)
	if err != nil {
		return err
	}
	for _, told := range all {
		if told.ID == c.Param("case") {
			return s.show(c, http.StatusOK, ownStop(told))
		}
	}
	return support.ErrNotFound
}

// stopOwnCase needs no proof: who only wants to stop something shall be held up by nothing.
func (s *Server) stopOwnCase(c echo.Context, session signin.Session) error {
	told, err := s.Support.StopOwn(c.Request().Context(), session.PersonID, c.Param("case"))
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, ownStop(told))
}

func ownStop(told support.Told) page.Stop {
	view := stopView(told, ownCase(told))
	view.In = true
	return view
}

func ownCase(told support.Told) string { return "/security/cases/" + url.PathEscape(told.ID) }

// liveCase is where the person sees the case that goes on about them, and what it is; empty for none.
func (s *Server) liveCase(c echo.Context, session signin.Session) (page.LiveCase, error) {
	all, err := s.Support.CasesOf(c.Request().Context(), session.PersonID)
	for _, told := range all {
		if told.State.Live() {
			return page.LiveCase{To: ownCase(told), Kind: string(told.Kind), Organisation: told.Organisation.Name, Due: told.Due}, err
		}
	}
	return page.LiveCase{}, err
}
