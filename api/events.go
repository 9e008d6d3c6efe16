package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"
)

// eventsProtocol is the form of our messages; a page must ask for it.
const eventsProtocol = "aye.v1"

// upgrader makes WebSockets with a buffer for what pages send, pongs, and one from the pool
// for what they are told. The origin was checked before; here nothing is left to check.
var upgrader = websocket.Upgrader{
	ReadBufferSize: 128, WriteBufferSize: 512, WriteBufferPool: writeBuffers,
	HandshakeTimeout: readHeaderTime,
	// Only this one is echoed; the other that a page offers is its ticket.
	Subprotocols: []string{eventsProtocol},
	CheckOrigin:  func(*http.Request) bool { return true },
	Error:        func(http.ResponseWriter, *http.Request, int, error) {},
}

// room refuses who wants to wait while as many do as there is room for, before anything is looked at.
func (s *Server) room(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.Waiters > 0 && s.hub.waiting.Load() >= int64(s.Waiters) {
			return errFull
		}
		return next(c)
	}
}

// events turns the request into a WebSocket that waits. It returns as soon as the hub has
// the connection, so that the memory of the request is free while the page waits.
func (s *Server) events(c echo.Context, topic string, ends time.Time, look func(context.Context) (state, error)) error {
	if !websocket.IsWebSocketUpgrade(c.Request()) || !slices.Contains(websocket.Subprotocols(c.Request()), eventsProtocol) {
		c.Response().Header().Set(echo.HeaderUpgrade, "websocket")
		return errUpgrade
	}
	if s.draining.Load() {
		return errDraining
	}
	header := http.Header{echo.HeaderXRequestID: {c.Response().Header().Get(echo.HeaderXRequestID)}}
	conn, err := upgrader.Upgrade(c.Response(), c.Request(), header)
	if err != nil {
		var handshake websocket.HandshakeError
		if errors.As(err, &handshake) {
			c.Response().Header().Set(echo.HeaderUpgrade, "websocket")
			return errUpgrade
		}
		return nil // the connection is not ours any more
	}
	c.Response().Status = http.StatusSwitchingProtocols
	c.Response().Committed = true
	s.hub.attach(conn, topic, ends, look)
	return nil
}
