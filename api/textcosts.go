package api

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/sms"
)

type smsSettingsJSON struct {
	Countries []string `json:"countries"`
	Cap       string   `json:"cap"`
	Currency  string   `json:"currency"`
	StoppedAt string   `json:"stopped_at,omitempty"`
}

func (s *Server) getSMSSettings(c echo.Context, a accounts.Application, texts *sms.Service) error {
	now, err := texts.Settings(c.Request().Context(), a.OrganisationID)
	if err != nil {
		return err
	}
	out := smsSettingsJSON{Countries: now.Countries, Cap: now.Cap.String(), Currency: s.SMS.Config.Prices.Currency}
	if !now.Stopped.IsZero() {
		out.StoppedAt = timestamp(now.Stopped)
	}
	return c.JSON(http.StatusOK, out)
}

func (s *Server) putSMSSettings(c echo.Context, a accounts.Application, texts *sms.Service) error {
	var in struct {
		Countries *[]string       `json:"countries"`
		Cap       json.RawMessage `json:"cap"`
	}
	if err := readKnown(c, &in); err != nil {
		return err
	}
	if in.Countries == nil || in.Cap == nil {
		return invalidField("", "must have both countries and cap")
	}
	most, err := capOf(in.Cap)
	if err != nil {
		return err
	}
	if err = texts.ChangeSettings(c.Request().Context(), sms.Settings{OrganisationID: a.OrganisationID, Countries: *in.Countries, Cap: most}); err != nil {
		return err
	}
	return s.getSMSSettings(c, a, texts)
}

// capOf reads the cap of a body: an amount, or null or "default", which is 0 to the domain. An amount of 0 is refused
// there as any other below the least: who writes it wants to pay nothing.
func capOf(raw json.RawMessage) (sms.Amount, error) {
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil {
		return 0, invalidField("/cap", "must be an amount such as \"50.00\", or \"default\"")
	}
	if text == nil || *text == "default" {
		return 0, nil
	}
	most, err := sms.ParseAmount(*text)
	if err != nil {
		return 0, invalidField("/cap", "must be an amount such as \"50.00\", or \"default\"")
	}
	if most < sms.MinimumCap {
		return 0, invalidField("/cap", "must be "+sms.MinimumCap.String()+" at least")
	}
	return most, nil
}

func (s *Server) resumeSMS(c echo.Context, a accounts.Application, texts *sms.Service) error {
	if err := texts.Resume(c.Request().Context(), a.OrganisationID); err != nil {
		return err
	}
	return s.getSMSSettings(c, a, texts)
}

type smsCostJSON struct {
	Payer    string `json:"payer"`
	Purpose  string `json:"purpose"`
	Country  string `json:"country"`
	Messages int    `json:"messages"`
	Parts    int    `json:"parts"`
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	Reported int    `json:"reported"`
	Unknown  int    `json:"unknown"`
}

// smsCosts gives a calendar month in UTC, this one where none is named.
func (s *Server) smsCosts(c echo.Context, a accounts.Application, texts *sms.Service) error {
	const form = "2006-01"
	text := c.QueryParam("month")
	if text == "" {
		text = s.Now().UTC().Format(form)
	}
	month, err := time.Parse(form, text)
	if err != nil || len(text) != len(form) {
		return invalidField("month", "must be a month such as 2026-11")
	}
	costs, err := texts.Costs(c.Request().Context(), sms.CostQuery{OrganisationID: a.OrganisationID, From: month, Until: month.AddDate(0, 1, 0)})
	if err != nil {
		return err
	}
	out := struct {
		Month string        `json:"month"`
		Costs []smsCostJSON `json:"costs"`
	}{text, make([]smsCostJSON, 0, len(costs))}
	for _, cost := range costs {
		out.Costs = append(out.Costs, smsCostJSON{
			string(cost.Payer), string(cost.Purpose), cost.Country, cost.Messages, cost.Parts, cost.Amount.String(), cost.Currency, cost.Reported, cost.Unknown,
		})
	}
	return c.JSON(http.StatusOK, out)
}

type smsUserJSON struct {
	User struct {
		ID      string `json:"id"`
		Email   string `json:"email"`
		Display string `json:"display"`
	} `json:"user"`
	LastAt string `json:"last_at"`
	Times  int    `json:"times"`
	// OtherFactor tells whether the person has a phone or an authenticator app as well.
	OtherFactor bool   `json:"other_factor"`
	Payer       string `json:"payer"`
}

// usersSince is how far back smsUsers looks where nothing is said.
const usersSince = 90 * 24 * time.Hour

func (s *Server) smsUsers(c echo.Context, a accounts.Application, texts *sms.Service) error {
	since := s.Now().Add(-usersSince).UTC()
	if text := c.QueryParam("since"); text != "" {
		var err error
		if since, err = time.Parse(time.DateOnly, text); err != nil {
			return invalidField("since", "must be a day such as 2026-11-21")
		}
	}
	users, err := texts.Users(c.Request().Context(), a.OrganisationID, since)
	if err != nil {
		return err
	}
	out := struct {
		Since string        `json:"since"`
		Users []smsUserJSON `json:"users"`
	}{timestamp(since), make([]smsUserJSON, 0, len(users))}
	for _, u := range users {
		user := smsUserJSON{LastAt: timestamp(u.Last), Times: u.Times, OtherFactor: u.Other, Payer: string(u.Payer)}
		user.User.ID, user.User.Email, user.User.Display = u.MembershipID, u.Email, u.Display
		out.Users = append(out.Users, user)
	}
	return c.JSON(http.StatusOK, out)
}
