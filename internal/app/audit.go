package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/store"
)

const (
	// signEvery is how often it is looked which chains are due.
	signEvery = time.Minute
	dropEvery = time.Hour
	// checkpointSize is how many are taken at once: all of them are told, or given up, in the time for which they are ours.
	checkpointSize = 5
	// witnessPause is between two tries to tell a sink, at first; it doubles up to witnessLongest.
	witnessPause   = time.Minute
	witnessLongest = time.Hour
	// witnessTime is how long a sink has to take one.
	witnessTime = 15 * time.Second
)

func (c Audit) validate() []error {
	checks := []error{
		within("audit.checkpoint_every", c.CheckpointEvery >= time.Minute && c.CheckpointEvery <= 24*time.Hour, "1m to 24h"),
		within("audit.webhook_url and audit.webhook_secret_file", (c.WebhookURL == "") == (c.WebhookSecretFile == ""), "given together"),
		within("audit.syslog_roots_file", c.SyslogRootsFile == "" || strings.HasPrefix(c.Syslog, "tls://"), "given with a syslog of tls:// alone"),
	}
	if c.Syslog != "" {
		u, err := url.Parse(c.Syslog)
		far := err == nil && slices.Contains([]string{"udp", "tcp", "tls"}, u.Scheme) && u.Hostname() != "" && u.Port() != "" && u.Path == ""
		near := err == nil && u.Scheme == "unix" && u.Host == "" && u.Path != ""
		checks = append(checks, within("audit.syslog", far || near, "udp://host:514, tcp://host:601, tls://host:6514 or unix:///dev/log"))
	}
	if c.WebhookURL != "" {
		u, err := url.Parse(c.WebhookURL)
		local := err == nil && slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname())
		good := err == nil && u.Hostname() != "" && (u.Scheme == "https" || u.Scheme == "http" && local)
		checks = append(checks, within("audit.webhook_url", good, "https, except for localhost"))
	}
	return checks
}

// witness is told of each checkpoint, and keeps it where who rewrites the log here has no say.
type witness interface {
	// tell returns when the checkpoint was taken, as far as that can be known.
	tell(ctx context.Context, c store.PendingCheckpoint) error
}

func (a *App) wireAudit() error {
	var err error
	a.witnesses, err = witnesses(a.Config.Audit, a.Config.Origin, a.now)
	for name, w := range a.witnesses {
		a.witnesses[name] = watchedWitness{w, a.outside}
	}
	return err
}

// witnesses are those of the settings, by their names in the database.
func witnesses(c Audit, origin string, now func() time.Time) (map[string]witness, error) {
	all := map[string]witness{}
	if c.File != "" {
		all["file"] = appended{c.File}
	}
	if c.Syslog != "" {
		s, err := newSyslog(c, origin)
		if err != nil {
			return nil, err
		}
		all["syslog"] = s
	}
	if c.WebhookURL != "" {
		w, err := newHooked(c, now)
		if err != nil {
			return nil, err
		}
		all["webhook"] = w
	}
	return all, nil
}

// signAudit signs the chains that grew, and tells the witnesses: at the start too, because much may have been written meanwhile on
// the command line.
func (a *App) signAudit(ctx context.Context) {
	sign := func() {
		if err := a.SignAudit(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "the audit log was not signed and is tried again", slog.String("error", err.Error()))
		}
		a.TellWitnesses(ctx)
	}
	sign()
	every(ctx, signEvery, sign)
}

// SignAudit makes a checkpoint of each chain that grew since the last one, where that is due.
func (a *App) SignAudit(ctx context.Context) error {
	chains, err := a.Store.UnsignedChains(ctx, a.now().Add(-a.Config.Audit.CheckpointEvery))
	for _, chain := range chains {
		if err == nil {
			err = a.Store.AddCheckpoint(ctx, chain, a.sinks(), a.Signer.Checkpoint)
		}
	}
	return err
}

func (a *App) sinks() []string {
	var names []string
	for name := range a.witnesses {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// TellWitnesses hands each checkpoint to who has not taken it yet. One that fails is told again later; none waits for another.
func (a *App) TellWitnesses(ctx context.Context) {
	var telling sync.WaitGroup
	for name, w := range a.witnesses {
		telling.Go(func() {
			for more := true; more && ctx.Err() == nil; {
				pending, err := a.Store.PendingCheckpoints(ctx, name, a.now(), checkpointSize)
				if err != nil && ctx.Err() == nil {
					a.log.ErrorContext(ctx, "checkpoints of the audit log were not read", slog.String("error", err.Error()))
				}
				for _, p := range pending {
					a.tell(ctx, w, p)
				}
				more = len(pending) == checkpointSize
			}
		})
	}
	telling.Wait()
}

func (a *App) tell(ctx context.Context, w witness, p store.PendingCheckpoint) {
	attempt, cancel := context.WithTimeout(ctx, witnessTime)
	err := w.tell(attempt, p)
	cancel()
	if ctx.Err() != nil {
		return // the server ends; it is told again at the next start
	}
	if err != nil {
		a.log.WarnContext(ctx, "a checkpoint of the audit log was not taken; it is tried again",
			slog.String("sink", p.Sink), slog.String("organisation", p.Organisation), slog.Int64("number", p.Number), slog.String("error", err.Error()))
	}
	next := a.now().Add(min(witnessPause<<min(p.Attempts, 10), witnessLongest))
	if err = a.Store.CheckpointTold(ctx, p, err == nil, next); err != nil {
		a.log.ErrorContext(ctx, "what became of a checkpoint was not stored", slog.String("error", err.Error()))
	}
}

// dropAudit forgets each hour what the log is to keep no longer.
func (a *App) dropAudit(ctx context.Context) {
	every(ctx, dropEvery, func() {
		if err := a.DropAudit(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "old rows of the audit log were not dropped; see: aye audit verify", slog.String("error", err.Error()))
		}
	})
}

// DropAudit drops the months of all chains that are old enough, and where rows were written from.
func (a *App) DropAudit(ctx context.Context) error {
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = a.Store.EraseOrigins(ctx, a.now().Add(-audit.OriginLife)); err != nil {
			return err
		}
	}
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = a.Store.DropAudit(ctx, audit.Before(a.now()), a.sinks(), a.Signer.Checkpoint); err != nil {
			return err
		}
	}
	return nil
}

// ExportAudit writes what is selected.
func (a *App) ExportAudit(ctx context.Context, what audit.Selection, w io.Writer) error {
	set, err := a.Signer.Ever()
	if err != nil {
		return err
	}
	to, err := audit.NewExporter(w, audit.Header{
		Origin: a.Config.Origin, At: a.now(), All: what.Organisations == nil, From: what.From, Until: what.Until, Keys: set.Keys,
	})
	if err != nil {
		return err
	}
	return a.Store.ExportAudit(ctx, what, to)
}

// hookSecret reads the secret of the webhook.
func (c Audit) hookSecret(read func(string) ([]byte, error)) (secret.Secret, error) {
	text, err := read(c.WebhookSecretFile)
	if err != nil {
		return "", fmt.Errorf("%w: audit.webhook_secret_file: %w", ErrConfig, err)
	}
	return secret.Secret(strings.TrimSpace(string(text))), nil
}
