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
		hour, err := one[timeRow](tx.conn, errRefused, "SELECT CAST(coalesce(sum(tries), 0) AS BIGINT) FROM number_proofs WHERE person_id = "+text+" AND created > "+number, personID, millis(now.Add(-time.Hour)))
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

// SetNumber uses a proof up, and the message that had its code, and gives the person its number.
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
		if _, err = tx.exec("UPDATE sms_messages SET used = ? WHERE about = ? AND used = 0", millis(now), p.ID); err != nil {
			return err
		}
		changedAt, err := numberChanged(tx, p, now)
		if err != nil {
			return err
		}
		if err = tx.Model(&personRow{}).Where("id = ?", p.PersonID).UpdateColumns(map[string]any{
			"number": sealed, "number_index": p.Index, "number_proven": millis(now), "number_changed": changedAt,
		}).Error; err != nil {
			return err
		}
		return record(tx, entry)
	})
}

// knownNumberRow is the number that a person has, and since when it is another one.
type knownNumberRow struct {
	index   string
	changed int64
}

func (r *knownNumberRow) fields() []any { return []any{&r.index, &r.changed} }

// numberChanged is since when the number of the proof is another one than before: for who had none,
// and nothing else that a thief would have to get past, since never. Who is recovering had something.
func numberChanged(tx *transaction, p accounts.NumberProof, now time.Time) (int64, error) {
	known, err := one[knownNumberRow](tx.conn, accounts.ErrNotFound, "SELECT number_index, number_changed FROM persons WHERE id = ?", p.PersonID)
	if err != nil || known.index == p.Index {
		return known.changed, err
	}
	if err = endVouching(tx, p.PersonID); err != nil {
		return 0, err
	}
	has, err := hasFactor(tx, p.PersonID)
	if err != nil {
		return 0, err
	}
	person, err := recovering(tx, p.PersonID)
	if err != nil || (known.index == "" && known.changed == 0 && !has && person.caseID == "") {
		return 0, err
	}
	return millis(now), nil
}

// endVouching forgets what anybody said of the number before: should it come back, nobody knows who
// has it by then.
func endVouching(tx *transaction, personID string) error {
	_, err := tx.exec("UPDATE memberships SET vouched = '' WHERE person_id = ? AND status <> 'ended' AND vouched <> ''", personID)
	return err
}

// RemoveNumber forgets a person's number, and that text messages were a second factor.
func (s *Store) RemoveNumber(ctx context.Context, personID string, keepFactor bool, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		had, err := hasFactor(tx, personID)
		if err != nil {
			return false, err
		}
		removed, err := changed(tx.Model(&personRow{}).Where("id = ? AND number_index <> ''", personID).UpdateColumns(map[string]any{
			"number": "", "number_index": "", "number_proven": 0, "number_changed": millis(entry.At), "texts": 0,
		}))
		if err != nil || !removed {
			return false, err
		}
		left, err := hasFactor(tx, personID)
		if err != nil {
			return false, err
		}
		if keepFactor && had && !left {
			return false, accounts.ErrLastFactor
		}
		return true, record(tx, entry)
	})
}

// endStrayNumber takes the number away of who had no second factor, unless it was proven just now, as
// who sets the factor up does; or the factors went by a support case, so that it was proven beside one.
func endStrayNumber(tx *transaction, personID string, now time.Time) error {
	rows, err := tx.exec("UPDATE persons SET number = '', number_index = '', number_proven = 0, number_changed = ? WHERE id = ? AND number_index <> '' AND recovering = '' AND number_proven < ?",
		millis(now), personID, millis(now.Add(-accounts.NumberFresh)))
	if err != nil || rows == 0 {
		return err
	}
	return record(tx, audit.Entry{Actor: "system", Action: "person.number-removed", Subject: personID, At: now.UTC(), Data: map[string]string{"why": "laid-aside"}})
}
