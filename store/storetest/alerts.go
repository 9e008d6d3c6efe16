package storetest

import (
	"testing"
	"time"

	"example.com/aye/alerts"
	"example.com/aye/internal/secret"
)

func testAlerts(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	ctx, now := t.Context(), h.Clock.Now()
	hook := alerts.Hook{OrganisationID: h.Organisation.ID, URL: "https://alerts.example.com", Secret: "whsec_first"}
	alert := func(organisationID string) alerts.Alert {
		return alerts.Alert{ID: secret.NewID("alr"), Kind: alerts.NotMe, OrganisationID: organisationID, At: now, Data: map[string]string{"user": "usr_1"}}
	}
	keep := func(organisationID string, next time.Time) alerts.Alert {
		a := alert(organisationID)
		must(t, h.KeepAlert(ctx, a, next))
		return a
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
		keep(h.Organisation.ID, now)
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
		later, first := keep(h.Organisation.ID, now), keep("", now.Add(-time.Minute))
		future := keep(h.Organisation.ID, now.Add(time.Hour))
		same(t, "whole", got(h.DueAlerts(ctx, now, 1))(t), []alerts.Pending{{Alert: first}})
		same(t, "the other", due(9), []string{later.ID})
		same(t, "all taken", len(due(9)), 0)
		must(t, h.AlertTried(ctx, later.ID, false, now.Add(2*time.Minute), now.Add(time.Second), "status 503"))
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
		same(t, "future", due(9), []string{first.ID, future.ID})
		h.Clock.Pass(taken)
	})
	t.Run("removed", func(t *testing.T) {
		left := due(9)[:1]
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
