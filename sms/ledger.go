package sms

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// How much is given at once, and what an estimate looks back on.
const (
	messagesPerPage = 500
	expectedFrom    = 30 * 24 * time.Hour
)

// Costs gives what messages cost, by month, oldest first.
func (s *Service) Costs(ctx context.Context, q CostQuery) ([]Cost, error) {
	if err := s.may(ctx, q.OrganisationID); err != nil {
		return nil, err
	}
	return s.Ledger.Costs(ctx, q, s.Config.Prices.Currency)
}

// Messages gives the ledger's rows of the query, oldest first, without numbers, page by page: after is the id of
// the last row of the page before, empty for the first; an empty page is the end.
func (s *Service) Messages(ctx context.Context, q CostQuery, after string) ([]Message, error) {
	if err := s.may(ctx, q.OrganisationID); err != nil {
		return nil, err
	}
	return s.Ledger.Messages(ctx, q, after, messagesPerPage)
}

// Users gives who logged in with a text message since the time, by address; an empty organisation
// stands for all.
func (s *Service) Users(ctx context.Context, organisationID string, since time.Time) ([]User, error) {
	if err := s.may(ctx, organisationID); err != nil {
		return nil, err
	}
	return s.Ledger.TextUsers(ctx, organisationID, since)
}

// Expected is what logging in would cost the organisation by its own provider.
type Expected struct {
	// Each is the price of one code to Country; Reported says that it is what the vendor asked last.
	Each     Amount
	Country  string
	Currency string
	Reported bool
	// Known is false where there is no price of the country, and Each is the one for such.
	Known bool
	// Logins is how often its people logged in by text message in the last 30 days, Month what
	// as many would cost.
	Logins int
	Month  Amount
}

// Expect says about how much logging in will cost. An empty country is the installation's own.
func (s *Service) Expect(ctx context.Context, organisationID, country string) (Expected, error) {
	if err := s.may(ctx, organisationID); err != nil {
		return Expected{}, err
	}
	now := s.Now()
	e := Expected{Country: cmp.Or(country, s.Config.Country), Currency: s.Config.Prices.Currency}
	e.Each, e.Known = s.Config.Prices.Of(e.Country, now)
	price, currency, err := s.Ledger.LastPrice(ctx, organisationID, e.Country)
	switch {
	case err == nil && price > 0:
		e.Each, e.Currency, e.Reported, e.Known = price, currency, true, true
	case err != nil && !errors.Is(err, ErrNotFound):
		return Expected{}, err
	}
	if e.Logins, err = s.Ledger.CountLogins(ctx, organisationID, now.Add(-expectedFrom)); err != nil {
		return Expected{}, err
	}
	e.Month = Amount(e.Logins) * e.Each
	return e, nil
}
