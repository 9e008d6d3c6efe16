package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
)

type deviceJSON struct {
	ID           string           `json:"id"`
	Status       string           `json:"status"`
	Name         string           `json:"name"`
	Platform     string           `json:"platform"`
	User         displayJSON      `json:"user"`
	Organisation organisationJSON `json:"organisation"`
	Push         struct {
		Provider string `json:"provider"`
		App      string `json:"app,omitempty"`
		State    string `json:"state"`
	} `json:"push"`
	ApprovalKey string `json:"approval_key"`
}

func (s *Server) getDevice(c echo.Context, d devices.Device) error {
	ctx := c.Request().Context()
	person, err := s.Accounts.People.Person(ctx, d.PersonID)
	if err != nil {
		return err
	}
	organisation, err := s.Accounts.Organisations.Organisation(ctx, d.OrganisationID)
	if err != nil {
		return err
	}
	status := string(devices.Active)
	if d.Status == devices.Pending {
		state, err := s.Pairings.StateOf(ctx, d)
		if err != nil {
			return err
		}
		status = deviceStatus(state)
	}
	out := deviceJSON{
		ID: d.ID, Status: status, Name: d.Name, Platform: string(d.Platform), ApprovalKey: d.ApprovalKey.Thumbprint(),
		User: displayJSON{d.MembershipID, d.PersonID, person.Display}, Organisation: organisationJSON{organisation.ID, organisation.Name},
	}
	out.Push.Provider, out.Push.App, out.Push.State = string(d.Push.Provider), d.Push.App, pushState(d)
	return c.JSON(http.StatusOK, out)
}

func pushState(d devices.Device) string {
	switch {
	case d.Push.Provider == notify.ProviderNone:
		return "none"
	case d.PushState == devices.PushDead:
		return "retired"
	case d.PushState == devices.PushSuspect:
		return "suspect"
	}
	return "active"
}

type pushJSON struct {
	Provider    string `json:"provider"`
	App         string `json:"app"`
	Kind        string `json:"kind"`
	Address     string `json:"address"`
	Environment string `json:"environment"`
}

func (s *Server) updateDevice(c echo.Context, d devices.Device) error {
	if d.Status != devices.Active {
		return devices.ErrNotActive
	}
	var in struct {
		Push       *pushJSON `json:"push"`
		Locale     *string   `json:"locale"`
		AppVersion *string   `json:"app_version"`
		OSVersion  *string   `json:"os_version"`
		Name       *string   `json:"name"`
	}
	if err := readAny(c, &in); err != nil {
		return err
	}
	details := d.Details
	for _, change := range []struct{ from, to *string }{
		{in.Locale, &details.Locale}, {in.AppVersion, &details.AppVersion}, {in.OSVersion, &details.OSVersion}, {in.Name, &details.Name},
	} {
		if change.from != nil {
			*change.to = *change.from
		}
	}
	if p := in.Push; p != nil {
		details.Push = devices.Address{
			Provider: notify.Provider(p.Provider), App: p.App, Kind: kindOr(p.Kind), Environment: p.Environment, Address: secret.Secret(p.Address),
		}
	}
	changed, err := s.Devices.Update(c.Request().Context(), d, details)
	if err != nil {
		return err
	}
	return s.getDevice(c, changed)
}

// kindOr is what an address is where the phone does not say; only Google has two kinds.
func kindOr(kind string) string {
	if kind == "" {
		return notify.AddressToken
	}
	return kind
}

func (s *Server) removeDevice(c echo.Context, d devices.Device) error {
	if _, err := s.Devices.Remove(c.Request().Context(), d, d.ID); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (s *Server) replaceApprovalKey(c echo.Context, d devices.Device) error {
	if d.Status != devices.Active {
		return devices.ErrNotActive
	}
	var in struct {
		Claim  string `json:"claim"`
		Factor struct {
			Method string `json:"method"`
			Code   string `json:"code"`
		} `json:"factor"`
	}
	if err := readAny(c, &in); err != nil {
		return err
	}
	recovery := in.Factor.Method == string(approval.Recovery)
	if !recovery && in.Factor.Method != string(approval.TOTP) {
		return approval.ErrMethod
	}
	changed, err := s.Devices.ReplaceApprovalKey(c.Request().Context(), d, devices.ApprovalKeyChange{Claim: in.Claim, Code: in.Factor.Code, Recovery: recovery})
	if err != nil {
		return err
	}
	return s.getDevice(c, changed)
}

func (s *Server) pendingApprovals(c echo.Context, d devices.Device) error {
	requests, err := s.Approvals.PendingFor(c.Request().Context(), d)
	if err != nil {
		return err
	}
	type challengeJSON struct {
		Challenge string `json:"challenge"`
	}
	out := struct {
		Approvals  []challengeJSON `json:"approvals"`
		Keys       []string        `json:"keys"`
		ServerTime string          `json:"server_time"`
	}{Approvals: []challengeJSON{}, Keys: []string{}, ServerTime: timestamp(s.Now())}
	for _, r := range requests {
		out.Approvals = append(out.Approvals, challengeJSON{r.Challenge})
	}
	out.Keys = append(out.Keys, s.Signer.Announcements()...)
	return c.JSON(http.StatusOK, out)
}

func (s *Server) decideApproval(c echo.Context, d devices.Device) error {
	var in struct {
		Decision string `json:"decision"`
	}
	if err := readAny(c, &in); err != nil {
		return err
	}
	decided, err := s.Approvals.Decide(c.Request().Context(), d, c.Param("id"), in.Decision)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, outcomeJSON{ID: decided.RequestID, Status: string(decided.State), DecidedAt: timestamp(decided.At)})
}

type historyJSON struct {
	ID           string `json:"id"`
	Status       string `json:"status"`
	Application  string `json:"application"`
	Organisation string `json:"organisation"`
	IP           string `json:"ip,omitempty"`
	Place        string `json:"place,omitempty"`
	Browser      string `json:"browser,omitempty"`
	Message      string `json:"message,omitempty"`
	CreatedAt    string `json:"created_at"`
	DecidedAt    string `json:"decided_at,omitempty"`
	ThisDevice   bool   `json:"this_device"`
}

func (s *Server) history(c echo.Context, d devices.Device) error {
	cursor := c.QueryParam("cursor")
	if cursor != "" && !secret.ValidID("apr", cursor) {
		return invalidField("cursor", "must be the next_cursor of the page before")
	}
	page, next, err := s.Approvals.History(c.Request().Context(), d, cursor)
	if err != nil {
		return err
	}
	out := struct {
		Items []historyJSON `json:"items"`
		Next  string        `json:"next_cursor,omitempty"`
	}{Items: []historyJSON{}, Next: next}
	for _, r := range page {
		item := historyJSON{
			ID: r.ID, Status: string(r.State), Application: r.Asker, Organisation: r.Organisation, IP: r.Context.IP, Place: r.Place,
			Browser: approval.BrowserName(r.Context.UserAgent), Message: r.Message, CreatedAt: timestamp(r.Created), ThisDevice: r.DecidedBy == d.ID,
		}
		if !r.Decided.IsZero() {
			item.DecidedAt = timestamp(r.Decided)
		}
		out.Items = append(out.Items, item)
	}
	return c.JSON(http.StatusOK, out)
}
