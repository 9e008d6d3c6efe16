package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/jws"
	"example.com/aye/internal/observe"
	"example.com/aye/internal/secret"
	"example.com/aye/internal/strictjson"
)

// application finds out which application calls, by HTTP Basic (RFC 6749 section 2.3.1).
func (s *Server) application(next func(echo.Context, accounts.Application) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		id, clientSecret, ok := c.Request().BasicAuth()
		if !ok {
			return accounts.ErrCredentials
		}
		application, err := s.Accounts.Authenticate(c.Request().Context(), id, secret.Secret(clientSecret))
		if err != nil {
			return err
		}
		note(c, "application", application.ID)
		observe.From(c.Request().Context(), c.Request().Header["Traceparent"])
		return next(c, application)
	}
}

// A proof can be repeated where nothing changes; else it works once.
const (
	repeatable = false
	once       = true
)

// device finds out which phone calls, by the proof it made for this call.
func (s *Server) device(changes bool, next func(echo.Context, devices.Device) error) echo.HandlerFunc {
	return s.proof(changes, false, next)
}

// removedDevice is [Server.device] that lets a phone through too which a support case removed: whoever had it at hand all the time
// can still say "this was not me", and nothing else.
func (s *Server) removedDevice(changes bool, next func(echo.Context, devices.Device) error) echo.HandlerFunc {
	return s.proof(changes, true, next)
}

func (s *Server) proof(changes, removed bool, next func(echo.Context, devices.Device) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		request := c.Request()
		proof, ok := strings.CutPrefix(request.Header.Get(echo.HeaderAuthorization), "Bearer ")
		if !ok || len(proof) > jws.MaxSize { // none is that long, so not even the body is read
			return devices.ErrProof
		}
		body, err := body(c)
		if err != nil {
			return err
		}
		device, err := s.Devices.Authenticate(request.Context(), devices.Call{
			Proof: proof, Method: request.Method, URL: s.Origin + request.URL.EscapedPath(), Body: body, Changes: changes, Removed: removed,
		})
		if errors.Is(err, devices.ErrUseNonce) {
			c.Response().Header().Set("Aye-Nonce", s.Devices.Nonce())
		}
		if err != nil {
			return err
		}
		note(c, "device", device.ID)
		return next(c, device)
	}
}

// holder is who waits with a ticket.
type holder struct {
	// id is of the request or pairing.
	id          string
	application accounts.Application
	// ends is when what is waited for ends at the latest.
	ends time.Time
}

// ticket lets through who holds the ticket of what the address names, on a page of an
// origin that the application allows. The ticket is looked at before the database is:
// who has none learns not even whether the id exists.
func (s *Server) ticket(find func(echo.Context, string, secret.Secret) (holder, error), next func(echo.Context, holder) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Param("id")
		h, err := find(c, id, presentedTicket(c.Request()))
		if err != nil {
			return err
		}
		// A missing Origin is refused too: browsers send it on every call that this is for.
		origin := c.Request().Header.Get(echo.HeaderOrigin)
		if !h.application.Allows(origin) {
			return errOrigin
		}
		allowOrigin(c, origin)
		note(c, "application", h.application.ID)
		return next(c, h)
	}
}

const ticketProtocol = "aye.ticket."

func presentedTicket(r *http.Request) secret.Secret {
	if ticket, ok := strings.CutPrefix(r.Header.Get(echo.HeaderAuthorization), "Ticket "); ok {
		return secret.Secret(ticket)
	}
	for _, line := range r.Header.Values("Sec-Websocket-Protocol") {
		for offered := range strings.SplitSeq(line, ",") {
			if ticket, ok := strings.CutPrefix(strings.TrimSpace(offered), ticketProtocol); ok {
				return secret.Secret(ticket)
			}
		}
	}
	return ""
}

func (s *Server) approvalTicket(c echo.Context, id string, ticket secret.Secret) (holder, error) {
	if !s.Approvals.Holds(id, ticket) {
		return holder{}, errTicket
	}
	r, err := s.Approvals.Find(c.Request().Context(), id)
	if err != nil {
		return holder{}, err
	}
	application, err := s.Accounts.Applications.Application(c.Request().Context(), r.ApplicationID)
	if application.Kind == accounts.KindPortal {
		application.Origins = s.own().Origins
	}
	return holder{id, application, r.Expires.Add(approval.RedeemLife)}, err
}

func (s *Server) pairingTicket(c echo.Context, id string, ticket secret.Secret) (holder, error) {
	if !s.Pairings.Holds(id, ticket) {
		return holder{}, errTicket
	}
	p, err := s.Pairings.Find(c.Request().Context(), id)
	if err != nil {
		return holder{}, err
	}
	if p.ApplicationID == "" { // the person opened it on our own page, or the operator did
		return holder{id, s.own(), p.Ends}, nil
	}
	application, err := s.Accounts.Applications.Application(c.Request().Context(), p.ApplicationID)
	return holder{id, application, p.Ends}, err
}

// own stands for Aye's own pages: they live at no origin but ours.
func (s *Server) own() accounts.Application {
	return accounts.Application{Origins: []string{s.Origin}}
}

// anyOrigin is for addresses whose real answer checks the origin: a preflight tells nothing.
var anyOrigin = []string{"*"}

// preflight answers what a browser asks before a call from another origin.
func (s *Server) preflight(origins []string) echo.HandlerFunc {
	return func(c echo.Context) error {
		origin := c.Request().Header.Get(echo.HeaderOrigin)
		if origin == "" || (!slices.Contains(origins, origin) && !slices.Contains(origins, "*")) {
			return errOrigin
		}
		allowOrigin(c, origin)
		h := c.Response().Header()
		h.Set(echo.HeaderAccessControlAllowMethods, "GET, POST, PATCH, DELETE")
		h.Set(echo.HeaderAccessControlAllowHeaders, "Authorization, Content-Type")
		h.Set(echo.HeaderAccessControlMaxAge, "600")
		return c.NoContent(http.StatusNoContent)
	}
}

// phonePage lets a phone that lives in a browser read the answers, at the origins that the
// operator named. No cookie is involved: the proof alone is what counts.
func (s *Server) phonePage(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if origin := c.Request().Header.Get(echo.HeaderOrigin); slices.Contains(s.PhoneOrigins, origin) {
			allowOrigin(c, origin)
		}
		return next(c)
	}
}

func allowOrigin(c echo.Context, origin string) {
	h := c.Response().Header()
	h.Set(echo.HeaderAccessControlAllowOrigin, origin)
	h.Add(echo.HeaderVary, echo.HeaderOrigin)
	h.Set(echo.HeaderAccessControlExposeHeaders, "Aye-Nonce, Date, Retry-After, X-Request-Id")
}

const bodyKey = "body"

// body reads the body once; the proof of a call is over its bytes.
func body(c echo.Context) ([]byte, error) {
	if kept, ok := c.Get(bodyKey).([]byte); ok {
		return kept, nil
	}
	raw, err := io.ReadAll(http.MaxBytesReader(c.Response(), c.Request().Body, maxBody))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, errTooLarge
		}
		return nil, errBody
	}
	c.Set(bodyKey, raw)
	return raw, nil
}

// readKnown reads what an application sent; a field it made up is an error that it should see.
func readKnown(c echo.Context, into any) error { return read(c, into, strictjson.DecodeKnown) }

// readAny reads what a phone sent; apps outlive servers, so unknown fields are ignored.
func readAny(c echo.Context, into any) error { return read(c, into, strictjson.Decode) }

func read(c echo.Context, into any, decode func([]byte, any) error) error {
	kind, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEApplicationJSON || c.Request().Header.Get(echo.HeaderContentEncoding) != "" {
		return errMediaType
	}
	raw, err := body(c)
	if err != nil {
		return err
	}
	if err := decode(raw, into); err != nil {
		return notJSON(err)
	}
	return nil
}
