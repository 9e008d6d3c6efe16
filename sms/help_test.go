package sms_test

import (
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

const stopLink = "https://aye.example.com/stop/case_0190"

// help is a message of support to the member.
func (h *house) help(m accounts.Member, kind sms.HelpKind, about string) sms.Help {
	return sms.Help{Kind: kind, Person: m.Person, Organisation: h.Organisation, Agent: "Hal", Link: stopLink, Code: "k7tq-9mwp-x3rd", Hours: 8, About: about}
}

// TestHelp: what support sends is in the reader's language, short, and in the ledger as the operator's.
func TestHelp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []struct {
		kind   sms.HelpKind
		locale string
		life   time.Duration
		want   string
	}{
		{sms.HelpStop, "en", 24 * time.Hour, "Support of " + h.Organisation.Name + " was asked to help somebody in your name. Not you? Stop it: " + stopLink},
		{sms.HelpStop, "nl", 24 * time.Hour, "Iemand vroeg support van " + h.Organisation.Name + " om hulp op jouw naam. Was jij dit niet? Stop het: " + stopLink},
		{sms.HelpAccess, "en", 8 * time.Hour, "k7tq-9mwp-x3rd is your code to log in at " + h.Organisation.Name + " without your phone. Give it to nobody. It works for 8 h."},
		{sms.HelpAccess, "nl", 8 * time.Hour, "k7tq-9mwp-x3rd is je code om bij " + h.Organisation.Name + " in te loggen zonder je telefoon. Geef hem aan niemand. Hij werkt 8 uur."},
		{sms.HelpCheck, "en", 10 * time.Minute, "Do you talk to Hal of support now? Type k7tq-9mwp-x3rd here, tell it to nobody: " + stopLink},
		{sms.HelpCheck, "nl", 10 * time.Minute, "Spreek je nu met Hal van support? Typ k7tq-9mwp-x3rd hier, zeg hem tegen niemand: " + stopLink},
	} {
		h.Clock.Pass(time.Hour)
		m := h.help(h.Ada, c.kind, string(c.kind)+" "+c.locale)
		m.Person.Locale = c.locale
		ayetest.Fails(t, h.SMS.SendHelp(t.Context(), m), nil)
		sent := h.Texts.Sent()
		last, row := sent[len(sent)-1], h.row(sent[len(sent)-1].Reference)
		ayetest.Same(t, "text", last.Body, c.want)
		ayetest.Same(t, "how", []any{last.To, last.Encoding, last.Life}, []any{number, sms.GSM7, c.life})
		ayetest.Same(t, "row", []any{row.Payer, row.Purpose, row.About, row.Parts}, []any{sms.PaidByOperator, accounts.TextRelink, sms.AboutSupport + m.About, 1})
	}
}

// Names that cost another part, or the encoding with half the room, are left out.
func TestHelpStaysShort(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i, name := range []string{strings.Repeat("Tulip ", 12), "Тюльпан"} {
		m := h.help(h.Ada, sms.HelpCheck, name)
		m.Agent, m.Organisation.Name = name, name
		if i == 1 {
			m.Kind, m.Hours = sms.HelpAccess, 0
		}
		ayetest.Fails(t, h.SMS.SendHelp(t.Context(), m), nil)
		h.Clock.Pass(time.Minute)
	}
	all := h.Texts.To(number)
	ayetest.Same(t, "texts", all[len(all)-2:], []string{
		"Do you talk to support now? Type k7tq-9mwp-x3rd here, tell it to nobody: " + stopLink,
		"k7tq-9mwp-x3rd is your code to log in without your phone. Give it to nobody.",
	})
}

// Each step of a case is told once, however often it is asked for; one that the vendor refused can go out again.
func TestHelpOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	before := len(h.Texts.Sent())
	send := func(about string, want int) {
		t.Helper()
		ayetest.Fails(t, h.SMS.SendHelp(t.Context(), h.help(h.Ada, sms.HelpStop, about)), nil)
		ayetest.Same(t, about, len(h.Texts.Sent())-before, want)
	}
	send("case_1 opened", 1)
	send("case_1 opened", 1)
	h.Clock.Pass(24 * time.Hour)
	send("case_1 opened", 1)
	send("case_1 approved", 2)
	h.Texts.Fail(sms.NoBalance)
	if err := h.SMS.SendHelp(t.Context(), h.help(h.Ada, sms.HelpStop, "case_2 opened")); err == nil {
		t.Error("a message that the vendor refused was sent")
	}
	h.Texts.Refuse(nil)
	h.Clock.Pass(time.Minute)
	send("case_2 opened", 3)
}

// TestThreatHelpToANewNumber: whoever changed the number reads no code of support; the warning goes there all the same.
func TestThreatHelpToANewNumber(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ayetest.Same(t, "reached", h.SMS.Helps(t.Context(), h.Ada.Person), true)
	ada := h.WithNumber(h.Ada, other)
	ayetest.Same(t, "changed", ada.Person.NumberChanged.IsZero(), false)
	for _, kind := range []sms.HelpKind{sms.HelpAccess, sms.HelpCheck} {
		ayetest.Same(t, string(kind), reason(h.SMS.SendHelp(t.Context(), h.help(ada, kind, string(kind)))), sms.NumberNew)
	}
	ayetest.Same(t, "reached", h.SMS.Helps(t.Context(), ada.Person), false)
	ayetest.Fails(t, h.SMS.SendHelp(t.Context(), h.help(ada, sms.HelpStop, "stop")), nil)
	h.Clock.Pass(sms.NumberPause)
	ayetest.Same(t, "reached later", h.SMS.Helps(t.Context(), ada.Person), true)
	ayetest.Fails(t, h.SMS.SendHelp(t.Context(), h.help(ada, sms.HelpCheck, "later")), nil)
}

// What stops other messages stops these: no number, the country, no provider, the breaker, the limits of the number.
func TestHelpLimits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(h *house, m *sms.Help)
		want   sms.Reason
		helps  bool
	}{
		"nothing":     {change: func(*house, *sms.Help) {}, helps: true},
		"no number":   {func(_ *house, m *sms.Help) { m.Person.Number = "" }, sms.NoNumber, false},
		"country":     {func(h *house, _ *sms.Help) { h.countries("BE") }, sms.Country, true},
		"operator's":  {func(h *house, _ *sms.Help) { h.countriesOf("", "BE") }, sms.Country, false},
		"no provider": {func(h *house, _ *sms.Help) { h.removeOperators() }, sms.NoProvider, false},
		"breaker":     {func(h *house, _ *sms.Help) { h.stop(h.Organisation.ID) }, sms.Halted, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			m := h.help(h.Ada, sms.HelpCheck, "check")
			c.change(h, &m)
			ayetest.Same(t, "reason", reason(h.SMS.SendHelp(t.Context(), m)), c.want)
			ayetest.Same(t, "reached", h.SMS.Helps(t.Context(), m.Person), c.helps)
		})
	}
	h := newHouse(t)
	for range sms.NumberPerHour {
		ayetest.Fails(t, h.SMS.SendHelp(t.Context(), h.help(h.Ada, sms.HelpStop, secret.NewID("case"))), nil)
	}
	limit, _ := h.delay(h.SMS.SendHelp(t.Context(), h.help(h.Ada, sms.HelpStop, "one more")))
	ayetest.Same(t, "limit", limit, sms.NumberLimit)
}

func (h *house) removeOperators() {
	h.Helper()
	all, err := h.SMS.List(h.Context(), "")
	ayetest.Fails(h, err, nil)
	for _, p := range all {
		ayetest.Fails(h, h.SMS.Remove(h.Context(), "", p.ID), nil)
	}
}

// TestHelpIsNoCode: nobody is let in by what support sends, so that says nothing of the codes: else a busy help desk, or
// one agent, would stop the text messages of all.
func TestHelpIsNoCode(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range sms.BreakerCodes + 5 {
		h.Clock.Pass(3 * time.Hour)
		ayetest.Fails(t, h.SMS.SendHelp(t.Context(), h.help(h.Ada, sms.HelpStop, secret.NewID("case"))), nil)
	}
	h.Clock.Pass(time.Hour)
	_, err := h.SMS.SendCode(t.Context(), h.ask(h.Ada))
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "told", len(h.told(h.Organisation.ID)), 0)
}
