package sms

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"example.com/aye/accounts"
)

// How what became of messages is found out where no report came.
const (
	// lostAfter is after how long a message that is still sending has nobody who sends it any more.
	lostAfter = SetupTime + SendTime + 10*time.Second
	// sweptAtOnce is how many messages are looked at in one go, sweepTime how long that may take.
	sweptAtOnce = 50
	sweepTime   = 20 * time.Second
	// neverTaken is after how long a message of which the vendor knows nothing did not go out.
	neverTaken = time.Hour
	// maskedAtOnce is how many numbers are forgotten in one transaction.
	maskedAtOnce = 500
)

// looks are the ages at which the vendor is asked what became of a message; after that never.
var looks = []time.Duration{FirstLook, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}

// nextLook is when to ask next about a message of that age, the zero time for never.
func nextLook(at, now time.Time) time.Time {
	for _, age := range looks {
		if due := at.Add(age); due.After(now) {
			return due
		}
	}
	return time.Time{}
}

// Report takes a vendor's call about a message of the provider. It fails with [ErrReport], with
// [ErrReplayed], with [ErrNotFound] where there is no such provider, and with [ErrNoMessage] where the message
// is none of ours: the account may send others too.
func (s *Service) Report(ctx context.Context, providerID string, c Call) error {
	p, err := s.sender(ctx, providerID)
	if err != nil {
		return err
	}
	vendor, known := s.Vendors[p.Kind]
	if !known || p.Signing == "" {
		return ErrReport
	}
	now := s.Now().UTC()
	r, err := vendor.Read(account(p), c, now)
	if err != nil {
		return err
	}
	if r.At.IsZero() {
		r.At = now
	}
	r.Outcome = r.plausible()
	m, moved, err := s.Ledger.TakeReport(ctx, providerID, r)
	if errors.Is(err, ErrNotFound) {
		return ErrNoMessage
	}
	if err == nil && moved {
		s.count(p.Kind, m.Purpose, r.Outcome)
	}
	return err
}

// sender gives the account that sent a message: a provider, or a draft that may become one.
func (s *Service) sender(ctx context.Context, providerID string) (Provider, error) {
	p, err := s.Providers.ProviderWithKeys(ctx, "*", providerID)
	if !errors.Is(err, ErrNotFound) {
		return p, err
	}
	d, err := s.Providers.Draft(ctx, "*", providerID, s.Now().Add(-DraftLife))
	return d.provider(), err
}

// Sweep does what is due: messages that were sending when their process ended become unknown, and
// vendors are asked what became of those of which nothing more was heard. It is called every few
// seconds.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Now().UTC()
	all, err := s.Ledger.Unsettled(ctx, now.Add(-lostAfter), now, sweptAtOnce)
	if err != nil {
		return err
	}
	vendors, cancel := context.WithTimeout(ctx, sweepTime)
	defer cancel()
	silent := map[string]bool{}
	for _, m := range all {
		if m.State == Sending {
			err = s.lost(ctx, m)
		} else {
			err = s.follow(ctx, vendors, m, silent)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lost is for a message that nobody sends any more. Whether it went out, nobody knows; it is never
// sent again.
func (s *Service) lost(ctx context.Context, m Message) error {
	p, err := s.sender(ctx, m.ProviderID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return s.settled(ctx, p, m, Outcome{State: Unknown, At: s.Now().UTC()})
}

// follow asks the vendor about one message. A provider that does not answer is asked once.
func (s *Service) follow(ctx, vendors context.Context, m Message, silent map[string]bool) error {
	now := s.Now().UTC()
	if silent[m.ProviderID] || vendors.Err() != nil {
		return s.Ledger.Looked(ctx, m.ID, now.Add(FirstLook))
	}
	p, err := s.sender(ctx, m.ProviderID)
	if errors.Is(err, ErrNotFound) {
		return s.Ledger.Looked(ctx, m.ID, time.Time{}) // removed: nobody can be asked any more
	}
	if err != nil {
		return err
	}
	o, err := s.look(vendors, p, m)
	switch {
	case errors.Is(err, ErrNoMessage):
		if m.State == Unknown && now.Sub(m.At) >= neverTaken && p.sent(m) {
			return s.settled(ctx, p, m, Outcome{State: Refused, Reason: Missing, Detail: "the vendor knows nothing of it", At: now})
		}
	case err != nil:
		silent[m.ProviderID] = true
		s.Log.WarnContext(ctx, "the vendor does not tell what became of a text message", slog.String("message", m.ID), slog.Any("error", err))
	case o.State != "":
		if o.At.IsZero() {
			o.At = now
		}
		if err = s.settled(ctx, p, m, o); err != nil || o.State.Final() {
			return err
		}
	}
	return s.Ledger.Looked(ctx, m.ID, nextLook(m.At, now))
}

// sent tells whether it was the provider's account of now that sent the message: a draft that changes the
// provider has one of its own, and the provider after that too.
func (p Provider) sent(m Message) bool {
	return !p.Proven.After(m.At) && (m.Purpose != accounts.TextCheck || m.About == m.ProviderID)
}

func (s *Service) look(ctx context.Context, p Provider, m Message) (Outcome, error) {
	vendor, known := s.Vendors[p.Kind]
	if !known {
		return Outcome{}, errors.New("nothing speaks to " + string(p.Kind))
	}
	ctx, cancel := context.WithTimeout(ctx, SendTime)
	defer cancel()
	return vendor.Look(ctx, account(p), m.VendorID, m.ID, m.At.Add(-time.Minute))
}

func (s *Service) settled(ctx context.Context, p Provider, m Message, o Outcome) error {
	moved, err := s.Ledger.Settle(ctx, m.ID, o.plausible())
	if err == nil && moved {
		s.count(p.Kind, m.Purpose, o)
	}
	return err
}

// Mask forgets the numbers of old messages, and what administrators filled in and never proved. It is
// called each hour.
func (s *Service) Mask(ctx context.Context) error {
	now := s.Now().UTC()
	if err := s.Providers.DropDrafts(ctx, now.Add(-DraftLife)); err != nil {
		return err
	}
	for {
		more, err := s.Ledger.MaskNumbers(ctx, now.Add(-NumberLife), now, maskedAtOnce)
		if err != nil || !more {
			return err
		}
	}
}
