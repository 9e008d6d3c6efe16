package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"example.com/aye/internal/audit"
)

// DropAudit drops the rows of all chains that were written before the time, which is the beginning of a month. First it
// verifies them, and signs where the chain begins from then on: a chain that somebody changed is dropped nowhere, and its
// error is an audit.Finding. It tells whether there is more to do.
//
// On PostgreSQL a month goes as a whole once it is behind the floors of all chains. Where one of them is broken its rows
// stay, and those of the others are deleted from beside them.
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
	failed := func(err error) {
		if err != nil {
			failures = append(failures, fmt.Errorf("rows of before %s stay: %w", before.Format(time.DateOnly), err))
		}
	}
	floors := map[string]int64{}
	for _, chain := range chains {
		floor, failure := s.floorOf(ctx, chain, before, keys, sinks, sign)
		failed(failure)
		if failure == nil && floor > 0 {
			floors[chain] = floor
		}
	}
	if s.dialect.postgres && len(floors) > 0 {
		if more, err = s.dropBeside(ctx, floors); err != nil || more {
			return more, errors.Join(append(failures, err)...)
		}
		if err = s.dropMonths(ctx, before, floors); err != nil {
			return false, errors.Join(append(failures, err)...)
		}
	}
	for chain, floor := range floors {
		again, err := s.dropRows(ctx, chain, floor)
		more = more || again
		failed(err)
	}
	return more, errors.Join(failures...)
}

// floorOf gives the signed floor up to which rows of the chain are to go, which it makes where it must; 0 where none is to go.
func (s *Store) floorOf(ctx context.Context, organisationID string, before time.Time, keys audit.Keys, sinks []string, sign func(audit.Checkpoint) (audit.Checkpoint, error)) (int64, error) {
	var first auditRow
	err := s.read(ctx).Where("organisation = ?", organisationID).Order("sequence").Limit(1).Find(&first).Error
	if err != nil || first.Sequence == 0 || first.At >= millis(before) {
		return 0, err
	}
	var floor audit.Checkpoint
	err = s.snapshot(ctx, func(tx *gorm.DB) (err error) {
		floor, err = newFloor(tx, organisationID, before, keys)
		return err
	})
	if err != nil {
		return 0, err
	}
	if !floor.Floor {
		floor.Floor, floor.At = true, s.now()
		err = s.write(ctx, func(tx *transaction) error { return addFloor(tx, floor, sinks, sign) })
	}
	return floor.Sequence, err
}

// addFloor signs the floor, unless another server did meanwhile.
func addFloor(tx *transaction, floor audit.Checkpoint, sinks []string, sign func(audit.Checkpoint) (audit.Checkpoint, error)) error {
	_, err := one[found](tx.conn, errRefused, "SELECT 1 FROM audit_checkpoints WHERE organisation = ? AND floor = 1 AND sequence >= ? LIMIT 1", floor.Organisation, floor.Sequence)
	if errors.Is(err, errRefused) {
		return addCheckpoint(tx, floor, sinks, sign)
	}
	return err
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

// dropBeside deletes what is kept of people beside the rows up to the floors, some at a time, before the rows go with their
// month. It tells whether there is more.
func (s *Store) dropBeside(ctx context.Context, floors map[string]int64) (more bool, err error) {
	for chain, floor := range floors {
		for table, key := range map[string]string{"audit_personal": "name", "audit_about": "id"} {
			var dropped int64
			err = s.write(ctx, func(tx *transaction) (err error) {
				dropped, err = tx.exec(fmt.Sprintf("DELETE FROM %[1]s WHERE (organisation, sequence, %[2]s) IN (SELECT organisation, sequence, %[2]s FROM %[1]s WHERE organisation = ? AND sequence <= ? ORDER BY sequence LIMIT ?)",
					table, key), chain, floor, eraseSize)
				return err
			})
			if err != nil {
				return false, err
			}
			more = more || dropped == eraseSize
		}
	}
	return more, nil
}

// dropMonths drops the months of before the time in which every row is behind the floor of its chain.
func (s *Store) dropMonths(ctx context.Context, before time.Time, floors map[string]int64) error {
	log := cuts[slices.IndexFunc(cuts, func(p partitioned) bool { return p.table == "audit_rows" })]
	there, err := s.partitions(ctx)
	if err != nil {
		return err
	}
	var chains []string
	var sequences []int64
	for chain, floor := range floors {
		chains, sequences = append(chains, chain), append(sequences, floor)
	}
	for _, name := range log.old(there, before) {
		err := s.dropPartition(ctx, log, name, `SELECT EXISTS (SELECT 1 FROM (SELECT organisation, MAX(sequence) AS last FROM `+name+` GROUP BY organisation) AS kept
			LEFT JOIN unnest(CAST($1 AS TEXT[]), CAST($2 AS BIGINT[])) AS floors (organisation, sequence) ON floors.organisation = kept.organisation
			WHERE kept.last > COALESCE(floors.sequence, 0))`, chains, sequences)
		if err != nil && !errors.Is(err, errKept) {
			return err
		}
	}
	return nil
}
