package store

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"gorm.io/gorm"

	"example.com/aye/internal/audit"
	"example.com/aye/signin"
)

var _ signin.Store = (*Store)(nil)

// sessionRow is a session, with whether one of its requests was reported.
type sessionRow struct {
	signin.Session
	membershipID, organisationID, withinID, requestID, waitingID reference
	picked                                                       bool
	until, created, seen, ends, proven, idle, pause              int64
}

const sessionColumns = "id, token, person_id, level, organisation_id, membership_id, picked, within_id, method, request_id, purpose, about, waiting_id, attempt, " +
	"until, created, seen, ends, proven, idle, pause, ip, place, user_agent, browser, next, case_id, proven_by"

func (r *sessionRow) fields() []any {
	s := &r.Session
	return []any{
		&s.ID, &s.TokenHash, &s.PersonID, (*string)(&s.Level), &r.organisationID, &r.membershipID, &r.picked, &r.withinID, (*string)(&s.Method),
		&r.requestID, (*string)(&s.Purpose), (*string)(&s.About), &r.waitingID, &s.Attempt,
		&r.until, &r.created, &r.seen, &r.ends, &r.proven, &r.idle, &r.pause, &s.IP, &s.Place, &s.UserAgent, &s.Browser, &s.Next, &s.CaseID, (*string)(&s.ProvenBy), &s.Reported,
	}
}

func (r sessionRow) session() signin.Session {
	s := r.Session
	s.Organisation.ID, s.Member.ID = string(r.organisationID), string(r.membershipID)
	if r.picked {
		s.OrganisationID = s.Organisation.ID
	}
	s.Within, s.RequestID, s.WaitingID = string(r.withinID), string(r.requestID), string(r.waitingID)
	s.Until, s.Created, s.Seen, s.Ends, s.Proven = moment(r.until), moment(r.created), moment(r.seen), moment(r.ends), moment(r.proven)
	s.Idle, s.Pause = time.Duration(r.idle)*time.Millisecond, time.Duration(r.pause)*time.Millisecond
	return s
}

// changing are the columns that a change may set, in the order of changed values.
var changing = strings.Split("token, level, organisation_id, membership_id, picked, within_id, method, request_id, purpose, about, waiting_id, attempt, "+
	"until, ends, proven, proven_by, idle, ip, place, user_agent, browser", ", ")

func changingValues(s signin.Session) []any {
	return []any{
		s.TokenHash, s.Level, s.Organisation.ID, s.Member.ID, s.OrganisationID != "", reference(s.Within), s.Method, reference(s.RequestID),
		s.Purpose, s.About, reference(s.WaitingID), s.Attempt, millis(s.Until), millis(s.Ends), millis(s.Proven), s.ProvenBy, s.Idle.Milliseconds(),
		s.IP, s.Place, s.UserAgent, s.Browser,
	}
}

// StartSession adds a session. What it looks at of a case only changes alone.
func (s *Store) StartSession(ctx context.Context, session signin.Session, entry audit.Entry) error {
	return s.about(keyPerson+session.PersonID).write(ctx, func(tx *transaction) error {
		if err := linkCounts(tx, session); err != nil {
			return err
		}
		values := append(changingValues(session), session.ID, session.PersonID, millis(session.Created), millis(session.Seen), session.Pause.Milliseconds(), session.Next, session.CaseID)
		_, err := tx.exec("INSERT INTO sessions ("+strings.Join(changing, ", ")+", id, person_id, created, seen, pause, next, case_id) VALUES "+places(len(values)), values...)
		if err != nil {
			return err
		}
		return record(tx, entry)
	})
}

// wasReported tells whether the person said of one of the session's requests "this was not me".
const wasReported = "EXISTS (SELECT 1 FROM session_requests AS q JOIN approvals AS a ON a.id = q.request_id WHERE q.session_id = sessions.id AND a.state = 'reported')"

const selectSession = "SELECT " + sessionColumns + ", " + wasReported + " FROM sessions WHERE "

// Session finds the session with the token.
func (s *Store) Session(ctx context.Context, tokenHash string) (signin.Session, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return signin.Session{}, err
	}
	row, err := one[sessionRow](c, signin.ErrNone, selectSession+"token = "+text, tokenHash)
	return row.session(), err
}

// TouchSession writes down that the session is used. It looks at its own row.
func (s *Store) TouchSession(ctx context.Context, id, tokenHash string, at time.Time) error {
	_, err := s.update(ctx, func(tx *transaction) (int64, error) {
		now := millis(at)
		return tx.exec("UPDATE sessions SET seen = ?, pause = CASE WHEN pause < ? - seen THEN ? - seen ELSE pause END WHERE id = ? AND token = ? AND seen < ?", now, now, now, id, tokenHash, now)
	})
	return err
}

// ChangeSession makes one change. All its conditions stand in one update. Beside the session itself it looks at requests of
// the same person, which are moved by what is about the person, and at memberships, which only change alone. A request
// is asked by one session: that is a key of the table.
func (s *Store) ChangeSession(ctx context.Context, c signin.Change, entry audit.Entry) (bool, error) {
	return s.about(keyPerson+c.From.PersonID).attempt(ctx, func(tx *transaction) (bool, error) {
		update := sessionChange(c)
		rows, err := tx.exec(update.text, update.values...)
		if err != nil || rows == 0 {
			return false, err
		}
		if held, err := keepRequest(tx, c); err != nil || !held {
			return false, err
		}
		if c.Chosen {
			if err := keepChoice(tx, c.To, entry.At); err != nil {
				return false, err
			}
		}
		if c.Others != nil {
			if _, err := endSessions(tx, signin.Ending{PersonID: c.From.PersonID, Except: c.From.ID}, *c.Others); err != nil {
				return false, err
			}
		}
		return true, record(tx, entry)
	})
}

// sessionChange is the one update of a session.
func sessionChange(c signin.Change) *statement {
	var update statement
	from, to := c.From, c.To
	update.add("UPDATE sessions SET "+strings.Join(changing, " = ?, ")+" = ?", changingValues(to)...)
	if c.Proof != "" || from.Level != to.Level { // the person is there
		update.add(", pause = 0")
	}
	update.add(" WHERE id = ? AND person_id = ? AND token = ? AND level = ? AND purpose = ? AND attempt = ? AND waiting_id IS NOT DISTINCT FROM ? AND NOT "+wasReported,
		from.ID, from.PersonID, from.TokenHash, from.Level, from.Purpose, from.Attempt, reference(from.WaitingID))
	update.add(` AND EXISTS (SELECT 1 FROM memberships AS m
		WHERE m.id = ? AND m.organisation_id = ? AND m.person_id = sessions.person_id AND m.status = 'active')`, to.Member.ID, to.Organisation.ID)
	if c.Proof == "" {
		update.add(" AND level IN (?, 'reset')", to.Level)
	} else {
		update.add(` AND waiting_id = ? AND EXISTS (SELECT 1 FROM session_requests AS q JOIN approvals AS a ON a.id = q.request_id
			WHERE q.request_id = ? AND q.session_id = sessions.id AND q.purpose = sessions.purpose
			AND a.state = 'released')`, c.Proof, c.Proof)
	}
	return &update
}

// keepRequest keeps which request the session asked, and what for. It tells false when the
// request is another person's, or another session asked it.
func keepRequest(tx *transaction, c signin.Change) (bool, error) {
	if c.To.WaitingID == "" || c.To.WaitingID == c.From.WaitingID {
		return true, nil
	}
	rows, err := tx.exec("INSERT INTO session_requests (request_id, session_id, purpose) SELECT id, ?, ? FROM approvals WHERE id = ? AND person_id = ?",
		c.To.ID, c.To.Purpose, c.To.WaitingID, c.To.PersonID)
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return false, nil
	}
	return rows > 0, err
}

func keepChoice(tx *transaction, session signin.Session, at time.Time) error {
	_, err := tx.exec("INSERT INTO choices (person_id, browser, organisation_id, at) VALUES (?, ?, ?, ?) "+
		"ON CONFLICT (person_id, browser) DO UPDATE SET organisation_id = excluded.organisation_id, at = excluded.at",
		session.PersonID, session.Browser, session.Organisation.ID, millis(at))
	return err
}

// SessionsOf gives the person's sessions, newest first.
func (s *Store) SessionsOf(ctx context.Context, personID string, now time.Time) ([]signin.Session, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := all[sessionRow](c, selectSession+"person_id = "+text+" AND ends > "+number+" ORDER BY created DESC, id DESC", personID, millis(now))
	return each(rows, err, sessionRow.session)
}

// EndSessions takes sessions away, of one person.
func (s *Store) EndSessions(ctx context.Context, e signin.Ending, entry audit.Entry) (int, error) {
	ended := 0
	err := s.about(keyPerson+e.PersonID).write(ctx, func(tx *transaction) (err error) {
		ended, err = endSessions(tx, e, entry)
		return err
	})
	if err != nil {
		return 0, err
	}
	return ended, nil
}

// endedRow is a session that was taken away.
type endedRow struct{ id, organisationID, membershipID string }

func (r *endedRow) fields() []any { return []any{&r.id, &r.organisationID, &r.membershipID} }

func endSessions(tx *transaction, e signin.Ending, entry audit.Entry) (int, error) {
	if e.PersonID == "" { // of nobody there is none
		return 0, nil
	}
	var take statement
	take.add("DELETE FROM sessions WHERE person_id = ?", e.PersonID)
	for _, condition := range []struct{ text, value string }{
		{"id = ?", e.ID},
		{"id <> ?", e.Except},
		{"membership_id = ?", e.MembershipID},
		{"level = 'full' AND id IN (SELECT session_id FROM session_requests WHERE request_id = ?)", e.RequestID},
	} {
		if condition.value != "" {
			take.add(" AND "+condition.text, condition.value)
		}
	}
	take.add(" RETURNING id, organisation_id, membership_id")
	gone, err := all[endedRow](tx.conn, take.text, take.values...)
	if err != nil {
		return 0, err
	}
	for _, row := range gone {
		one := entry
		one.Organisation, one.Subject = row.organisationID, row.id
		one.Data = map[string]string{"user": row.membershipID}
		maps.Copy(one.Data, entry.Data)
		if err := record(tx, one); err != nil {
			return 0, err
		}
	}
	return len(gone), nil
}

// chosenRow is an organisation that a person chose.
type chosenRow struct{ organisationID string }

func (r *chosenRow) fields() []any { return []any{&r.organisationID} }

// LastChoice gives the organisation that the person chose last.
func (s *Store) LastChoice(ctx context.Context, personID, browser string) (string, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return "", err
	}
	row, err := one[chosenRow](c, errRefused, "SELECT organisation_id FROM choices WHERE person_id = ? AND browser = ?", personID, browser)
	if errors.Is(err, errRefused) {
		row, err = one[chosenRow](c, errRefused, "SELECT organisation_id FROM choices WHERE person_id = "+text+" ORDER BY at DESC LIMIT 1", personID)
	}
	if errors.Is(err, errRefused) {
		return "", nil
	}
	return row.organisationID, err
}

// SweepSessions takes away what has expired. Nothing could be done with it any more, so that it
// is no change and has no audit row.
func (s *Store) SweepSessions(ctx context.Context, now, choices time.Time, limit int) (bool, error) {
	more := false
	err := s.write(ctx, func(tx *transaction) error {
		more = false
		for _, sweep := range []struct {
			query string
			until time.Time
		}{
			{"DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE ends <= " + number + " ORDER BY ends LIMIT " + number + ")", now},
			{"DELETE FROM choices WHERE (person_id, browser) IN (SELECT person_id, browser FROM choices WHERE at <= " + number + " ORDER BY at LIMIT " + number + ")", choices},
		} {
			rows, err := tx.exec(sweep.query, millis(sweep.until), limit)
			if err != nil {
				return err
			}
			more = more || rows == int64(limit)
		}
		return nil
	})
	return err == nil && more, err
}
