package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"example.com/aye/internal/app"
	"example.com/aye/support"
)

type freezeCommand struct {
	List freezeListCommand `cmd:"" help:"List what is frozen: people who said \"this was not me\", and support that passed a limit."`
	Lift freezeLiftCommand `cmd:"" help:"Let support go on."`
}

type freezeJSON struct {
	ID             string `json:"id"`
	What           string `json:"what"`
	OrganisationID string `json:"organisation_id"`
	SubjectID      string `json:"subject_id"`
	Name           string `json:"name,omitempty"`
	CaseID         string `json:"case_id,omitempty"`
	At             string `json:"at"`
}

type freezeListCommand struct {
	jsonFlag
	Organisation string `short:"o" help:"Only those of this organisation, by id or name."`
}

// Run lists them.
func (c *freezeListCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		id := ""
		if c.Organisation != "" {
			o, err := findOrganisation(ctx, a, c.Organisation)
			if err != nil {
				return err
			}
			id = o.ID
		}
		freezes, err := a.Support.Store.Freezes(ctx, id)
		if err != nil {
			return err
		}
		out, rows := []freezeJSON{}, [][]string{}
		for _, f := range freezes {
			name := frozenName(ctx, a, f)
			out = append(out, freezeJSON{f.ID, string(f.What), f.OrganisationID, f.SubjectID, name, f.CaseID, day(f.At)})
			rows = append(rows, []string{f.ID, string(f.What), name, day(f.At), f.CaseID})
		}
		return c.print(env.stdout, out, func(w io.Writer) {
			if len(rows) == 0 {
				fmt.Fprintln(w, "Nothing is frozen.")
				return
			}
			table(w, "FREEZE|WHAT|WHO|SINCE|CASE", rows)
		})
	})
}

// frozenName is who or what a freeze is about; who cannot be read any more has their id.
func frozenName(ctx context.Context, a *app.App, f support.Freeze) string {
	switch f.What {
	case support.FrozenPerson:
		if person, err := a.Accounts.Person(ctx, f.SubjectID); err == nil {
			return person.Email
		}
	case support.FrozenAgent:
		if m, err := a.Accounts.MemberByID(ctx, f.OrganisationID, f.SubjectID); err == nil {
			return m.Person.Email
		}
	case support.FrozenOrganisation:
		if o, err := a.Accounts.Organisation(ctx, f.SubjectID); err == nil {
			return o.Name
		}
	}
	return f.SubjectID
}

type freezeLiftCommand struct {
	Freeze string `arg:"" help:"The freeze; see: aye freeze list."`
	Why    string `required:"" help:"What you found out; it is written into the log."`
}

// Run lifts it.
func (c *freezeLiftCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		err := a.Support.LiftAsOperator(ctx, c.Freeze, c.Why)
		if errors.Is(err, support.ErrNotFound) || errors.Is(err, support.ErrClosed) {
			return fmt.Errorf("there is no freeze %s that stands; see: aye freeze list", c.Freeze)
		}
		if err != nil {
			return badWhy(err)
		}
		fmt.Fprintln(env.stdout, "Lifted. Support can help again.")
		return nil
	})
}
