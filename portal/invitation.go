package portal

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/portal/locales"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// invitationCookie keeps the invitation while who has a login already uses it.
const invitationCookie = "aye_invitation"

// invitations hands on an invitation that can be accepted, and says so of others.
func (s *Server) invitations(next func(c echo.Context, i accounts.InvitationView) error) echo.HandlerFunc {
	return s.anybody(func(c echo.Context) error {
		i, err := s.Accounts.Invitation(c.Request().Context(), invitationToken(c))
		if errors.Is(err, accounts.ErrNotFound) {
			return s.oldInvitation(c)
		}
		if err != nil {
			return err
		}
		s.speak(c, i.Member.Person.Locale)
		return next(c, i)
	})
}

func invitationToken(c echo.Context) secret.Secret { return secret.Secret(c.Param("token")) }

func invitationPath(c echo.Context) string { return "/invitations/" + url.PathEscape(c.Param("token")) }

// speak shows this page in the language, unless another was chosen in the browser.
func (s *Server) speak(c echo.Context, locale string) {
	if !locales.Has(locale) || s.cookie(c, languageCookie) != "" {
		return
	}
	c.Request().Header.Set("Accept-Language", locale)
}

func (s *Server) oldInvitation(c echo.Context) error {
	return s.show(c, http.StatusNotFound, page.Message{
		Tone: page.Warn, Icon: "clock", Title: page.Say("invitation.old.title"), Text: page.Say("invitation.old.text"), Button: page.Say("login.title"), To: "/login",
	})
}

// showInvitation looks at an invitation without using it.
func (s *Server) showInvitation(c echo.Context, i accounts.InvitationView) error {
	view, err := s.invitationView(c, i)
	if err != nil {
		return err
	}
	if view.Way == page.InvitationLogin {
		s.setCookie(c, invitationCookie, c.Param("token"), signin.PasswordLife)
	}
	return s.showFor(c, http.StatusOK, i.Organisation, view)
}

func (s *Server) invitationView(c echo.Context, i accounts.InvitationView) (page.Invitation, error) {
	person := i.Member.Person
	view := page.Invitation{Action: invitationPath(c), Organisation: i.Organisation.Name, Person: person.Display, Email: person.Email, Locale: person.Locale}
	session, err := s.session(c)
	if err != nil && !errors.Is(err, signin.ErrNone) {
		return view, err
	}
	in := err == nil && session.In()
	switch {
	case in && session.PersonID != person.ID:
		view.Way, view.Other = page.InvitationOther, session.Member.Person.Email
	case in:
		view.Way = page.InvitationAccept
	case !person.HasPassword:
		view.Way = page.InvitationNew
	default:
		view.Way, err = s.invitationLogin(c.Request().Context(), person.ID)
		if err != nil {
			return view, err
		}
	}
	view.LosesTexts, err = s.losesTexts(c.Request().Context(), view.Way, person)
	return view, err
}

// losesTexts tells whether the person would lose the only way to log in by accepting: codes in text messages
// are for who is known at one organisation only. Who accepts in another way is known at none yet.
func (s *Server) losesTexts(ctx context.Context, way page.InvitationWay, p accounts.Person) (bool, error) {
	if (way != page.InvitationLogin && way != page.InvitationAccept) || p.Texts.IsZero() || p.Apps > 0 {
		return false, nil
	}
	phones, err := s.Devices.Of(ctx, p.ID)
	return len(phones) == 0, err
}

// invitationLogin is for who has a password. Without any organisation the login would lead nowhere.
func (s *Server) invitationLogin(ctx context.Context, personID string) (page.InvitationWay, error) {
	memberships, err := s.Accounts.Memberships(ctx, personID)
	if len(memberships) == 0 {
		return page.InvitationPassword, err
	}
	return page.InvitationLogin, err
}

// followInvitation goes back to the invitation after logging in.
func (s *Server) followInvitation(c echo.Context) error {
	token := s.cookie(c, invitationCookie)
	if token == "" {
		return s.goTo(c, "/")
	}
	return s.goTo(c, "/invitations/"+url.PathEscape(token))
}

// acceptInvitation accepts for who is in as that very person, or with the password of who
// belongs nowhere.
func (s *Server) acceptInvitation(c echo.Context, i accounts.InvitationView) error {
	view, err := s.invitationView(c, i)
	if err != nil {
		return err
	}
	switch view.Way {
	case page.InvitationAccept:
		return s.joinBy(c)
	case page.InvitationPassword:
		return s.acceptByPassword(c, i, view)
	case page.InvitationNew, page.InvitationLogin, page.InvitationOther: // the page says what to do first
	}
	return s.goTo(c, view.Action)
}

func (s *Server) joinBy(c echo.Context) error {
	_, err := s.Accounts.AcceptInvitation(c.Request().Context(), invitationToken(c))
	if errors.Is(err, accounts.ErrNotFound) {
		return s.oldInvitation(c)
	}
	if err != nil {
		return err
	}
	s.setCookie(c, invitationCookie, "", -1)
	s.say(c, page.Good, "invitation.accepted")
	return s.goTo(c, "/organisations")
}

func (s *Server) acceptByPassword(c echo.Context, i accounts.InvitationView, view page.Invitation) error {
	if view.Faults = missing(c, "password", "login.password-missing"); view.Failed() {
		return s.showFor(c, http.StatusUnprocessableEntity, i.Organisation, view)
	}
	session, token, err := s.SignIn.Accept(c.Request().Context(), s.visit(c), invitationToken(c), secret.Secret(form(c, "password")))
	if err != nil {
		status, problem := s.passwordProblem(err)
		if problem.Text.ID == "" {
			return err
		}
		view.Problem = problem
		return s.showFor(c, status, i.Organisation, view)
	}
	s.keep(c, token)
	s.is(c, session)
	return s.goOn(c, session)
}

// showFirstPassword is the second step of who is new.
func (s *Server) showFirstPassword(c echo.Context, i accounts.InvitationView) error {
	return s.firstPasswordAgain(c, i, http.StatusOK, nil)
}

func (s *Server) firstPasswordAgain(c echo.Context, i accounts.InvitationView, status int, faults page.Faults) error {
	invitation, err := s.invitationView(c, i)
	if err != nil {
		return err
	}
	if invitation.Way != page.InvitationNew {
		return s.goTo(c, invitation.Action)
	}
	least, err := s.Accounts.LeastPassword(c.Request().Context(), i.Member.Person.ID)
	if err != nil {
		return err
	}
	return s.showFor(c, status, i.Organisation, page.NewPassword{
		Action: invitationPath(c) + "/password", Email: i.Member.Person.Email, Least: least, First: true, At: page.StepPassword, Faults: faults,
	})
}

// firstPassword chooses the password and accepts; then follows the second factor.
func (s *Server) firstPassword(c echo.Context, i accounts.InvitationView) error {
	invitation, err := s.invitationView(c, i)
	if err != nil {
		return err
	}
	if invitation.Way != page.InvitationNew { // else it would be taken for the password that there is
		return s.goTo(c, invitation.Action)
	}
	faults := passwordFaults(c)
	if faults.Failed() {
		return s.firstPasswordAgain(c, i, http.StatusUnprocessableEntity, faults)
	}
	session, token, err := s.SignIn.Accept(c.Request().Context(), s.visit(c), invitationToken(c), secret.Secret(form(c, "password")))
	if faults = refused(err); faults.Failed() {
		return s.firstPasswordAgain(c, i, http.StatusUnprocessableEntity, faults)
	}
	if errors.Is(err, accounts.ErrNotFound) {
		return s.oldInvitation(c)
	}
	if err != nil {
		return err
	}
	s.keep(c, token)
	s.is(c, session)
	if session.Level == signin.Password { // a second factor is there from another time
		return s.goOn(c, session)
	}
	return s.goTo(c, "/setup")
}
