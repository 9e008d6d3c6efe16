package store

import (
	"context"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/alerts"
	"example.com/aye/approval"
	"example.com/aye/internal/audit"
)

// casesKept is how long what an agent wrote down about a case is kept after its end, as long as the log.
const casesKept = audit.Life

// eraseSize is how many requests are erased in one transaction, so that none takes long.
const eraseSize = 500

// Erase forgets where requests came from that were made before the time, and the counts of
// tries for them; and old letters, imports, browsers, wrong passwords, notes of cases and alerts that nobody took. It tells whether there is more to do.
func (s *Store) Erase(ctx context.Context, before time.Time) (more bool, err error) {
	var ids []string
	err = s.write(ctx, func(tx *transaction) error {
		ids = nil
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
	old, err := s.eraseAccounts(ctx)
	return old || len(ids) == eraseSize, err
}

// eraseAccounts forgets what is left of people's errands.
func (s *Store) eraseAccounts(ctx context.Context) (more bool, err error) {
	now := s.now()
	for _, old := range []struct {
		statement string
		before    time.Time
	}{
		{"DELETE FROM letters WHERE hash IN (SELECT hash FROM letters WHERE created < ? ORDER BY created LIMIT ?)", now.Add(-accounts.LetterKept)},
		{"DELETE FROM number_proofs WHERE id IN (SELECT id FROM number_proofs WHERE created < ? ORDER BY created LIMIT ?)", now.Add(-accounts.LetterKept)},
		{"DELETE FROM imports WHERE id IN (SELECT id FROM imports WHERE created < ? AND state <> 'running' ORDER BY created LIMIT ?)", now.Add(-accounts.ImportLife)},
		{"DELETE FROM person_browsers WHERE (person_id, browser) IN (SELECT person_id, browser FROM person_browsers WHERE seen < ? ORDER BY seen LIMIT ?)", now.Add(-accounts.BrowserLife)},
		{"DELETE FROM password_tries WHERE (account, scope) IN (SELECT account, scope FROM password_tries WHERE last < ? AND final = 0 ORDER BY last LIMIT ?)", now.Add(-accounts.TriesKept)},
		{"UPDATE cases SET ticket = '', note = '' WHERE id IN (SELECT id FROM cases WHERE closed > 0 AND (ticket <> '' OR note <> '') AND closed < ? AND NOT " + isLive + " ORDER BY closed LIMIT ?)", now.Add(-casesKept)},
		{"DELETE FROM alert_deliveries WHERE id IN (SELECT id FROM alert_deliveries WHERE at < ? ORDER BY at LIMIT ?)", now.Add(-alerts.Life)},
	} {
		var erased int64
		err := s.write(ctx, func(tx *transaction) (err error) {
			erased, err = tx.exec(old.statement, millis(old.before), eraseSize)
			return err
		})
		if err != nil {
			return false, err
		}
		more = more || erased == eraseSize
	}
	return more, nil
}
