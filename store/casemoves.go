package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"example.com/aye/internal/audit"
	"example.com/aye/support"
)

// isFree is the condition that the person of a case is not frozen in its organisation at this moment. Elsewhere the person
// may be: the organisation is not to learn of it. What was sent already goes on in an organisation that is frozen.
const isFree = "NOT EXISTS (SELECT 1 FROM support_freezes AS f WHERE f.lifted = 0 AND f.subject_id = cases.person_id AND f.organisation_id = cases.organisation_id)"

// notFrozen is the same with the organisation not frozen either.
const notFrozen = `NOT EXISTS (SELECT 1 FROM support_freezes AS f
	WHERE f.lifted = 0 AND f.subject_id IN (cases.person_id, cases.organisation_id) AND f.organisation_id = cases.organisation_id)`

// nowhereFree is isFree with the person frozen nowhere.
const nowhereFree = "NOT EXISTS (SELECT 1 FROM support_freezes AS f WHERE f.lifted = 0 AND f.subject_id = cases.person_id)"

// nobodyFrozen is the condition that nobody is frozen who has to do with the case: the person wherever, the organisation, who
// opened it and who approved it.
const nobodyFrozen = `NOT EXISTS (SELECT 1 FROM support_freezes AS f
	WHERE f.lifted = 0 AND f.subject_id IN (cases.person_id, cases.organisation_id, cases.opener_id, cases.approver_id))`

// isMemberStill is the condition that the person of a case is an active member at this moment.
const isMemberStill = "EXISTS (SELECT 1 FROM memberships AS m WHERE m.id = cases.membership_id AND m.status = 'active')"

// isElsewhere is the condition that the person of a case is an active member of another organisation too.
const isElsewhere = `EXISTS (SELECT 1 FROM memberships AS o
	WHERE o.person_id = cases.person_id AND o.status = 'active' AND o.organisation_id <> cases.organisation_id)`

// isSigned is the condition that the second approver signed on a phone, and did not say afterwards that it was not them; the
// operator on the command line needs none.
const isSigned = `(opener_id = '' OR EXISTS (SELECT 1 FROM approvals AS a
	WHERE a.id = cases.approval_id AND a.person_id = cases.approver_person_id AND a.state = 'released' AND a.method = 'push'))`

// isOperated is the same for the operator's support, or the operator on the command line.
const isOperated = `(operator_id = 'operator' OR operator_id <> '' AND EXISTS (SELECT 1 FROM approvals AS a
	WHERE a.id = cases.operator_approval_id AND a.membership_id = cases.operator_id AND a.state = 'released' AND a.method = 'push'))`

// MoveCase goes along an edge. All its conditions stand in one update.
func (s *Store) MoveCase(ctx context.Context, m support.Move, entries ...audit.Entry) (bool, error) {
	if m.To == support.Stopped || len(m.From) == 0 { // that has a verb of its own
		return false, nil
	}
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		update := caseEdge(m)
		rows, err := tx.exec(update.text, update.values...)
		if err != nil || rows == 0 {
			return false, err
		}
		signed, held, err := signatures(tx, m, entries)
		if err != nil || !held {
			return false, err
		}
		return true, record(tx, signed...)
	})
}

// signatureRow is what a phone signed.
type signatureRow struct{ evidence string }

func (r *signatureRow) fields() []any { return []any{&r.evidence} }

// signatures gives the entries with what the phone signed by which the case goes on. It tells false where a phone should have
// signed and did not, or where it was said afterwards that it was not them.
func signatures(tx *transaction, m support.Move, entries []audit.Entry) ([]audit.Entry, bool, error) {
	for _, signed := range []struct{ action, by, approvalID string }{
		{"case.approved", m.ApproverID, m.ApprovalID}, {"case.operator-signed", m.OperatorID, m.OperatorApprovalID},
	} {
		if signed.by == "" || signed.approvalID == "" {
			continue
		}
		row, err := one[signatureRow](tx.conn, errRefused, `SELECT d.evidence FROM approvals AS a JOIN decisions AS d ON d.device_id = a.decided_by AND d.request_id = a.id
			WHERE a.id = `+text+" AND a.membership_id = "+text+" AND a.state = 'released' AND a.method = 'push' AND d.verdict = 'approve' AND d.state = 'approved'", signed.approvalID, signed.by)
		if errors.Is(err, errRefused) {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		entries = slices.Clone(entries)
		for i, entry := range entries {
			if entry.Action != signed.action {
				continue
			}
			entries[i].Data = maps.Clone(entry.Data)
			if entries[i].Data == nil {
				entries[i].Data = map[string]string{}
			}
			entries[i].Data["signature"] = row.evidence
		}
	}
	return entries, true, nil
}

// caseEdge is the one update.
func caseEdge(m support.Move) *statement {
	var update statement
	now := millis(m.Now)
	update.add("UPDATE cases SET state = ?", m.To)
	update.caseSettings(m)
	update.add(" WHERE id = ? AND state IN (?"+strings.Repeat(", ?", len(m.From)-1)+")", m.CaseID)
	for _, from := range m.From {
		update.add("", from)
	}
	switch m.To {
	case support.Open:
		update.add(" AND " + isFree)
	case support.Waiting:
		update.add(" AND " + notFrozen)
	case support.Revoked: // only another link, or the use of one
		update.add(" AND state = 'revoked' AND " + isFree)
	case support.Done: // of a lost phone it is a new one that ends the case
		update.add(" AND kind = 'forgotten'")
	case support.Sent: // another code is no approval
		update.add(" AND kind = 'forgotten' AND CASE state WHEN 'sent' THEN " + isFree + " ELSE " + notFrozen + " END")
	case support.Refused, support.Cancelled, support.Expired, support.Stopped:
	}
	if m.ApproverID != "" {
		update.add(" AND approver_id = '' AND opener_person_id <> ? AND person_id <> ?", m.ApproverPersonID, m.ApproverPersonID)
	}
	if m.OperatorID != "" {
		update.add(" AND escalated = 1 AND operator_id = ''")
	}
	if m.Link > 0 {
		update.add(" AND link = ?", m.Link-1)
	}
	if m.UseLink > 0 {
		update.add(" AND link = ? AND link_used = 0 AND link_until > ?", m.UseLink, now)
	}
	return &update
}

// caseSettings are the columns that an edge sets beside the state.
func (s *statement) caseSettings(m support.Move) {
	now := millis(m.Now)
	for _, column := range []struct{ name, value string }{
		{"approval_id", m.ApprovalID}, {"operator_id", m.OperatorID}, {"operator_approval_id", m.OperatorApprovalID},
	} {
		if column.value != "" {
			s.add(", "+column.name+" = ?", column.value)
		}
	}
	if m.ApproverID != "" {
		s.add(", approver_id = ?, approver_person_id = ?, approved = ?", m.ApproverID, m.ApproverPersonID, now)
	}
	if !m.Due.IsZero() { // it comes only nearer, but when the operator signs after it: then there is time left to stop the case
		stands := int64(0)
		if m.OperatorID != "" {
			stands = now
		}
		s.add(", due = CASE WHEN due > ? AND due < ? THEN due ELSE ? END", stands, millis(m.Due), millis(m.Due))
	}
	if m.Link > 0 {
		s.add(", link = ?, link_until = ?, link_used = 0", m.Link, millis(m.LinkUntil))
	}
	if m.UseLink > 0 {
		s.add(", link_used = ?", now)
	}
	if m.Left > 0 {
		s.add(", uses_left = ?", m.Left)
	}
	if m.To == support.Sent && m.Link > 0 {
		s.add(", expires = ?", millis(m.LinkUntil))
	}
	if !m.To.Live() {
		s.add(", closed = ?", now)
	}
	if m.To == support.Done { // the person typed the code themself
		s.add(", told = 1")
	}
}
