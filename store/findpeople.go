package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"example.com/aye/accounts"
)

// FindPeople gives active members whose address or name has the text in it, or whose number has the index. Of all
// organisations together it gives those of a whole address, or of a number, alone.
func (s *Store) FindPeople(ctx context.Context, organisationID, part, numberIndex string, limit int) ([]accounts.Member, error) {
	if part == "" && numberIndex == "" {
		return nil, nil
	}
	folded := strings.ToLower(part)
	var query statement
	if organisationID == "" {
		query.add("p.id IN (SELECT id FROM persons WHERE email = "+text+" UNION ALL SELECT id FROM persons WHERE number_index = "+text+" AND number_index <> '') AND m.status = 'active'",
			folded, numberIndex)
	} else {
		// The name also as it was typed: SQLite knows the small letters of ASCII alone.
		query.add("m.organisation_id = "+text+` AND m.status <> 'ended' AND m.status = 'active' AND (p.number_index = ? AND p.number_index <> ''
			OR ? <> '' AND (replace(p.email, ?, '') <> p.email OR replace(lower(p.display), ?, '') <> lower(p.display) OR replace(p.display, ?, '') <> p.display))`, organisationID, numberIndex, part, folded, folded, part)
	}
	query.add(" LIMIT "+number, limit)
	people, err := s.membersWhere(ctx, query.text, query.values...)
	slices.SortFunc(people, func(a, b accounts.Member) int {
		return cmp.Or(cmp.Compare(a.Person.Email, b.Person.Email), cmp.Compare(a.ID, b.ID))
	})
	return people, err
}
