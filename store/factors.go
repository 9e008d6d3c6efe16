package store

import (
	"context"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/otp"
)

// BeginApp keeps an app that is not activated, in the place of any such app before it.
func (s *Store) BeginApp(ctx context.Context, e otp.Enrolment, most int, entry audit.Entry) error {
	row := authenticatorRow{ID: e.ID, PersonID: e.PersonID, BegunBy: e.By, Created: millis(e.Created)}
	var err error
	if row.Secret, err = s.vault.Seal(ctx, row.place(), e.Secret); err != nil {
		return err
	}
	return s.write(ctx, func(tx *transaction) error {
		may, err := mayLink(tx, e.PersonID, e.By)
		if err == nil && !may {
			err = otp.ErrNone
		}
		if err != nil {
			return err
		}
		if err := roomForApp(tx, e.PersonID, most); err != nil {
			return err
		}
		if err := tx.Where(isApp+" AND confirmed = 0", e.PersonID).Delete(&authenticatorRow{}).Error; err != nil {
			return err
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return record(tx, entry)
	})
}

// roomForApp refuses when the person has as many activated apps as one may have.
func roomForApp(tx *transaction, personID string, most int) error {
	var apps int64
	err := tx.Model(&authenticatorRow{}).Where(isApp+" AND confirmed > 0", personID).Count(&apps).Error
	if err == nil && apps >= int64(most) {
		err = otp.ErrTooManyApps
	}
	return err
}

// hasBegun is the person's app that is not activated, for the session that began it.
const hasBegun = isApp + " AND confirmed = 0 AND begun_by = ? AND created > ?"

// Beginning gives the person's app that the session has begun.
func (s *Store) Beginning(ctx context.Context, personID, by string, since time.Time) (otp.Enrolment, error) {
	row, err := find[authenticatorRow](s.read(ctx).Where(hasBegun, personID, by, millis(since)), otp.ErrNone)
	if err != nil {
		return otp.Enrolment{}, err
	}
	key, err := s.vault.Open(ctx, row.place(), row.Secret)
	return otp.Enrolment{ID: row.ID, PersonID: row.PersonID, By: row.BegunBy, Secret: key, Created: moment(row.Created)}, err
}

// ActivateApp makes an app count.
func (s *Store) ActivateApp(ctx context.Context, a otp.Activation, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		if err := roomForApp(tx, a.PersonID, a.MaxApps); err != nil {
			return false, err
		}
		if may, err := mayLink(tx, a.PersonID, a.By); err != nil || !may {
			return false, err
		}
		if err := endStray(tx, a.PersonID, a.Now); err != nil {
			return false, err
		}
		activated, err := changed(tx.Model(&authenticatorRow{}).
			Where("id = ? AND "+hasBegun, a.ID, a.PersonID, a.By, millis(a.Since)).
			UpdateColumns(map[string]any{"name": a.Name, "begun_by": "", "last_step": a.Step, "confirmed": millis(a.Now), "used": millis(a.Now)}))
		if err != nil || !activated {
			return false, err
		}
		if err := countFactors(tx, a.PersonID); err != nil {
			return false, err
		}
		if err := record(tx, entry); err != nil {
			return false, err
		}
		return true, endRecovery(tx, a.PersonID, a.Now)
	})
}

func (r authenticatorRow) app() otp.App {
	return otp.App{ID: r.ID, Name: r.Name, Created: moment(r.Confirmed), Used: moment(r.Used)}
}

// Apps gives the person's activated apps, oldest first.
func (s *Store) Apps(ctx context.Context, personID string) ([]otp.App, error) {
	return list(s.read(ctx).Where(isApp+" AND confirmed > 0", personID).Order("created, id"), authenticatorRow.app)
}

// RemoveApp removes an activated app of the person.
func (s *Store) RemoveApp(ctx context.Context, personID, id string, keepOne bool, entry audit.Entry) (otp.App, error) {
	var removed otp.App
	err := s.write(ctx, func(tx *transaction) error {
		row, err := find[authenticatorRow](tx.Where("id = ? AND "+isApp+" AND confirmed > 0", id, personID), otp.ErrNone)
		if err != nil {
			return err
		}
		if err = tx.Where("id = ?", id).Delete(&authenticatorRow{}).Error; err != nil {
			return err
		}
		left, err := hasDevice(tx, personID)
		if err != nil {
			return err
		}
		if keepOne && !left {
			return otp.ErrLastFactor
		}
		if err = countFactors(tx, personID); err != nil {
			return err
		}
		removed = row.app()
		entry := entry
		entry.Tell = filled(entry.Tell, func(n *accounts.Notice) { n.Device = removed.Name })
		return record(tx, entry)
	})
	if err != nil {
		return otp.App{}, err
	}
	return removed, nil
}

// countFactors writes with the person how many apps and unused recovery codes there are, for
// the logins to come.
func countFactors(tx *transaction, personID string) error {
	_, err := tx.exec(`UPDATE persons SET
		apps = (SELECT COUNT(*) FROM authenticators AS a WHERE a.person_id = persons.id AND a.device_id IS NULL AND a.confirmed > 0),
		recovery_codes = (SELECT COUNT(*) FROM recovery_codes AS r WHERE r.person_id = persons.id AND r.used = 0)
		WHERE id = ?`, personID)
	return err
}

type recoveryCodeRow struct {
	PersonID string `gorm:"primaryKey"`
	Hash     string `gorm:"primaryKey"`
	Created  int64
	Used     int64
}

// TableName names the table.
func (recoveryCodeRow) TableName() string { return "recovery_codes" }

// endStray ends what was laid aside by who has no second factor, before the first one counts, so that
// nothing from the time without one answers beside it: recovery codes, and a number that was not proven
// just now. Whoever knew the password could have done either.
func endStray(tx *transaction, personID string, now time.Time) error {
	has, err := hasFactor(tx, personID)
	if err != nil || has {
		return err
	}
	if err = tx.Where("person_id = ?", personID).Delete(&recoveryCodeRow{}).Error; err != nil {
		return err
	}
	if err = countFactors(tx, personID); err != nil {
		return err
	}
	return endStrayNumber(tx, personID, now)
}

// KeepRecoveryCodes makes these the person's only ones, beside a factor that counts.
func (s *Store) KeepRecoveryCodes(ctx context.Context, personID string, hashes []string, at time.Time, entry audit.Entry) error {
	rows := make([]recoveryCodeRow, 0, len(hashes))
	for _, hash := range hashes {
		rows = append(rows, recoveryCodeRow{PersonID: personID, Hash: hash, Created: millis(at)})
	}
	return s.write(ctx, func(tx *transaction) error {
		has, err := hasFactor(tx, personID)
		if err != nil {
			return err
		}
		if !has {
			return otp.ErrNoFactor
		}
		if err := tx.Where("person_id = ?", personID).Delete(&recoveryCodeRow{}).Error; err != nil {
			return err
		}
		if len(rows) > 0 {
			if err := tx.Create(&rows).Error; err != nil {
				return err
			}
		}
		if err := countFactors(tx, personID); err != nil {
			return err
		}
		return record(tx, entry)
	})
}

// RecoveryCodes counts the person's unused ones, and tells when the present ones were made.
func (s *Store) RecoveryCodes(ctx context.Context, personID string) (left int, made time.Time, err error) {
	var rows []recoveryCodeRow
	err = s.read(ctx).Where("person_id = ?", personID).Find(&rows).Error
	for _, row := range rows {
		made = moment(row.Created)
		if row.Used == 0 {
			left++
		}
	}
	return left, made, err
}

// UseRecoveryCode uses one up.
func (s *Store) UseRecoveryCode(ctx context.Context, personID, hash string, at time.Time, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		used, err := changed(tx.Model(&recoveryCodeRow{}).Where("person_id = ? AND hash = ? AND used = 0", personID, hash).UpdateColumn("used", millis(at)))
		if err != nil || !used {
			return false, err
		}
		if err := countFactors(tx, personID); err != nil {
			return false, err
		}
		return true, record(tx, entry)
	})
}
