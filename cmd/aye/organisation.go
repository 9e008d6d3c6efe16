package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

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
	// SecondFactorFrom is empty where none is asked for.
	SecondFactorFrom string   `json:"second_factor_from,omitempty"`
	Methods          []string `json:"methods"`
	SessionIdle      string   `json:"session_idle"`
	SessionLife      string   `json:"session_life"`
	Colour           string   `json:"colour,omitempty"`
	Logo             bool     `json:"logo"`
	CaseWait         string   `json:"case_wait,omitempty"`
	SupportContact   string   `json:"support_contact,omitempty"`
	CreatedAt        string   `json:"created_at"`
}

func toOrganisation(o accounts.Organisation) organisationJSON {
	idle, life := o.Sessions(accounts.RoleMember)
	return organisationJSON{
		ID: o.ID, Name: o.Name, Profile: string(o.Profile), AllowTap: o.AllowTap, MinimumAppVersion: o.MinimumAppVersion, Language: o.Locale,
		SecondFactorFrom: day(o.SecondFactorFrom), Methods: methods(o), SessionIdle: idle.String(), SessionLife: life.String(),
		Colour: o.Colour, Logo: o.Logo.Type != "", CaseWait: caseWait(o), SupportContact: o.SupportContact, CreatedAt: day(o.Created),
	}
}

// caseWait is the shortest that a case waits there, empty for the ordinary times.
func caseWait(o accounts.Organisation) string {
	if o.CaseWait == 0 {
		return ""
	}
	return o.CaseWait.String()
}

func methods(o accounts.Organisation) []string {
	all := []string{"push"}
	for _, m := range o.Methods {
		all = append(all, string(m))
	}
	return all
}

func showOrganisation(w io.Writer, o accounts.Organisation) {
	idle, life := o.Sessions(accounts.RoleMember)
	fields(w, "id", o.ID, "name", o.Name, "profile", string(o.Profile), "one tap allowed", yes(o.AllowTap),
		"minimum app version", o.MinimumAppVersion, "language", o.Locale,
		"second factor from", cmp.Or(day(o.SecondFactorFrom), "never"), "methods", strings.Join(methods(o), " "),
		"session", fmt.Sprintf("ends after %s without use, and after %s", idle, life),
		"a lost phone waits", cmp.Or(caseWait(o), "as long as the caller has shown little"), "support contact", o.SupportContact,
		"colour", o.Colour, "logo", yes(o.Logo.Type != ""), "made", day(o.Created))
}

// organisationRules are settings that can be given when an organisation is made, and later.
type organisationRules struct {
	SecondFactorFrom *string        `help:"Since when nobody gets in with a password alone: now, never, or a date such as 2026-12-31."`
	Method           []string       `help:"What may stand in for push: totp, sms, recovery, or none. May be given several times; replaces all."`
	SessionIdle      *time.Duration `help:"How long a session of the portal may be idle, for example 30m; 0s for the default."`
	SessionLife      *time.Duration `help:"How long it lives at all, for example 10h; 0s for the default."`
	Colour           *string        `help:"The colour of its pages, for example #1a2b3c; empty for none."`
	CaseWait         *time.Duration `help:"The shortest time between the approval of a lost phone's case and its execution, for example 48h, up to 168h; 0s for the ordinary ones."`
	SupportContact   *string        `help:"What people without a phone read, for example: Call 1234, on working days from 8 to 18. Empty for none."`
}

// set puts the rules into the organisation.
func (r organisationRules) set(o *accounts.Organisation) error {
	set(&o.SessionIdle, r.SessionIdle)
	set(&o.SessionLife, r.SessionLife)
	set(&o.Colour, r.Colour)
	set(&o.CaseWait, r.CaseWait)
	set(&o.SupportContact, r.SupportContact)
	if len(r.Method) > 0 {
		o.Methods = []accounts.SecondFactor{}
		for _, m := range r.Method {
			if m != "none" {
				o.Methods = append(o.Methods, accounts.SecondFactor(m))
			}
		}
	}
	if r.SecondFactorFrom == nil {
		return nil
	}
	switch *r.SecondFactorFrom {
	case "now":
		o.SecondFactorFrom = time.Now().UTC().Truncate(time.Millisecond)
	case "never":
		o.SecondFactorFrom = time.Time{}
	default:
		date, err := time.Parse(time.DateOnly, *r.SecondFactorFrom)
		if err != nil {
			return fmt.Errorf("--second-factor-from is %q; give now, never, or a date such as 2026-12-31", *r.SecondFactorFrom)
		}
		o.SecondFactorFrom = date
	}
	return nil
}

type organisationCreateCommand struct {
	jsonFlag
	organisationRules
	Name              string `arg:"" help:"What people call it."`
	Profile           string `enum:"standard,strict" default:"standard" help:"How careful it is: ${enum}."`
	AllowTap          bool   `help:"Let applications ask for one tap instead of the number."`
	MinimumAppVersion string `help:"Refuse to link older apps, for example 1.6.78."`
	Language          string `enum:"en,nl" default:"en" help:"The language of mail: ${enum}."`
}

// Run makes the organisation.
func (c *organisationCreateCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		o := accounts.Organisation{
			Name: c.Name, Profile: accounts.Profile(c.Profile), AllowTap: c.AllowTap, MinimumAppVersion: c.MinimumAppVersion, Locale: c.Language,
		}
		if err := c.set(&o); err != nil {
			return err
		}
		never := c.SecondFactorFrom != nil && o.SecondFactorFrom.IsZero()
		o, err := a.Accounts.CreateOrganisation(ctx, o)
		if err == nil && never { // what is made asks at once, unless it is told otherwise
			o.SecondFactorFrom = time.Time{}
			err = a.Accounts.UpdateOrganisation(ctx, o)
		}
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
	organisationRules
	Organisation      string  `arg:"" help:"Its id or name."`
	Name              *string `help:"A new name."`
	Profile           *string `help:"standard or strict."`
	AllowTap          *bool   `negatable:"" help:"Let applications ask for one tap, or no longer."`
	MinimumAppVersion *string `help:"Refuse to link older apps; empty takes all."`
	Language          *string `help:"en or nl."`
	Logo              *string `help:"A file with a PNG, JPEG or WebP picture of 32 KiB at most; empty for none."`
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
		if err = c.set(&o); err != nil {
			return err
		}
		if err = a.Accounts.UpdateOrganisation(ctx, o); err != nil {
			return err
		}
		if c.Logo != nil {
			if err = setLogo(ctx, a, o.ID, *c.Logo); err != nil {
				return err
			}
			if o, err = a.Accounts.Organisation(ctx, o.ID); err != nil {
				return err
			}
		}
		return c.print(env.stdout, toOrganisation(o), func(w io.Writer) {
			fmt.Fprintln(w, "Changed.")
			showOrganisation(w, o)
		})
	})
}

func setLogo(ctx context.Context, a *app.App, organisationID, file string) error {
	if file == "" {
		return a.Accounts.SetLogo(ctx, organisationID, nil)
	}
	data, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	return a.Accounts.SetLogo(ctx, organisationID, data)
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
