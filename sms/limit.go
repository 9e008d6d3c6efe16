package sms

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
)

// refusal is why no message may go out, with what follows from that. It travels as the error, because
// what a transaction writes outside of the database may not be read when it fails.
type refusal struct {
	error
	// stop says that the breaker stops the organisation's messages, spent that the money is used up.
	stop, spent bool
}

func (r *refusal) Unwrap() error { return r.error }

// admit judges, in the transaction that would store the message, what counts against it.
func (s *Service) admit(m Message, by Counting, spent Spent) error {
	closed := func(r Reason) error { return &ClosedError{Openness{Reason: r, Masked: m.Masked, Payer: m.Payer}} }
	// The check of a provider is not stopped: it goes to an administrator, who pays for it.
	if m.Purpose != accounts.TextCheck {
		if !spent.Stopped.IsZero() {
			return closed(Halted)
		}
		if spent.Codes >= BreakerCodes && spent.UsedCodes*100 < BreakerUsed*spent.Codes {
			return &refusal{error: closed(Halted), stop: true}
		}
	}
	if until := spent.pause(); until.After(m.At) {
		return &DelayError{Limit: Pause, Until: until}
	}
	if spent.NumberHour >= by.PerHour || spent.NumberDay >= by.PerDay {
		return &DelayError{Limit: NumberLimit, Until: spent.number(by)}
	}
	if spent.Day >= OrganisationPerDay {
		return &DelayError{Limit: OrganisationLimit, Until: spent.DayFrom}
	}
	if spent.Month+m.Estimate > s.capOf(m.Payer, spent.Cap) {
		return &refusal{error: closed(CapReached), spent: true}
	}
	return nil
}

// counting says how is counted what stands against a message.
func (s *Service) counting(l posting) Counting {
	by := Counting{Theirs: l.theirs, PerHour: NumberPerHour, PerDay: NumberPerDay, Currency: s.Config.Prices.Currency}
	if l.known {
		by.PerHour, by.PerDay = by.PerHour+KnownPerHour, by.PerDay+KnownPerDay
	}
	return by
}

// pause is from when another message about the same thing may go out.
func (s Spent) pause() time.Time {
	if s.About == 0 {
		return time.Time{}
	}
	return nextAfter(s.Last, s.About)
}

// nextAfter is from when another may go out after so many, of which the newest went out at that time.
func nextAfter(last time.Time, count int) time.Time {
	return last.Add(min(FirstPause<<min(count-1, 8), LastPause))
}

// number is from when another message may go to the number.
func (s Spent) number(by Counting) time.Time {
	var until time.Time
	if s.NumberHour >= by.PerHour {
		until = s.NumberHourFrom
	}
	if s.NumberDay >= by.PerDay && s.NumberDayFrom.After(until) {
		until = s.NumberDayFrom
	}
	return until
}

// refused does what follows from a refusal, and gives the reason alone.
func (s *Service) refused(ctx context.Context, m Message, err error) error {
	var why *refusal
	if !errors.As(err, &why) {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	if why.stop {
		s.stop(ctx, m.OrganisationID)
	}
	if why.spent {
		s.spent(ctx, m)
	}
	return why.error
}

// stop is the breaker. It stays until a person resumes: whoever makes Aye send to numbers that earn
// them money would only have to wait otherwise.
func (s *Service) stop(ctx context.Context, organisationID string) {
	now := s.Now().UTC()
	stopped, err := s.Providers.StopSMS(ctx, organisationID, now, audit.Entry{
		Organisation: organisationID, Actor: "system", Action: "texts.stopped", Subject: organisationID, At: now,
		Tell: []any{accounts.Notice{OrganisationID: organisationID, Kind: accounts.TextsStopped}},
	})
	if err != nil {
		s.Log.ErrorContext(ctx, "text messages could not be stopped", slog.String("organisation", organisationID), slog.Any("error", err))
	}
	if stopped {
		s.Log.WarnContext(ctx, "text messages are stopped: few of their codes were used", slog.String("organisation", organisationID))
	}
}

// spent tells, once a month, that the money is used up.
func (s *Service) spent(ctx context.Context, m Message) {
	whose := ""
	if m.Payer == PaidByOrganisation {
		whose = m.OrganisationID
	}
	news, err := s.Providers.SpentSMS(ctx, whose, month(m.At), accounts.Notice{OrganisationID: whose, Kind: accounts.TextsSpent})
	if err != nil {
		s.Log.ErrorContext(ctx, "that the money for text messages is used up could not be written down", slog.Any("error", err))
	}
	if news {
		s.Log.WarnContext(ctx, "the money for text messages is used up", slog.String("organisation", whose))
	}
}

// month is the first moment of the calendar month, in UTC.
func month(at time.Time) time.Time {
	at = at.UTC()
	return time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
}
