package portal

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/portal/page"
	"example.com/aye/privacy"
	"example.com/aye/signin"
)

// showEraseMember says what an erasure means, before it is asked for.
func (s *Server) showEraseMember(c echo.Context, session signin.Session) error {
	m, err := s.member(c, session)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, eraseMember(m))
}

func eraseMember(m accounts.Member) page.EraseMember {
	return page.EraseMember{ID: m.ID, Name: m.Person.Display, Email: m.Person.Email}
}

// eraseMember ends the membership, and erases the account too where this organisation alone knows it. Which of the two it was is said to nobody:
// it would tell who is known elsewhere.
func (s *Server) eraseMember(c echo.Context, session signin.Session) error {
	m, err := s.member(c, session)
	if err != nil {
		return err
	}
	view := eraseMember(m)
	if view.Faults = typedAddress(c, view.Email); view.Failed() {
		return s.show(c, http.StatusUnprocessableEntity, view)
	}
	err = s.Privacy.EraseMember(c.Request().Context(), s.as(session), session.OrganisationID, m.ID)
	status := http.StatusForbidden
	switch {
	case err == nil:
		s.say(c, page.Good, "manage.data.said-erased")
		return s.goTo(c, "/manage/people")
	case errors.Is(err, privacy.ErrLastOwner):
		status, view.Problem = http.StatusConflict, page.Notice{Tone: page.Bad, Text: page.Say("manage.person.why-last")}
	case errors.Is(err, privacy.ErrForbidden), errors.Is(err, accounts.ErrForbidden):
		view.Problem = page.Notice{Tone: page.Bad, Text: forbidden(err)}
	default:
		return err
	}
	return s.show(c, status, view)
}
