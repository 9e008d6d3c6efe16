package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"example.com/aye/accounts"
	"example.com/aye/internal/app"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

type smsProviderCommand struct {
	List       smsListCommand       `cmd:"" help:"List the accounts that send text messages: the operator's and all organisations'."`
	Add        smsAddCommand        `cmd:"" help:"Begin a provider: a code goes out by that very account."`
	Change     smsChangeCommand     `cmd:"" help:"Begin a change, which a code must prove too."`
	Resend     smsResendCommand     `cmd:"" help:"Send another code for what was begun."`
	Confirm    smsConfirmCommand    `cmd:"" help:"Type the code: what was begun is in use from now on."`
	Activate   smsActivateCommand   `cmd:"" help:"Make a provider the one that sends."`
	Deactivate smsDeactivateCommand `cmd:"" help:"Let a provider rest."`
	Remove     smsRemoveCommand     `cmd:"" help:"Remove a provider, with its keys."`
	Check      smsCheckCommand      `cmd:"" help:"Ask the vendors whether the keys of the active ones work, and what is left on the accounts."`
	Settings   smsSettingsCommand   `cmd:"" help:"Show or change where messages may go, and what they may cost."`
	Resume     smsResumeCommand     `cmd:"" help:"Let messages go out again that were stopped because too few codes were used."`
	Costs      smsCostsCommand      `cmd:"" help:"Show what messages cost, and who pays."`
	Users      smsUsersCommand      `cmd:"" help:"Show who logs in by text message."`
}

// textOwner says whose providers or messages are meant.
type textOwner struct {
	inOrganisation
	Operator bool `help:"The operator's own, which pays for all but logging in."`
}

// find gives the id of the organisation, empty for the operator, and what people call it.
func (o textOwner) find(ctx context.Context, a *app.App) (organisationID, name string, err error) {
	if o.Operator {
		if o.Organisation != "" {
			return "", "", errors.New("give --organisation or --operator, not both")
		}
		return "", operatorName, nil
	}
	organisation, err := findOrganisation(ctx, a, o.Organisation)
	return organisation.ID, organisation.Name, err
}

const operatorName = "the operator"

// owner is somebody who can have providers.
type owner struct{ id, name string }

// owners are the operator and all organisations.
func owners(ctx context.Context, a *app.App) ([]owner, error) {
	all, err := a.Accounts.Organisations.OrganisationList(ctx)
	found := []owner{{"", operatorName}}
	for _, o := range all {
		found = append(found, owner{o.ID, o.Name})
	}
	return found, err
}

type smsProviderJSON struct {
	ID string `json:"id"`
	// OrganisationID is empty for the operator's own.
	OrganisationID string `json:"organisation_id,omitempty"`
	Kind           string `json:"kind"`
	Description    string `json:"description"`
	Sender         string `json:"sender"`
	KeyEnd         string `json:"key_end"`
	Active         bool   `json:"active"`
	Reports        bool   `json:"reports"`
	ReportURL      string `json:"report_url"`
	Trouble        string `json:"trouble,omitempty"`
	TroubleAt      string `json:"trouble_at,omitempty"`
	ProvenAt       string `json:"proven_at"`
}

func toSMSProvider(a *app.App, p sms.Provider) smsProviderJSON {
	return smsProviderJSON{
		ID: p.ID, OrganisationID: p.OrganisationID, Kind: string(p.Kind), Description: p.Description, Sender: p.Sender, KeyEnd: p.KeyEnd, Active: p.Active,
		Reports: p.Signed, ReportURL: a.SMS.ReportAddress(p.ID), Trouble: string(p.Trouble), TroubleAt: day(p.TroubleAt), ProvenAt: day(p.Proven),
	}
}

func showSMSProvider(w io.Writer, p smsProviderJSON) {
	reports := "none are taken: no signing key is kept"
	if p.Reports {
		reports = "taken at " + p.ReportURL
	}
	trouble := p.Trouble
	if trouble != "" {
		trouble += " since " + p.TroubleAt
	}
	fields(w, "id", p.ID, "kind", p.Kind, "description", p.Description, "sender", p.Sender, "key", "…"+p.KeyEnd, "active", yes(p.Active), "reports", reports, "trouble", trouble, "proven", p.ProvenAt)
}

type smsListCommand struct{ jsonFlag }

// Run lists them.
func (c *smsListCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		all, err := owners(ctx, a)
		if err != nil {
			return err
		}
		out, rows := []smsProviderJSON{}, [][]string{}
		for _, o := range all {
			providers, err := a.SMS.List(ctx, o.id)
			if err != nil {
				return err
			}
			for _, p := range providers {
				out = append(out, toSMSProvider(a, p))
				rows = append(rows, []string{p.ID, o.name, string(p.Kind), p.Description, p.Sender, "…" + p.KeyEnd, yes(p.Active), string(p.Trouble)})
			}
		}
		return c.print(env.stdout, out, func(w io.Writer) {
			if len(rows) == 0 {
				fmt.Fprintln(w, "There is no provider of text messages, so no number can be proven and nobody logs in by text message. See: aye sms-provider add --operator --help")
				return
			}
			table(w, "ID|WHOSE|KIND|DESCRIPTION|SENDER|KEY|ACTIVE|TROUBLE", rows)
		})
	})
}

// smsKeys are given in files, so that they stand in no history and no list of processes.
type smsKeys struct {
	KeyFile        string `help:"The file with the account's API key; - reads it from the standard input." placeholder:"FILE"`
	SigningKeyFile string `help:"The file with the key that the vendor signs its reports with; - for the standard input." placeholder:"FILE"`
}

func (k smsKeys) read(env *environment) (key, signing secret.Secret, err error) {
	if k.KeyFile == "-" && k.SigningKeyFile == "-" {
		return "", "", errors.New("only one of the two keys can come from the standard input")
	}
	if key, err = readKey(env, k.KeyFile); err == nil {
		signing, err = readKey(env, k.SigningKeyFile)
	}
	return key, signing, err
}

func readKey(env *environment, file string) (secret.Secret, error) {
	var (
		text []byte
		err  error
	)
	switch file {
	case "":
		return "", nil
	case "-":
		text, err = io.ReadAll(io.LimitReader(env.stdin, 64<<10))
	default:
		text, err = os.ReadFile(file) //nolint:gosec // the operator names the file
	}
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(string(text)) == "" {
		return "", fmt.Errorf("there is no key in %s", file)
	}
	return secret.Secret(strings.TrimSpace(string(text))), nil
}

type smsAddCommand struct {
	jsonFlag
	textOwner
	smsKeys
	Description string `arg:"" help:"What administrators call it."`
	Sender      string `required:"" help:"What people see: 1 to 11 letters and digits, or a number such as +31612345678."`
	To          string `required:"" help:"Your own number, which gets the code, for example +31612345678."`
	Language    string `enum:"en,nl" default:"en" help:"The language of the message: ${enum}."`
}

// Run begins it.
func (c *smsAddCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		organisationID, name, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		if c.KeyFile == "" {
			return errors.New("the key is missing: give --key-file FILE, or --key-file - to type it")
		}
		key, signing, err := c.read(env)
		if err != nil {
			return err
		}
		draft, err := a.SMS.Begin(ctx, sms.Setup{
			OrganisationID: organisationID, Description: c.Description, Sender: c.Sender, Key: key, Signing: signing,
			By: sms.Administrator{ID: accounts.Operator, Number: c.To, Locale: c.Language},
		})
		return c.begun(ctx, env, a, draft, name, err)
	})
}

type smsDraftJSON struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	To    string `json:"to"`
	State string `json:"state"`
	Until string `json:"until"`
}

// begun says that a code went out, or may have, and what comes next.
func (j jsonFlag) begun(ctx context.Context, env *environment, a *app.App, d sms.Draft, whose string, err error) error {
	if err != nil && (!errors.Is(err, sms.ErrNoAnswer) || d.ID == "") {
		return textTrouble(err)
	}
	posted, err := a.SMS.LastCode(ctx, d.ID)
	if err != nil {
		return err
	}
	expected, err := a.SMS.Expect(ctx, d.OrganisationID, accounts.CountryOf(d.To))
	if err != nil {
		return err
	}
	pays, err := takesOver(ctx, a, d)
	if err != nil {
		return err
	}
	out := smsDraftJSON{d.ID, string(d.Kind), posted.Masked, string(posted.State), day(posted.Until)}
	return j.print(env.stdout, out, func(w io.Writer) {
		went := "went"
		if posted.State == sms.Unknown {
			went = "may have gone (the vendor did not answer)"
		}
		fmt.Fprintf(w, "A code %s to %s by this very account. Nothing of this is in use yet.\n\n", went, posted.Masked)
		if pays {
			fmt.Fprintf(w, "Once it is, logging in by text message is paid by %s: about %s %s for each message to %s, %s for as many as in the last 30 days (%d).\n\n",
				whose, expected.Currency, expected.Each, expected.Country, expected.Month, expected.Logins)
		}
		fmt.Fprintf(w, "Type the code within 5 minutes:\n  aye sms-provider confirm %s CODE\n\nIf none comes, for another one:\n  aye sms-provider resend %s\n", d.ID, d.ID)
	})
}

// takesOver tells whether logging in is paid by an organisation once the draft is confirmed: a new provider becomes the active
// one, and one that is changed rests if it rested.
func takesOver(ctx context.Context, a *app.App, d sms.Draft) (bool, error) {
	if d.OrganisationID == "" || d.ProviderID == "" {
		return d.OrganisationID != "", nil
	}
	p, err := a.SMS.Provider(ctx, d.OrganisationID, d.ProviderID)
	return p.Active, err
}

// smsProviderArgument names a provider, whoever's it is.
type smsProviderArgument struct {
	Provider string `arg:"" help:"Its id, as aye sms-provider list shows it."`
}

func (c smsProviderArgument) find(ctx context.Context, a *app.App) (sms.Provider, owner, error) {
	all, err := owners(ctx, a)
	if err != nil {
		return sms.Provider{}, owner{}, err
	}
	for _, o := range all {
		p, err := a.SMS.Provider(ctx, o.id, c.Provider)
		if !errors.Is(err, sms.ErrNotFound) {
			return p, o, err
		}
	}
	return sms.Provider{}, owner{}, fmt.Errorf("there is no provider %s; see: aye sms-provider list", c.Provider)
}

type smsChangeCommand struct {
	jsonFlag
	smsProviderArgument
	smsKeys
	Description  *string `help:"What administrators call it from now on."`
	Sender       *string `help:"What people see from now on."`
	NoSigningKey bool    `help:"Forget the signing key: no report is taken any more."`
	To           string  `required:"" help:"Your own number, which gets the code."`
	Language     string  `enum:"en,nl" default:"en" help:"The language of the message: ${enum}."`
}

// Run begins the change.
func (c *smsChangeCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		p, whose, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		setup := sms.Setup{
			OrganisationID: p.OrganisationID, ProviderID: p.ID, Description: p.Description, Sender: p.Sender, NoSigning: c.NoSigningKey,
			By: sms.Administrator{ID: accounts.Operator, Number: c.To, Locale: c.Language},
		}
		set(&setup.Description, c.Description)
		set(&setup.Sender, c.Sender)
		if setup.Key, setup.Signing, err = c.read(env); err != nil {
			return err
		}
		draft, err := a.SMS.Begin(ctx, setup)
		return c.begun(ctx, env, a, draft, whose.name, err)
	})
}

// smsDraftArgument names what was begun on the command line.
type smsDraftArgument struct {
	Draft string `arg:"" help:"Its id, as add and change print it."`
}

func (c smsDraftArgument) find(ctx context.Context, a *app.App) (owner, error) {
	all, err := owners(ctx, a)
	if err != nil {
		return owner{}, err
	}
	for _, o := range all {
		_, err := a.SMS.Draft(ctx, o.id, c.Draft, accounts.Operator)
		if !errors.Is(err, sms.ErrNotFound) {
			return o, err
		}
	}
	return owner{}, fmt.Errorf("nothing that was begun here is called %s, or it is too old: begin again with aye sms-provider add or change", c.Draft)
}

type smsResendCommand struct {
	jsonFlag
	smsDraftArgument
}

// Run sends another code.
func (c *smsResendCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		o, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		draft, err := a.SMS.SendAgain(ctx, o.id, c.Draft, accounts.Operator)
		return c.begun(ctx, env, a, draft, o.name, err)
	})
}

type smsConfirmCommand struct {
	jsonFlag
	smsDraftArgument
	Code string `arg:"" help:"The code from the text message."`
}

// Run puts it to use.
func (c *smsConfirmCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		o, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		p, err := a.SMS.Save(ctx, o.id, c.Draft, accounts.Operator, c.Code)
		if err != nil {
			return textTrouble(err)
		}
		out := toSMSProvider(a, p)
		return c.print(env.stdout, out, func(w io.Writer) {
			fmt.Fprintln(w, "Saved.")
			showSMSProvider(w, out)
		})
	})
}
