package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"example.com/aye/internal/app"
)

type healthCommand struct{}

// Run asks the server on this machine whether it is ready, for containers' health checks.
func (healthCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	c, err := app.LoadConfig(line.Config, env.environ, line.Set)
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "localhost"
	}
	if c.TLSCertificate != "" {
		return errors.New("this server speaks TLS by itself: ask " + c.Origin + "/readyz")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := (&http.Client{Timeout: 3 * time.Second}).Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the server is not ready: status %d", response.StatusCode)
	}
	fmt.Fprintln(env.stdout, "ready")
	return nil
}
