package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/privacy"
)

var _ privacy.Store = (*Store)(nil)

// erasedName stands where the name of somebody stood who was erased.
const erasedName = "—"

// erasedAddress takes the place of the address of somebody who was erased. No mail goes there: RFC 2606 keeps the name free.
func erasedAddress(personID string) string {
	return "erased-" + strings.TrimPrefix(personID, "per_") + "@erased.invalid"
}

// ErasePerson takes away what names the person, and everything by which they got in.
func (s *Store) ErasePerson(ctx context.Context, e privacy.Erasure, entry audit.Entry) error {
	return s.write(ctx, func(tx *transaction) error {
		if err := isKnown(tx, e.PersonID); err != nil {
			return err
		}
		return s.erase(tx, e, entry)
	})
}

// EraseMember ends the membership in an organisation, and erases the person where nobody else knows them or made them. The
// organisation's chain says the same of both: who else knows the person is not told.
func (s *Store) EraseMember(ctx context.Context, e privacy.Erasure, entry audit.Entry) (whole bool, err error) {
	failed := s.write(ctx, func(tx *transaction) error {
		if err = isKnown(tx, e.PersonID); err != nil {
			return err
		}
		var member endedRow
		member, err = one[endedRow](tx.conn, privacy.ErrNotFound, "SELECT id, organisation_id, id FROM memberships WHERE person_id = "+text+" AND organisation_id = "+text+" AND status <> 'ended'", e.PersonID, e.Only)
		if err != nil {
			return err
		}
		if whole, err = isAlone(tx, e); err != nil {
			return err
		}
		if whole {
			if err = s.erase(tx, e, entry); err != nil {
				return err
			}
			return record(tx, audit.Entry{Actor: entry.Actor, Action: "person.erased", Subject: e.PersonID, At: e.Now.UTC()})
		}
		entry := entry
		entry.Tell = nil // of a membership that ended nobody is told
		if err = endMembership(tx, member, e, entry); err != nil {
			return err
		}
		if err = endCases(tx, e.PersonID, e.Only, e.Now); err != nil {
			return err
		}
		if err = record(tx, entry); err != nil {
			return err
		}
		return eraseHere(tx, e.PersonID, member)
	})
	return failed == nil && whole, failed
}

// eraseHere takes away what an organisation wrote down of somebody who was its member.
func eraseHere(tx *transaction, personID string, m endedRow) error {
	if _, err := tx.exec("UPDATE memberships SET invited_as = '', vouched = '' WHERE id = ?", m.id); err != nil {
		return err
	}
	if _, err := tx.exec("UPDATE cases SET ticket = '', note = '' WHERE person_id = ? AND organisation_id = ?", personID, m.organisationID); err != nil {
		return err
	}
	return erasePersonalIn(tx, m.id, m.organisationID)
}

// isKnown is [privacy.ErrNotFound] for who never was, or was erased.
func isKnown(tx *transaction, personID string) error {
	person, err := recovering(tx, personID)
	if errors.Is(err, accounts.ErrNotFound) || err == nil && person.erased > 0 {
		return privacy.ErrNotFound
	}
	return err
}

func (s *Store) erase(tx *transaction, e privacy.Erasure, entry audit.Entry) error {
	ids, err := idsOf(tx, e.PersonID)
	if err != nil {
		return err
	}
	if err = endMemberships(tx, e, entry); err != nil {
		return err
	}
	if err = s.revokeAll(tx, e.PersonID, "", e.Now); err != nil {
		return err
	}
	if err = endCases(tx, e.PersonID, "", e.Now); err != nil {
		return err
	}
	if err = erasePerson(tx, e); err != nil {
		return err
	}
	if err = record(tx, entry); err != nil {
		return err
	}
	return erasePersonal(tx, ids) // from where they did it themself goes too
}

// isAlone tells whether the organisation made the person, and no other one knows them, or knew them.
func isAlone(tx *transaction, e privacy.Erasure) (bool, error) {
	return holds(tx, "EXISTS (SELECT 1 FROM memberships AS m JOIN persons AS p ON p.id = m.person_id WHERE m.person_id = "+text+` AND m.status <> 'ended'
			AND m.organisation_id = `+text+` AND m.created = p.created)
		AND NOT EXISTS (SELECT 1 FROM memberships WHERE person_id = `+text+" AND status <> 'ended' AND organisation_id <> "+text+`)
		AND NOT EXISTS (SELECT 1 FROM memberships WHERE person_id = `+text+" AND status = 'ended' AND organisation_id <> "+text+")",
		e.PersonID, e.Only, e.PersonID, e.Only, e.PersonID, e.Only)
}

// everOf finds all memberships and phones of a person, the ended and removed ones too, each by its own index.
const everOf = "SELECT id FROM memberships WHERE person_id = " + text + " AND status <> 'ended' UNION ALL SELECT id FROM memberships WHERE person_id = " + text + ` AND status = 'ended'
	UNION ALL SELECT id FROM devices WHERE person_id = ` + text + " AND status <> 'removed' UNION ALL SELECT id FROM devices WHERE person_id = " + text + " AND status = 'removed'"

// idsOf are all by which the audit log may name a person.
func idsOf(tx *transaction, personID string) ([]string, error) {
	ids := []string{personID}
	rows, err := all[idRow](tx.conn, everOf, personID, personID, personID, personID)
	for _, row := range rows {
		ids = append(ids, row.id)
	}
	return ids, err
}

// endMemberships ends all of a person, but not where an organisation would be without an owner.
func endMemberships(tx *transaction, e privacy.Erasure, entry audit.Entry) error {
	rows, err := all[endedRow](tx.conn, "SELECT id, organisation_id, id FROM memberships WHERE person_id = "+text+" AND status <> 'ended'", e.PersonID)
	if err != nil {
		return err
	}
	for _, m := range rows {
		if err = endMembership(tx, m, e, entry); err != nil {
			return err
		}
	}
	return nil
}

func endMembership(tx *transaction, m endedRow, e privacy.Erasure, entry audit.Entry) error {
	err := ownerStays(tx, m.id)
	if errors.Is(err, accounts.ErrForbidden) {
		err = privacy.ErrLastOwner
	}
	if err != nil {
		return err
	}
	if _, err = tx.exec("UPDATE memberships SET status = 'ended', invitation = '' WHERE id = ?", m.id); err != nil {
		return err
	}
	return record(tx, audit.Entry{Organisation: m.organisationID, Actor: entry.Actor, Action: "member.ended", Subject: m.id, At: e.Now.UTC()})
}

// endCases ends what support began for the person, in one organisation or, where that is empty, in all.
func endCases(tx *transaction, personID, organisationID string, now time.Time) error {
	var end statement
	end.add("UPDATE cases SET state = 'cancelled', closed = ? WHERE person_id = ? AND "+isLive, millis(now), personID)
	if organisationID != "" {
		end.add(" AND organisation_id = ?", organisationID)
	}
	ended, err := all[endedCaseRow](tx.conn, end.text+" RETURNING "+endedCaseColumns, end.values...)
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

// erasing are the statements by which the rest of what names a person goes; each has the person as its one value.
var erasing = []string{
	"UPDATE memberships SET invited_as = '', vouched = '' WHERE person_id = ? AND status = 'ended'",
	"DELETE FROM passwords WHERE person_id = ?",
	"DELETE FROM person_browsers WHERE person_id = ?",
	"DELETE FROM choices WHERE person_id = ?",
	"DELETE FROM letters WHERE person_id = ?",
	"DELETE FROM number_proofs WHERE person_id = ?",
	"DELETE FROM budgets WHERE person_id = ?",
	"DELETE FROM sms_drafts WHERE person_id = ?",
	"DELETE FROM outbox WHERE person_id = ?",
	"UPDATE sms_messages SET number = '', number_index = '', masked = '', detail = '' WHERE person_id = ?",
	"UPDATE devices SET name = '', model = '', os_version = '', app_version = '', removed_case = '' WHERE person_id = ? AND status = 'removed'",
	"UPDATE deliveries SET device = '' WHERE request_id IN (SELECT id FROM approvals WHERE person_id = ? AND created >= 0)",
	`UPDATE approvals SET challenge = '', ip = '', user_agent = '', browser = '', place = '', message = '', details = 'null'
		WHERE person_id = ? AND created >= 0`,
	// What those who approved read on their phones.
	"UPDATE approvals SET message = '', details = 'null' WHERE id IN (SELECT approval_id FROM cases WHERE person_id = ? AND approval_id <> '')",
	"UPDATE approvals SET message = '', details = 'null' WHERE id IN (SELECT operator_approval_id FROM cases WHERE person_id = ? AND operator_approval_id <> '')",
	"UPDATE cases SET ticket = '', note = '' WHERE person_id = ?",
}

func erasePerson(tx *transaction, e privacy.Erasure) error {
	for _, statement := range erasing {
		if _, err := tx.exec(statement, e.PersonID); err != nil {
			return err
		}
	}
	_, err := tx.exec(`UPDATE persons SET email = ?, display = ?, locale = 'en', password_set = 0, number = '', number_index = '', number_proven = 0, number_changed = 0,
		texts = 0, apps = 0, recovery_codes = 0, recovering = '', erased = ? WHERE id = ?`, erasedAddress(e.PersonID), erasedName, millis(e.Now), e.PersonID)
	return err
}
