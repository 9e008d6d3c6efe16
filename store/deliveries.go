package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"example.com/aye/approval"
)

var _ approval.Deliveries = (*Store)(nil)

type deliveryRow struct {
	RequestID string `gorm:"primaryKey"`
	DeviceID  string `gorm:"primaryKey"`
	Position  int
	Device    string
	Channel   string
	State     approval.DeliveryState
	Reason    string
	Updated   int64
}

// TableName names the table.
func (deliveryRow) TableName() string { return "deliveries" }

func (r deliveryRow) delivery() approval.Delivery {
	return approval.Delivery{
		RequestID: r.RequestID, DeviceID: r.DeviceID, Device: r.Device, Channel: r.Channel,
		State: r.State, Reason: r.Reason, Updated: moment(r.Updated),
	}
}

func keepDeliveries(tx *gorm.DB, deliveries []approval.Delivery) error {
	if len(deliveries) == 0 {
		return nil
	}
	rows := make([]deliveryRow, 0, len(deliveries))
	for i, d := range deliveries {
		rows = append(rows, deliveryRow{
			RequestID: d.RequestID, DeviceID: d.DeviceID, Position: i, Device: d.Device, Channel: d.Channel,
			State: d.State, Reason: d.Reason, Updated: millis(d.Updated),
		})
	}
	return tx.Create(&rows).Error
}

// Deliveries gives those of a request, in the order in which the phones were linked.
func (s *Store) Deliveries(ctx context.Context, requestID string) ([]approval.Delivery, error) {
	return list(s.read(ctx).Where("request_id = ?", requestID).Order("position"), deliveryRow.delivery)
}

// Deliver stores a state that follows the one before. A phone that was not asked has none.
func (s *Store) Deliver(ctx context.Context, d approval.Delivery) (bool, error) {
	return s.attempt(ctx, func(tx *gorm.DB) (bool, error) {
		return changed(tx.Model(&deliveryRow{}).
			Where("request_id = ? AND device_id = ? AND state IN ?", d.RequestID, d.DeviceID, d.State.Before()).
			UpdateColumns(map[string]any{"state": d.State, "reason": d.Reason, "updated": millis(d.Updated)}))
	})
}

type budgetRow struct {
	PersonID      string `gorm:"primaryKey"`
	Asked         document[[]int64]
	Streak        int
	Mutes         int
	MutedUntil    int64
	CautiousUntil int64
}

// TableName names the table.
func (budgetRow) TableName() string { return "budgets" }

func budgetOf(tx *gorm.DB, personID string) (approval.Budget, error) {
	var row budgetRow
	if err := tx.Where("person_id = ?", personID).Limit(1).Find(&row).Error; err != nil {
		return approval.Budget{}, err
	}
	var asked []time.Time
	for _, at := range row.Asked.value {
		asked = append(asked, moment(at))
	}
	return approval.Budget{
		Asked: asked, Streak: row.Streak, Mutes: row.Mutes,
		MutedUntil: moment(row.MutedUntil), CautiousUntil: moment(row.CautiousUntil),
	}, nil
}

func keepBudget(tx *gorm.DB, personID string, b approval.Budget) error {
	asked := make([]int64, 0, len(b.Asked))
	for _, at := range b.Asked {
		asked = append(asked, millis(at))
	}
	row := budgetRow{
		PersonID: personID, Asked: documentOf(asked), Streak: b.Streak, Mutes: b.Mutes,
		MutedUntil: millis(b.MutedUntil), CautiousUntil: millis(b.CautiousUntil),
	}
	return tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error
}

// TakeAsk counts one more push for the person, if allowed says so.
func (s *Store) TakeAsk(ctx context.Context, r approval.Request, allowed func(approval.Budget) (approval.Budget, bool)) (bool, error) {
	return s.attempt(ctx, func(tx *gorm.DB) (bool, error) {
		budget, err := budgetOf(tx, r.PersonID)
		if err != nil {
			return false, err
		}
		next, ok := allowed(budget)
		if !ok {
			return false, nil
		}
		if err := tx.Model(&approvalRow{}).Where("id = ?", r.ID).UpdateColumn("withheld", false).Error; err != nil {
			return false, err
		}
		return true, keepBudget(tx, r.PersonID, next)
	})
}
