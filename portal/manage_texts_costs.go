package portal

import (
	"cmp"
	"encoding/csv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/aye/accounts"
	"example.com/aye/portal/page"
	"example.com/aye/signin"
	"example.com/aye/sms"
)

// chartMonths is how many months stand in the picture.
const chartMonths = 12

// thisMonth is the first moment of the month, in UTC, in which messages are counted.
func (s *Server) thisMonth() time.Time {
	now := s.Now().UTC()
	return time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// month is the one of the address: this one where it says none. There is none to come.
func (s *Server) month(c echo.Context) (time.Time, error) {
	asked := c.QueryParam("month")
	if asked == "" {
		return s.thisMonth(), nil
	}
	month, err := time.Parse("2006-01", asked)
	if err != nil || month.After(s.thisMonth()) || month.Year() < 2000 {
		return time.Time{}, echo.ErrNotFound
	}
	return month, nil
}

func costsAddress(month time.Time) string {
	return "/manage/texts/costs?month=" + month.Format("2006-01")
}

// costs shows what the messages of a month cost, and the months around it.
func (s *Server) costs(c echo.Context, session signin.Session) error {
	month, err := s.month(c)
	if err != nil {
		return err
	}
	ctx, as, last := c.Request().Context(), s.textsAs(session), s.thisMonth()
	if month.Before(last.AddDate(0, 1-chartMonths, 0)) {
		last = month
	}
	all, err := as.Costs(ctx, sms.CostQuery{OrganisationID: session.OrganisationID, From: last.AddDate(0, 1-chartMonths, 0), Until: last.AddDate(0, 1, 0)})
	if err != nil {
		return err
	}
	settings, err := as.Settings(ctx, session.OrganisationID)
	if err != nil {
		return err
	}
	view := page.TextCosts{Month: month, Now: month.Equal(s.thisMonth()), Cap: s.money(settings.Cap), Earlier: costsAddress(month.AddDate(0, -1, 0))}
	if !view.Now {
		view.Later = costsAddress(month.AddDate(0, 1, 0))
	}
	s.costsOf(&view, slices.DeleteFunc(slices.Clone(all), func(one sms.Cost) bool { return !one.Month.Equal(month) }))
	for i := range chartMonths {
		view.Months = append(view.Months, s.monthCost(last.AddDate(0, i+1-chartMonths, 0), month, all))
	}
	return s.show(c, http.StatusOK, view)
}

// costsOf sums up the lines of one month. Amounts of two currencies are never added.
func (s *Server) costsOf(view *page.TextCosts, lines []sms.Cost) {
	own := s.SMS.Config.Prices.Currency
	you, operator := map[string]sms.Amount{own: 0}, map[string]sms.Amount{own: 0}
	type row struct {
		sms.Purpose
		sms.Payer
		currency string
	}
	type place struct{ country, currency string }
	rows, places := map[row]sms.Cost{}, map[place]sms.Cost{}
	for _, one := range lines {
		if one.Payer == sms.PaidByOrganisation {
			you[one.Currency] += one.Amount
		} else {
			operator[one.Currency] += one.Amount
		}
		view.Unknown += one.Unknown
		r, p := row{one.Purpose, one.Payer, one.Currency}, place{one.Country, one.Currency}
		rows[r], places[p] = added(rows[r], one), added(places[p], one)
	}
	view.You, view.Operator = sums(you, own), sums(operator, own)
	for _, one := range rows {
		view.Rows = append(view.Rows, page.TextCost{
			Purpose: string(one.Purpose), Payer: string(one.Payer), Messages: one.Messages, Parts: one.Parts, Amount: moneyOf(one.Amount, one.Currency), Reported: one.Reported,
		})
	}
	slices.SortFunc(view.Rows, func(a, b page.TextCost) int {
		return cmp.Or(cmp.Compare(b.Payer, a.Payer), cmp.Compare(order(a.Purpose), order(b.Purpose)), cmp.Compare(a.Amount.Currency, b.Amount.Currency))
	})
	for _, one := range places {
		view.Countries = append(view.Countries, page.CountryCost{Country: page.Country(one.Country), Messages: one.Messages, Amount: moneyOf(one.Amount, one.Currency)})
	}
	slices.SortFunc(view.Countries, func(a, b page.CountryCost) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Country, b.Country), cmp.Compare(a.Amount.Currency, b.Amount.Currency))
	})
}

// added is a line with another in it.
func added(sum, one sms.Cost) sms.Cost {
	one.Messages += sum.Messages
	one.Parts += sum.Parts
	one.Amount += sum.Amount
	one.Reported += sum.Reported
	one.Unknown += sum.Unknown
	return one
}

// sums are amounts by currency: the installation's own first, the others where there is anything.
func sums(all map[string]sms.Amount, own string) []page.Money {
	sums := []page.Money{moneyOf(all[own], own)}
	for currency, amount := range all {
		if currency != own {
			sums = append(sums, moneyOf(amount, currency))
		}
	}
	slices.SortFunc(sums[1:], func(a, b page.Money) int { return cmp.Compare(a.Currency, b.Currency) })
	return sums
}

// order is where a purpose stands among the others.
func order(purpose string) int {
	return slices.Index([]accounts.TextPurpose{
		accounts.TextLogin, accounts.TextCheck, accounts.TextRegistration, accounts.TextRelink, accounts.TextAuthenticator, accounts.TextNewPhone,
		accounts.TextNewNumber, accounts.TextSecurity,
	}, accounts.TextPurpose(purpose))
}

// monthCost is one month of the picture, in the installation's own currency.
func (s *Server) monthCost(month, shown time.Time, all []sms.Cost) page.MonthCost {
	own := s.SMS.Config.Prices.Currency
	sum := page.MonthCost{Month: month, You: moneyOf(0, own), Operator: moneyOf(0, own), This: month.Equal(shown)}
	for _, one := range all {
		if !one.Month.Equal(month) {
			continue
		}
		sum.Messages += one.Messages
		switch {
		case one.Currency != own:
			sum.Foreign = true
		case one.Payer == sms.PaidByOrganisation:
			sum.You.Amount += int64(one.Amount)
		default:
			sum.Operator.Amount += int64(one.Amount)
		}
	}
	return sum
}

// costsFile is every message of a month, for a spreadsheet. It is written page by page, so that a large month
// does not stand in memory.
func (s *Server) costsFile(c echo.Context, session signin.Session) error {
	month, err := s.month(c)
	if err != nil {
		return err
	}
	ctx, as := c.Request().Context(), s.textsAs(session)
	next := func(after string) ([]sms.Message, error) {
		return as.Messages(ctx, sms.CostQuery{OrganisationID: session.OrganisationID, From: month, Until: month.AddDate(0, 1, 0)}, after)
	}
	some, err := next("") // what fails before the first byte is said with a page
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "text/csv; charset=utf-8")
	h.Set(echo.HeaderContentDisposition, `attachment; filename="text-messages-`+month.Format("2006-01")+`.csv"`)
	c.Response().WriteHeader(http.StatusOK)
	out := csv.NewWriter(c.Response())
	_ = out.Write([]string{
		"time", "purpose", "paid_by", "number", "country", "parts", "state", "price", "currency", "price_is", "used", "problem", "provider_message", "message",
	})
	for len(some) > 0 {
		for _, m := range some {
			_ = out.Write(s.messageLine(m))
		}
		out.Flush()
		if some, err = next(some[len(some)-1].ID); err != nil || out.Error() != nil || ctx.Err() != nil {
			panic(http.ErrAbortHandler) // a file that ends in between must not be taken for a whole one
		}
	}
	out.Flush()
	return nil
}

// messageLine is one message in the file. The columns do not change with the language: programs read them.
func (s *Server) messageLine(m sms.Message) []string {
	price, currency, is, used := m.Estimate, s.SMS.Config.Prices.Currency, "estimated", ""
	if m.Currency != "" {
		price, currency, is = m.Price, m.Currency, "reported"
	}
	if m.State == sms.Refused {
		price, is = 0, "not sent"
	}
	if !m.Used.IsZero() {
		used = m.Used.UTC().Format(time.RFC3339)
	}
	line := []string{
		m.At.UTC().Format(time.RFC3339), string(m.Purpose), string(m.Payer), m.Masked, m.Country, strconv.Itoa(m.Parts), string(m.State),
		price.String(), currency, is, used, strings.TrimSpace(string(m.Reason) + " " + m.Detail), m.VendorID, m.ID,
	}
	for i := range line {
		line[i] = harmless(line[i])
	}
	return line
}

// harmless keeps a spreadsheet from taking a value for a formula (CWE-1236): what a vendor writes could
// otherwise be run by who opens the file.
func harmless(value string) string {
	value = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, value)
	if strings.HasPrefix(value, "=") || strings.ContainsAny(value[:min(1, len(value))], "+-@") || strings.HasPrefix(strings.TrimSpace(value), "=") {
		return "'" + value
	}
	return value
}
