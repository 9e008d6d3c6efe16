package portal

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/otp"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// showApp shows the authenticator app that this session has begun, and without one what is needed.
func (s *Server) showApp(l link) handler {
	return func(c echo.Context, session signin.Session) error {
		view, err := s.appView(c, l, session)
		if err != nil {
			return err
		}
		return s.show(c, http.StatusOK, view)
	}
}

func (s *Server) appView(c echo.Context, l link, session signin.Session) (page.LinkApp, error) {
	view := page.LinkApp{Base: l.base, Intent: l.intent, At: l.at, Naming: l.naming, Back: l.back}
	e, err := s.Codes.Beginning(c.Request().Context(), session.PersonID, session.ID, session.Organisation.Name, session.Member.Person.Email)
	if errors.Is(err, otp.ErrNone) {
		return view, nil
	}
	view.ID, view.Secret, view.URI = e.ID, e.Secret.Reveal(), e.URI.Reveal()
	return view, err
}

// startApp makes the secret of a new app; one that was begun before is forgotten.
func (s *Server) startApp(l link) handler {
	return func(c echo.Context, session signin.Session) error {
		if !session.Organisation.Allows(accounts.TOTP) { // a factor that does not count would lock the person out
			return accounts.ErrForbidden
		}
		_, err := s.Codes.BeginApp(c.Request().Context(), session.PersonID, session.ID, session.Organisation.Name, session.Member.Person.Email)
		if errors.Is(err, otp.ErrTooManyApps) {
			return s.show(c, http.StatusConflict, page.LinkApp{Base: l.base, Intent: l.intent, At: l.at, Full: true, Back: l.back})
		}
		if err != nil {
			return err
		}
		return s.goTo(c, l.base)
	}
}

// activateApp takes the first code of the app.
func (s *Server) activateApp(l link) handler {
	return func(c echo.Context, session signin.Session) error {
		faults := missing(c, "code", "link.app.code-missing", "name", "link.app.name-missing")
		if !faults.Failed() {
			_, err := s.Codes.ActivateApp(c.Request().Context(), session.PersonID, session.ID, form(c, "id"), form(c, "name"), form(c, "code"))
			switch {
			case err == nil:
				if session.Method == "" { // it was the first factor
					return s.goTo(c, setupApp.after)
				}
				return s.goTo(c, l.after)
			case errors.Is(err, otp.ErrWrong):
				faults["code"] = page.Say("link.app.code-wrong")
			case errors.Is(err, otp.ErrName):
				faults["name"] = page.Say("link.app.name-wrong")
			case errors.Is(err, otp.ErrNone), errors.Is(err, otp.ErrTooMany):
				return s.show(c, http.StatusUnprocessableEntity, page.LinkApp{
					Base: l.base, Intent: l.intent, At: l.at, Back: l.back, Problem: page.Notice{Tone: page.Warn, Text: page.Say("link.app.again")},
				})
			default:
				return err
			}
		}
		view, err := s.appView(c, l, session)
		if err != nil {
			return err
		}
		view.Faults, view.Name = faults, form(c, "name")
		return s.show(c, http.StatusUnprocessableEntity, view)
	}
}
