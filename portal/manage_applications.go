package portal

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

func (s *Server) applications(c echo.Context, session signin.Session) error {
	all, err := s.as(session).ApplicationsOf(c.Request().Context(), session.OrganisationID)
	if err != nil {
		return err
	}
	var view page.Applications
	for _, a := range all {
		view.Applications = append(view.Applications, page.ManagedApplication{ID: a.ID, Name: a.Name, Link: a.Link, MayEnrol: a.MayEnrol, Secrets: len(a.Secrets)})
	}
	return s.show(c, http.StatusOK, view)
}

// application is the one of the address, else accounts.ErrNotFound.
func (s *Server) application(c echo.Context, session signin.Session) (accounts.Application, error) {
	return s.as(session).Client(c.Request().Context(), session.OrganisationID, c.Param("application"))
}

// filled is the application as the form says it.
func filled(c echo.Context, a accounts.Application) accounts.Application {
	a.Name, a.Link, a.WebhookURL = strings.TrimSpace(form(c, "name")), strings.TrimSpace(form(c, "link")), strings.TrimSpace(form(c, "webhook"))
	a.MayEnrol, a.Origins = form(c, "enrol") == "yes", nil
	for line := range strings.Lines(form(c, "origins")) {
		if line = strings.TrimSuffix(strings.TrimSpace(line), "/"); line != "" && !slices.Contains(a.Origins, line) {
			a.Origins = append(a.Origins, line)
		}
	}
	return a
}

// applicationForm shows a form; title is the name that is stored.
func applicationForm(a accounts.Application, title string) page.OneApplication {
	view := page.OneApplication{
		ID: a.ID, Title: title, Name: a.Name, Link: a.Link, Origins: strings.Join(a.Origins, "\n"), WebhookURL: a.WebhookURL,
		MayEnrol: a.MayEnrol, Webhook: a.WebhookSecret != "" && a.WebhookURL != "",
	}
	for _, live := range a.Secrets {
		view.Secrets = append(view.Secrets, page.ClientSecret{ID: live.ID, Created: live.Created})
	}
	return view
}

// applicationFaults finds out which fields the domain does not take, one by one.
func applicationFaults(a accounts.Application) page.Faults {
	faults := page.Faults{}
	try := func(field string, one accounts.Application, text page.Text) {
		if _, found := faults[field]; !found && one.Validate() != nil {
			faults[field] = text
		}
	}
	const name = "x"
	try("name", accounts.Application{Name: a.Name}, page.Say("manage.application.name-bad"))
	try("link", accounts.Application{Name: name, Link: a.Link}, page.Say("manage.application.link-bad"))
	try("webhook", accounts.Application{Name: name, WebhookURL: a.WebhookURL}, page.Say("manage.application.webhook-bad"))
	for _, origin := range a.Origins {
		try("origins", accounts.Application{Name: name, Origins: []string{origin}}, page.Say("manage.application.origins-bad", "Value", origin))
	}
	return faults
}

func (s *Server) showNewApplication(c echo.Context, _ signin.Session) error {
	return s.show(c, http.StatusOK, page.OneApplication{})
}

func (s *Server) makeApplication(c echo.Context, session signin.Session) error {
	a := filled(c, accounts.Application{OrganisationID: session.OrganisationID})
	made, clientSecret, err := s.as(session).CreateApplication(c.Request().Context(), a)
	if err != nil {
		return s.applicationFailed(c, a, "", err)
	}
	return s.show(c, http.StatusOK, page.ShownSecrets{
		ID: made.ID, Name: made.Name, ClientSecret: clientSecret.Reveal(), WebhookSecret: made.WebhookSecret.Reveal(),
	})
}

// applicationFailed shows the form again with what is wrong in it.
func (s *Server) applicationFailed(c echo.Context, a accounts.Application, title string, err error) error {
	if !errors.Is(err, accounts.ErrInvalid) {
		return err
	}
	view := applicationForm(a, title)
	view.Faults = applicationFaults(a)
	return s.show(c, http.StatusUnprocessableEntity, view)
}

func (s *Server) showApplication(c echo.Context, session signin.Session) error {
	a, err := s.application(c, session)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, applicationForm(a, a.Name))
}

func (s *Server) changeApplication(c echo.Context, session signin.Session) error {
	before, err := s.application(c, session)
	if err != nil {
		return err
	}
	a, err := s.as(session).UpdateApplication(c.Request().Context(), filled(c, before))
	if err != nil {
		return s.applicationFailed(c, filled(c, before), before.Name, err)
	}
	if a.WebhookSecret != before.WebhookSecret { // it has a webhook now
		return s.show(c, http.StatusOK, page.ShownSecrets{ID: a.ID, Name: a.Name, WebhookSecret: a.WebhookSecret.Reveal()})
	}
	s.say(c, page.Good, "manage.applications.said-saved")
	return s.goTo(c, "/manage/applications/"+a.ID)
}
