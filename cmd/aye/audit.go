package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"example.com/aye/internal/app"
	"example.com/aye/internal/audit"
)

type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Check that nobody changed the log: here, or in an export, without a database."`
	Export auditExportCommand `cmd:"" help:"Write the log as JSON Lines, as it is verified elsewhere."`
	Keys   auditKeysCommand   `cmd:"" help:"Write the keys that sign checkpoints, to keep where exports are verified."`
}

type auditVerifyCommand struct {
	jsonFlag
	File        string `help:"An export, which is verified without the database; - for the standard input." placeholder:"FILE"`
	Checkpoints string `help:"What was sent off the host: the file of audit.file, or what a syslog server wrote." placeholder:"FILE"`
	Keys        string `help:"With --file: the keys that you kept, of aye audit keys. Without it, the export's own are believed." placeholder:"FILE"`
	Part        bool   `help:"With --file: a part of the log is enough, such as one chain or one month. The output says which."`
}

// errPart says that a file has less than the log.
var errPart = errors.New("this is not proven to be all of the log; where a part is enough, say so with --part")

// Run checks every chain.
func (c *auditVerifyCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	sent, err := c.sent()
	if err != nil {
		return err
	}
	if c.File != "" {
		return c.offline(env, sent)
	}
	if c.Keys != "" {
		return errors.New("--keys is for --file: the database has its own keys, which nobody can add to without the key of the installation")
	}
	if c.Part {
		return errors.New("--part is for --file: the database has all of the log")
	}
	return line.with(ctx, env, func(a *app.App) error {
		chains, err := a.Store.CheckAudit(ctx, sent)
		return c.tell(env, audit.ReportOf(chains), err)
	})
}

// sent finds the checkpoints that left the house.
func (c *auditVerifyCommand) sent() ([]string, error) {
	if c.Checkpoints == "" {
		return nil, nil
	}
	text, err := os.ReadFile(c.Checkpoints)
	if err != nil {
		return nil, err
	}
	found := audit.FindCheckpoints(text)
	if len(found) == 0 {
		return nil, fmt.Errorf("there is no checkpoint in %s", c.Checkpoints)
	}
	return found, nil
}

func (c *auditVerifyCommand) offline(env *environment, sent []string) error {
	from := env.stdin
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		from = file
	}
	trust := audit.Trust{Sent: sent}
	if c.Keys != "" {
		text, err := os.ReadFile(c.Keys)
		if err != nil {
			return err
		}
		set, err := audit.ParseKeySet(text)
		if err == nil {
			trust.Keys, err = set.Trusted()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.Keys, err)
		}
	}
	report, err := audit.VerifyExport(from, trust)
	return c.tell(env, report, err)
}

type findingJSON struct {
	Organisation string `json:"organisation"`
	Row          int64  `json:"row"`
	Until        int64  `json:"until"`
	Kind         string `json:"kind"`
	Words        string `json:"words"`
}

type chainJSON struct {
	Organisation string `json:"organisation"`
	First        int64  `json:"first"`
	Last         int64  `json:"last"`
	Floor        int64  `json:"floor"`
	Checkpoints  int    `json:"checkpoints"`
	SignedTo     int64  `json:"signed_to"`
	SignedAt     string `json:"signed_at"`
	Values       int64  `json:"values"`
	Loose        bool   `json:"loose"`
}

// tell says what was found, good or bad.
func (c *auditVerifyCommand) tell(env *environment, report audit.Report, failure error) error {
	var finding *audit.Finding
	if errors.As(failure, &finding) {
		out := struct {
			Whole   bool        `json:"whole"`
			Finding findingJSON `json:"finding"`
		}{false, findingJSON{finding.Organisation, finding.Row, finding.Until, string(finding.Kind), finding.Words}}
		return errors.Join(c.print(env.stdout, out, func(w io.Writer) { found(w, finding) }), failure)
	}
	if failure != nil {
		return failure
	}
	chains := []chainJSON{}
	for _, r := range report.Chains {
		chains = append(chains, chainJSON{r.Organisation, r.First, r.Last, r.Floor, r.Checkpoints, r.Agreed, day(r.AgreedAt), r.Values, r.Loose})
	}
	out := struct {
		Whole    bool        `json:"whole"`
		Part     *partJSON   `json:"part"`
		Pinned   bool        `json:"pinned"`
		Compared int         `json:"compared"`
		Later    int         `json:"later"`
		Outside  int         `json:"outside"`
		Chains   []chainJSON `json:"chains"`
	}{report.Whole(), partOf(report.Header), report.Pinned, report.Compared, report.Later, report.Outside, chains}
	err := c.print(env.stdout, out, func(w io.Writer) { c.good(w, report) })
	if err == nil && !report.Whole() && !c.Part {
		err = errPart
	}
	return err
}

// partJSON is what an export says that it is of; none where that is everything.
type partJSON struct {
	AllChains bool       `json:"all_chains"`
	From      *time.Time `json:"from"`
	Until     *time.Time `json:"until"`
}

func partOf(h audit.Header) *partJSON {
	if h.Everything() {
		return nil
	}
	return &partJSON{h.All, h.From, h.Until}
}

// part says it in words.
func part(report audit.Report) string {
	moment := func(at *time.Time, none string) string {
		if at == nil {
			return none
		}
		return at.UTC().Format(time.RFC3339Nano)
	}
	names := "all chains"
	if !report.Header.All {
		var chains []string
		for _, r := range report.Chains {
			chains = append(chains, chainName(r.Organisation))
		}
		names = strings.Join(chains, ", ")
	}
	h := report.Header
	return fmt.Sprintf("from %s until %s, of %s", moment(h.From, "the beginning"), moment(h.Until, "the end"), names)
}

// chainName names a chain to people. An export may say any name, also one that reads as words of this program.
func chainName(organisation string) string {
	if organisation == "" {
		return "the installation"
	}
	if strings.Trim(organisation, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
		return strconv.QuoteToASCII(organisation)
	}
	return organisation
}

func found(w io.Writer, f *audit.Finding) {
	fmt.Fprintf(w, "THE AUDIT LOG WAS CHANGED.\n\n")
	rows := fmt.Sprint(f.Row)
	if f.Until > f.Row {
		rows = fmt.Sprintf("%d to %d", f.Row, f.Until)
	}
	fields(w, "chain", chainName(f.Organisation), "first bad row", rows, "what", string(f.Kind), "found", f.Words)
	fmt.Fprintf(w, "\nKeep the database and this output as they are. docs/audit.md says what it can mean and what to do.\n\n")
}

// good says what fits together, and whether that is all.
func (c *auditVerifyCommand) good(w io.Writer, report audit.Report) {
	var rows [][]string
	unsigned := false
	for _, r := range report.Chains {
		span, signed := "no rows", "never"
		if r.Last > 0 {
			span = fmt.Sprintf("%d to %d", r.First, r.Last)
		}
		if r.Agreed > 0 {
			signed = fmt.Sprintf("%d, %s", r.Agreed, day(r.AgreedAt))
		}
		unsigned = unsigned || r.Agreed < r.Last
		rows = append(rows, []string{chainName(r.Organisation), span, signed, fmt.Sprint(r.Checkpoints)})
	}
	switch {
	case report.Whole():
		fmt.Fprintln(w, "The audit log is whole.")
	case report.Header.Everything():
		fmt.Fprintln(w, "What is here fits together. More of the audit log was signed, and is not here.")
	default:
		fmt.Fprintf(w, "This is a part: %s. What is here fits together; of the rest it says nothing.\n", part(report))
	}
	fmt.Fprintln(w)
	table(w, "CHAIN|ROWS|SIGNED UP TO ROW|CHECKPOINTS", rows)
	fmt.Fprintln(w)
	for _, r := range report.Chains {
		if r.Floor > 0 && !r.Loose {
			fmt.Fprintf(w, "Rows up to %d of %s were dropped because of their age; a signed checkpoint says so.\n", r.Floor, chainName(r.Organisation))
		}
		if r.First == 0 {
			continue
		}
		if report.Header.From != nil && !r.Loose && r.First > r.Floor+1 {
			fmt.Fprintf(w, "What stands before row %d of %s is not in this file; a signed checkpoint says where it begins.\n", r.First, chainName(r.Organisation))
		}
		if r.Loose {
			fmt.Fprintf(w, "What stands before row %d of %s is not in this file, and no checkpoint tells of it: this is a part of a chain.\n", r.First, chainName(r.Organisation))
		}
	}
	if unsigned {
		fmt.Fprintln(w, "Rows behind the last checkpoint fit each other, and are not signed yet.")
	}
	if c.File != "" && !report.Pinned {
		fmt.Fprintln(w, "The keys are the ones that the file itself names; give the ones that you kept with --keys.")
	}
	c.compared(w, report)
}

// compared says what became of the checkpoints that were sent off the host.
func (c *auditVerifyCommand) compared(w io.Writer, report audit.Report) {
	if c.Checkpoints == "" {
		fmt.Fprintln(w, "Checkpoints that were sent off the host were not compared; give them with --checkpoints.")
		return
	}
	fmt.Fprintf(w, "Checkpoints that were sent off the host and agree: %d.\n", report.Compared)
	if report.Later > 0 {
		fmt.Fprintf(w, "Checkpoints of rows that are not here, signed after %s, when this export says it was made: %d. Export again, or find out why it is that old.\n", day(report.Header.At), report.Later)
	}
	if report.Outside > 0 {
		fmt.Fprintf(w, "Checkpoints of other rows and chains, which were not compared: %d.\n", report.Outside)
	}
}

type auditExportCommand struct {
	Organisation string `help:"The chain of this organisation alone, by id or name; - for the installation's own. Without it: all."`
	From         string `help:"Rows of this day (UTC) and later, such as 2026-12-31."`
	Until        string `help:"Rows of before this day (UTC)."`
	Personal     bool   `help:"Write addresses and names too, as far as they were not erased. Whoever gets the file can read them."`
}

// Run writes it.
func (c *auditExportCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	what := audit.Selection{Personal: c.Personal}
	for _, d := range []struct {
		name, said string
		into       **time.Time
	}{{"from", c.From, &what.From}, {"until", c.Until, &what.Until}} {
		if d.said == "" {
			continue
		}
		at, err := time.Parse(time.DateOnly, d.said)
		if err != nil {
			return fmt.Errorf("--%s is %q; give a date such as 2026-12-31", d.name, d.said)
		}
		*d.into = &at
	}
	return line.with(ctx, env, func(a *app.App) error {
		switch c.Organisation {
		case "":
		case "-":
			what.Organisations = []string{""}
		default:
			o, err := findOrganisation(ctx, a, c.Organisation)
			if err != nil {
				return err
			}
			what.Organisations = []string{o.ID}
		}
		return a.ExportAudit(ctx, what, env.stdout)
	})
}

type auditKeysCommand struct{}

// Run writes them.
func (auditKeysCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		set, err := a.Signer.Ever()
		if err != nil {
			return err
		}
		text, err := set.Text()
		if err == nil {
			_, err = fmt.Fprintf(env.stdout, "%s\n", text)
		}
		return err
	})
}
