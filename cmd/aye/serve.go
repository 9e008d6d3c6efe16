package main

import (
	"context"
	"log/slog"

	"example.com/aye/internal/app"
)

type serveCommand struct{}

// Run serves until it is told to stop.
func (serveCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	c, err := app.LoadConfig(line.Config, env.environ, line.Set)
	if err != nil {
		return err
	}
	c.Version = version
	a, err := app.Open(ctx, c, newLogger(c, env), env.now)
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

func newLogger(c app.Config, env *environment) *slog.Logger {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	options := &slog.HandlerOptions{Level: levels[c.LogLevel]}
	if c.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(env.stderr, options))
	}
	return slog.New(slog.NewJSONHandler(env.stderr, options))
}
