package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/broker"
)

// maxWait is the longest long poll, in seconds.
const maxWait = 25

// state is what a page that waits is told.
type state struct {
	body any
	// final says that nothing more will come.
	final bool
	// answered says that the person has answered, so that a long poll need not wait.
	answered bool
}

// poll answers the state, with ?wait= at its next change.
func (s *Server) poll(c echo.Context, topic string, look func(context.Context) (state, error)) error {
	wait, err := waitParam(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	changed, hint := broker.Signal()
	cancel := func() {}
	if wait > 0 { // subscribed before the first look, so that no change falls between
		cancel = s.Broker.Subscribe(topic, hint)
		// The server's time limit for writing is for ordinary calls.
		_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(longPollTime))
	}
	defer cancel()
	now, err := look(ctx)
	if err != nil {
		return err
	}
	if wait > 0 && !now.answered {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-changed:
		case <-timer.C:
		case <-s.stopping:
		case <-ctx.Done():
			return ctx.Err()
		}
		if now, err = look(ctx); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, now.body)
}

func waitParam(c echo.Context) (time.Duration, error) {
	text := c.QueryParam("wait")
	if text == "" {
		return 0, nil
	}
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 1 || seconds > maxWait {
		return 0, invalidField("wait", "must be 1 to 25 seconds")
	}
	return time.Duration(seconds) * time.Second, nil
}
