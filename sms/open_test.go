package sms_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/sms"
)

// foreign gives Ada a number of another country.
func (h *house) foreign(number string, countries ...string) {
	h.Helper()
	h.countries(countries...)
	name := h.AddProvider("", func(p *sms.Provider) { p.Sender = "+15005550006" })
	person := h.Ada.Person.ID
	ayetest.Fails(h, h.Accounts.RemoveNumber(h.Context(), person), nil)
	h.Ada = h.WithNumber(h.Ada, number)
	h.Clock.Pass(sms.NumberPause)
	h.countries()
	ayetest.Fails(h, h.SMS.Remove(h.Context(), "", name.ID), nil)
	h.AddProvider("")
}

// changed gives Ada another number, and lets the time pass.
func (h *house) changed(since time.Duration) {
	h.Helper()
	h.Ada = h.WithNumber(h.Ada, other)
	h.Clock.Pass(since)
}

func (h *house) ends(in time.Duration) { h.SMS.Config.LoginEnds = h.Clock.Now().Add(in) }

func (h *house) none(organisationID string) {
	h.Helper()
	all, err := h.SMS.List(h.Context(), organisationID)
	ayetest.Fails(h, err, nil)
	for _, p := range all {
		ayetest.Fails(h, h.SMS.Activate(h.Context(), organisationID, p.ID, false), nil)
	}
}

// forbid takes text messages from what the organisation allows.
func (h *house) forbid() {
	h.Change(func(o *accounts.Organisation) { o.Methods = []accounts.SecondFactor{accounts.TOTP} })
}

// numeric makes the organisation's provider send from a number.
func (h *house) numeric() {
	h.AddProvider(h.Organisation.ID, func(p *sms.Provider) { p.Sender = "+15005550006" })
}

// spend makes the month's messages cost that much, but for what is left.
func (h *house) spend(left sms.Amount) {
	h.Helper()
	h.send(h.Ada)
	h.CapTexts(h.Organisation.ID, each+left)
}

// The table of who can get a code, with the neighbour of each no beside it.
func TestOpen(t *testing.T) {
	t.Parallel()
	elsewhere := func(h *house) accounts.Member {
		return h.Join(h.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" }), h.Ada)
	}
	for _, test := range []struct {
		name    string
		change  func(h *house)
		login   sms.Reason
		setting sms.Reason // the same to change a security setting
	}{
		{"all is well", func(*house) {}, sms.Open, sms.Open},
		{"not allowed", (*house).forbid, sms.NotAllowed, sms.NotAllowed},

		{"two organisations", func(h *house) { elsewhere(h) }, sms.SeveralOrganisations, sms.SeveralOrganisations},
		{"invited elsewhere", func(h *house) {
			o := h.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" })
			_, _, err := h.Accounts.AddMember(h.Context(), o.ID, h.Ada.Person, accounts.RoleMember)
			ayetest.Fails(h, err, nil)
		}, sms.Open, sms.Open},
		{"left elsewhere", func(h *house) {
			ayetest.Fails(h, h.Accounts.EndMembership(h.Context(), elsewhere(h)), nil)
		}, sms.Open, sms.Open},

		{"no number", func(h *house) {
			ayetest.Fails(h, h.Accounts.RemoveNumber(h.Context(), h.Ada.Person.ID), nil)
		}, sms.NoNumber, sms.NoNumber},

		{"a new number", func(h *house) { h.changed(0) }, sms.NumberNew, sms.NumberNew},
		{"nearly seven days", func(h *house) { h.changed(sms.NumberPause - time.Millisecond) }, sms.NumberNew, sms.NumberNew},
		{"seven days", func(h *house) { h.changed(sms.NumberPause) }, sms.Open, sms.Open},
		{"a new number that somebody vouches for", func(h *house) {
			h.changed(0)
			ayetest.Fails(h, h.Accounts.Vouch(h.Context(), h.Organisation.ID, h.Ada.ID, h.Ada.Person.NumberChanged), nil)
		}, sms.Open, sms.Open},
		{"another one after that", func(h *house) {
			h.changed(0)
			ayetest.Fails(h, h.Accounts.Vouch(h.Context(), h.Organisation.ID, h.Ada.ID, h.Ada.Person.NumberChanged), nil)
			h.Clock.Pass(time.Hour)
			h.Ada = h.WithNumber(h.Ada, "+31612344321")
		}, sms.NumberNew, sms.NumberNew},
		{"the same number again", func(h *house) { h.Ada = h.WithNumber(h.Ada, number) }, sms.Open, sms.Open},
		{"the first number of somebody new", func(h *house) { h.Ada = h.WithNumber(h.AddPerson("Bea"), other) }, sms.Open, sms.Open},

		{"a country that is not on the list", func(h *house) { h.foreign("+447400123456", "GB") }, sms.Country, sms.Country},
		{"one that is", func(h *house) { h.foreign("+447400123456", "GB"); h.countries("NL", "GB") }, sms.Open, sms.Open},
		{"the own country when it is not", func(h *house) { h.countries("GB") }, sms.Country, sms.Country},

		{"not one of the operator's", func(h *house) { h.countriesOf("", "BE") }, sms.Open, sms.Country},
		{"one of the operator's", func(h *house) { h.countriesOf("", "BE", "NL") }, sms.Open, sms.Open},
		{"not one of the operator's, who stands in", func(h *house) {
			h.none(h.Organisation.ID)
			h.ends(time.Hour)
			h.countriesOf("", "BE")
		}, sms.Country, sms.Country},
		{"where the operator said nothing", func(h *house) { h.SMS.Config.Country = "BE"; h.countries("NL") }, sms.Open, sms.Open},

		{"no provider", func(h *house) { h.none(h.Organisation.ID) }, sms.NoProvider, sms.Open},
		{"no provider of the operator", func(h *house) { h.none("") }, sms.Open, sms.NoProvider},
		{"the operator stands in", func(h *house) { h.none(h.Organisation.ID); h.ends(time.Millisecond) }, sms.Open, sms.Open},
		{"it would, but has none", func(h *house) { h.none(h.Organisation.ID); h.none(""); h.ends(time.Hour) }, sms.NoProvider, sms.NoProvider},
		{"the day comes", func(h *house) { h.none(h.Organisation.ID); h.ends(0) }, sms.Over, sms.Open},
		{"the day passed", func(h *house) { h.none(h.Organisation.ID); h.ends(time.Hour); h.Clock.Pass(365 * 24 * time.Hour) }, sms.Over, sms.Open},
		{"the day passed, with an own provider", func(h *house) { h.ends(-time.Hour) }, sms.Open, sms.Open},

		{"a name to the United States", func(h *house) { h.foreign("+12015550123", "US"); h.countries("US") }, sms.WrongSender, sms.WrongSender},
		{"a number to the United States", func(h *house) { h.foreign("+12015550123", "US"); h.countries("US"); h.numeric() }, sms.Open, sms.WrongSender},
		{"a name to India", func(h *house) { h.foreign("+919876543210", "IN"); h.countries("IN") }, sms.Open, sms.Open},

		{"stopped", func(h *house) { h.stop(h.Organisation.ID) }, sms.Halted, sms.Halted},
		{"resumed", func(h *house) {
			h.stop(h.Organisation.ID)
			ayetest.Fails(h, h.SMS.Resume(h.Context(), h.Organisation.ID), nil)
		}, sms.Open, sms.Open},
		{"another organisation is stopped", func(h *house) { h.stop(h.AddOrganisation(func(*accounts.Organisation) {}).ID) }, sms.Open, sms.Open},

		{"money for one more", func(h *house) { h.spend(each) }, sms.Open, sms.Open},
		{"nearly", func(h *house) { h.spend(each - 1) }, sms.CapReached, sms.Open},
		{"money of the operator for one more", func(h *house) { h.SMS.Config.OperatorCap = 2 * each }, sms.Open, sms.Open},
		{"not even that", func(h *house) { h.SMS.Config.OperatorCap = 2*each - 1 }, sms.Open, sms.CapReached},
		{"another month", func(h *house) { h.spend(0); h.Clock.Pass(31 * 24 * time.Hour) }, sms.Open, sms.Open},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			test.change(h)
			m := h.member(h.Ada)
			for purpose, want := range map[sms.Purpose]sms.Reason{accounts.TextLogin: test.login, accounts.TextSecurity: test.setting} {
				open, err := h.SMS.Open(t.Context(), h.Organisation, m, purpose)
				ayetest.Fails(t, err, nil)
				if open.Reason != want {
					t.Errorf("%s: %q, want %q", purpose, open.Reason, want)
				}
				before := len(h.Texts.Sent())
				ask := h.ask(m)
				ask.Purpose = purpose
				_, err = h.SMS.SendCode(t.Context(), ask)
				ayetest.Same(t, string(purpose)+": sent", []any{reason(err), len(h.Texts.Sent())-before == 1}, []any{want, want == sms.Open})
			}
		})
	}
}

// Of several reasons the first is given, so that nobody mends what does not help.
func TestTheFirstReason(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	// The other way round: what is asked last goes wrong first.
	for _, step := range []struct {
		want   sms.Reason
		change func()
	}{
		{sms.CapReached, func() { h.spend(0) }},
		{sms.Halted, func() { h.stop(h.Organisation.ID) }},
		{sms.NoProvider, func() { h.none(h.Organisation.ID) }},
		{sms.Over, func() { h.ends(0) }},
		{sms.Country, func() { h.countries("GB") }},
		{sms.NumberNew, func() { h.countries(); h.changed(0); h.countries("GB") }},
		{sms.SeveralOrganisations, func() { h.Join(h.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" }), h.Ada) }},
		{sms.NotAllowed, h.forbid},
	} {
		if step.want == sms.NumberNew {
			ayetest.Fails(t, h.SMS.Resume(t.Context(), h.Organisation.ID), nil) // or no number can be proven
		}
		step.change()
		open, err := h.SMS.Open(t.Context(), h.Organisation, h.member(h.Ada), accounts.TextLogin)
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "reason", open.Reason, step.want)
	}
}

// What a page is told beside yes or no.
func TestOpenTells(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tells := func(purpose sms.Purpose) sms.Openness {
		open, err := h.SMS.Open(t.Context(), h.Organisation, h.member(h.Ada), purpose)
		ayetest.Fails(t, err, nil)
		return open
	}
	masked := accounts.MaskedNumber(number)
	ayetest.Same(t, "own", tells(accounts.TextLogin), sms.Openness{Masked: masked, Payer: sms.PaidByOrganisation})
	ayetest.Same(t, "security", tells(accounts.TextNewPhone), sms.Openness{Masked: masked, Payer: sms.PaidByOperator})
	h.ends(24 * time.Hour)
	ayetest.Same(t, "own, before the end", tells(accounts.TextLogin), sms.Openness{Masked: masked, Payer: sms.PaidByOrganisation})
	h.none(h.Organisation.ID)
	ayetest.Same(t, "the operator's", tells(accounts.TextLogin), sms.Openness{Masked: masked, Payer: sms.PaidByOperator, Ends: h.SMS.Config.LoginEnds})
	h.changed(time.Hour)
	ayetest.Same(t, "new", tells(accounts.TextLogin), sms.Openness{
		Reason: sms.NumberNew, Masked: accounts.MaskedNumber(other), From: h.Clock.Now().Add(sms.NumberPause - time.Hour),
	})
}

// Who pays, by what a message is for and whose providers there are.
func TestWhoPays(t *testing.T) {
	t.Parallel()
	operators := []sms.Purpose{
		accounts.TextRegistration, accounts.TextRelink, accounts.TextAuthenticator, accounts.TextNewPhone, accounts.TextNewNumber, accounts.TextSecurity,
	}
	const never, before, after = time.Duration(-1), time.Hour, time.Duration(0)
	for _, test := range []struct {
		own, operator bool
		ends          time.Duration
		login, rest   sms.Payer // empty: it is not sent
	}{
		{true, true, never, sms.PaidByOrganisation, sms.PaidByOperator},
		{true, true, before, sms.PaidByOrganisation, sms.PaidByOperator},
		{true, true, after, sms.PaidByOrganisation, sms.PaidByOperator},
		{true, false, never, sms.PaidByOrganisation, ""},
		{true, false, before, sms.PaidByOrganisation, ""},
		{true, false, after, sms.PaidByOrganisation, ""},
		{false, true, never, "", sms.PaidByOperator},
		{false, true, before, sms.PaidByOperator, sms.PaidByOperator},
		{false, true, after, "", sms.PaidByOperator},
		{false, false, never, "", ""},
		{false, false, before, "", ""},
		{false, false, after, "", ""},
	} {
		t.Run(fmt.Sprintf("own %v, operator's %v, ends %s", test.own, test.operator, test.ends), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			if !test.own {
				h.none(h.Organisation.ID)
			}
			if !test.operator {
				h.none("")
			}
			for _, purpose := range append(slices.Clone(operators), accounts.TextLogin, accounts.TextCheck) {
				if test.ends != never {
					h.ends(test.ends)
				}
				want := test.rest
				switch purpose {
				case accounts.TextLogin:
					want = test.login
				case accounts.TextCheck:
					want = "" // never by this way
				}
				h.paid(purpose, want)
				h.Clock.Pass(12 * time.Hour)
			}
		})
	}
}

// paid sends a message for the purpose, and looks who pays for it; an empty payer is for none.
func (h *house) paid(purpose sms.Purpose, want sms.Payer) {
	h.Helper()
	ask := h.ask(h.Ada)
	ask.Purpose = purpose
	posted, err := h.SMS.SendCode(h.Context(), ask)
	ayetest.Same(h, string(purpose)+" sent", err == nil, want != "")
	if want == "" {
		return
	}
	row, sent := h.row(posted.ID), h.Texts.Sent()
	ayetest.Same(h, string(purpose)+" paid by", row.Payer, want)
	ayetest.Same(h, "by the payer's own account", row.ProviderID == h.Own.ID, want == sms.PaidByOrganisation)
	ayetest.Same(h, "with its key", sent[len(sent)-1].Account.Key == h.Own.Key, want == sms.PaidByOrganisation)
}
