package portal

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/sms"
)

// changeNumber says what a change means for logging in by text message.
func (s *Server) changeNumber(c echo.Context, session signin.Session) (page.ChangeNumber, error) {
	p := session.Member.Person
	phones, err := s.Devices.Of(c.Request().Context(), p.ID)
	if err != nil {
		return page.ChangeNumber{}, err
	}
	texts, others := !p.Texts.IsZero(), len(phones)+p.Apps > 0
	view := page.ChangeNumber{Now: p.Number, Only: texts && !others}
	if used := texts || session.Organisation.Allows(accounts.SMS); used && (texts || others || p.Number != "") {
		view.Pauses = int(sms.NumberPause / (24 * time.Hour))
	}
	view.Texts, err = s.Accounts.Texts(c.Request().Context())
	return view, err
}

func (s *Server) showNumber(c echo.Context, session signin.Session) error {
	view, err := s.changeNumber(c, session)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, view)
}

// askNumber sends a code to the new number.
func (s *Server) askNumber(c echo.Context, session signin.Session) error {
	view, err := s.changeNumber(c, session)
	if err != nil {
		return err
	}
	view.Number = form(c, "number")
	if view.Faults = missing(c, "number", "security.number.missing"); view.Failed() {
		return s.show(c, http.StatusUnprocessableEntity, view)
	}
	err = s.Accounts.AskNumber(c.Request().Context(), session.PersonID, session.Organisation.ID, view.Number, accounts.TextNewNumber)
	switch {
	case errors.Is(err, accounts.ErrNoTexts):
		return s.show(c, http.StatusConflict, view)
	case errors.Is(err, accounts.ErrInvalid):
		view.Faults = page.Faults{"number": page.Say("security.number.invalid")}
		return s.show(c, http.StatusUnprocessableEntity, view)
	case errors.Is(err, accounts.ErrDelayed):
		view.Problem = page.Notice{Tone: page.Warn, Text: page.Say("security.number.wait", "Wait", s.wait(err))}
		return s.show(c, http.StatusTooManyRequests, view)
	case errors.Is(err, sms.ErrNoAnswer):
		s.say(c, page.Warn, "code.sms.told.unknown")
		return s.goTo(c, "/security/number/code")
	case errors.Is(err, accounts.ErrTextFailed):
		var status int
		status, view.Faults, view.Problem = s.numberNotTexted(err, session, "security.number.invalid", "security.number.failed")
		return s.show(c, status, view)
	case err != nil:
		return err
	}
	return s.goTo(c, "/security/number/code")
}

func (s *Server) showNumberCode(c echo.Context, session signin.Session) error {
	return s.numberCodeForm(c, session, http.StatusOK, page.ConfirmNumber{})
}

// numberCodeForm asks for the code, if one is on its way.
func (s *Server) numberCodeForm(c echo.Context, session signin.Session, status int, view page.ConfirmNumber) error {
	number, _, err := s.Accounts.NumberAsked(c.Request().Context(), session.PersonID)
	if err != nil && !errors.Is(err, accounts.ErrNotFound) {
		return err
	}
	view.Number = number
	return s.show(c, status, view)
}

func (s *Server) confirmNumber(c echo.Context, session signin.Session) error {
	view := page.ConfirmNumber{Faults: missing(c, "code", "security.number-code.missing")}
	if view.Failed() {
		return s.numberCodeForm(c, session, http.StatusUnprocessableEntity, view)
	}
	err := s.Accounts.ConfirmNumber(c.Request().Context(), session.PersonID, form(c, "code"))
	switch {
	case errors.Is(err, accounts.ErrWrongCode):
		view.Faults = page.Faults{"code": page.Say("security.number-code.wrong")}
		return s.numberCodeForm(c, session, http.StatusUnprocessableEntity, view)
	case errors.Is(err, accounts.ErrDelayed):
		view.Problem = page.Notice{Tone: page.Bad, Text: page.Say("security.number-code.used-up")}
		if wait := s.wait(err); wait > 0 {
			view.Problem.Text = page.Say("security.number-code.wait", "Wait", wait)
		}
		return s.numberCodeForm(c, session, http.StatusTooManyRequests, view)
	case err != nil:
		return err
	}
	s.say(c, page.Good, "security.number.changed")
	return s.goTo(c, "/security")
}

func (s *Server) removeNumber(c echo.Context, session signin.Session) error {
	err := s.Accounts.RemoveNumber(c.Request().Context(), session.PersonID)
	if errors.Is(err, accounts.ErrLastFactor) {
		return s.lastFactor(c)
	}
	if err != nil {
		return err
	}
	s.say(c, page.Good, "security.number.removed")
	return s.goTo(c, "/security")
}
