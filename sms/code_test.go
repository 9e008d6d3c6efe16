package sms_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/otp"
	"example.com/aye/sms"
)

// A code goes out by the organisation's own account, and is in the ledger.
func TestSendCode(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ask := h.ask(h.Ada)
	p, err := h.SMS.SendCode(t.Context(), ask)
	ayetest.Fails(t, err, nil)
	now := h.Clock.Now()
	ayetest.Same(t, "posted", p, sms.Posted{
		ID: p.ID, Purpose: accounts.TextLogin, Masked: accounts.MaskedNumber(number), State: sms.Accepted,
		At: now, Until: now.Add(sms.CodeLife), Next: now.Add(sms.FirstPause), Count: 1,
	})
	last, err := h.SMS.LastCode(t.Context(), ask.RequestID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "the newest", last, p)
	code := otp.TextCode(h.Keys, p.ID).Reveal()
	ayetest.Same(t, "text", h.LastText(number), code+" is your code to log in to Example. Give it to nobody.\n\n@aye.example.com #"+code)
	sent := h.Texts.Sent()
	ayetest.Same(t, "sent", sent[len(sent)-1], ayetest.Text{
		Account: sms.Account{Key: h.Own.Key, Signing: h.Own.Signing, Sender: "Example"},
		Outgoing: sms.Outgoing{
			Reference: p.ID, To: number, Body: h.LastText(number), Encoding: sms.GSM7, Life: sms.CodeLife, ReportTo: h.SMS.ReportAddress(h.Own.ID),
		},
	})
	ayetest.Same(t, "row", h.row(p.ID), sms.Message{
		ID: p.ID, OrganisationID: h.Organisation.ID, ProviderID: h.Own.ID, Purpose: accounts.TextLogin, Payer: sms.PaidByOrganisation,
		About: ask.RequestID, PersonID: h.Ada.Person.ID, Index: accounts.NumberIndex(h.Keys, number), Masked: accounts.MaskedNumber(number), Country: "NL",
		Encoding: sms.GSM7, Parts: 1, Estimate: each, State: sms.Accepted, VendorID: "v-" + p.ID, At: now, Updated: now,
	})
	_, err = h.SMS.LastCode(t.Context(), "apr_none")
	ayetest.Fails(t, err, sms.ErrNotFound)
}

// The texts, to the letter, and what is left out of them where it would cost more.
func TestTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 100)
	for _, test := range []struct {
		locale, organisations, name, host string
		purpose                           sms.Purpose
		want                              string
	}{
		{"en", "nl", "Tulp & Zoon", "", accounts.TextLogin, "CODE is your code to log in to Tulp & Zoon. Give it to nobody."},
		{"nl", "en", "Tulp & Zoon", "", accounts.TextLogin, "CODE is je code om in te loggen bij Tulp & Zoon. Geef hem aan niemand."},
		{"", "nl", "Tulp & Zoon", "", accounts.TextLogin, "CODE is je code om in te loggen bij Tulp & Zoon. Geef hem aan niemand."},
		{"", "en", "Tulp & Zoon", "", accounts.TextLogin, "CODE is your code to log in to Tulp & Zoon. Give it to nobody."},
		{"en", "en", "Tulp & Zoon", "login.example.com", accounts.TextLogin, "CODE is your code to log in to Tulp & Zoon. Give it to nobody.\n\n@login.example.com #CODE"},
		{"en", "en", "Tulp & Zoon", "", accounts.TextRelink, "CODE is your code to change your security settings at Tulp & Zoon. Give it to nobody."},
		{"nl", "nl", "Tulp & Zoon", "", accounts.TextSecurity, "CODE is je code om je beveiliging bij Tulp & Zoon te wijzigen. Geef hem aan niemand."},
		{"nl", "nl", "Tulp & Zoon", "", accounts.TextNewPhone, "CODE is je code om je beveiliging bij Tulp & Zoon te wijzigen. Geef hem aan niemand."},
		{"nl", "nl", "100% Tulp", "", accounts.TextLogin, "CODE is je code om in te loggen bij 100% Tulp. Geef hem aan niemand."},
		{"en", "en", "Façade", "", accounts.TextLogin, "CODE is your code to log in. Give it to nobody."}, // the encoding
		{"nl", "nl", "Łódź", "", accounts.TextAuthenticator, "CODE is je code om je beveiliging te wijzigen. Geef hem aan niemand."},
		{"en", "en", long, "", accounts.TextLogin, "CODE is your code to log in to " + long + ". Give it to nobody."}, // 159
		{"en", "en", long, "a.example.com", accounts.TextLogin, "CODE is your code to log in. Give it to nobody.\n\n@a.example.com #CODE"},
	} {
		t.Run(test.locale+" "+test.name+" "+string(test.purpose), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.Change(func(o *accounts.Organisation) { o.Name, o.Locale = test.name, test.organisations })
			if test.locale != "" {
				ayetest.Fails(t, h.Accounts.SetLocale(t.Context(), h.Ada.Person.ID, test.locale), nil)
			}
			ask := h.ask(h.member(h.Ada))
			ask.Purpose, ask.Host = test.purpose, test.host
			p, err := h.SMS.SendCode(t.Context(), ask)
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "text", h.LastText(number), strings.ReplaceAll(test.want, "CODE", otp.TextCode(h.Keys, p.ID).Reveal()))
			row := h.row(p.ID)
			ayetest.Same(t, "cost", []any{row.Encoding, row.Parts}, []any{sms.GSM7, 1})
		})
	}
}

// A proof of a number is paid by the operator, in the name of the organisation where it is asked for.
func TestSendText(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	text := accounts.Text{
		Purpose: accounts.TextNewNumber, PersonID: h.Ada.Person.ID, OrganisationID: h.Organisation.ID, About: "num_1", To: other,
		Body: strings.Repeat("ł", 71), Life: accounts.NumberCodeLife,
	}
	ayetest.Fails(t, h.SMS.SendText(t.Context(), text), nil)
	rows := h.rows()
	m := rows[len(rows)-1]
	ayetest.Same(t, "row", []any{m.Purpose, m.Payer, m.OrganisationID, m.PersonID, m.About, m.Encoding, m.Parts, m.Estimate},
		[]any{accounts.TextNewNumber, sms.PaidByOperator, h.Organisation.ID, h.Ada.Person.ID, "num_1", sms.UCS2, 2, 2 * each})
	sends := func() error { text.About += "x"; return h.SMS.SendText(t.Context(), text) }
	h.countries("GB")
	ayetest.Same(t, "country", reason(sends()), sms.Country)
	text.OrganisationID = ""
	ayetest.Fails(t, sends(), nil) // the operator's own list
	text.OrganisationID = h.Organisation.ID
	h.countries("NL")
	h.countriesOf("", "BE")
	ayetest.Same(t, "country of the operator's", reason(sends()), sms.Country)
	h.countriesOf("", "BE", "NL")
	ayetest.Fails(t, sends(), nil)
	h.stop(h.Organisation.ID)
	ayetest.Same(t, "stopped", reason(sends()), sms.Halted)
	ayetest.Fails(t, h.SMS.Resume(t.Context(), h.Organisation.ID), nil)
	h.SMS.Config.OperatorCap = each
	ayetest.Same(t, "spent", reason(sends()), sms.CapReached)
	ayetest.Same(t, "the operator is told", h.told(""), []accounts.NoticeKind{accounts.TextsSpent})
	h.SMS.Config.OperatorCap = 0
	open, err := h.SMS.Texts(t.Context())
	ayetest.Same(t, "open", []any{open, err}, []any{true, nil})
	h.none("")
	open, err = h.SMS.Texts(t.Context())
	ayetest.Same(t, "not open", []any{open, err}, []any{false, nil})
	ayetest.Same(t, "no provider", reason(sends()), sms.NoProvider)
}

// What the vendor refuses costs nothing and is no message; what only the owner of the account can
// mend is told to the administrators, once.
func TestRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	trouble := func() sms.Class {
		p, err := h.SMS.Provider(t.Context(), h.Organisation.ID, h.Own.ID)
		ayetest.Fails(t, err, nil)
		return p.Trouble
	}
	for _, test := range []struct {
		class   sms.Class
		trouble sms.Class
		told    int
	}{
		{sms.Busy, "", 0},
		{sms.Down, "", 0},
		{sms.BadNumber, "", 0},
		{sms.Other, "", 0},
		{sms.BadKey, sms.BadKey, 1},
		{sms.BadKey, sms.BadKey, 1},
		{sms.BadSender, sms.BadSender, 2},
		{sms.NotPermitted, sms.NotPermitted, 3},
		{sms.NoBalance, sms.NoBalance, 4},
		{sms.Down, sms.NoBalance, 4},
		{sms.TestKey, sms.TestKey, 5},
	} {
		h.Texts.Fail(test.class)
		ask := h.ask(h.Ada)
		posted, err := h.SMS.SendCode(t.Context(), ask)
		var refusal *sms.VendorError
		ayetest.Same(t, "class", errors.As(err, &refusal) && refusal.Class == test.class, true)
		ayetest.Same(t, "posted", posted.State, sms.Refused)
		row := h.row(posted.ID)
		ayetest.Same(t, "row", []any{row.State, row.Reason}, []any{sms.Refused, test.class})
		ayetest.Same(t, "trouble", []any{trouble(), len(h.told(h.Organisation.ID))}, []any{test.trouble, test.told})
	}
	ayetest.Same(t, "told", h.Announcer.Notices("")[0], accounts.Notice{
		OrganisationID: h.Organisation.ID, Kind: accounts.TextsTrouble, Provider: "Example", Reason: string(sms.BadKey),
	})
	h.Texts.Silent(true)
	h.Texts.Refuse(nil)
	_, err := h.SMS.SendCode(t.Context(), h.ask(h.Ada))
	ayetest.Fails(t, err, sms.ErrNoAnswer)
	ayetest.Same(t, "who does not answer shows nothing", trouble(), sms.TestKey)
	h.Texts.Silent(false)
	h.send(h.Ada)
	ayetest.Same(t, "all is well again", []any{trouble(), len(h.told(h.Organisation.ID))}, []any{sms.Class(""), 5})
	spent, err := h.Store.MonthSpent(t.Context(), h.Organisation.ID, sms.PaidByOrganisation, "EUR", h.Clock.Now())
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "spent", spent, 2*each)
}

// What a country asks is no trouble of the provider's, but for the installation's own.
func TestRefusedByACountry(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bea := h.AddPerson("Bea")
	h.countries("NL", "BE")
	bea = h.WithNumber(bea, "+32470123456")
	step := func(m accounts.Member, class, want sms.Class) {
		t.Helper()
		h.Texts.Refuse(nil)
		if class != "" {
			h.Texts.Fail(class)
		}
		_, err := h.SMS.SendCode(t.Context(), h.ask(m))
		ayetest.Same(t, "refused", errors.Is(err, sms.ErrVendor), class != "")
		p, err := h.SMS.Provider(t.Context(), h.Organisation.ID, h.Own.ID)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "trouble", p.Trouble, want)
	}
	step(bea, sms.BadSender, "")
	step(bea, sms.NotPermitted, "")
	step(h.Ada, sms.BadSender, sms.BadSender)
	step(bea, "", sms.BadSender) // elsewhere it gets through
	step(h.Ada, "", "")
	step(bea, sms.BadKey, sms.BadKey)
	step(bea, "", "")
}

// The vendor knew nothing of a message and says later what became of it: the ledger believes that, and
// counts it again. What was refused for any other reason stays refused.
func TestTheVendorKnowsAfterAll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Texts.Refuse(errors.New("killed"))
	lost, err := h.SMS.SendCode(t.Context(), h.ask(h.Ada))
	ayetest.Fails(t, err, sms.ErrNoAnswer)
	h.Texts.Fail(sms.Busy)
	refused, err := h.SMS.SendCode(t.Context(), h.ask(h.Ada))
	ayetest.Fails(t, err, sms.ErrVendor)
	h.Clock.Pass(time.Hour)
	ayetest.Fails(t, h.SMS.Sweep(t.Context()), nil)
	row := h.row(lost.ID)
	ayetest.Same(t, "an hour later", []any{row.State, row.Reason}, []any{sms.Refused, sms.Missing})
	for i, p := range []sms.Posted{lost, refused} {
		r := reportOf(p.ID, p.ID, sms.Outcome{State: sms.Delivered, Price: each, Currency: "EUR"})
		ayetest.Fails(t, h.report(t, r), nil)
		ayetest.Same(t, "state", h.row(p.ID).State, []sms.State{sms.Delivered, sms.Refused}[i])
	}
	spent, err := h.Store.MonthSpent(t.Context(), h.Organisation.ID, sms.PaidByOrganisation, "EUR", h.Clock.Now())
	ayetest.Same(t, "spent", []any{spent, err}, []any{each, nil})
}

// A message of which no answer came may have gone out: it counts, and it is never sent again by itself.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	before := len(h.Texts.Sent())
	h.Texts.Silent(true)
	ask := h.ask(h.Ada)
	p, err := h.SMS.SendCode(t.Context(), ask)
	ayetest.Fails(t, err, sms.ErrNoAnswer)
	ayetest.Same(t, "posted", []any{p.State, p.ID != ""}, []any{sms.Unknown, true})
	ayetest.Same(t, "ledger", h.row(p.ID).State, sms.Unknown)
	_, err = h.SMS.SendCode(t.Context(), ask)
	limit, wait := h.delay(err)
	ayetest.Same(t, "counted", []any{limit, wait}, []any{sms.Pause, sms.FirstPause})
	h.Texts.Silent(false)
	for range 100 {
		h.Clock.Pass(time.Hour)
		ayetest.Fails(t, h.SMS.Sweep(t.Context()), nil)
	}
	ayetest.Same(t, "sent once", len(h.Texts.Sent())-before, 1)
}

// broken is a ledger that cannot write down what became of a message.
type broken struct{ sms.Ledger }

var errDisk = errors.New("disk full")

func (broken) Settle(context.Context, string, sms.Outcome) (bool, error) { return false, errDisk }

// The process ends between the vendor's answer and the ledger: nothing is sent twice, nothing is lost unseen.
func TestCrashAfterSending(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	crashing := *h.SMS
	crashing.Ledger = broken{h.Store}
	before := len(h.Texts.Sent())
	p, err := crashing.SendCode(t.Context(), h.ask(h.Ada))
	ayetest.Fails(t, err, sms.ErrNoAnswer)
	ayetest.Fails(t, err, errDisk)
	state := func() sms.State {
		ayetest.Fails(t, h.SMS.Sweep(t.Context()), nil)
		return h.row(p.ID).State
	}
	ayetest.Same(t, "it may still be on its way", state(), sms.Sending)
	h.Clock.Pass(40 * time.Second)
	ayetest.Same(t, "nobody sends it any more", state(), sms.Unknown)
	h.Clock.Pass(30 * time.Second)
	ayetest.Same(t, "the vendor has it", state(), sms.Accepted)
	row := h.row(p.ID)
	ayetest.Same(t, "by its name", []any{row.VendorID, len(h.Texts.Sent()) - before}, []any{"v-" + p.ID, 1})
}

// The process ends before the vendor heard of it: an hour later the vendor itself says so, and the money is free again.
func TestCrashBeforeSending(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	crashing := *h.SMS
	crashing.Ledger = broken{h.Store}
	h.Texts.Refuse(errors.New("killed"))
	p, err := crashing.SendCode(t.Context(), h.ask(h.Ada))
	ayetest.Fails(t, err, sms.ErrNoAnswer)
	spent := func() sms.Amount {
		spent, err := h.Store.MonthSpent(t.Context(), h.Organisation.ID, sms.PaidByOrganisation, "EUR", h.Clock.Now())
		ayetest.Fails(t, err, nil)
		return spent
	}
	for _, step := range []struct {
		pass  time.Duration
		state sms.State
		spent sms.Amount
		looks int
	}{
		{40 * time.Second, sms.Unknown, each, 0},
		{20 * time.Second, sms.Unknown, each, 1},
		{9*time.Minute - time.Second, sms.Unknown, each, 1},
		{time.Second, sms.Unknown, each, 2},
		{49 * time.Minute, sms.Unknown, each, 2},
		{time.Minute, sms.Refused, 0, 3},
		{48 * time.Hour, sms.Refused, 0, 3},
	} {
		h.Clock.Pass(step.pass)
		ayetest.Fails(t, h.SMS.Sweep(t.Context()), nil)
		ayetest.Fails(t, h.SMS.Sweep(t.Context()), nil)
		ayetest.Same(t, step.pass.String(), []any{h.row(p.ID).State, spent(), h.looks()}, []any{step.state, step.spent, step.looks})
	}
}

// The account that could know of it is another one by now: what nobody knows stays so.
func TestNobodyKnows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Texts.Refuse(errors.New("killed"))
	p, err := h.SMS.SendCode(t.Context(), h.ask(h.Ada))
	ayetest.Fails(t, err, sms.ErrNoAnswer)
	h.Texts.Refuse(nil)
	h.Clock.Pass(time.Minute)
	d := desks(h.World, accounts.RoleAdministrator)
	d.made(func(s *sms.Setup) { s.ProviderID = h.Own.ID })
	h.Texts.Refuse(errors.New("killed"))
	draft, err := d.SMS.Begin(t.Context(), d.filled(func(s *sms.Setup) { s.ProviderID = h.Own.ID }))
	ayetest.Fails(t, err, sms.ErrNoAnswer)
	for range 30 {
		h.Clock.Pass(time.Hour)
		ayetest.Fails(t, h.SMS.Sweep(t.Context()), nil)
	}
	ayetest.Same(t, "nobody knows", []sms.State{h.row(p.ID).State, h.row(draft.MessageID).State}, []sms.State{sms.Unknown, sms.Unknown})
}

// A vendor that is asked and does not answer is asked once in a sweep, and holds up nobody else.
func TestSweepWithASilentVendor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bird := h.AddProvider("", func(p *sms.Provider) { p.Kind = sms.Bird })
	ayetest.Same(t, "active", bird.Active, true)
	silent := &mute{Texts: &ayetest.Texts{}}
	h.SMS.Vendors = map[sms.Kind]sms.Vendor{sms.MessageBird: silent, sms.Bird: h.Texts}
	var ids []string
	for range 3 {
		ids = append(ids, h.send(h.Ada).ID)
	}
	ask := h.ask(h.Ada)
	ask.Purpose = accounts.TextSecurity
	p, err := h.SMS.SendCode(t.Context(), ask)
	ayetest.Fails(t, err, nil)
	h.Texts.Became(p.ID, sms.Outcome{State: sms.Delivered})
	h.Clock.Pass(time.Minute)
	ayetest.Fails(t, h.SMS.Sweep(t.Context()), nil)
	ayetest.Same(t, "asked", []any{silent.asked, h.row(p.ID).State, h.row(ids[0]).State}, []any{1, sms.Delivered, sms.Accepted})
	ayetest.Fails(t, h.SMS.Sweep(t.Context()), nil)
	ayetest.Same(t, "not again at once", silent.asked, 1)
	h.Clock.Pass(time.Minute)
	ayetest.Fails(t, h.SMS.Sweep(t.Context()), nil)
	ayetest.Same(t, "again", silent.asked, 2)
}

// mute takes messages, and tells nothing of them.
type mute struct {
	*ayetest.Texts
	asked int
}

func (m *mute) Look(context.Context, sms.Account, string, string, time.Time) (sms.Outcome, error) {
	m.asked++
	return sms.Outcome{}, ayetest.ErrSilence
}

// The page is gone before the vendor answers: what went out is written down all the same.
func TestThePageIsLeftWithACode(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, leave := context.WithCancel(t.Context())
	h.Texts.Answer(func(m sms.Outgoing) (sms.Outcome, error) {
		leave()
		return sms.Outcome{State: sms.Accepted, VendorID: "v-" + m.Reference}, nil
	})
	p, err := h.SMS.SendCode(ctx, h.ask(h.Ada))
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "ledger", h.row(p.ID).State, sms.Accepted)
}

// Whose provider is removed, nobody can be asked any more.
func TestSweepWithoutItsProvider(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.send(h.Ada)
	ayetest.Fails(t, h.SMS.Remove(t.Context(), h.Organisation.ID, h.Own.ID), nil)
	for range 30 {
		h.Clock.Pass(time.Hour)
		ayetest.Fails(t, h.SMS.Sweep(t.Context()), nil)
	}
	due, err := h.Store.Unsettled(t.Context(), h.Clock.Now(), h.Clock.Now(), 10)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "as it was", []any{h.row(p.ID).State, h.looks(), len(due)}, []any{sms.Accepted, 0, 0})
}

// A vendor that never hears more of a message is asked five times, and then left alone.
func TestLooks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.send(h.Ada)
	var asked []time.Duration
	start := h.Clock.Now()
	for range 60 * 50 {
		h.Clock.Pass(time.Minute)
		ayetest.Fails(t, h.SMS.Sweep(t.Context()), nil)
		if h.looks() > len(asked) {
			asked = append(asked, h.Clock.Now().Sub(start))
		}
	}
	ayetest.Same(t, "asked after", asked, []time.Duration{time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour})
}

// counted are the states that messages reached.
type counted struct {
	mu     sync.Mutex
	states []sms.State
}

func (c *counted) Texted(_ sms.Kind, _ sms.Purpose, state sms.State, _ sms.Class) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.states = append(c.states, state)
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := &counted{}
	h.SMS.Metrics = c
	p := h.send(h.Ada)
	h.Texts.Fail(sms.Busy)
	_, err := h.SMS.SendCode(t.Context(), h.ask(h.Ada))
	ayetest.Fails(t, err, sms.ErrVendor)
	h.Texts.Refuse(nil)
	h.Texts.Silent(true)
	_, err = h.SMS.SendCode(t.Context(), h.ask(h.Ada))
	ayetest.Fails(t, err, sms.ErrNoAnswer)
	for range 2 {
		h.report(t, sms.Report{Once: p.ID + "1", Reference: p.ID, Outcome: sms.Outcome{State: sms.Delivered}})
	}
	crashing := *h.SMS
	crashing.Ledger = broken{h.Store}
	_, err = crashing.SendCode(t.Context(), h.ask(h.Ada))
	ayetest.Fails(t, err, sms.ErrNoAnswer)
	h.Clock.Pass(40 * time.Second)
	ayetest.Fails(t, h.SMS.Sweep(t.Context()), nil)
	ayetest.Same(t, "counted", c.states, []sms.State{sms.Accepted, sms.Refused, sms.Unknown, sms.Delivered, sms.Unknown})
}

// A report that is quicker than the answer is what is counted.
func TestMetricsOfAQuickReport(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c := &counted{}
	h.SMS.Metrics = c
	h.Texts.Answer(func(m sms.Outgoing) (sms.Outcome, error) {
		return sms.Outcome{State: sms.Accepted}, h.report(t, reportOf(m.Reference, "1", sms.Outcome{State: sms.Delivered}))
	})
	h.send(h.Ada)
	ayetest.Same(t, "counted", c.states, []sms.State{sms.Delivered})
}
