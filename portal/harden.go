package portal

import (
	"context"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/internal/observe"
	"example.com/aye/internal/secret"
)

// everywhere are the headers of every answer.
func (s *Server) everywhere() map[string]string {
	events := "ws" + strings.TrimPrefix(s.Origin, "http") // older Safari does not count it to 'self'
	all := map[string]string{
		echo.HeaderContentSecurityPolicy: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' " + events +
			"; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		echo.HeaderXContentTypeOptions: "nosniff",
		// Addresses with a mailed token in them stay here. Not no-referrer: with it, browsers
		// send "Origin: null" with our own forms.
		echo.HeaderReferrerPolicy:      "same-origin",
		"Permissions-Policy":           "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=(), publickey-credentials-get=()",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		echo.HeaderCacheControl:        "no-store",
	}
	if s.https {
		all[echo.HeaderStrictTransportSecurity] = "max-age=31536000; includeSubDomains"
	}
	return all
}

// observe gives each request an id, a time limit, a line in the log, and a place in the metrics and
// traces. All of them have the route and not the address as it was called: tokens stand in addresses.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := s.Now()
		id := secret.NewID("req")
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		ctx, call := s.calls.Begin(c.Request().Context(), start)
		defer s.calls.Leave()
		ctx, cancel := context.WithTimeout(ctx, s.timeLimit(c.Request().Method, c.Path()))
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		if err := next(c); err != nil {
			c.Error(err)
		}
		route := c.Path()
		if route == "" {
			route = "none"
		}
		took := s.Now().Sub(start)
		s.calls.End(call, observe.Ended{ID: id, Method: method(c.Request().Method), Route: route, Status: c.Response().Status, Took: took})
		s.Log.LogAttrs(ctx, slog.LevelInfo, "request", slog.String("request_id", id), slog.String("method", method(c.Request().Method)),
			slog.String("route", route), slog.Int("status", c.Response().Status), slog.Duration("took", took), slog.String("ip", c.RealIP()))
		return nil
	}
}

// timeLimit is how long an answer of the route may take.
func (s *Server) timeLimit(method, path string) time.Duration {
	if s.texts[method+" "+path] {
		return textTime
	}
	return answerTime
}

// method keeps made-up methods out of the log.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodPost, http.MethodHead:
		return m
	}
	return "other"
}

// harden sets the headers, and turns a panic into an error.
func (s *Server) harden(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if r := recover(); r != nil {
				if cause, _ := r.(error); errors.Is(cause, http.ErrAbortHandler) {
					panic(r)
				}
				s.Log.ErrorContext(c.Request().Context(), "panic", slog.Any("value", r))
				err = errPanic
			}
		}()
		h := c.Response().Header()
		// net/http goes by the chunks where a length stands beside them, and no longer tells; a proxy in front may have gone by
		// the length. So nothing that stands behind such a body is taken for a request (RFC 9112 section 6.1).
		if len(c.Request().TransferEncoding) > 0 {
			h.Set(echo.HeaderConnection, "close")
		}
		for name, value := range s.headers {
			h.Set(name, value)
		}
		return next(c)
	}
}

// ownPagesOnly refuses what another site's page sends.
func (s *Server) ownPagesOnly(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := s.foreign.Check(c.Request()); err != nil {
			return errors.Join(errForeign, err)
		}
		return next(c)
	}
}

// read reads the form before the handler does: net/http gives an empty form where one is too
// large or broken, and empty must not be mistaken for what somebody meant.
func read(most int64, next echo.HandlerFunc) echo.HandlerFunc {
	if most == 0 {
		most = maxBody
	}
	return func(c echo.Context) error {
		r := c.Request()
		if r.Method != http.MethodPost {
			return next(c)
		}
		r.Body = http.MaxBytesReader(c.Response(), r.Body, most)
		var err error
		switch kind, _, _ := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType)); kind {
		case echo.MIMEApplicationForm:
			err = r.ParseForm()
		case echo.MIMEMultipartForm:
			err = r.ParseMultipartForm(most)
		default:
			if r.ContentLength != 0 {
				return errForm
			}
		}
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return errTooLarge
		}
		if err != nil {
			return errForm
		}
		return next(c)
	}
}
