package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

var _ accounts.Letters = (*Store)(nil)

type letterRow struct {
	Hash     string `gorm:"primaryKey"`
	Kind     accounts.LetterKind
	PersonID reference
	Address  string
	Email    string
	Created  int64
	Used     int64
}

// TableName names the table.
func (letterRow) TableName() string { return "letters" }

func (r *letterRow) fields() []any {
	return []any{&r.Hash, (*string)(&r.Kind), &r.PersonID, &r.Address, &r.Email, &r.Created}
}

func (r letterRow) place() secret.Place {
	return secret.Place{Scope: secret.Installation, Table: "letters", Column: "email", Row: r.Hash}
}

func (s *Store) mailed(ctx context.Context, r letterRow) (accounts.MailedLetter, error) {
	open := s.unseal
	if r.Kind == accounts.LetterEmail {
		open = s.vault.Open
	}
	email, err := open(ctx, r.place(), r.Email)
	return accounts.MailedLetter{
		Hash: r.Hash, Kind: r.Kind, PersonID: string(r.PersonID), Address: r.Address, Email: email.Reveal(), Created: moment(r.Created),
	}, err
}

// AddLetter stores a letter unless too many went out.
func (s *Store) AddLetter(ctx context.Context, l accounts.MailedLetter, most int, within time.Duration, tell ...any) (ok bool, until time.Time, err error) {
	row := letterRow{Hash: l.Hash, Kind: l.Kind, PersonID: reference(l.PersonID), Address: l.Address, Created: millis(l.Created)}
	if row.Email, err = s.seal(ctx, row.place(), secret.Secret(l.Email)); err != nil {
		return false, time.Time{}, err
	}
	begin := millis(l.Created.Add(-within))
	ok, err = s.attempt(ctx, func(tx *transaction) (bool, error) {
		until = time.Time{}
		to, failure := all[timeRow](tx.conn, "SELECT created FROM letters WHERE kind = "+text+" AND address = "+text+" AND created > "+number+" ORDER BY created", l.Kind, l.Address, begin)
		if failure != nil {
			return false, failure
		}
		of, failure := all[timeRow](tx.conn, "SELECT created FROM letters WHERE person_id = "+text+" AND kind = "+text+" AND created > "+number+" ORDER BY created", l.PersonID, l.Kind, begin)
		if failure != nil {
			return false, failure
		}
		for _, sent := range [][]timeRow{to, of} {
			if len(sent) >= most {
				if end := moment(sent[len(sent)-most].at).Add(within); end.After(until) {
					until = end
				}
			}
		}
		if !until.IsZero() {
			return false, nil
		}
		if l.Kind == accounts.LetterEmail {
			if failure = tx.Model(&letterRow{}).Where("person_id = ? AND kind = ? AND used = 0", l.PersonID, l.Kind).UpdateColumn("used", millis(l.Created)).Error; failure != nil {
				return false, failure
			}
		}
		if failure = tx.Create(&row).Error; failure != nil {
			return false, failure
		}
		return true, tx.post(l.Created, tell...)
	})
	if err != nil || ok {
		return ok, time.Time{}, err
	}
	return false, until, nil
}

// timeRow is a time alone.
type timeRow struct{ at int64 }

func (r *timeRow) fields() []any { return []any{&r.at} }

// FindLetter looks at an unused letter.
func (s *Store) FindLetter(ctx context.Context, hash string, kind accounts.LetterKind, since time.Time) (accounts.MailedLetter, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return accounts.MailedLetter{}, err
	}
	return s.findLetter(ctx, c, hash, kind, since)
}

func (s *Store) findLetter(ctx context.Context, c conn, hash string, kind accounts.LetterKind, since time.Time) (accounts.MailedLetter, error) {
	row, err := one[letterRow](c, accounts.ErrNotFound, `SELECT hash, kind, person_id, address, email, created FROM letters
		WHERE hash = ? AND kind = ? AND created > ? AND used = 0 AND person_id IS NOT NULL`, hash, kind, millis(since))
	if err != nil {
		return accounts.MailedLetter{}, err
	}
	return s.mailed(ctx, row)
}

// endLetters makes all links of the person useless that were mailed and not used.
func endLetters(tx *transaction, personID string, now time.Time) error {
	_, err := tx.exec("UPDATE letters SET used = ? WHERE person_id = ? AND used = 0", millis(now), personID)
	return err
}

// UseReset uses a letter up, and all others of the person with it.
func (s *Store) UseReset(ctx context.Context, hash string, since, now time.Time, entry audit.Entry) (accounts.MailedLetter, error) {
	var used accounts.MailedLetter
	err := s.write(ctx, func(tx *transaction) error {
		var err error
		if used, err = s.findLetter(ctx, tx.conn, hash, accounts.LetterReset, since); err != nil {
			return err
		}
		_, err = tx.exec("UPDATE letters SET used = ? WHERE person_id = ? AND kind = ? AND used = 0", millis(now), used.PersonID, accounts.LetterReset)
		if err != nil {
			return err
		}
		// Only here it is known whose letter it was.
		entry.Actor, entry.Subject = used.PersonID, used.PersonID
		return record(tx, entry)
	})
	if err != nil {
		return accounts.MailedLetter{}, err
	}
	return used, nil
}

// UseEmail uses a letter up and gives the person its address.
func (s *Store) UseEmail(ctx context.Context, hash string, since, now time.Time, entry audit.Entry) (after accounts.Person, err error) {
	err = s.write(ctx, func(tx *transaction) error {
		l, failure := s.findLetter(ctx, tx.conn, hash, accounts.LetterEmail, since)
		if failure != nil {
			return failure
		}
		row, failure := one[personRow](tx.conn, accounts.ErrNotFound, "SELECT "+personColumns+" FROM persons AS p WHERE p.id = ?", l.PersonID)
		if failure != nil {
			return failure
		}
		entry.Tell = filled(entry.Tell, func(n *accounts.Notice) { n.Email = row.Email })
		row.Email = l.Email
		if failure = tx.Model(&personRow{}).Where("id = ?", l.PersonID).UpdateColumn("email", l.Email).Error; failure != nil {
			if errors.Is(failure, gorm.ErrDuplicatedKey) {
				failure = accounts.ErrExists
			}
			return failure
		}
		// A link to a new password that went to the address before must not outlive it.
		if failure = endLetters(tx, l.PersonID, now); failure != nil {
			return failure
		}
		if after, failure = s.person(ctx, row); failure != nil {
			return failure
		}
		entry.Actor, entry.Subject = l.PersonID, l.PersonID
		return record(tx, entry)
	})
	if err != nil {
		return accounts.Person{}, err
	}
	return after, nil
}
