package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"example.com/aye/internal/audit"
)

// auditPersonalRow is a personal value of an audit row. It can go while the row stays.
type auditPersonalRow struct {
	Organisation string `gorm:"primaryKey"`
	Sequence     int64  `gorm:"primaryKey;autoIncrement:false"`
	Name         string `gorm:"primaryKey"`
	Salt         []byte
	Value        string
	At           int64
}

// TableName names the table.
func (auditPersonalRow) TableName() string { return "audit_personal" }

// keepPersonal writes the personal values beside their row, and whom the row is about.
func keepPersonal(tx *transaction, row audit.Row) error {
	for _, o := range row.Openings {
		err := tx.write("INSERT INTO audit_personal (organisation, sequence, name, salt, value, at) VALUES (?, ?, ?, ?, ?, ?)",
			row.Organisation, row.Sequence, o.Name, o.Salt, o.Value, millis(row.At))
		if err != nil {
			return err
		}
	}
	if len(row.Openings) == 0 {
		return nil
	}
	for _, id := range people(row.Entry) {
		if err := tx.write("INSERT INTO audit_about (organisation, sequence, id) VALUES (?, ?, ?)", row.Organisation, row.Sequence, id); err != nil {
			return err
		}
	}
	return nil
}

// people are the ids in an entry that belong to somebody: persons, memberships, phones.
func people(entry audit.Entry) []string {
	ids := []string{entry.Actor, entry.Subject}
	for _, value := range entry.Data {
		ids = append(ids, strings.Fields(value)...) // some are lists
	}
	ids = slices.DeleteFunc(ids, func(id string) bool {
		prefix, _, found := strings.Cut(id, "_")
		return !found || !slices.Contains([]string{"per", "usr", "dev"}, prefix) || len(id) > 64
	})
	slices.Sort(ids)
	return slices.Compact(ids)
}

// fromWhere are the personal values that are not of whom a row is about, but of who did it.
const fromWhere = "('ip', 'browser')"

// isKept is the condition that a row tells of power over others. From where that was done is not for who did it to erase: it
// goes when it is old.
const isKept = "(substr(action, 1, 5) = 'case.' OR substr(action, 1, 8) = 'support.' OR substr(action, 1, 7) = 'member.' OR substr(action, 1, 12) = 'access-code.')"

// erasePersonal takes away the personal values of all rows that are about one of the ids, in every chain, and from where they
// did something themself. The rows stay, and so do their hashes.
func erasePersonal(tx *transaction, ids []string) error {
	for _, id := range ids {
		chains, err := all[chainRow](tx.conn, "SELECT DISTINCT organisation FROM audit_about WHERE id = ?", id)
		if err != nil {
			return err
		}
		for _, chain := range chains {
			if err = erasePersonalIn(tx, id, chain.organisation); err != nil {
				return err
			}
		}
	}
	return nil
}

// chainRow is whose chain it is; empty for that of the installation.
type chainRow struct{ organisation string }

func (r *chainRow) fields() []any { return []any{&r.organisation} }

// erasePersonalIn does so in one chain, for one id.
func erasePersonalIn(tx *transaction, id, organisationID string) error {
	for _, statement := range []string{
		"DELETE FROM audit_personal WHERE organisation = ? AND sequence IN (SELECT sequence FROM audit_about WHERE id = ? AND organisation = ?) AND name NOT IN " + fromWhere,
		"DELETE FROM audit_personal WHERE organisation = ? AND sequence IN (SELECT r.sequence FROM audit_about AS a JOIN audit_rows AS r ON r.organisation = a.organisation AND r.sequence = a.sequence" +
			" WHERE a.id = ? AND a.organisation = ? AND r.actor = a.id AND NOT " + isKept + ") AND name IN " + fromWhere,
	} {
		if _, err := tx.exec(statement, organisationID, id, organisationID); err != nil {
			return err
		}
	}
	_, err := tx.exec("DELETE FROM audit_about WHERE id = ? AND organisation = ?", id, organisationID)
	return err
}

// EraseOrigins forgets where rows were written from that are older than the time. It tells whether there is more to do.
func (s *Store) EraseOrigins(ctx context.Context, before time.Time) (more bool, err error) {
	var erased int64
	err = s.write(ctx, func(tx *transaction) (err error) {
		erased, err = tx.exec("DELETE FROM audit_personal WHERE (organisation, sequence, name) IN ("+
			"SELECT organisation, sequence, name FROM audit_personal WHERE name IN ('ip', 'browser') AND at < ? ORDER BY at LIMIT ?)", millis(before), eraseSize)
		return err
	})
	return erased == eraseSize, err
}

// openings gives what was not erased of the rows from one sequence to another, by sequence.
func openings(db *gorm.DB, organisationID string, from, to int64) (map[int64][]audit.Opening, error) {
	var rows []auditPersonalRow
	err := db.Where("organisation = ? AND sequence BETWEEN ? AND ?", organisationID, from, to).Order("sequence, name").Find(&rows).Error
	found := map[int64][]audit.Opening{}
	for _, r := range rows {
		found[r.Sequence] = append(found[r.Sequence], audit.Opening{Name: r.Name, Salt: r.Salt, Value: r.Value})
	}
	return found, err
}
