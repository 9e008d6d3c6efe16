package store

import (
	"context"

	"example.com/aye/accounts"
)

// standingRow is a membership, and whether a phone, an app and text messages count for it.
type standingRow struct {
	id                 string
	phone, apps, texts bool
}

func (r *standingRow) fields() []any { return []any{&r.id, &r.phone, &r.apps, &r.texts} }

// Standings gives which second factors active members have. A phone that is local to another
// organisation does not count.
func (s *Store) Standings(ctx context.Context, organisationID string) (map[string]accounts.Standing, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := all[standingRow](c, `SELECT m.id, EXISTS (SELECT 1 FROM devices AS d
			WHERE d.person_id = m.person_id AND d.status <> 'removed' AND d.status = 'active' AND (d.local = 0 OR d.organisation_id = m.organisation_id)), p.apps > 0, p.texts > 0
		FROM memberships AS m JOIN persons AS p ON p.id = m.person_id
		WHERE m.organisation_id = `+text+` AND m.status <> 'ended' AND m.status = 'active'`, organisationID)
	if err != nil {
		return nil, err
	}
	standings := make(map[string]accounts.Standing, len(rows))
	for _, row := range rows {
		standings[row.id] = accounts.Standing{Phone: row.phone, App: row.apps, Texts: row.texts}
	}
	return standings, nil
}
