package portal

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/support"
)

// supportHome is where support begins.
func (s *Server) supportHome(c echo.Context, session signin.Session) error {
	return s.showSupport(c, http.StatusOK, session, page.SupportHome{})
}

// showSupport shows what waits and what goes on; the view has what was searched for.
func (s *Server) showSupport(c echo.Context, status int, session signin.Session, view page.SupportHome) error {
	ctx, desk := c.Request().Context(), s.desk(c, session)
	standing, err := desk.Standing(ctx)
	if err != nil {
		return err
	}
	view.Operator = standing.Operator
	cases, err := desk.Cases(ctx, true)
	if err != nil {
		return err
	}
	for _, v := range cases {
		if line := s.caseLine(v, view.Operator); v.MayApprove {
			view.Approve = append(view.Approve, line)
		} else {
			view.Live = append(view.Live, line)
		}
	}
	frozen, err := desk.Freezes(ctx)
	if err != nil {
		return err
	}
	for _, f := range frozen {
		view.Frozen = append(view.Frozen, freezeLine(f, view.Operator))
	}
	return s.show(c, status, view)
}

// findPeople searches for who calls.
func (s *Server) findPeople(c echo.Context, session signin.Session) error {
	ctx, desk, search := c.Request().Context(), s.desk(c, session), strings.TrimSpace(c.QueryParam("q"))
	if search == "" {
		return s.goTo(c, "/support")
	}
	found, err := desk.Find(ctx, search)
	if errors.Is(err, support.ErrInvalid) {
		return s.showSupport(c, http.StatusUnprocessableEntity, session, page.SupportHome{Search: search, Faults: page.Faults{"q": page.Say("desk.search.short")}})
	}
	if err != nil {
		return err
	}
	standing, err := desk.Standing(ctx)
	if err != nil {
		return err
	}
	view := page.SupportFound{Search: search, Operator: standing.Operator}
	names := map[string]accounts.Organisation{}
	for _, m := range found {
		if _, known := names[m.OrganisationID]; !known && standing.Operator {
			if names[m.OrganisationID], err = s.Accounts.Organisation(ctx, m.OrganisationID); err != nil {
				return err
			}
		}
		view.People = append(view.People, helped(m, names[m.OrganisationID], standing.Operator))
	}
	return s.show(c, http.StatusOK, view)
}

// helped is a person as support may see; only the operator's support has to be told in which organisation.
func helped(m accounts.Member, o accounts.Organisation, operator bool) page.Helped {
	h := page.Helped{ID: m.ID, Name: m.Person.Display, Email: m.Person.Email, Role: string(m.Role), Since: m.Created}
	if operator {
		h.Organisation = o.Name
	}
	return h
}

func freezeLine(f support.Held, operator bool) page.FreezeLine {
	line := page.FreezeLine{ID: f.ID, What: string(f.What), Name: f.Name, At: f.At, CaseID: f.CaseID, MayLift: f.MayLift}
	if operator {
		line.Organisation = f.Organisation.Name
	}
	return line
}

// frozenText says what is stopped, and who can tell more; empty for another error.
func frozenText(err error) page.Text {
	var frozen *support.FrozenError
	if !errors.As(err, &frozen) {
		return page.Text{}
	}
	switch frozen.What {
	case support.FrozenPerson:
		return page.Say("desk.frozen.person")
	case support.FrozenAgent:
		return page.Say("desk.frozen.agent")
	case support.FrozenOrganisation:
	}
	return page.Say("desk.frozen.organisation")
}
