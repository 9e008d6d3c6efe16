package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

// text gives a message with a code to log in, that is not stored. The organisation pays.
func (h *House) text(m accounts.Member) sms.Message {
	now := h.Clock.Now()
	return sms.Message{
		ID: secret.NewID("sms"), OrganisationID: m.OrganisationID, ProviderID: "smp_one", Purpose: accounts.TextLogin, Payer: sms.PaidByOrganisation,
		About: secret.NewID("apr"), PersonID: m.Person.ID, Number: "+31612345678", Index: "index of " + m.Person.ID, Masked: "+31 •••• ••78", Country: "NL",
		Encoding: sms.GSM7, Parts: 1, Estimate: 56_000, State: sms.Sending, At: now, Updated: now,
	}
}

// send stores a message, and gives what counted against it.
func (h *House) send(t *testing.T, m sms.Message) sms.Spent {
	t.Helper()
	var spent sms.Spent
	must(t, h.AddMessage(t.Context(), m, counting, func(before sms.Spent) error { spent = before; return nil }))
	return spent
}

// counting is how these tests count.
var counting = sms.Counting{PerHour: sms.NumberPerHour, PerDay: sms.NumberPerDay, Currency: "EUR"}

// spent gives what counts against a message that is not stored.
func (h *House) spent(t *testing.T, m sms.Message) sms.Spent {
	t.Helper()
	var spent sms.Spent
	fails(t, h.AddMessage(t.Context(), m, counting, func(before sms.Spent) error { spent = before; return errRefused }), errRefused)
	return spent
}

var errRefused = errors.New("refused")

// settle moves a message along that must move.
func (h *House) settle(t *testing.T, id string, o sms.Outcome) {
	t.Helper()
	same(t, "moved", got(h.Settle(t.Context(), id, o))(t), true)
}

// last gives the only message about something.
func (h *House) last(t *testing.T, about string) sms.Message {
	t.Helper()
	m, _, err := h.LastAbout(t.Context(), about)
	must(t, err)
	return m
}

func testLedger(t *testing.T, open Opener) {
	h := NewHouse(t, open)
	t.Run("kept", func(t *testing.T) { testMessageKept(t, h) })
	t.Run("what counts", func(t *testing.T) { testSpent(t, open) })
	t.Run("settled", func(t *testing.T) { testSettled(t, h) })
	t.Run("settled at once", func(t *testing.T) { testSettledAtOnce(t, h) })
	t.Run("reports", func(t *testing.T) { testReports(t, h) })
	t.Run("unsettled", func(t *testing.T) { testUnsettled(t, NewHouse(t, open)) })
	t.Run("costs", func(t *testing.T) { testCosts(t, NewHouse(t, open)) })
	t.Run("rows", func(t *testing.T) { testMessages(t, NewHouse(t, open)) })
	t.Run("users", func(t *testing.T) { testTextUsers(t, NewHouse(t, open)) })
	t.Run("prices", func(t *testing.T) { testLastPrice(t, h) })
	t.Run("numbers are forgotten", func(t *testing.T) { testMask(t, NewHouse(t, open)) })
}

func testMessageKept(t *testing.T, h *House) {
	m := h.text(h.AddPerson(t, "kept-text@example.com"))
	m.Used, m.Price, m.Currency, m.VendorID, m.Reason, m.Detail = m.At, 7, "EUR", "vendor", sms.Busy, "too many"
	h.send(t, m)
	same(t, "message", h.last(t, m.About), m)
	nothing := h.text(h.AddPerson(t, "about-nothing@example.com"))
	nothing.About = ""
	h.send(t, nothing)
	refused := h.text(h.AddPerson(t, "not-kept@example.com"))
	h.spent(t, refused)
	_, _, err := h.LastAbout(t.Context(), refused.About)
	fails(t, err, sms.ErrNotFound)
	_, _, err = h.LastAbout(t.Context(), "")
	fails(t, err, sms.ErrNotFound)

	h.Clock.Pass(time.Second)
	again := m
	again.ID, again.At, again.State = secret.NewID("sms"), h.Clock.Now(), sms.Refused
	h.send(t, again)
	newest, count, err := h.LastAbout(t.Context(), m.About)
	must(t, err)
	same(t, "newest", newest, again)
	same(t, "count", count, 2)
}

func testSettled(t *testing.T, h *House) {
	m := h.AddPerson(t, "settled@example.com")
	all := []sms.State{sms.Sending, sms.Refused, sms.Unknown, sms.Accepted, sms.Sent, sms.Delivered, sms.Failed, sms.Expired}
	for _, from := range all {
		for _, to := range all {
			t.Run(fmt.Sprintf("%s to %s", from, to), func(t *testing.T) {
				before := h.text(m)
				before.State, before.Reason, before.Detail = from, sms.Other, "before"
				h.send(t, before)
				want := before
				o := sms.Outcome{State: to, VendorID: "vendor", Parts: 2, Price: 120_000, Currency: "USD", Reason: sms.BadNumber, Detail: "after", At: before.At.Add(time.Minute)}
				want.VendorID, want.Parts, want.Price, want.Currency = o.VendorID, o.Parts, o.Price, o.Currency
				moves := slices.Contains(to.Before(), from)
				if moves {
					want.State, want.Reason, want.Detail, want.Updated = to, o.Reason, o.Detail, o.At
				}
				same(t, "moved", got(h.Settle(t.Context(), before.ID, o))(t), moves)
				same(t, "message", h.last(t, before.About), want)
				// What nothing is known of stays.
				same(t, "again", got(h.Settle(t.Context(), before.ID, sms.Outcome{State: from}))(t), false)
				same(t, "message", h.last(t, before.About), want)
			})
		}
	}
	for _, to := range all {
		for _, reason := range []sms.Class{sms.Missing, sms.Other} {
			t.Run(fmt.Sprintf("refused, %s, to %s", reason, to), func(t *testing.T) {
				before := h.text(m)
				before.State, before.Reason = sms.Refused, reason
				h.send(t, before)
				corrects := reason == sms.Missing && slices.Contains([]sms.State{sms.Sent, sms.Delivered, sms.Failed, sms.Expired}, to)
				same(t, "moved", got(h.Settle(t.Context(), before.ID, sms.Outcome{State: to, At: before.At}))(t), corrects)
				want := sms.Refused
				if corrects {
					want = to
				}
				same(t, "state", h.last(t, before.About).State, want)
			})
		}
	}
	same(t, "never was", got(h.Settle(t.Context(), "sms_none", sms.Outcome{State: sms.Sent}))(t), false)
	free := h.text(m)
	h.send(t, free)
	got(h.Settle(t.Context(), free.ID, sms.Outcome{Price: 0, Currency: "EUR"}))(t)
	same(t, "no price is one too", h.last(t, free.About).Currency, "EUR")
}

func testSettledAtOnce(t *testing.T, h *House) {
	m := h.text(h.AddPerson(t, "settled-at-once@example.com"))
	h.send(t, m)
	ends := []sms.State{sms.Delivered, sms.Failed, sms.Expired}
	same(t, "one end", race(t, func(i int) (bool, error) { return h.Settle(t.Context(), m.ID, sms.Outcome{State: ends[i%3], At: m.At}) }), 1)
}

func testReports(t *testing.T, h *House) {
	m := h.text(h.AddPerson(t, "reports@example.com"))
	m.State, m.VendorID = sms.Accepted, "vendor's"
	h.send(t, m)
	until := h.Clock.Now().Add(time.Hour)
	report := func(once string, state sms.State) sms.Report {
		return sms.Report{Once: once, OnceUntil: until, Reference: m.ID, Outcome: sms.Outcome{State: state, Detail: once, At: h.Clock.Now()}}
	}
	take := func(r sms.Report, moves bool) {
		t.Helper()
		after, moved, err := h.TakeReport(t.Context(), m.ProviderID, r)
		must(t, err)
		same(t, "moved", moved, moves)
		if moves {
			m.State, m.Detail, m.Updated = r.State, r.Detail, r.At
		}
		if r.VendorID != "" {
			m.VendorID = r.VendorID
		}
		same(t, "message", h.last(t, m.About), m)
		m.Number, after.Number = "", ""
		same(t, "given", after, m)
		m.Number = "+31612345678"
	}
	refuse := func(providerID string, r sms.Report, want error) {
		t.Helper()
		_, _, err := h.TakeReport(t.Context(), providerID, r)
		fails(t, err, want)
		same(t, "message", h.last(t, m.About), m)
	}
	first := report("first", sms.Sent)
	// Of what is not the provider's nothing is remembered: it can still be taken.
	refuse("smp_other", first, sms.ErrNotFound)
	unknown := first
	unknown.Reference = "sms_none"
	refuse(m.ProviderID, unknown, sms.ErrNotFound)
	refuse(m.ProviderID, sms.Report{Once: "first", OnceUntil: until, Outcome: first.Outcome}, sms.ErrNotFound)
	take(first, true)
	replayed := report("first", sms.Delivered)
	refuse(m.ProviderID, replayed, sms.ErrReplayed)

	// By the vendor's own name, and one that a later one overtook.
	byVendor := report("second", sms.Delivered)
	byVendor.Reference, byVendor.VendorID = "", "vendor's"
	take(byVendor, true)
	late := report("third", sms.Sent)
	late.VendorID = "renamed"
	take(late, false)
	refuse(m.ProviderID, late, sms.ErrReplayed)

	// Two providers may have the same name for a report.
	other := h.text(h.AddPerson(t, "reports-too@example.com"))
	other.ProviderID, other.VendorID = "smp_other", "renamed"
	h.send(t, other)
	theirs := report("first", sms.Sent)
	theirs.Reference = other.ID
	_, moved, err := h.TakeReport(t.Context(), "smp_other", theirs)
	must(t, err)
	same(t, "moved", moved, true)

	raced := h.text(h.AddPerson(t, "reports-raced@example.com"))
	h.send(t, raced)
	once := report("raced", sms.Delivered)
	once.Reference = raced.ID
	same(t, "taken", race(t, func(int) (bool, error) {
		_, _, failure := h.TakeReport(t.Context(), raced.ProviderID, once)
		return failure == nil, unless(failure, sms.ErrReplayed)
	}), 1)

	// A report that can be shown no more is forgotten, and no earlier.
	_, err = h.MaskNumbers(t.Context(), time.Time{}, until.Add(-time.Millisecond), 100)
	must(t, err)
	refuse(m.ProviderID, first, sms.ErrReplayed)
	same(t, "more", got(h.MaskNumbers(t.Context(), time.Time{}, until, 100))(t), false)
	take(report("first", sms.Sent), false)
}

func testUnsettled(t *testing.T, h *House) {
	m, begin := h.AddPerson(t, "unsettled@example.com"), h.Clock.Now()
	ids := map[string]string{}
	for _, state := range []sms.State{sms.Sending, sms.Refused, sms.Unknown, sms.Accepted, sms.Sent, sms.Delivered, sms.Failed, sms.Expired} {
		text := h.text(m)
		h.send(t, text)
		ids[text.ID] = string(state)
		if state != sms.Sending {
			h.settle(t, text.ID, sms.Outcome{State: state, At: begin})
		}
	}
	unsettled := func(sending, due time.Time, limit int) []string {
		t.Helper()
		var names []string
		for _, one := range got(h.Unsettled(t.Context(), sending, due, limit))(t) {
			names = append(names, ids[one.ID])
			same(t, "state", string(one.State), ids[one.ID])
		}
		slices.Sort(names)
		return names
	}
	first := begin.Add(sms.FirstLook)
	same(t, "at first", unsettled(begin, first.Add(-time.Millisecond), 100), nil)
	same(t, "sending for too long", unsettled(begin.Add(time.Millisecond), begin, 100), []string{"sending"})
	same(t, "a few", []int{len(unsettled(first, first, 1)), len(unsettled(first, first, 3))}, []int{1, 3})
	// Two of those of which more may be known were among these: who took them has them alone for a while.
	same(t, "the rest", []int{len(unsettled(begin, first, 100)), len(unsettled(begin, first, 100))}, []int{1, 0})
	same(t, "not over yet", unsettled(begin, first.Add(taken-time.Second), 100), nil)
	second := first.Add(taken)
	third := second.Add(taken)
	same(t, "due", unsettled(first, second, 100), []string{"accepted", "sending", "sent", "unknown"})
	for id, name := range ids {
		switch name {
		case "accepted":
			must(t, h.Looked(t.Context(), id, third.Add(time.Minute)))
		case "unknown":
			must(t, h.Looked(t.Context(), id, time.Time{}))
		}
	}
	same(t, "looked for", unsettled(begin, third, 100), []string{"sent"})
	same(t, "due again", unsettled(begin, third.Add(taken), 100), []string{"accepted", "sent"})
}

func testMask(t *testing.T, h *House) {
	m, begin := h.AddPerson(t, "mask@example.com"), h.Clock.Now()
	var all []sms.Message
	for range 5 {
		text := h.text(m)
		all = append(all, text)
		h.send(t, text)
		h.Clock.Pass(time.Second)
	}
	known := func() int {
		t.Helper()
		count := 0
		for _, text := range all {
			kept := h.last(t, text.About)
			if kept.Number != "" {
				count++
				same(t, "message", kept, text)
				continue
			}
			text.Number, text.Index = "", ""
			same(t, "masked", kept, text)
		}
		return count
	}
	mask := func(before time.Time, limit int) bool {
		t.Helper()
		return got(h.MaskNumbers(t.Context(), before, h.Clock.Now(), limit))(t)
	}
	same(t, "too young", []any{mask(begin, 2), known()}, []any{false, 5})
	same(t, "the first", []any{mask(begin.Add(time.Millisecond), 2), known()}, []any{false, 4})
	same(t, "some", []any{mask(h.Clock.Now(), 2), known()}, []any{true, 2})
	same(t, "some more", []any{mask(h.Clock.Now(), 2), known()}, []any{true, 0})
	same(t, "all", []any{mask(h.Clock.Now(), 2), known()}, []any{false, 0})
	// They count for the organisation still, and for no number.
	spent := h.spent(t, h.text(m))
	same(t, "day and number", []int{spent.Day, spent.NumberDay}, []int{5, 0})
}
