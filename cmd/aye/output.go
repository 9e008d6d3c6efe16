package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/app"
)

// jsonFlag is for commands whose output machines read too.
type jsonFlag struct {
	JSON bool `help:"Print JSON, for machines."`
}

// print writes value as JSON, or lets people write it for people.
func (j jsonFlag) print(w io.Writer, value any, people func(io.Writer)) error {
	if !j.JSON {
		people(w)
		return nil
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

// table writes rows under a heading, in columns.
func table(w io.Writer, heading string, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, strings.ReplaceAll(heading, "|", "\t"))
	for _, row := range rows {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	_ = t.Flush()
}

// fields writes what is known of one thing.
func fields(w io.Writer, pairs ...string) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fmt.Fprintf(t, "%s\t%s\n", pairs[i], pairs[i+1])
		}
	}
	_ = t.Flush()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// findOrganisation finds one by id or name; where there is only one, nothing need be said.
func findOrganisation(ctx context.Context, a *app.App, said string) (accounts.Organisation, error) {
	if strings.HasPrefix(said, "org_") {
		return a.Accounts.Organisation(ctx, said)
	}
	all, err := a.Accounts.Organisations.OrganisationList(ctx)
	if err != nil {
		return accounts.Organisation{}, err
	}
	var found []accounts.Organisation
	for _, o := range all {
		if said == "" || strings.EqualFold(o.Name, said) {
			found = append(found, o)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(all) == 0:
		return accounts.Organisation{}, errors.New("there is no organisation yet; make one with: aye organisation create NAME")
	case said == "":
		return accounts.Organisation{}, errors.New("there are several organisations; say which with --organisation NAME, see: aye organisation list")
	case len(found) > 1:
		return accounts.Organisation{}, fmt.Errorf("%d organisations are called %q; give the id, see: aye organisation list", len(found), said)
	}
	return accounts.Organisation{}, fmt.Errorf("there is no organisation called %q; see: aye organisation list", said)
}
