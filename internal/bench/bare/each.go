package bare

import "fmt"

// With [Config.Each] a login is kept as by a server that commits each statement by itself: the
// six statements of the least, and these ten. Together they are those that Aye makes of a
// login, sixteen:
//
//	asked          the request, a delivery, the budget, an audit row, the audit head
//	push accepted  the delivery
//	fetched        the delivery
//	decided        the request, the decision, the budget, an audit row, the audit head
//	handed out     the request
//	redeemed       the request, an audit row, the audit head
//
// Each is queued when the one before it is on the disk. What becomes of a delivery stands in
// the request's row, as with the six alone. The audit rows are as long as Aye's, but no chain:
// that would be work for the processor, and here it is the disk that counts.
const (
	addDelivery change = iota + release + 1
	setBudget
	addDecision
	addAudit
	setHead

	allChanges // how many there are
)

const eachSchema = `
CREATE TABLE IF NOT EXISTS deliveries (
	request INTEGER NOT NULL,
	device  TEXT NOT NULL,
	state   TEXT NOT NULL,
	updated INTEGER NOT NULL,
	PRIMARY KEY (request, device)
) STRICT;
CREATE TABLE IF NOT EXISTS budgets (
	membership TEXT PRIMARY KEY,
	asked      TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS decisions (
	request  INTEGER PRIMARY KEY,
	evidence TEXT NOT NULL,
	at       INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS audit_rows (
	sequence     INTEGER PRIMARY KEY,
	organisation TEXT NOT NULL,
	actor        TEXT NOT NULL,
	action       TEXT NOT NULL,
	subject      TEXT NOT NULL,
	at           INTEGER NOT NULL,
	data         TEXT NOT NULL,
	previous     TEXT NOT NULL,
	hash         TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS audit_heads (
	organisation TEXT PRIMARY KEY,
	sequence     INTEGER NOT NULL,
	hash         TEXT NOT NULL
) STRICT, WITHOUT ROWID;`

// noHash is as long as a SHA-256 in hexadecimal.
const noHash = `'0000000000000000000000000000000000000000000000000000000000000000'`

var eachChanges = map[change]string{
	addDelivery: `INSERT INTO deliveries (request, device, state, updated) VALUES (?, ?, 'queued', ?)`,
	setBudget: `INSERT INTO budgets (membership, asked) SELECT membership, ? FROM requests WHERE id = ?
		ON CONFLICT (membership) DO UPDATE SET asked = excluded.asked`,
	addDecision: `INSERT INTO decisions (request, evidence, at) VALUES (?, ?, ?)`,
	addAudit: `INSERT INTO audit_rows (organisation, actor, action, subject, at, data, previous, hash)
		SELECT ?, device, ?, ?, CAST(? AS BIGINT), '{"user":"' || membership || '"}', ` + noHash + `, ` + noHash + ` FROM requests WHERE id = ?`,
	setHead: `INSERT INTO audit_heads (organisation, sequence, hash)
		SELECT organisation, sequence, hash FROM audit_rows WHERE TRUE ORDER BY sequence DESC LIMIT 1
		ON CONFLICT (organisation) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash`,
}

// addition is one statement more, with its values.
type addition struct {
	change
	values []any
}

// add makes the statements, one after the other.
func (s *Store) add(additions ...addition) error {
	for _, one := range additions {
		if _, err := s.change(one.change, one.values...); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) addToAsk(r Request) error {
	return s.add(append([]addition{{addDelivery, []any{r.ID, r.Device, r.Created}}, budget(r.ID, r.Created)}, audited(r.ID, "approval.asked", r.Created)...)...)
}

func (s *Store) addToDecide(id int64, state, evidence string, now int64) error {
	return s.add(append([]addition{{addDecision, []any{id, evidence, now}}, budget(id, now)}, audited(id, "approval."+state, now)...)...)
}

func (s *Store) addToRelease(id, now int64) error {
	return s.add(audited(id, "approval.released", now)...)
}

func budget(id, now int64) addition { return addition{setBudget, []any{fmt.Sprintf("[%d]", now), id}} }

func audited(id int64, action string, now int64) []addition {
	return []addition{{addAudit, []any{organisation, action, requestID(id), now, id}}, {setHead, nil}}
}
