package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"example.com/aye/internal/audit"
)

// DropAudit drops the rows of all chains that were written before the time, which is the beginning of a month. First it
// verifies them, and signs where the chain begins from then on: a chain that somebody changed is dropped nowhere, and its
// error is an audit.Finding. It tells whether there is more to do.
func (s *Store) DropAudit(ctx context.Context, before time.Time, sinks []string, sign func(audit.Checkpoint) (audit.Checkpoint, error)) (more bool, err error) {
	chains, err := s.AuditChains(ctx)
	if err != nil {
		return false, err
	}
	keys, err := s.auditKeys(ctx)
	if err != nil {
		return false, err
	}
	var failures []error
	for _, chain := range chains {
		again, err := s.dropChain(ctx, chain, before, keys, sinks, sign)
		more = more || again
		if err != nil {
			failures = append(failures, fmt.Errorf("rows of before %s stay: %w", before.Format(time.DateOnly), err))
		}
	}
	return more, errors.Join(failures...)
}

func (s *Store) dropChain(ctx context.Context, organisationID string, before time.Time, keys audit.Keys, sinks []string, sign func(audit.Checkpoint) (audit.Checkpoint, error)) (more bool, err error) {
	var first auditRow
	err = s.read(ctx).Where("organisation = ?", organisationID).Order("sequence").Limit(1).Find(&first).Error
	if err != nil || first.Sequence == 0 || first.At >= millis(before) {
		return false, err
	}
	var floor audit.Checkpoint
	err = s.read(ctx).Transaction(func(tx *gorm.DB) (err error) {
		floor, err = newFloor(tx, organisationID, before, keys)
		return err
	})
	if err != nil {
		return false, err
	}
	if !floor.Floor {
		floor.Floor, floor.At = true, s.now()
		err = s.write(ctx, func(tx *transaction) error { return addCheckpoint(tx, floor, sinks, sign) })
		if err != nil {
			return false, err
		}
	}
	return s.dropRows(ctx, organisationID, floor.Sequence)
}

// newFloor verifies the rows of before the time. It gives the last of them, or the floor that stands, where that is as far.
func newFloor(tx *gorm.DB, organisationID string, before time.Time, keys audit.Keys) (audit.Checkpoint, error) {
	points, err := checkpoints(tx, organisationID, keys)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	check, err := audit.NewCheck(organisationID, points, nil)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	floor := audit.Checkpoint{Organisation: organisationID, Sequence: check.After(), Floor: true}
	last, hash := floor.Sequence, ""
	if err = boundary(tx, organisationID, before, &last, &hash); err != nil || last == floor.Sequence {
		return floor, err
	}
	if err = walk(tx, organisationID, floor.Sequence, last, check.Row); err != nil {
		return floor, err
	}
	return audit.Checkpoint{Organisation: organisationID, Sequence: last, Hash: hash}, nil
}

// dropRows drops rows up to the floor, some at a time, and tells whether there are more.
func (s *Store) dropRows(ctx context.Context, organisationID string, floor int64) (bool, error) {
	var dropped int64
	err := s.write(ctx, func(tx *transaction) error {
		var first int64
		err := tx.Raw("SELECT COALESCE(MIN(sequence), 0) FROM audit_rows WHERE organisation = ?", organisationID).Scan(&first).Error
		if err != nil {
			return err
		}
		last := min(floor, first+eraseSize-1)
		for _, table := range []string{"audit_personal", "audit_about"} {
			if _, err = tx.exec("DELETE FROM "+table+" WHERE organisation = ? AND sequence <= ?", organisationID, last); err != nil {
				return err
			}
		}
		dropped, err = tx.exec("DELETE FROM audit_rows WHERE organisation = ? AND sequence <= ?", organisationID, last)
		return err
	})
	return dropped == eraseSize, err
}
