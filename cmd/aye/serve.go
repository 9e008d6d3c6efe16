package main

import (
	"context"
	"log/slog"

	"example.com/aye/internal/app"
)

type serveCommand struct{}

// Run serves until it is told to stop.
func (serveCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.serve(ctx, env, func(ctx context.Context, a *app.App) error { return a.Run(ctx) })
}

// serve opens the server and runs it.
func (l *commandLine) serve(ctx context.Context, env *environment, run func(context.Context, *app.App) error) error {
	c, err := app.LoadConfig(l.Config, env.environ, l.Set)
	if err != nil {
		return err
	}
	c.Version = version
	c.Aside = env.again("aside")
	a, err := app.OpenPatiently(ctx, c, newLogger(c, env), env.now)
	if err != nil {
		return err
	}
	return run(ctx, a)
}

func newLogger(c app.Config, env *environment) *slog.Logger {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	options := &slog.HandlerOptions{Level: levels[c.LogLevel]}
	if c.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(env.stderr, options))
	}
	return slog.New(slog.NewJSONHandler(env.stderr, options))
}
