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

// SpendTry counts one try against all counts or against none. It looks at the counts of the account, and is about that.
func (s *Store) SpendTry(ctx context.Context, account string, tries []accounts.Tries, now time.Time) (ok bool, until time.Time, err error) {
	var refused, forGood bool
	var later time.Time
	err = s.about(keyAccount+account).write(ctx, func(tx *transaction) error {
		refused, forGood, later = false, false, time.Time{}
		rows := make([]passwordTriesRow, len(tries))
		for i, try := range tries {
			row, failure := one[passwordTriesRow](tx.conn, errRefused, "SELECT failures, until FROM password_tries WHERE account = ? AND scope = ?", account, try.Scope)
			if failure != nil && !errors.Is(failure, errRefused) {
				return failure
			}
			if end := moment(row.until); end.After(now) {
				refused = true
				if end.After(later) {
					later = end
				}
			}
			if try.Most > 0 && row.failures >= int64(try.Most) {
				refused, forGood = true, true
			}
			rows[i] = row
		}
		if refused {
			return nil
		}
		for i, try := range tries {
			if failure := countTry(tx, account, try, rows[i].failures+1, now); failure != nil {
				return failure
			}
		}
		return nil
	})
	if err != nil || !refused {
		return err == nil, time.Time{}, err
	}
	if forGood {
		return false, time.Time{}, nil
	}
	return false, later, nil
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
