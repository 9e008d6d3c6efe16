package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"example.com/aye/internal/phone"
)

// What a case is about, and how far it is, in words for the person.
var (
	caseKinds = map[string]string{
		"forgotten": "a code to log in without this phone",
		"lost":      "to unlink this phone and link another one",
	}
	caseStates = map[string]string{
		"open": "somebody has to approve it", "waiting": "approved, and carried out when its time comes", "sent": "the code went out",
		"revoked": "everything old was unlinked, and a link to link another phone went out", "done": "done", "stopped": "stopped",
		"refused": "refused, so nothing happened", "cancelled": "taken back, so nothing happened", "expired": "nobody approved it, so nothing happened",
	}
)

// showCase tells who asked for what in the person's name, and how to stop it.
func (c *phoneCommand) showCase(out io.Writer, told phone.Case) {
	fmt.Fprintln(out, "\nSomebody asked support for help in your name")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	lines := [][2]string{
		{"what for", cmp.Or(caseKinds[told.Kind], told.Kind)},
		{"where", told.Organisation.Name},
		{"agent", told.Agent},
		{"state", cmp.Or(caseStates[told.State], told.State)},
		{"asked", moment(told.OpenedAt)},
		{"happens", moment(told.DueAt)},
	}
	for _, line := range lines {
		if line[1] != "" {
			fmt.Fprintf(table, "  %s\t%s\n", line[0], printable(line[1]))
		}
	}
	_ = table.Flush()
	if told.State != "stopped" {
		fmt.Fprintf(out, "Not me:     %s stop %s\n", c.command(), told.ID)
	}
}

func moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Local().Format("2006-01-02 15:04")
}

type phoneStopCommand struct {
	ID string `arg:"" help:"The case, case_…."`
}

// Run stops a case.
func (c *phoneStopCommand) Run(ctx context.Context, env *environment, parent *phoneCommand) error {
	p, err := parent.open()
	if err != nil {
		return err
	}
	_, err = p.StopCase(ctx, c.ID)
	var problem *phone.Problem
	if errors.As(err, &problem) && problem.Code == "case-closed" {
		return fmt.Errorf("%s is over and can no longer be stopped; if somebody else is in your account, call your administrator now", c.ID)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(env.stdout, "Stopped. Support helps nobody in your name until an administrator has looked. Change your password: somebody may know it.")
	return nil
}
