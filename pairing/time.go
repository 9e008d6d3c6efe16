package pairing

import "context"

// current moves a pairing that time or the older phone has moved on, and gives it as it
// then is. What a sweep has not come to yet is thereby never answered as if it still were.
func (s *Service) current(ctx context.Context, p Pairing) (Pairing, error) {
	moved, err := s.settle(ctx, p)
	if err != nil || !moved {
		return p, err
	}
	return s.Store.Pairing(ctx, p.ID)
}

// Answered settles a pairing whose question was answered on the older phone.
func (s *Service) Answered(ctx context.Context, id string) error {
	_, err := s.Find(ctx, id)
	return err
}

// Sweep settles everything that is due. It is called every second or so.
func (s *Service) Sweep(ctx context.Context) error {
	due, err := s.Store.DuePairings(ctx, s.Now().UTC())
	if err != nil {
		return err
	}
	for _, p := range due {
		if _, err := s.settle(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) settle(ctx context.Context, p Pairing) (bool, error) {
	now := s.Now()
	switch p.State {
	case Open:
		if now.Before(p.Expires) {
			return false, nil
		}
		return s.move(ctx, p, Move{From: []State{Open}, To: Expired}, "system", "pairing.expired")
	case AwaitingCode:
		if now.Before(p.Ends) {
			return false, nil
		}
		// The code was seen by a phone that nobody confirmed.
		return s.move(ctx, p, Move{From: []State{AwaitingCode}, To: Burned, Device: Remove}, "system", "pairing.unconfirmed")
	case AwaitingApproval:
		return s.settleElder(ctx, p)
	case Paired, Burned, Expired, Cancelled:
	}
	return false, nil
}

func (s *Service) settleElder(ctx context.Context, p Pairing) (bool, error) {
	refuse := Move{From: []State{AwaitingApproval}, To: Burned, Device: Remove}
	if p.ApprovalID == "" {
		// The server ended between the claim and the question; nobody was asked.
		if s.Now().Before(p.Expires) {
			return false, nil
		}
		return s.move(ctx, p, refuse, "system", "pairing.elder-unasked")
	}
	approved, answered, err := s.Elder.ElderAnswer(ctx, p.ApprovalID)
	if err != nil || !answered {
		return false, err
	}
	if !approved {
		return s.move(ctx, p, refuse, "system", "pairing.elder-refused")
	}
	entry := s.entry(p, "system", "pairing.elder-approved")
	entry.Tell = s.replacing(ctx, p)
	return s.moveWith(ctx, p, Move{From: []State{AwaitingApproval}, To: Paired, Device: Activate}, entry)
}
