package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"example.com/aye/accounts"
	"example.com/aye/internal/app"
	"example.com/aye/support"
)

// casesShown is how many cases a list has at most.
const casesShown = 200

type caseCommand struct {
	List    caseListCommand    `cmd:"" help:"List where support helps people: who lost or forgot a phone."`
	Show    caseShowCommand    `cmd:"" help:"Show a case."`
	Approve caseApproveCommand `cmd:"" help:"Sign a case as the operator, where the person belongs to several organisations."`
}

type caseJSON struct {
	ID             string `json:"id"`
	Kind           string `json:"kind"`
	State          string `json:"state"`
	OrganisationID string `json:"organisation_id"`
	MembershipID   string `json:"membership_id"`
	Email          string `json:"email"`
	Identified     string `json:"identified,omitempty"`
	Ticket         string `json:"ticket,omitempty"`
	Shown          string `json:"shown,omitempty"`
	OpenerID       string `json:"opener_id,omitempty"`
	ApproverID     string `json:"approver_id,omitempty"`
	ApprovalID     string `json:"approval_id,omitempty"`
	// Operator says that the operator must sign, or who did.
	Operator  string `json:"operator,omitempty"`
	OpenedAt  string `json:"opened_at"`
	DueAt     string `json:"due_at,omitempty"`
	ClosedAt  string `json:"closed_at,omitempty"`
	StoppedBy string `json:"stopped_by,omitempty"`
	MustSign  bool   `json:"must_sign"`
}

func toCase(c support.Case, person accounts.Person) caseJSON {
	return caseJSON{
		ID: c.ID, Kind: string(c.Kind), State: string(c.State), OrganisationID: c.OrganisationID, MembershipID: c.MembershipID, Email: person.Email,
		Identified: string(c.Identified), Ticket: c.Ticket, Shown: string(c.Shown), OpenerID: c.OpenerID, ApproverID: c.ApproverID, ApprovalID: c.ApprovalID,
		Operator: c.OperatorID, OpenedAt: day(c.Opened), DueAt: day(c.Due), ClosedAt: day(c.Closed), StoppedBy: c.StoppedBy, MustSign: needsOperator(c),
	}
}

// needsOperator tells whether the case waits for the operator's signature.
func needsOperator(c support.Case) bool {
	return c.Escalated && c.OperatorID == "" && (c.State == support.Open || c.State == support.Waiting)
}

type caseListCommand struct {
	jsonFlag
	Organisation string `short:"o" help:"Only those of this organisation, by id or name."`
	All          bool   `help:"Also those that have ended."`
}

// Run lists them, the newest first.
func (c *caseListCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		filter := support.Filter{Live: !c.All}
		if c.Organisation != "" {
			o, err := findOrganisation(ctx, a, c.Organisation)
			if err != nil {
				return err
			}
			filter.OrganisationID = o.ID
		}
		cases, err := a.Support.Store.Cases(ctx, filter, casesShown)
		if err != nil {
			return err
		}
		out, rows := []caseJSON{}, [][]string{}
		for _, found := range cases {
			person, err := a.Accounts.Person(ctx, found.PersonID)
			if err != nil {
				return err
			}
			out = append(out, toCase(found, person))
			signature := ""
			if needsOperator(found) {
				signature = "must be signed by you"
			}
			rows = append(rows, []string{found.ID, string(found.Kind), string(found.State), person.Email, day(found.Opened), day(found.Due), signature})
		}
		return c.print(env.stdout, out, func(w io.Writer) {
			if len(rows) == 0 {
				fmt.Fprintln(w, "Support helps nobody at the moment. Those that have ended: aye case list --all")
				return
			}
			table(w, "CASE|KIND|STATE|PERSON|OPENED|DUE|", rows)
		})
	})
}

type caseArgument struct {
	Case string `arg:"" help:"The case, case_…."`
}

func (c caseArgument) find(ctx context.Context, a *app.App) (support.Case, error) {
	found, err := a.Support.Store.Case(ctx, c.Case)
	return found, noCase(err, c.Case)
}

func noCase(err error, id string) error {
	if errors.Is(err, support.ErrNotFound) {
		return fmt.Errorf("there is no case %s; see: aye case list --all", id)
	}
	return err
}

type caseShowCommand struct {
	jsonFlag
	caseArgument
}

// Run shows it.
func (c *caseShowCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		found, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		person, err := a.Accounts.Person(ctx, found.PersonID)
		if err != nil {
			return err
		}
		o, err := a.Accounts.Organisation(ctx, found.OrganisationID)
		if err != nil {
			return err
		}
		return c.print(env.stdout, toCase(found, person), func(w io.Writer) {
			showCase(ctx, w, a, found, person, o)
		})
	})
}

func showCase(ctx context.Context, w io.Writer, a *app.App, c support.Case, person accounts.Person, o accounts.Organisation) {
	named := func(membershipID string) string {
		if membershipID == "" {
			return ""
		}
		m, err := a.Accounts.MemberByID(ctx, o.ID, membershipID)
		if err != nil {
			return membershipID
		}
		return m.Person.Display + " <" + m.Person.Email + ">"
	}
	fields(w, "case", c.ID, "kind", string(c.Kind), "state", string(c.State), "organisation", o.Name, "person", person.Display+" <"+person.Email+">",
		"opened", strings.TrimSpace(day(c.Opened)+" "+by(named(c.OpenerID))), "identified", string(c.Identified), "ticket", c.Ticket, "note", c.Note,
		"caller has shown", string(c.Shown), "approved", strings.TrimSpace(day(c.Approved)+" "+by(named(c.ApproverID))), "signature", c.ApprovalID,
		"signed by the operator", c.OperatorID, "due", day(c.Due), "closed", day(c.Closed), "stopped by", c.StoppedBy)
	if needsOperator(c) {
		fmt.Fprintf(w, "\nThe person belongs to several organisations, so the operator must sign, here or by the operator's support:\n  aye case approve %s --why TEXT\n", c.ID)
	}
}

func by(name string) string {
	if name == "" {
		return ""
	}
	return "by " + name
}

type caseApproveCommand struct {
	caseArgument
	Why string `required:"" help:"Why you believe that it is the person; it is written into the log."`
}

// Run signs it.
func (c *caseApproveCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		err := a.Support.SignAsOperator(ctx, c.Case, c.Why)
		if errors.Is(err, support.ErrClosed) {
			return fmt.Errorf("%s does not wait for the operator's signature; see: aye case show %s", c.Case, c.Case)
		}
		if err != nil {
			return badWhy(noCase(err, c.Case))
		}
		found, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		fmt.Fprintf(env.stdout, "Signed. The case is %s%s, and the person was told.\n", found.State, until(day(found.Due)))
		return nil
	})
}

func until(moment string) string {
	if moment == "" {
		return ""
	}
	return ", carried out at " + moment
}
