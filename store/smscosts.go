package store

import (
	"context"
	"time"

	"example.com/aye/sms"
)

// costRow is a line of what messages cost.
type costRow struct {
	sms.Cost
	month string
}

func (r *costRow) fields() []any {
	return []any{
		&r.month, &r.OrganisationID, (*string)(&r.Payer), (*string)(&r.Purpose), &r.Country, &r.Currency,
		&r.Messages, &r.Parts, (*int64)(&r.Amount), &r.Reported, &r.Unknown,
	}
}

// during is the condition by which rows of the query are found. The id is of a row that was sent at
// its beginning, which is left out with all before it; empty for none.
func (s *statement) during(q sms.CostQuery, id string) {
	if q.OrganisationID != "" {
		s.add("organisation_id = "+text+" AND ", q.OrganisationID)
	}
	if id == "" {
		s.add("at >= "+number, millis(q.From))
	} else { // alone, or SQLite would begin each page where the first does
		s.add("(at, id) > ("+number+", "+text+")", millis(q.From), id)
	}
	if !q.Until.IsZero() {
		s.add(" AND at < "+number, millis(q.Until))
	}
}

// Costs sums up what messages cost, by month in UTC. Refused ones cost nothing.
func (s *Store) Costs(ctx context.Context, q sms.CostQuery, currency string) ([]sms.Cost, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	var sum statement
	sum.add(`SELECT `+s.dialect.month+`, coalesce(organisation_id, ''), payer, purpose, country, CASE WHEN currency <> '' THEN currency ELSE `+text+` END,
		count(*), CAST(sum(parts) AS BIGINT), CAST(sum(CASE WHEN currency <> '' THEN price ELSE estimate END) AS BIGINT), sum(CASE WHEN currency <> '' THEN 1 ELSE 0 END),
		sum(CASE WHEN state IN ('sending', 'unknown') THEN 1 ELSE 0 END)
		FROM sms_messages WHERE `, currency)
	sum.during(q, "")
	sum.add(wentOut + " GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6")
	rows, err := all[costRow](c, sum.text, sum.values...)
	if err != nil {
		return nil, err
	}
	costs := make([]sms.Cost, 0, len(rows))
	for _, row := range rows {
		if row.Month, err = time.Parse("2006-01", row.month); err != nil {
			return nil, err
		}
		costs = append(costs, row.Cost)
	}
	return costs, nil
}

// Messages gives rows of the ledger, oldest first, without numbers.
func (s *Store) Messages(ctx context.Context, q sms.CostQuery, after string, limit int) ([]sms.Message, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	if after != "" {
		var last timeRow
		if last, err = one[timeRow](c, sms.ErrNotFound, "SELECT at FROM sms_messages WHERE id = ?", after); err != nil {
			return nil, err
		}
		if at := moment(last.at); at.Before(q.From) {
			after = ""
		} else {
			q.From = at
		}
	}
	var page statement
	page.add(selectSMSMessage)
	page.during(q, after)
	page.add(" ORDER BY at, id LIMIT "+number, limit)
	rows, err := all[smsMessageRow](c, page.text, page.values...)
	return each(rows, err, smsMessageRow.plain)
}

// smsUserRow is somebody who logged in with a code.
type smsUserRow struct {
	sms.User
	// last is when the newest code was used, ofOperator the newest that the operator paid.
	last, ofOperator int64
}

func (r *smsUserRow) fields() []any {
	return []any{&r.PersonID, &r.MembershipID, &r.OrganisationID, &r.Email, &r.Display, &r.last, &r.Times, &r.Other, &r.ofOperator}
}

func (r smsUserRow) user() sms.User {
	r.Last, r.Payer = moment(r.last), sms.PaidByOrganisation
	if r.ofOperator == r.last {
		r.Payer = sms.PaidByOperator
	}
	return r.User
}

// usedToLogIn is a code that let somebody log in since a time.
const usedToLogIn = "t.purpose = 'login' AND t.used > 0 AND t.used >= " + number

// TextUsers gives members who logged in with a code, and who paid the newest.
func (s *Store) TextUsers(ctx context.Context, organisationID string, since time.Time) ([]sms.User, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	var users statement
	users.add(`SELECT p.id, m.id, t.organisation_id, p.email, p.display, max(t.used), count(*), p.apps > 0 OR EXISTS (SELECT 1 FROM devices AS d
			WHERE d.person_id = m.person_id AND d.status <> 'removed' AND d.status = 'active' AND (d.local = 0 OR d.organisation_id = m.organisation_id)),
			max(CASE t.payer WHEN 'operator' THEN t.used ELSE 0 END)
		FROM sms_messages AS t JOIN persons AS p ON p.id = t.person_id
		JOIN memberships AS m ON m.organisation_id = t.organisation_id AND m.person_id = t.person_id AND m.status <> 'ended' AND m.status = 'active'
		WHERE `+usedToLogIn, millis(since))
	if organisationID != "" {
		users.add(" AND t.organisation_id = "+text, organisationID)
	}
	users.add(" GROUP BY t.organisation_id, t.person_id, p.id, m.id ORDER BY p.email, t.organisation_id")
	rows, err := all[smsUserRow](c, users.text, users.values...)
	return each(rows, err, smsUserRow.user)
}

// CountLogins counts the codes that let people of the organisation log in.
func (s *Store) CountLogins(ctx context.Context, organisationID string, since time.Time) (int, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return 0, err
	}
	row, err := one[sumRow](c, errRefused, "SELECT count(*) FROM sms_messages AS t WHERE "+usedToLogIn+" AND t.organisation_id = "+text, millis(since), organisationID)
	return int(row.sum), err
}

// priceRow is what the vendor asked for a message.
type priceRow struct {
	price, parts int64
	currency     string
}

func (r *priceRow) fields() []any { return []any{&r.price, &r.parts, &r.currency} }

// LastPrice gives what a vendor asked last for one part of a message that the organisation paid, or the
// operator.
func (s *Store) LastPrice(ctx context.Context, organisationID, country string) (price sms.Amount, currency string, err error) {
	c, err := s.reading(ctx)
	if err != nil {
		return 0, "", err
	}
	var last statement
	last.add("SELECT price, parts, currency FROM sms_messages WHERE ")
	if organisationID == "" {
		last.add("payer = 'operator'")
	} else {
		last.add("payer = 'organisation' AND organisation_id = "+text, organisationID)
	}
	last.add(" AND country = "+text+" AND currency <> '' AND state <> 'refused' ORDER BY at DESC LIMIT 1", country)
	row, err := one[priceRow](c, sms.ErrNotFound, last.text, last.values...)
	if err != nil {
		return 0, "", err
	}
	return sms.Amount(row.price / max(1, row.parts)), row.currency, nil
}
