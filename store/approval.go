package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"example.com/aye/approval"
)

var _ approval.Store = (*Store)(nil)

// Ask adds a request, with nothing able to change between the look at how the person stands
// and what is stored. It looks at the person's requests and budget, which are written by what is about the person, and at
// what the creation key made, which only the same key makes; all else that writes them is alone, but for HandOut and
// Deliver, of which it looks at nothing.
func (s *Store) Ask(ctx context.Context, key approval.Creation, admit func(approval.Situation) (approval.Admission, error)) (approval.Request, error) {
	var row approvalRow
	keys := []string{keyPerson + key.PersonID}
	if key.Key != "" {
		keys = append(keys, keyCreation+key.ApplicationID+" "+key.Key)
	}
	err := s.about(keys...).together(key.OrganisationID).write(ctx, func(tx *transaction) error {
		now := s.now()
		created := createdBefore(tx, key.ApplicationID, key.Key, now)
		stands := situationOf(tx, key, now)
		known, found, err := created()
		if err != nil {
			return err
		}
		if found {
			row = known
			return nil
		}
		situation, err := stands()
		if err != nil {
			return err
		}
		admission, err := admit(situation)
		if err != nil {
			return err
		}
		row = approvalRowOf(admission.Request)
		return keep(tx, row, admission)
	})
	if err != nil {
		return approval.Request{}, err
	}
	return row.request(), nil
}

func situationOf(tx *transaction, key approval.Creation, now time.Time) func() (approval.Situation, error) {
	rows := soon[approvalRow](tx, selectApproval+isPending+" AND expires > "+number+" ORDER BY created, id", key.PersonID, millis(now))
	// One that was reported after its release does not make the browser known.
	known := soon[found](tx, "SELECT 1 FROM approvals WHERE person_id = ? AND application_id = ? AND browser = ? AND state = 'released' LIMIT 1",
		key.PersonID, reference(key.ApplicationID), key.Browser)
	budgeted := budgetOf(tx, key.PersonID)
	return func() (approval.Situation, error) {
		budget, err := budgeted()
		if err != nil {
			return approval.Situation{}, err
		}
		before, err := known()
		if err != nil {
			return approval.Situation{}, err
		}
		asked, err := rows()
		pending, err := each(asked, err, approvalRow.request)
		return approval.Situation{Pending: pending, Budget: budget, KnownBrowser: len(before) > 0}, err
	}
}

// createdBefore finds what an application's creation key made, and lets go of a key that is too old.
func createdBefore(tx *transaction, applicationID, key string, now time.Time) func() (row approvalRow, found bool, err error) {
	if applicationID == "" || key == "" {
		return func() (row approvalRow, found bool, err error) { return row, false, nil }
	}
	named := "application_id = ? AND creation_key = ? AND creation_key <> ''"
	if tx.dialect.postgres {
		// The parts of a table have no index over all of them: which key made which request stands beside it.
		named = "id = (SELECT k.request_id FROM approval_keys AS k WHERE k.application_id = ? AND k.creation_key = ?)"
	}
	let := soonDone(tx, "UPDATE approvals SET creation_key = '' WHERE "+named+" AND created <= ?", applicationID, key, millis(now.Add(-creationKeyLife)))
	rows := soon[approvalRow](tx, selectApproval+named, applicationID, key)
	return func() (row approvalRow, found bool, err error) {
		if err = let(); err != nil {
			return row, false, err
		}
		made, err := rows()
		if err != nil || len(made) == 0 {
			return row, false, err
		}
		return made[0], true, nil
	}
}

// isPending names the state as the index of the pending ones does, so that SQLite takes that
// and does not walk through all that the person was ever asked.
const isPending = "person_id = " + text + " AND state = 'pending'"

// found is a row of which only that it is there counts.
type found struct{ one int }

func (f *found) fields() []any { return []any{&f.one} }

func keep(tx *transaction, row approvalRow, admission approval.Admission) error {
	for _, id := range admission.Superseded {
		moved, err := tx.exec("UPDATE approvals SET state = ? WHERE id = ? AND "+isPending, approval.Superseded, id, row.PersonID)
		if err != nil {
			return err
		}
		if moved == 0 {
			return fmt.Errorf("request %s cannot be superseded: it is not pending", id)
		}
	}
	values := row.values()
	if err := tx.write("INSERT INTO approvals ("+approvalColumns+") VALUES "+places(len(values)), values...); err != nil {
		return err
	}
	if err := keepDeliveries(tx, admission.Deliveries); err != nil {
		return err
	}
	if err := keepBudget(tx, row.PersonID, admission.Budget); err != nil {
		return err
	}
	return record(tx, admission.Entries...)
}

const selectApproval = "SELECT " + approvalColumns + " FROM approvals WHERE "

// Request finds a request.
func (s *Store) Request(ctx context.Context, id string) (approval.Request, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return approval.Request{}, err
	}
	row, err := one[approvalRow](c, approval.ErrNotFound, selectApproval+"id = ?", id)
	return row.request(), err
}

// approvalsColumns name their table, for joins.
var approvalsColumns = "approvals." + strings.ReplaceAll(approvalColumns, ", ", ", approvals.")

// deliveredRow is a request with one of its deliveries; an empty device where it has none.
type deliveredRow struct {
	approvalRow
	delivery deliveryRow
}

func (r *deliveredRow) fields() []any { return append(r.approvalRow.fields(), r.delivery.fields()...) }

// View finds a request with its deliveries, in one statement: a page that waits is told often.
func (s *Store) View(ctx context.Context, id string) (approval.Request, []approval.Delivery, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return approval.Request{}, nil, err
	}
	rows, err := all[deliveredRow](c, "SELECT "+approvalsColumns+`, approvals.id, COALESCE(d.device_id, ''), COALESCE(d.position, 0), COALESCE(d.device, ''),
		COALESCE(d.channel, ''), COALESCE(d.state, ''), COALESCE(d.reason, ''), COALESCE(d.updated, 0)
		FROM approvals LEFT JOIN deliveries AS d ON d.request_id = approvals.id WHERE approvals.id = `+text, id)
	if err != nil {
		return approval.Request{}, nil, err
	}
	if len(rows) == 0 {
		return approval.Request{}, nil, approval.ErrNotFound
	}
	slices.SortFunc(rows, func(a, b deliveredRow) int { return cmp.Compare(a.delivery.Position, b.delivery.Position) })
	deliveries := make([]approval.Delivery, 0, len(rows))
	for _, row := range rows {
		if row.delivery.DeviceID != "" {
			deliveries = append(deliveries, row.delivery.delivery())
		}
	}
	return rows[0].request(), deliveries, nil
}

// pendingRow is a request with how far its push to one phone came.
type pendingRow struct {
	approvalRow
	delivery approval.DeliveryState
}

func (r *pendingRow) fields() []any { return append(r.approvalRow.fields(), (*string)(&r.delivery)) }

func (r pendingRow) pending() approval.PendingRequest {
	return approval.PendingRequest{Request: r.request(), Delivery: r.delivery}
}

// PendingOf gives the person's pending requests, oldest first.
func (s *Store) PendingOf(ctx context.Context, personID, deviceID string) ([]approval.PendingRequest, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	// One by one, for they are few: of a join PostgreSQL may think that all deliveries to the phone are a good beginning.
	rows, err := all[pendingRow](c, "SELECT "+approvalColumns+", COALESCE((SELECT d.state FROM deliveries AS d WHERE d.request_id = approvals.id AND d.device_id = "+text+"), '') "+
		"FROM approvals WHERE "+isPending+" ORDER BY created, id", deviceID, personID)
	return each(rows, err, pendingRow.pending)
}

// Decision finds what a phone decided.
func (s *Store) Decision(ctx context.Context, deviceID, id string) (approval.Decision, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return approval.Decision{}, err
	}
	row, err := one[decisionRow](c, approval.ErrNotFound, "SELECT "+decisionColumns+" FROM decisions WHERE device_id = ? AND jti = ?", deviceID, id)
	return row.decision(), err
}

// HandOut stores that the release code is handed out for the first time. It looks at its own row.
//
// The state is a value: written out, it would let PostgreSQL choose the index of the approved ones, and look through them all.
func (s *Store) HandOut(ctx context.Context, id string, at, redeemBy time.Time) (bool, error) {
	return s.updateRow(ctx, "approval "+id, func(tx *transaction) (int64, error) {
		return tx.exec("UPDATE approvals SET delivered = ?, redeem_by = ? WHERE id = ? AND state = ? AND delivered = 0", millis(at), millis(redeemBy), id, approval.Approved)
	})
}

// Due gives the requests whose time has passed.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]approval.Request, error) {
	at := millis(now)
	return list(s.read(ctx).Where("state = 'pending' AND expires <= ?", at).
		Or("state = 'approved' AND redeem_by <= ?", at).Limit(limit), approvalRow.request)
}

// History gives the person's requests, newest first.
func (s *Store) History(ctx context.Context, personID string, since time.Time, cursor string, limit int) ([]approval.Request, error) {
	return list(s.historyOf(ctx, personID, since, cursor).Limit(limit), approvalRow.request)
}

// historyOf is what the person was asked, newest first.
func (s *Store) historyOf(ctx context.Context, personID string, since time.Time, cursor string) *gorm.DB {
	query := s.read(ctx).Model(&approvalRow{}).Where("approvals.person_id = ? AND approvals.created >= ?", personID, millis(since))
	if cursor != "" {
		// Somebody else's id is no place in this history, and nothing is older than no place.
		query = query.Where("(approvals.created, approvals.id) < (SELECT at.created, at.id FROM approvals AS at WHERE at.id = ? AND at.person_id = ?)", cursor, personID)
	}
	return query.Order("approvals.created DESC, approvals.id DESC")
}

// loginRow is a request with the name of the phone that answered it.
type loginRow struct {
	Request approvalRow `gorm:"embedded"`
	Phone   string
}

func (r loginRow) login() approval.LoginRequest {
	return approval.LoginRequest{Request: r.Request.request(), Phone: r.Phone}
}

// Logins gives the requests by which the person was let in, newest first.
func (s *Store) Logins(ctx context.Context, personID string, since time.Time, cursor string, limit int) ([]approval.LoginRequest, error) {
	query := s.historyOf(ctx, personID, since, cursor).Select(columnsOf(s.reader, &approvalRow{}) + ", COALESCE(devices.name, '') AS phone").
		Joins("LEFT JOIN devices ON devices.id = approvals.decided_by").Where("approvals.purpose = 'login' AND approvals.released > 0")
	return list(query.Limit(limit), loginRow.login)
}
