package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/app"
	"example.com/aye/notify"
)

type deviceCommand struct {
	List   deviceListCommand   `cmd:"" help:"List a person's phones."`
	Remove deviceRemoveCommand `cmd:"" help:"Remove a phone: it can approve nothing any more."`
}

type deviceJSON struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Platform  string `json:"platform"`
	App       string `json:"app_version"`
	Push      string `json:"push"`
	PushState string `json:"push_state"`
	Seen      string `json:"seen_at"`
}

func toDevice(d devices.Device) deviceJSON {
	return deviceJSON{d.ID, d.Name, string(d.Platform), d.AppVersion, string(d.Push.Provider), string(d.PushState), day(d.Seen)}
}

func deviceTable(w io.Writer, phones []devices.Device) {
	var rows [][]string
	for _, d := range phones {
		j := toDevice(d)
		rows = append(rows, []string{j.ID, j.Name, j.Platform, j.App, j.Push, j.PushState, j.Seen})
	}
	table(w, "PHONE|NAME|PLATFORM|APP|PUSH|ADDRESS|LAST SEEN", rows)
}

type deviceListCommand struct {
	jsonFlag
	personArgument
}

// Run lists them.
func (c *deviceListCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		m, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		phones, err := a.Devices.Of(ctx, m.Person.ID)
		if err != nil {
			return err
		}
		out := []deviceJSON{}
		for _, d := range phones {
			out = append(out, toDevice(d))
		}
		return c.print(env.stdout, out, func(w io.Writer) { deviceTable(w, phones) })
	})
}

type deviceRemoveCommand struct {
	Device string `arg:"" help:"The phone's id, as aye device list shows it."`
}

// Run removes it.
func (c *deviceRemoveCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		device, err := a.Devices.Device(ctx, c.Device)
		if err != nil {
			return err
		}
		if _, err := a.Devices.Remove(ctx, device, accounts.Operator); err != nil {
			return err
		}
		fmt.Fprintf(env.stdout, "Removed %s.\n", device.Name)
		return nil
	})
}

type pushCommand struct {
	Check pushCheckCommand `cmd:"" help:"Try the credentials of every app at Apple and Google."`
	Test  pushTestCommand  `cmd:"" help:"Send a test notification to one phone."`
}

type pushCheckCommand struct{}

// Run tries them.
func (pushCheckCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		if len(a.Config.Push) == 0 {
			fmt.Fprintln(env.stdout, "No app is configured, so phones poll. See push in: aye help config")
			return nil
		}
		if err := a.Router.Check(ctx); err != nil {
			return err
		}
		for _, p := range a.Config.Push {
			fmt.Fprintf(env.stdout, "%s %s %s: the credentials work.\n", p.Provider, p.App, p.Environment)
		}
		return nil
	})
}

type pushTestCommand struct {
	Device string `arg:"" help:"The phone's id, as aye device list shows it."`
}

// Run sends one and says what became of it.
func (c *pushTestCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		report, err := a.TestPush(ctx, c.Device)
		if err != nil {
			return err
		}
		o := report.Outcome
		fields(env.stdout, "outcome", string(o.Class), "reason", o.Reason, "what it means", o.Detail, "their id", o.ProviderID, "took", report.Took.String())
		if o.Class != notify.Accepted {
			return errors.New("the notification was not accepted")
		}
		return nil
	})
}

type keyCommand struct {
	Rotate keyRotateCommand `cmd:"" help:"Make a new signing key; the old one is announced and overlaps it for 90 days."`
}

type keyRotateCommand struct{}

// Run rotates.
func (keyRotateCommand) Run(ctx context.Context, env *environment, line *commandLine) error {
	return line.with(ctx, env, func(a *app.App) error {
		before := a.Signer.Thumbprint()
		if err := a.Signer.Rotate(ctx); err != nil {
			return err
		}
		keys, err := a.Signer.Published()
		if err != nil {
			return err
		}
		fields(env.stdout, "old key", before, "new key", keys[0].ID)
		fmt.Fprintln(env.stdout, "\nRunning servers publish the new key within 30 seconds, and sign with it in a minute. Phones learn of it when they next ask; one that sleeps longer than 90 days pairs again.")
		return nil
	})
}
