package main

import (
	"context"
	"fmt"
	"io"

	"example.com/aye/accounts"
	"example.com/aye/internal/app"
)

type organisationCommand struct {
	Create organisationCreateCommand `cmd:"" help:"Make an organisation."`
	List   organisationListCommand   `cmd:"" help:"List all organisations."`
	Show   organisationShowCommand   `cmd:"" help:"Show one organisation."`
	Update organisationUpdateCommand `cmd:"" help:"Change settings of an organisation."`
}

type organisationJSON struct {
	ID                string `json:"id"`
	Name              string `json:"name"`
	Profile           string `json:"profile"`
	AllowTap          bool   `json:"allow_tap"`
	MinimumAppVersion string `json:"minimum_app_version,omitempty"`
	Language          string `json:"language"`
	CreatedAt         string `json:"created_at"`
}

func toOrganisation(o accounts.Organisation) organisationJSON {
	return organisationJSON{o.ID, o.Name, string(o.Profile), o.AllowTap, o.MinimumAppVersion, o.Locale, day(o.Created)}
}

func showOrganisation(w io.Writer, o accounts.Organisation) {
	fields(w, "id", o.ID, "name", o.Name, "profile", string(o.Profile), "one tap allowed", yes(o.AllowTap),
		"minimum app version", o.MinimumAppVersion, "language", o.Locale, "made", day(o.Created))
}

type organisationCreateCommand struct {
	jsonFlag
	Name              string `arg:"" help:"What people call it."`
	Profile           string `enum:"standard,strict" default:"standard" help:"How careful it is: ${enum}."`
	AllowTap          bool   `help:"Let applications ask for one tap instead of the number."`
	MinimumAppVersion string `help:"Refuse to link older apps, for example 1.6.78."`
	Language          string `enum:"en,nl" default:"en" help:"The language of mail: ${enum}."`
}

// Run makes the organisation.
func (c *organisationCreateCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		o, err := a.Accounts.CreateOrganisation(ctx, accounts.Organisation{
			Name: c.Name, Profile: accounts.Profile(c.Profile), AllowTap: c.AllowTap, MinimumAppVersion: c.MinimumAppVersion, Locale: c.Language,
		})
		if err != nil {
			return err
		}
		return c.print(env.stdout, toOrganisation(o), func(w io.Writer) {
			fmt.Fprintf(w, "Made organisation %s (%s).\n\nNext:\n  aye person create EMAIL --name NAME\n  aye application create NAME --origin https://login.example.com --may-enrol\n", o.Name, o.ID)
		})
	})
}

type organisationListCommand struct{ jsonFlag }

// Run lists them.
func (c *organisationListCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		all, err := a.Accounts.Organisations.OrganisationList(ctx)
		if err != nil {
			return err
		}
		out, rows := []organisationJSON{}, [][]string{}
		for _, o := range all {
			out = append(out, toOrganisation(o))
			rows = append(rows, []string{o.ID, o.Name, string(o.Profile), yes(o.AllowTap)})
		}
		return c.print(env.stdout, out, func(w io.Writer) { table(w, "ID|NAME|PROFILE|ONE TAP", rows) })
	})
}

type organisationShowCommand struct {
	jsonFlag
	Organisation string `arg:"" optional:"" help:"Its id or name; needed only where there are several."`
}

// Run shows it.
func (c *organisationShowCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		o, err := findOrganisation(ctx, a, c.Organisation)
		if err != nil {
			return err
		}
		return c.print(env.stdout, toOrganisation(o), func(w io.Writer) { showOrganisation(w, o) })
	})
}

type organisationUpdateCommand struct {
	jsonFlag
	Organisation      string  `arg:"" help:"Its id or name."`
	Name              *string `help:"A new name."`
	Profile           *string `help:"standard or strict."`
	AllowTap          *bool   `negatable:"" help:"Let applications ask for one tap, or no longer."`
	MinimumAppVersion *string `help:"Refuse to link older apps; empty takes all."`
	Language          *string `help:"en or nl."`
}

// Run changes it.
func (c *organisationUpdateCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		o, err := findOrganisation(ctx, a, c.Organisation)
		if err != nil {
			return err
		}
		set(&o.Name, c.Name)
		set(&o.MinimumAppVersion, c.MinimumAppVersion)
		set(&o.Locale, c.Language)
		set(&o.AllowTap, c.AllowTap)
		if c.Profile != nil {
			o.Profile = accounts.Profile(*c.Profile)
		}
		if err := a.Accounts.UpdateOrganisation(ctx, o); err != nil {
			return err
		}
		return c.print(env.stdout, toOrganisation(o), func(w io.Writer) {
			fmt.Fprintln(w, "Changed.")
			showOrganisation(w, o)
		})
	})
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
