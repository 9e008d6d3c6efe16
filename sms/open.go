package sms

import (
	"cmp"
	"context"
	"errors"
	"time"

	"example.com/aye/accounts"
)

// Reason is why somebody cannot get a code in a text message.
type Reason string

// The reasons. The first that holds is given.
const (
	// Open: the person can.
	Open Reason = ""
	// NotAllowed: the organisation does not allow it.
	NotAllowed Reason = "not-allowed"
	// SeveralOrganisations: the person is a member of more than one.
	SeveralOrganisations Reason = "several-organisations"
	// NoNumber: there is no proven number.
	NoNumber Reason = "no-number"
	// NumberNew: the number was changed less than [NumberPause] ago.
	NumberNew Reason = "number-new"
	// Country: the organisation sends nothing to the country of the number, or the operator does not, who would pay.
	Country Reason = "country"
	// NoProvider: nobody's provider is active that could carry it.
	NoProvider Reason = "no-provider"
	// Over: the operator's provider carried it until a date that has passed, and the organisation has none of its own.
	Over Reason = "over"
	// WrongSender: the provider's sender is a name, and the country of the number takes numbers alone.
	WrongSender Reason = "sender"
	// Halted: the breaker stopped the organisation's messages.
	Halted Reason = "halted"
	// CapReached: the money for this month is used up.
	CapReached Reason = "cap-reached"
)

// Openness tells whether somebody can get a code in a text message at this moment.
type Openness struct {
	Reason Reason
	// From is when the number counts, with [NumberNew].
	From time.Time
	// Masked is what is shown of the number; empty where there is none.
	Masked string
	// Payer is who would pay.
	Payer Payer
	// Ends is the day on which the operator stops to pay for logging in, where that is who pays for it.
	Ends time.Time
}

// Open tells whether the member can get a code in a text message now, for the purpose. It is asked
// at the moment of use, when a message is sent and again when its code is typed.
func (s *Service) Open(ctx context.Context, o accounts.Organisation, m accounts.Member, purpose Purpose) (Openness, error) {
	open, _, err := s.open(ctx, o, m, purpose)
	return open, err
}

// open is [Service.Open] with the provider that carries the message.
func (s *Service) open(ctx context.Context, o accounts.Organisation, m accounts.Member, purpose Purpose) (Openness, Provider, error) {
	var open Openness
	if number := m.Person.Number; number != "" {
		open.Masked = accounts.MaskedNumber(number)
	}
	settings, err := s.belongs(ctx, o, m, &open)
	if err != nil || open.Reason != Open {
		return open, Provider{}, err
	}
	carrier, err := s.carrier(ctx, o.ID, purpose, accounts.CountryOf(m.Person.Number), &open)
	if err != nil || open.Reason != Open {
		return open, Provider{}, err
	}
	return open, carrier, s.affordable(ctx, m.Person.Number, carrier, settings, &open)
}

// belongs looks at the person: whether they are of this organisation alone, and whether their number counts.
func (s *Service) belongs(ctx context.Context, o accounts.Organisation, m accounts.Member, open *Openness) (Settings, error) {
	if !o.Allows(accounts.SMS) {
		open.Reason = NotAllowed
		return Settings{}, nil
	}
	// Only where the person is active: an invitation that was not accepted gives nothing, and could
	// otherwise be used to keep somebody out.
	all, err := s.Directory.Memberships(ctx, m.Person.ID)
	if err != nil {
		return Settings{}, err
	}
	changed := m.Person.NumberChanged
	switch {
	case len(all) != 1 || all[0].ID != m.ID:
		open.Reason = SeveralOrganisations
	case m.Person.Number == "":
		open.Reason = NoNumber
	case !changed.IsZero() && !m.Vouched && s.Now().Before(changed.Add(NumberPause)):
		// Who took over an account could otherwise send the codes to a phone of their own.
		open.Reason, open.From = NumberNew, changed.Add(NumberPause)
	}
	if open.Reason != Open {
		return Settings{}, nil
	}
	settings, err := s.settings(ctx, o.ID)
	if err == nil && !settings.sendsTo(accounts.CountryOf(m.Person.Number)) {
		open.Reason = Country
	}
	return settings, err
}

// carrier gives whose provider carries a message for the purpose, and says in open who pays.
func (s *Service) carrier(ctx context.Context, organisationID string, purpose Purpose, country string, open *Openness) (Provider, error) {
	switch purpose {
	case accounts.TextLogin:
		own, err := s.Providers.ActiveProvider(ctx, organisationID)
		if !errors.Is(err, ErrNotFound) {
			open.Payer = PaidByOrganisation
			return own, err
		}
		switch ends := s.Config.LoginEnds; {
		case ends.IsZero():
			open.Reason = NoProvider
			return Provider{}, nil
		case !s.Now().Before(ends):
			open.Reason = Over
			return Provider{}, nil
		default:
			open.Ends = ends
		}
	case accounts.TextRegistration, accounts.TextRelink, accounts.TextAuthenticator, accounts.TextNewPhone, accounts.TextNewNumber, accounts.TextSecurity:
	case accounts.TextCheck:
		open.Reason = NoProvider // a provider is checked by itself alone: see Begin
		return Provider{}, nil
	}
	if to, err := s.operatorSends(ctx, country); err != nil || !to {
		open.Reason, open.Ends = Country, time.Time{}
		return Provider{}, err
	}
	operators, err := s.Providers.ActiveProvider(ctx, "")
	if errors.Is(err, ErrNotFound) {
		open.Reason, open.Ends = NoProvider, time.Time{}
		return Provider{}, nil
	}
	open.Payer = PaidByOperator
	return operators, err
}

// operatorSends tells whether what the operator pays may go to the country: to any that the organisation
// says, unless the operator said which.
func (s *Service) operatorSends(ctx context.Context, country string) (bool, error) {
	settings, err := s.Providers.SMSSettings(ctx, "")
	return err == nil && (len(settings.Countries) == 0 || settings.sendsTo(country)), err
}

// affordable looks at what stops a message that could be sent otherwise. The ledger judges again, in the transaction
// that stores the message.
func (s *Service) affordable(ctx context.Context, number string, carrier Provider, settings Settings, open *Openness) error {
	country := accounts.CountryOf(number)
	switch {
	case !takes(country, carrier.Sender):
		open.Reason = WrongSender
		return nil
	case !settings.Stopped.IsZero():
		open.Reason = Halted
		return nil
	}
	now := s.Now()
	spent, err := s.Ledger.MonthSpent(ctx, settings.OrganisationID, open.Payer, s.Config.Prices.Currency, now)
	if err != nil {
		return err
	}
	price, err := s.price(ctx, open.Payer, settings.OrganisationID, country, now)
	if err == nil && spent+price > s.capOf(open.Payer, settings.Cap) {
		open.Reason = CapReached
	}
	return err
}

// capOf is the most that the payer's messages may cost in a month.
func (s *Service) capOf(p Payer, organisations Amount) Amount {
	if p == PaidByOperator {
		return cmp.Or(s.Config.OperatorCap, DefaultCap)
	}
	return cmp.Or(organisations, DefaultCap)
}
