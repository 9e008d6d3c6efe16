package store

import (
	"context"
	"errors"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/signin"
	"example.com/aye/support"
)

// RevokeCase carries a case out: one conditional update decides, and everything old goes with it.
func (s *Store) RevokeCase(ctx context.Context, r support.Revocation, entry audit.Entry) (bool, error) {
	revoked := false
	err := s.write(ctx, func(tx *transaction) error {
		revoked = false
		err := s.carryOut(tx, r, entry)
		if errors.Is(err, errRefused) {
			return escalate(tx, r)
		}
		revoked = err == nil
		return err
	})
	return err == nil && revoked, err
}

// carryOut is errRefused where a condition does not hold.
func (s *Store) carryOut(tx *transaction, r support.Revocation, entry audit.Entry) error {
	now := millis(r.Now)
	c, err := one[endedCaseRow](tx.conn, errRefused, `UPDATE cases SET state = 'revoked', closed = ?, link = ?, link_until = ?, link_used = 0, expires = ?
		WHERE id = ? AND kind = 'lost' AND state = 'waiting' AND link = ? AND due > ? AND due <= ? AND `+nobodyFrozen+" AND "+isMemberStill+" AND "+isSigned+`
		AND (`+isOperated+" OR (escalated = 0 AND NOT "+isElsewhere+")) RETURNING "+endedCaseColumns,
		now, r.Link, millis(r.LinkUntil), millis(r.Now.Add(support.LinkDays)), r.CaseID, r.Link-1, waitedTooLong(r.Now), now)
	if err != nil {
		return err
	}
	if err = record(tx, entry); err != nil {
		return err
	}
	// Whoever has such a phone in hand can still say that it was not them.
	if _, err = tx.exec("UPDATE devices SET removed_case = ? WHERE person_id = ? AND status <> 'removed' AND status = 'active'", c.id, c.personID); err != nil {
		return err
	}
	if err = s.revokeAll(tx, c.personID, c.id, r.Now); err != nil {
		return err
	}
	_, err = tx.exec("UPDATE persons SET recovering = ? WHERE id = ?", c.id, c.personID)
	return err
}

// waitedTooLong is the due time from which back a case is not carried out any more.
func waitedTooLong(now time.Time) int64 { return max(0, millis(now.Add(-support.WaitingLife))) }

// BreakGlass opens the operator's own case and carries it out, both or neither.
func (s *Store) BreakGlass(ctx context.Context, c support.Case, r support.Revocation, opened, revoked audit.Entry) error {
	return s.write(ctx, func(tx *transaction) error {
		if err := openCase(tx, c, opened); err != nil {
			return err
		}
		err := s.carryOut(tx, r, revoked)
		if !errors.Is(err, errRefused) {
			return err
		}
		// It was opened, so that only what is looked at across organisations can be in the way, or the end of the membership.
		f, err := one[freezeRow](tx.conn, support.ErrNotFound, selectFreeze+"lifted = 0 AND subject_id = ? LIMIT 1", c.PersonID)
		if err == nil {
			err = &support.FrozenError{What: f.What}
		}
		return err
	})
}

// escalate asks for the operator's signature where the person became a member elsewhere after the case was opened. Only
// the installation's chain has it: the organisation is not to learn of it.
func escalate(tx *transaction, r support.Revocation) error {
	rows, err := tx.exec("UPDATE cases SET escalated = 1 WHERE id = ? AND kind = 'lost' AND state = 'waiting' AND due <= ? AND escalated = 0 AND "+isElsewhere, r.CaseID, millis(r.Now))
	if err != nil || rows == 0 {
		return err
	}
	return record(tx, audit.Entry{Actor: system, Action: "case.escalated", Subject: r.CaseID, At: r.Now.UTC()})
}

// system is who did what follows from something else.
const system = "system"

// revokeAll takes everything from the person by which somebody could get in beside the password, and everything
// that was begun. Rows in the chains of organisations tell what went there and not why: the person may be a member of several.
func (s *Store) revokeAll(tx *transaction, personID, caseID string, now time.Time) error {
	if _, err := dropPairings(tx, personID, now, audit.Entry{Actor: system, Action: "pairing.dropped", At: now.UTC()}); err != nil {
		return err
	}
	if err := removeDevices(tx, personID, now); err != nil {
		return err
	}
	for _, statement := range []string{
		"DELETE FROM authenticators WHERE person_id = ?",
		"DELETE FROM recovery_codes WHERE person_id = ?",
		"UPDATE persons SET texts = 0, apps = 0, recovery_codes = 0 WHERE id = ?",
		"UPDATE number_proofs SET used = created WHERE person_id = ? AND used = 0",
	} {
		if _, err := tx.exec(statement, personID); err != nil {
			return err
		}
	}
	if _, err := endSessions(tx, signin.Ending{PersonID: personID}, audit.Entry{Actor: system, Action: "session.ended", At: now.UTC(), Data: map[string]string{"why": "all"}}); err != nil {
		return err
	}
	if err := cancelRequests(tx, personID, now); err != nil {
		return err
	}
	if err := endAccessCodes(tx, personID, caseID, now); err != nil {
		return err
	}
	if err := endLetters(tx, personID, now); err != nil {
		return err
	}
	return record(tx, audit.Entry{
		Actor: system, Action: "person.factors-revoked", Subject: personID, At: now.UTC(), Data: map[string]string{"person": personID, "case": caseID},
	})
}

// removedDeviceRow is a phone that was removed.
type removedDeviceRow struct{ id, organisationID string }

func (r *removedDeviceRow) fields() []any { return []any{&r.id, &r.organisationID} }

// removeDevices removes all phones of the person.
func removeDevices(tx *transaction, personID string, now time.Time) error {
	gone, err := all[removedDeviceRow](tx.conn, "UPDATE devices SET status = 'removed', push_address = '' WHERE person_id = ? AND status <> 'removed' RETURNING id, organisation_id", personID)
	if err != nil {
		return err
	}
	for _, device := range gone {
		if err = record(tx, audit.Entry{Organisation: device.organisationID, Actor: system, Action: "device.removed", Subject: device.id, At: now.UTC()}); err != nil {
			return err
		}
	}
	return nil
}

// cancelledRow is a request that can no longer be answered, or redeemed.
type cancelledRow struct{ id, organisationID, membershipID, from string }

func (r *cancelledRow) fields() []any {
	return []any{&r.id, &r.organisationID, &r.membershipID, &r.from}
}

// approvedSince is longer than any request stays approved without being redeemed.
const approvedSince = time.Hour

// cancelRequests ends what the person is asked, and what was answered and nobody redeemed yet.
func cancelRequests(tx *transaction, personID string, now time.Time) error {
	const returning = " RETURNING id, organisation_id, membership_id, "
	pending, err := all[cancelledRow](tx.conn, "UPDATE approvals SET state = 'cancelled' WHERE "+isPending+returning+"'pending'", personID)
	if err != nil {
		return err
	}
	approved, err := all[cancelledRow](tx.conn, "UPDATE approvals SET state = 'cancelled' WHERE person_id = "+text+" AND created >= "+number+" AND state = 'approved'"+returning+"'approved'",
		personID, millis(now.Add(-approvedSince)))
	if err != nil {
		return err
	}
	for _, r := range append(pending, approved...) {
		err = record(tx, audit.Entry{
			Organisation: r.organisationID, Actor: system, Action: "approval.cancelled", Subject: r.id, At: now.UTC(), Data: map[string]string{"user": r.membershipID, "from": r.from},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// endAccessCodes ends the temporary codes of the person, but for what the case at hand says of its own.
func endAccessCodes(tx *transaction, personID, caseID string, now time.Time) error {
	ended, err := all[endedCaseRow](tx.conn, "UPDATE cases SET state = 'cancelled', closed = ? WHERE person_id = ? AND "+isLive+" AND kind = 'forgotten' AND state = 'sent' AND id <> ? RETURNING "+endedCaseColumns,
		millis(now), personID, caseID)
	if err != nil {
		return err
	}
	for _, c := range ended {
		if err = record(tx, c.entry(system, "case.cancelled", now)); err != nil {
			return err
		}
	}
	return nil
}
