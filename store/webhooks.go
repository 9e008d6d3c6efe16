package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"example.com/aye/approval"
)

// WebhookDelivery is something that an application must be told of, at least once.
type WebhookDelivery struct {
	ID            string
	ApplicationID string
	RequestID     string
	MembershipID  string
	// Previous is the state that the request was reported in.
	Previous approval.State
	At       time.Time
	// Attempts is how often it was tried and put off.
	Attempts int
}

type webhookRow struct {
	ID            string
	ApplicationID string
	RequestID     string
	MembershipID  string
	Previous      approval.State
	At            int64
	Next          int64
	Attempts      int
}

// TableName names the table.
func (webhookRow) TableName() string { return "webhooks" }

func (r webhookRow) delivery() WebhookDelivery {
	return WebhookDelivery{
		ID: r.ID, ApplicationID: r.ApplicationID, RequestID: r.RequestID, MembershipID: r.MembershipID,
		Previous: r.Previous, At: moment(r.At), Attempts: r.Attempts,
	}
}

// keepWebhook keeps what is to be told in the transaction of the report itself. The row says
// what the report came after: between the caller's look and its report it may have been released.
func keepWebhook(tx *transaction, reported movedRow, w *approval.Webhook) error {
	if w == nil || reported.Previous != approval.Released {
		return nil
	}
	return tx.write("INSERT INTO webhooks ("+webhookColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
		w.ID, w.ApplicationID, reported.ID, reported.MembershipID, reported.Previous, millis(w.At), millis(w.At))
}

const webhookColumns = "id, application_id, request_id, membership_id, previous, at, next, attempts"

func (r *webhookRow) fields() []any {
	return []any{&r.ID, &r.ApplicationID, &r.RequestID, &r.MembershipID, (*string)(&r.Previous), &r.At, &r.Next, &r.Attempts}
}

// DueWebhooks takes what is to be told now, the longest due first. Who took it has 90 seconds to tell it and to say so;
// nobody else is given it meanwhile.
func (s *Store) DueWebhooks(ctx context.Context, now time.Time, limit int) ([]WebhookDelivery, error) {
	rows, err := take(ctx, s, "SELECT "+webhookColumns+" FROM webhooks WHERE next <= "+number+" ORDER BY next, id LIMIT "+number, []any{millis(now), limit},
		func(tx *transaction, rows []webhookRow) error {
			_, err := tx.exec("UPDATE webhooks SET next = ? WHERE id IN "+places(len(rows)), behind(millis(now.Add(lease)), rows, func(r webhookRow) string { return r.ID })...)
			return err
		})
	return each(rows, err, webhookRow.delivery)
}

// WebhookDone ends a delivery: it was answered, or is given up.
func (s *Store) WebhookDone(ctx context.Context, id string) error {
	return s.write(ctx, func(tx *transaction) error { return tx.Where("id = ?", id).Delete(&webhookRow{}).Error })
}

// WebhookRetry puts a delivery off.
func (s *Store) WebhookRetry(ctx context.Context, id string, next time.Time) error {
	return s.write(ctx, func(tx *transaction) error {
		return tx.Model(&webhookRow{}).Where("id = ?", id).
			UpdateColumns(map[string]any{"next": millis(next), "attempts": gorm.Expr("attempts + 1")}).Error
	})
}
