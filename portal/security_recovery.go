package portal

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/otp"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

func (s *Server) recoveryCodes(c echo.Context, session signin.Session) (page.RecoveryCodes, error) {
	ctx, p := c.Request().Context(), session.Member.Person
	phones, err := s.Devices.Of(ctx, p.ID)
	if err != nil {
		return page.RecoveryCodes{}, err
	}
	left, made, err := s.Codes.Recovery(ctx, p.ID)
	view := page.RecoveryCodes{Left: left, Made: made, Email: p.Email, Enrolled: len(phones)+p.Apps > 0 || !p.Texts.IsZero(), NotAt: notTaken(session, accounts.Recovery)}
	if !made.IsZero() {
		view.Seen = strconv.FormatInt(made.UnixMilli(), 10)
	}
	return view, err
}

func (s *Server) showRecoveryCodes(c echo.Context, session signin.Session) error {
	view, err := s.recoveryCodes(c, session)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, view)
}

// makeRecoveryCodes shows new codes in the answer itself, because they are kept nowhere. Who
// loads that answer again sends the form again, which then knows of older codes: nothing is made.
func (s *Server) makeRecoveryCodes(c echo.Context, session signin.Session) error {
	view, err := s.recoveryCodes(c, session)
	if err != nil {
		return err
	}
	if form(c, "seen") != view.Seen {
		s.say(c, page.Warn, "security.recovery.seen")
		return s.goTo(c, "/security/recovery")
	}
	codes, err := s.Codes.NewRecoveryCodes(c.Request().Context(), session.PersonID)
	if errors.Is(err, otp.ErrNoFactor) { // the page says what is needed first
		return s.goTo(c, "/security/recovery")
	}
	if err != nil {
		return err
	}
	for _, code := range codes {
		view.Codes = append(view.Codes, code.Reveal())
	}
	view.Made = s.Now()
	return s.show(c, http.StatusOK, view)
}
