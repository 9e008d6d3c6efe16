package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"example.com/aye/approval"
)

var _ approval.Deliveries = (*Store)(nil)

type deliveryRow struct {
	RequestID string
	DeviceID  string
	Position  int
	Device    string
	Channel   string
	State     approval.DeliveryState
	Reason    string
	Updated   int64
}

// TableName names the table.
func (deliveryRow) TableName() string { return "deliveries" }

const deliveryColumns = "request_id, device_id, position, device, channel, state, reason, updated"

func (r *deliveryRow) fields() []any {
	return []any{&r.RequestID, &r.DeviceID, &r.Position, &r.Device, &r.Channel, (*string)(&r.State), &r.Reason, &r.Updated}
}

func (r *deliveryRow) values() []any {
	return []any{r.RequestID, r.DeviceID, r.Position, r.Device, r.Channel, r.State, r.Reason, r.Updated}
}

func (r deliveryRow) delivery() approval.Delivery {
	return approval.Delivery{
		RequestID: r.RequestID, DeviceID: r.DeviceID, Device: r.Device, Channel: r.Channel,
		State: r.State, Reason: r.Reason, Updated: moment(r.Updated),
	}
}

func keepDeliveries(tx *transaction, deliveries []approval.Delivery) error {
	for i, d := range deliveries {
		row := deliveryRow{
			RequestID: d.RequestID, DeviceID: d.DeviceID, Position: i, Device: d.Device, Channel: d.Channel,
			State: d.State, Reason: d.Reason, Updated: millis(d.Updated),
		}
		if err := tx.write("INSERT INTO deliveries ("+deliveryColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row.values()...); err != nil {
			return err
		}
	}
	return nil
}

// Deliveries gives those of a request, in the order in which the phones were linked.
func (s *Store) Deliveries(ctx context.Context, requestID string) ([]approval.Delivery, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := all[deliveryRow](c, "SELECT "+deliveryColumns+" FROM deliveries WHERE request_id = ?", requestID)
	slices.SortFunc(rows, func(a, b deliveryRow) int { return cmp.Compare(a.Position, b.Position) }) // they are few
	return each(rows, err, deliveryRow.delivery)
}

// Deliver stores a state that follows the one before. A phone that was not asked has none.
func (s *Store) Deliver(ctx context.Context, d approval.Delivery) (bool, error) {
	before := d.State.Before()
	values := []any{d.State, d.Reason, millis(d.Updated), d.RequestID, d.DeviceID}
	for _, state := range before {
		values = append(values, state)
	}
	return s.noteRow(ctx, "delivery "+d.RequestID+" "+d.DeviceID, func(tx *transaction) (int64, error) {
		return tx.exec("UPDATE deliveries SET state = ?, reason = ?, updated = ? WHERE request_id = ? AND device_id = ? AND state IN "+places(len(before)), values...)
	})
}

type budgetRow struct {
	PersonID      string
	Asked         document[[]int64]
	Streak        int
	Mutes         int
	MutedUntil    int64
	CautiousUntil int64
}

// TableName names the table.
func (budgetRow) TableName() string { return "budgets" }

const budgetColumns = "person_id, asked, streak, mutes, muted_until, cautious_until"

func (r *budgetRow) fields() []any {
	return []any{&r.PersonID, &r.Asked, &r.Streak, &r.Mutes, &r.MutedUntil, &r.CautiousUntil}
}

// budgetOf gives the person's, as it is when this is asked: all zero for who was never asked.
func budgetOf(tx *transaction, personID string) func() (approval.Budget, error) {
	rows := soon[budgetRow](tx, "SELECT "+budgetColumns+" FROM budgets WHERE person_id = ?", personID)
	return func() (approval.Budget, error) {
		found, err := rows()
		if err != nil || len(found) == 0 {
			return approval.Budget{}, err
		}
		return found[0].budget(), nil
	}
}

func (r budgetRow) budget() approval.Budget {
	var asked []time.Time
	for _, at := range r.Asked.value {
		asked = append(asked, moment(at))
	}
	return approval.Budget{
		Asked: asked, Streak: r.Streak, Mutes: r.Mutes,
		MutedUntil: moment(r.MutedUntil), CautiousUntil: moment(r.CautiousUntil),
	}
}

func keepBudget(tx *transaction, personID string, b approval.Budget) error {
	asked := make([]int64, 0, len(b.Asked))
	for _, at := range b.Asked {
		asked = append(asked, millis(at))
	}
	return tx.write("INSERT INTO budgets ("+budgetColumns+") VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (person_id) DO UPDATE SET "+
		"asked = excluded.asked, streak = excluded.streak, mutes = excluded.mutes, muted_until = excluded.muted_until, cautious_until = excluded.cautious_until",
		personID, documentOf(asked), b.Streak, b.Mutes, millis(b.MutedUntil), millis(b.CautiousUntil))
}

// TakeAsk counts one more push for the person, if allowed says so. It looks at the person's budget alone.
func (s *Store) TakeAsk(ctx context.Context, r approval.Request, allowed func(approval.Budget) (approval.Budget, bool)) (bool, error) {
	return s.about(keyPerson+r.PersonID).attempt(ctx, func(tx *transaction) (bool, error) {
		budget, err := budgetOf(tx, r.PersonID)()
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
