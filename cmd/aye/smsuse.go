package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/aye/internal/app"
	"example.com/aye/sms"
)

type smsActivateCommand struct{ smsProviderArgument }

// Run makes it the one that sends.
func (c *smsActivateCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return c.set(ctx, env, line, nil, "%s sends the text messages of %s from now on.\n")
}

type smsDeactivateCommand struct {
	smsProviderArgument
	smsLoss
}

// Run lets it rest.
func (c *smsDeactivateCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return c.set(ctx, env, line, &c.smsLoss, "%s sends no text messages of %s any more. It is kept.\n")
}

// set activates it; with a loss it lets it rest.
func (c smsProviderArgument) set(ctx context.Context, env *environment, line *commandLine, loss *smsLoss, said string) error {
	return line.with(ctx, env, func(a *app.App) error {
		p, o, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		if loss != nil {
			if err = loss.tell(ctx, env, a, p); err != nil {
				return err
			}
		}
		if err = a.SMS.Activate(ctx, o.id, p.ID, loss == nil); err == nil {
			fmt.Fprintf(env.stdout, said, p.Description, o.name)
		}
		return err
	})
}

// smsLoss is asked for where people lose their only second factor.
type smsLoss struct {
	Yes bool `help:"Do it although people get in no more."`
}

// tell says who gets in no more without the provider, and wants --yes where there is anybody.
func (l smsLoss) tell(ctx context.Context, env *environment, a *app.App, p sms.Provider) error {
	lost, err := lostWithout(ctx, a, p, env.now())
	if err != nil || lost == 0 {
		return err
	}
	if !l.Yes {
		return fmt.Errorf("%d of those who logged in by text message in the last 90 days have no other second factor, and get in no more; see: aye sms-provider users\nTo do it all the same, add --yes", lost)
	}
	fmt.Fprintf(env.stdout, "%d of those who logged in by text message in the last 90 days have no other second factor, and get in no more.\n", lost)
	return nil
}

// lostWithout counts whom nothing lets in without the provider. Until the operator's last day its provider and an
// organisation's own stand in for each other.
func lostWithout(ctx context.Context, a *app.App, p sms.Provider, now time.Time) (int, error) {
	standsIn := now.Before(a.SMS.Config.LoginEnds)
	if !p.Active || p.OrganisationID == "" && !standsIn {
		return 0, nil
	}
	users, err := a.SMS.Users(ctx, p.OrganisationID, now.AddDate(0, 0, -90))
	lost := 0
	for _, u := range users {
		if err != nil || u.Other {
			continue
		}
		other := false
		switch {
		case p.OrganisationID == "":
			other, err = hasActive(ctx, a, u.OrganisationID)
		case standsIn:
			other, err = hasActive(ctx, a, "")
		}
		if !other {
			lost++
		}
	}
	return lost, err
}

// hasActive tells whether one of the owner's providers sends.
func hasActive(ctx context.Context, a *app.App, organisationID string) (bool, error) {
	all, err := a.SMS.List(ctx, organisationID)
	return slices.ContainsFunc(all, func(p sms.Provider) bool { return p.Active }), err
}

type smsRemoveCommand struct {
	smsProviderArgument
	smsLoss
}

// Run removes it.
func (c *smsRemoveCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		p, o, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		if err = c.tell(ctx, env, a, p); err != nil {
			return err
		}
		if err = a.SMS.Remove(ctx, o.id, p.ID); err == nil {
			fmt.Fprintf(env.stdout, "Removed %s. Its keys are erased; what it sent stays in the costs.\n", p.Description)
			if p.Active {
				fmt.Fprintf(env.stdout, "Nothing sends the text messages of %s now. See: aye sms-provider activate\n", o.name)
			}
		}
		return err
	})
}

type smsCheckCommand struct{}

// Run asks each vendor.
func (smsCheckCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		all, err := owners(ctx, a)
		if err != nil {
			return err
		}
		var failed []error
		rows := [][]string{}
		for _, o := range all {
			p, left, err := a.CheckTexts(ctx, o.id)
			if errors.Is(err, sms.ErrNotFound) {
				continue // none is active
			}
			if err != nil {
				failed = append(failed, fmt.Errorf("%s of %s: %w", p.Description, o.name, textTrouble(err)))
				continue
			}
			rows = append(rows, []string{p.ID, o.name, string(p.Kind), p.Description, "the key works", left})
		}
		if len(rows) > 0 {
			table(env.stdout, "ID|WHOSE|KIND|DESCRIPTION|KEY|LEFT", rows)
		} else if len(failed) == 0 {
			fmt.Fprintln(env.stdout, "No provider is active. See: aye sms-provider list")
		}
		return errors.Join(failed...)
	})
}

type smsSettingsCommand struct {
	jsonFlag
	textOwner
	Country []string `help:"A country that messages may go to, as two letters. May be given several times; replaces all. own: the installation's own alone. Of the operator: the only ones that it pays for; own: each organisation's."`
	Cap     *string  `help:"The most that messages may cost in a calendar month (UTC), for example 80.00, and 1.00 at least; default for the default."`
}

type smsSettingsJSON struct {
	OrganisationID string   `json:"organisation_id,omitempty"`
	Countries      []string `json:"countries"`
	Cap            string   `json:"cap"`
	Currency       string   `json:"currency"`
	StoppedAt      string   `json:"stopped_at,omitempty"`
}

// Run shows or changes them.
func (c *smsSettingsCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		organisationID, name, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		if len(c.Country) > 0 || c.Cap != nil {
			if err = c.change(ctx, a, organisationID); err != nil {
				return err
			}
		}
		now, err := a.SMS.Settings(ctx, organisationID)
		if err != nil {
			return err
		}
		if c.Operator { // without the installation's own, which stands for nothing here
			decided, err := a.SMS.Providers.SMSSettings(ctx, "")
			if err != nil {
				return err
			}
			now.Countries = append([]string{}, decided.Countries...)
		}
		out := smsSettingsJSON{organisationID, now.Countries, now.Cap.String(), a.SMS.Config.Prices.Currency, day(now.Stopped)}
		return c.print(env.stdout, out, func(w io.Writer) {
			stopped := ""
			if out.StoppedAt != "" {
				stopped = out.StoppedAt + ", because too few codes were used; to go on: aye sms-provider resume"
			}
			countries := strings.Join(out.Countries, " ")
			if countries == "" {
				countries = "those of each organisation"
			}
			fields(w, "whose", name, "countries", countries, "most in a month", out.Currency+" "+out.Cap, "stopped", stopped)
		})
	})
}

func (c *smsSettingsCommand) change(ctx context.Context, a *app.App, organisationID string) error {
	if c.Operator && c.Cap != nil {
		return errors.New("the operator's own limit is the setting sms.operator_cap; see: aye help config")
	}
	now, err := a.SMS.Settings(ctx, organisationID)
	if err != nil {
		return err
	}
	if len(c.Country) > 0 {
		now.Countries = slices.DeleteFunc(c.Country, func(country string) bool { return country == "own" })
	}
	if c.Cap != nil {
		if now.Cap, err = capOf(*c.Cap); err != nil {
			return fmt.Errorf("--cap: %w", err)
		}
	}
	return textTrouble(a.SMS.ChangeSettings(ctx, now))
}

// capOf reads a cap. The default is 0 to the domain; an amount of 0 is refused, for who writes it wants to pay nothing.
func capOf(text string) (sms.Amount, error) {
	if text == "default" {
		return 0, nil
	}
	most, err := sms.ParseAmount(text)
	if err == nil && most < sms.MinimumCap {
		err = fmt.Errorf("must be %s at least, or default", sms.MinimumCap)
	}
	return most, err
}

// smsResumeCommand is for an organisation: the breaker is one's own, and the operator has none.
type smsResumeCommand struct{ inOrganisation }

// Run lets them go out again.
func (c *smsResumeCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		o, err := findOrganisation(ctx, a, c.Organisation)
		if err != nil {
			return err
		}
		if err = a.SMS.Resume(ctx, o.ID); err == nil {
			fmt.Fprintf(env.stdout, "Text messages of %s go out. Codes count anew from now on.\n", o.Name)
		}
		return err
	})
}

type smsCostsCommand struct {
	jsonFlag
	inOrganisation
	Month string `help:"The calendar month (UTC), such as 2026-11; this one where none is given."`
	CSV   bool   `name:"csv" help:"Print comma-separated lines, for spreadsheets."`
}

type smsCostJSON struct {
	Month          string `json:"month"`
	OrganisationID string `json:"organisation_id,omitempty"`
	Organisation   string `json:"organisation,omitempty"`
	Payer          string `json:"payer"`
	Purpose        string `json:"purpose"`
	Country        string `json:"country"`
	Messages       int    `json:"messages"`
	Parts          int    `json:"parts"`
	Amount         string `json:"amount"`
	Currency       string `json:"currency"`
	Reported       int    `json:"reported"`
	Unknown        int    `json:"unknown"`
}

// Run shows them.
func (c *smsCostsCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	const form = "2006-01"
	month, err := time.Parse(form, c.Month)
	if c.Month == "" {
		month, err = time.Parse(form, env.now().UTC().Format(form))
	}
	if err != nil {
		return fmt.Errorf("--month is %q; give a month such as 2026-11", c.Month)
	}
	return line.with(ctx, env, func(a *app.App) error {
		organisationID, names, err := c.whose(ctx, a)
		if err != nil {
			return err
		}
		costs, err := a.SMS.Costs(ctx, sms.CostQuery{OrganisationID: organisationID, From: month, Until: month.AddDate(0, 1, 0)})
		if err != nil {
			return err
		}
		out := []smsCostJSON{}
		for _, cost := range costs {
			out = append(out, smsCostJSON{
				month.Format(form), cost.OrganisationID, names[cost.OrganisationID], string(cost.Payer), string(cost.Purpose), cost.Country,
				cost.Messages, cost.Parts, cost.Amount.String(), cost.Currency, cost.Reported, cost.Unknown,
			})
		}
		if c.CSV {
			return costsCSV(env.stdout, out)
		}
		return c.print(env.stdout, out, func(w io.Writer) { costsTable(w, out, costs) })
	})
}

// whose gives the organisation that is meant, empty for all, and the names of all.
func (o inOrganisation) whose(ctx context.Context, a *app.App) (organisationID string, names map[string]string, err error) {
	all, err := owners(ctx, a)
	names = map[string]string{}
	for _, owner := range all {
		names[owner.id] = owner.name
	}
	if o.Organisation == "" || err != nil {
		return "", names, err
	}
	found, err := findOrganisation(ctx, a, o.Organisation)
	return found.ID, names, err
}

// words are a line's columns; a name that a spreadsheet would run is shown as a text.
func (c smsCostJSON) words() []string {
	organisation := c.Organisation
	if strings.HasPrefix(organisation, "=") || strings.HasPrefix(organisation, "+") || strings.HasPrefix(organisation, "-") || strings.HasPrefix(organisation, "@") {
		organisation = "'" + organisation
	}
	return []string{
		c.Month, organisation, c.Payer, c.Purpose, c.Country, strconv.Itoa(c.Messages), strconv.Itoa(c.Parts), c.Amount, c.Currency,
		strconv.Itoa(c.Reported), strconv.Itoa(c.Unknown),
	}
}

func costsCSV(w io.Writer, costs []smsCostJSON) error {
	lines := csv.NewWriter(w)
	_ = lines.Write([]string{"month", "organisation", "payer", "purpose", "country", "messages", "parts", "amount", "currency", "reported", "unknown"})
	for _, c := range costs {
		_ = lines.Write(c.words())
	}
	lines.Flush()
	return lines.Error()
}

// costsTable ends with what each payer pays in each currency.
func costsTable(w io.Writer, lines []smsCostJSON, costs []sms.Cost) {
	if len(costs) == 0 {
		fmt.Fprintln(w, "No text message went out.")
		return
	}
	rows, sums := [][]string{}, map[string]sms.Amount{}
	for i, c := range costs {
		rows = append(rows, lines[i].words()[1:])
		sums[string(c.Payer)+" pays\t"+c.Currency] += c.Amount
	}
	table(w, "WHOSE|PAYER|PURPOSE|COUNTRY|MESSAGES|PARTS|AMOUNT|CURRENCY|PRICED BY VENDOR|UNKNOWN", rows)
	fmt.Fprintln(w)
	for _, who := range slices.Sorted(maps.Keys(sums)) {
		payer, currency, _ := strings.Cut(who, "\t")
		fields(w, payer, currency+" "+sums[who].String())
	}
}

type smsUsersCommand struct {
	jsonFlag
	inOrganisation
	Since string `help:"Who did since that day (UTC), such as 2026-08-01; 90 days ago where none is given."`
}

type smsUserJSON struct {
	ID             string `json:"id"`
	OrganisationID string `json:"organisation_id"`
	Organisation   string `json:"organisation"`
	Email          string `json:"email"`
	Name           string `json:"name"`
	LastAt         string `json:"last_at"`
	Times          int    `json:"times"`
	OtherFactor    bool   `json:"other_factor"`
	Payer          string `json:"payer"`
}

// Run shows them: of an organisation, or of all.
func (c *smsUsersCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	since := env.now().AddDate(0, 0, -90)
	if c.Since != "" {
		var err error
		if since, err = time.Parse(time.DateOnly, c.Since); err != nil {
			return fmt.Errorf("--since is %q; give a day such as 2026-08-01", c.Since)
		}
	}
	return line.with(ctx, env, func(a *app.App) error {
		organisationID, names, err := c.whose(ctx, a)
		if err != nil {
			return err
		}
		users, err := a.SMS.Users(ctx, organisationID, since)
		if err != nil {
			return err
		}
		out, rows, alone := []smsUserJSON{}, [][]string{}, 0
		for _, u := range users {
			j := smsUserJSON{u.MembershipID, u.OrganisationID, names[u.OrganisationID], u.Email, u.Display, day(u.Last), u.Times, u.Other, string(u.Payer)}
			out = append(out, j)
			rows = append(rows, []string{j.Organisation, j.Email, j.Name, j.LastAt, strconv.Itoa(j.Times), yes(j.OtherFactor), j.Payer})
			if !u.Other {
				alone++
			}
		}
		return c.print(env.stdout, out, func(w io.Writer) {
			if len(rows) == 0 {
				fmt.Fprintln(w, "Nobody logged in by text message.")
				return
			}
			table(w, "ORGANISATION|E-MAIL|NAME|LAST|TIMES|OTHER FACTOR|PAID BY", rows)
			fmt.Fprintf(w, "\n%d in all, %d of them without a phone or an authenticator app.\n", len(rows), alone)
			if ends := a.SMS.Config.LoginEnds; !ends.IsZero() {
				fmt.Fprintf(w, "From %s the operator pays for no logging in any more (sms.login_ends).\n", day(ends))
			}
		})
	})
}

// textTrouble says of an error about text messages what to do.
func textTrouble(err error) error {
	var (
		invalid *sms.InvalidError
		vendor  *sms.VendorError
		delay   *sms.DelayError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid):
		flag := map[string]string{"key": "the key", "signing_key": "the signing key", "number": "--to", "countries": "--country", "cap": "--cap"}[invalid.Field]
		if flag == "" {
			flag = "the " + invalid.Field
		}
		return fmt.Errorf("%s %s", flag, invalid.Detail)
	case errors.As(err, &vendor):
		return fmt.Errorf("%w\n%s", vendor, vendorAdvice(vendor.Class))
	case errors.As(err, &delay):
		return fmt.Errorf("too many text messages: the next one can go out after %s", day(delay.Until))
	case errors.Is(err, sms.ErrWrongCode):
		return errors.New("the code is not right, was used, or is older than 5 minutes; the newest message counts. For another one: aye sms-provider resend DRAFT")
	case errors.Is(err, sms.ErrTries):
		return errors.New("too many wrong codes for this message. For another one: aye sms-provider resend DRAFT")
	}
	return err
}

func vendorAdvice(class sms.Class) string {
	switch class {
	case sms.BadKey:
		return "The vendor does not know this key, or does not let it send: copy the live API key anew from the account's pages."
	case sms.TestKey:
		return "This is a test key, with which nothing is sent: take the live one."
	case sms.NoBalance:
		return "There is not enough money on the account: top it up on the vendor's pages."
	case sms.BadSender:
		return "The vendor does not take this sender, at all or in that country. Some countries want a number, or a sender that is registered: choose another one."
	case sms.BadNumber:
		return "The vendor does not take this number, or cannot reach it."
	case sms.NotPermitted:
		return "The account may not send to that country: switch it on, or register there, on the vendor's pages."
	case sms.Busy:
		return "The vendor asks to send less. Wait a minute."
	case sms.Down:
		return "The vendor could not be reached, so nothing went out. See that this machine reaches it, and try again."
	case sms.Other, sms.Missing:
		return "The vendor's own words are above; its pages say more."
	}
	return ""
}
