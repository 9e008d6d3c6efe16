package portal

import (
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// secretPage asks before a secret is made or ended.
func secretPage(a accounts.Application, path string, title, text, button page.Text, danger bool) page.Confirm {
	back := "/manage/applications/" + a.ID
	return page.Confirm{Title: title, Text: text, Button: button, Action: back + path, Back: back, Danger: danger}
}

func (s *Server) showAddSecret(c echo.Context, session signin.Session) error {
	a, err := s.application(c, session)
	if err != nil {
		return err
	}
	title, text := page.Say("manage.application.first-title", "Name", a.Name), page.Say("manage.application.first-confirm")
	if len(a.Secrets) > 0 {
		title, text = page.Say("manage.application.add-title", "Name", a.Name), page.Say("manage.application.add-confirm")
	}
	return s.show(c, http.StatusOK, secretPage(a, "/secret", title, text, page.Say("manage.application.add-sure"), false))
}

func (s *Server) addSecret(c echo.Context, session signin.Session) error {
	a, err := s.application(c, session)
	if err != nil {
		return err
	}
	made, err := s.as(session).AddSecret(c.Request().Context(), a.ID)
	if errors.Is(err, accounts.ErrSecrets) {
		s.say(c, page.Warn, "manage.application.two-secrets")
		return s.goTo(c, "/manage/applications/"+a.ID)
	}
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, page.ShownSecrets{ID: a.ID, Name: a.Name, ClientSecret: made.Reveal(), Second: len(a.Secrets) > 0})
}

func (s *Server) showEndSecret(c echo.Context, session signin.Session) error {
	a, err := s.application(c, session)
	if err != nil {
		return err
	}
	id := c.Param("secret")
	if !slices.ContainsFunc(a.Secrets, func(live accounts.ClientSecret) bool { return live.ID == id }) {
		return accounts.ErrNotFound
	}
	text := page.Say("manage.application.end-confirm", "Name", a.Name)
	if len(a.Secrets) == 1 {
		text = page.Say("manage.application.end-last", "Name", a.Name)
	}
	return s.show(c, http.StatusOK, secretPage(a, "/secrets/"+id, page.Say("manage.application.end-title", "Secret", id), text, page.Say("manage.application.end-sure"), true))
}

func (s *Server) endSecret(c echo.Context, session signin.Session) error {
	a, err := s.application(c, session)
	if err != nil {
		return err
	}
	if err = s.as(session).EndSecret(c.Request().Context(), a.ID, c.Param("secret")); err != nil {
		return err
	}
	s.say(c, page.Good, "manage.applications.said-ended")
	return s.goTo(c, "/manage/applications/"+a.ID)
}

func (s *Server) showWebhookSecret(c echo.Context, session signin.Session) error {
	a, err := s.application(c, session)
	if err != nil {
		return err
	}
	if a.WebhookURL == "" {
		return accounts.ErrNotFound
	}
	return s.show(c, http.StatusOK, secretPage(a, "/webhook",
		page.Say("manage.application.webhook-title", "Name", a.Name), page.Say("manage.application.webhook-confirm"), page.Say("manage.application.webhook-sure"), true))
}

func (s *Server) makeWebhookSecret(c echo.Context, session signin.Session) error {
	a, err := s.application(c, session)
	if err != nil {
		return err
	}
	made, err := s.as(session).NewWebhookSecret(c.Request().Context(), a.ID)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, page.ShownSecrets{ID: a.ID, Name: a.Name, WebhookSecret: made.Reveal()})
}
