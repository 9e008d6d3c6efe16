package portal

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// Local is what becomes of an address that a person is to be sent to.
var Local = local

// TextsAbout is what a text message would be for on the way to a page.
var TextsAbout = textsAbout

// Worded tells whether there are words for an action of the audit log.
var Worded = worded

// Actions are all that have words.
func Actions() []string {
	var all []string
	for _, f := range families {
		all = append(all, f.actions...)
	}
	return all
}

// Routes are the method and path of every route.
func (s *Server) Routes() [][2]string {
	var all [][2]string
	for _, r := range s.routes() {
		all = append(all, [2]string{r.method, r.path})
	}
	return all
}

// TimeLimit is how long an answer of a route may take.
func (s *Server) TimeLimit(method, path string) time.Duration { return s.timeLimit(method, path) }

// AddTestPages adds pages behind each guard, and pages that fail.
func (s *Server) AddTestPages() {
	greet := func(c echo.Context, _ signin.Session) error {
		return s.show(c, http.StatusOK, page.Message{Title: page.Say("frame.apps"), Text: page.Say("frame.apps")})
	}
	s.texts["GET /test/texts"] = true
	left := func(c echo.Context) error {
		until, _ := c.Request().Context().Deadline()
		c.Response().Header().Set("Left", time.Until(until).String())
		return c.NoContent(http.StatusNoContent)
	}
	for path, h := range map[string]echo.HandlerFunc{
		"/test/begun": s.begun(greet), "/test/in": s.signedIn(greet), "/test/proven": s.signedIn(s.proven(greet)), "/test/manages": s.signedIn(s.manages(greet)),
		"/test/texts": left, "/test/ordinary": left,
		"/test/panic":       func(echo.Context) error { panic("boom") },
		"/test/broken":      func(echo.Context) error { return errors.New("the secret cause") },
		"/test/unavailable": func(echo.Context) error { return s.Unavailable },
		"/test/slow":        func(c echo.Context) error { <-c.Request().Context().Done(); return c.Request().Context().Err() },
	} {
		s.echo.GET(path, h)
		s.echo.POST(path, read(0, h))
	}
}
