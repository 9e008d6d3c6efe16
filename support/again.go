package support

import (
	"context"
	"strconv"
	"time"
)

// maySend is nil where another link, or another code, can be sent.
func (s *Service) maySend(c Case) error {
	now := s.now()
	switch {
	case c.Link >= Links:
	case c.State == Revoked && now.Before(c.Closed.Add(LinkDays)):
		return nil
	case c.State == Sent && now.Before(c.LinkUntil):
		return nil
	}
	return ErrClosed
}

// SendAgain sends another link of a case that was carried out, or another code of a forgotten phone's; the one before works no longer.
// It fails with [ErrClosed], or with [ErrChannel] where nothing could be sent; then the one before works on.
func (d *Desk) SendAgain(ctx context.Context, caseID string) error {
	ctx, st, about, err := d.acts(ctx, caseID)
	if err != nil {
		return err
	}
	s := d.service
	if err = s.maySend(about.Case); err != nil {
		return err
	}
	m := Move{CaseID: about.ID, From: []State{about.State}, To: about.State, Link: about.Link + 1, LinkUntil: s.now().Add(LinkLife), Now: s.now()}
	if about.State == Sent {
		m.LinkUntil = about.LinkUntil // what was approved is not made longer
	}
	entry := s.entry(about.Case, st.Member.ID, "case.sent-again")
	entry.Data["number"] = strconv.Itoa(m.Link)
	next := about
	next.Link, next.LinkUntil = m.Link, m.LinkUntil
	if about.State == Sent {
		if err = s.textAccess(ctx, next); err != nil {
			return err
		}
		entry.Tell = s.accessLetter(ctx, next)
	} else {
		entry.Tell = s.linkLetter(next)
	}
	moved, err := s.Store.MoveCase(ctx, m, entry)
	if err == nil && !moved {
		err = s.whyNot(ctx, about.Case)
	}
	if err != nil {
		return err
	}
	s.changed(next.Case)
	return nil
}

// hours are the whole ones that a code works, one at the least.
func hours(life time.Duration) int { return max(1, int(life.Round(time.Hour)/time.Hour)) }

// codeName is what the ledger of text messages knows a code by.
func codeName(c Case) string { return c.ID + " code " + strconv.Itoa(c.Link) }
