package store

import (
	"context"
	"strconv"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/otp"
	"example.com/aye/pairing"
	"example.com/aye/signin"
)

// Ended is what a restore ended, because what became of it since the backup is not known: it may have been used, ended or
// refused, and the backup would let it be used again.
type Ended struct {
	// Sessions of people, who log in again.
	Sessions int
	// Requests that were asked or approved.
	Requests int
	// Pairings that a phone could still be linked by.
	Pairings int
	// Authenticators of phones and apps whose codes of up to now count no more; an app that was not shown to work is gone.
	Authenticators int64
	// RecoveryCodes, all of them: nobody knows which were used.
	RecoveryCodes int64
	// Links that were mailed: to a new password, to a new address; and codes that prove a number.
	Links int64
	// Invitations, whose links are of no use any more.
	Invitations int64
	// Cases of support that were on their way, temporary codes included: the person may have stopped them.
	Cases int
	// Imports of people that ran.
	Imports int
	// Drafts of providers of text messages.
	Drafts int64
	// Messages that people were not told yet: they may have been since, and have links that work no longer.
	Messages int64
}

// endAll ends it, in one change, with its rows in the audit log, and writes down when the database was restored.
func (s *Store) endAll(ctx context.Context, at time.Time, from Contents) (Ended, error) {
	var ended Ended
	err := s.write(ctx, func(tx *transaction) (err error) {
		ended = Ended{}
		for _, end := range []func(*transaction, time.Time, *Ended) error{endPairings, endAllSessions, endRequests, endAllCases, endImports, endCodes, endInvitations} {
			if err = end(tx, at, &ended); err != nil {
				return err
			}
		}
		for _, name := range []string{markMoved, markCopying, markBackup} {
			if err = forgetMark(tx, name); err != nil {
				return err
			}
		}
		if err = keepMark(tx, markRestored, mark{from.Digest, at}); err != nil {
			return err
		}
		return record(tx, audit.Entry{Actor: accounts.Operator, Action: "store.restored", Subject: "store", At: at, Data: ended.data(from)})
	})
	return ended, err
}

// data are what the audit log keeps of a restore.
func (e Ended) data(from Contents) map[string]string {
	data := map[string]string{"digest": from.Digest}
	if !from.Taken.IsZero() {
		data["taken"] = from.Taken.Format(time.RFC3339)
	}
	for name, n := range map[string]int64{
		"sessions": int64(e.Sessions), "requests": int64(e.Requests), "pairings": int64(e.Pairings), "authenticators": e.Authenticators,
		"recovery_codes": e.RecoveryCodes, "links": e.Links, "invitations": e.Invitations, "cases": int64(e.Cases), "imports": int64(e.Imports), "drafts": e.Drafts, "messages": e.Messages,
	} {
		data[name] = strconv.FormatInt(n, 10)
	}
	return data
}

// personIDRow is a person alone.
type personIDRow struct{ id string }

func (r *personIDRow) fields() []any { return []any{&r.id} }

// endPairings ends them with the phones that were not let in yet.
func endPairings(tx *transaction, at time.Time, ended *Ended) error {
	people, err := all[personIDRow](tx.conn, "SELECT DISTINCT person_id FROM pairings WHERE state IN ('open', 'awaiting-code', 'awaiting-approval') OR (state = 'expired' AND ends > "+number+")", millis(at))
	if err != nil {
		return err
	}
	for _, person := range people {
		var gone []pairing.Pairing
		if gone, err = dropPairings(tx, person.id, at, audit.Entry{Actor: system, Action: "pairing.dropped", At: at}); err != nil {
			return err
		}
		ended.Pairings += len(gone)
	}
	return nil
}

func endAllSessions(tx *transaction, at time.Time, ended *Ended) error {
	people, err := all[personIDRow](tx.conn, "SELECT DISTINCT person_id FROM sessions")
	if err != nil {
		return err
	}
	for _, person := range people {
		gone, err := endSessions(tx, signin.Ending{PersonID: person.id}, audit.Entry{Actor: system, Action: "session.ended", At: at, Data: map[string]string{"why": "restored"}})
		if err != nil {
			return err
		}
		ended.Sessions += gone
	}
	return nil
}

// endRequests ends those that could still be answered, and the answers that could still be redeemed.
func endRequests(tx *transaction, at time.Time, ended *Ended) error {
	for _, edge := range [][2]string{{"pending", "expired"}, {"approved", "lapsed"}} {
		gone, err := all[cancelledRow](tx.conn, "UPDATE approvals SET state = ? WHERE state = ? RETURNING id, organisation_id, membership_id, "+text, edge[1], edge[0], edge[0])
		if err != nil {
			return err
		}
		ended.Requests += len(gone)
		for _, r := range gone {
			err = record(tx, audit.Entry{
				Organisation: r.organisationID, Actor: system, Action: "approval." + edge[1], Subject: r.id, At: at, Data: map[string]string{"user": r.membershipID, "from": r.from, "why": "restored"},
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// endAllCases ends cases before their time comes: whoever said "this was not me" since would not be heard. Who lost all
// factors by one begins anew with the next.
func endAllCases(tx *transaction, at time.Time, ended *Ended) error {
	gone, err := all[endedCaseRow](tx.conn, "UPDATE cases SET state = 'cancelled', closed = ? WHERE "+isLive+" RETURNING "+endedCaseColumns, millis(at))
	if err != nil {
		return err
	}
	ended.Cases = len(gone)
	for _, c := range gone {
		if err = record(tx, c.entry(system, "case.cancelled", at)); err != nil {
			return err
		}
	}
	_, err = tx.exec("UPDATE case_checks SET state = 'expired' WHERE state = 'asked'")
	return err
}

// importedRow is an import that was stopped.
type importedRow struct{ id, organisationID string }

func (r *importedRow) fields() []any { return []any{&r.id, &r.organisationID} }

// endImports stops those that ran: the people may be there, or have been taken out, since.
func endImports(tx *transaction, at time.Time, ended *Ended) error {
	gone, err := all[importedRow](tx.conn, "UPDATE imports SET state = 'stopped', people = '' WHERE state = 'running' RETURNING id, organisation_id")
	if err != nil {
		return err
	}
	ended.Imports = len(gone)
	for _, i := range gone {
		if err = record(tx, audit.Entry{Organisation: i.organisationID, Actor: system, Action: "import.stopped", Subject: i.id, At: at}); err != nil {
			return err
		}
	}
	return nil
}

// endCodes ends all that is typed or clicked once.
func endCodes(tx *transaction, at time.Time, ended *Ended) error {
	// The newest step whose code could have been taken before the restore.
	step := at.Unix()/int64(otp.Step/time.Second) + otp.Window
	var rows int64
	for _, end := range []struct {
		ended     *int64
		statement string
		values    []any
	}{
		{&rows, "DELETE FROM authenticators WHERE device_id IS NULL AND confirmed = 0", nil},
		{&ended.Authenticators, "UPDATE authenticators SET last_step = ? WHERE last_step < ?", []any{step, step}},
		{&ended.RecoveryCodes, "DELETE FROM recovery_codes", nil},
		{&rows, "UPDATE persons SET recovery_codes = 0 WHERE recovery_codes > 0", nil},
		{&ended.Links, "UPDATE letters SET used = ? WHERE used = 0", []any{millis(at)}},
		{&ended.Links, "UPDATE number_proofs SET used = created WHERE used = 0", nil},
		{&ended.Drafts, "DELETE FROM sms_drafts", nil},
		{&ended.Messages, "DELETE FROM outbox", nil},
	} {
		changed, err := tx.exec(end.statement, end.values...)
		if err != nil {
			return err
		}
		*end.ended += changed
	}
	return nil
}

// endInvitations leaves people invited, by links that nobody has: what stands there is the hash of no token.
func endInvitations(tx *transaction, _ time.Time, ended *Ended) (err error) {
	ended.Invitations, err = tx.exec("UPDATE memberships SET invitation = 'restored ' || id WHERE status = 'invited'")
	return err
}
