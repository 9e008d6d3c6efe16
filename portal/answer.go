package portal

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/portal/locales"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
)

// The headers between a page that waits and the server.
const (
	partHeader     = "Aye-Part"
	locationHeader = "Aye-Location"
)

// show answers with a page.
func (s *Server) show(c echo.Context, status int, view page.View) error {
	return s.showIn(c, status, s.frame(c), view)
}

// showFor answers somebody without a session with an organisation's page: an invitation.
func (s *Server) showFor(c echo.Context, status int, o accounts.Organisation, view page.View) error {
	frame := s.frame(c)
	frame.Organisation = lookOf(o)
	return s.showIn(c, status, frame, view)
}

func (s *Server) showIn(c echo.Context, status int, frame page.Frame, view page.View) error {
	draw := s.pages.Render
	if inPart(c) {
		draw = s.pages.RenderMain
	} else {
		frame.Notice = s.said(c)
		frame.Several = status < http.StatusInternalServerError && frame.In && s.several(c)
	}
	var out bytes.Buffer
	if err := draw(&out, frame, view); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
	h.Set("Content-Language", frame.Locale)
	h.Set(echo.HeaderVary, "Accept-Language, Cookie, "+partHeader)
	c.Response().WriteHeader(status)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	_, err := out.WriteTo(c.Response())
	return err
}

// inPart tells whether a page that is open looks again.
func inPart(c echo.Context) bool {
	return c.Request().Method == http.MethodGet && c.Request().Header.Get(partHeader) == "main"
}

// goTo sends the browser to another page of ours; one that waits goes there by its script.
func (s *Server) goTo(c echo.Context, path string) error {
	if inPart(c) {
		c.Response().Header().Set(locationHeader, path)
		return c.NoContent(http.StatusNoContent)
	}
	return c.Redirect(http.StatusSeeOther, path)
}

// say has the next page say the text with the id, which has no gaps. It travels in a cookie, so
// that nobody can make a link to us that says something.
func (s *Server) say(c echo.Context, tone page.Tone, id string) {
	s.setCookie(c, noticeCookie, string(tone)+":"+id, noticeLife)
}

func (s *Server) said(c echo.Context) page.Notice {
	kept := s.cookie(c, noticeCookie)
	if kept == "" {
		return page.Notice{}
	}
	s.setCookie(c, noticeCookie, "", -1)
	tone, id, _ := strings.Cut(kept, ":")
	if !s.pages.Says(id) {
		return page.Notice{}
	}
	return page.Notice{Tone: page.Tone(tone), Text: page.Say(id)}
}

// frame is what stands around the page, by what is known of who asks for it.
func (s *Server) frame(c echo.Context) page.Frame {
	session, _ := c.Get(sessionKey).(signin.Session)
	f := page.Frame{Locale: s.locale(c), Path: c.Request().URL.Path}
	f.Organisation = lookOf(session.Organisation)
	if !session.In() {
		return f
	}
	f.Person, f.Email = session.Member.Person.Display, session.Member.Person.Email
	f.In = session.OrganisationID != ""
	f.Manages = f.In && manager(session)
	f.Supports = f.In && session.Member.Role.Privileged()
	f.Temporary = f.In && session.Method == approval.Temporary
	f.Due, _ = c.Get(dueKey).(time.Time)
	f.TextsEnd, _ = c.Get(textsEndKey).(time.Time)
	if !f.In { // the organisation is only the one in whose name the phone was asked
		f.Organisation = page.Organisation{}
	}
	return f
}

// several tells whether there is another organisation to go to.
func (s *Server) several(c echo.Context) bool {
	session, err := s.session(c)
	if err != nil {
		return false
	}
	choices, err := s.SignIn.Organisations(c.Request().Context(), session)
	return err == nil && len(choices) > 1
}

// locale is the chosen language, else the person's, else the browser's.
func (s *Server) locale(c echo.Context) string {
	if chosen := s.cookie(c, languageCookie); locales.Has(chosen) {
		return chosen
	}
	if session, ok := c.Get(sessionKey).(signin.Session); ok && locales.Has(session.Member.Person.Locale) {
		return session.Member.Person.Locale
	}
	return locales.Match(c.Request().Header.Get("Accept-Language"))
}

// chooseLanguage keeps the language in the browser, and for the mails and the phone of who is
// logged in.
func (s *Server) chooseLanguage(c echo.Context) error {
	chosen := form(c, "language")
	if locales.Has(chosen) {
		s.setCookie(c, languageCookie, chosen, languageLife)
		if session, err := s.session(c); err == nil && session.In() {
			if err := s.Accounts.SetLocale(c.Request().Context(), session.PersonID, chosen); err != nil {
				return err
			}
		}
	}
	if next := local(form(c, "next")); next != "" {
		return s.goTo(c, next)
	}
	return s.goTo(c, "/")
}

// form is a field of what was sent, never of the address.
func form(c echo.Context, name string) string { return c.Request().PostForm.Get(name) }
