package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

// textManager is an application that manages the text messages of its own organisation. The
// permission was read at this very call.
type textManager struct{ application accounts.Application }

// MayManage is nil for the application's own organisation.
func (m textManager) MayManage(_ context.Context, organisationID string) error {
	if !m.application.MayManageTexts || organisationID == "" || organisationID != m.application.OrganisationID {
		return accounts.ErrForbidden
	}
	return nil
}

// By is how the audit log names the application.
func (m textManager) By() string { return m.application.ID }

// texts lets through an application that may manage text messages, with what it may use.
func (s *Server) texts(next func(echo.Context, accounts.Application, *sms.Service) error) echo.HandlerFunc {
	return s.application(func(c echo.Context, a accounts.Application) error {
		if !a.MayManageTexts {
			return errTexts
		}
		// What is managed is written down with where it came from; the calls of each login are not.
		request := c.Request()
		c.SetRequest(request.WithContext(audit.WithOrigin(request.Context(), audit.Origin{IP: c.RealIP(), UserAgent: request.UserAgent()})))
		return next(c, a, s.SMS.As(textManager{a}))
	})
}

// waitsForVendor are the routes that wait for a vendor of text messages; see textTime.
var waitsForVendor = map[string]bool{
	http.MethodPost + " /v1/approvals/:id/codes":   true,
	http.MethodPost + " /v1/sms-providers":         true,
	http.MethodPatch + " /v1/sms-providers/:id":    true,
	http.MethodPost + " /v1/sms-drafts/:id/resend": true,
}

type smsProviderJSON struct {
	ID          string       `json:"id"`
	Kind        string       `json:"kind"`
	Description string       `json:"description"`
	Sender      string       `json:"sender"`
	KeyEnd      string       `json:"key_end"`
	Reports     bool         `json:"reports"`
	ReportURL   string       `json:"report_url"`
	Active      bool         `json:"active"`
	Trouble     *troubleJSON `json:"trouble,omitempty"`
	CreatedAt   string       `json:"created_at"`
	ProvenAt    string       `json:"proven_at"`
}

type troubleJSON struct {
	Reason string `json:"reason"`
	Since  string `json:"since"`
}

func (s *Server) toSMSProvider(p sms.Provider) smsProviderJSON {
	out := smsProviderJSON{
		ID: p.ID, Kind: string(p.Kind), Description: p.Description, Sender: p.Sender, KeyEnd: p.KeyEnd, Reports: p.Signed, ReportURL: s.SMS.ReportAddress(p.ID),
		Active: p.Active, CreatedAt: timestamp(p.Created), ProvenAt: timestamp(p.Proven),
	}
	if p.Trouble != "" {
		out.Trouble = &troubleJSON{string(p.Trouble), timestamp(p.TroubleAt)}
	}
	return out
}

// codeJSON is what is told of a code on its way.
type codeJSON struct {
	To        string `json:"to"`
	State     string `json:"state"`
	SentAt    string `json:"sent_at"`
	ExpiresAt string `json:"expires_at"`
	NextAt    string `json:"next_at"`
}

func toCode(p sms.Posted) codeJSON {
	return codeJSON{p.Masked, string(p.State), timestamp(p.At), timestamp(p.Until), timestamp(p.Next)}
}

// expectedJSON is about what logging in will cost.
type expectedJSON struct {
	Country  string `json:"country"`
	Currency string `json:"currency"`
	Each     string `json:"each"`
	// Source is vendor, configuration or guess.
	Source string `json:"source"`
	Logins int    `json:"logins"`
	Month  string `json:"month"`
}

func toExpected(e sms.Expected) expectedJSON {
	out := expectedJSON{Country: e.Country, Currency: e.Currency, Each: e.Each.String(), Source: "configuration", Logins: e.Logins, Month: e.Month.String()}
	switch {
	case e.Reported:
		out.Source = "vendor"
	case !e.Known:
		out.Source = "guess"
	}
	return out
}

type smsDraftJSON struct {
	ID          string       `json:"id"`
	Provider    string       `json:"provider,omitempty"`
	Kind        string       `json:"kind"`
	Description string       `json:"description"`
	Sender      string       `json:"sender"`
	KeyEnd      string       `json:"key_end"`
	ReportURL   string       `json:"report_url"`
	Code        codeJSON     `json:"code"`
	Expected    expectedJSON `json:"expected"`
}

// answerDraft tells what is not in use yet, and of the code that went out. That the vendor did not
// answer is no error: the code counts if it arrives.
func (s *Server) answerDraft(c echo.Context, texts *sms.Service, d sms.Draft, err error) error {
	if err != nil && (!errors.Is(err, sms.ErrNoAnswer) || d.ID == "") {
		return err
	}
	ctx := c.Request().Context()
	posted, err := texts.LastCode(ctx, d.ID)
	if err != nil {
		return err
	}
	expected, err := texts.Expect(ctx, d.OrganisationID, accounts.CountryOf(d.To))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, smsDraftJSON{
		ID: d.ID, Provider: d.ProviderID, Kind: string(d.Kind), Description: d.Description, Sender: d.Sender, KeyEnd: d.KeyEnd,
		ReportURL: s.SMS.ReportAddress(cmp.Or(d.ProviderID, d.ID)), Code: toCode(posted), Expected: toExpected(expected),
	})
}

// administrator finds who gets the code. The draft is the application's: what it began in the
// name of one person, nobody else ends.
func (s *Server) administrator(ctx context.Context, a accounts.Application, user userJSON) (sms.Administrator, error) {
	reference, err := user.reference()
	if err != nil {
		return sms.Administrator{}, invalidField("/administrator", "must have either email or id")
	}
	m, err := s.Accounts.Member(ctx, a.OrganisationID, reference)
	if err != nil {
		return sms.Administrator{}, err
	}
	if m.Role != accounts.RoleAdministrator && m.Role != accounts.RoleOwner {
		return sms.Administrator{}, invalidField("/administrator", "must be an administrator or owner with a proven phone number")
	}
	return sms.Administrator{ID: a.ID, PersonID: m.Person.ID, Number: m.Person.Number, Locale: m.Person.Locale}, nil
}

func (s *Server) beginSMSProvider(c echo.Context, a accounts.Application, texts *sms.Service) error {
	var in struct {
		Description   string   `json:"description"`
		Sender        string   `json:"sender"`
		Key           string   `json:"key"`
		SigningKey    string   `json:"signing_key"`
		Administrator userJSON `json:"administrator"`
	}
	if err := readKnown(c, &in); err != nil {
		return err
	}
	ctx := c.Request().Context()
	by, err := s.administrator(ctx, a, in.Administrator)
	if err != nil {
		return err
	}
	draft, err := texts.Begin(ctx, sms.Setup{
		OrganisationID: a.OrganisationID, Description: in.Description, Sender: in.Sender, Key: secret.Secret(in.Key), Signing: secret.Secret(in.SigningKey), By: by,
	})
	return s.answerDraft(c, texts, draft, err)
}

func (s *Server) changeSMSProvider(c echo.Context, a accounts.Application, texts *sms.Service) error {
	var in struct {
		Description   *string  `json:"description"`
		Sender        *string  `json:"sender"`
		Key           string   `json:"key"`
		SigningKey    *string  `json:"signing_key"`
		Administrator userJSON `json:"administrator"`
	}
	if err := readKnown(c, &in); err != nil {
		return err
	}
	ctx := c.Request().Context()
	p, err := texts.Provider(ctx, a.OrganisationID, c.Param("id"))
	if err != nil {
		return err
	}
	by, err := s.administrator(ctx, a, in.Administrator)
	if err != nil {
		return err
	}
	setup := sms.Setup{OrganisationID: a.OrganisationID, ProviderID: p.ID, Description: p.Description, Sender: p.Sender, Key: secret.Secret(in.Key), By: by}
	if in.Description != nil {
		setup.Description = *in.Description
	}
	if in.Sender != nil {
		setup.Sender = *in.Sender
	}
	if in.SigningKey != nil {
		setup.Signing, setup.NoSigning = secret.Secret(*in.SigningKey), *in.SigningKey == ""
	}
	draft, err := texts.Begin(ctx, setup)
	return s.answerDraft(c, texts, draft, err)
}

func (s *Server) resendSMSDraft(c echo.Context, a accounts.Application, texts *sms.Service) error {
	draft, err := texts.SendAgain(c.Request().Context(), a.OrganisationID, c.Param("id"), a.ID)
	return s.answerDraft(c, texts, draft, err)
}

func (s *Server) confirmSMSDraft(c echo.Context, a accounts.Application, texts *sms.Service) error {
	var in struct {
		Code string `json:"code"`
	}
	if err := readKnown(c, &in); err != nil {
		return err
	}
	p, err := texts.Save(c.Request().Context(), a.OrganisationID, c.Param("id"), a.ID, in.Code)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, s.toSMSProvider(p))
}

func (s *Server) listSMSProviders(c echo.Context, a accounts.Application, texts *sms.Service) error {
	all, err := texts.List(c.Request().Context(), a.OrganisationID)
	if err != nil {
		return err
	}
	out := struct {
		Providers []smsProviderJSON `json:"providers"`
	}{make([]smsProviderJSON, 0, len(all))}
	for _, p := range all {
		out.Providers = append(out.Providers, s.toSMSProvider(p))
	}
	return c.JSON(http.StatusOK, out)
}

func (s *Server) getSMSProvider(c echo.Context, a accounts.Application, texts *sms.Service) error {
	p, err := texts.Provider(c.Request().Context(), a.OrganisationID, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, s.toSMSProvider(p))
}

func (s *Server) removeSMSProvider(c echo.Context, a accounts.Application, texts *sms.Service) error {
	if err := texts.Remove(c.Request().Context(), a.OrganisationID, c.Param("id")); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// activateSMSProvider makes it the one that is used, or leaves the organisation without.
func (s *Server) activateSMSProvider(active bool) func(echo.Context, accounts.Application, *sms.Service) error {
	return func(c echo.Context, a accounts.Application, texts *sms.Service) error {
		if err := texts.Activate(c.Request().Context(), a.OrganisationID, c.Param("id"), active); err != nil {
			return err
		}
		return s.getSMSProvider(c, a, texts)
	}
}
