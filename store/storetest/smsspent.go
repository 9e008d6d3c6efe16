package storetest

import (
	"fmt"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

// testSpent is about what counts against a message. Nothing counts more than it must, and what may
// have gone out counts as if it had.
func testSpent(t *testing.T, open Opener) {
	t.Run("of a number", func(t *testing.T) { testSpentOfNumber(t, NewHouse(t, open)) })
	t.Run("of a person", func(t *testing.T) { testSpentOfPerson(t, NewHouse(t, open)) })
	t.Run("of a day", func(t *testing.T) { testSpentOfDay(t, NewHouse(t, open)) })
	t.Run("of a month", func(t *testing.T) { testSpentOfMonth(t, NewHouse(t, open)) })
	t.Run("about the same", func(t *testing.T) { testSpentAbout(t, NewHouse(t, open)) })
	t.Run("codes", func(t *testing.T) { testSpentCodes(t, NewHouse(t, open)) })
	t.Run("states", func(t *testing.T) { testSpentStates(t, NewHouse(t, open)) })
	t.Run("settings", func(t *testing.T) {
		h := NewHouse(t, open)
		o, m := h.Organisation, h.AddPerson(t, "settings@example.com")
		text := h.text(m)
		same(t, "nothing said", h.spent(t, text), sms.Spent{})
		must(t, h.ChangeSMSSettings(t.Context(), sms.Settings{OrganisationID: o.ID, Cap: 7}, h.entry(o.ID, "x")))
		got(h.StopSMS(t.Context(), o.ID, h.Clock.Now(), h.entry(o.ID, "x")))(t)
		same(t, "said", h.spent(t, text), sms.Spent{Cap: 7, Stopped: h.Clock.Now()})
		text.Payer = sms.PaidByOperator
		same(t, "the operator's cap is no setting of the organisation", h.spent(t, text), sms.Spent{Stopped: h.Clock.Now()})
		text.OrganisationID = ""
		same(t, "nobody's", h.spent(t, text), sms.Spent{})
	})
	t.Run("all at once, never more than the cap", func(t *testing.T) {
		h := NewHouse(t, open)
		m := h.AddPerson(t, "cap@example.com")
		const most = 7
		same(t, "sent", race(t, func(int) (bool, error) {
			text := h.text(m)
			err := h.AddMessage(t.Context(), text, counting, func(s sms.Spent) error {
				if s.Month+text.Estimate > most*text.Estimate {
					return errRefused
				}
				return nil
			})
			return err == nil, unless(err, errRefused)
		}), most)
		same(t, "spent", h.spent(t, h.text(m)).Month, most*h.text(m).Estimate)
	})
}

func testSpentOfNumber(t *testing.T, h *House) {
	begin := h.Clock.Now()
	ada, bea := h.AddPerson(t, "ada@example.com"), h.AddPerson(t, "bea@example.com")
	text := func(m accounts.Member) sms.Message {
		text := h.text(m)
		text.Index = "the same number"
		return text
	}
	is := func(m sms.Message, hour, day int, hourFrom, dayFrom time.Time) {
		t.Helper()
		s := h.spent(t, m)
		same(t, "counts", []int{s.NumberHour, s.NumberDay}, []int{hour, day})
		same(t, "from", []time.Time{s.NumberHourFrom, s.NumberDayFrom}, []time.Time{hourFrom, dayFrom})
	}
	none := time.Time{}
	// Whoever asks, whatever for, whoever pays.
	for i := range sms.NumberPerHour {
		is(text(ada), i, i, none, none)
		sent := text([]accounts.Member{ada, bea}[i%2])
		if sent.Purpose = accounts.TextLogin; i == 1 {
			sent.Purpose, sent.Payer = accounts.TextCheck, sms.PaidByOperator
		}
		h.send(t, sent)
		h.Clock.Pass(time.Minute)
	}
	const five = sms.NumberPerHour
	is(text(ada), five, five, begin.Add(time.Hour), none)
	is(h.text(ada), 0, 0, none, none) // another number
	masked := text(ada)
	masked.Number, masked.Index = "", ""
	h.send(t, masked)
	masked.ID = secret.NewID("sms")
	is(masked, 0, 0, none, none)
	h.Clock.Pass(time.Hour - five*time.Minute - time.Millisecond)
	is(text(ada), five, five, begin.Add(time.Hour), none)
	h.Clock.Pass(time.Millisecond)
	is(text(ada), five-1, five, none, none)
	for range sms.NumberPerDay - five {
		h.send(t, text(bea))
	}
	h.send(t, text(bea)) // more than the limit: when it is lower again is later
	second := begin.Add(time.Minute)
	is(text(ada), five-1+six, sms.NumberPerDay+1, h.Clock.Now().Add(time.Hour), second.Add(24*time.Hour))
	h.Clock.Pass(23*time.Hour - time.Millisecond)
	is(text(ada), 0, sms.NumberPerDay+1, none, second.Add(24*time.Hour))
	h.Clock.Pass(time.Millisecond)
	is(text(ada), 0, sms.NumberPerDay, none, second.Add(24*time.Hour))
	h.Clock.Pass(time.Minute)
	is(text(ada), 0, sms.NumberPerDay-1, none, none)
}

// testSpentOfPerson: of what went to a number, what was for the same person, where that is asked.
func testSpentOfPerson(t *testing.T, h *House) {
	ada, bea := h.AddPerson(t, "ada@example.com"), h.AddPerson(t, "bea@example.com")
	count := func(m accounts.Member, by sms.Counting) (s sms.Spent) {
		t.Helper()
		text := h.text(m)
		text.Index = "the same number"
		fails(t, h.AddMessage(t.Context(), text, by, func(before sms.Spent) error { s = before; return errRefused }), errRefused)
		return s
	}
	begin := h.Clock.Now()
	for _, m := range []accounts.Member{ada, bea, bea, ada, bea} {
		text := h.text(m)
		text.Index = "the same number"
		h.send(t, text)
		h.Clock.Pass(time.Minute)
	}
	all, theirs := counting, counting
	theirs.Theirs, theirs.PerHour, theirs.PerDay = true, 2, 1
	s := count(ada, all)
	same(t, "all", []int{s.NumberHour, s.NumberDay}, []int{5, 5})
	s = count(ada, theirs)
	same(t, "Ada's", []any{s.NumberHour, s.NumberDay, s.NumberHourFrom, s.NumberDayFrom}, []any{2, 2, begin.Add(time.Hour), begin.Add(3 * time.Minute).Add(24 * time.Hour)})
	s = count(bea, theirs)
	same(t, "Bea's", []any{s.NumberHour, s.NumberDay, s.NumberHourFrom}, []any{3, 3, begin.Add(2 * time.Minute).Add(time.Hour)})
}

// six is how many testSpentOfNumber sends at one moment.
const six = sms.NumberPerDay - sms.NumberPerHour + 1

func testSpentOfDay(t *testing.T, h *House) {
	begin, m := h.Clock.Now(), h.AddPerson(t, "day@example.com")
	other := got(h.AddMember(t.Context(), h.member(h.AddOrganisation(t, "Other"), "day-other@example.com"), "", h.entry("", "x")))(t)
	is := func(m sms.Message, day int, from time.Time) {
		t.Helper()
		s := h.spent(t, m)
		same(t, "day", s.Day, day)
		same(t, "from", s.DayFrom, from)
	}
	for i := range sms.OrganisationPerDay - 1 {
		text := h.text(m)
		if text.Index = fmt.Sprint(i); i%2 == 0 {
			text.Payer, text.Purpose = sms.PaidByOperator, accounts.TextNewNumber
		}
		h.send(t, text)
		if i < 2 {
			h.Clock.Pass(time.Minute)
		}
	}
	is(h.text(m), sms.OrganisationPerDay-1, time.Time{})
	h.send(t, h.text(m))
	is(h.text(m), sms.OrganisationPerDay, begin.Add(24*time.Hour))
	h.send(t, h.text(m))
	is(h.text(m), sms.OrganisationPerDay+1, begin.Add(time.Minute).Add(24*time.Hour))
	is(h.text(other), 0, time.Time{})
	h.Clock.Pass(24*time.Hour - 2*time.Minute - time.Millisecond)
	is(h.text(m), sms.OrganisationPerDay+1, begin.Add(time.Minute).Add(24*time.Hour))
	h.Clock.Pass(time.Millisecond)
	is(h.text(m), sms.OrganisationPerDay, begin.Add(time.Minute).Add(24*time.Hour))
	h.Clock.Pass(time.Minute)
	is(h.text(m), sms.OrganisationPerDay-1, time.Time{})
	// What nobody's organisation is sent counts by itself.
	none := h.text(m)
	none.OrganisationID, none.Payer = "", sms.PaidByOperator
	is(none, 0, time.Time{})
	h.send(t, none)
	none.ID = secret.NewID("sms")
	is(none, 1, time.Time{})
}

func testSpentOfMonth(t *testing.T, h *House) {
	m := h.AddPerson(t, "month@example.com")
	other := got(h.AddMember(t.Context(), h.member(h.AddOrganisation(t, "Other"), "month-other@example.com"), "", h.entry("", "x")))(t)
	end := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	h.Clock.Pass(end.Add(-time.Millisecond).Sub(h.Clock.Now()))
	text := func(m accounts.Member, payer sms.Payer, estimate sms.Amount) sms.Message {
		text := h.text(m)
		text.Payer, text.Estimate = payer, estimate
		return text
	}
	is := func(m accounts.Member, payer sms.Payer, want sms.Amount) {
		t.Helper()
		text := text(m, payer, 1)
		same(t, "month", h.spent(t, text).Month, want)
		same(t, "asked without a message", got(h.MonthSpent(t.Context(), m.OrganisationID, payer, "EUR", text.At))(t), want)
	}
	h.send(t, text(m, sms.PaidByOrganisation, 1))
	h.send(t, text(m, sms.PaidByOrganisation, 2))
	h.send(t, text(other, sms.PaidByOrganisation, 4))
	h.send(t, text(m, sms.PaidByOperator, 8))
	h.send(t, text(other, sms.PaidByOperator, 16))
	own := text(m, sms.PaidByOperator, 32) // the check of a provider of the operator's
	own.OrganisationID, own.Purpose = "", accounts.TextCheck
	h.send(t, own)
	// What the vendor asks counts where it is more, and in the same currency.
	for _, price := range []struct {
		of       sms.Amount
		currency string
		want     sms.Amount
	}{{1000, "EUR", 1003}, {63, "EUR", 1067}, {1000, "USD", 1131}} {
		priced := text(m, sms.PaidByOrganisation, 64)
		h.send(t, priced)
		h.settle(t, priced.ID, sms.Outcome{State: sms.Sent, Price: price.of, Currency: price.currency})
		is(m, sms.PaidByOrganisation, price.want)
	}
	same(t, "without a currency", got(h.MonthSpent(t.Context(), m.OrganisationID, sms.PaidByOrganisation, "", h.Clock.Now()))(t), 195)
	is(other, sms.PaidByOrganisation, 4)
	is(m, sms.PaidByOperator, 56)
	is(other, sms.PaidByOperator, 56)
	h.Clock.Pass(time.Millisecond)
	for _, who := range []accounts.Member{m, other} {
		is(who, sms.PaidByOrganisation, 0)
		is(who, sms.PaidByOperator, 0)
	}
	h.send(t, text(m, sms.PaidByOrganisation, 128))
	is(m, sms.PaidByOrganisation, 128)
	// The month is that of UTC, and another month's do not count, before it or after.
	late := text(m, sms.PaidByOrganisation, 1)
	late.At = end.Add(-time.Millisecond).In(time.FixedZone("east", 7200))
	same(t, "the month before", h.spent(t, late).Month, 1131)
}

func testSpentAbout(t *testing.T, h *House) {
	m := h.AddPerson(t, "about@example.com")
	text := func() sms.Message {
		text := h.text(m)
		text.About = "the request"
		return text
	}
	is := func(m sms.Message, count int, last time.Time) {
		t.Helper()
		s := h.spent(t, m)
		same(t, "count", s.About, count)
		same(t, "last", s.Last, last)
	}
	is(text(), 0, time.Time{})
	first := h.Clock.Now()
	h.send(t, text())
	is(text(), 1, first)
	is(h.text(m), 0, time.Time{})
	h.Clock.Pass(48 * time.Hour)
	// The vendor is not asked at once again either.
	refused := text()
	h.send(t, refused)
	h.settle(t, refused.ID, sms.Outcome{State: sms.Refused})
	is(text(), 2, refused.At)
	none := text()
	none.About = ""
	h.send(t, none)
	none.ID = secret.NewID("sms")
	is(none, 0, time.Time{})
}

func testSpentCodes(t *testing.T, h *House) {
	o, m := h.Organisation, h.AddPerson(t, "breaker@example.com")
	other := got(h.AddMember(t.Context(), h.member(h.AddOrganisation(t, "Other"), "breaker-other@example.com"), "", h.entry("", "x")))(t)
	is := func(m accounts.Member, codes, used int) {
		t.Helper()
		s := h.spent(t, h.text(m))
		same(t, "codes", []int{s.Codes, s.UsedCodes}, []int{codes, used})
	}
	send := func(m accounts.Member, used bool, change ...func(*sms.Message)) {
		t.Helper()
		text := h.text(m)
		text.State = sms.Accepted
		if used {
			text.Used, text.State = text.At, sms.Unknown
		}
		for _, c := range change {
			c(&text)
		}
		h.send(t, text)
	}
	send(m, true)
	is(m, 1, 1) // it can be used no more
	send(m, false)
	is(m, 1, 1) // this one still can
	h.Clock.Pass(sms.CodeLife - time.Millisecond)
	is(m, 1, 1)
	h.Clock.Pass(time.Millisecond)
	is(m, 2, 1)
	send(m, true, func(m *sms.Message) { m.Purpose, m.Payer = accounts.TextRegistration, sms.PaidByOperator })
	is(m, 3, 2)
	send(m, false, func(m *sms.Message) { m.Purpose = accounts.TextCheck })
	send(m, true, func(m *sms.Message) { m.Purpose = accounts.TextCheck })
	send(other, false)
	h.Clock.Pass(sms.CodeLife)
	is(m, 3, 2)
	is(other, 1, 0)
	// What did not arrive could not be used.
	for _, state := range []sms.State{sms.Sending, sms.Refused, sms.Unknown, sms.Failed, sms.Expired} {
		send(m, false, func(m *sms.Message) { m.State = state })
	}
	h.Clock.Pass(sms.CodeLife)
	is(m, 3, 2)
	// Of more than so many the newest count.
	for range sms.BreakerCodes - 1 {
		h.Clock.Pass(time.Millisecond)
		send(m, false)
	}
	h.Clock.Pass(sms.CodeLife)
	is(m, sms.BreakerCodes, 1)
	send(m, true)
	is(m, sms.BreakerCodes, 1)
	h.Clock.Pass(time.Millisecond)
	got(h.StopSMS(t.Context(), o.ID, h.Clock.Now(), h.entry(o.ID, "x")))(t)
	got(h.ResumeSMS(t.Context(), o.ID, h.Clock.Now(), h.entry(o.ID, "x")))(t)
	is(m, 0, 0)
	is(other, 1, 0)
	send(m, true)
	is(m, 1, 1)
}

// testSpentStates: what was refused counts for the pause alone, and everything else for all.
func testSpentStates(t *testing.T, h *House) {
	m := h.AddPerson(t, "states@example.com")
	want, last := sms.Spent{}, time.Time{}
	for _, state := range []sms.State{sms.Sending, sms.Refused, sms.Unknown, sms.Accepted, sms.Sent, sms.Delivered, sms.Failed, sms.Expired} {
		h.Clock.Pass(time.Second)
		text := h.text(m)
		text.State, text.About, last = state, "the request", text.At
		h.send(t, text)
		if want.About++; state != sms.Refused {
			want.NumberHour, want.NumberDay, want.Day, want.Month = want.NumberHour+1, want.NumberDay+1, want.Day+1, want.Month+text.Estimate
		}
		if state == sms.Accepted || state == sms.Sent || state == sms.Delivered {
			want.Codes++
		}
	}
	h.Clock.Pass(sms.CodeLife)
	next := h.text(m)
	next.About = "the request"
	s := h.spent(t, next)
	want.Last, want.NumberHourFrom = last, s.NumberHourFrom
	same(t, "spent", s, want)
}
