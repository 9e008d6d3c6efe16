package approval

import "context"

// sweepSize is how many requests one sweep settles.
const sweepSize = 500

// current moves a request whose time has passed, and gives it as it then is. What a sweep
// has not come to yet is thereby never answered as if it still were.
func (s *Service) current(ctx context.Context, r Request) (Request, error) {
	moved, err := s.settle(ctx, r)
	if err != nil || !moved {
		return r, err
	}
	return s.Store.Request(ctx, r.ID)
}

// Sweep settles the requests whose time has passed. It is called every second or so.
func (s *Service) Sweep(ctx context.Context) error {
	due, err := s.Store.Due(ctx, s.Now().UTC(), sweepSize)
	if err != nil {
		return err
	}
	for _, r := range due {
		if _, err := s.settle(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// settle tells whether it looked out of date, not whether this call moved it: somebody else
// may have.
func (s *Service) settle(ctx context.Context, r Request) (bool, error) {
	now := s.Now().UTC()
	switch {
	case r.State == Pending && !now.Before(r.Expires):
		_, err := s.move(ctx, r, Move{
			From: []State{Pending}, To: Expired,
			Budget: func(b Budget) Budget { return b.After(Expired, r.Withheld, now) },
		}, "system")
		return true, err
	case r.State == Approved && !now.Before(r.RedeemBy):
		_, err := s.move(ctx, r, Move{From: []State{Approved}, To: Lapsed}, "system")
		return true, err
	}
	return false, nil
}
