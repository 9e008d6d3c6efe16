package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/internal/observe"
	"example.com/aye/internal/secret"
)

const notesKey = "notes"

// note adds to the log line of this request. Never a secret, a name or an address.
func note(c echo.Context, key, value string) {
	notes, _ := c.Get(notesKey).([]slog.Attr)
	c.Set(notesKey, append(notes, slog.String(key, value)))
}

// observe gives each request an id, a line in the log, and a place in the metrics and traces. All
// of them have the route and not the address as it was called.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := s.Now()
		id := secret.NewID("req")
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		ctx, call := s.calls.Begin(c.Request().Context(), start)
		defer s.calls.Leave()
		ctx, cancel := context.WithTimeout(ctx, timeLimit(c))
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		if err := next(c); err != nil {
			c.Error(err)
		}
		took, status, route := s.Now().Sub(start), c.Response().Status, c.Path()
		if route == "" {
			route = "none"
		}
		s.calls.End(call, observe.Ended{
			ID: id, Method: method(c.Request().Method), Route: route, Status: status, Took: took,
			Waited: c.QueryParam("wait") != "" || status == http.StatusSwitchingProtocols,
		})
		if s.Log.Enabled(c.Request().Context(), slog.LevelInfo) {
			s.logLine(c, id, route, status, took)
		}
		return nil
	}
}

// timeLimit ends a call before the connection's own time limits do, so that its caller gets
// an answer.
func timeLimit(c echo.Context) time.Duration {
	switch {
	case waitsForVendor[c.Request().Method+" "+c.Path()]:
		return textTime
	case c.QueryParam("wait") != "":
		return longPollTime - answerTime
	}
	return answerTime
}

func (s *Server) logLine(c echo.Context, id, route string, status int, took time.Duration) {
	attrs := []slog.Attr{
		slog.String("request_id", id), slog.String("method", method(c.Request().Method)), slog.String("route", route),
		slog.Int("status", status), slog.Duration("took", took), slog.String("ip", c.RealIP()),
	}
	notes, _ := c.Get(notesKey).([]slog.Attr)
	s.Log.LogAttrs(c.Request().Context(), slog.LevelInfo, "request", append(attrs, notes...)...)
}

// method keeps made-up methods out of the metrics' labels.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodHead, http.MethodPut:
		return m
	}
	return "other"
}

// harden sets the headers that every answer has, and turns a panic into an error.
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
		h.Set(echo.HeaderXContentTypeOptions, "nosniff")
		h.Set(echo.HeaderCacheControl, "no-store")
		h.Set(echo.HeaderReferrerPolicy, "no-referrer")
		h.Set(echo.HeaderContentSecurityPolicy, "default-src 'none'; frame-ancestors 'none'")
		return next(c)
	}
}

var errPanic = errors.New("panic")
