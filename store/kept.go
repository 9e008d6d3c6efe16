package store

import (
	"context"
	"strings"
	"time"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/privacy"
)

// kept is a part of what is kept of a person. Columns that end in _at are times.
type kept struct {
	name, why string
	// query has the person's id in each of its places.
	query string
	// unseal opens what is sealed in a row; nil where nothing is.
	unseal func(ctx context.Context, s *Store, row map[string]any) error
}

// keptOf is everything, in the order in which a person reads it. Neither secrets nor hashes are in it, nor who else acted.
var keptOf = []kept{
	{"person", "Who you are: kept until the account is erased.", `SELECT id, email, display AS name, locale AS language, number, number_proven AS number_proven_at,
		number_changed AS number_changed_at, texts AS text_messages_chosen_at, password_set AS password_set_at, apps AS authenticator_apps, recovery_codes AS unused_recovery_codes,
		created AS created_at FROM persons WHERE id = ` + text, openNumber},
	{"memberships", "Which organisations you belong, or belonged, to: kept until the account is erased.", membershipsEver, nil},
	{"phones", "Which phones answer, or answered, for you: kept until the account is erased.", phonesEver, nil},
	{"authenticator apps", "Which apps make codes for you: kept until they are removed.", `SELECT name, confirmed AS created_at, used AS used_at FROM authenticators
		WHERE person_id = ` + text + " AND device_id IS NULL AND confirmed > 0", nil},
	{"recovery codes", "When your recovery codes were made and used: kept until there are new ones.", "SELECT created AS created_at, used AS used_at FROM recovery_codes WHERE person_id = " + text, nil},
	{"sessions", "Where you are logged in: kept until the session ends.", `SELECT s.id, o.name AS organisation, s.method, s.ip, s.place, s.user_agent, s.created AS created_at, s.seen AS seen_at, s.ends AS ends_at
		FROM sessions AS s JOIN organisations AS o ON o.id = s.organisation_id WHERE s.person_id = ` + text, nil},
	{"browsers", "When you logged in with browsers that are known to be yours: kept for a year after the last time.", "SELECT created AS created_at, seen AS seen_at FROM person_browsers WHERE person_id = " + text, nil},
	{"chosen organisations", "Which organisation you chose last: kept for a year.", `SELECT o.name AS organisation, c.at AS chosen_at FROM choices AS c JOIN organisations AS o ON o.id = c.organisation_id
		WHERE c.person_id = ` + text, nil},
	{"mailed links", "Which links were mailed to you: kept for a week.", "SELECT hash AS hash_, kind, email, created AS created_at, used AS used_at FROM letters WHERE person_id = " + text, openLetter},
	{"mails", "Which mails to you, or about you, are on their way: kept until they are sent, for two days at most.", "SELECT kind, at AS created_at FROM outbox WHERE kind <> 'none' AND person_id = " + text, nil},
	{"numbers to prove", "Which numbers you began to prove: kept for a week.", "SELECT id AS id_, number, created AS created_at, used AS used_at FROM number_proofs WHERE person_id = " + text, openProof},
	{"requests", "What you were asked and what you answered: kept until the account is erased; from where, and what was shown, for 90 days.", `SELECT id, asker, organisation_name AS organisation,
		purpose, state, message, details, ip, place, user_agent, method, verified, created AS created_at, decided AS decided_at, released AS released_at, reported AS reported_at
		FROM approvals WHERE person_id = ` + text + " AND created >= 0 ORDER BY created, id", nil},
	{"pushes", "What became of the messages to your phones: kept with the requests.", `SELECT request_id AS request, device AS phone, channel, state, reason, updated AS updated_at
		FROM deliveries WHERE request_id IN (SELECT id FROM approvals WHERE person_id = ` + text + " AND created >= 0)", nil},
	{"decisions", "What your phones signed, which proves what you agreed to: kept with the log.", decisionsEver, nil},
	{"push limits", "How often you were asked lately, so that nobody can wear you down.", `SELECT streak AS unanswered_in_a_row, muted_until AS muted_until_at, cautious_until AS cautious_until_at
		FROM budgets WHERE person_id = ` + text, nil},
	{"linking", "When phones were, or were to be, linked: kept until the account is erased.", `SELECT p.id, o.name AS organisation, p.state, p.created AS created_at, p.closed AS closed_at
		FROM pairings AS p JOIN organisations AS o ON o.id = p.organisation_id WHERE p.person_id = ` + text, nil},
	{"text messages", "Which text messages were sent to you: the number for 30 days, the rest for the bill.", `SELECT id, organisation_id AS organisation_, number, masked AS masked_number, country, purpose, state,
		at AS sent_at, used AS used_at FROM sms_messages WHERE person_id = ` + text + " ORDER BY at, id", openMessage},
	{"support cases", "When support helped you and what was written down: notes for 400 days after the end.", `SELECT c.id, o.name AS organisation, c.kind, c.state, c.identified, c.shown, c.ticket, c.note, c.channel,
		c.stopped_by, c.opened AS opened_at, c.approved AS approved_at, c.closed AS closed_at FROM cases AS c JOIN organisations AS o ON o.id = c.organisation_id WHERE c.person_id = ` + text, nil},
}

// The ended and removed ones have an index of their own.
const (
	someMemberships = `SELECT m.id, o.name AS organisation, m.role, m.status, m.invited_as AS invited_by_the_name, m.created AS created_at
		FROM memberships AS m JOIN organisations AS o ON o.id = m.organisation_id WHERE m.person_id = ` + text + " AND m.status "
	membershipsEver = someMemberships + "<> 'ended' UNION ALL " + someMemberships + "= 'ended'"
	somePhones      = `SELECT id, name, platform, model, os_version, app_version, locale AS language, status, push_provider, created AS created_at, seen AS seen_at
		FROM devices WHERE person_id = ` + text + " AND status "
	someDecisions = `SELECT request_id AS request, device_id AS phone, verdict, method, verified, evidence AS signed, at AS decided_at
		FROM decisions WHERE device_id IN (SELECT id FROM devices WHERE person_id = ` + text + " AND status "
	decisionsEver = someDecisions + "<> 'removed') UNION ALL " + someDecisions + "= 'removed')"
	phonesEver    = somePhones + "<> 'removed' UNION ALL " + somePhones + "= 'removed'"
)

// ExportPerson gives all that is kept of the person, and writes down that it did.
func (s *Store) ExportPerson(ctx context.Context, personID string, entry audit.Entry) ([]privacy.Section, error) {
	var sections []privacy.Section
	err := s.write(ctx, func(tx *transaction) error {
		sections = nil
		there, err := holds(tx, "EXISTS (SELECT 1 FROM persons WHERE id = "+text+" AND erased = 0)", personID)
		if err == nil && !there {
			err = privacy.ErrNotFound
		}
		if err != nil {
			return err
		}
		for _, k := range keptOf {
			rows, failed := plainRows(tx.conn, k.query, repeated(personID, strings.Count(k.query, "?"))...)
			if failed != nil {
				return failed
			}
			for _, row := range rows {
				if err = s.readable(ctx, k, row); err != nil {
					return err
				}
			}
			sections = append(sections, privacy.Section{Name: k.name, Why: k.why, Rows: rows})
		}
		log, err := logOf(tx, personID)
		if err != nil {
			return err
		}
		sections = append(sections, log)
		return record(tx, entry)
	})
	return sections, err
}

// readable opens what is sealed, writes times as people do, and leaves out what only served for that.
func (s *Store) readable(ctx context.Context, k kept, row map[string]any) error {
	if k.unseal != nil {
		if err := k.unseal(ctx, s, row); err != nil {
			return err
		}
	}
	for column, value := range row {
		if strings.HasSuffix(column, "_") {
			delete(row, column)
		}
		if at, ok := value.(int64); ok && strings.HasSuffix(column, "_at") {
			row[column] = written(at)
		}
	}
	return nil
}

// written is a time as RFC 3339; empty for none.
func written(at int64) string {
	if at == 0 {
		return ""
	}
	return moment(at).Format(time.RFC3339)
}

// reveal puts the value in the place of what is sealed.
func (s *Store) reveal(ctx context.Context, row map[string]any, column string, at secret.Place) error {
	sealed, _ := row[column].(string)
	value, err := s.unseal(ctx, at, sealed)
	row[column] = value.Reveal()
	return err
}

func told(row map[string]any, column string) string {
	value, _ := row[column].(string)
	return value
}

func openNumber(ctx context.Context, s *Store, row map[string]any) error {
	return s.reveal(ctx, row, "number", numberPlace(told(row, "id")))
}

func openLetter(ctx context.Context, s *Store, row map[string]any) error {
	return s.reveal(ctx, row, "email", letterRow{Hash: told(row, "hash_")}.place())
}

func openProof(ctx context.Context, s *Store, row map[string]any) error {
	return s.reveal(ctx, row, "number", numberProofRow{ID: told(row, "id_")}.place())
}

func openMessage(ctx context.Context, s *Store, row map[string]any) error {
	return s.reveal(ctx, row, "number", smsMessagePlace(told(row, "organisation_"), told(row, "id")))
}

// plainRows gives rows by the names of their columns.
func plainRows(c conn, query string, args ...any) ([]map[string]any, error) {
	rows, cancel, err := c.query(query, args)
	if err != nil {
		return nil, err
	}
	defer cancel()
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	found := []map[string]any{}
	for rows.Next() {
		values, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err = rows.Scan(places...); err != nil {
			return nil, err
		}
		row := map[string]any{}
		for i, column := range columns {
			row[column] = values[i]
		}
		found = append(found, row)
	}
	return found, translate(rows.Err())
}

func repeated(value string, times int) []any {
	values := make([]any, times)
	for i := range values {
		values[i] = value
	}
	return values
}
