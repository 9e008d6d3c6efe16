package portal

import (
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/otp"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// linkCodeApp is where an authenticator app is set up; see linkapp.go.
var linkCodeApp = link{base: "/security/apps/new", intent: page.LinkAdd, back: "/security/apps", after: "/security/apps", naming: true}

func (s *Server) codeApps(c echo.Context, session signin.Session) error {
	apps, err := s.appsOf(c, session)
	if err != nil {
		return err
	}
	phones, err := s.Devices.Of(c.Request().Context(), session.PersonID)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, page.CodeApps{
		Apps: apps, Phones: len(phones), Texts: !session.Member.Person.Texts.IsZero(), Most: otp.MaxApps, NotAt: notTaken(session, accounts.TOTP),
	})
}

func (s *Server) showRemoveApp(c echo.Context, session signin.Session) error {
	apps, err := s.appsOf(c, session)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(apps, func(a page.CodeApp) bool { return a.ID == c.Param("id") })
	if at < 0 {
		return otp.ErrNone
	}
	return s.show(c, http.StatusOK, page.Confirm{
		Title: page.Say("security.app-remove.title"), Text: page.Say("security.app-remove.text", "Name", apps[at].Name),
		Action: "/security/apps/" + apps[at].ID + "/remove", Button: page.Say("security.app-remove.button"), Danger: true, Back: "/security/apps",
	})
}

func (s *Server) removeApp(c echo.Context, session signin.Session) error {
	err := s.Codes.RemoveApp(c.Request().Context(), session.PersonID, c.Param("id"), true)
	if errors.Is(err, otp.ErrLastFactor) {
		return s.lastFactor(c)
	}
	if err != nil {
		return err
	}
	s.say(c, page.Good, "security.apps.removed")
	return s.goTo(c, "/security/apps")
}
