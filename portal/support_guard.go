package portal

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/aye/approval"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/support"
)

// supports lets through who gives support: whose role is support or more, in a session that began with
// the person's own phone or authenticator app. A password alone, a text message, a recovery code or a code
// that support itself had sent helps nobody else into an account; who came so is told what to do.
func (s *Server) supports(next handler) echo.HandlerFunc {
	return s.signedIn(func(c echo.Context, session signin.Session) error {
		if !session.Member.Role.Privileged() {
			return support.ErrForbidden
		}
		if !own(session.Method) {
			return s.show(c, http.StatusForbidden, page.Message{
				Tone: page.Warn, Icon: "lock", Title: page.Say("desk.locked.title"), Text: page.Say("desk.locked.text"),
				Button: page.Say("desk.locked.button"), To: "/logout", Post: true, Other: page.Say("desk.locked.link"), OtherTo: "/security",
			})
		}
		err := next(c, session)
		if text := frozenText(err); text.ID != "" {
			return s.show(c, http.StatusForbidden, page.Message{
				Tone: page.Bad, Icon: "lock", Title: page.Say("problem.frozen.title"), Text: text, Button: page.Say("problem.back"), To: "/apps",
			})
		}
		return err
	})
}

// supportsCarefully lets them through when they were proven within five minutes, by phone or authenticator app: who finds a browser
// open opens no case, and approves none, and a recovery code or a text message that was taken from them does not either. Others prove
// themselves and come back to the same address; each that is posted to can be looked at too.
func (s *Server) supportsCarefully(next handler) echo.HandlerFunc {
	return s.supports(func(c echo.Context, session signin.Session) error {
		if s.provenToSupport(session) {
			return next(c, session)
		}
		if c.Request().Method != http.MethodGet {
			s.say(c, page.Info, "manage.proven-again")
		}
		return s.goTo(c, "/prove?next="+url.QueryEscape(c.Request().URL.Path))
	})
}

// provenToSupport tells whether the person was proven within five minutes well enough to help others.
func (s *Server) provenToSupport(session signin.Session) bool {
	return s.SignIn.Fresh(session) && own(session.ProvenBy)
}

// own tells whether the method is the person's own phone or authenticator app.
func own(method approval.Method) bool { return method == approval.Push || method == approval.TOTP }

// forSupport tells whether the address is one of support's.
func forSupport(path string) bool { return path == "/support" || strings.HasPrefix(path, "/support/") }

// desk is support as the person of the session may give it.
func (s *Server) desk(c echo.Context, session signin.Session) *support.Desk {
	return s.Support.As(support.Agent{
		OrganisationID: session.OrganisationID, MembershipID: session.Member.ID, Method: session.Method,
		IP: c.RealIP(), UserAgent: c.Request().UserAgent(), Browser: session.Browser,
	})
}
