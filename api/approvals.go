package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

type askJSON struct {
	User    userJSON `json:"user"`
	Context struct {
		IP        string `json:"ip"`
		UserAgent string `json:"user_agent"`
		Browser   string `json:"browser"`
	} `json:"context"`
	Confirm   string       `json:"confirm"`
	Message   string       `json:"message"`
	Details   []detailJSON `json:"details"`
	ExpiresIn *int         `json:"expires_in"`
}

type detailJSON struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

func (in askJSON) question() (approval.Question, error) {
	user, err := in.User.reference()
	if err != nil {
		return approval.Question{}, err
	}
	q := approval.Question{
		User: user, Confirm: approval.Confirm(in.Confirm), Message: in.Message,
		Context: approval.Context{IP: in.Context.IP, UserAgent: in.Context.UserAgent, Browser: in.Context.Browser},
	}
	if in.ExpiresIn != nil {
		if *in.ExpiresIn < 1 || *in.ExpiresIn > int(approval.MaximumLife/time.Second) {
			return q, invalidField("/expires_in", "must be 30 to 300 seconds")
		}
		q.Life = time.Duration(*in.ExpiresIn) * time.Second
	}
	for _, d := range in.Details {
		q.Details = append(q.Details, approval.Detail(d))
	}
	return q, nil
}

type askedJSON struct {
	ID        string         `json:"id"`
	Status    string         `json:"status"`
	Confirm   string         `json:"confirm"`
	Number    string         `json:"number,omitempty"`
	Methods   []string       `json:"methods"`
	CreatedAt string         `json:"created_at"`
	ExpiresAt string         `json:"expires_at"`
	Delivery  []deliveryJSON `json:"delivery"`
	EventsURL string         `json:"events_url"`
	Ticket    string         `json:"ticket"`
}

type deliveryJSON struct {
	Device  string `json:"device"`
	Channel string `json:"channel"`
	State   string `json:"state"`
	Reason  string `json:"reason,omitempty"`
}

type approvalJSON struct {
	Type        string         `json:"type"`
	ID          string         `json:"id"`
	Status      string         `json:"status"`
	Confirm     string         `json:"confirm"`
	ExpiresAt   string         `json:"expires_at"`
	Delivery    []deliveryJSON `json:"delivery"`
	DecidedAt   string         `json:"decided_at,omitempty"`
	Method      string         `json:"method,omitempty"`
	ReleaseCode string         `json:"release_code,omitempty"`
}

// outcomeJSON is what a phone, or a refused caller, is told of a request.
type outcomeJSON struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	DecidedAt string `json:"decided_at,omitempty"`
}

func (s *Server) askApproval(c echo.Context, a accounts.Application) error {
	var in askJSON
	if err := readKnown(c, &in); err != nil {
		return err
	}
	q, err := in.question()
	if err != nil {
		return err
	}
	if q.CreationKey, q.BodyHash, err = idempotency(c); err != nil {
		return err
	}
	asked, err := s.Approvals.Ask(c.Request().Context(), a, q)
	if err != nil {
		return err
	}
	note(c, "approval", asked.ID)
	out := askedJSON{
		ID: asked.ID, Status: string(asked.State), Confirm: string(asked.Confirm), Number: asked.Number.Reveal(),
		CreatedAt: timestamp(asked.Created), ExpiresAt: timestamp(asked.Expires), Delivery: toDelivery(asked.Deliveries),
		EventsURL: s.socketURL("/v1/approvals/" + asked.ID + "/events"), Ticket: asked.Ticket.Reveal(), Methods: make([]string, 0, len(asked.Methods)),
	}
	for _, m := range asked.Methods {
		out.Methods = append(out.Methods, string(m))
	}
	return c.JSON(http.StatusCreated, out)
}

func (s *Server) getApproval(c echo.Context, a accounts.Application) error {
	id := c.Param("id")
	return s.poll(c, approval.Topic(id), s.lookAtApproval(a.ID, id))
}

func (s *Server) approvalState(c echo.Context, h holder) error {
	return s.poll(c, approval.Topic(h.id), s.lookAtApproval(h.application.ID, h.id))
}

func (s *Server) approvalEvents(c echo.Context, h holder) error {
	return s.events(c, approval.Topic(h.id), h.ends, s.lookAtApproval(h.application.ID, h.id))
}

func (s *Server) lookAtApproval(applicationID, id string) func(context.Context) (state, error) {
	return func(ctx context.Context) (state, error) {
		view, err := s.Approvals.View(ctx, applicationID, id)
		if err != nil {
			return state{}, err
		}
		now := state{body: toApproval(view), final: view.State.Final(), answered: view.State != approval.Pending}
		if view.State == approval.Approved {
			now.approved, now.decided = view.ID, view.Decided
		}
		return now, nil
	}
}

func toApproval(view approval.View) approvalJSON {
	out := approvalJSON{
		Type: "approval", ID: view.ID, Status: string(view.State), Confirm: string(view.Confirm), ExpiresAt: timestamp(view.Expires),
		Delivery: toDelivery(view.Deliveries), Method: string(view.Method), ReleaseCode: view.ReleaseCode.Reveal(),
	}
	if !view.Decided.IsZero() {
		out.DecidedAt = timestamp(view.Decided)
	}
	return out
}

func toDelivery(deliveries []approval.Delivery) []deliveryJSON {
	out := make([]deliveryJSON, 0, len(deliveries))
	for _, d := range deliveries {
		out = append(out, deliveryJSON{d.Device, d.Channel, string(d.State), d.Reason})
	}
	return out
}

func (s *Server) cancelApproval(c echo.Context, a accounts.Application) error {
	if err := s.Approvals.Cancel(c.Request().Context(), a, c.Param("id")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (s *Server) resendApproval(c echo.Context, a accounts.Application) error {
	view, err := s.Approvals.Resend(c.Request().Context(), a, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, toApproval(view))
}

func (s *Server) sendCode(c echo.Context, a accounts.Application) error {
	var in struct {
		Method string `json:"method"`
	}
	if err := readKnown(c, &in); err != nil {
		return err
	}
	posted, err := s.Approvals.SendCode(c.Request().Context(), a, c.Param("id"), approval.Method(in.Method), accounts.TextLogin)
	if err != nil && !errors.Is(err, sms.ErrNoAnswer) { // without an answer the code counts if it arrives
		return err
	}
	return c.JSON(http.StatusAccepted, toCode(posted))
}

func (s *Server) verifyCode(c echo.Context, a accounts.Application) error {
	var in struct {
		Method string `json:"method"`
		Code   string `json:"code"`
	}
	if err := readKnown(c, &in); err != nil {
		return err
	}
	view, err := s.Approvals.Verify(c.Request().Context(), a, c.Param("id"), approval.Method(in.Method), secret.Secret(in.Code))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toApproval(view))
}

type releaseJSON struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	User   struct {
		ID      string `json:"id"`
		Email   string `json:"email"`
		Display string `json:"display"`
	} `json:"user"`
	Device    *deviceName `json:"device,omitempty"`
	Method    string      `json:"method"`
	DecidedAt string      `json:"decided_at"`
	Assertion string      `json:"assertion"`
}

func (s *Server) redeemApproval(c echo.Context, a accounts.Application) error {
	var in struct {
		ReleaseCode string `json:"release_code"`
	}
	if err := readKnown(c, &in); err != nil {
		return err
	}
	key, _, err := idempotency(c)
	if err != nil {
		return err
	}
	r, err := s.Approvals.Redeem(c.Request().Context(), approval.Redeeming{
		Application: a, RequestID: c.Param("id"), Code: secret.Secret(in.ReleaseCode), Key: key,
	})
	if err != nil {
		return err
	}
	out := releaseJSON{ID: r.ID, Status: string(r.State), Method: string(r.Method), DecidedAt: timestamp(r.Decided), Assertion: r.Assertion.Reveal()}
	out.User.ID, out.User.Email, out.User.Display = r.Member.ID, r.Member.Person.Email, r.Member.Person.Display
	if r.Device.ID != "" {
		out.Device = &deviceName{r.Device.Name, string(r.Device.Platform)}
	}
	return c.JSON(http.StatusOK, out)
}

// idempotency gives the caller's key, empty where there is none, and what identifies the
// request that it stands for.
func idempotency(c echo.Context) (key, hash string, err error) {
	key = c.Request().Header.Get("Idempotency-Key")
	if len(key) > 128 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", "", invalidField("Idempotency-Key", "must have 1 to 128 visible ASCII characters")
	}
	raw, err := body(c)
	if err != nil {
		return "", "", err
	}
	sum := sha256.Sum256(append([]byte(c.Path()+"\n"), raw...))
	return key, hex.EncodeToString(sum[:]), nil
}

func (s *Server) socketURL(path string) string {
	return "ws" + strings.TrimPrefix(s.Origin, "http") + path
}
