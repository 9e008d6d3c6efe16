package store

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"example.com/aye/approval"
	"example.com/aye/internal/audit"
)

// Move goes along one edge. All its conditions stand in one update, so that of any number of
// callers the database chooses one.
func (s *Store) Move(ctx context.Context, m approval.Move, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *gorm.DB) (bool, error) {
		moved, err := changed(conditions(tx, m).UpdateColumns(settings(m)))
		if err != nil || !moved {
			return false, err
		}
		row, err := find[approvalRow](tx.Where("id = ?", m.RequestID), approval.ErrNotFound)
		if err != nil {
			return false, err
		}
		if held, err := keepDecision(tx, m.Decision); err != nil || !held {
			return false, err
		}
		if err := moveBudget(tx, row.PersonID, m.Budget); err != nil {
			return false, err
		}
		if err := keepWebhook(tx, row, m.Webhook); err != nil {
			return false, err
		}
		return true, record(tx, entry)
	})
}

func conditions(tx *gorm.DB, m approval.Move) *gorm.DB {
	now := millis(m.Now)
	edge := tx.Model(&approvalRow{}).Where("id = ? AND state IN ?", m.RequestID, m.From)
	if m.InTime {
		edge = edge.Where("CASE state WHEN 'pending' THEN expires > ? WHEN 'approved' THEN redeem_by > ? ELSE TRUE END", now, now)
	}
	if m.Alone {
		edge = edge.Where(`NOT EXISTS (SELECT 1 FROM approvals AS beside
			WHERE beside.person_id = approvals.person_id AND beside.state = 'pending' AND beside.expires > ? AND beside.id <> approvals.id
			AND (beside.application_id IS DISTINCT FROM approvals.application_id OR beside.browser <> approvals.browser))`, now)
	}
	if m.Decision != nil && m.Decision.DeviceID != "" {
		edge = edge.Where(`EXISTS (SELECT 1 FROM devices
			WHERE devices.id = ? AND devices.status = 'active' AND devices.person_id = approvals.person_id)`, m.Decision.DeviceID)
	}
	return edge
}

func settings(m approval.Move) map[string]any {
	set := map[string]any{"state": m.To}
	if d := m.Decision; d != nil {
		// A report leaves the answer that was there before, and is the answer where there was none.
		first := func(column string, value any) any {
			return gorm.Expr("CASE WHEN decided = 0 THEN ? ELSE "+column+" END", value)
		}
		set["decided"], set["decided_by"] = first("decided", millis(d.At)), first("decided_by", reference(d.DeviceID))
		set["method"], set["verified"] = first("method", d.Method), first("verified", d.Verified)
	}
	switch m.To {
	case approval.Approved:
		if m.Decision != nil {
			set["redeem_by"] = millis(m.Decision.RedeemBy)
		}
	case approval.Released:
		set["released"] = millis(m.Now)
		if m.Redeemed != nil {
			set["redeem_key"], set["assertion_id"] = m.Redeemed.Key, m.Redeemed.AssertionID
		}
	case approval.Reported:
		set["reported"], set["previous"] = millis(m.Now), gorm.Expr("state")
	case approval.Pending, approval.Denied, approval.Mismatched, approval.Expired, approval.Cancelled, approval.Superseded, approval.Lapsed:
	}
	return set
}

// keepDecision keeps what was signed. It tells false when the phone used the id before.
func keepDecision(tx *gorm.DB, d *approval.Decision) (bool, error) {
	if d == nil || d.Evidence == "" {
		return true, nil
	}
	row := decisionRowOf(*d)
	err := tx.Create(&row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return false, nil
	}
	return err == nil, err
}

func moveBudget(tx *gorm.DB, personID string, next func(approval.Budget) approval.Budget) error {
	if next == nil {
		return nil
	}
	budget, err := budgetOf(tx, personID)
	if err != nil {
		return err
	}
	return keepBudget(tx, personID, next(budget))
}
