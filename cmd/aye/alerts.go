package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"example.com/aye/alerts"
	"example.com/aye/internal/app"
)

type alertsCommand struct {
	Set    alertsSetCommand    `cmd:"" help:"Say where alerts go, as signed webhooks."`
	Show   alertsShowCommand   `cmd:"" help:"Show where they go, and what became of the last one."`
	Test   alertsTestCommand   `cmd:"" help:"Send a test now."`
	Remove alertsRemoveCommand `cmd:"" help:"Send none any more."`
}

// ofHook says whose alerts are meant.
type ofHook struct {
	Organisation string `short:"o" help:"The organisation's id or name; without it, the operator's own, which hear of all organisations."`
}

// find gives the id of the organisation, empty for the operator, and what to call whom.
func (h ofHook) find(ctx context.Context, a *app.App) (id, name string, err error) {
	if h.Organisation == "" {
		return "", "the operator", nil
	}
	o, err := findOrganisation(ctx, a, h.Organisation)
	return o.ID, o.Name, err
}

// noHook says what to do where there is none.
func noHook(err error, name string) error {
	if errors.Is(err, alerts.ErrNoHook) {
		return fmt.Errorf("%s has no address for alerts; set one with: aye alerts set URL", name)
	}
	return err
}

type hookJSON struct {
	OrganisationID string   `json:"organisation_id"`
	URL            string   `json:"url"`
	Kinds          []string `json:"kinds"`
	// Secret is there where it is new.
	Secret    string `json:"secret,omitempty"`
	LastAt    string `json:"last_at,omitempty"`
	LastError string `json:"last_error,omitempty"`
}

func toHook(h alerts.Hook) hookJSON {
	out := hookJSON{OrganisationID: h.OrganisationID, URL: h.URL, Kinds: []string{}, LastAt: day(h.LastAt), LastError: h.LastError}
	for _, kind := range h.Kinds {
		out.Kinds = append(out.Kinds, string(kind))
	}
	return out
}

type alertsSetCommand struct {
	jsonFlag
	ofHook
	URL   string   `arg:"" help:"The address: https, and public unless the setting webhook_private is on."`
	Kind  []string `help:"Only these, for example case.opened; may be given several times. Without any, all: login.reported, case.opened, case.stopped, phone.replaced, support.frozen, budget.passed, provider.failing, break-glass.used."`
	Renew bool     `help:"Make a new secret; the one before signs no more."`
}

// Run sets it.
func (c *alertsSetCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		id, name, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		var kinds []alerts.Kind
		for _, kind := range c.Kind {
			kinds = append(kinds, alerts.Kind(kind))
		}
		h, key, err := a.Alerts.Set(ctx, id, c.URL, kinds, c.Renew)
		if err != nil {
			return err
		}
		out := toHook(h)
		out.Secret = key.Reveal()
		return c.print(env.stdout, out, func(w io.Writer) {
			fmt.Fprintf(w, "Alerts of %s go to %s.\n", name, h.URL)
			if key != "" {
				fmt.Fprintf(w, "\nsecret  %s\n\nKeep it: it is not shown again. With it the receiver checks the signature (Standard Webhooks).\n", key.Reveal())
			}
			fmt.Fprintf(w, "\nNext: aye alerts test%s\n", c.again())
		})
	})
}

// again is the flag that names the same hook.
func (h ofHook) again() string {
	if h.Organisation == "" {
		return ""
	}
	return fmt.Sprintf(" --organisation %q", h.Organisation)
}

type alertsShowCommand struct {
	jsonFlag
	ofHook
}

// Run shows it.
func (c *alertsShowCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		id, name, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		h, err := a.Alerts.Hook(ctx, id)
		if err != nil {
			return noHook(err, name)
		}
		out := toHook(h)
		return c.print(env.stdout, out, func(w io.Writer) {
			last := ""
			if !h.LastAt.IsZero() {
				last = day(h.LastAt) + ", " + cmp.Or(h.LastError, "taken")
			}
			fields(w, "alerts of", name, "go to", h.URL, "kinds", cmp.Or(strings.Join(out.Kinds, " "), "all"), "last", last)
		})
	})
}

type alertsTestCommand struct{ ofHook }

// Run sends one.
func (c *alertsTestCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		id, name, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		if err = a.Alerts.Try(ctx, id); err != nil {
			return noHook(err, name)
		}
		fmt.Fprintf(env.stdout, "The test was taken. Alerts of %s arrive.\n", name)
		return nil
	})
}

type alertsRemoveCommand struct{ ofHook }

// Run takes it away.
func (c *alertsRemoveCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		id, name, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		if err = a.Alerts.Remove(ctx, id); err != nil {
			return noHook(err, name)
		}
		fmt.Fprintf(env.stdout, "Alerts of %s go nowhere any more. Administrators still get mail.\n", name)
		return nil
	})
}
