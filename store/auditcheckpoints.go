package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"example.com/aye/internal/audit"
)

type auditCheckpointRow struct {
	Organisation string `gorm:"primaryKey"`
	Number       int64  `gorm:"primaryKey;autoIncrement:false"`
	Sequence     int64
	At           int64
	Floor        bool
	Signature    string
}

// TableName names the table.
func (auditCheckpointRow) TableName() string { return "audit_checkpoints" }

// UnsignedChains gives the chains that have grown since their last checkpoint, which is from before the time.
func (s *Store) UnsignedChains(ctx context.Context, before time.Time) ([]string, error) {
	var chains []string
	err := s.read(ctx).Raw("SELECT organisation FROM audit_heads AS h WHERE sequence > (SELECT COALESCE(MAX(sequence), 0) FROM audit_checkpoints "+
		"WHERE organisation = h.organisation AND floor = 0) AND NOT EXISTS (SELECT 1 FROM audit_checkpoints WHERE organisation = h.organisation "+
		"AND number = (SELECT MAX(number) FROM audit_checkpoints WHERE organisation = h.organisation) AND at >= ?) ORDER BY organisation", millis(before)).Scan(&chains).Error
	return chains, err
}

// AddCheckpoint signs how far the chain has come, and keeps it for each sink that must be told. Where no row has
// come since the last one, it does nothing.
func (s *Store) AddCheckpoint(ctx context.Context, organisationID string, sinks []string, sign func(audit.Checkpoint) (audit.Checkpoint, error)) error {
	return s.write(ctx, func(tx *transaction) error {
		end, err := tx.chainEnd(organisationID)
		if err != nil {
			return err
		}
		var signed int64
		err = tx.Raw("SELECT COALESCE(MAX(sequence), 0) FROM audit_checkpoints WHERE organisation = ? AND floor = 0", organisationID).Scan(&signed).Error
		if err != nil || end.Sequence <= signed {
			return err
		}
		return addCheckpoint(tx, audit.Checkpoint{Organisation: organisationID, Sequence: end.Sequence, Hash: end.Hash, At: s.now()}, sinks, sign)
	})
}

// addCheckpoint puts it behind the last one.
func addCheckpoint(tx *transaction, c audit.Checkpoint, sinks []string, sign func(audit.Checkpoint) (audit.Checkpoint, error)) error {
	var last auditCheckpointRow
	if err := tx.Where("organisation = ?", c.Organisation).Order("number DESC").Limit(1).Find(&last).Error; err != nil {
		return err
	}
	c.Number, c.Previous = last.Number+1, audit.First
	if last.Number > 0 {
		c.Previous = audit.Checkpoint{Text: last.Signature}.Digest()
	}
	c, err := sign(c)
	if err != nil {
		return err
	}
	_, err = tx.exec("INSERT INTO audit_checkpoints (organisation, number, sequence, at, floor, signature) VALUES (?, ?, ?, ?, ?, ?)",
		c.Organisation, c.Number, c.Sequence, millis(c.At), c.Floor, c.Text)
	for _, sink := range sinks {
		if err == nil {
			_, err = tx.exec("INSERT INTO audit_outbox (sink, organisation, number, next, attempts) VALUES (?, ?, ?, ?, 0)", sink, c.Organisation, c.Number, millis(c.At))
		}
	}
	return err
}

// PendingCheckpoint is one that a sink has not taken yet.
type PendingCheckpoint struct {
	Sink, Organisation string
	Number             int64
	Attempts           int
	// Signature is the signed form.
	Signature string
	At        int64
}

func (p *PendingCheckpoint) fields() []any {
	return []any{&p.Sink, &p.Organisation, &p.Number, &p.Attempts, &p.Signature, &p.At}
}

// PendingCheckpoints takes those that the sink is due to be told. Who took them has 90 seconds to tell them and to say so;
// nobody else is given them meanwhile.
func (s *Store) PendingCheckpoints(ctx context.Context, sink string, now time.Time, limit int) ([]PendingCheckpoint, error) {
	const itself = " FROM audit_checkpoints AS c WHERE c.organisation = o.organisation AND c.number = o.number)"
	query := "SELECT o.sink, o.organisation, o.number, o.attempts, (SELECT c.signature" + itself + ", (SELECT c.at" + itself +
		" FROM audit_outbox AS o WHERE o.sink = " + text + " AND o.next <= " + number + " AND EXISTS (SELECT 1" + itself + " ORDER BY o.next LIMIT " + number
	return take(ctx, s, query, []any{sink, millis(now), limit},
		func(tx *transaction, rows []PendingCheckpoint) error {
			for _, p := range rows {
				_, err := tx.exec("UPDATE audit_outbox SET next = ? WHERE sink = ? AND organisation = ? AND number = ?", millis(now.Add(lease)), p.Sink, p.Organisation, p.Number)
				if err != nil {
					return err
				}
			}
			return nil
		})
}

// CheckpointTold forgets that the sink is to be told, or puts it off until next.
func (s *Store) CheckpointTold(ctx context.Context, p PendingCheckpoint, told bool, next time.Time) error {
	return s.write(ctx, func(tx *transaction) error {
		statement, args := "UPDATE audit_outbox SET attempts = attempts + 1, next = ? WHERE sink = ? AND organisation = ? AND number = ?", []any{millis(next)}
		if told {
			statement, args = "DELETE FROM audit_outbox WHERE sink = ? AND organisation = ? AND number = ?", nil
		}
		_, err := tx.exec(statement, append(args, p.Sink, p.Organisation, p.Number)...)
		return err
	})
}

// checkpoints gives those of a chain, each with its signature checked.
func checkpoints(db *gorm.DB, organisationID string, keys audit.Keys) ([]audit.Checkpoint, error) {
	var rows []auditCheckpointRow
	if err := db.Where("organisation = ?", organisationID).Order("number").Find(&rows).Error; err != nil {
		return nil, err
	}
	points := make([]audit.Checkpoint, 0, len(rows))
	for _, r := range rows {
		c, err := keys.Checkpoint(r.Signature)
		if err != nil {
			return nil, &audit.Finding{Organisation: organisationID, Row: r.Sequence, Until: r.Sequence, Kind: audit.Forged, Words: err.Error()}
		}
		if c.Organisation != organisationID || c.Number != r.Number || c.Sequence != r.Sequence || c.Floor != r.Floor {
			return nil, &audit.Finding{Organisation: organisationID, Row: r.Sequence, Until: r.Sequence, Kind: audit.Forged, Words: "a checkpoint says something else than what is written beside it"}
		}
		points = append(points, c)
	}
	return points, nil
}
