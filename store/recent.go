package store

import (
	"context"

	"example.com/aye/approval"
)

// Recent gives the newest requests of a member in the organisation, each with what became of its pushes.
func (s *Store) Recent(ctx context.Context, organisationID, membershipID string, limit int) ([]approval.View, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	// The history is that of the person; what other organisations asked is passed by.
	rows, err := all[approvalRow](c, selectApproval+"person_id = (SELECT m.person_id FROM memberships AS m WHERE m.id = "+text+" AND m.organisation_id = "+text+`)
		AND created >= 0 AND membership_id = `+text+" AND organisation_id = "+text+" ORDER BY created DESC, id DESC LIMIT "+number,
		membershipID, organisationID, membershipID, organisationID, limit)
	requests, err := each(rows, err, approvalRow.request)
	if err != nil {
		return nil, err
	}
	views := make([]approval.View, 0, len(requests))
	for _, r := range requests {
		deliveries, err := s.Deliveries(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		views = append(views, approval.View{Request: r, Deliveries: deliveries})
	}
	return views, nil
}
