package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"example.com/aye/internal/phone"
)

// phoneCommand is a phone on the command line, for trying things out and for scripts. It
// is a client like any other and needs no configuration of the server.
type phoneCommand struct {
	File    string `default:"./aye-phone.json" env:"AYE_PHONE_FILE" help:"Where this phone keeps its keys."`
	Account string `help:"The device id of one account, where the phone has several."`

	Pair    phonePairCommand    `cmd:"" help:"Link this phone with the link that stands under the QR code."`
	Watch   phoneWatchCommand   `cmd:"" help:"Wait for requests and show each as it comes."`
	List    phoneListCommand    `cmd:"" help:"Show the requests that wait for an answer."`
	Approve phoneApproveCommand `cmd:"" help:"Accept a request."`
	Deny    phoneDenyCommand    `cmd:"" help:"Refuse a request of your own."`
	Report  phoneReportCommand  `cmd:"" help:"Say that a request was not yours."`
	Stop    phoneStopCommand    `cmd:"" help:"Stop a case in which support helps somebody in your name."`
	History phoneHistoryCommand `cmd:"" help:"Show what was asked in the last 30 days."`
	Code    phoneCodeCommand    `cmd:"" help:"Show the code for when the phone has no network."`
	Status  phoneStatusCommand  `cmd:"" help:"Show the accounts on this phone."`
	Unpair  phoneUnpairCommand  `cmd:"" help:"Unlink this phone."`
}

func (c *phoneCommand) open() (*phone.Phone, error) {
	p, err := phone.Open(c.File)
	if err != nil || c.Account == "" {
		return p, err
	}
	return p.On(c.Account), nil
}

type phonePairCommand struct {
	URL         string `arg:"" help:"The link, https://…/p#1.…, in quotes. Or - to read it from the input, which keeps it out of the shell's history."`
	Name        string `name:"name" aliases:"model" default:"Command line" help:"What to call this phone."`
	Locale      string `default:"en" help:"The language of the notifications."`
	PushApp     string `help:"With the push stand-in: the app's package name."`
	PushAddress string `help:"With the push stand-in: the address to be woken at."`
}

// Run links the phone.
func (c *phonePairCommand) Run(ctx context.Context, env *environment, parent *phoneCommand) error {
	p, err := parent.open()
	if err != nil {
		return err
	}
	link := c.URL
	if link == "-" {
		link, err = bufio.NewReader(env.stdin).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	details := phone.Details{Model: c.Name, Platform: "android", OSVersion: "1", AppVersion: "1.0.0", Locale: c.Locale}
	if c.PushAddress != "" {
		details.Push = phone.Push{Provider: "fcm", App: c.PushApp, Kind: "token", Address: phone.Secret(c.PushAddress)}
	}
	pairing, err := p.Pair(ctx, strings.TrimSpace(link), details)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "Linked to %s of %s at %s.\n", pairing.Person, pairing.Organisation, pairing.Origin)
	switch pairing.Status {
	case "awaiting-code":
		digits, err := p.On(pairing.Device).ConfirmationDigits()
		if err != nil {
			return err
		}
		fmt.Fprintf(env.stdout, "One step to go: type %s into the page that showed the QR code.\n", digits)
	case "awaiting-approval":
		fmt.Fprintln(env.stdout, "One step to go: your other phone asks whether this one may join.")
	default:
		fmt.Fprintf(env.stdout, "Next: %s watch\n", parent.command())
	}
	return nil
}

// command is what to type to reach this same phone again.
func (c *phoneCommand) command() string {
	if c.File == "./aye-phone.json" {
		return "aye phone"
	}
	return "aye phone --file " + c.File
}

type phoneWatchCommand struct {
	// Inbox is how a phone without Apple and Google is woken.
	Inbox string `env:"AYE_PHONE_INBOX" help:"The address of the push stand-in. Without it the phone asks every five seconds."`
}

// Run waits until it is interrupted.
func (c *phoneWatchCommand) Run(ctx context.Context, env *environment, parent *phoneCommand) error {
	p, err := parent.open()
	if err != nil {
		return err
	}
	p.Inbox, p.SeenCase = c.Inbox, func(told phone.Case) { parent.showCase(env.stdout, told) }
	fmt.Fprintln(env.stdout, "Waiting for requests. Stop with Ctrl+C.")
	return p.Watch(ctx, func(r phone.Request) { parent.show(env.stdout, r, p.Now()) })
}

type phoneListCommand struct{}

// Run shows what waits.
func (c *phoneListCommand) Run(ctx context.Context, env *environment, parent *phoneCommand) error {
	p, err := parent.open()
	if err != nil {
		return err
	}
	requests, err := p.List(ctx)
	for _, r := range requests {
		parent.show(env.stdout, r, p.Now())
	}
	cases, failed := p.Cases(ctx)
	for _, told := range cases {
		parent.showCase(env.stdout, told)
	}
	err = cmp.Or(err, failed)
	if len(requests)+len(cases) == 0 && err == nil {
		return parent.idle(ctx, env, p)
	}
	return err
}

// idle says that nothing waits, or why nothing can.
func (c *phoneCommand) idle(ctx context.Context, env *environment, p *phone.Phone) error {
	for _, a := range p.Pairings() {
		if a.Status == "active" || a.Device == "" {
			continue
		}
		device, err := p.On(a.Device).Status(ctx)
		if err != nil {
			return err
		}
		if device.Status != "active" {
			return fmt.Errorf("this phone is not active yet at %s: %s", host(a.Origin), device.Status)
		}
	}
	fmt.Fprintln(env.stdout, "Nothing waits for you.")
	return nil
}

// show tells who asks, from where, with what, for how long, and what to type.
func (c *phoneCommand) show(out io.Writer, r phone.Request, now time.Time) {
	title := "Accept login request?"
	if r.Purpose == "new-phone" {
		title = "Let another phone join?"
	}
	fmt.Fprintf(out, "\n%s\n", title)
	lines := [][2]string{
		{"who asks", r.Application + " of " + r.Organisation},
		{"for", r.Person},
		{"from", place(r)},
		{"with", browser(r)},
		{"message", r.Message},
	}
	for _, d := range r.Details {
		lines = append(lines, [2]string{d.Label, d.Value})
	}
	lines = append(lines, [2]string{"time left", max(r.ExpiresAt.Sub(now), 0).Round(time.Second).String()})
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range lines {
		if line[1] != "" {
			fmt.Fprintf(table, "  %s\t%s\n", printable(line[0]), printable(line[1]))
		}
	}
	_ = table.Flush()
	number := ""
	if r.Confirm == "number" {
		number = fmt.Sprintf(" <the %d digits on the screen>", r.Digits)
	}
	fmt.Fprintf(out, "Yes:        %[1]s approve %[2]s%[3]s\nNo:         %[1]s deny %[2]s\nNot me:     %[1]s report %[2]s\n", c.command(), r.ID, number)
}

func place(r phone.Request) string {
	if r.Place == "" || r.IP == "" {
		return r.Place + r.IP
	}
	return r.Place + " (" + r.IP + ")"
}

func browser(r phone.Request) string {
	if r.NewBrowser {
		return cmp.Or(r.Browser, "a browser") + ", for the first time"
	}
	return r.Browser
}

// printable keeps an application's words from steering the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return '�'
		}
		return r
	}, text)
}

type phoneApproveCommand struct {
	ID     string `arg:"" help:"The request, apr_…."`
	Number string `arg:"" optional:"" help:"The number that the browser shows."`
}

// Run accepts a request.
func (c *phoneApproveCommand) Run(ctx context.Context, env *environment, parent *phoneCommand) error {
	return parent.decide(env, c.ID, func(p *phone.Phone) (phone.Outcome, error) {
		return p.Approve(ctx, c.ID, c.Number, phone.NoUnlock)
	})
}

type phoneDenyCommand struct {
	ID string `arg:"" help:"The request, apr_…."`
}

// Run refuses a request.
func (c *phoneDenyCommand) Run(ctx context.Context, env *environment, parent *phoneCommand) error {
	return parent.decide(env, c.ID, func(p *phone.Phone) (phone.Outcome, error) { return p.Deny(ctx, c.ID) })
}

type phoneReportCommand struct {
	ID string `arg:"" help:"The request, apr_…."`
}

// Run reports a request.
func (c *phoneReportCommand) Run(ctx context.Context, env *environment, parent *phoneCommand) error {
	return parent.decide(env, c.ID, func(p *phone.Phone) (phone.Outcome, error) { return p.Report(ctx, c.ID) })
}

// What became of a request, in words for the person.
var outcomes = map[string]string{
	"approved":   "Approved. The browser goes on by itself.",
	"denied":     "Denied. Nobody was let in.",
	"reported":   "Reported. Nobody was let in, and a login that was already made is being ended.",
	"mismatched": "That was another number than the browser shows. The request is over; log in again.",
}

func (c *phoneCommand) decide(env *environment, id string, decide func(*phone.Phone) (phone.Outcome, error)) error {
	p, err := c.open()
	if err != nil {
		return err
	}
	outcome, err := decide(p)
	var problem *phone.Problem
	if errors.As(err, &problem) && problem.Code == "already-decided" {
		return fmt.Errorf("%s is decided already: %s", id, cmp.Or(problem.State, "see the history"))
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(env.stdout, cmp.Or(outcomes[outcome.Status], outcome.Status))
	if outcome.Status == "approved" {
		fmt.Fprintf(env.stdout, "Was it not you after all? %s report %s\n", c.command(), id)
	}
	return nil
}

type phoneHistoryCommand struct{}

// Run shows the past.
func (c *phoneHistoryCommand) Run(ctx context.Context, env *environment, parent *phoneCommand) error {
	p, err := parent.open()
	if err != nil {
		return err
	}
	past, err := p.History(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "WHEN\tSTATUS\tAPPLICATION\tFROM\tWITH\tREQUEST")
	for _, item := range past {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", item.CreatedAt.Local().Format("2006-01-02 15:04"), item.Status,
			printable(item.Application), printable(cmp.Or(item.Place, item.IP)), printable(item.Browser), item.ID)
	}
	return table.Flush()
}

type phoneCodeCommand struct{}

// Run shows the code of this half minute.
func (c *phoneCodeCommand) Run(env *environment, parent *phoneCommand) error {
	p, err := parent.open()
	if err != nil {
		return err
	}
	now := p.Now()
	code, err := p.Code(now)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.stdout, "%s (for %d more seconds)\n", code, 30-now.Unix()%30)
	return nil
}

type phoneStatusCommand struct{}

// Run shows each account and whether it still is linked.
func (c *phoneStatusCommand) Run(ctx context.Context, env *environment, parent *phoneCommand) error {
	p, err := parent.open()
	if err != nil {
		return err
	}
	accounts := p.Pairings()
	if len(accounts) == 0 {
		fmt.Fprintf(env.stdout, "This phone is linked to nothing.\nNext: %s pair '<the link under the QR code>'\n", parent.command())
	}
	var problems []error
	for _, a := range accounts {
		if a.Device == "" {
			fmt.Fprintf(env.stdout, "%s: the link was never completed; repeat the pair command\n", host(a.Origin))
			continue
		}
		device, err := p.On(a.Device).Status(ctx)
		problems = append(problems, err)
		if err != nil {
			continue
		}
		fmt.Fprintf(env.stdout, "%s of %s at %s\n  this phone  %s (%s)\n  status      %s\n  push        %s %s\n",
			a.Person, a.Organisation, host(a.Origin), device.Name, device.ID, device.Status, device.Push.Provider, device.Push.State)
	}
	return errors.Join(problems...)
}

func host(origin string) string {
	parsed, err := url.Parse(origin)
	if err != nil {
		return origin
	}
	return parsed.Host
}

type phoneUnpairCommand struct{}

// Run unlinks the phone.
func (c *phoneUnpairCommand) Run(ctx context.Context, env *environment, parent *phoneCommand) error {
	p, err := parent.open()
	if err != nil {
		return err
	}
	if err := p.Unpair(ctx); err != nil {
		return err
	}
	fmt.Fprintln(env.stdout, "Unlinked. This phone is asked nothing any more.")
	return nil
}
