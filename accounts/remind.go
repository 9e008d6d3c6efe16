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
	for {
		now := s.Now()
		due, err := s.People.WithoutFactor(ctx, now, now.Add(FactorNotice), remindSize)
		if err != nil {
			return err
		}
		for _, r := range due {
			if err = s.ready(ctx); err != nil {
				return err
			}
			notice := Notice{PersonID: r.PersonID, OrganisationID: r.OrganisationID, Kind: SecondFactorSoon, Date: r.Date}
			if _, err = s.People.Remind(ctx, r.MembershipID, r.Date, notice); err != nil {
				return err
			}
		}
		if len(due) < remindSize {
			return nil
		}
	}
}
