package pairing

import "context"

// Showing gives a pairing of the person that no application opened, with the code that is shown
// now, for a page that is looked at again. It is [ErrNotFound] as [Service.Own] is.
func (s *Service) Showing(ctx context.Context, personID, id string) (Shown, error) {
	p, err := s.Own(ctx, personID, id)
	if err != nil {
		return Shown{}, err
	}
	return s.shown(p), nil
}
