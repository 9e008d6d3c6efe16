package sms_test

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

// report is the vendor's call about a message of the organisation's own provider.
func (h *house) report(t *testing.T, r sms.Report) error {
	t.Helper()
	if r.OnceUntil.IsZero() {
		r.OnceUntil = h.Clock.Now().Add(time.Hour)
	}
	return h.SMS.Report(t.Context(), h.Own.ID, h.Texts.Report(h.Own.Signing, r))
}

func reportOf(id, once string, o sms.Outcome) sms.Report {
	return sms.Report{Once: once, Reference: id, Outcome: o}
}

// Reports say what became of a message and what it cost; one that comes late takes nothing back.
func TestReports(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.send(h.Ada)
	row := func() []any {
		m := h.row(p.ID)
		return []any{m.State, m.Price, m.Currency, m.Parts, m.Reason}
	}
	step := func(what string, r sms.Report, wantErr error, want ...any) {
		t.Helper()
		ayetest.Fails(t, h.report(t, r), wantErr)
		ayetest.Same(t, what, row(), want)
	}
	step("sent", reportOf(p.ID, "1", sms.Outcome{State: sms.Sent}), nil, sms.Sent, sms.Amount(0), "", 1, sms.Class(""))
	step("by the vendor's own name, with a price", sms.Report{Once: "2", VendorID: "v-" + p.ID, Outcome: sms.Outcome{
		State: sms.Delivered, Price: 61_000, Currency: "EUR", Parts: 1,
	}}, nil, sms.Delivered, sms.Amount(61_000), "EUR", 1, sms.Class(""))
	step("late", reportOf(p.ID, "3", sms.Outcome{State: sms.Sent}), nil, sms.Delivered, sms.Amount(61_000), "EUR", 1, sms.Class(""))
	step("it failed, says another", reportOf(p.ID, "4", sms.Outcome{State: sms.Failed, Reason: sms.BadNumber}), nil, sms.Delivered, sms.Amount(61_000), "EUR", 1, sms.Class(""))
	step("the price is corrected", reportOf(p.ID, "5", sms.Outcome{State: sms.Delivered, Price: 62_000, Currency: "EUR"}), nil, sms.Delivered, sms.Amount(62_000), "EUR", 1, sms.Class(""))
	step("once more", reportOf(p.ID, "5", sms.Outcome{State: sms.Delivered, Price: 1, Currency: "EUR"}), sms.ErrReplayed, sms.Delivered, sms.Amount(62_000), "EUR", 1, sms.Class(""))
	costs, err := h.SMS.Costs(t.Context(), sms.CostQuery{OrganisationID: h.Organisation.ID})
	ayetest.Fails(t, err, nil)
	paid := costs[len(costs)-1]
	for _, c := range costs {
		if c.Purpose == accounts.TextLogin {
			paid = c
		}
	}
	ayetest.Same(t, "cost", []any{paid.Amount, paid.Reported, paid.Messages}, []any{sms.Amount(62_000), 1, 1})
}

func TestReportOfAFailure(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.send(h.Ada)
	ayetest.Fails(t, h.report(t, reportOf(p.ID, "1", sms.Outcome{State: sms.Failed, Reason: sms.BadNumber, Detail: "absent"})), nil)
	row := h.row(p.ID)
	ayetest.Same(t, "row", []any{row.State, row.Reason, row.Detail, row.Updated}, []any{sms.Failed, sms.BadNumber, "absent", h.Clock.Now()})
}

// A report settles what nobody knew.
func TestReportSettlesTheUnknown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Texts.Silent(true)
	p, err := h.SMS.SendCode(t.Context(), h.ask(h.Ada))
	ayetest.Fails(t, err, sms.ErrNoAnswer)
	ayetest.Fails(t, h.report(t, sms.Report{Once: "1", Reference: p.ID, VendorID: "v", Outcome: sms.Outcome{State: sms.Delivered}}), nil)
	row := h.row(p.ID)
	ayetest.Same(t, "row", []any{row.State, row.VendorID}, []any{sms.Delivered, "v"})
	h.Clock.Pass(48 * time.Hour)
	ayetest.Fails(t, h.SMS.Sweep(t.Context()), nil)
	ayetest.Same(t, "nobody is asked", h.looks(), 0)
}

// What is not signed with the provider's key, or is about a message of another, changes nothing.
func TestThreatForgedReports(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.send(h.Ada)
	o := h.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" })
	theirs := h.OwnProvider(o)
	unsigned := h.AddProvider(o.ID, func(p *sms.Provider) { p.Signing = "" })
	about := func(once string) sms.Report {
		return sms.Report{Once: once, OnceUntil: h.Clock.Now().Add(time.Hour), Reference: p.ID, Outcome: sms.Outcome{State: sms.Failed}}
	}
	for _, test := range []struct {
		name, providerID string
		signing          secret.Secret
		report           sms.Report
		want             error
	}{
		{"another key", h.Own.ID, theirs.Signing, about("1"), sms.ErrReport},
		{"no key", h.Own.ID, "", about("1"), sms.ErrReport},
		{"a provider that signs nothing", unsigned.ID, "", about("1"), sms.ErrReport},
		{"another provider's, signed well", theirs.ID, theirs.Signing, about("1"), sms.ErrNoMessage},
		{"nobody's message", h.Own.ID, h.Own.Signing, sms.Report{Once: "1", Reference: "sms_none"}, sms.ErrNoMessage},
		{"no message at all", h.Own.ID, h.Own.Signing, sms.Report{Once: "1"}, sms.ErrNoMessage},
		{"nobody's provider", "smp_none", h.Own.Signing, about("1"), sms.ErrNotFound},
	} {
		err := h.SMS.Report(t.Context(), test.providerID, h.Texts.Report(test.signing, test.report))
		ayetest.Fails(h.For(t), err, test.want)
		ayetest.Same(t, test.name, h.row(p.ID).State, sms.Accepted)
	}
	ayetest.Fails(t, h.report(t, about("1")), nil) // its name was not used up
	ayetest.Fails(t, h.SMS.Remove(t.Context(), h.Organisation.ID, h.Own.ID), nil)
	ayetest.Fails(t, h.report(t, about("2")), sms.ErrNotFound)
}

// The report about the code of a draft comes before the code is typed, or after.
func TestReportOfADraft(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	h := &house{World: d.World}
	draft := d.begin()
	tells := func(once string, state sms.State) error {
		r := sms.Report{Once: once, OnceUntil: h.Clock.Now().Add(time.Hour), Reference: draft.MessageID, Outcome: sms.Outcome{State: state}}
		return h.SMS.Report(t.Context(), draft.ID, h.Texts.Report(signing, r))
	}
	ayetest.Fails(t, tells("1", sms.Sent), nil)
	ayetest.Same(t, "before", h.row(draft.MessageID).State, sms.Sent)
	_, err := d.save(draft, d.Texts.LastCode(other))
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, tells("2", sms.Delivered), nil)
	ayetest.Same(t, "after", h.row(draft.MessageID).State, sms.Delivered)
}

// After 30 days the ledger knows what is shown of a number, and no more.
func TestMask(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.send(h.Ada)
	whole := func() string {
		m, _, err := h.Store.LastAbout(t.Context(), h.row(p.ID).About)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "shown", m.Masked, accounts.MaskedNumber(number))
		return m.Number + m.Index
	}
	ayetest.Same(t, "known", whole(), number+accounts.NumberIndex(h.Keys, number))
	h.Clock.Pass(sms.NumberLife)
	ayetest.Fails(t, h.SMS.Mask(t.Context()), nil)
	ayetest.Same(t, "known", whole() != "", true)
	h.Clock.Pass(time.Second)
	ayetest.Fails(t, h.SMS.Mask(t.Context()), nil)
	ayetest.Same(t, "forgotten", whole(), "")
}
