package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm/clause"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
)

var _ accounts.Passwords = (*Store)(nil)

type passwordRow struct {
	PersonID string `gorm:"primaryKey"`
	Hash     string
}

// TableName names the table.
func (passwordRow) TableName() string { return "passwords" }

func (r *passwordRow) fields() []any { return []any{&r.Hash} }

// PasswordOf finds a person's password by the address. Each of the statements is made whether
// there is such a person or not.
func (s *Store) PasswordOf(ctx context.Context, email, browser string) (accounts.KeptPassword, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return accounts.KeptPassword{}, err
	}
	p, err := s.personByEmail(ctx, c, email)
	if err != nil && !errors.Is(err, accounts.ErrNotFound) {
		return accounts.KeptPassword{}, err
	}
	kept, err := one[passwordRow](c, errRefused, "SELECT hash FROM passwords WHERE person_id = ?", p.ID)
	if err != nil && !errors.Is(err, errRefused) {
		return accounts.KeptPassword{}, err
	}
	_, err = one[found](c, errRefused, "SELECT 1 FROM person_browsers WHERE person_id = ? AND browser = ?", p.ID, browser)
	if err != nil && !errors.Is(err, errRefused) {
		return accounts.KeptPassword{}, err
	}
	return accounts.KeptPassword{Person: p, Hash: kept.Hash, KnownBrowser: err == nil}, nil
}

// SetPassword stores what is kept of a password, and ends the links that were mailed before.
func (s *Store) SetPassword(ctx context.Context, personID, hash string, now time.Time, entry audit.Entry) error {
	return s.write(ctx, func(tx *transaction) error {
		found, err := changed(tx.Model(&personRow{}).Where("id = ? AND erased = 0", personID).UpdateColumn("password_set", millis(now)))
		if err != nil {
			return err
		}
		if !found {
			return accounts.ErrNotFound
		}
		if err = tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&passwordRow{personID, hash}).Error; err != nil {
			return err
		}
		if err = endLetters(tx, personID, now); err != nil {
			return err
		}
		return record(tx, entry)
	})
}

// Rehash replaces what is kept of the same password.
func (s *Store) Rehash(ctx context.Context, personID, before, after string) error {
	_, err := s.update(ctx, func(tx *transaction) (int64, error) {
		return tx.exec("UPDATE passwords SET hash = ? WHERE person_id = ? AND hash = ?", after, personID, before)
	})
	return err
}

// passwordTriesRow is how many wrong passwords there were in a row.
type passwordTriesRow struct {
	failures, until int64
}

func (r *passwordTriesRow) fields() []any { return []any{&r.failures, &r.until} }

// tried is how the counts of an account stand.
type tried struct {
	failures []int64
	refused  bool
	// until is when it may be tried again, where that is so.
	until time.Time
}

// tries looks at the counts of the account.
func tries(c conn, account string, all []accounts.Tries, now time.Time) (tried, error) {
	found, forGood := tried{failures: make([]int64, len(all))}, false
	for i, try := range all {
		row, err := one[passwordTriesRow](c, errRefused, "SELECT failures, until FROM password_tries WHERE account = ? AND scope = ?", account, try.Scope)
		if err != nil && !errors.Is(err, errRefused) {
			return tried{}, err
		}
		if end := moment(row.until); end.After(now) {
			found.refused = true
			if end.After(found.until) {
				found.until = end
			}
		}
		if try.Most > 0 && row.failures >= int64(try.Most) {
			found.refused, forGood = true, true
		}
		found.failures[i] = row.failures
	}
	if forGood {
		found.until = time.Time{}
	}
	return found, nil
}

// MayTry looks whether a try would be taken, and counts nothing.
func (s *Store) MayTry(ctx context.Context, account string, all []accounts.Tries, now time.Time) (ok bool, until time.Time, err error) {
	c, err := s.reading(ctx)
	if err != nil {
		return false, time.Time{}, err
	}
	found, err := tries(c, account, all, now)
	return err == nil && !found.refused, found.until, err
}

// SpendTry counts one try against all counts or against none. It looks at the counts of the account, and is about that.
func (s *Store) SpendTry(ctx context.Context, account string, all []accounts.Tries, now time.Time) (ok bool, until time.Time, err error) {
	var found tried
	err = s.about(keyAccount+account).write(ctx, func(tx *transaction) (failure error) {
		if found, failure = tries(tx.conn, account, all, now); failure != nil || found.refused {
			return failure
		}
		for i, try := range all {
			if failure = countTry(tx, account, try, found.failures[i]+1, now); failure != nil {
				return failure
			}
		}
		return nil
	})
	return err == nil && !found.refused, found.until, err
}

func countTry(tx *transaction, account string, try accounts.Tries, failures int64, now time.Time) error {
	until := int64(0)
	if try.Delay != nil {
		until = millis(now.Add(try.Delay(int(failures))))
	}
	_, err := tx.exec(`INSERT INTO password_tries (account, scope, failures, until, final, last) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (account, scope) DO UPDATE SET failures = excluded.failures, until = excluded.until, final = excluded.final, last = excluded.last`,
		account, try.Scope, failures, until, try.Most > 0 && failures >= int64(try.Most), millis(now))
	return err
}

// ForgetTries sets counts to nothing. It looks at nothing else than what it takes away.
func (s *Store) ForgetTries(ctx context.Context, account string, scopes ...string) error {
	return s.about(keyAccount+account).write(ctx, func(tx *transaction) error {
		if len(scopes) == 0 {
			_, err := tx.exec("DELETE FROM password_tries WHERE account = ?", account)
			return err
		}
		for _, scope := range scopes {
			if _, err := tx.exec("DELETE FROM password_tries WHERE account = ? AND scope = ?", account, scope); err != nil {
				return err
			}
		}
		return nil
	})
}

// KnowBrowser remembers that the person logged in with the browser.
func (s *Store) KnowBrowser(ctx context.Context, personID, browser string, now time.Time) error {
	_, err := s.update(ctx, func(tx *transaction) (int64, error) {
		return tx.exec(`INSERT INTO person_browsers (person_id, browser, created, seen) VALUES (?, ?, ?, ?)
			ON CONFLICT (person_id, browser) DO UPDATE SET seen = excluded.seen`, personID, browser, millis(now), millis(now))
	})
	return err
}
