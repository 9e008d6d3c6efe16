package portal

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// The cookies. On https their names begin with __Host-, so that no neighbouring site can set them.
const (
	sessionCookie  = "aye_session"
	browserCookie  = "aye_browser"
	languageCookie = "aye_language"
	noticeCookie   = "aye_notice"

	browserLife  = 400 * 24 * time.Hour // the longest that browsers keep one
	languageLife = 365 * 24 * time.Hour
	noticeLife   = time.Minute
)

// setCookie sets one for life; 0 ends with the browser.
func (s *Server) setCookie(c echo.Context, name, value string, life time.Duration) {
	if s.https {
		name = "__Host-" + name
	}
	c.SetCookie(&http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(life / time.Second), HttpOnly: true, Secure: s.https, SameSite: http.SameSiteLaxMode,
	})
}

func (s *Server) cookie(c echo.Context, name string) string {
	if s.https {
		name = "__Host-" + name
	}
	found, err := c.Cookie(name)
	if err != nil {
		return ""
	}
	return found.Value
}

// keep gives the browser a session's new token; an empty one says that the old one goes on.
func (s *Server) keep(c echo.Context, token secret.Secret) {
	if token != "" {
		s.setCookie(c, sessionCookie, token.Reveal(), 0)
	}
}

// forget takes the session's token from the browser.
func (s *Server) forget(c echo.Context) { s.setCookie(c, sessionCookie, "", -time.Second) }

// visit is what is known of the browser; one without a name of its own gets one.
func (s *Server) visit(c echo.Context) signin.Visit {
	browser := s.cookie(c, browserCookie)
	if len(browser) != len(secret.NewToken()) {
		browser = secret.NewToken().Reveal()
	}
	s.setCookie(c, browserCookie, browser, browserLife)
	return signin.Visit{IP: c.RealIP(), UserAgent: c.Request().UserAgent(), Browser: browser}
}

// origin has every row of the audit log that a request leads to say from where it came.
func (s *Server) origin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		c.SetRequest(r.WithContext(audit.WithOrigin(r.Context(), audit.Origin{IP: c.RealIP(), UserAgent: r.UserAgent()})))
		return next(c)
	}
}

// handler answers somebody with a session.
type handler func(c echo.Context, session signin.Session) error

// What a request knows of who asks.
const (
	sessionKey = "session"
	// dueKey is when a second factor begins to be asked of somebody who has none.
	dueKey = "due"
)

// anybody lets everybody through. A handler that wants to know looks with [Server.session].
func (s *Server) anybody(next echo.HandlerFunc) echo.HandlerFunc { return next }

// session is that of the browser, or [signin.ErrNone]. It is looked up once a request.
func (s *Server) session(c echo.Context) (signin.Session, error) {
	if kept, ok := c.Get(sessionKey).(signin.Session); ok {
		return kept, nil
	}
	token := s.cookie(c, sessionCookie)
	if token == "" {
		return signin.Session{}, signin.ErrNone
	}
	session, err := s.SignIn.Session(c.Request().Context(), secret.Secret(token))
	if err == nil {
		s.is(c, session)
	}
	return session, err
}

// is says which session this request belongs to, after it changed.
func (s *Server) is(c echo.Context, session signin.Session) { c.Set(sessionKey, session) }

// begun lets through who typed the right password, or came by a mailed link, and more. The
// handler looks itself what the session may do.
func (s *Server) begun(next handler) echo.HandlerFunc {
	return func(c echo.Context) error {
		session, err := s.session(c)
		if errors.Is(err, signin.ErrNone) {
			return s.toLogin(c)
		}
		if err != nil {
			return err
		}
		return next(c, session)
	}
}

// signedIn lets through who is in, with an organisation picked; others go where they go on.
func (s *Server) signedIn(next handler) echo.HandlerFunc {
	return s.begun(func(c echo.Context, session signin.Session) error {
		state, err := s.SignIn.State(c.Request().Context(), session)
		if err != nil {
			return err
		}
		if state.Step != signin.StepIn {
			return s.goOn(c, session)
		}
		c.Set(dueKey, state.NoticeFrom)
		return next(c, session)
	})
}

// proven lets through who typed the password and used the second factor within five minutes;
// others do so first and come back: s.signedIn(s.proven(s.security)).
func (s *Server) proven(next handler) handler {
	return func(c echo.Context, session signin.Session) error {
		if byTemporary(session) {
			return s.temporary(c)
		}
		if s.SignIn.Fresh(session) {
			return next(c, session)
		}
		back := c.Request().URL.Path
		if c.Request().Method != http.MethodGet { // what was sent is not sent again
			first, _, _ := strings.Cut(strings.TrimPrefix(back, "/"), "/")
			back = "/" + first
		}
		return s.goTo(c, "/prove?next="+url.QueryEscape(back))
	}
}

// manages lets through administrators and owners: s.signedIn(s.manages(s.people)).
func (s *Server) manages(next handler) handler {
	return func(c echo.Context, session signin.Session) error {
		if !manager(session) {
			return accounts.ErrForbidden
		}
		return next(c, session)
	}
}

func manager(session signin.Session) bool {
	return session.Member.Role == accounts.RoleAdministrator || session.Member.Role == accounts.RoleOwner
}

// goOn sends a person to what comes next.
func (s *Server) goOn(c echo.Context, session signin.Session) error {
	state, err := s.SignIn.State(c.Request().Context(), session)
	if err != nil {
		return err
	}
	switch state.Step {
	case signin.StepSecondFactor:
		return s.goTo(c, "/login/wait")
	case signin.StepSetup:
		return s.goTo(c, "/setup")
	case signin.StepNewPassword:
		return s.goTo(c, "/reset")
	case signin.StepPick:
		return s.goTo(c, "/organisations")
	case signin.StepIn:
		if session.Next != "" { // package signin takes only paths of ours
			return s.goTo(c, session.Next)
		}
		return s.goTo(c, "/apps")
	case signin.StepSignIn: // a factor stands now: this session is good for nothing more
		if err := s.SignIn.End(c.Request().Context(), session, session.ID); err != nil && !errors.Is(err, signin.ErrNone) {
			return err
		}
		s.forget(c)
	}
	return s.goTo(c, "/login")
}

// toLogin sends somebody without a session to log in, and back after it.
func (s *Server) toLogin(c echo.Context) error {
	if s.cookie(c, sessionCookie) != "" {
		s.say(c, page.Info, "login.ended")
	}
	path := "/login"
	if c.Request().Method == http.MethodGet && c.Request().URL.Path != "/login/wait" {
		path += "?next=" + url.QueryEscape(c.Request().URL.Path)
	}
	return s.goTo(c, path)
}

// local is the address when it is one of ours, else empty: nobody can make a link to us that
// leads to another site. Browsers take "//" and "/\" for another site.
func local(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") || len(next) > 512 {
		return ""
	}
	parsed, err := url.Parse(next)
	if err != nil || parsed.Host != "" || parsed.Scheme != "" {
		return ""
	}
	return next
}
