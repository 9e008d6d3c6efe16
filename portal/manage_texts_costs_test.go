package portal_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
	"example.com/aye/internal/secret"
	"example.com/aye/portal/locales"
	"example.com/aye/sms"
)

// ledgered is a message in the ledger, for whose people it is by default a login that the organisation pays.
func (s *site) ledgered(m accounts.Member, change func(*sms.Message), outcomes ...sms.Outcome) sms.Message {
	s.Helper()
	one := sms.Message{
		ID: secret.NewID("sms"), OrganisationID: m.OrganisationID, ProviderID: "smp_gone", Purpose: accounts.TextLogin, Payer: sms.PaidByOrganisation,
		About: secret.NewID("apr"), PersonID: m.Person.ID, Number: "+31612345678", Index: "index", Masked: "+31 •••• ••78", Country: "NL", Encoding: sms.GSM7,
		Parts: 1, Estimate: 56_000, State: sms.Sending, At: s.Clock.Now().UTC(),
	}
	if own := m.Person.Number; own != "" {
		one.Number, one.Index, one.Masked = own, accounts.NumberIndex(s.Keys, own), accounts.MaskedNumber(own)
	}
	change(&one)
	ayetest.Fails(s, s.Store.AddMessage(s.Context(), one, sms.Counting{}, func(sms.Spent) error { return nil }), nil)
	for _, o := range outcomes {
		o.At = one.At
		_, err := s.Store.Settle(s.Context(), one.ID, o)
		ayetest.Fails(s, err, nil)
	}
	return one
}

func same(*sms.Message) {}

// used is one whose code was used at once.
func (s *site) used(m accounts.Member, change func(*sms.Message)) sms.Message {
	s.Helper()
	one := s.ledgered(m, change, sms.Outcome{State: sms.Accepted, VendorID: "abc"})
	used, err := s.Store.UseTextCode(s.Context(), one.ID, one.At)
	ayetest.Same(s, "used", []any{used, err}, []any{true, nil})
	return one
}

// The costs of a month are those of its messages: by purpose and payer, reported or estimated.
func TestTextCosts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m, b := s.manager(accounts.RoleAdministrator)
	b.get("/manage/texts/costs")
	b.says("manage.texts.costs.none")
	elsewhere := s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" })
	s.ledgered(s.AddMember(elsewhere, "Zebedee", accounts.RoleMember), func(one *sms.Message) { one.Estimate = 77_000_000 })
	accepted := sms.Outcome{State: sms.Accepted}
	s.ledgered(m, same, accepted)
	s.ledgered(m, same, accepted, sms.Outcome{State: sms.Delivered, Price: 60_000, Currency: "EUR"})
	s.ledgered(m, same, sms.Outcome{State: sms.Unknown})
	s.ledgered(m, same, sms.Outcome{State: sms.Refused, Reason: sms.NoBalance})
	s.ledgered(m, func(one *sms.Message) { one.Country, one.Estimate, one.Parts = "BE", 150_000, 2 }, accepted, sms.Outcome{State: sms.Sent, Price: 1_250_000, Currency: "USD"})
	s.ledgered(m, func(one *sms.Message) { one.Purpose, one.Payer = accounts.TextRegistration, sms.PaidByOperator }, accepted)
	s.ledgered(m, func(one *sms.Message) { one.At = one.At.AddDate(0, -1, 0) }, accepted)
	month := s.Clock.Now().UTC()
	b.language = locales.Dutch
	b.get("/manage/texts/costs")
	line := func(words ...string) {
		t.Helper()
		b.tells(strings.Join(words, " "))
	}
	line("Jullie betalen, tot nu toe", "€ 0,17 + $ 1,25", "van hooguit € 50,00")
	line("De exploitant betaalt, tot nu toe", "€ 0,056")
	line("Inloggen", "Jullie", "3", "1 van de 3 opgegeven", "€ 0,17")
	line("Inloggen", "Jullie", "1 (2 delen)", "Opgegeven", "$ 1,25")
	line("Nieuwe gebruiker", "De exploitant", "1", "Geschat", "€ 0,056")
	b.says("manage.texts.costs.unknown", locales.Count, 1)
	b.tells("Nederland 4 € 0,23", "België 1 $ 1,25")
	b.says("manage.texts.costs.foreign", "Currency", "EUR")
	if strings.Contains(b.page.text(), "77,") {
		t.Error("another organisation's costs are told")
	}
	if bars := strings.Count(b.page.body, "<rect"); bars != 3 {
		t.Errorf("%d bars, want one of each payer for this month and one for the month before", bars)
	}
	b.clicks("Vorige maand")
	line("Inloggen", "Jullie", "1", "Geschat", "€ 0,056")
	b.clicks("Volgende maand")
	b.at("/manage/texts/costs")
	for i := range 40 {
		b.get("/manage/texts/costs?month=" + month.AddDate(0, -i, 1-month.Day()).Format("2006-01"))
		b.is(http.StatusOK)
	}
	for _, bad := range []string{"x", "2026", "1999-12", month.AddDate(0, 1, 1-month.Day()).Format("2006-01"), "2026-13", "../x"} {
		for _, page := range []string{"costs", "costs.csv"} {
			b.get("/manage/texts/" + page + "?month=" + bad)
			b.is(http.StatusNotFound)
		}
	}
}

// file reads the file of a month.
func (b *browser) file(month string) [][]string {
	b.Helper()
	b.get("/manage/texts/costs.csv?month=" + month)
	b.is(http.StatusOK)
	ayetest.Same(b, "type", b.page.header.Get("Content-Type"), "text/csv; charset=utf-8")
	ayetest.Same(b, "name", b.page.header.Get("Content-Disposition"), `attachment; filename="text-messages-`+month+`.csv"`)
	lines, err := csv.NewReader(strings.NewReader(b.page.body)).ReadAll()
	ayetest.Fails(b, err, nil)
	return lines
}

// The file has each message once, with no number in it, and nothing that a spreadsheet runs.
func TestTextCostsFile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m, b := s.manager(accounts.RoleAdministrator)
	elsewhere := s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" })
	s.ledgered(s.AddMember(elsewhere, "Zebedee", accounts.RoleMember), same)
	first := s.ledgered(m, same, sms.Outcome{State: sms.Accepted, VendorID: "=HYPERLINK(\"https://example.net\")"}, sms.Outcome{State: sms.Delivered, Price: 60_000, Currency: "EUR"})
	second := s.ledgered(m, func(one *sms.Message) { one.Masked, one.Country = "@SUM(1)", "" }, sms.Outcome{State: sms.Refused, VendorID: "\t=1+1", Reason: sms.Other, Detail: "-1\r\n=2,\"3\""})
	used := s.used(s.WithNumber(m, "+31687654378"), same)
	before := s.ledgered(m, func(one *sms.Message) { one.At = one.At.AddDate(0, -1, 0) })
	at, month := first.At.Format(time.RFC3339), first.At.Format("2006-01")
	lines := b.file(month)
	ayetest.Same(t, "columns", strings.Join(lines[0], " "), "time purpose paid_by number country parts state price currency price_is used problem provider_message message")
	slices.SortFunc(lines[1:], func(a, b []string) int { return strings.Compare(a[6]+a[13], b[6]+b[13]) })
	ayetest.Same(t, "of the operator", lines[1][1:3], []string{"registration", "operator"})
	ayetest.Same(t, "lines", lines[2:], [][]string{
		{at, "login", "organisation", "'+31 •••• ••78", "NL", "1", "accepted", "0.056", "EUR", "estimated", at, "", "abc", used.ID},
		{at, "login", "organisation", "'+31 •••• ••78", "NL", "1", "delivered", "0.06", "EUR", "reported", "", "", "'=HYPERLINK(\"https://example.net\")", first.ID},
		{at, "login", "organisation", "'@SUM(1)", "", "1", "refused", "0.00", "EUR", "not sent", "", "other -1  =2,\"3\"", "' =1+1", second.ID},
	})
	if strings.Contains(b.page.body, "31612345678") {
		t.Error("the file has a number")
	}
	lines = b.file(before.At.Format("2006-01"))
	ayetest.Same(t, "the month before", []any{len(lines), lines[1][13]}, []any{2, before.ID})
}

// A large month comes whole, in the order of time.
func TestTextCostsFileIsWhole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m, b := s.manager(accounts.RoleAdministrator)
	start := s.Clock.Now().UTC().Truncate(24 * time.Hour)
	const many = 1003
	for i := range many {
		s.ledgered(m, func(one *sms.Message) { one.At, one.Index = start.Add(time.Duration(i/2)*time.Second), fmt.Sprint(i) })
	}
	lines, seen := b.file(start.Format("2006-01")), map[string]bool{}
	for _, line := range lines[1:] {
		seen[line[13]] = true
	}
	ayetest.Same(t, "messages", []int{len(lines) - 1, len(seen)}, []int{many, many})
	ayetest.Same(t, "in order", slices.IsSortedFunc(lines[1:], func(a, b []string) int { return strings.Compare(a[0], b[0]) }), true)
}

// brokenLedger gives one page of messages, and no other.
type brokenLedger struct{ sms.Ledger }

func (b brokenLedger) Messages(ctx context.Context, q sms.CostQuery, after string, limit int) ([]sms.Message, error) {
	if after != "" {
		return nil, errDown
	}
	return b.Ledger.Messages(ctx, q, after, limit)
}

// A file that cannot be read to its end is broken off, so that nobody takes it for a whole one.
func TestTextCostsFileThatBreaks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m, b := s.manager(accounts.RoleAdministrator)
	s.ledgered(m, same)
	s.SMS.Ledger = brokenLedger{s.Store}
	defer func() {
		if cause, _ := recover().(error); !errors.Is(cause, http.ErrAbortHandler) {
			t.Errorf("the file ended as if it were whole: %v", cause)
		}
	}()
	b.get("/manage/texts/costs.csv")
}

// Who logs in by text message is listed, with what else they have and until when the operator pays.
func TestTextPeople(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleAdministrator)
	b.get("/manage/texts/people")
	b.says("manage.texts.people.none")
	logs := func(m accounts.Member, payer sms.Payer, at time.Time) {
		t.Helper()
		s.used(m, func(one *sms.Message) { one.Payer, one.At = payer, at })
	}
	now := s.Clock.Now().UTC()
	withNumber := func(name string) accounts.Member {
		t.Helper()
		return s.WithNumber(s.AddPerson(name), freshNumber())
	}
	bare, safe, gone := withNumber("Bare"), withNumber("Safe"), withNumber("Gone")
	s.Pair(safe)
	logs(bare, sms.PaidByOperator, now)
	logs(bare, sms.PaidByOrganisation, now.Add(-time.Hour))
	logs(safe, sms.PaidByOrganisation, now)
	logs(gone, sms.PaidByOrganisation, now.AddDate(0, 0, -91))
	b.get("/manage/texts/people")
	b.says("manage.texts.people.only", locales.Count, 1, "All", 2)
	b.tells("Bare "+bare.Person.Email, "2 No The operator", "1 Yes You")
	if text := b.page.text(); strings.Contains(text, "Gone") {
		t.Errorf("somebody of long ago is listed:\n%s", text)
	}
	s.SMS.Config.LoginEnds = now.AddDate(0, 1, 0)
	date := s.SMS.Config.LoginEnds.Format("2 January 2006")
	b.get("/manage/texts/people")
	b.says("manage.texts.people.ends", "Date", date)
	s.SMS.Config.LoginEnds = now
	b.get("/manage/texts/people")
	b.says("manage.texts.people.over", "Date", now.Format("2 January 2006"))
	s.OwnProvider(s.Organisation)
	b.get("/manage/texts/people")
	if strings.Contains(b.page.text(), b.said("manage.texts.people.over", "Date", now.Format("2 January 2006"))) {
		t.Error("who has a provider of their own is warned of the end of the operator's")
	}
	for i := range 60 {
		logs(withNumber(fmt.Sprintf("Person %02d", i)), sms.PaidByOrganisation, now)
	}
	b.get("/manage/texts/people")
	on := strings.Count(b.page.body, `<th scope="row">`)
	b.clicks("Next page")
	ayetest.Same(t, "on the pages", []int{on, strings.Count(b.page.body, `<th scope="row">`)}, []int{50, 12})
	b.clicks("To the beginning")
	ayetest.Same(t, "on the first", strings.Count(b.page.body, `<th scope="row">`), 50)
}
