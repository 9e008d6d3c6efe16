package api

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"gopkg.in/yaml.v3"

	"example.com/aye/internal/jws"
)

//go:embed openapi.yaml
var contract []byte

// contractJSON gives the contract in the form in which it is served.
func contractJSON() ([]byte, error) {
	var document any
	if err := yaml.Unmarshal(contract, &document); err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	return json.Marshal(document)
}

func (s *Server) openAPI(c echo.Context) error {
	c.Response().Header().Set(echo.HeaderCacheControl, "public, max-age=300")
	return c.JSONBlob(http.StatusOK, s.contract)
}

type keySetJSON struct {
	Keys []keyJSON `json:"keys"`
}

type keyJSON struct {
	jws.Key
	KID string `json:"kid"`
	ALG string `json:"alg"`
	Use string `json:"use"`
}

func (s *Server) keySet() (keySetJSON, error) {
	published, err := s.Signer.Published()
	out := keySetJSON{Keys: make([]keyJSON, 0, len(published))}
	for _, key := range published {
		out.Keys = append(out.Keys, keyJSON{Key: key.Key, KID: key.ID, ALG: "ES256", Use: "sig"})
	}
	return out, err
}

func (s *Server) jwks(c echo.Context) error {
	keys, err := s.keySet()
	if err != nil {
		return err
	}
	// Short, so that a key is known to all long before it is missed.
	c.Response().Header().Set(echo.HeaderCacheControl, "public, max-age=300")
	c.Response().Header().Set(echo.HeaderAccessControlAllowOrigin, "*")
	return c.JSON(http.StatusOK, keys)
}

type healthJSON struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks"`
}

// healthy says that the process runs.
func (s *Server) healthy(c echo.Context) error {
	return c.JSON(http.StatusOK, healthJSON{"ok", map[string]string{}})
}

// ready says whether it can do its work, so that a load balancer knows where to send people.
func (s *Server) ready(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), 2*time.Second)
	defer cancel()
	out, status := healthJSON{"ok", map[string]string{}}, http.StatusOK
	fail := func(name, why string) {
		out.Checks[name], out.Status, status = why, "unavailable", http.StatusServiceUnavailable
	}
	for name, words := range s.Degraded {
		out.Checks[name] = "ok"
		if why := words(); why != "" {
			out.Checks[name], out.Status = why, "degraded"
		}
	}
	for name, err := range s.readiness.look(ctx, s.Checks) {
		out.Checks[name] = "ok"
		if err != nil {
			fail(name, "does not answer")
		}
	}
	if s.leaving.Load() || s.draining.Load() {
		fail("server", "is about to stop")
	}
	if status != http.StatusOK {
		c.Response().Header().Set(echo.HeaderRetryAfter, "1")
	}
	return c.JSON(status, out)
}
