package store

import (
	"context"
	"time"

	"example.com/aye/approval"
)

// eraseSize is how many requests are erased in one transaction, so that none takes long.
const eraseSize = 500

// Erase forgets where requests came from that were made before the time, and the counts of
// tries for them. It tells whether there is more to do.
func (s *Store) Erase(ctx context.Context, before time.Time) (more bool, err error) {
	var ids []string
	err = s.write(ctx, func(tx *transaction) error {
		if failure := tx.Model(&approvalRow{}).Where("created < ? AND challenge <> ''", millis(before)).Order("created").
			Limit(eraseSize).Pluck("id", &ids).Error; failure != nil || len(ids) == 0 {
			return failure
		}
		scopes := make([]string, 0, len(ids))
		for _, id := range ids {
			scopes = append(scopes, "request:"+id)
		}
		if failure := tx.Where("scope IN ?", scopes).Delete(&triesRow{}).Error; failure != nil {
			return failure
		}
		return tx.Model(&approvalRow{}).Where("id IN ?", ids).UpdateColumns(map[string]any{
			"challenge": "", "ip": "", "user_agent": "", "browser": "", "place": "", "message": "", "details": documentOf([]approval.Detail(nil)),
		}).Error
	})
	if err != nil {
		return false, err
	}
	return len(ids) == eraseSize, nil
}
