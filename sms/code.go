package sms

import (
	"cmp"
	"context"
	"errors"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/otp"
)

// Ask asks for a code that answers a request.
type Ask struct {
	Organisation accounts.Organisation
	Member       accounts.Member
	Purpose      Purpose
	RequestID    string
	// Host is that of the page where the code is typed, by which browsers fill it in; empty for none.
	Host string
	// Known says that the person was let in before from the browser that asks.
	Known bool
}

// Posted is what a page may know of a message.
type Posted struct {
	// ID is the message's.
	ID string
	// Purpose is what it is for.
	Purpose Purpose
	// Masked is what is shown of the number.
	Masked string
	State  State
	// At is when it was sent, Until until when the code counts, Next when another may be asked for.
	At, Until, Next time.Time
	// Count is how many were sent for the same thing, this one included. One that the vendor refused
	// leaves the code of the one before as it was.
	Count int
}

// SendCode sends a code in the person's language; one that was sent for the request before counts no
// longer. It fails with [ErrNotOpen], [ErrDelayed], [ErrVendor], or [ErrNoAnswer], after which the
// code counts if it arrives; then what was posted is given too.
func (s *Service) SendCode(ctx context.Context, a Ask) (Posted, error) {
	open, carrier, err := s.open(ctx, a.Organisation, a.Member, a.Purpose)
	if err != nil {
		return Posted{}, err
	}
	if open.Reason != Open {
		return Posted{}, &ClosedError{open}
	}
	person := a.Member.Person
	l := posting{provider: carrier, life: CodeLife, theirs: true, known: a.Known, Message: Message{
		ID: newMessageID(), OrganisationID: a.Organisation.ID, ProviderID: carrier.ID, Purpose: a.Purpose, Payer: open.Payer,
		About: a.RequestID, PersonID: person.ID, Number: person.Number,
	}}
	words := wordsOf(a.Purpose, cmp.Or(person.Locale, a.Organisation.Locale))
	l.body = bodyOf(words, otp.TextCode(s.Keys, l.ID), a.Organisation.Name, a.Host)
	m, count, err := s.post(ctx, l)
	if m.ID == "" {
		return Posted{}, err
	}
	return posted(m, count), err
}

func posted(m Message, count int) Posted {
	return Posted{
		ID: m.ID, Purpose: m.Purpose, Masked: m.Masked, State: m.State,
		At: m.At, Until: m.At.Add(CodeLife), Next: nextAfter(m.At, count), Count: count,
	}
}

// LastCode gives the newest message of a request, else [ErrNotFound].
func (s *Service) LastCode(ctx context.Context, requestID string) (Posted, error) {
	m, count, err := s.Ledger.LastAbout(ctx, requestID)
	if err != nil {
		return Posted{}, err
	}
	return posted(m, count), nil
}

// Texts tells whether the operator has an active provider: without it no number can be proven.
func (s *Service) Texts(ctx context.Context) (bool, error) {
	_, err := s.Providers.ActiveProvider(ctx, "")
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// SendText implements accounts.Texter: a message that the operator pays. Its errors are those of
// [Service.SendCode].
func (s *Service) SendText(ctx context.Context, t accounts.Text) error {
	settings, err := s.settings(ctx, t.OrganisationID)
	if err != nil {
		return err
	}
	carrier, err := s.operatorCarries(ctx, t.To, settings)
	if err != nil {
		return err
	}
	_, _, err = s.post(ctx, posting{provider: carrier, body: t.Body, life: t.Life, Message: Message{
		ID: newMessageID(), OrganisationID: t.OrganisationID, ProviderID: carrier.ID, Purpose: t.Purpose, Payer: PaidByOperator,
		About: t.About, PersonID: t.PersonID, Number: t.To,
	}})
	return err
}

// operatorCarries gives the operator's provider, if it sends to the number and the organisation does; else [ErrNotOpen].
func (s *Service) operatorCarries(ctx context.Context, number string, settings Settings) (Provider, error) {
	country := accounts.CountryOf(number)
	closed := func(r Reason) error {
		return &ClosedError{Openness{Reason: r, Masked: accounts.MaskedNumber(number)}}
	}
	to, err := s.operatorSends(ctx, country)
	if err != nil {
		return Provider{}, err
	}
	if !to || !settings.sendsTo(country) {
		return Provider{}, closed(Country)
	}
	carrier, err := s.Providers.ActiveProvider(ctx, "")
	switch {
	case errors.Is(err, ErrNotFound):
		return Provider{}, closed(NoProvider)
	case err != nil:
		return Provider{}, err
	case !takes(country, carrier.Sender):
		return Provider{}, closed(WrongSender)
	}
	return carrier, nil
}
