package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm/clause"

	"example.com/aye/internal/secret"
	"example.com/aye/otp"
)

var _ otp.Store = (*Store)(nil)

type authenticatorRow struct {
	ID        string
	PersonID  string
	DeviceID  reference
	Name      string
	BegunBy   string
	Secret    string
	LastStep  int64
	Created   int64
	Confirmed int64
	Used      int64
}

// TableName names the table.
func (authenticatorRow) TableName() string { return "authenticators" }

func (r authenticatorRow) place() secret.Place {
	return secret.Place{Scope: secret.Installation, Table: "authenticators", Column: "secret", Row: r.ID}
}

// heldRow is an authenticator with the organisation of a phone that counts for that one alone.
type heldRow struct {
	Authenticator  authenticatorRow `gorm:"embedded"`
	OrganisationID string
}

// isApp is an authenticator that no phone holds.
const isApp = "person_id = ? AND device_id IS NULL"

// Authenticators gives those of the person's active phones, and activated apps, oldest first: a
// phone that is not trusted yet makes no codes that count, and neither does an app that has not
// shown one.
func (s *Store) Authenticators(ctx context.Context, personID string) ([]otp.Authenticator, error) {
	query := s.read(ctx).Table("authenticators").Select(columnsOf(s.reader, &authenticatorRow{})+", CASE WHEN devices.local <> 0 THEN devices.organisation_id ELSE '' END AS organisation_id").
		Joins("LEFT JOIN devices ON devices.id = authenticators.device_id").
		Where("authenticators.person_id = ?", personID).
		Where("devices.status = 'active' OR (authenticators.device_id IS NULL AND authenticators.confirmed > 0)").
		Order("authenticators.created, authenticators.id")
	return unsealed(query, func(held heldRow) (otp.Authenticator, error) {
		r := held.Authenticator
		key, err := s.vault.Open(ctx, r.place(), r.Secret)
		return otp.Authenticator{
			ID: r.ID, PersonID: r.PersonID, DeviceID: string(r.DeviceID), OrganisationID: held.OrganisationID, Secret: key, LastStep: r.LastStep,
		}, err
	})
}

// UseStep moves the last step up. It is one statement, which looks at its own row.
func (s *Store) UseStep(ctx context.Context, authenticatorID string, step int64, at time.Time) (bool, error) {
	return s.about().attempt(ctx, func(tx *transaction) (bool, error) {
		return changed(tx.Model(&authenticatorRow{}).Where("id = ? AND last_step < ?", authenticatorID, step).
			UpdateColumns(map[string]any{"last_step": step, "used": millis(at)}))
	})
}

// triesRow is the times of the tries that still count against a limit.
type triesRow struct {
	Scope string `gorm:"primaryKey"`
	Times document[[]int64]
}

// TableName names the table.
func (triesRow) TableName() string { return "tries" }

// count leaves out what has passed, and gives until when there may be no other try.
func (r *triesRow) count(limit otp.Limit, now time.Time) (full bool, until time.Time) {
	if limit.Window > 0 {
		begin, kept := millis(now.Add(-limit.Window)), []int64{}
		for _, at := range r.Times.value {
			if at > begin {
				kept = append(kept, at)
			}
		}
		r.Times.value = kept
	}
	over := len(r.Times.value) - limit.Most
	if over < 0 {
		return false, time.Time{}
	}
	if limit.Window == 0 || over >= len(r.Times.value) {
		return true, time.Time{}
	}
	return true, moment(r.Times.value[over]).Add(limit.Window)
}

// Spend counts one try against all limits or against none. It looks at the counts of its scopes, and is about each of them.
// Whoever forgets counts is alone.
func (s *Store) Spend(ctx context.Context, limits []otp.Limit, now time.Time) (ok bool, until time.Time, err error) {
	var refused, forGood bool
	var later time.Time
	keys := make([]string, 0, len(limits))
	for _, limit := range limits {
		keys = append(keys, keyTries+limit.Scope)
	}
	err = s.about(keys...).write(ctx, func(tx *transaction) error {
		refused, forGood, later = false, false, time.Time{}
		rows := make([]triesRow, 0, len(limits))
		for _, limit := range limits {
			row, failure := find[triesRow](tx.Where("scope = ?", limit.Scope), errRefused)
			if failure != nil && !errors.Is(failure, errRefused) {
				return failure
			}
			row.Scope = limit.Scope
			if full, end := row.count(limit, now); full {
				refused, forGood = true, forGood || end.IsZero()
				if end.After(later) {
					later = end
				}
			}
			row.Times.value = append(row.Times.value, millis(now))
			rows = append(rows, row)
		}
		if refused || len(rows) == 0 {
			return nil
		}
		return tx.Clauses(clause.OnConflict{UpdateAll: true}).Create(&rows).Error
	})
	if err != nil || !refused {
		return err == nil, time.Time{}, err
	}
	if forGood {
		return false, time.Time{}, nil
	}
	return false, later, nil
}

// Forget sets counts to nothing, those of a scope or of all that begin with one that ends in a
// colon. Mostly there is nothing, and then nothing is written.
func (s *Store) Forget(ctx context.Context, scopes ...string) error {
	if len(scopes) == 0 {
		return nil
	}
	c, err := s.reading(ctx)
	if err != nil {
		return err
	}
	values := make([]any, 0, 2*len(scopes))
	for _, scope := range scopes {
		values = append(values, scope, within(scope))
	}
	// Between, and no OR within one condition: each is then a range of the index.
	where := "scope BETWEEN ? AND ?" + strings.Repeat(" OR scope BETWEEN ? AND ?", len(scopes)-1)
	counted, err := all[found](c, "SELECT 1 FROM tries WHERE "+where, values...)
	if err != nil || len(counted) == 0 {
		return err
	}
	return s.write(ctx, func(tx *transaction) error { return tx.Where(where, values...).Delete(&triesRow{}).Error })
}

// within is the last scope that the given one can stand for: itself, or whatever comes after its colon.
func within(scope string) string {
	if begin, many := strings.CutSuffix(scope, ":"); many {
		return begin + ";" // the sign after the colon, so that all that begin with it come before
	}
	return scope
}
