package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"example.com/aye/approval"
	"example.com/aye/notify/webhook"
	"example.com/aye/store"
)

const (
	sweepEvery  = time.Second
	reloadEvery = 30 * time.Second
	eraseEvery  = time.Hour
	endEvery    = time.Minute
	remindEvery = 10 * time.Minute
	textsEvery  = 5 * time.Second
	webhookSize = 50
	// webhookLife is how long a webhook is repeated.
	webhookLife = 24 * time.Hour
)

// sweep does each second what is due: requests, pairings and cases whose time has passed or come.
func (a *App) sweep(ctx context.Context) {
	every(ctx, sweepEvery, func() {
		for name, job := range map[string]func(context.Context) error{
			"approvals": a.Approvals.Sweep, "pairings": a.Pairings.Sweep, "support": a.Support.Sweep,
		} {
			if err := job(ctx); err != nil && ctx.Err() == nil {
				a.log.ErrorContext(ctx, "a sweep failed and is done again", slog.String("job", name), slog.String("error", err.Error()))
			}
		}
	})
}

// deliverWebhooks is apart from the sweep, because other people's servers may be slow.
func (a *App) deliverWebhooks(ctx context.Context) {
	every(ctx, sweepEvery, func() {
		due, err := a.Store.DueWebhooks(ctx, a.now(), webhookSize)
		if err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "webhooks were not read", slog.String("error", err.Error()))
		}
		var sending sync.WaitGroup
		for _, d := range due { // at once, so that one slow server holds up no other
			sending.Go(func() { a.deliverWebhook(ctx, d) })
		}
		sending.Wait()
	})
}

func (a *App) deliverWebhook(ctx context.Context, d store.WebhookDelivery) {
	application, err := a.Accounts.Application(ctx, d.ApplicationID)
	if err == nil && application.WebhookURL != "" {
		message := webhook.Message{
			ID: d.ID, URL: application.WebhookURL, Secret: application.WebhookSecret, Type: "approval.reported", At: d.At,
			Data: map[string]any{
				"id": d.RequestID, "user": map[string]string{"id": d.MembershipID},
				"previous_status": string(d.Previous), "reported_at": d.At.UTC().Format(time.RFC3339),
			},
		}
		err = a.outside.call(toWebhook, func() error { return a.webhooks.Send(ctx, message) })
	}
	next := a.now().Add(min(time.Second<<min(d.Attempts, 12), time.Hour))
	if err == nil || next.After(d.At.Add(webhookLife)) {
		if err != nil {
			a.log.ErrorContext(ctx, "a webhook was given up", slog.String("application", d.ApplicationID), slog.String("error", err.Error()))
		}
		err = a.Store.WebhookDone(ctx, d.ID)
	} else {
		a.log.WarnContext(ctx, "a webhook was not taken; it is tried again", slog.String("application", d.ApplicationID), slog.String("error", err.Error()))
		err = a.Store.WebhookRetry(ctx, d.ID, next)
	}
	if err != nil && ctx.Err() == nil {
		a.log.ErrorContext(ctx, "the state of a webhook was not stored", slog.String("error", err.Error()))
	}
}

// deliverAlerts is apart from the sweep too, for the same reason.
func (a *App) deliverAlerts(ctx context.Context) {
	every(ctx, sweepEvery, func() {
		if err := a.Alerts.Sweep(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "alerts were not sent and are tried again", slog.String("error", err.Error()))
		}
	})
}

// erase forgets each hour what is kept for a time only.
func (a *App) erase(ctx context.Context) {
	every(ctx, eraseEvery, func() {
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = a.Store.Erase(ctx, a.now().Add(-approval.EvidenceLife)); err != nil && ctx.Err() == nil {
				a.log.ErrorContext(ctx, "old requests were not erased", slog.String("error", err.Error()))
			}
		}
	})
}

// endSessions forgets each minute the sessions whose time has passed.
func (a *App) endSessions(ctx context.Context) {
	every(ctx, endEvery, func() {
		if err := a.SignIn.Sweep(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "old sessions were not ended", slog.String("error", err.Error()))
		}
	})
}

// invite goes on with the lists of people that administrators handed in.
func (a *App) invite(ctx context.Context) {
	every(ctx, sweepEvery, func() {
		if err := a.Accounts.ResumeImports(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "an import of people halted and is taken up again", slog.String("error", err.Error()))
		}
	})
}

// remind tells people of the day from which they need a second factor.
func (a *App) remind(ctx context.Context) {
	every(ctx, remindEvery, func() {
		if err := a.Accounts.RemindSecondFactor(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "reminders were not sent and are tried again", slog.String("error", err.Error()))
		}
	})
}

// reload follows a key rotation on the command line.
func (a *App) reload(ctx context.Context) {
	every(ctx, reloadEvery, func() {
		if err := a.Signer.Reload(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "signing keys were not read", slog.String("error", err.Error()))
		}
	})
}

func every(ctx context.Context, pause time.Duration, work func()) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			work()
		}
	}
}
