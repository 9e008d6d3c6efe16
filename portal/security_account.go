package portal

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/portal/locales"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

func (s *Server) showPassword(c echo.Context, session signin.Session) error {
	return s.passwordForm(c, session, http.StatusOK, nil)
}

func (s *Server) passwordForm(c echo.Context, session signin.Session, status int, faults page.Faults) error {
	least, err := s.Accounts.LeastPassword(c.Request().Context(), session.PersonID)
	if err != nil {
		return err
	}
	return s.show(c, status, page.ChangePassword{Least: least, Email: session.Member.Person.Email, Faults: faults})
}

// changePassword needs no old password: the person was proven with it a moment ago.
func (s *Server) changePassword(c echo.Context, session signin.Session) error {
	faults := passwordFaults(c)
	if faults.Failed() {
		return s.passwordForm(c, session, http.StatusUnprocessableEntity, faults)
	}
	next, token, err := s.SignIn.NewPassword(c.Request().Context(), session, secret.Secret(form(c, "password")))
	if faults = refused(err); faults.Failed() {
		return s.passwordForm(c, session, http.StatusUnprocessableEntity, faults)
	}
	if err != nil {
		return err
	}
	s.keep(c, token)
	s.is(c, next)
	s.say(c, page.Good, "security.password.changed")
	return s.goTo(c, "/security")
}

func (s *Server) showProfile(c echo.Context, session signin.Session) error {
	return s.show(c, http.StatusOK, s.profileForm(c, session.Member.Person.Display, nil))
}

func (s *Server) profileForm(c echo.Context, display string, faults page.Faults) page.Profile {
	return page.Profile{Display: display, Language: s.locale(c), Faults: faults, Languages: []page.Choice{
		{Value: locales.English, Label: page.Say("security.profile.english")}, {Value: locales.Dutch, Label: page.Say("security.profile.dutch")},
	}}
}

func (s *Server) changeProfile(c echo.Context, session signin.Session) error {
	ctx := c.Request().Context()
	err := s.Accounts.SetDisplay(ctx, session.PersonID, form(c, "display"))
	if errors.Is(err, accounts.ErrInvalid) {
		faults := page.Faults{"display": page.Say("security.profile.invalid")}
		return s.show(c, http.StatusUnprocessableEntity, s.profileForm(c, form(c, "display"), faults))
	}
	if err != nil {
		return err
	}
	if chosen := form(c, "language"); locales.Has(chosen) {
		if err = s.Accounts.SetLocale(ctx, session.PersonID, chosen); err != nil {
			return err
		}
		s.setCookie(c, languageCookie, chosen, languageLife) // it may have another one from before
	}
	s.say(c, page.Good, "security.saved")
	return s.goTo(c, "/security")
}
