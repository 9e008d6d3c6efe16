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

// The ledger of a month with both payers.
func TestTheLedgerOfAMonth(t *testing.T) {
	t.Parallel()
	h := newHouse(t) // one proof of a number, by the operator
	first := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	a, b := h.send(h.Ada), h.send(h.Ada)
	ask := h.ask(h.Ada)
	ask.Purpose = accounts.TextRelink
	_, err := h.SMS.SendCode(t.Context(), ask)
	ayetest.Fails(t, err, nil)
	ayetest.Fails(t, h.report(t, reportOf(a.ID, "1", sms.Outcome{State: sms.Delivered, Price: 61_000, Currency: "EUR"})), nil)
	h.Texts.Silent(true)
	_, err = h.SMS.SendCode(t.Context(), h.ask(h.Ada))
	ayetest.Fails(t, err, sms.ErrNoAnswer)
	h.Texts.Silent(false)
	h.Texts.Fail(sms.Busy)
	_, err = h.SMS.SendCode(t.Context(), h.ask(h.Ada))
	ayetest.Fails(t, err, sms.ErrVendor)
	h.Texts.Refuse(nil)
	d := desks(h.World, accounts.RoleAdministrator)
	d.made()
	h.Clock.Pass(31 * 24 * time.Hour)
	h.send(h.Ada) // by the new account, in March
	o := h.AllowSMS(h.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" }))
	h.WithNumber(h.AddMember(o, "Eve", accounts.RoleMember), "+31611100011")

	id := h.Organisation.ID
	cost := func(c sms.Cost) sms.Cost {
		c.Country, c.Currency = "NL", "EUR"
		return c
	}
	own := []sms.Cost{
		cost(sms.Cost{Month: first, OrganisationID: id, Payer: sms.PaidByOperator, Purpose: accounts.TextRelink, Messages: 1, Parts: 1, Amount: each}),
		cost(sms.Cost{Month: first, OrganisationID: id, Payer: sms.PaidByOperator, Purpose: accounts.TextRegistration, Messages: 1, Parts: 1, Amount: each}),
		cost(sms.Cost{Month: first, OrganisationID: id, Payer: sms.PaidByOrganisation, Purpose: accounts.TextLogin, Messages: 3, Parts: 3, Amount: each + 2*61_000, Reported: 1, Unknown: 1}),
		cost(sms.Cost{Month: first, OrganisationID: id, Payer: sms.PaidByOrganisation, Purpose: accounts.TextCheck, Messages: 1, Parts: 1, Amount: 61_000}),
		cost(sms.Cost{Month: first.AddDate(0, 1, 0), OrganisationID: id, Payer: sms.PaidByOrganisation, Purpose: accounts.TextLogin, Messages: 1, Parts: 1, Amount: 61_000}),
	}
	costs, err := d.SMS.Costs(t.Context(), sms.CostQuery{OrganisationID: id})
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "costs", costs, own)
	costs, err = d.SMS.Costs(t.Context(), sms.CostQuery{OrganisationID: id, From: first.AddDate(0, 1, 0), Until: first.AddDate(0, 2, 0)})
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "of March", costs, own[4:])
	all, err := h.SMS.Costs(t.Context(), sms.CostQuery{})
	ayetest.Fails(t, err, nil)
	all = slices.DeleteFunc(all, func(c sms.Cost) bool { return c.OrganisationID != o.ID })
	ayetest.Same(t, "the operator sees all", all, []sms.Cost{
		cost(sms.Cost{Month: first.AddDate(0, 1, 0), OrganisationID: o.ID, Payer: sms.PaidByOperator, Purpose: accounts.TextRegistration, Messages: 1, Parts: 1, Amount: each}),
	})
	_ = b
}

// The rows come page by page, each once, without the number.
func TestMessages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.fill(1001, func(i int, m *sms.Message) { m.At = h.Clock.Now().Add(time.Duration(i/10) * time.Second) })
	q := sms.CostQuery{OrganisationID: h.Organisation.ID, From: h.Clock.Now()}
	seen, after, pages := map[string]bool{}, "", 0
	for {
		page, err := h.SMS.Messages(t.Context(), q, after)
		ayetest.Fails(t, err, nil)
		if len(page) == 0 {
			break
		}
		for _, m := range page {
			ayetest.Same(t, "row", []any{seen[m.ID], m.Number}, []any{false, ""})
			seen[m.ID] = true
		}
		after, pages = page[len(page)-1].ID, pages+1
	}
	ayetest.Same(t, "rows", []int{len(seen), pages}, []int{1001, 3})
}

// Who still logs in by text message, and whether they have something else.
func TestUsers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bea := h.WithNumber(h.AddPerson("Bea"), "+31611100011")
	h.Pair(bea)
	h.Clock.Pass(24 * time.Hour)
	since := h.Clock.Now()
	users := func() []sms.User {
		all, err := h.SMS.Users(t.Context(), h.Organisation.ID, since)
		ayetest.Fails(t, err, nil)
		return all
	}
	h.send(bea)
	ayetest.Same(t, "sent is not used", len(users()), 0)
	h.use(h.send(h.Ada))
	h.Clock.Pass(time.Hour)
	h.use(h.send(h.Ada))
	ask := h.ask(h.Ada)
	ask.Purpose = accounts.TextSecurity
	security, err := h.SMS.SendCode(t.Context(), ask)
	ayetest.Fails(t, err, nil)
	h.use(security)
	h.use(h.send(bea))
	want := []sms.User{
		{PersonID: h.Ada.Person.ID, MembershipID: h.Ada.ID, OrganisationID: h.Organisation.ID, Email: h.Ada.Person.Email, Display: "Ada", Last: h.Clock.Now(), Times: 2, Payer: sms.PaidByOrganisation},
		{PersonID: bea.Person.ID, MembershipID: bea.ID, OrganisationID: h.Organisation.ID, Email: bea.Person.Email, Display: "Bea", Last: h.Clock.Now(), Times: 1, Other: true, Payer: sms.PaidByOrganisation},
	}
	slices.SortFunc(want, func(a, b sms.User) int {
		if a.Email < b.Email {
			return -1
		}
		return 1
	})
	ayetest.Same(t, "users", users(), want)
}

// Before Save the page says about how much logging in will cost.
func TestExpect(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	expect := func(country string) sms.Expected {
		e, err := h.SMS.Expect(t.Context(), h.Organisation.ID, country)
		ayetest.Fails(t, err, nil)
		return e
	}
	ayetest.Same(t, "nobody yet", expect(""), sms.Expected{Each: each, Country: "NL", Currency: "EUR", Known: true})
	ayetest.Same(t, "no price", expect("BE"), sms.Expected{Each: 150_000, Country: "BE", Currency: "EUR"})
	var last sms.Posted
	for range 3 {
		last = h.send(h.Ada)
		h.use(last)
	}
	ayetest.Same(t, "three", expect("NL"), sms.Expected{Each: each, Country: "NL", Currency: "EUR", Known: true, Logins: 3, Month: 3 * each})
	ayetest.Fails(t, h.report(t, reportOf(last.ID, "1", sms.Outcome{State: sms.Delivered, Price: 122_000, Currency: "GBP", Parts: 2})), nil)
	ayetest.Same(t, "as the vendor says", expect("NL"), sms.Expected{Each: 61_000, Country: "NL", Currency: "GBP", Reported: true, Known: true, Logins: 3, Month: 183_000})
	h.Clock.Pass(31 * 24 * time.Hour)
	ayetest.Same(t, "a month later", expect("NL").Logins, 0)
}

// The currency of a report is the vendor's, and has a line of its own.
func TestAnotherCurrency(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.fill(2, func(i int, m *sms.Message) { m.Currency = []string{"", "USD"}[i]; m.Price = sms.Amount(i) * 70_000 })
	costs, err := h.SMS.Costs(t.Context(), sms.CostQuery{OrganisationID: h.Organisation.ID, From: h.Clock.Now()})
	ayetest.Fails(t, err, nil)
	var lines []string
	for _, c := range costs {
		lines = append(lines, fmt.Sprint(c.Amount, " ", c.Currency))
	}
	ayetest.Same(t, "lines", lines, []string{"0.056 EUR", "0.07 USD"})
}
