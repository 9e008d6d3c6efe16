package store

import (
	"context"
	"crypto/ecdsa"
	"time"

	"gorm.io/gorm"

	"example.com/aye/internal/audit"
)

// VerifyAudit walks all chains. The error names the first bad row and is audit.ErrBroken.
func (s *Store) VerifyAudit(ctx context.Context) error {
	_, err := s.CheckAudit(ctx, nil)
	return err
}

// CheckAudit walks all chains and holds them to their checkpoints, and to those that were sent off the host. The error
// names the first bad row and is an audit.Finding.
func (s *Store) CheckAudit(ctx context.Context, sent []string) ([]audit.ChainReport, error) {
	keys, err := s.auditKeys(ctx)
	if err != nil {
		return nil, err
	}
	away, err := keys.Sent(sent)
	if err != nil {
		return nil, err
	}
	of := map[string][]audit.Checkpoint{}
	for _, c := range away {
		of[c.Organisation] = append(of[c.Organisation], c)
	}
	chains, err := s.chainsAnd(ctx, of)
	if err != nil {
		return nil, err
	}
	var reports []audit.ChainReport
	for _, chain := range chains {
		// One snapshot, or a row that is written meanwhile would be missing from the chain or its head.
		err := s.snapshot(ctx, func(tx *gorm.DB) error {
			report, err := verifyChain(tx, chain, keys, of[chain])
			reports = append(reports, report)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return reports, nil
}

// chainsAnd gives all chains, and those of which only checkpoints are left.
func (s *Store) chainsAnd(ctx context.Context, of map[string][]audit.Checkpoint) ([]string, error) {
	chains, err := s.AuditChains(ctx)
	known := map[string]bool{}
	for _, chain := range chains {
		known[chain] = true
	}
	for chain := range of {
		if !known[chain] {
			chains = append(chains, chain)
		}
	}
	return chains, err
}

// auditKeys are all keys that ever signed.
func (s *Store) auditKeys(ctx context.Context) (audit.Keys, error) {
	keys, err := s.SigningKeys(ctx)
	if err != nil {
		return nil, err
	}
	trusted := make(map[string]*ecdsa.PublicKey, len(keys))
	for _, key := range keys {
		trusted[key.ID] = &key.Private.PublicKey
	}
	return trusted, nil
}

// auditPage is how many rows are looked at together.
const auditPage = 1000

func verifyChain(tx *gorm.DB, organisationID string, keys audit.Keys, sent []audit.Checkpoint) (audit.ChainReport, error) {
	points, err := checkpoints(tx, organisationID, keys)
	if err != nil {
		return audit.ChainReport{}, err
	}
	check, err := audit.NewCheck(organisationID, points, sent)
	if err != nil {
		return audit.ChainReport{}, err
	}
	if err = walk(tx, organisationID, check.After(), endless, check.Row); err != nil {
		return audit.ChainReport{}, err
	}
	sequence, hash, err := auditHead(tx, organisationID)
	if err != nil {
		return audit.ChainReport{}, err
	}
	return check.End(sequence, hash)
}

// endless is behind every row.
const endless = int64(1) << 62

// walk goes along the rows behind one, up to and with another, with what was not erased of each.
func walk(db *gorm.DB, organisationID string, after, last int64, each func(audit.Row) error) error {
	for {
		rows, err := auditRows(db.Where("sequence <= ?", last), organisationID, after, auditPage)
		if err != nil || len(rows) == 0 {
			return err
		}
		kept, err := openings(db, organisationID, rows[0].Sequence, rows[len(rows)-1].Sequence)
		if err != nil {
			return err
		}
		for _, row := range rows {
			row.Openings = kept[row.Sequence]
			if err := each(row); err != nil {
				return err
			}
			after = row.Sequence
		}
	}
}

// ExportAudit writes chains, each as it is at one moment.
func (s *Store) ExportAudit(ctx context.Context, e audit.Selection, to *audit.Exporter) error {
	keys, err := s.auditKeys(ctx)
	if err != nil {
		return err
	}
	chains := e.Organisations
	if chains == nil {
		if chains, err = s.AuditChains(ctx); err != nil {
			return err
		}
	}
	to.Personal = e.Personal
	for _, chain := range chains {
		if err := s.snapshot(ctx, func(tx *gorm.DB) error { return exportChain(tx, chain, e, keys, to) }); err != nil {
			return err
		}
	}
	return to.End()
}

func exportChain(tx *gorm.DB, organisationID string, e audit.Selection, keys audit.Keys, to *audit.Exporter) error {
	points, err := checkpoints(tx, organisationID, keys)
	if err != nil {
		return err
	}
	span := audit.Span{Organisation: organisationID, Previous: audit.First}
	for _, p := range points {
		if p.Floor && p.Sequence > span.After {
			span.After, span.Previous = p.Sequence, p.Hash
		}
	}
	if span.Last, span.Hash, err = auditHead(tx, organisationID); err != nil {
		return err
	}
	if span.Hash == "" {
		span.Hash = audit.First
	}
	last := endless
	if e.From != nil {
		if err = boundary(tx, organisationID, *e.From, &span.After, &span.Previous); err != nil {
			return err
		}
	}
	if e.Until != nil {
		before := span
		if err = boundary(tx, organisationID, *e.Until, &before.After, &before.Previous); err != nil {
			return err
		}
		span.Last, span.Hash, last = before.After, before.Previous, before.After
	}
	if err = to.Chain(span, points); err != nil {
		return err
	}
	return walk(tx, organisationID, span.After, last, to.Row)
}

// boundary moves after to the last row before the first one that is at or after the time; it stays where there is none.
func boundary(tx *gorm.DB, organisationID string, at time.Time, after *int64, hash *string) error {
	var first auditRow
	err := tx.Where("organisation = ? AND sequence > ? AND at >= ?", organisationID, *after, millis(at)).Order("sequence").Limit(1).Find(&first).Error
	if err != nil {
		return err
	}
	if first.Sequence > 0 {
		*after, *hash = first.Sequence-1, first.Previous
		return nil
	}
	var last auditRow
	err = tx.Where("organisation = ? AND sequence > ?", organisationID, *after).Order("sequence DESC").Limit(1).Find(&last).Error
	if last.Sequence > 0 {
		*after, *hash = last.Sequence, last.Hash
	}
	return err
}
