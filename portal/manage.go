package portal

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// managed lets administrators and owners through.
func (s *Server) managed(next handler) echo.HandlerFunc { return s.signedIn(s.manages(next)) }

// carefully lets them through when they were proven within five minutes: who finds a browser open
// changes no rules, and makes nobody an administrator. Others prove themselves and come back to
// the same address; each that is posted to shows the form too.
func (s *Server) carefully(next handler) echo.HandlerFunc {
	return s.managed(func(c echo.Context, session signin.Session) error {
		if byTemporary(session) {
			return s.temporary(c)
		}
		if s.SignIn.Fresh(session) {
			return next(c, session)
		}
		if c.Request().Method != http.MethodGet {
			s.say(c, page.Info, "manage.proven-again")
		}
		return s.goTo(c, "/prove?next="+url.QueryEscape(c.Request().URL.Path))
	})
}

// lasting lets them through but who came in by a temporary code, which is for a day's work and invites nobody.
func (s *Server) lasting(next handler) echo.HandlerFunc {
	return s.managed(func(c echo.Context, session signin.Session) error {
		if byTemporary(session) {
			return s.temporary(c)
		}
		return next(c, session)
	})
}

// as are the accounts as the person of the session may use them.
func (s *Server) as(session signin.Session) *accounts.Service {
	return s.Accounts.As(accounts.Actor{ID: session.Member.ID, OrganisationID: session.OrganisationID, Role: session.Member.Role})
}

func (s *Server) manage(c echo.Context, _ signin.Session) error { return s.goTo(c, "/manage/people") }

// forbidden explains why somebody who manages may not do one thing.
func forbidden(err error) page.Text {
	var because *accounts.ForbiddenError
	if errors.As(err, &because) {
		switch because.Why {
		case accounts.OwnMembership:
			return page.Say("manage.person.why-self")
		case accounts.OwnersOnly:
			return page.Say("manage.person.why-owner")
		case accounts.LastOwner:
			return page.Say("manage.person.why-last")
		}
	}
	return page.Say("manage.person.why-forbidden")
}
