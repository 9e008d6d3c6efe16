package sms_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

// Between two messages about the same thing the pause grows; another request has its own.
func TestPause(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ask := h.ask(h.Ada)
	try := func() (sms.Limit, time.Duration) {
		p, err := h.SMS.SendCode(t.Context(), ask)
		if err == nil {
			ayetest.Same(t, "next", p.Next, h.Clock.Now().Add(min(sms.FirstPause<<h.count(ask.RequestID)>>1, sms.LastPause)))
		}
		return h.delay(err)
	}
	for _, pause := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 2 * time.Minute} {
		limit, wait := try()
		ayetest.Same(t, "sent", []any{limit, wait}, []any{sms.Limit(""), time.Duration(0)})
		h.Clock.Pass(pause - time.Millisecond)
		rows := len(h.rows())
		limit, wait = try()
		ayetest.Same(t, "too early", []any{limit, wait}, []any{sms.Pause, time.Millisecond})
		ayetest.Same(t, "nothing is stored", len(h.rows()), rows)
		h.Clock.Pass(time.Millisecond)
	}
	h.Clock.Pass(time.Hour)
	ask = h.ask(h.Ada)
	try()
	limit, _ := h.delay(func() error { _, err := h.SMS.SendCode(t.Context(), h.ask(h.Ada)); return err }())
	ayetest.Same(t, "another request", limit, sms.Limit(""))
}

// count is how many messages there are about something.
func (h *house) count(about string) (count int) {
	for _, m := range h.rows() {
		if m.About == about {
			count++
		}
	}
	return count
}

// A number gets five in an hour and ten in a day for one person, whatever they are for and whoever pays.
func TestNumberLimit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	turn := 0
	send := func() error {
		turn++
		ask := h.ask(h.Ada)
		switch turn % 3 {
		case 0:
			ask.Purpose = accounts.TextSecurity
		case 1:
			return h.proof(h.Ada)
		}
		_, err := h.SMS.SendCode(t.Context(), ask)
		return err
	}
	five := func() {
		for range sms.NumberPerHour {
			ayetest.Fails(t, send(), nil)
			h.Clock.Pass(time.Minute)
		}
	}
	refused := func(want time.Duration) {
		t.Helper()
		rows := len(h.rows())
		for range 3 {
			limit, wait := h.delay(send())
			ayetest.Same(t, "refused", []any{limit, wait}, []any{sms.NumberLimit, want})
		}
		ayetest.Same(t, "nothing is stored", len(h.rows()), rows)
	}
	five()
	refused(55 * time.Minute)
	h.Clock.Pass(55*time.Minute - time.Millisecond)
	refused(time.Millisecond)
	h.Clock.Pass(time.Millisecond)
	five()
	h.Clock.Pass(2 * time.Hour)
	refused(24*time.Hour - 3*time.Hour - 5*time.Minute)
	h.Clock.Pass(21*time.Hour - 5*time.Minute)
	ayetest.Fails(t, send(), nil)
	refused(time.Minute)
}

// proof sends what proves that Ada's number is the member's.
func (h *house) proof(m accounts.Member) error {
	return h.SMS.SendText(h.Context(), accounts.Text{
		Purpose: accounts.TextRegistration, PersonID: m.Person.ID, OrganisationID: h.Organisation.ID, About: secret.NewID("num"), To: number, Body: "b", Life: time.Minute,
	})
}

// limit is the limit that stands in the way of a code for Ada, empty for none.
func (h *house) limit(known bool) sms.Limit {
	h.Helper()
	ask := h.ask(h.Ada)
	ask.Known = known
	_, err := h.SMS.SendCode(h.Context(), ask)
	limit, _ := h.delay(err)
	if limit == "" {
		ayetest.Fails(h, err, nil)
	}
	return limit
}

// TestThreatNumberOfAnother: who says that somebody's number is theirs, as often as they may and as many
// people as they like, keeps nobody out; but what proves a number counts with all that went to it.
func TestThreatNumberOfAnother(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ayetest.Same(t, "one", h.limit(false), sms.Limit(""))
	for i := range sms.NumberPerHour - 1 {
		ayetest.Fails(t, h.proof(h.AddPerson(fmt.Sprint("Mallory", i))), nil)
	}
	mallory := h.AddPerson("Mallory")
	limit, _ := h.delay(h.proof(mallory))
	ayetest.Same(t, "another proof", limit, sms.NumberLimit)
	for range sms.NumberPerHour - 1 {
		ayetest.Same(t, "the own code", h.limit(false), sms.Limit(""))
	}
	ayetest.Same(t, "no more than that", h.limit(false), sms.NumberLimit)
}

// TestThreatCodesUsedUp: who knows the password uses up the codes of an hour and of a day. The person gets
// in from the browser that they used before, but no endless codes either.
func TestThreatCodesUsedUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	use := func(want int, known bool) {
		t.Helper()
		for range want {
			ayetest.Same(t, "sent", h.limit(known), sms.Limit(""))
		}
		ayetest.Same(t, "no more", h.limit(known), sms.NumberLimit)
	}
	use(sms.NumberPerHour, false)
	use(sms.KnownPerHour, true)
	h.Clock.Pass(time.Hour)
	use(sms.NumberPerDay-sms.NumberPerHour-sms.KnownPerHour, false)
	use(sms.KnownPerDay, true)
	_, err := h.SMS.SendCode(t.Context(), func() sms.Ask { a := h.ask(h.Ada); a.Known = true; return a }())
	limit, wait := h.delay(err)
	ayetest.Same(t, "until", []any{limit, wait}, []any{sms.NumberLimit, 23 * time.Hour})
}

// Five hundred go out for an organisation in a day.
func TestOrganisationLimit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.CapTexts(h.Organisation.ID, sms.MaximumCap)
	start := h.Clock.Now()
	h.fill(sms.OrganisationPerDay-1, func(i int, m *sms.Message) {
		m.Payer = sms.PaidByOperator
		m.At = start.Add(time.Duration(i) * time.Second)
	})
	h.Clock.Pass(time.Hour)
	h.send(h.Ada)
	_, err := h.SMS.SendCode(t.Context(), h.ask(h.Ada))
	limit, wait := h.delay(err)
	ayetest.Same(t, "refused", []any{limit, wait}, []any{sms.OrganisationLimit, 23 * time.Hour})
	h.Clock.Pass(23 * time.Hour)
	h.send(h.Ada)
	_, err = h.SMS.SendCode(t.Context(), h.ask(h.Ada))
	limit, wait = h.delay(err)
	ayetest.Same(t, "refused", []any{limit, wait}, []any{sms.OrganisationLimit, time.Second})
}

// fill puts used codes to other numbers into the ledger, past all limits.
func (h *house) fill(count int, change func(i int, m *sms.Message)) {
	h.Helper()
	put := func(i int) error {
		m := sms.Message{
			ID: secret.NewID("sms"), OrganisationID: h.Organisation.ID, ProviderID: h.Own.ID, Purpose: accounts.TextLogin, Payer: sms.PaidByOrganisation,
			About: secret.NewID("apr"), PersonID: h.Ada.Person.ID, Number: other, Index: secret.NewID("index"), Masked: "+31", Country: "NL",
			Encoding: sms.GSM7, Parts: 1, Estimate: each, State: sms.Accepted, Used: h.Clock.Now(), At: h.Clock.Now(), Updated: h.Clock.Now(),
		}
		change(i, &m)
		return h.Store.AddMessage(h.Context(), m, sms.Counting{}, func(sms.Spent) error { return nil })
	}
	const workers = 16 // together in one commit
	ayetest.AtOnce(workers, func(worker int) {
		for i := worker; i < count; i += workers {
			if err := put(i); err != nil {
				h.Error(err)
			}
		}
	})
}

// The breaker stops an organisation's messages where few of their codes are used, until a person resumes.
func TestBreaker(t *testing.T) {
	t.Parallel()
	const most = sms.BreakerCodes * sms.BreakerUsed / 100
	for _, test := range []struct {
		name        string
		codes, used int
		age         time.Duration
		purpose     sms.Purpose
		state       sms.State
		stops       bool
	}{
		{"none was used", sms.BreakerCodes, 0, sms.CodeLife, accounts.TextLogin, sms.Accepted, true},
		{"28 of a hundred", sms.BreakerCodes, most - 1, sms.CodeLife, accounts.TextLogin, sms.Accepted, true},
		{"30 of a hundred", sms.BreakerCodes, most, sms.CodeLife, accounts.TextLogin, sms.Accepted, false},
		{"proofs of numbers too", sms.BreakerCodes, 0, sms.CodeLife, accounts.TextRegistration, sms.Accepted, true},
		{"too few to tell", sms.BreakerCodes - 2, 0, sms.CodeLife, accounts.TextLogin, sms.Accepted, false},
		{"their time is not over", sms.BreakerCodes, 0, sms.CodeLife - time.Millisecond, accounts.TextLogin, sms.Accepted, false},
		{"checks of providers", sms.BreakerCodes, 0, sms.CodeLife, accounts.TextCheck, sms.Accepted, false},
		{"they were sent", sms.BreakerCodes, 0, sms.CodeLife, accounts.TextLogin, sms.Sent, true},
		{"they arrived", sms.BreakerCodes, 0, sms.CodeLife, accounts.TextLogin, sms.Delivered, true},
		{"they failed", sms.BreakerCodes, 0, sms.CodeLife, accounts.TextLogin, sms.Failed, false},
		{"they came too late", sms.BreakerCodes, 0, sms.CodeLife, accounts.TextLogin, sms.Expired, false},
		{"nobody knows", sms.BreakerCodes, 0, sms.CodeLife, accounts.TextLogin, sms.Unknown, false},
		{"they were refused", sms.BreakerCodes, 0, sms.CodeLife, accounts.TextLogin, sms.Refused, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.fill(test.codes, func(i int, m *sms.Message) {
				m.Purpose, m.State = test.purpose, test.state
				if i >= test.used {
					m.Used = time.Time{}
				}
			})
			h.Clock.Pass(test.age)
			_, err := h.SMS.SendCode(t.Context(), h.ask(h.Ada))
			if !test.stops {
				ayetest.Fails(t, err, nil)
				ayetest.Same(t, "told", len(h.told(h.Organisation.ID)), 0)
				return
			}
			ayetest.Same(t, "stopped", reason(err), sms.Halted)
			for range 10 {
				_, err = h.SMS.SendCode(t.Context(), h.ask(h.Ada))
				ayetest.Same(t, "stopped", reason(err), sms.Halted)
				h.Clock.Pass(24 * time.Hour) // it does not end by itself
			}
			ayetest.Same(t, "told once", h.told(h.Organisation.ID), []accounts.NoticeKind{accounts.TextsStopped})
			d := desks(h.World, accounts.RoleAdministrator)
			settings, err := d.SMS.Settings(t.Context(), h.Organisation.ID)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "stopped", settings.Stopped.IsZero(), false)
			h.checksStill(d)
			ayetest.Fails(t, d.SMS.Resume(t.Context(), h.Organisation.ID), nil)
			h.send(h.Ada) // what went before counts no longer
			actions := d.actions(h.Organisation.ID)
			ayetest.Same(t, "audit", []string{actions[len(actions)-2], actions[len(actions)-1]}, []string{"system texts.stopped", d.Admin.ID + " texts.resumed"})
		})
	}
}

// checksStill shows that a provider can be set up while messages are stopped.
func (h *house) checksStill(d *desk) {
	h.Helper()
	_, err := d.SMS.Begin(h.Context(), d.filled())
	ayetest.Fails(h, err, nil)
}

// The breaker of one organisation is no other's.
func TestBreakerOfAnother(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.AllowSMS(h.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" }))
	h.fill(sms.BreakerCodes, func(_ int, m *sms.Message) { m.OrganisationID, m.Used = o.ID, time.Time{} })
	h.Clock.Pass(sms.CodeLife)
	h.send(h.Ada)
}

// Two who ask at once: it stops once, and is told once.
func TestBreakerAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.fill(sms.BreakerCodes, func(_ int, m *sms.Message) { m.Used = time.Time{} })
	h.Clock.Pass(sms.CodeLife)
	var sent atomic.Int32
	ayetest.AtOnce(50, func(int) {
		if _, err := h.SMS.SendCode(t.Context(), h.ask(h.Ada)); err == nil {
			sent.Add(1)
		}
	})
	ayetest.Same(t, "sent, told", []any{sent.Load(), h.told(h.Organisation.ID)}, []any{int32(0), []accounts.NoticeKind{accounts.TextsStopped}})
}

// A hundred at once, and money for ten: ten go out.
func TestCapAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.CapTexts(h.Organisation.ID, 11*each-1)
	people := make([]accounts.Member, 20)
	for i := range people {
		people[i] = h.WithNumber(h.AddPerson("Bea"), fmt.Sprintf("+316123400%02d", i))
	}
	h.Clock.Pass(48 * time.Hour)
	before := len(h.Texts.Sent())
	var reasons sync.Map
	ayetest.AtOnce(100, func(i int) {
		_, err := h.SMS.SendCode(t.Context(), h.ask(people[i%len(people)]))
		if err != nil {
			reasons.Store(reason(err), true)
		}
	})
	ayetest.Same(t, "sent", len(h.Texts.Sent())-before, 10)
	reasons.Range(func(r, _ any) bool {
		ayetest.Same(t, "why not", r, any(sms.CapReached))
		return true
	})
}

// That the money is used up is told once in a month, however it comes and goes.
func TestTheMoneyIsUsedUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	told := func() int { return len(h.told(h.Organisation.ID)) }
	h.CapTexts(h.Organisation.ID, 2*each+each-1)
	h.send(h.Ada)
	ayetest.Same(t, "not yet", told(), 0)
	h.Texts.Fail(sms.Busy)
	_, err := h.SMS.SendCode(t.Context(), h.ask(h.Ada))
	ayetest.Fails(t, err, sms.ErrVendor)
	ayetest.Same(t, "it is not paid", told(), 0)
	h.Texts.Refuse(nil)
	h.send(h.Ada)
	try := func() sms.Reason {
		ask := h.ask(h.Ada)
		_, err := h.SMS.SendCode(t.Context(), ask)
		return reason(err)
	}
	for range 3 {
		ayetest.Same(t, "refused", try(), sms.CapReached)
		ayetest.Same(t, "told", told(), 1)
	}
	h.CapTexts(h.Organisation.ID, 3*each)
	h.send(h.Ada)
	ayetest.Same(t, "refused", try(), sms.CapReached)
	ayetest.Same(t, "told", told(), 1)
	h.Clock.Pass(31 * 24 * time.Hour)
	h.send(h.Ada)
	h.send(h.Ada)
	h.send(h.Ada)
	ayetest.Same(t, "refused", try(), sms.CapReached)
	ayetest.Same(t, "told", h.told(h.Organisation.ID), []accounts.NoticeKind{accounts.TextsSpent, accounts.TextsSpent})
}

// TestThreatPumping: ten thousand requests, fifty numbers, and whoever does it makes the codes look used: the
// money that is spent stays within what the organisation said, and an honest person gets in by push.
func TestThreatPumping(t *testing.T) {
	t.Parallel()
	for name, price := range map[string]sms.Amount{"at the price that was thought": 0, "for more": 4 * each, "for less": each / 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pump(t, price)
		})
	}
}

// pump tries to spend more than the cap. What the vendor asks is known at once; 0 is for never.
func pump(t *testing.T, price sms.Amount) {
	t.Helper()
	h := newHouse(t)
	phone := h.Pair(h.Ada)
	const most = 100 * each
	h.CapTexts(h.Organisation.ID, most)
	people := make([]accounts.Member, 50)
	for i := range people {
		people[i] = h.WithNumber(h.AddPerson("Mallory"), fmt.Sprintf("+316111000%02d", i))
	}
	h.Clock.Pass(48 * time.Hour)
	before := len(h.Texts.Sent())
	if price > 0 {
		h.Texts.Answer(func(m sms.Outgoing) (sms.Outcome, error) {
			return sms.Outcome{State: sms.Accepted, VendorID: "v-" + m.Reference, Price: price, Currency: "EUR"}, nil
		})
	}
	const waves, wave = 10, 1000
	for range waves {
		ayetest.AtOnce(8, func(worker int) {
			for i := worker; i < wave; i += 8 {
				p, err := h.SMS.SendCode(t.Context(), h.ask(people[i%len(people)]))
				if err == nil {
					_, err = h.Store.UseTextCode(t.Context(), p.ID, h.Clock.Now())
				}
				if err != nil && !errors.Is(err, sms.ErrDelayed) && !errors.Is(err, sms.ErrNotOpen) {
					t.Error(err)
				}
			}
		})
		spent, err := h.Store.MonthSpent(t.Context(), h.Organisation.ID, sms.PaidByOrganisation, "EUR", h.Clock.Now())
		ayetest.Fails(t, err, nil)
		if spent > most {
			t.Fatalf("%s are spent", spent)
		}
		h.Clock.Pass(time.Hour)
	}
	counted := max(price, each)
	ayetest.Same(t, "sent", len(h.Texts.Sent())-before, int(most/counted))
	ayetest.Same(t, "told", h.told(h.Organisation.ID), []accounts.NoticeKind{accounts.TextsSpent})

	asked := h.Ask(h.Ada)
	_, err := h.Approve(phone, asked)
	ayetest.Fails(t, err, nil)
	_, err = h.Redeem(asked, h.ReleaseCode(asked), "")
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "in by push", h.State(asked.ID), approval.Released)
}

// TestThreatPumpingUnused: whoever does not use the codes is stopped by the breaker, long before the money is.
func TestThreatPumpingUnused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	people := make([]accounts.Member, 20)
	for i := range people {
		people[i] = h.WithNumber(h.AddPerson("Mallory"), fmt.Sprintf("+316111000%02d", i))
	}
	h.Clock.Pass(48 * time.Hour)
	before := len(h.Texts.Sent())
	for i := range 500 {
		_, err := h.SMS.SendCode(t.Context(), h.ask(people[i%len(people)]))
		if err != nil && !errors.Is(err, sms.ErrDelayed) && !errors.Is(err, sms.ErrNotOpen) {
			t.Fatal(err)
		}
		h.Clock.Pass(time.Minute)
	}
	if sent := len(h.Texts.Sent()) - before; sent > sms.BreakerCodes+10 {
		t.Fatalf("%d went out", sent)
	}
	ayetest.Same(t, "told", h.told(h.Organisation.ID), []accounts.NoticeKind{accounts.TextsStopped})
}
