package api

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
)

type userJSON struct {
	ID    *string `json:"id"`
	Email *string `json:"email"`
}

func (u userJSON) reference() (accounts.UserReference, error) {
	switch {
	case u.ID != nil && u.Email == nil && *u.ID != "":
		return accounts.UserReference{ID: *u.ID}, nil
	case u.Email != nil && u.ID == nil && *u.Email != "":
		return accounts.UserReference{Email: *u.Email}, nil
	}
	return accounts.UserReference{}, invalidField("/user", "must have either email or id")
}

type openedPairingJSON struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	URL       string `json:"url"`
	QR        qrJSON `json:"qr"`
	ExpiresAt string `json:"expires_at"`
	EndsAt    string `json:"ends_at"`
	EventsURL string `json:"events_url"`
	Ticket    string `json:"ticket"`
}

type pairingJSON struct {
	Type      string      `json:"type"`
	ID        string      `json:"id"`
	Status    string      `json:"status"`
	ExpiresAt string      `json:"expires_at"`
	EndsAt    string      `json:"ends_at"`
	Device    *deviceName `json:"device,omitempty"`
	Number    string      `json:"number,omitempty"`
}

type deviceName struct {
	Name     string `json:"name"`
	Platform string `json:"platform"`
}

func (s *Server) openPairing(c echo.Context, a accounts.Application) error {
	if !a.MayEnrol {
		return errEnrol
	}
	var in struct {
		User userJSON `json:"user"`
	}
	if err := readKnown(c, &in); err != nil {
		return err
	}
	user, err := in.User.reference()
	if err != nil {
		return err
	}
	key, hash, err := idempotency(c)
	if err != nil {
		return err
	}
	shown, err := s.Pairings.Open(c.Request().Context(), pairing.Opening{
		OrganisationID: a.OrganisationID, Application: &a, User: user, CreationKey: key, BodyHash: hash,
	})
	if err != nil {
		return err
	}
	return s.answerShown(c, http.StatusCreated, shown)
}

func (s *Server) renewPairing(c echo.Context, a accounts.Application) error {
	shown, err := s.Pairings.Renew(c.Request().Context(), a, c.Param("id"))
	if err != nil {
		return err
	}
	return s.answerShown(c, http.StatusOK, shown)
}

func (s *Server) answerShown(c echo.Context, status int, shown pairing.Shown) error {
	qr, err := newQR(shown.URL.Reveal())
	if err != nil {
		return err
	}
	return c.JSON(status, openedPairingJSON{
		ID: shown.ID, Status: string(pairing.Open), URL: shown.URL.Reveal(), QR: qr,
		ExpiresAt: timestamp(shown.Expires), EndsAt: timestamp(shown.Ends),
		EventsURL: s.socketURL("/v1/pairings/" + shown.ID + "/events"), Ticket: shown.Ticket.Reveal(),
	})
}

func (s *Server) getPairing(c echo.Context, a accounts.Application) error {
	id := c.Param("id")
	return s.poll(c, pairing.Topic(id), s.lookAtPairing(a, id))
}

func (s *Server) pairingState(c echo.Context, h holder) error {
	return s.poll(c, pairing.Topic(h.id), s.lookAtPairing(h.application, h.id))
}

func (s *Server) pairingEvents(c echo.Context, h holder) error {
	return s.events(c, pairing.Topic(h.id), h.ends, s.lookAtPairing(h.application, h.id))
}

func (s *Server) lookAtPairing(a accounts.Application, id string) func(context.Context) (state, error) {
	return func(ctx context.Context) (state, error) {
		view, err := s.Pairings.View(ctx, a, id)
		if err != nil {
			return state{}, err
		}
		out := pairingJSON{
			Type: "pairing", ID: view.ID, Status: string(view.State), ExpiresAt: timestamp(view.Expires),
			EndsAt: timestamp(view.Ends), Number: view.Number.Reveal(),
		}
		if view.Device.ID != "" {
			out.Device = &deviceName{view.Device.Name, string(view.Device.Platform)}
		}
		final := view.Final(s.Now())
		return state{body: out, final: final, answered: final}, nil
	}
}

func (s *Server) confirmPairing(c echo.Context, a accounts.Application) error {
	var in struct {
		Code string `json:"code"`
	}
	if err := readKnown(c, &in); err != nil {
		return err
	}
	id := c.Param("id")
	if err := s.Pairings.Confirm(c.Request().Context(), a, id, secret.Secret(in.Code)); err != nil {
		return err
	}
	return s.poll(c, pairing.Topic(id), s.lookAtPairing(a, id))
}

func (s *Server) cancelPairing(c echo.Context, a accounts.Application) error {
	if err := s.Pairings.Cancel(c.Request().Context(), a, c.Param("id")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

type claimedJSON struct {
	DeviceID     string           `json:"device_id"`
	Status       string           `json:"status"`
	User         displayJSON      `json:"user"`
	Organisation organisationJSON `json:"organisation"`
	Server       struct {
		Origin string     `json:"origin"`
		JWKS   keySetJSON `json:"jwks"`
	} `json:"server"`
	TOTP struct {
		URI string `json:"uri"`
	} `json:"totp"`
}

type displayJSON struct {
	ID      string `json:"id"`
	Account string `json:"account"`
	Display string `json:"display"`
}

type organisationJSON struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (s *Server) claimPairing(c echo.Context) error {
	var in struct {
		Code  string `json:"code"`
		Claim string `json:"claim"`
	}
	if err := readAny(c, &in); err != nil {
		return err
	}
	claimed, err := s.Pairings.Claim(c.Request().Context(), secret.Secret(in.Code), in.Claim)
	if err != nil {
		return err
	}
	note(c, "device", claimed.Device.ID)
	out := claimedJSON{
		DeviceID: claimed.Device.ID, Status: deviceStatus(claimed.State),
		User:         displayJSON{claimed.Member.ID, claimed.Member.Person.ID, claimed.Member.Person.Display},
		Organisation: organisationJSON{claimed.Organisation.ID, claimed.Organisation.Name},
	}
	out.Server.Origin = s.Origin
	if out.Server.JWKS, err = s.keySet(); err != nil {
		return err
	}
	out.TOTP.URI = claimed.TOTP.Reveal()
	return c.JSON(http.StatusCreated, out)
}

// deviceStatus is how a phone that claimed a pairing stands.
func deviceStatus(p pairing.State) string {
	if p == pairing.AwaitingCode || p == pairing.AwaitingApproval {
		return string(p)
	}
	return "active"
}

// timestamp is RFC 3339 in UTC, in whole seconds.
func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
