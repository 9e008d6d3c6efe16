package approval

import (
	"context"
	"errors"
	"slices"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
)

// Cancel withdraws a request.
func (s *Service) Cancel(ctx context.Context, application accounts.Application, id string) error {
	r, err := s.find(ctx, application.ID, id)
	if err != nil || r.State == Cancelled {
		return err
	}
	now := s.Now().UTC()
	moved, err := s.move(ctx, r, Move{
		From: []State{Pending}, To: Cancelled, Budget: func(b Budget) Budget { return ignored(b, r, now) },
	}, application.ID)
	if err != nil {
		return err
	}
	if !moved {
		return s.decidedAlready(ctx, r.ID)
	}
	phones, err := s.phones(ctx, r)
	if err == nil {
		s.push(ctx, r, phones, notify.MessageWithdraw)
	}
	return err
}

// Resend asks the phones once more, within what the person may be asked.
func (s *Service) Resend(ctx context.Context, application accounts.Application, id string) (View, error) {
	r, err := s.find(ctx, application.ID, id)
	if err != nil {
		return View{}, err
	}
	if r.State != Pending {
		return View{}, &DecidedError{r.State} // never pushed again once answered
	}
	phones, err := s.phones(ctx, r)
	if err != nil {
		return View{}, err
	}
	if len(phones) == 0 { // nobody to ask: a code is what is waited for
		return s.view(ctx, r)
	}
	now := s.Now().UTC()
	allowed, err := s.Deliveries.TakeAsk(ctx, r, func(b Budget) (Budget, bool) {
		if !b.allows(now) {
			return b, false
		}
		return b.asked(now), true
	})
	if err != nil {
		return View{}, err
	}
	for _, phone := range phones {
		d := Delivery{RequestID: r.ID, DeviceID: phone.ID, State: Queued, Updated: now}
		if !allowed {
			d.State = Withheld
		}
		if !phone.Reachable() {
			continue
		}
		if _, err := s.Deliveries.Deliver(ctx, d); err != nil {
			return View{}, err
		}
	}
	s.Broker.Publish(Topic(r.ID))
	if allowed {
		r.Withheld = false
		s.push(ctx, r, phones, notify.MessageApproval)
	}
	return s.view(ctx, r)
}

func (s *Service) decidedAlready(ctx context.Context, id string) error {
	r, err := s.Find(ctx, id)
	if err != nil {
		return err
	}
	return &DecidedError{r.State}
}

// Number gives what is typed on the older phone for a [NewPhone] request.
func (s *Service) Number(ctx context.Context, id string) (secret.Secret, error) {
	r, err := s.Find(ctx, id)
	if err != nil || r.Purpose != NewPhone {
		return "", errors.Join(err, ErrNotFound)
	}
	return s.number(r, r.Salt), nil
}

// DropNewPhone takes a [NewPhone] request back.
func (s *Service) DropNewPhone(ctx context.Context, id string) error {
	r, err := s.Find(ctx, id)
	if err != nil || r.Purpose != NewPhone {
		return errors.Join(err, ErrNotFound)
	}
	moved, err := s.move(ctx, r, Move{From: []State{Pending}, To: Cancelled}, "system")
	if err != nil || !moved {
		return err
	}
	phones, err := s.phones(ctx, r)
	if err == nil {
		s.push(ctx, r, phones, notify.MessageWithdraw)
	}
	return err
}

// NewPhoneAnswer tells how a [NewPhone] request stands, and takes an approval: what was
// approved is used up, as by a redeem.
func (s *Service) NewPhoneAnswer(ctx context.Context, id string) (approved, answered bool, err error) {
	r, err := s.Find(ctx, id)
	if err != nil || r.Purpose != NewPhone {
		return false, false, errors.Join(err, ErrNotFound)
	}
	if r.State == Approved {
		if _, err = s.move(ctx, r, Move{From: []State{Approved}, To: Released, InTime: true, Redeemed: &Redeemed{}}, "system"); err != nil {
			return false, false, err
		}
		if r, err = s.Find(ctx, id); err != nil {
			return false, false, err
		}
	}
	return r.State == Released, r.State.Final(), nil
}

// PendingFor gives the challenges that a phone is to show, and notes that it has them.
func (s *Service) PendingFor(ctx context.Context, device devices.Device) ([]Request, error) {
	if device.Status != devices.Active {
		return nil, devices.ErrNotActive
	}
	all, err := s.Store.PendingOf(ctx, device.PersonID, device.ID)
	if err != nil {
		return nil, err
	}
	now := s.Now().UTC()
	var open []Request
	for _, r := range all {
		if !now.Before(r.Expires) || !r.Takes(device) {
			continue
		}
		open = append(open, r.Request)
		if r.Delivery == "" || r.Delivery == Fetched {
			continue
		}
		if err := s.fetched(ctx, r.ID, device); err != nil {
			return nil, err
		}
	}
	return open, nil
}

func (s *Service) fetched(ctx context.Context, requestID string, device devices.Device) error {
	changed, err := s.Deliveries.Deliver(ctx, Delivery{RequestID: requestID, DeviceID: device.ID, State: Fetched, Updated: s.Now().UTC()})
	if changed && err == nil {
		s.Broker.Publish(Topic(requestID))
	}
	return err
}

// HistoryPage is how many requests a phone gets at once.
const HistoryPage = 50

// History gives what the person was asked, newest first, and the cursor of the next page.
func (s *Service) History(ctx context.Context, device devices.Device, cursor string) ([]Request, string, error) {
	if device.Status != devices.Active {
		return nil, "", devices.ErrNotActive
	}
	page, err := s.Store.History(ctx, device.PersonID, s.Now().Add(-HistoryLife), cursor, HistoryPage+1)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(page) > HistoryPage {
		page = page[:HistoryPage]
		next = page[HistoryPage-1].ID
	}
	return slices.DeleteFunc(page, func(r Request) bool { return !r.Takes(device) }), next, nil
}
