package store

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"gorm.io/gorm"

	"example.com/aye/approval"
	"example.com/aye/internal/audit"
)

var (
	_ audit.Reader   = (*Store)(nil)
	_ audit.Searcher = (*Store)(nil)
	_ approval.Audit = (*Store)(nil)
)

type auditRow struct {
	Organisation string `gorm:"primaryKey"`
	Sequence     int64  `gorm:"primaryKey;autoIncrement:false"`
	Actor        string
	Action       string
	Subject      string
	At           int64
	Data         document[map[string]string]
	Commitments  document[map[string]string]
	Previous     string
	Hash         string
}

func (r auditRow) row() audit.Row {
	return audit.Row{
		Entry: audit.Entry{
			Organisation: r.Organisation, Actor: r.Actor, Action: r.Action, Subject: r.Subject, At: moment(r.At), Data: r.Data.value,
		},
		Commitments: r.Commitments.value, Sequence: r.Sequence, Previous: r.Previous, Hash: r.Hash,
	}
}

// TableName names the table.
func (auditRow) TableName() string { return "audit_rows" }

type auditHeadRow struct {
	Organisation string `gorm:"primaryKey"`
	Sequence     int64
	Hash         string
}

// TableName names the table.
func (auditHeadRow) TableName() string { return "audit_heads" }

// record keeps what entries tell people, and appends them to their chains, in the transaction of what they tell of, with where it was done from. A change
// that has others beside it appends them at its end.
func record(tx *transaction, entries ...audit.Entry) error {
	origin := audit.OriginOf(tx.ctx)
	for _, entry := range entries {
		if err := tx.post(entry.At, entry.Tell...); err != nil {
			return err
		}
		if tx.late {
			tx.entries = append(tx.entries, entry.From(origin))
			continue
		}
		if err := tx.appendRow(entry.From(origin)); err != nil {
			return err
		}
	}
	return nil
}

// appendLate appends what waits, chain by chain in one order: two changes that append to the same chains do not wait for
// each other for ever.
func (tx *transaction) appendLate() error {
	slices.SortStableFunc(tx.entries, func(a, b audit.Entry) int { return cmp.Compare(a.Organisation, b.Organisation) })
	rows := make([]audit.Row, 0, len(tx.entries))
	for _, entry := range tx.entries {
		row, err := tx.link(entry)
		if err != nil {
			return err
		}
		rows = append(rows, row)
	}
	tx.entries = nil
	if len(rows) == 0 {
		return nil
	}
	if err := keepRows(tx, rows); err != nil {
		return err
	}
	for _, row := range rows {
		if err := keepPersonal(tx, row); err != nil {
			return err
		}
	}
	return nil
}

func (tx *transaction) appendRow(entry audit.Entry) error {
	row, err := tx.link(entry)
	if err != nil {
		return err
	}
	err = tx.write("INSERT INTO audit_rows ("+auditColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		row.Organisation, row.Sequence, row.Actor, row.Action, row.Subject, millis(row.At), documentOf(row.Data), commitmentsOf(row), row.Previous, row.Hash)
	if err != nil {
		return err
	}
	return keepPersonal(tx, row)
}

const auditColumns = "organisation, sequence, actor, action, subject, at, data, commitments, previous, hash"

// keepRows writes the rows of many in one statement, in their order: to begin one takes longer than a row does.
func keepRows(tx *transaction, rows []audit.Row) error {
	var organisations, actors, actions, subjects, data, commitments, previous, hashes []string
	var sequences, ats []int64
	for _, row := range rows {
		said, err := documentOf(row.Data).text()
		if err != nil {
			return err
		}
		committed := noCommitments
		if len(row.Commitments) > 0 {
			if committed, err = documentOf(row.Commitments).text(); err != nil {
				return err
			}
		}
		organisations, sequences, actors = append(organisations, row.Organisation), append(sequences, row.Sequence), append(actors, row.Actor)
		actions, subjects, ats = append(actions, row.Action), append(subjects, row.Subject), append(ats, millis(row.At))
		data, commitments = append(data, said), append(commitments, committed)
		previous, hashes = append(previous, row.Previous), append(hashes, row.Hash)
	}
	return tx.write("INSERT INTO audit_rows ("+auditColumns+") SELECT * FROM unnest(?::text[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::bigint[], "+
		"?::text[]::json[], ?::text[], ?::text[], ?::text[])",
		organisations, sequences, actors, actions, subjects, ats, data, commitments, previous, hashes)
}

// link makes the next row of the entry's chain.
func (tx *transaction) link(entry audit.Entry) (audit.Row, error) {
	end, err := tx.chainEnd(entry.Organisation)
	if err != nil {
		return audit.Row{}, err
	}
	row, err := audit.Append(audit.Row{Sequence: end.Sequence, Hash: end.Hash}, entry)
	if err != nil {
		return audit.Row{}, err
	}
	tx.touched = append(tx.touched, end)
	tx.heads[row.Organisation] = chainEnd{auditHeadRow{Organisation: row.Organisation, Sequence: row.Sequence, Hash: row.Hash}, true}
	return row, nil
}

// noCommitments is what a row has that has none.
const noCommitments = "null"

// commitmentsOf spares most rows, which have none, the making of JSON.
func commitmentsOf(row audit.Row) any {
	if len(row.Commitments) == 0 {
		return noCommitments
	}
	return documentOf(row.Commitments)
}

// chainEnd reads the end of a chain once in a transaction: another process may have written
// before it, and none can meanwhile, because PostgreSQL holds the row.
func (tx *transaction) chainEnd(organisation string) (chainEnd, error) {
	if end, ok := tx.heads[organisation]; ok {
		return end, nil
	}
	query := "SELECT sequence, hash FROM audit_heads WHERE organisation = ?" + tx.dialect.locked
	head, err := one[auditHeadRow](tx.conn, errRefused, query, organisation)
	if errors.Is(err, errRefused) && tx.late {
		// A row that is not there cannot be held: of two that make the first entry of a chain, one waits here.
		if _, err = tx.exec("INSERT INTO audit_heads (organisation, sequence, hash) VALUES (?, 0, '') ON CONFLICT (organisation) DO NOTHING", organisation); err == nil {
			head, err = one[auditHeadRow](tx.conn, errRefused, query, organisation)
		}
	}
	if err != nil && !errors.Is(err, errRefused) {
		return chainEnd{}, err
	}
	head.Organisation = organisation
	tx.heads[organisation] = chainEnd{auditHeadRow: head}
	return tx.heads[organisation], nil
}

func (r *auditHeadRow) fields() []any { return []any{&r.Sequence, &r.Hash} }

// Write appends an entry that tells of no change. The end of its chain is all that it looks at, and that it holds.
func (s *Store) Write(ctx context.Context, entry audit.Entry) error {
	return s.about().write(ctx, func(tx *transaction) error { return record(tx, entry) })
}

// AuditRows gives a part of a chain.
func (s *Store) AuditRows(ctx context.Context, organisationID string, after int64, limit int) ([]audit.Row, error) {
	return auditRows(s.read(ctx), organisationID, after, limit)
}

func auditRows(db *gorm.DB, organisationID string, after int64, limit int) ([]audit.Row, error) {
	return list(db.Where("organisation = ? AND sequence > ?", organisationID, after).Order("sequence").Limit(limit), auditRow.row)
}

// AuditChains gives the organisations that have a chain, or a head without one.
func (s *Store) AuditChains(ctx context.Context) ([]string, error) {
	var chains []string
	err := s.read(ctx).Raw("SELECT organisation FROM audit_heads UNION SELECT organisation FROM audit_rows ORDER BY organisation").Scan(&chains).Error
	return chains, err
}

// AuditHead gives what was written down of the last row; zero where there is no chain.
func (s *Store) AuditHead(ctx context.Context, organisationID string) (sequence int64, hash string, err error) {
	return auditHead(s.read(ctx), organisationID)
}

func auditHead(db *gorm.DB, organisationID string) (sequence int64, hash string, err error) {
	var head auditHeadRow
	err = db.Where("organisation = ?", organisationID).Limit(1).Find(&head).Error
	return head.Sequence, head.Hash, err
}
