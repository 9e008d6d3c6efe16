package accounts

import (
	"context"
	"time"
)

const (
	// FactorNotice is how long before the date people are told that a second factor will be asked for.
	FactorNotice = 14 * 24 * time.Hour
	remindSize   = 100
)

// Reminder is a member without a second factor, and since when there must be one.
type Reminder struct {
	MembershipID   string
	OrganisationID string
	PersonID       string
	Date           time.Time
}

// RemindSecondFactor tells members who have no second factor of the date from which they do not
// get in without one. Each is told once of each date.
func (s *Service) RemindSecondFactor(ctx context.Context) error {
	if s.Announcer == nil {
		return nil
	}
	for {
		now := s.Now()
		due, err := s.People.WithoutFactor(ctx, now, now.Add(FactorNotice), remindSize)
		if err != nil {
			return err
		}
		for _, r := range due {
			if err = s.Announcer.Ready(ctx); err != nil {
				return err
			}
			told, err := s.People.Remind(ctx, r.MembershipID, r.Date)
			if err != nil {
				return err
			}
			if told {
				s.Announcer.Announce(ctx, Notice{PersonID: r.PersonID, OrganisationID: r.OrganisationID, Kind: SecondFactorSoon, Date: r.Date})
			}
		}
		if len(due) < remindSize {
			return nil
		}
	}
}
