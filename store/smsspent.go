package store

import (
	"context"
	"time"

	"example.com/aye/sms"
)

// wentOut is a message that counts: of one that was refused nothing went out and nothing is
// paid. One of which nothing is known counts.
const wentOut = " AND state <> 'refused'"

// spentBefore is what counts against the message, at its time.
func spentBefore(c conn, m sms.Message, by sms.Counting) (sms.Spent, error) {
	settings, err := smsSettingsOf(c, m.OrganisationID)
	if err != nil {
		return sms.Spent{}, err
	}
	spent := sms.Spent{Stopped: moment(settings.stopped)}
	if m.Payer == sms.PaidByOrganisation {
		spent.Cap = sms.Amount(settings.cap)
	}
	for _, count := range []func() error{
		func() error { return countNumber(c, m, by, &spent) },
		func() error { return countDay(c, m, &spent) },
		func() error { return countAbout(c, m, &spent) },
		func() error { return countCodes(c, m, settings.resumed, &spent) },
	} {
		if err = count(); err != nil {
			return sms.Spent{}, err
		}
	}
	spent.Month, err = monthSpent(c, m.OrganisationID, m.Payer, by.Currency, m.At)
	return spent, err
}

// countNumber counts what went to the number, whoever asked for it, or of that what was for the person.
func countNumber(c conn, m sms.Message, by sms.Counting, spent *sms.Spent) error {
	var of statement
	of.add("SELECT at FROM sms_messages WHERE number_index = "+text+" AND number_index <> '' AND at > "+number+wentOut, m.Index, millis(m.At.Add(-24*time.Hour)))
	if by.Theirs {
		of.add(" AND ")
		of.refers("person_id", m.PersonID)
	}
	of.add(" ORDER BY at")
	day, err := all[timeRow](c, of.text, of.values...)
	if err != nil {
		return err
	}
	hour := day
	for len(hour) > 0 && hour[0].at <= millis(m.At.Add(-time.Hour)) {
		hour = hour[1:]
	}
	if spent.NumberHour = len(hour); by.PerHour > 0 && len(hour) >= by.PerHour {
		spent.NumberHourFrom = moment(hour[len(hour)-by.PerHour].at).Add(time.Hour)
	}
	if spent.NumberDay = len(day); by.PerDay > 0 && len(day) >= by.PerDay {
		spent.NumberDayFrom = moment(day[len(day)-by.PerDay].at).Add(24 * time.Hour)
	}
	return nil
}

// sumRow is a sum alone.
type sumRow struct{ sum int64 }

func (r *sumRow) fields() []any { return []any{&r.sum} }

// countDay counts what went out for the organisation, whoever pays.
func countDay(c conn, m sms.Message, spent *sms.Spent) error {
	var day statement
	day.add("FROM sms_messages WHERE ")
	day.refers("organisation_id", m.OrganisationID)
	day.add(" AND at > "+number+wentOut, millis(m.At.Add(-24*time.Hour)))
	row, err := one[sumRow](c, errRefused, "SELECT count(*) "+day.text, day.values...)
	if spent.Day = int(row.sum); err != nil || spent.Day < sms.OrganisationPerDay {
		return err
	}
	oldest, err := one[timeRow](c, errRefused, "SELECT at "+day.text+" ORDER BY at DESC LIMIT 1 OFFSET "+number, append(day.values, sms.OrganisationPerDay-1)...)
	spent.DayFrom = moment(oldest.at).Add(24 * time.Hour)
	return err
}

// aboutRow is how many messages there are about something, and when the newest was made.
type aboutRow struct{ count, last int64 }

func (r *aboutRow) fields() []any { return []any{&r.count, &r.last} }

// countAbout counts refused ones too: who tries again at once asks the vendor the same again.
func countAbout(c conn, m sms.Message, spent *sms.Spent) error {
	row, err := one[aboutRow](c, errRefused, "SELECT count(*), coalesce(max(at), 0) FROM sms_messages WHERE about = ? AND about <> ''", m.About)
	spent.About, spent.Last = int(row.count), moment(row.last)
	return err
}

// arrived is a message of which nothing says that it did not: a code that nobody got cannot be used.
const arrived = " AND (used > 0 OR state IN ('accepted', 'sent', 'delivered'))"

// countCodes looks at the last codes of the organisation that were used, or whose time is over.
// What goes to who sets a provider up, or comes from support, says nothing about the people.
func countCodes(c conn, m sms.Message, since int64, spent *sms.Spent) error {
	var last statement
	last.add("SELECT used FROM sms_messages WHERE ")
	last.refers("organisation_id", m.OrganisationID)
	last.add(" AND at >= "+number+arrived+
		" AND purpose <> 'provider-check' AND about NOT LIKE '"+sms.AboutSupport+"%' AND (used > 0 OR at <= "+number+") ORDER BY at DESC, id DESC LIMIT "+number,
		since, millis(m.At.Add(-sms.CodeLife)), sms.BreakerCodes)
	codes, err := all[timeRow](c, last.text, last.values...)
	spent.Codes = len(codes)
	for _, code := range codes {
		if code.at > 0 {
			spent.UsedCodes++
		}
	}
	return err
}

// monthSpent is what messages cost in the calendar month of the time: of those that the organisation
// pays, or of all that the operator does. A price that was reported in the currency counts where it is
// more than the estimate; one in another says nothing of the sum.
func monthSpent(c conn, organisationID string, payer sms.Payer, currency string, at time.Time) (sms.Amount, error) {
	begin, end := monthOf(at)
	var sum statement
	sum.add("SELECT CAST(coalesce(sum(CASE WHEN currency = "+text+" AND currency <> '' AND price > estimate THEN price ELSE estimate END), 0) AS BIGINT) FROM sms_messages WHERE ", currency)
	switch payer {
	case sms.PaidByOrganisation:
		sum.add("payer = 'organisation' AND organisation_id = "+text, organisationID)
	case sms.PaidByOperator:
		sum.add("payer = 'operator'")
	}
	sum.add(wentOut+" AND at >= "+number+" AND at < "+number, begin, end)
	row, err := one[sumRow](c, errRefused, sum.text, sum.values...)
	return sms.Amount(row.sum), err
}

// MonthSpent is what a message at the time would find spent in its month.
func (s *Store) MonthSpent(ctx context.Context, organisationID string, payer sms.Payer, currency string, at time.Time) (sms.Amount, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return 0, err
	}
	return monthSpent(c, organisationID, payer, currency, at)
}
