package portal

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/otp"
	"example.com/aye/pairing"
	"example.com/aye/portal/page"
	"example.com/aye/privacy"
	"example.com/aye/signin"
	"example.com/aye/sms"
	"example.com/aye/support"
)

// What can be wrong with a request before the domain sees it.
var (
	errPanic    = errors.New("panic")
	errForeign  = errors.New("another site's page sent this")
	errForm     = errors.New("this is no form that can be read")
	errTooLarge = errors.New("the form is too large")
)

// kinds is the one table from errors to the pages that say so; the first match counts. What a
// form can mend is not here: its handler says it beside the form.
var kinds = []struct {
	err    error
	status int
	kind   string
}{
	{errForeign, http.StatusForbidden, "foreign"},
	{errForm, http.StatusBadRequest, "form"},
	{errTooLarge, http.StatusRequestEntityTooLarge, "too-large"},
	{accounts.ErrForbidden, http.StatusForbidden, "forbidden"},
	{signin.ErrLevel, http.StatusForbidden, "forbidden"},
	{signin.ErrRecovering, http.StatusForbidden, "recovering"},
	{accounts.ErrRecovering, http.StatusForbidden, "recovering"},
	{signin.ErrNotFresh, http.StatusForbidden, "forbidden"},
	{accounts.ErrNotFound, http.StatusNotFound, "not-found"},
	{pairing.ErrNotFound, http.StatusNotFound, "not-found"},
	{approval.ErrNotFound, http.StatusNotFound, "not-found"},
	{devices.ErrUnknown, http.StatusNotFound, "not-found"},
	{otp.ErrNone, http.StatusNotFound, "not-found"},
	{sms.ErrNotFound, http.StatusNotFound, "not-found"},
	{sms.ErrDelayed, http.StatusTooManyRequests, "too-many"},
	{sms.ErrTries, http.StatusTooManyRequests, "too-many"},
	{sms.ErrNotOpen, http.StatusServiceUnavailable, "unavailable"},
	{sms.ErrVendor, http.StatusServiceUnavailable, "unavailable"},
	{sms.ErrNoAnswer, http.StatusServiceUnavailable, "unavailable"},
	{accounts.ErrDelayed, http.StatusTooManyRequests, "too-many"},
	{otp.ErrTooMany, http.StatusTooManyRequests, "too-many"},
	{pairing.ErrTooMany, http.StatusTooManyRequests, "too-many"},
	{support.ErrForbidden, http.StatusForbidden, "support"},
	{support.ErrRank, http.StatusForbidden, "rank"},
	{support.ErrNew, http.StatusForbidden, "new"},
	{support.ErrUnsigned, http.StatusForbidden, "unsigned"},
	{support.ErrFrozen, http.StatusForbidden, "frozen"},
	{support.ErrNotFound, http.StatusNotFound, "not-found"},
	{support.ErrLink, http.StatusNotFound, "link"},
	{support.ErrSame, http.StatusConflict, "same"},
	{support.ErrLive, http.StatusConflict, "live"},
	{support.ErrClosed, http.StatusConflict, "closed"},
	{support.ErrChannel, http.StatusConflict, "channel"},
	{support.ErrTooMany, http.StatusTooManyRequests, "too-many"},
	{alerts.ErrForbidden, http.StatusForbidden, "forbidden"},
	{alerts.ErrNoHook, http.StatusNotFound, "not-found"},
	{privacy.ErrForbidden, http.StatusForbidden, "forbidden"},
	{privacy.ErrLastOwner, http.StatusForbidden, "forbidden"},
	{privacy.ErrNotFound, http.StatusNotFound, "not-found"},
	{accounts.ErrBusy, http.StatusServiceUnavailable, "unavailable"},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, "unavailable"},
}

// problem answers an error with a page. What is not in the table is "internal", and only the log
// has what it was.
func (s *Server) problem(err error, c echo.Context) {
	ctx := c.Request().Context()
	if c.Response().Committed {
		return
	}
	if errors.Is(ctx.Err(), context.Canceled) { // who hung up needs no page
		c.Response().WriteHeader(statusHungUp)
		return
	}
	if errors.Is(err, signin.ErrNone) || errors.Is(err, signin.ErrReported) { // it ended in between
		if err = s.toLogin(c); err == nil {
			return
		}
	}
	status, view := s.judge(err, ctx.Err(), c)
	if status >= http.StatusInternalServerError {
		s.Log.ErrorContext(ctx, "page failed", slog.String("request_id", requestID(c)), slog.String("error", err.Error()))
	}
	if err := s.show(c, status, view); err != nil {
		s.Log.ErrorContext(ctx, "the page that says so failed too", slog.String("error", err.Error()))
		_ = c.NoContent(http.StatusInternalServerError)
	}
}

// statusHungUp is what the log calls a caller that did not wait, as nginx does.
const statusHungUp = 499

func (s *Server) judge(err, ended error, c echo.Context) (int, page.Problem) {
	err = errors.Join(err, ended)
	if s.Unavailable != nil && errors.Is(err, s.Unavailable) {
		err = errors.Join(err, context.DeadlineExceeded)
	}
	var web *echo.HTTPError
	if errors.As(err, &web) && (web.Code == http.StatusNotFound || web.Code == http.StatusMethodNotAllowed) {
		return http.StatusNotFound, page.Problem{Kind: "not-found"}
	}
	for _, row := range kinds {
		if !errors.Is(err, row.err) {
			continue
		}
		view := page.Problem{Kind: row.kind}
		switch row.status {
		case http.StatusTooManyRequests:
			view.Text = page.Say("problem.too-many.text-soon")
			if wait := s.wait(err); wait > 0 {
				view.Text = page.Say("problem.too-many.text", "Wait", wait)
				c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			}
		case http.StatusServiceUnavailable:
			c.Response().Header().Set(echo.HeaderRetryAfter, "5")
		}
		return row.status, view
	}
	return http.StatusInternalServerError, page.Problem{Kind: "internal", Text: page.Say("problem.internal.text", "Request", requestID(c))}
}

// wait is how long a person has to wait after too many tries; zero where nobody knows.
func (s *Server) wait(err error) time.Duration {
	var delayed *accounts.DelayError
	var tries *otp.TooManyError
	var texts *sms.DelayError
	var looks *support.TooManyError
	switch {
	case errors.As(err, &looks) && !looks.Until.IsZero():
		return max(looks.Until.Sub(s.Now()), time.Second)
	case errors.As(err, &texts):
		return max(texts.Until.Sub(s.Now()), time.Second)
	case errors.As(err, &delayed) && !delayed.Until.IsZero():
		return max(delayed.Until.Sub(s.Now()), time.Second)
	case errors.As(err, &tries) && !tries.Until.IsZero():
		return max(tries.Until.Sub(s.Now()), time.Second)
	}
	return 0
}

func requestID(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }
