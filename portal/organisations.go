package portal

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"example.com/aye/approval"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// showOrganisations lets a person pick one, after logging in or later.
func (s *Server) showOrganisations(c echo.Context, session signin.Session) error {
	if !session.In() {
		return s.goOn(c, session)
	}
	return s.organisations(c, http.StatusOK, session)
}

func (s *Server) organisations(c echo.Context, status int, session signin.Session) error {
	choices, err := s.SignIn.Organisations(c.Request().Context(), session)
	if err != nil {
		return err
	}
	view := page.Organisations{Stuck: true}
	for _, choice := range choices {
		one := page.OrganisationChoice{
			ID: choice.Organisation.ID, Name: choice.Organisation.Name, Last: choice.Last, Here: choice.Organisation.ID == session.OrganisationID,
		}
		if choice.Problem == nil {
			view.Stuck = false
		} else {
			one.Problem, one.Way = barred(choice.Problem, session.Method)
		}
		view.Choices = append(view.Choices, one)
	}
	return s.show(c, status, view)
}

// barred says why an organisation cannot be picked, and what helps.
func barred(problem error, method approval.Method) (page.Text, string) {
	switch {
	case errors.Is(problem, signin.ErrWithin):
		return page.Say("organisations.within"), "login"
	case errors.Is(problem, signin.ErrTooOld):
		return page.Say("organisations.too-old"), "login"
	case method == "":
		return page.Say("organisations.required"), "setup"
	}
	return page.Say(notAllowed[method]), "login"
}

var notAllowed = map[approval.Method]string{
	approval.Push:     "organisations.too-old", // it is allowed everywhere
	approval.TOTP:     "organisations.not-totp",
	approval.SMS:      "organisations.not-sms",
	approval.Recovery: "organisations.not-recovery",
	// It is sent for one organisation.
	approval.Temporary: "organisations.within",
}

func (s *Server) pickOrganisation(c echo.Context, session signin.Session) error {
	if !session.In() {
		return s.goOn(c, session)
	}
	next, token, err := s.SignIn.Pick(c.Request().Context(), session, form(c, "organisation"))
	switch {
	case errors.Is(err, signin.ErrWithin), errors.Is(err, signin.ErrMethodNotAllowed), errors.Is(err, signin.ErrTooOld):
		return s.organisations(c, http.StatusUnprocessableEntity, session)
	case err != nil:
		return err
	}
	s.keep(c, token)
	s.is(c, next)
	if session.OrganisationID != "" { // the address that the login was for is of the other organisation
		return s.goTo(c, "/apps")
	}
	return s.goOn(c, next)
}

// apps is the first page of who is in.
func (s *Server) apps(c echo.Context, session signin.Session) error {
	ctx := c.Request().Context()
	all, err := s.Accounts.ApplicationsOf(ctx, session.OrganisationID)
	if err != nil {
		return err
	}
	live, err := s.liveCase(c, session)
	if err != nil {
		return err
	}
	view := page.Apps{Manages: manager(session), Case: live}
	for _, a := range all {
		if link, err := url.Parse(a.Link); err == nil && a.Link != "" {
			view.Apps = append(view.Apps, page.AppTile{Name: a.Name, Link: a.Link, Host: link.Host})
		}
	}
	if session.Method != "" {
		signIns, _, err := s.Approvals.SignIns(ctx, session.PersonID, "", 2)
		if err != nil {
			return err
		}
		if len(signIns) == 1 && signIns[0].RequestID == session.RequestID { // the first time
			view.Welcome = session.Member.Person.Display
		}
	}
	return s.show(c, http.StatusOK, view)
}
