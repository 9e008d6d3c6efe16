package storetest

import (
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
	"example.com/aye/sms"
)

// elsewhere is a member of another organisation.
func (h *House) elsewhere(t *testing.T, email string) accounts.Member {
	t.Helper()
	o := h.AddOrganisation(t, "Elsewhere")
	return got(h.AddMember(t.Context(), h.member(o, email), "", h.entry(o.ID, "member.added")))(t)
}

// sent stores a message of another kind.
func (h *House) sent(t *testing.T, m accounts.Member, change func(*sms.Message)) sms.Message {
	t.Helper()
	text := h.text(m)
	change(&text)
	text.Updated = text.At
	h.send(t, text)
	return text
}

func testCosts(t *testing.T, h *House) {
	m, other := h.AddPerson(t, "costs@example.com"), h.elsewhere(t, "costs-other@example.com")
	march := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	february := march.AddDate(0, -1, 0)
	at := func(when time.Time) func(*sms.Message) {
		return func(m *sms.Message) { m.At, m.State = when, sms.Delivered }
	}
	priced := func(currency string, price sms.Amount, parts int) func(*sms.Message) {
		return func(m *sms.Message) {
			m.At, m.State, m.Currency, m.Price, m.Parts = march, sms.Delivered, currency, price, parts
		}
	}
	h.sent(t, m, at(february.Add(-time.Millisecond)))
	h.sent(t, m, at(february))
	h.sent(t, m, at(march.Add(-time.Millisecond)))
	h.sent(t, m, at(march))
	h.sent(t, m, priced("EUR", 60_000, 2))
	h.sent(t, m, priced("EUR", 0, 1))
	h.sent(t, m, priced("USD", 70_000, 1))
	for _, state := range []sms.State{sms.Sending, sms.Refused, sms.Unknown, sms.Accepted, sms.Sent, sms.Failed, sms.Expired} {
		h.sent(t, m, func(m *sms.Message) { m.At, m.State, m.Country = march, state, "BE" })
	}
	h.sent(t, m, func(m *sms.Message) {
		m.At, m.State, m.Purpose, m.Payer = march, sms.Sent, accounts.TextNewNumber, sms.PaidByOperator
	})
	h.sent(t, other, at(march))
	h.sent(t, m, func(m *sms.Message) { // the operator checks a provider
		m.At, m.State, m.OrganisationID, m.PersonID, m.Purpose, m.Payer = march, sms.Sent, "", "", accounts.TextCheck, sms.PaidByOperator
	})

	line := func(month time.Time, messages int, change func(*sms.Cost)) sms.Cost {
		c := sms.Cost{
			Month: month, OrganisationID: m.OrganisationID, Payer: sms.PaidByOrganisation, Purpose: accounts.TextLogin, Country: "NL", Currency: "EUR",
			Messages: messages, Parts: messages, Amount: sms.Amount(messages) * 56_000,
		}
		change(&c)
		return c
	}
	none := func(*sms.Cost) {}
	mine := []sms.Cost{
		line(february, 2, none),
		line(march, 1, func(c *sms.Cost) { c.Payer, c.Purpose = sms.PaidByOperator, accounts.TextNewNumber }),
		line(march, 6, func(c *sms.Cost) { c.Country, c.Unknown = "BE", 2 }),
		line(march, 3, func(c *sms.Cost) { c.Parts, c.Amount, c.Reported = 4, 116_000, 2 }),
		line(march, 1, func(c *sms.Cost) { c.Currency, c.Amount, c.Reported = "USD", 70_000, 1 }),
	}
	costs := func(organisationID string, from, until time.Time) []sms.Cost {
		t.Helper()
		return got(h.Costs(t.Context(), sms.CostQuery{OrganisationID: organisationID, From: from, Until: until}, "EUR"))(t)
	}
	april := march.AddDate(0, 1, 0)
	same(t, "two months", costs(m.OrganisationID, february, april), mine)
	same(t, "the first", costs(m.OrganisationID, february, march), mine[:1])
	same(t, "the second", costs(m.OrganisationID, march, march.Add(time.Millisecond)), mine[1:])
	same(t, "without bounds", len(costs(m.OrganisationID, time.Time{}, time.Time{})), len(mine)+1)
	same(t, "in another currency", got(h.Costs(t.Context(), sms.CostQuery{OrganisationID: other.OrganisationID}, "GBP"))(t), []sms.Cost{
		line(march, 1, func(c *sms.Cost) { c.OrganisationID, c.Currency = other.OrganisationID, "GBP" }),
	})
	operators := line(march, 1, func(c *sms.Cost) { c.OrganisationID, c.Payer, c.Purpose = "", sms.PaidByOperator, accounts.TextCheck })
	theirs := line(march, 1, func(c *sms.Cost) { c.OrganisationID = other.OrganisationID })
	all := append([]sms.Cost{mine[0], operators}, mine[1:]...)
	same(t, "of all organisations", costs("", february, april), append(all, theirs))
}

func testMessages(t *testing.T, h *House) {
	m, other := h.AddPerson(t, "rows@example.com"), h.elsewhere(t, "rows-other@example.com")
	begin := h.Clock.Now()
	var mine, all []string
	for i := range 7 {
		whose := m
		if i == 3 {
			whose = other
		}
		text := h.text(whose)
		text.At = begin.Add(time.Duration(i/2) * time.Second) // two at a time
		h.send(t, text)
		if all = append(all, text.ID); i != 3 {
			mine = append(mine, text.ID)
		}
	}
	pages := func(q sms.CostQuery, limit int) []string {
		t.Helper()
		var ids []string
		for after := ""; ; after = ids[len(ids)-1] {
			page := got(h.Messages(t.Context(), q, after, limit))(t)
			for _, row := range page {
				same(t, "number", row.Number, "")
				ids = append(ids, row.ID)
			}
			if len(page) < limit {
				return ids
			}
		}
	}
	for limit := 1; limit <= 8; limit++ {
		same(t, "of one organisation", pages(sms.CostQuery{OrganisationID: m.OrganisationID}, limit), mine)
		same(t, "of all", pages(sms.CostQuery{}, limit), all)
	}
	same(t, "a part", pages(sms.CostQuery{From: begin.Add(time.Second), Until: begin.Add(3 * time.Second)}, 2), all[2:6])
	same(t, "after one before the part", len(got(h.Messages(t.Context(), sms.CostQuery{From: begin.Add(time.Second)}, all[0], 10))(t)), 5)
	first := got(h.Messages(t.Context(), sms.CostQuery{OrganisationID: m.OrganisationID}, "", 1))(t)[0]
	kept := h.last(t, first.About)
	kept.Number = ""
	same(t, "message", first, kept)
	_, err := h.Messages(t.Context(), sms.CostQuery{}, "sms_none", 1)
	fails(t, err, sms.ErrNotFound)
}

func testTextUsers(t *testing.T, h *House) {
	since := h.Clock.Now()
	ada, bea, cas := h.AddPerson(t, "ada@example.com"), h.AddPerson(t, "bea@example.com"), h.AddPerson(t, "cas@example.com")
	left, other := h.AddPerson(t, "left@example.com"), h.elsewhere(t, "aaron@example.com")
	h.AddPhone(t, bea, pairing.Paired)
	h.AddApp(t, cas, 5)
	use := func(m accounts.Member, change func(*sms.Message)) {
		t.Helper()
		h.Clock.Pass(time.Second)
		h.sent(t, m, func(m *sms.Message) { m.Used = m.At; change(m) })
	}
	none := func(*sms.Message) {}
	users := func(organisationID string, since time.Time) []sms.User {
		t.Helper()
		return got(h.TextUsers(t.Context(), organisationID, since))(t)
	}
	user := func(m accounts.Member, times int, change func(*sms.User)) sms.User {
		u := sms.User{
			PersonID: m.Person.ID, MembershipID: m.ID, OrganisationID: m.OrganisationID, Email: m.Person.Email, Display: m.Person.Display,
			Last: h.Clock.Now(), Times: times, Payer: sms.PaidByOrganisation,
		}
		change(&u)
		return u
	}
	use(ada, none)
	// What let nobody log in counts for nobody.
	use(ada, func(m *sms.Message) { m.Used = time.Time{} })
	use(ada, func(m *sms.Message) { m.Purpose = accounts.TextSecurity })
	use(left, none)
	h.leave(t, left)
	adaSince := h.Clock.Now()
	use(ada, none)
	use(ada, func(m *sms.Message) { m.Payer = sms.PaidByOperator })
	wantAda := user(ada, 3, func(u *sms.User) { u.Payer = sms.PaidByOperator })
	use(bea, none)
	wantBea := user(bea, 1, func(u *sms.User) { u.Other = true })
	use(cas, none)
	wantCas := user(cas, 1, func(u *sms.User) { u.Other = true })
	use(other, none)
	wantOther := user(other, 1, func(*sms.User) {})
	same(t, "users", users(h.Organisation.ID, since), []sms.User{wantAda, wantBea, wantCas})
	same(t, "of all organisations", users("", since), []sms.User{wantOther, wantAda, wantBea, wantCas})
	same(t, "logins", []int{got(h.CountLogins(t.Context(), h.Organisation.ID, since))(t), got(h.CountLogins(t.Context(), other.OrganisationID, since))(t)}, []int{6, 1})
	wantAda.Times = 2
	same(t, "later", users(h.Organisation.ID, adaSince.Add(time.Millisecond))[0], wantAda)
	same(t, "at the edge", []int{len(users("", wantOther.Last)), len(users("", wantOther.Last.Add(time.Millisecond)))}, []int{1, 0})
	same(t, "logins", got(h.CountLogins(t.Context(), other.OrganisationID, wantOther.Last.Add(time.Millisecond)))(t), 0)
	// A phone that counts only elsewhere is nothing that they could log in with here.
	h.begin(t, ada, 5)
	h.AddPhone(t, ada, pairing.AwaitingApproval)
	wantAda.Times = 3
	same(t, "nothing that counts", users(h.Organisation.ID, since)[0], wantAda)
	h.localPhone(t, other)
	wantOther.Other = true
	same(t, "a phone of the organisation", users(other.OrganisationID, since), []sms.User{wantOther})
}

func testLastPrice(t *testing.T, h *House) {
	m, other := h.AddPerson(t, "price@example.com"), h.elsewhere(t, "price-other@example.com")
	ask := func(price sms.Amount, parts int, currency string, change func(*sms.Message)) {
		t.Helper()
		h.Clock.Pass(time.Second)
		h.sent(t, m, func(m *sms.Message) {
			m.ID, m.Country, m.State = secret.NewID("sms"), "BE", sms.Delivered
			m.Price, m.Parts, m.Currency = price, parts, currency
			change(m)
		})
	}
	is := func(m accounts.Member, country string, want sms.Amount, currency string) {
		t.Helper()
		price, in, err := h.LastPrice(t.Context(), m.OrganisationID, country)
		if currency == "" {
			fails(t, err, sms.ErrNotFound)
		}
		same(t, "price", []any{price, in}, []any{want, currency})
	}
	none := func(*sms.Message) {}
	is(m, "BE", 0, "")
	ask(50_000, 1, "EUR", none)
	is(m, "BE", 50_000, "EUR")
	ask(160_000, 2, "USD", none)
	is(m, "BE", 80_000, "USD")
	ask(0, 1, "", none) // not told yet
	ask(1, 1, "EUR", func(m *sms.Message) { m.Payer = sms.PaidByOperator })
	ask(2, 1, "EUR", func(m *sms.Message) { m.Country = "DE" })
	operator := accounts.Member{}
	is(operator, "BE", 1, "EUR")
	is(operator, "DE", 0, "")
	is(m, "BE", 80_000, "USD")
	is(m, "DE", 2, "EUR")
	is(other, "BE", 0, "")
	ask(0, 1, "EUR", none)
	is(m, "BE", 0, "EUR")
}
