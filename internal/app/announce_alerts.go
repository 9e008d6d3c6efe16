package app

import (
	"context"
	"log/slog"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
)

// alerter tells an organisation's own systems.
type alerter interface {
	Raise(ctx context.Context, a alerts.Alert)
}

// alerting are the notices that are about something to look at. Support raises its own.
var alerting = map[accounts.NoticeKind]alerts.Kind{
	accounts.MemberReported: alerts.NotMe,
	accounts.PhoneLinked:    alerts.PhoneReplaced,
	accounts.TextsSpent:     alerts.BudgetPassed,
	accounts.TextsStopped:   alerts.BudgetPassed,
	accounts.TextsTrouble:   alerts.ProviderFailing,
}

// budgets say what was passed.
var budgets = map[accounts.NoticeKind]string{accounts.TextsSpent: "spent", accounts.TextsStopped: "stopped"}

// alert raises what belongs to a notice, once, however many people get the mail. It is kept here and not where the mail waits: a
// mail server that is away holds no alert up.
func (a *announcer) alert(ctx context.Context, n accounts.Notice) {
	kind, found := alerting[n.Kind]
	if !found || a.alerts == nil || (n.Kind == accounts.PhoneLinked && n.Reason != accounts.Replacing) {
		return
	}
	raised := alerts.Alert{Kind: kind, OrganisationID: n.OrganisationID, At: a.now(), Data: map[string]string{}}
	switch {
	case n.PersonID != "":
		raised.Data["user"], raised.Data["application"] = a.membership(ctx, n), n.Application
	case kind == alerts.ProviderFailing:
		raised.Data["channel"], raised.Data["provider"], raised.Data["reason"] = "text", n.Provider, n.Reason
	default:
		raised.Data["reason"] = budgets[n.Kind]
	}
	a.alerts.Raise(ctx, raised)
}

// membership is the person's in the organisation of the notice, which is who they are to its own systems.
func (a *announcer) membership(ctx context.Context, n accounts.Notice) string {
	members, err := a.accounts.People.Memberships(context.WithoutCancel(ctx), n.PersonID)
	if err != nil {
		a.log.ErrorContext(ctx, "an alert does not say whom it is about", slog.String("kind", string(n.Kind)), slog.String("error", err.Error()))
	}
	for _, m := range members {
		if m.OrganisationID == n.OrganisationID {
			return m.ID
		}
	}
	return ""
}
