package portal

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// signInsShown is how many stand on a page.
const signInsShown = 20

func (s *Server) signIns(c echo.Context, session signin.Session) error {
	all, next, err := s.Approvals.SignIns(c.Request().Context(), session.PersonID, c.QueryParam("after"), signInsShown)
	if err != nil {
		return err
	}
	view := page.SignIns{}
	for _, one := range all {
		view.SignIns = append(view.SignIns, signInOf(one))
	}
	if next != "" {
		view.More = "/security/sign-ins?after=" + url.QueryEscape(next)
	}
	return s.show(c, http.StatusOK, view)
}

func signInOf(one approval.SignIn) page.SignIn {
	return page.SignIn{
		ID: one.RequestID, At: one.At, Asker: one.Asker, What: one.Message, Organisation: one.Organisation, Place: one.Place, IP: one.IP,
		Browser: browserText(one.UserAgent), How: howText(one), Reported: one.Reported, Reportable: one.Reportable,
	}
}

func howText(one approval.SignIn) page.Text {
	switch one.Method {
	case approval.TOTP:
		return page.Say("security.sign-in-how.totp")
	case approval.SMS:
		return page.Say("security.sign-in-how.sms")
	case approval.Recovery:
		return page.Say("security.sign-in-how.recovery")
	case approval.Temporary:
		return page.Say("security.sign-in-how.temporary")
	case approval.Push:
	}
	if one.Phone != "" {
		return page.Say("security.sign-in-how.phone", "Phone", one.Phone)
	}
	return page.Say("security.sign-in-how.push")
}

// browserText says which browser it is, and on what.
func browserText(agent string) page.Text {
	browser, system := approval.BrowserOf(agent)
	switch {
	case browser == "":
		return page.Say("security.browser.unknown")
	case system == "":
		return page.Say("security.browser.alone", "Browser", browser)
	}
	return page.Say("security.browser.known", "Browser", browser, "System", system)
}

// showSignIn asks whether it was somebody else, or says what happened after that was said.
func (s *Server) showSignIn(c echo.Context, session signin.Session) error {
	one, err := s.Approvals.SignIn(c.Request().Context(), session.PersonID, c.Param("id"))
	if err != nil {
		return err
	}
	if one.Reported {
		return s.show(c, http.StatusOK, page.Reported{SignIn: signInOf(one)})
	}
	return s.show(c, http.StatusOK, page.NotMe{SignIn: signInOf(one)})
}

// notMe reports a sign-in. The session that looks may itself have come of it.
func (s *Server) notMe(c echo.Context, session signin.Session) error {
	ctx, id := c.Request().Context(), c.Param("id")
	one, err := s.Approvals.SignIn(ctx, session.PersonID, id)
	if err != nil {
		return err
	}
	err = s.Approvals.Report(ctx, session.PersonID, id)
	if errors.Is(err, approval.ErrTooLate) {
		return s.goTo(c, "/security/sign-ins/"+id)
	}
	if err != nil {
		return err
	}
	c.Set(sessionKey, nil) // to be looked at anew
	_, err = s.session(c)
	if err == nil {
		return s.goTo(c, "/security/sign-ins/"+id)
	}
	if !errors.Is(err, signin.ErrNone) {
		return err
	}
	s.forget(c)
	return s.show(c, http.StatusOK, page.Reported{SignIn: signInOf(one), Out: true})
}

func (s *Server) sessions(c echo.Context, session signin.Session) error {
	ctx := c.Request().Context()
	all, err := s.SignIn.List(ctx, session)
	if err != nil {
		return err
	}
	choices, err := s.SignIn.Organisations(ctx, session)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, choice := range choices {
		names[choice.Organisation.ID] = choice.Organisation.Name
	}
	view := page.Sessions{}
	for _, one := range all {
		view.Sessions = append(view.Sessions, page.Session{
			ID: one.ID, Browser: browserText(one.UserAgent), Place: one.Place, IP: one.IP, Organisation: names[one.OrganisationID],
			Began: one.Created, Seen: one.Seen, This: one.ID == session.ID, Half: one.Level != signin.Full,
		})
	}
	return s.show(c, http.StatusOK, view)
}

// endSession logs the person off in another browser.
func (s *Server) endSession(c echo.Context, session signin.Session) error {
	err := s.SignIn.End(c.Request().Context(), session, c.Param("id"))
	if errors.Is(err, signin.ErrNone) {
		return accounts.ErrNotFound // not the session of who asks, but the one asked for
	}
	if err != nil {
		return err
	}
	s.say(c, page.Good, "security.sessions.ended")
	return s.goTo(c, "/security/sessions")
}

func (s *Server) endOtherSessions(c echo.Context, session signin.Session) error {
	if err := s.SignIn.EndOthers(c.Request().Context(), session); err != nil {
		return err
	}
	s.say(c, page.Good, "security.sessions.others-ended")
	return s.goTo(c, "/security/sessions")
}
