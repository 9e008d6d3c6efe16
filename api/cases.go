package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/aye/devices"
	"example.com/aye/support"
)

// caseJSON is what the person may know of a case; see [support.Told].
type caseJSON struct {
	ID           string           `json:"id"`
	Kind         string           `json:"kind"`
	State        string           `json:"state"`
	Organisation organisationJSON `json:"organisation"`
	Agent        string           `json:"agent,omitempty"`
	OpenedAt     string           `json:"opened_at"`
	DueAt        string           `json:"due_at,omitempty"`
}

func toCase(t support.Told) caseJSON {
	out := caseJSON{
		ID: t.ID, Kind: string(t.Kind), State: string(t.State), Organisation: organisationJSON{t.Organisation.ID, t.Organisation.Name},
		Agent: t.Agent, OpenedAt: timestamp(t.Opened),
	}
	if !t.Due.IsZero() {
		out.DueAt = timestamp(t.Due)
	}
	return out
}

// deviceCases are those that the phone's person can stop; for a phone that a case removed, that case alone.
func (s *Server) deviceCases(c echo.Context, d devices.Device) error {
	if d.Status == devices.Pending {
		return devices.ErrNotActive
	}
	told, err := s.Support.CasesFor(c.Request().Context(), d)
	if err != nil {
		return err
	}
	out := struct {
		Cases []caseJSON `json:"cases"`
	}{Cases: []caseJSON{}}
	for _, t := range told {
		if d.Status == devices.Removed && t.ID != d.RemovedCase {
			continue
		}
		out.Cases = append(out.Cases, toCase(t))
	}
	return c.JSON(http.StatusOK, out)
}

// stopCase is "this was not me". The proof of the device key is enough: whoever holds the phone may stop what would take it away.
func (s *Server) stopCase(c echo.Context, d devices.Device) error {
	if d.Status == devices.Pending {
		return devices.ErrNotActive
	}
	if d.Status == devices.Removed && c.Param("id") != d.RemovedCase {
		return support.ErrNotFound
	}
	told, err := s.Support.StopByPhone(c.Request().Context(), d, c.Param("id"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toCase(told))
}
