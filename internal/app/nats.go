package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"example.com/aye/broker"
	"example.com/aye/broker/nats"
)

func (c NATS) validate(database Database) []error {
	files := c.CredentialsFile + c.RootsFile + c.CertificateFile + c.KeyFile
	checks := []error{
		within("nats.certificate_file and nats.key_file", (c.CertificateFile == "") == (c.KeyFile == ""), "given together"),
		within("nats.url", c.URL != "" || files == "", "given where another setting of nats is"),
		within("database.url", c.URL == "" || database.set(), "given where nats.url is: servers with a database each have nothing to tell each other"),
	}
	if c.URL != "" {
		if err := nats.CheckURL(c.URL); err != nil {
			checks = append(checks, fmt.Errorf("%w: nats.%w", ErrConfig, err))
		}
	}
	return checks
}

// openBroker makes the broker of one node, or that of several. It speaks with nobody yet.
func (a *App) openBroker() error {
	c := a.Config.NATS
	if c.URL == "" {
		a.Broker = broker.NewMemory()
		return nil
	}
	host, err := os.Hostname()
	if err != nil {
		host = "a host without a name"
	}
	a.nats, err = nats.New(nats.Config{
		URL: c.URL, CredentialsFile: c.CredentialsFile, RootsFile: c.RootsFile, CertificateFile: c.CertificateFile, KeyFile: c.KeyFile,
		Name: "aye on " + host, Log: a.log,
	})
	if err != nil {
		return fmt.Errorf("%w: nats.%w", ErrConfig, err)
	}
	a.Broker = a.nats
	return nil
}

// joinNodes begins to speak with the other nodes, where there are some. NATS that is away keeps nobody from starting.
func (a *App) joinNodes() error {
	if a.nats == nil {
		return nil
	}
	return a.nats.Connect()
}

// leaveNodes tells the other nodes the last changes, and ends.
func (a *App) leaveNodes(ctx context.Context) error {
	if a.nats == nil {
		return nil
	}
	return a.nats.Close(ctx)
}

// healFailed is how often the log says that the database was not asked.
const healFailed = time.Minute

// heal makes up for hints that did not come from other nodes, and from commands. Where there is no NATS it is the only way: a
// second server on the database that was not told of NATS must not leave people waiting. A file of SQLite has one server.
func (a *App) heal(ctx context.Context) {
	changes := func(ctx context.Context, since time.Time) ([]broker.Change, time.Time, error) {
		rows, next, err := a.Store.Changed(ctx, since)
		changes := make([]broker.Change, 0, len(rows))
		for _, r := range rows {
			changes = append(changes, broker.Change(r))
		}
		return changes, next, err
	}
	if a.nats != nil {
		a.nats.Heal(ctx, changes)
		return
	}
	memory, alone := a.Broker.(*broker.Memory)
	if !alone || !a.Config.Database.set() {
		return
	}
	var told time.Time
	memory.Heal(ctx, changes, func(ctx context.Context, err error) {
		if time.Since(told) > healFailed {
			told = time.Now()
			a.log.WarnContext(ctx, "the database was not asked for changes and is asked again", slog.String("error", err.Error()))
		}
	})
}

// degraded is what /readyz says in words while the server works all the same.
func (a *App) degraded() map[string]func() string {
	if a.nats == nil {
		return nil
	}
	return map[string]func() string{"broker": a.nats.Degraded}
}
