package store

import (
	"context"
	"errors"
	"reflect"
	"strings"

	"gorm.io/gorm"

	"example.com/aye/approval"
	"example.com/aye/internal/audit"
)

// Move goes along one edge. All its conditions stand in one update, so that of any number of
// callers the database chooses one. Beside the request itself it looks at the person's other pending ones and budget, which
// are written by what is about the person; at phones, which only change alone; and at what the phone signed before, which
// is a key of the table. HandOut writes the same row: whoever comes second looks at it again.
func (s *Store) Move(ctx context.Context, m approval.Move, entry audit.Entry) (bool, error) {
	return s.aboutRequest(m.RequestID, m.PersonID).together(entry.Organisation).attempt(ctx, func(tx *transaction) (bool, error) {
		var budget func() (approval.Budget, error)
		if m.Budget != nil {
			budget = budgetOf(tx, m.PersonID)
		}
		update := edge(m)
		row, err := one[movedRow](tx.conn, errRefused, update.text, update.values...)
		if errors.Is(err, errRefused) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if row.PersonID != m.PersonID { // whose it is keeps the change apart from others
			return false, nil
		}
		if held, err := keepDecision(tx, m.Decision); err != nil || !held {
			return false, err
		}
		if err := moveBudget(tx, m.PersonID, m.Budget, budget); err != nil {
			return false, err
		}
		if err := keepWebhook(tx, row, m.Webhook); err != nil {
			return false, err
		}
		return true, record(tx, entry)
	})
}

// movedRow is what else is needed of a request that went along an edge.
type movedRow struct {
	ID, PersonID, MembershipID string
	Previous                   approval.State
}

func (r *movedRow) fields() []any {
	return []any{&r.ID, &r.PersonID, &r.MembershipID, (*string)(&r.Previous)}
}

// statement is SQL that is put together of parts, with the values of its places.
type statement struct {
	text   string
	values []any
}

func (s *statement) add(part string, values ...any) {
	s.text += part
	s.values = append(s.values, values...)
}

// refers adds the condition that a column has the id. An empty one is NULL, which equals nothing; and what compares with
// NULL too has no index on PostgreSQL.
func (s *statement) refers(column, id string) {
	if id == "" {
		s.add(column + " IS NULL")
		return
	}
	s.add(column+" = "+text, id)
}

// edge is the one update.
func edge(m approval.Move) *statement {
	var update statement
	update.add("UPDATE approvals SET state = ?", m.To)
	update.settings(m)
	update.add(" WHERE id = ? AND state IN (?"+strings.Repeat(", ?", len(m.From)-1)+")", m.RequestID)
	for _, from := range m.From {
		update.add("", from)
	}
	now := millis(m.Now)
	if m.InTime {
		update.add(" AND CASE state WHEN 'pending' THEN expires > ? WHEN 'approved' THEN redeem_by > ? ELSE TRUE END", now, now)
	}
	// What else must be there, or must not, is asked in a CASE, once the request is found: as a join it could begin elsewhere, and go through
	// all requests.
	if m.Alone {
		update.add(` AND CASE WHEN EXISTS (SELECT 1 FROM approvals AS beside
			WHERE beside.person_id = approvals.person_id AND beside.state = 'pending' AND beside.expires > ? AND beside.id <> approvals.id
			AND (beside.application_id IS DISTINCT FROM approvals.application_id OR beside.browser <> approvals.browser)) THEN FALSE ELSE TRUE END`, now)
	}
	if m.Decision != nil && m.Decision.DeviceID != "" {
		update.add(` AND CASE WHEN EXISTS (SELECT 1 FROM devices
			WHERE devices.id = ? AND devices.status = 'active' AND devices.person_id = approvals.person_id) THEN TRUE ELSE FALSE END`, m.Decision.DeviceID)
	}
	update.add(" RETURNING id, person_id, membership_id, previous")
	return &update
}

// settings are the columns that an edge sets beside the state.
func (s *statement) settings(m approval.Move) {
	if d := m.Decision; d != nil {
		// A report leaves the answer that was there before, and is the answer where there was none.
		for _, column := range []struct {
			name  string
			value any
		}{{"decided_by", reference(d.DeviceID)}, {"method", d.Method}, {"verified", d.Verified}, {"local", d.Local}, {"decided", millis(d.At)}} {
			s.add(", "+column.name+" = CASE WHEN decided = 0 THEN ? ELSE "+column.name+" END", column.value)
		}
	}
	switch m.To {
	case approval.Approved:
		if m.Decision != nil {
			s.add(", redeem_by = ?", millis(m.Decision.RedeemBy))
		}
	case approval.Released:
		s.add(", released = ?", millis(m.Now))
		if m.Redeemed != nil {
			s.add(", redeem_key = ?, assertion_id = ?", m.Redeemed.Key, m.Redeemed.AssertionID)
		}
	case approval.Reported:
		s.add(", reported = ?, previous = state", millis(m.Now))
	case approval.Pending, approval.Denied, approval.Mismatched, approval.Expired, approval.Cancelled, approval.Superseded, approval.Lapsed:
	}
}

// keepDecision keeps what was signed. It tells false when the phone used the id before. With others that is found at the end, and then
// the change is made by itself, where it is told.
func keepDecision(tx *transaction, d *approval.Decision) (bool, error) {
	if d == nil || d.Evidence == "" {
		return true, nil
	}
	row := decisionRowOf(*d)
	insert := "INSERT INTO decisions (" + decisionColumns + ") VALUES " + places(len(row.values()))
	if tx.joined() {
		return true, tx.write(insert, row.values()...)
	}
	_, err := tx.exec(insert, row.values()...)
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return false, nil
	}
	return err == nil, err
}

func moveBudget(tx *transaction, personID string, next func(approval.Budget) approval.Budget, read func() (approval.Budget, error)) error {
	if next == nil {
		return nil
	}
	budget, err := read()
	if err != nil {
		return err
	}
	after := next(budget)
	if reflect.DeepEqual(after, budget) { // mostly, after an approval
		return nil
	}
	return keepBudget(tx, personID, after)
}
