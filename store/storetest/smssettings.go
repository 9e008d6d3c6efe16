package storetest

import (
	"testing"
	"time"

	"example.com/aye/sms"
)

func testSMSSettings(t *testing.T, h *House) {
	o := h.Organisation
	want := sms.Settings{OrganisationID: o.ID}
	is := func() {
		t.Helper()
		same(t, "settings", got(h.SMSSettings(t.Context(), o.ID))(t), want)
	}
	is()
	h.written(t, 0, func() {
		same(t, "resumed", got(h.ResumeSMS(t.Context(), o.ID, h.Clock.Now(), h.entry(o.ID, "x")))(t), false)
	})
	want.Countries, want.Cap = []string{"BE", "NL"}, 12_000_000
	h.written(t, 1, func() { must(t, h.ChangeSMSSettings(t.Context(), want, h.entry(o.ID, "sms.settings-changed"))) })
	is()
	stop := func(news bool, rows int64) {
		t.Helper()
		h.Clock.Pass(time.Second)
		h.written(t, rows, func() {
			same(t, "news", got(h.StopSMS(t.Context(), o.ID, h.Clock.Now(), h.entry(o.ID, "sms.stopped")))(t), news)
		})
	}
	stop(true, 1)
	want.Stopped = h.Clock.Now()
	is()
	stop(false, 0)
	is()
	// Who changes what they saw before resumes nothing.
	must(t, h.ChangeSMSSettings(t.Context(), sms.Settings{OrganisationID: o.ID, Cap: 1}, h.entry(o.ID, "sms.settings-changed")))
	want.Countries, want.Cap = nil, 1
	is()
	h.Clock.Pass(time.Second)
	for rows, news := range []bool{true, false} {
		h.written(t, int64(1-rows), func() {
			same(t, "resumed", got(h.ResumeSMS(t.Context(), o.ID, h.Clock.Now(), h.entry(o.ID, "sms.resumed")))(t), news)
		})
	}
	want.Stopped, want.Resumed = time.Time{}, h.Clock.Now()
	is()
	h.Clock.Pass(time.Second)
	stop(true, 1)
	want.Stopped = h.Clock.Now()
	is()
	for _, untouched := range []string{"", h.AddOrganisation(t, "Unsettled").ID} {
		same(t, "another's", got(h.SMSSettings(t.Context(), untouched))(t), sms.Settings{OrganisationID: untouched})
	}
	fresh := h.AddOrganisation(t, "Stopped first").ID
	same(t, "stopped", race(t, func(int) (bool, error) {
		return h.StopSMS(t.Context(), fresh, h.Clock.Now(), h.entry(fresh, "sms.stopped"))
	}), 1)
	t.Run("spent is news once a month", func(t *testing.T) {
		for _, id := range []string{o.ID, "", h.AddOrganisation(t, "Spent").ID} {
			before := got(h.SMSSettings(t.Context(), id))(t)
			spent := func(at time.Time) bool { t.Helper(); return got(h.SpentSMS(t.Context(), id, at))(t) }
			end := time.Date(2026, 2, 28, 23, 59, 59, 0, time.UTC)
			elsewhere := time.FixedZone("east", 3600)
			same(t, "news", []bool{spent(end), spent(end.In(elsewhere)), spent(end.Add(time.Second)), spent(end.Add(time.Second))}, []bool{true, false, true, false})
			same(t, "settings", got(h.SMSSettings(t.Context(), id))(t), before)
		}
	})
}
