package storetest

import (
	"slices"
	"testing"
	"time"

	"example.com/aye/alerts"
)

func testAlerts(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	ctx, now := t.Context(), h.Clock.Now()
	hook := alerts.Hook{OrganisationID: h.Organisation.ID, URL: "https://alerts.example.com", Secret: "whsec_first"}
	keep := func(kind alerts.Kind, organisationID string, at time.Time) {
		must(t, h.Tell(ctx, alerts.Alert{Kind: kind, OrganisationID: organisationID, At: at, Data: map[string]string{"user": "usr_1"}}))
	}
	due := func(limit int) (ids []string) {
		for _, p := range got(h.DueAlerts(ctx, h.Clock.Now(), limit))(t) {
			ids = append(ids, p.ID)
		}
		return ids
	}
	t.Run("a hook", func(t *testing.T) {
		_, err := h.AlertHook(t.Context(), h.Organisation.ID)
		fails(t, err, alerts.ErrNoHook)
		keep(alerts.NotMe, h.Organisation.ID, now)
		same(t, "nothing for who hears nothing", len(due(9)), 0)
		h.written(t, 1, func() { must(t, h.SetAlertHook(t.Context(), hook, h.entry(h.Organisation.ID, "alert-hook.changed"))) })
		same(t, "hook", got(h.AlertHook(t.Context(), h.Organisation.ID))(t), hook)
		hook.URL, hook.Secret, hook.Kinds = "https://other.example.com", "whsec_second", []alerts.Kind{alerts.NotMe, alerts.CaseOpened}
		hook.LastAt, hook.LastError = now, "timeout"
		must(t, h.SetAlertHook(t.Context(), hook, h.entry(h.Organisation.ID, "alert-hook.changed")))
		same(t, "hook", got(h.AlertHook(t.Context(), h.Organisation.ID))(t), hook)
		operator := alerts.Hook{URL: "https://operator.example.com", Secret: "whsec_operator"}
		must(t, h.SetAlertHook(t.Context(), operator, h.entry("", "alert-hook.changed")))
		same(t, "the operator's", got(h.AlertHook(t.Context(), ""))(t), operator)
	})
	t.Run("sent", func(t *testing.T) {
		keep(alerts.NotMe, "", now.Add(-time.Minute))
		first := got(h.DueAlerts(ctx, now, 9))(t)[0]
		same(t, "whole", first, alerts.Pending{Alert: alerts.Alert{ID: first.ID, Kind: alerts.NotMe, At: now.Add(-time.Minute), Data: map[string]string{"user": "usr_1"}}})
		keep(alerts.CaseStopped, h.Organisation.ID, now) // which the organisation did not choose
		same(t, "the operator's", got(h.DueAlerts(ctx, now, 9))(t)[0].OrganisationID, "")
		keep(alerts.NotMe, h.Organisation.ID, now)
		both := got(h.DueAlerts(ctx, now, 9))(t)
		later := both[slices.IndexFunc(both, func(p alerts.Pending) bool { return p.OrganisationID == h.Organisation.ID })]
		same(t, "both", []any{len(both), both[0].ID == both[1].ID, later.Data["organisation"]}, []any{2, false, h.Organisation.ID})
		h.Clock.Pass(taken)
		for _, id := range due(9) {
			if id != later.ID && id != first.ID {
				must(t, h.AlertTried(ctx, id, true, time.Time{}, now, ""))
			}
		}
		keep(alerts.NotMe, "", now.Add(time.Hour))
		same(t, "all taken", len(due(9)), 0)
		must(t, h.AlertTried(ctx, later.ID, false, h.Clock.Now().Add(2*time.Minute), now.Add(time.Second), "status 503"))
		kept := got(h.AlertHook(ctx, h.Organisation.ID))(t)
		same(t, "hook", []any{kept.LastAt, kept.LastError}, []any{now.Add(time.Second), "status 503"})
		same(t, "the other hook", got(h.AlertHook(ctx, ""))(t).LastError, "")
		h.Clock.Pass(taken)
		same(t, "nothing was heard of it", due(9), []string{first.ID})
		h.Clock.Pass(time.Minute)
		tried := got(h.DueAlerts(ctx, h.Clock.Now(), 9))(t)
		same(t, "again", []any{len(tried), tried[0].ID, tried[0].Attempts}, []any{1, later.ID, 1})
		must(t, h.AlertTried(ctx, later.ID, true, time.Time{}, h.Clock.Now(), ""))
		h.Clock.Pass(taken)
		same(t, "sent", due(9), []string{first.ID})
		same(t, "hook", got(h.AlertHook(ctx, h.Organisation.ID))(t).LastError, "")
		must(t, h.AlertTried(ctx, "alr_none", true, time.Time{}, h.Clock.Now(), "x"))
		h.Clock.Pass(time.Hour)
		same(t, "future", len(due(9)), 2)
		h.Clock.Pass(taken)
	})
	t.Run("removed", func(t *testing.T) {
		var left []string
		for _, p := range got(h.DueAlerts(t.Context(), h.Clock.Now(), 9))(t) {
			if p.OrganisationID == "" {
				left = append(left, p.ID)
			}
		}
		h.written(t, 1, func() {
			same(t, "removed", got(h.RemoveAlertHook(t.Context(), h.Organisation.ID, h.entry(h.Organisation.ID, "alert-hook.changed")))(t), true)
			same(t, "again", got(h.RemoveAlertHook(t.Context(), h.Organisation.ID, h.entry(h.Organisation.ID, "x")))(t), false)
		})
		h.Clock.Pass(taken)
		same(t, "the operator's stays", due(9), left)
		_, err := h.AlertHook(t.Context(), h.Organisation.ID)
		fails(t, err, alerts.ErrNoHook)
	})
	t.Run("given up", func(t *testing.T) {
		h.Clock.Pass(alerts.Life)
		same(t, "more", got(h.Erase(ctx, now.Add(-time.Hour)))(t), false)
		same(t, "left", len(due(9)), 0)
	})
	must(t, h.VerifyAudit(ctx))
}
