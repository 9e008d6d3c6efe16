package api

import (
	"bytes"
	"context"
	"encoding/json"
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
	// approved is the request that was, at the time decided; empty for all else.
	approved string
	decided  time.Time
}

// released tells that a page, or an application, that waited was told of the approval. One that
// came later was not kept waiting by us.
func (s *Server) released(ctx context.Context, now state) {
	if now.approved != "" {
		s.Observe.Released(ctx, now.approved, now.decided, s.Now())
	}
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
		if now, err = s.change(ctx, now, wait, changed, look); err != nil {
			return err
		}
		if err = c.JSON(http.StatusOK, now.body); err == nil {
			s.released(ctx, now)
		}
		return err
	}
	return c.JSON(http.StatusOK, now.body)
}

// change gives the state when it is another one than before, or the time is over. A hint says only
// "look": there are more of them than changes.
func (s *Server) change(ctx context.Context, before state, wait time.Duration, changed <-chan struct{}, look func(context.Context) (state, error)) (state, error) {
	said, err := json.Marshal(before.body)
	if err != nil {
		return state{}, err
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		over := true
		select {
		case <-changed:
			over = false
		case <-timer.C:
		case <-s.stopping:
		case <-ctx.Done():
			return state{}, ctx.Err()
		}
		now, err := look(ctx)
		if err != nil || over {
			return now, err
		}
		if found, err := json.Marshal(now.body); err != nil || !bytes.Equal(found, said) {
			return now, err
		}
	}
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
