package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/skip2/go-qrcode"

	"example.com/aye/accounts"
	"example.com/aye/internal/app"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
)

type personCommand struct {
	Create personCreateCommand `cmd:"" help:"Add a person to an organisation."`
	Invite personInviteCommand `cmd:"" help:"Invite a person by mail, who then chooses a password and a second factor."`
	List   personListCommand   `cmd:"" help:"List the people of an organisation."`
	Show   personShowCommand   `cmd:"" help:"Show a person and their phones."`
	Pair   personPairCommand   `cmd:"" help:"Show a QR code to link the person's phone."`
	Unlock personUnlockCommand `cmd:"" help:"Forget the wrong codes in a row of a person, who then can type codes again."`
	End    personEndCommand    `cmd:"" help:"Take a person out of an organisation."`
	Accept personAcceptCommand `cmd:"" help:"Accept an invitation with the code from the mail."`

	Recover personRecoverCommand `cmd:"" help:"Break the glass: revoke all that a person has, at once, and print a link to link a new phone."`
	Export  personExportCommand  `cmd:"" help:"Write all that is kept of a person, as JSON."`
	Erase   personEraseCommand   `cmd:"" help:"Erase a person everywhere, for good."`
}

type inOrganisation struct {
	Organisation string `short:"o" help:"The organisation's id or name; needed only where there are several."`
}

type personJSON struct {
	ID             string `json:"id"`
	OrganisationID string `json:"organisation_id"`
	Email          string `json:"email"`
	Name           string `json:"name"`
	Role           string `json:"role"`
	Status         string `json:"status"`
	// Invitation is the link, in the answer that made it, where no mail went out.
	Invitation string       `json:"invitation,omitempty"`
	Devices    []deviceJSON `json:"devices,omitempty"`
}

func toPerson(m accounts.Member) personJSON {
	return personJSON{ID: m.ID, OrganisationID: m.OrganisationID, Email: m.Person.Email, Name: m.Person.Display, Role: string(m.Role), Status: string(m.Status)}
}

type personCreateCommand struct {
	jsonFlag
	inOrganisation
	Email    string `arg:"" help:"The person's e-mail address, which is the user name."`
	Name     string `required:"" help:"The name to show, for example on the phone."`
	Role     string `enum:"member,support,administrator,owner" default:"member" help:"What the person may do: ${enum}."`
	Language string `help:"The person's language; the organisation's where it is not given."`
}

// Run adds the person.
func (c *personCreateCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		o, err := findOrganisation(ctx, a, c.Organisation)
		if err != nil {
			return err
		}
		m, token, err := a.Accounts.AddMember(ctx, o.ID, accounts.Person{Email: c.Email, Display: c.Name, Locale: c.Language}, accounts.Role(c.Role))
		if err != nil {
			return err
		}
		if token != "" && a.Config.Mail.Host != "" {
			if err = a.Invite(ctx, m, token); err != nil {
				return err
			}
		}
		return c.print(env.stdout, toPerson(m), func(w io.Writer) {
			if token != "" {
				fmt.Fprintf(w, "%s has an identity here already, so %s is invited by mail and must accept.\n", m.Person.Email, m.Person.Display)
				if a.Config.Mail.Host == "" {
					fmt.Fprintf(w, "No mail server is configured: hand this link to %s, and to nobody else. It works once, for 7 days.\n  %s\n", m.Person.Display, a.InvitationLink(token))
				}
				return
			}
			fmt.Fprintf(w, "Added %s <%s> to %s (%s).\n\nNext, link a phone:\n  aye person pair %s\n", m.Person.Display, m.Person.Email, o.Name, m.ID, m.Person.Email)
		})
	})
}

type personInviteCommand struct {
	jsonFlag
	inOrganisation
	Email    string `arg:"" help:"The person's e-mail address, which is the user name."`
	Name     string `required:"" help:"The name to show, for example on the phone."`
	Role     string `enum:"member,support,administrator,owner" default:"member" help:"What the person may do: ${enum}."`
	Language string `help:"The person's language; the organisation's where it is not given."`
}

// Run invites the person; without a mail server the link is printed.
func (c *personInviteCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		o, err := findOrganisation(ctx, a, c.Organisation)
		if err != nil {
			return err
		}
		p, role := accounts.Person{Email: c.Email, Display: c.Name, Locale: c.Language}, accounts.Role(c.Role)
		var m accounts.Member
		var token secret.Secret
		if a.Config.Mail.Host != "" {
			m, err = a.Accounts.Invite(ctx, o.ID, p, role)
		} else {
			m, token, err = a.Accounts.InviteByHand(ctx, o.ID, p, role)
		}
		if err != nil {
			return err
		}
		out := toPerson(m)
		if token != "" {
			out.Invitation = a.InvitationLink(token)
		}
		return c.print(env.stdout, out, func(w io.Writer) {
			if token == "" {
				fmt.Fprintf(w, "Invited %s <%s> to %s by mail (%s). The link works once, for 7 days.\n", c.Name, m.Person.Email, o.Name, m.ID)
				return
			}
			fmt.Fprintf(w, "Invited %s <%s> to %s (%s).\nNo mail server is configured: hand this link to %s, and to nobody else. It works once, for 7 days.\n  %s\n", c.Name, m.Person.Email, o.Name, m.ID, c.Name, out.Invitation)
		})
	})
}

type personListCommand struct {
	jsonFlag
	inOrganisation
}

// Run lists them.
func (c *personListCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		o, err := findOrganisation(ctx, a, c.Organisation)
		if err != nil {
			return err
		}
		members, err := a.Accounts.People.MemberList(ctx, o.ID)
		if err != nil {
			return err
		}
		out, rows := []personJSON{}, [][]string{}
		for _, m := range members {
			out = append(out, toPerson(m))
			rows = append(rows, []string{m.Person.Email, m.Person.Display, string(m.Role), string(m.Status), m.ID})
		}
		return c.print(env.stdout, out, func(w io.Writer) { table(w, "E-MAIL|NAME|ROLE|STATUS|ID", rows) })
	})
}

type personArgument struct {
	inOrganisation
	Person string `arg:"" help:"The person's e-mail address or id."`
}

func (p personArgument) find(ctx context.Context, a *app.App) (accounts.Member, error) {
	o, err := findOrganisation(ctx, a, p.Organisation)
	if err != nil {
		return accounts.Member{}, err
	}
	user := accounts.UserReference{Email: p.Person}
	if secret.ValidID("usr", p.Person) {
		user = accounts.UserReference{ID: p.Person}
	}
	m, err := a.Accounts.Member(ctx, o.ID, user)
	if errors.Is(err, accounts.ErrNotFound) {
		return m, fmt.Errorf("%s is no active member of %s; see: aye person list", p.Person, o.Name)
	}
	return m, err
}

type personShowCommand struct {
	jsonFlag
	personArgument
}

// Run shows the person.
func (c *personShowCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		m, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		phones, err := a.Devices.Of(ctx, m.Person.ID)
		if err != nil {
			return err
		}
		out := toPerson(m)
		for _, d := range phones {
			out.Devices = append(out.Devices, toDevice(d))
		}
		return c.print(env.stdout, out, func(w io.Writer) {
			fields(w, "id", m.ID, "e-mail", m.Person.Email, "name", m.Person.Display, "role", string(m.Role), "status", string(m.Status))
			if len(phones) == 0 {
				fmt.Fprintf(w, "\nNo phone is linked. Link one with: aye person pair %s\n", m.Person.Email)
				return
			}
			fmt.Fprintln(w)
			deviceTable(w, phones)
		})
	})
}

type personPairCommand struct {
	personArgument
	URLOnly bool `help:"Print the link under the QR code instead of the code, and do not wait."`
}

// Run shows the code and waits for the phone. A person who has a phone already is asked on it.
func (c *personPairCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		m, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		shown, err := a.Pairings.Open(ctx, pairing.Opening{OrganisationID: m.OrganisationID, User: accounts.UserReference{ID: m.ID}})
		if err != nil {
			return err
		}
		if c.URLOnly {
			fmt.Fprintln(env.stdout, shown.URL.Reveal())
			return nil
		}
		code, err := qrcode.New(shown.URL.Reveal(), qrcode.Medium)
		if err != nil {
			return err
		}
		fmt.Fprintf(env.stdout, "%s\nScan this with the app, as %s. It works for two minutes.\nWithout a camera, open this link in the app:\n%s\n\nWaiting for the phone...\n", code.ToSmallString(false), m.Person.Display, shown.URL.Reveal())
		return waitForPhone(ctx, env, a, shown.ID)
	})
}

// waitForPhone looks at the database each second: the server that the phone talks to is
// another process.
func waitForPhone(ctx context.Context, env *environment, a *app.App, id string) error {
	said := pairing.Open
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		view, err := a.Pairings.View(ctx, accounts.Application{}, id)
		if err != nil {
			return err
		}
		// The number comes a moment after the claim.
		asking := view.State == pairing.AwaitingApproval && view.Number == ""
		if view.State != said && !asking {
			said = view.State
			if over, err := sayPairing(ctx, env, a, view); over || err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func sayPairing(ctx context.Context, env *environment, a *app.App, view pairing.View) (over bool, err error) {
	switch view.State {
	case pairing.Open:
	case pairing.Paired:
		fmt.Fprintf(env.stdout, "Linked: %s.\n", view.Device.Name)
		return true, nil
	case pairing.AwaitingApproval:
		fmt.Fprintf(env.stdout, "The person has a phone already. Accept %q on it, with the number %s.\n", view.Device.Name, view.Number.Reveal())
	case pairing.AwaitingCode:
		fmt.Fprintf(env.stdout, "The phone %q shows six digits. Type them here: ", view.Device.Name)
		var typed string
		if _, err := fmt.Fscanln(env.stdin, &typed); err != nil {
			return true, fmt.Errorf("no digits were typed: %w", err)
		}
		err := a.Pairings.Confirm(ctx, accounts.Application{}, view.ID, secret.Secret(typed))
		if err == nil {
			fmt.Fprintf(env.stdout, "Linked: %s.\n", view.Device.Name)
		}
		return true, err
	case pairing.Expired:
		return true, errors.New("nobody scanned the code in time; run the command again for a new one")
	case pairing.Burned, pairing.Cancelled:
		return true, fmt.Errorf("no phone was linked: the pairing is %s; run the command again for a new code", view.State)
	}
	return false, nil
}

type personUnlockCommand struct{ personArgument }

// Run forgets them.
func (c *personUnlockCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		m, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		if err = a.Unlock(ctx, m.Person.ID); err != nil {
			return err
		}
		fmt.Fprintf(env.stdout, "The wrong codes in a row of %s are forgotten, for all applications. Those of the last hour still count.\n", m.Person.Email)
		return nil
	})
}

type personEndCommand struct{ personArgument }

// Run ends the membership.
func (c *personEndCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		m, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		if err := a.Accounts.EndMembership(ctx, m); err != nil {
			return err
		}
		fmt.Fprintf(env.stdout, "%s is no member any more, and can be asked nothing here. Phones stay, for other organisations; to remove one: aye device remove PHONE\n", m.Person.Email)
		return nil
	})
}

type personAcceptCommand struct {
	Code string `arg:"" help:"What stands behind the last slash of the link in the mail."`
}

// Run accepts on behalf of somebody who cannot open the link.
func (c *personAcceptCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		m, err := a.Accounts.AcceptInvitation(ctx, secret.Secret(c.Code))
		if errors.Is(err, accounts.ErrNotFound) {
			return errors.New("this invitation was used, is older than 7 days, or never was")
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(env.stdout, "%s is a member now (%s).\n", m.Person.Email, m.ID)
		return nil
	})
}
