package sms

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
)

// posting is a message on its way into the ledger.
type posting struct {
	Message
	provider Provider
	body     string
	life     time.Duration
	// draft says that the account is no provider yet: its troubles are told to who fills it in alone.
	draft bool
	// theirs says that the number was proven to be the person's, known that they were let in before from
	// the browser that asks; see [Counting].
	theirs, known bool
	// kept is called when the message is in the ledger, before it is sent; nil for nothing.
	kept func(m Message) error
}

// post stores the message and sends it, once. count is how many there are about the same thing,
// this one too. With an error that says what became of a message that was stored, the message is given too.
func (s *Service) post(ctx context.Context, l posting) (m Message, count int, err error) {
	if m, err = s.measured(ctx, l); err != nil {
		return Message{}, 0, err
	}
	var before Spent
	by := s.counting(l)
	err = s.Ledger.AddMessage(ctx, m, by, func(spent Spent) error {
		before = spent
		return s.admit(m, by, spent)
	})
	if err != nil {
		return Message{}, 0, s.refused(ctx, m, err)
	}
	// From here on it is written down that the message may go out: who asked for it cannot take
	// that back by leaving.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), SendTime+settleTime)
	defer cancel()
	if l.kept != nil {
		if err = l.kept(m); err != nil {
			_, settling := s.Ledger.Settle(ctx, m.ID, Outcome{State: Refused, Reason: Other, Detail: "not sent", At: s.Now().UTC()})
			return Message{}, 0, errors.Join(err, settling)
		}
	}
	m, err = s.send(ctx, l, m)
	if m.State != Refused && before.Month+2*m.Estimate > s.capOf(m.Payer, before.Cap) {
		s.spent(ctx, m) // another one like it is refused before it gets here: see Open
	}
	return m, before.About + 1, err
}

// settleTime is how long the ledger may take to write down what became of a message.
const settleTime = 5 * time.Second

// measured fills in what follows from the text and the number.
func (s *Service) measured(ctx context.Context, l posting) (Message, error) {
	m, now := l.Message, s.Now().UTC()
	m.Index, m.Masked, m.Country = accounts.NumberIndex(s.Keys, m.Number), accounts.MaskedNumber(m.Number), accounts.CountryOf(m.Number)
	m.Encoding, m.Parts = Measure(l.body)
	price, err := s.price(ctx, m.Payer, m.OrganisationID, m.Country, now)
	m.Estimate = price * Amount(m.Parts)
	m.State, m.At, m.Updated = Sending, now, now
	return m, err
}

// send hands the message to the vendor and writes down what became of it.
func (s *Service) send(ctx context.Context, l posting, m Message) (Message, error) {
	outcome, failure := s.hand(ctx, l, m)
	outcome.At = s.Now().UTC()
	moved, err := s.Ledger.Settle(ctx, m.ID, outcome)
	if err != nil {
		// It stays sending until Sweep finds it. The person is told what is so: nobody knows.
		s.Log.ErrorContext(ctx, "what became of a text message could not be written down", slog.String("message", m.ID), slog.Any("error", err))
		return m, errors.Join(fmt.Errorf("%w: %w", ErrNoAnswer, err), failure)
	}
	if moved { // else a report was quicker, and is counted
		s.count(l.provider.Kind, m.Purpose, outcome)
	}
	m.State, m.VendorID, m.Reason, m.Detail, m.Updated = outcome.State, outcome.VendorID, outcome.Reason, outcome.Detail, outcome.At
	if !l.draft {
		s.judge(ctx, l.provider, m.Country, outcome)
	}
	return m, failure
}

// hand speaks to the vendor. The error is a [VendorError], or [ErrNoAnswer].
func (s *Service) hand(ctx context.Context, l posting, m Message) (Outcome, error) {
	vendor, known := s.Vendors[l.provider.Kind]
	if !known {
		err := &VendorError{Class: Other, Detail: "nothing speaks to " + string(l.provider.Kind)}
		return Outcome{State: Refused, Reason: err.Class, Detail: err.Detail}, err
	}
	out := Outgoing{Reference: m.ID, To: m.Number, Body: l.body, Encoding: m.Encoding, Life: l.life}
	if l.provider.Signing != "" {
		out.ReportTo = s.ReportAddress(m.ProviderID)
	}
	ctx, cancel := context.WithTimeout(ctx, SendTime)
	defer cancel()
	outcome, err := vendor.Send(ctx, account(l.provider), out)
	var refusal *VendorError
	switch {
	case errors.As(err, &refusal):
		return Outcome{State: Refused, Reason: refusal.Class, Detail: refusal.reason()}, err
	case err != nil:
		s.Log.WarnContext(ctx, "the vendor of text messages did not answer", slog.String("message", m.ID), slog.Any("error", err))
		return Outcome{State: Unknown}, fmt.Errorf("%w: %w", ErrNoAnswer, err)
	case outcome.State == "" || outcome.State == Sending:
		outcome.State = Accepted
	}
	return outcome.plausible(), nil
}

// reason is the vendor's own word for the ledger.
func (e *VendorError) reason() string {
	if e.Code == "" || e.Detail == "" {
		return e.Code + e.Detail
	}
	return e.Code + " " + e.Detail
}

// judge writes down of a provider that it takes nothing, or does so again, and tells its
// administrators of what they alone can mend.
func (s *Service) judge(ctx context.Context, p Provider, country string, o Outcome) {
	var class Class
	home := country == s.Config.Country
	switch {
	case o.State == Refused && (o.Reason.theirs() || home && o.Reason.ofCountry()):
		class = o.Reason
	case o.State == Refused || o.State == Unknown || p.Trouble == "":
		return
	case p.Trouble.ofCountry() && !home:
		return // that it gets elsewhere mends nothing here
	}
	var tell []any
	if class != "" {
		tell = []any{accounts.Notice{OrganisationID: p.OrganisationID, Kind: accounts.TextsTrouble, Provider: p.Description, Reason: string(class)}}
	}
	news, err := s.Providers.SetTrouble(ctx, p.ID, class, o.At, tell...)
	if err != nil {
		s.Log.ErrorContext(ctx, "the trouble of a provider of text messages could not be written down", slog.Any("error", err))
	}
	if news && class != "" {
		s.Log.WarnContext(ctx, "a provider takes no text messages", slog.String("provider", p.ID), slog.String("reason", string(class)))
	}
}

// theirs tells whether only who has the account can do something about it.
func (c Class) theirs() bool { return c == BadKey || c == TestKey || c == NoBalance }

// ofCountry tells whether it may hold for one country alone: for another than the installation's own
// that is the country's rule, and no trouble.
func (c Class) ofCountry() bool { return c == BadSender || c == NotPermitted }

func (s *Service) count(kind Kind, purpose Purpose, o Outcome) {
	if s.Metrics != nil {
		s.Metrics.Texted(kind, purpose, o.State, o.Reason)
	}
}

// ReportAddress is where the vendor's reports about messages of the provider go.
func (s *Service) ReportAddress(providerID string) string {
	return s.Config.Origin + "/v1/sms/reports/" + providerID
}

func account(p Provider) Account { return Account{Key: p.Key, Signing: p.Signing, Sender: p.Sender} }

func newMessageID() string { return secret.NewID("sms") }
