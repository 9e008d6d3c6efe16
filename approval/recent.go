package approval

import "context"

// RecentOf gives the newest requests of a member in the organisation, with what became of their pushes, for somebody
// who helps the person. What another organisation asked is not among them, and nothing by which a request could be
// answered or redeemed.
func (s *Service) RecentOf(ctx context.Context, organisationID, membershipID string, limit int) ([]View, error) {
	recent, err := s.Store.Recent(ctx, organisationID, membershipID, min(max(limit, 1), HistoryPage))
	for i := range recent {
		r := &recent[i].Request
		if *r, err = s.current(ctx, *r); err != nil {
			return nil, err
		}
		r.Challenge, r.ChallengeNonce, r.RedeemKey, r.AssertionID, r.CreationKey, r.BodyHash = "", "", "", "", "", ""
	}
	return recent, err
}
