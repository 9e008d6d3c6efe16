package sms

import (
	"context"
	"errors"
	"time"
)

// What a vendor may report: what is beyond that is no price, and could make a sum run over.
const (
	mostParts        = 10
	mostEach  Amount = 10_000_000
)

// plausible leaves out a price that cannot be one, and then the estimate stays.
func (o Outcome) plausible() Outcome {
	if o.Parts < 0 || o.Parts > mostParts {
		o.Parts = 0
	}
	if o.Price < 0 || o.Price > mostEach*Amount(max(1, o.Parts)) {
		o.Price, o.Currency = 0, ""
	}
	return o
}

// price is what one part of a message to the country counts: what the installation's prices say, or
// what the vendor asked last where that is more.
func (s *Service) price(ctx context.Context, payer Payer, organisationID, country string, at time.Time) (Amount, error) {
	price, _ := s.Config.Prices.Of(country, at)
	if payer == PaidByOperator {
		organisationID = "" // it is one account, whoever the message is for
	}
	last, currency, err := s.Ledger.LastPrice(ctx, organisationID, country)
	switch {
	case errors.Is(err, ErrNotFound):
		return price, nil
	case err != nil:
		return 0, err
	case currency == s.Config.Prices.Currency:
		price = max(price, last)
	}
	return price, nil
}

// Price is what one part of a message to a country costs, for a time.
type Price struct {
	// Country is two letters of ISO 3166-1.
	Country string
	Amount  Amount
	// From is its first day, Until the day from which it counts no longer; zero for no end.
	From, Until time.Time
}

// covers tells whether it is a price to the country at the time.
func (p Price) covers(country string, at time.Time) bool {
	return p.Country == country && !at.Before(p.From) && (p.Until.IsZero() || at.Before(p.Until))
}

// Prices are what messages cost, in one currency.
type Prices struct {
	// Currency is three letters of ISO 4217.
	Currency string
	// Unknown is what a message counts to a country of which there is no price.
	Unknown Amount
	All     []Price
}

// Of gives the price of one part at the time: of those of the country the one that began last.
// known is false where it is the one for countries without a price.
func (p Prices) Of(country string, at time.Time) (price Amount, known bool) {
	var newest Price
	for _, one := range p.All {
		if one.covers(country, at) && (!known || !one.From.Before(newest.From)) {
			newest, known = one, true
		}
	}
	if !known {
		return p.Unknown, false
	}
	return newest.Amount, true
}
