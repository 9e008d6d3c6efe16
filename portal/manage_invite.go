package portal

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

func inviting(session signin.Session) page.Invite {
	return page.Invite{
		Role: string(accounts.RoleMember), Roles: page.RoleChoices(session.Member.Role == accounts.RoleOwner), Languages: page.LanguageChoices(true),
	}
}

func (s *Server) showInvite(c echo.Context, session signin.Session) error {
	return s.show(c, http.StatusOK, inviting(session))
}

func (s *Server) invite(c echo.Context, session signin.Session) error {
	view := inviting(session)
	view.Name, view.Email = strings.TrimSpace(form(c, "name")), strings.TrimSpace(form(c, "email"))
	view.Role, view.Language = cmp.Or(form(c, "role"), view.Role), form(c, "language")
	person := accounts.Person{Email: view.Email, Display: view.Name, Locale: view.Language}
	_, err := s.as(session).Invite(c.Request().Context(), session.OrganisationID, person, accounts.Role(view.Role))
	status := http.StatusUnprocessableEntity
	switch {
	case errors.Is(err, accounts.ErrExists):
		view.Faults = page.Faults{"email": page.Say("manage.invite.exists")}
	case errors.Is(err, accounts.ErrForbidden):
		text := page.Say("manage.person.why-role")
		if view.Role != string(accounts.RoleOwner) { // then it is the role of before that stands in the way
			text = forbidden(err)
		}
		status, view.Problem = http.StatusForbidden, page.Notice{Tone: page.Bad, Text: text}
	case errors.Is(err, accounts.ErrDelayed):
		status, view.Problem = http.StatusTooManyRequests, page.Notice{Tone: page.Bad, Text: page.Say("problem.too-many.text", "Wait", s.wait(err))}
	case errors.Is(err, accounts.ErrInvalid):
		view.Faults = page.Faults{"name": page.Say("manage.invite.name-bad")}
		if _, bad := accounts.NormalEmail(view.Email); bad != nil {
			view.Faults = page.Faults{"email": page.Say("manage.invite.email-bad")}
		}
	case err != nil:
		return err
	default:
		s.say(c, page.Good, "manage.people.said-invited")
		return s.goTo(c, "/manage/people")
	}
	return s.show(c, status, view)
}

// inviteAgain mails another link to somebody who is invited.
func (s *Server) inviteAgain(c echo.Context, session signin.Session) error {
	m, err := s.member(c, session)
	if err != nil {
		return err
	}
	err = s.as(session).InviteAgain(c.Request().Context(), session.OrganisationID, m.ID)
	switch {
	case errors.Is(err, accounts.ErrExists): // it was accepted meanwhile, and the page says so
	case err != nil:
		return s.refused(c, session, m, err)
	default:
		s.say(c, page.Good, "manage.people.said-invited")
	}
	return s.goTo(c, "/manage/people/"+m.ID)
}
