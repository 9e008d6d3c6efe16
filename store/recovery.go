package store

import (
	"errors"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/pairing"
	"example.com/aye/signin"
)

// recoveringRow is the case by which a person lost all factors, and when the person was erased.
type recoveringRow struct {
	caseID string
	erased int64
}

func (r *recoveringRow) fields() []any { return []any{&r.caseID, &r.erased} }

func recovering(tx *transaction, personID string) (recoveringRow, error) {
	return one[recoveringRow](tx.conn, accounts.ErrNotFound, "SELECT recovering, erased FROM persons WHERE id = ?", personID)
}

// isRecovered is the condition that a person's case has a link that was used, and that nobody stopped it.
const isRecovered = `EXISTS (SELECT 1 FROM persons AS p JOIN cases ON cases.id = p.recovering
	WHERE p.id = ` + text + " AND p.recovering = " + text + " AND cases.state = 'revoked' AND cases.link_used > 0 AND " + nowhereFree + ")"

// linkCounts refuses a session that a case's link began where the case was stopped meanwhile.
func linkCounts(tx *transaction, session signin.Session) error {
	if session.CaseID == "" {
		return nil
	}
	counts, err := holds(tx, isRecovered, session.PersonID, session.CaseID)
	if err == nil && !counts {
		err = signin.ErrNone
	}
	return err
}

// mayLink tells whether a second factor may be begun for the person in the session: for who is recovering only in
// one that the link of that case began, and for who was erased never.
func mayLink(tx *transaction, personID, sessionID string) (bool, error) {
	person, err := recovering(tx, personID)
	if err != nil || person.erased > 0 || person.caseID == "" {
		return err == nil && person.erased == 0, err
	}
	return holds(tx, "EXISTS (SELECT 1 FROM sessions WHERE id = "+text+" AND person_id = "+text+" AND case_id = "+text+") AND "+isRecovered,
		sessionID, personID, person.caseID, personID, person.caseID)
}

// endRecovery ends the case of who was recovering and has a second factor again.
func endRecovery(tx *transaction, personID string, now time.Time) error {
	person, err := recovering(tx, personID)
	if err != nil || person.caseID == "" {
		return err
	}
	if has, failed := hasDevice(tx, personID); failed != nil || !has {
		return failed
	}
	if _, err = tx.exec("UPDATE persons SET recovering = '' WHERE id = ?", personID); err != nil {
		return err
	}
	done, err := one[endedCaseRow](tx.conn, errRefused, "UPDATE cases SET state = 'done', closed = ?, told = 0 WHERE id = ? AND state = 'revoked' RETURNING "+endedCaseColumns,
		millis(now), person.caseID)
	if errors.Is(err, errRefused) {
		return nil
	}
	if err != nil {
		return err
	}
	return record(tx, done.entry(done.membershipID, "case.done", now))
}

// endedCaseRow is a case whose life went on beside the change at hand.
type endedCaseRow struct {
	id, kind, state, organisationID, membershipID, personID string
	link                                                    int
	due                                                     int64
}

const endedCaseColumns = "id, kind, state, organisation_id, membership_id, person_id, link, due"

func (r *endedCaseRow) fields() []any {
	return []any{&r.id, &r.kind, &r.state, &r.organisationID, &r.membershipID, &r.personID, &r.link, &r.due}
}

func (r *endedCaseRow) entry(actor, action string, now time.Time) audit.Entry {
	return audit.Entry{
		Organisation: r.organisationID, Actor: actor, Action: action, Subject: r.id, At: now.UTC(),
		Data: map[string]string{"user": r.membershipID, "kind": r.kind, "state": r.state},
	}
}

// mayOpen tells the same of a pairing: the operator may link a phone for who is recovering.
func mayOpen(tx *transaction, p pairing.Pairing) (bool, error) {
	if p.ApplicationID == "" && p.By == "" {
		person, err := recovering(tx, p.PersonID)
		return err == nil && person.erased == 0, err
	}
	return mayLink(tx, p.PersonID, p.Session)
}
