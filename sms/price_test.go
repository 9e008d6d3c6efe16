package sms_test

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/sms"
)

func TestPrices(t *testing.T) {
	t.Parallel()
	day := func(text string) time.Time {
		at, err := time.Parse(time.DateOnly, text)
		ayetest.Fails(t, err, nil)
		return at
	}
	prices := sms.Prices{Currency: "EUR", Unknown: 150_000, All: []sms.Price{
		{Country: "NL", Amount: 56_000, From: day("2021-09-01")},
		{Country: "NL", Amount: 70_000, From: day("2025-01-01"), Until: day("2026-01-01")},
		{Country: "BE", Amount: 80_000, Until: day("2022-01-01")},
		{Country: "DE", Amount: 0},
	}}
	for _, test := range []struct {
		country, at string
		price       sms.Amount
		known       bool
	}{
		{"NL", "2021-08-31", 150_000, false},
		{"NL", "2021-09-01", 56_000, true},
		{"NL", "2024-12-31", 56_000, true},
		{"NL", "2025-01-01", 70_000, true},
		{"NL", "2025-12-31", 70_000, true},
		{"NL", "2026-01-01", 56_000, true},
		{"BE", "2021-12-31", 80_000, true},
		{"BE", "2022-01-01", 150_000, false},
		{"DE", "2022-01-01", 0, true},
		{"FR", "2022-01-01", 150_000, false},
		{"", "2022-01-01", 150_000, false},
	} {
		if price, known := prices.Of(test.country, day(test.at)); price != test.price || known != test.known {
			t.Errorf("%s on %s: %s, %v", test.country, test.at, price, known)
		}
	}
	if price, _ := prices.Of("NL", day("2021-09-01").Add(-time.Nanosecond)); price != 150_000 {
		t.Errorf("the day before: %s", price)
	}
}

// What a message counts is what the vendor asked last for one like it, where that is more than the
// installation's prices say, and of the same payer, country and currency.
func TestTheLastPrice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	asks := func(purpose accounts.TextPurpose, price sms.Amount, parts int, currency string, want sms.Amount) {
		t.Helper()
		h.Clock.Pass(24 * time.Hour)
		h.Texts.Answer(func(sms.Outgoing) (sms.Outcome, error) {
			return sms.Outcome{State: sms.Accepted, Price: price, Parts: parts, Currency: currency}, nil
		})
		ask := h.ask(h.Ada)
		ask.Purpose = purpose
		p, err := h.SMS.SendCode(t.Context(), ask)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "estimate", h.row(p.ID).Estimate, want)
	}
	asks(accounts.TextLogin, 70_000, 1, "EUR", each)
	asks(accounts.TextSecurity, 90_000, 1, "EUR", each) // the operator pays
	asks(accounts.TextLogin, 160_000, 2, "EUR", 70_000)
	asks(accounts.TextLogin, 10_000, 1, "EUR", 80_000)
	asks(accounts.TextLogin, 200_000, 1, "USD", each)
	asks(accounts.TextLogin, 0, 0, "", each)
	asks(accounts.TextSecurity, 0, 0, "", 90_000)
	h.CapTexts(h.Organisation.ID, sms.MaximumCap)
	asks(accounts.TextLogin, 70_000, 1, "EUR", each)
	spent, err := h.Store.MonthSpent(t.Context(), h.Organisation.ID, sms.PaidByOrganisation, "EUR", h.Clock.Now())
	ayetest.Fails(t, err, nil)
	for left, want := range map[sms.Amount]sms.Reason{70_000: sms.Open, 70_000 - 1: sms.CapReached} {
		h.CapTexts(h.Organisation.ID, spent+left)
		open, err := h.SMS.Open(t.Context(), h.Organisation, h.Ada, accounts.TextLogin)
		ayetest.Same(t, "open", []any{open.Reason, err}, []any{want, nil})
	}
}

// A price that cannot be one is left out, wherever it comes from, and the estimate stays.
func TestPricesThatCannotBe(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const most = 10_000_000
	for _, test := range []struct {
		price sms.Amount
		parts int
		kept  bool
	}{
		{most, 1, true},
		{most + 1, 1, false},
		{most, 0, true},
		{most + 1, 0, false},
		{3 * most, 3, true},
		{3*most + 1, 3, false},
		{11 * most, 11, false},
		{1 << 62, 1 << 40, false},
		{-1, 1, false},
	} {
		o := sms.Outcome{State: sms.Delivered, Price: test.price, Parts: test.parts, Currency: "EUR"}
		h.Clock.Pass(24 * time.Hour)
		h.CapTexts(h.Organisation.ID, sms.MaximumCap)
		reported, looked := h.send(h.Ada), h.send(h.Ada)
		ayetest.Fails(t, h.report(t, reportOf(reported.ID, reported.ID, o)), nil)
		h.Texts.Became(looked.ID, o)
		h.Clock.Pass(time.Minute)
		ayetest.Fails(t, h.SMS.Sweep(t.Context()), nil)
		h.Texts.Answer(func(sms.Outgoing) (sms.Outcome, error) { return o, nil })
		answered := h.send(h.Ada)
		h.Texts.Answer(nil)
		for _, p := range []sms.Posted{reported, looked, answered} {
			row := h.row(p.ID)
			ayetest.Same(t, test.price.String(), []any{row.State, row.Currency != "", row.Parts < 11}, []any{sms.Delivered, test.kept, true})
		}
	}
}
