package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"example.com/aye/approval"
)

var _ approval.Store = (*Store)(nil)

// Ask adds a request, with nothing able to change between the look at how the person stands
// and what is stored.
func (s *Store) Ask(ctx context.Context, key approval.Creation, admit func(approval.Situation) (approval.Admission, error)) (approval.Request, error) {
	var row approvalRow
	err := s.write(ctx, func(tx *gorm.DB) error {
		now := s.now()
		known, found, err := created[approvalRow](tx, key.ApplicationID, key.Key, now)
		if err != nil {
			return err
		}
		if found {
			row = known
			return nil
		}
		situation, err := situationOf(tx, key, now)
		if err != nil {
			return err
		}
		admission, err := admit(situation)
		if err != nil {
			return err
		}
		row = approvalRowOf(admission.Request)
		return keep(tx, row, admission)
	})
	if err != nil {
		return approval.Request{}, err
	}
	return row.request(), nil
}

func situationOf(tx *gorm.DB, key approval.Creation, now time.Time) (approval.Situation, error) {
	pending, err := list(tx.Where("person_id = ? AND state = 'pending' AND expires > ?", key.PersonID, millis(now)).
		Order("created, id"), approvalRow.request)
	if err != nil {
		return approval.Situation{}, err
	}
	budget, err := budgetOf(tx, key.PersonID)
	if err != nil {
		return approval.Situation{}, err
	}
	// One that was reported after its release does not make the browser known.
	var released int64
	err = tx.Model(&approvalRow{}).Where("person_id = ? AND application_id = ? AND browser = ? AND state = 'released'",
		key.PersonID, reference(key.ApplicationID), key.Browser).Limit(1).Count(&released).Error
	return approval.Situation{Pending: pending, Budget: budget, KnownBrowser: released > 0}, err
}

func keep(tx *gorm.DB, row approvalRow, admission approval.Admission) error {
	for _, id := range admission.Superseded {
		moved, err := changed(tx.Model(&approvalRow{}).Where("id = ? AND person_id = ? AND state = 'pending'", id, row.PersonID).
			UpdateColumn("state", approval.Superseded))
		if err != nil {
			return err
		}
		if !moved {
			return fmt.Errorf("request %s cannot be superseded: it is not pending", id)
		}
	}
	if err := tx.Create(&row).Error; err != nil {
		return err
	}
	if err := keepDeliveries(tx, admission.Deliveries); err != nil {
		return err
	}
	if err := keepBudget(tx, row.PersonID, admission.Budget); err != nil {
		return err
	}
	return record(tx, admission.Entries...)
}

// Request finds a request.
func (s *Store) Request(ctx context.Context, id string) (approval.Request, error) {
	row, err := find[approvalRow](s.read(ctx).Where("id = ?", id), approval.ErrNotFound)
	return row.request(), err
}

// PendingOf gives the person's pending requests, oldest first.
func (s *Store) PendingOf(ctx context.Context, personID string) ([]approval.Request, error) {
	return list(s.read(ctx).Where("person_id = ? AND state = 'pending'", personID).Order("created, id"), approvalRow.request)
}

// Decision finds what a phone decided.
func (s *Store) Decision(ctx context.Context, deviceID, id string) (approval.Decision, error) {
	row, err := find[decisionRow](s.read(ctx).Where("device_id = ? AND jti = ?", deviceID, id), approval.ErrNotFound)
	return row.decision(), err
}

// HandOut stores that the release code is handed out for the first time.
func (s *Store) HandOut(ctx context.Context, id string, at, redeemBy time.Time) (bool, error) {
	return s.attempt(ctx, func(tx *gorm.DB) (bool, error) {
		return changed(tx.Model(&approvalRow{}).Where("id = ? AND state = 'approved' AND delivered = 0", id).
			UpdateColumns(map[string]any{"delivered": millis(at), "redeem_by": millis(redeemBy)}))
	})
}

// Due gives the requests whose time has passed.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]approval.Request, error) {
	at := millis(now)
	return list(s.read(ctx).Where("state = 'pending' AND expires <= ?", at).
		Or("state = 'approved' AND redeem_by <= ?", at).Limit(limit), approvalRow.request)
}

// History gives the person's requests, newest first.
func (s *Store) History(ctx context.Context, personID string, since time.Time, cursor string, limit int) ([]approval.Request, error) {
	query := s.read(ctx).Where("person_id = ? AND created >= ?", personID, millis(since))
	if cursor != "" {
		// Somebody else's id is no place in this history, and nothing is older than no place.
		query = query.Where("(created, id) < (SELECT at.created, at.id FROM approvals AS at WHERE at.id = ? AND at.person_id = ?)", cursor, personID)
	}
	return list(query.Order("created DESC, id DESC").Limit(limit), approvalRow.request)
}
