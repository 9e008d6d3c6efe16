package store

import (
	"context"
	"strings"
	"time"

	"example.com/aye/alerts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

var _ alerts.Store = (*Store)(nil)

// alertHookRow is where alerts go.
type alertHookRow struct {
	alerts.Hook
	secret, kinds string
	lastAt        int64
}

const alertHookColumns = "organisation_id, url, secret, kinds, last_at, last_error"

func (r *alertHookRow) fields() []any {
	return []any{&r.OrganisationID, &r.URL, &r.secret, &r.kinds, &r.lastAt, &r.LastError}
}

func alertHookPlace(organisationID string) secret.Place {
	return secret.Place{Scope: organisationID, Table: "alert_hooks", Column: "secret", Row: organisationID}
}

// SetAlertHook keeps the hook in the place of the one before.
func (s *Store) SetAlertHook(ctx context.Context, h alerts.Hook, entry audit.Entry) error {
	sealed, err := s.vault.Seal(ctx, alertHookPlace(h.OrganisationID), h.Secret)
	if err != nil {
		return err
	}
	kinds := make([]string, 0, len(h.Kinds))
	for _, kind := range h.Kinds {
		kinds = append(kinds, string(kind))
	}
	return s.write(ctx, func(tx *transaction) error {
		_, err := tx.exec("INSERT INTO alert_hooks ("+alertHookColumns+`) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (organisation_id) DO UPDATE SET
			url = excluded.url, secret = excluded.secret, kinds = excluded.kinds, last_at = excluded.last_at, last_error = excluded.last_error`,
			h.OrganisationID, h.URL, sealed, strings.Join(kinds, " "), millis(h.LastAt), h.LastError)
		if err != nil {
			return err
		}
		return record(tx, entry)
	})
}

// AlertHook finds the hook with its secret.
func (s *Store) AlertHook(ctx context.Context, organisationID string) (alerts.Hook, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return alerts.Hook{}, err
	}
	row, err := one[alertHookRow](c, alerts.ErrNoHook, "SELECT "+alertHookColumns+" FROM alert_hooks WHERE organisation_id = ?", organisationID)
	if err != nil {
		return alerts.Hook{}, err
	}
	h := row.Hook
	for kind := range strings.FieldsSeq(row.kinds) {
		h.Kinds = append(h.Kinds, alerts.Kind(kind))
	}
	h.LastAt = moment(row.lastAt)
	h.Secret, err = s.vault.Open(ctx, alertHookPlace(organisationID), row.secret)
	return h, err
}

// RemoveAlertHook takes the hook away, and what waits to be sent to it.
func (s *Store) RemoveAlertHook(ctx context.Context, organisationID string, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		rows, err := tx.exec("DELETE FROM alert_hooks WHERE organisation_id = ?", organisationID)
		if err != nil || rows == 0 {
			return false, err
		}
		if _, err = tx.exec("DELETE FROM alert_deliveries WHERE organisation_id = ?", organisationID); err != nil {
			return false, err
		}
		return true, record(tx, entry)
	})
}

// alertRow is an alert that is not taken yet.
type alertRow struct {
	alerts.Pending
	data document[map[string]string]
	at   int64
}

func (r *alertRow) fields() []any {
	return []any{&r.ID, (*string)(&r.Kind), &r.OrganisationID, &r.at, &r.data, &r.Attempts}
}

func (r alertRow) pending() alerts.Pending {
	p := r.Pending
	p.At, p.Data = moment(r.at), r.data.value
	return p
}

// DueAlerts takes what is to be sent now, the longest due first. Who took it has 90 seconds to send it and to say so;
// nobody else is given it meanwhile.
func (s *Store) DueAlerts(ctx context.Context, now time.Time, limit int) ([]alerts.Pending, error) {
	rows, err := take(ctx, s, "SELECT id, kind, organisation_id, at, data, attempts FROM alert_deliveries WHERE next <= "+number+" ORDER BY next, id LIMIT "+number,
		[]any{millis(now), limit}, func(tx *transaction, rows []alertRow) error {
			_, err := tx.exec("UPDATE alert_deliveries SET next = ? WHERE id IN "+places(len(rows)), behind(millis(now.Add(lease)), rows, func(r alertRow) string { return r.ID })...)
			return err
		})
	return each(rows, err, alertRow.pending)
}

// triedRow is whose alert was tried.
type triedRow struct{ organisationID string }

func (r *triedRow) fields() []any { return []any{&r.organisationID} }

// AlertTried writes down an attempt, with the alert and with its hook.
func (s *Store) AlertTried(ctx context.Context, id string, done bool, next, at time.Time, failure string) error {
	return s.write(ctx, func(tx *transaction) error {
		change, values := "UPDATE alert_deliveries SET next = ?, attempts = attempts + 1", []any{millis(next), id}
		if done {
			change, values = "DELETE FROM alert_deliveries", values[1:]
		}
		tried, err := all[triedRow](tx.conn, change+" WHERE id = ? RETURNING organisation_id", values...)
		if err != nil {
			return err
		}
		for _, t := range tried {
			if _, err = tx.exec("UPDATE alert_hooks SET last_at = ?, last_error = ? WHERE organisation_id = ?", millis(at), failure, t.organisationID); err != nil {
				return err
			}
		}
		return nil
	})
}
