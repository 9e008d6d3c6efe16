package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"example.com/aye/accounts"
	"example.com/aye/internal/app"
)

type applicationCommand struct {
	Create applicationCreateCommand `cmd:"" help:"Make an application and its first secret."`
	List   applicationListCommand   `cmd:"" help:"List the applications of an organisation."`
	Show   applicationShowCommand   `cmd:"" help:"Show one application."`
	Update applicationUpdateCommand `cmd:"" help:"Change settings of an application."`
	Secret applicationSecretCommand `cmd:"" help:"Rotate the client secret."`
}

type applicationJSON struct {
	ID             string   `json:"client_id"`
	OrganisationID string   `json:"organisation_id"`
	Name           string   `json:"name"`
	Link           string   `json:"link,omitempty"`
	Origins        []string `json:"origins"`
	MayEnrol       bool     `json:"may_enrol"`
	MayManageTexts bool     `json:"may_manage_texts"`
	WebhookURL     string   `json:"webhook_url,omitempty"`
	Secrets        []string `json:"secrets"`
	// ClientSecret and WebhookSecret are there only in the answer that made them.
	ClientSecret  string `json:"client_secret,omitempty"`
	WebhookSecret string `json:"webhook_secret,omitempty"`
}

func toApplication(a accounts.Application) applicationJSON {
	out := applicationJSON{ID: a.ID, OrganisationID: a.OrganisationID, Name: a.Name, Link: a.Link, Origins: a.Origins, MayEnrol: a.MayEnrol, MayManageTexts: a.MayManageTexts, WebhookURL: a.WebhookURL}
	for _, s := range a.Secrets {
		out.Secrets = append(out.Secrets, s.ID)
	}
	return out
}

func showApplication(w io.Writer, a accounts.Application) {
	fields(w, "client id", a.ID, "name", a.Name, "organisation", a.OrganisationID, "link", a.Link, "origins", strings.Join(a.Origins, " "),
		"may link phones", yes(a.MayEnrol), "may manage text messages", yes(a.MayManageTexts), "webhook", a.WebhookURL)
	for _, s := range a.Secrets {
		fields(w, "secret", s.ID+"…  made "+day(s.Created))
	}
}

type applicationCreateCommand struct {
	jsonFlag
	inOrganisation
	Name           string   `arg:"" help:"What people call it; the phone shows it."`
	Origin         []string `help:"A web origin whose pages may wait, for example https://login.example.com. May be given several times."`
	Link           string   `help:"Where people open it, for the list on Aye's own pages."`
	MayEnrol       bool     `help:"Let it link a person's first phone."`
	MayManageTexts bool     `help:"Let it set up the organisation's providers of text messages, and see what messages cost. Whoever has a provider's account reads the codes that go by it."`
	Webhook        string   `help:"The https address that is told of a report after the release."`
}

// Run makes the application.
func (c *applicationCreateCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		o, err := findOrganisation(ctx, a, c.Organisation)
		if err != nil {
			return err
		}
		made, clientSecret, err := a.Accounts.CreateApplication(ctx, accounts.Application{
			OrganisationID: o.ID, Name: c.Name, Link: c.Link, Origins: c.Origin, MayEnrol: c.MayEnrol, MayManageTexts: c.MayManageTexts, WebhookURL: c.Webhook,
		})
		if err != nil {
			return err
		}
		out := toApplication(made)
		out.ClientSecret, out.WebhookSecret = clientSecret.Reveal(), made.WebhookSecret.Reveal()
		return c.print(env.stdout, out, func(w io.Writer) {
			fmt.Fprintf(w, "Made application %s of %s.\n\n", made.Name, o.Name)
			fields(w, "client id", made.ID, "client secret", clientSecret.Reveal(), "webhook secret", made.WebhookSecret.Reveal())
			fmt.Fprintf(w, "\nKeep the secret: it is not shown again.\n\nNext, see docs/login-page.md, or try:\n  curl -u '%s:SECRET' %s/v1/approvals -H 'Content-Type: application/json' \\\n    -d '{\"user\":{\"email\":\"EMAIL\"},\"context\":{\"browser\":\"test\"}}'\n", made.ID, a.Config.Origin)
		})
	})
}

type applicationListCommand struct {
	jsonFlag
	inOrganisation
}

// Run lists them.
func (c *applicationListCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		organisationID := ""
		if c.Organisation != "" {
			o, err := findOrganisation(ctx, a, c.Organisation)
			if err != nil {
				return err
			}
			organisationID = o.ID
		}
		all, err := a.Accounts.Applications.ApplicationList(ctx, organisationID)
		if err != nil {
			return err
		}
		out, rows := []applicationJSON{}, [][]string{}
		for _, made := range all {
			out = append(out, toApplication(made))
			rows = append(rows, []string{made.ID, made.Name, strings.Join(made.Origins, " "), yes(made.MayEnrol)})
		}
		return c.print(env.stdout, out, func(w io.Writer) { table(w, "CLIENT ID|NAME|ORIGINS|MAY LINK PHONES", rows) })
	})
}

type applicationArgument struct {
	Application string `arg:"" help:"Its client id."`
}

func (c applicationArgument) find(ctx context.Context, a *app.App) (accounts.Application, error) {
	found, err := a.Accounts.Application(ctx, c.Application)
	if errors.Is(err, accounts.ErrNotFound) {
		return found, fmt.Errorf("there is no application %s; see: aye application list", c.Application)
	}
	return found, err
}

type applicationShowCommand struct {
	jsonFlag
	applicationArgument
}

// Run shows it.
func (c *applicationShowCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		found, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		return c.print(env.stdout, toApplication(found), func(w io.Writer) { showApplication(w, found) })
	})
}

type applicationUpdateCommand struct {
	jsonFlag
	applicationArgument
	Name           *string  `help:"A new name."`
	Origin         []string `help:"The web origins from now on; replaces all."`
	Link           *string  `help:"Where people open it; empty hides it from them."`
	MayEnrol       *bool    `negatable:"" help:"Let it link a person's first phone, or no longer."`
	MayManageTexts *bool    `negatable:"" help:"Let it manage the organisation's text messages, or no longer."`
	Webhook        *string  `help:"The webhook from now on; empty for none."`
}

// Run changes it.
func (c *applicationUpdateCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		found, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		before := found.WebhookSecret
		set(&found.Name, c.Name)
		set(&found.Link, c.Link)
		set(&found.MayEnrol, c.MayEnrol)
		set(&found.MayManageTexts, c.MayManageTexts)
		set(&found.WebhookURL, c.Webhook)
		if len(c.Origin) > 0 {
			found.Origins = c.Origin
		}
		changed, err := a.Accounts.UpdateApplication(ctx, found)
		if err != nil {
			return err
		}
		out := toApplication(changed)
		if changed.WebhookSecret != before {
			out.WebhookSecret = changed.WebhookSecret.Reveal()
		}
		return c.print(env.stdout, out, func(w io.Writer) {
			fmt.Fprintln(w, "Changed.")
			showApplication(w, changed)
			fields(w, "webhook secret", out.WebhookSecret)
		})
	})
}

type applicationSecretCommand struct {
	Add applicationSecretAddCommand `cmd:"" help:"Make a second secret, to move to."`
	End applicationSecretEndCommand `cmd:"" help:"End a secret."`
}

type applicationSecretAddCommand struct {
	jsonFlag
	applicationArgument
}

// Run makes the secret.
func (c *applicationSecretAddCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		if _, err := c.find(ctx, a); err != nil {
			return err
		}
		made, err := a.Accounts.AddSecret(ctx, c.Application)
		if err != nil {
			return err
		}
		return c.print(env.stdout, map[string]string{"client_id": c.Application, "client_secret": made.Reveal()}, func(w io.Writer) {
			fields(w, "client secret", made.Reveal())
			fmt.Fprintf(w, "\nBoth secrets work now. When the application uses the new one, end the old one:\n  aye application show %s\n  aye application secret end %s OLD\n", c.Application, c.Application)
		})
	})
}

type applicationSecretEndCommand struct {
	applicationArgument
	Secret string `arg:"" help:"Its first six characters, as aye application show lists them."`
}

// Run ends the secret.
func (c *applicationSecretEndCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		if err := a.Accounts.EndSecret(ctx, c.Application, c.Secret); err != nil {
			return err
		}
		fmt.Fprintln(env.stdout, "Ended. Calls with that secret are refused from now on.")
		return nil
	})
}
