package store

import (
	"context"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

var _ accounts.Numbers = (*Store)(nil)

type numberProofRow struct {
	ID          string
	PersonID    string
	Number      string
	NumberIndex string
	Code        string
	Tries       int
	Created     int64
	Used        int64
}

// TableName names the table.
func (numberProofRow) TableName() string { return "number_proofs" }

func (r *numberProofRow) fields() []any {
	return []any{&r.ID, &r.PersonID, &r.Number, &r.NumberIndex, &r.Code, &r.Tries, &r.Created, &r.Used}
}

func (r numberProofRow) place() secret.Place {
	return secret.Place{Scope: secret.Installation, Table: "number_proofs", Column: "number", Row: r.ID}
}

// AddNumberProof stores a proof if it may be sent after those that were.
func (s *Store) AddNumberProof(ctx context.Context, p accounts.NumberProof, may func(accounts.Sent) bool) (bool, error) {
	row := numberProofRow{ID: p.ID, PersonID: p.PersonID, NumberIndex: p.Index, Code: p.Code, Created: millis(p.Created)}
	var err error
	if row.Number, err = s.vault.Seal(ctx, row.place(), secret.Secret(p.Number)); err != nil {
		return false, err
	}
	day := p.Created.Add(-24 * time.Hour)
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		of, err := all[timeRow](tx.conn, "SELECT created FROM number_proofs WHERE person_id = "+text+" AND created > "+number+" ORDER BY created, id", p.PersonID, millis(day))
		if err != nil {
			return false, err
		}
		to, err := all[timeRow](tx.conn, "SELECT created FROM number_proofs WHERE number_index = "+text+" AND created > "+number+" ORDER BY created", p.Index, millis(day))
		if err != nil {
			return false, err
		}
		sent := accounts.Sent{}
		if len(of) > 0 {
			sent.Last = moment(of[len(of)-1].at)
		}
		for _, rows := range [][]timeRow{of, to} {
			count(&sent, rows, p.Created)
		}
		if !may(sent) {
			return false, nil
		}
		return true, tx.Create(&row).Error
	})
}

// count keeps the larger counts, and of those the times by which they shrink.
func count(sent *accounts.Sent, rows []timeRow, now time.Time) {
	hour := rows
	for len(hour) > 0 && hour[0].at <= millis(now.Add(-time.Hour)) {
		hour = hour[1:]
	}
	if len(hour) > sent.Hour {
		sent.Hour, sent.OldestHour = len(hour), moment(hour[max(0, len(hour)-accounts.NumbersPerHour)].at)
	}
	if len(rows) > sent.Day {
		sent.Day, sent.OldestDay = len(rows), moment(rows[max(0, len(rows)-accounts.NumbersPerDay)].at)
	}
}

// TryNumber counts a try, in a transaction of its own, and gives what to compare it with.
func (s *Store) TryNumber(ctx context.Context, personID string, since, now time.Time) (accounts.NumberProof, accounts.NumberTries, error) {
	var row numberProofRow
	var tries accounts.NumberTries
	err := s.write(ctx, func(tx *transaction) error {
		var err error
		if row, err = newestProof(tx.conn, personID, since); err != nil {
			return err
		}
		if _, err = tx.exec("UPDATE number_proofs SET tries = tries + 1 WHERE id = ?", row.ID); err != nil {
			return err
		}
		hour, err := one[timeRow](tx.conn, errRefused, "SELECT coalesce(sum(tries), 0) FROM number_proofs WHERE person_id = "+text+" AND created > "+number, personID, millis(now.Add(-time.Hour)))
		tries = accounts.NumberTries{Message: row.Tries + 1, Hour: int(hour.at)}
		return err
	})
	if err != nil {
		return accounts.NumberProof{}, accounts.NumberTries{}, err
	}
	proof, err := s.proof(ctx, row)
	return proof, tries, err
}

// newestProof is the newest of the person, used or not: a code that was sent before it counts no longer.
func newestProof(c conn, personID string, since time.Time) (numberProofRow, error) {
	row, err := one[numberProofRow](c, accounts.ErrNotFound, `SELECT id, person_id, number, number_index, code, tries, created, used FROM number_proofs
		WHERE person_id = `+text+" AND created > "+number+" ORDER BY created DESC, id DESC LIMIT 1", personID, millis(since))
	if err == nil && row.Used > 0 {
		err = accounts.ErrNotFound
	}
	return row, err
}

func (s *Store) proof(ctx context.Context, r numberProofRow) (accounts.NumberProof, error) {
	opened, err := s.vault.Open(ctx, r.place(), r.Number)
	return accounts.NumberProof{
		ID: r.ID, PersonID: r.PersonID, Number: opened.Reveal(), Index: r.NumberIndex, Code: r.Code, Created: moment(r.Created),
	}, err
}

// NumberProof finds the proof that waits for its code.
func (s *Store) NumberProof(ctx context.Context, personID string, since time.Time) (accounts.NumberProof, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return accounts.NumberProof{}, err
	}
	row, err := newestProof(c, personID, since)
	if err != nil {
		return accounts.NumberProof{}, err
	}
	return s.proof(ctx, row)
}

// SetNumber uses a proof up and gives the person its number.
func (s *Store) SetNumber(ctx context.Context, p accounts.NumberProof, now time.Time, entry audit.Entry) error {
	sealed, err := s.vault.Seal(ctx, numberPlace(p.PersonID), secret.Secret(p.Number))
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *transaction) error {
		used, err := changed(tx.Model(&numberProofRow{}).Where("id = ? AND used = 0", p.ID).UpdateColumn("used", millis(now)))
		if err == nil && !used {
			err = accounts.ErrNotFound
		}
		if err != nil {
			return err
		}
		if err = tx.Model(&personRow{}).Where("id = ?", p.PersonID).UpdateColumns(map[string]any{
			"number": sealed, "number_index": p.Index, "number_proven": millis(now),
		}).Error; err != nil {
			return err
		}
		return record(tx, entry)
	})
}

// RemoveNumber forgets a person's number.
func (s *Store) RemoveNumber(ctx context.Context, personID string, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		removed, err := changed(tx.Model(&personRow{}).Where("id = ? AND number_index <> ''", personID).
			UpdateColumns(map[string]any{"number": "", "number_index": "", "number_proven": 0}))
		if err != nil || !removed {
			return false, err
		}
		return true, record(tx, entry)
	})
}
