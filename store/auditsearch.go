package store

import (
	"cmp"
	"context"
	"slices"

	"gorm.io/gorm"

	"example.com/aye/internal/audit"
)

// SearchAudit gives the rows that fit, the newest first. Who or to whom is looked up for each id by itself, because only
// so does the index give rows in their order.
func (s *Store) SearchAudit(ctx context.Context, q audit.Query) ([]audit.Row, error) {
	var found []audit.Row
	for _, key := range s.keysOf(q) {
		rows, err := list(narrow(s.read(ctx), q).Where(key.condition, key.id).Order("sequence DESC").Limit(q.Limit), auditRow.row)
		if err != nil {
			return nil, err
		}
		found = append(found, rows...)
	}
	slices.SortFunc(found, func(a, b audit.Row) int { return cmp.Compare(b.Sequence, a.Sequence) })
	found = slices.CompactFunc(found, func(a, b audit.Row) bool { return a.Sequence == b.Sequence })
	found = found[:min(len(found), q.Limit)]
	for i := range found {
		row := &found[i]
		if len(row.Commitments) == 0 {
			continue
		}
		kept, err := openings(s.read(ctx), q.OrganisationID, row.Sequence, row.Sequence)
		if err != nil {
			return nil, err
		}
		row.Openings, row.Personal = kept[row.Sequence], map[string]string{}
		for _, o := range row.Openings {
			row.Personal[o.Name] = o.Value
		}
	}
	return found, nil
}

// auditKey is a condition that an index answers.
type auditKey struct {
	condition string
	id        any
}

func (s *Store) keysOf(q audit.Query) []auditKey {
	var keys []auditKey
	for _, id := range q.Subjects {
		keys = append(keys, auditKey{"subject = ?", id}, auditKey{s.dialect.user + " = ?", id})
	}
	if len(keys) > 0 {
		return keys
	}
	for _, id := range q.Actors {
		keys = append(keys, auditKey{"actor = ?", id})
	}
	if len(keys) > 0 {
		return keys
	}
	return []auditKey{{"organisation = ?", q.OrganisationID}}
}

// narrow is what holds for all keys.
func narrow(db *gorm.DB, q audit.Query) *gorm.DB {
	db = db.Where("organisation = ?", q.OrganisationID)
	if len(q.Subjects) > 0 && len(q.Actors) > 0 {
		// The empty text keeps this from being looked up: then the rows would come in another order.
		db = db.Where("actor || '' IN ?", q.Actors)
	}
	if len(q.Actions) > 0 {
		db = db.Where("action IN ?", q.Actions)
	}
	if !q.From.IsZero() {
		db = db.Where("at >= ?", millis(q.From))
	}
	if !q.Until.IsZero() {
		db = db.Where("at < ?", millis(q.Until))
	}
	if q.Before > 0 {
		db = db.Where("sequence < ?", q.Before)
	}
	return db
}
