package store

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"

	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

var _ sms.Ledger = (*Store)(nil)

// smsMessageRow is a message; its number is sealed, and not always read.
type smsMessageRow struct {
	sms.Message
	organisationID, personID reference
	number                   string
	used, at, updated        int64
}

const smsMessageColumns = "id, organisation_id, provider_id, purpose, payer, about, person_id, number, number_index, masked, country, encoding, parts, " +
	"estimate, price, currency, state, vendor_id, reason, detail, used, at, updated"

func (r *smsMessageRow) fields() []any {
	return []any{
		&r.ID, &r.organisationID, &r.ProviderID, (*string)(&r.Purpose), (*string)(&r.Payer), &r.About, &r.personID, &r.number, &r.Index, &r.Masked,
		&r.Country, (*string)(&r.Encoding), &r.Parts, (*int64)(&r.Estimate), (*int64)(&r.Price), &r.Currency, (*string)(&r.State), &r.VendorID,
		(*string)(&r.Reason), &r.Detail, &r.used, &r.at, &r.updated,
	}
}

// values are those of the columns.
func (r *smsMessageRow) values() []any {
	return []any{
		r.ID, r.organisationID, r.ProviderID, r.Purpose, r.Payer, r.About, r.personID, r.number, r.Index, r.Masked,
		r.Country, r.Encoding, r.Parts, int64(r.Estimate), int64(r.Price), r.Currency, r.State, r.VendorID,
		r.Reason, r.Detail, r.used, r.at, r.updated,
	}
}

func smsMessagePlace(organisationID, id string) secret.Place {
	return secret.Place{Scope: organisationID, Table: "sms_messages", Column: "number", Row: id}
}

// plain is the message without its number.
func (r smsMessageRow) plain() sms.Message {
	m := r.Message
	m.OrganisationID, m.PersonID = string(r.organisationID), string(r.personID)
	m.Used, m.At, m.Updated = moment(r.used), moment(r.at), moment(r.updated)
	return m
}

func (s *Store) smsMessage(ctx context.Context, r smsMessageRow) (sms.Message, error) {
	m := r.plain()
	opened, err := s.unseal(ctx, smsMessagePlace(m.OrganisationID, m.ID), r.number)
	m.Number = opened.Reveal()
	return m, err
}

// AddMessage adds a message, with nothing able to change between the look at what was spent and
// what is stored.
func (s *Store) AddMessage(ctx context.Context, m sms.Message, by sms.Counting, admit func(sms.Spent) error) error {
	row := smsMessageRow{
		Message: m, organisationID: reference(m.OrganisationID), personID: reference(m.PersonID),
		used: millis(m.Used), at: millis(m.At), updated: millis(m.Updated),
	}
	var err error
	if row.number, err = s.seal(ctx, smsMessagePlace(m.OrganisationID, m.ID), secret.Secret(m.Number)); err != nil {
		return err
	}
	return s.write(ctx, func(tx *transaction) error {
		spent, err := spentBefore(tx.conn, m, by)
		if err != nil {
			return err
		}
		if err = admit(spent); err != nil {
			return err
		}
		values := append(row.values(), millis(m.At.Add(sms.FirstLook)))
		_, err = tx.exec("INSERT INTO sms_messages ("+smsMessageColumns+", look) VALUES "+places(len(values)), values...)
		return err
	})
}

// Settle moves a message along.
func (s *Store) Settle(ctx context.Context, id string, o sms.Outcome) (bool, error) {
	moved := false
	err := s.write(ctx, func(tx *transaction) (err error) {
		moved, err = settle(tx, id, o)
		return err
	})
	return err == nil && moved, err
}

// settle moves the message if it stands in a state before that, and stores in any case what is
// known of its price: of two reports that come in the wrong order the late one may tell it.
func settle(tx *transaction, id string, o sms.Outcome) (bool, error) {
	if _, err := tx.exec(`UPDATE sms_messages SET vendor_id = CASE WHEN ? <> '' THEN ? ELSE vendor_id END, parts = CASE WHEN ? > 0 THEN ? ELSE parts END,
		price = CASE WHEN ? <> '' THEN ? ELSE price END, currency = CASE WHEN ? <> '' THEN ? ELSE currency END WHERE id = ?`,
		o.VendorID, o.VendorID, o.Parts, o.Parts, o.Currency, int64(o.Price), o.Currency, o.Currency, id); err != nil {
		return false, err
	}
	before := o.State.Before()
	if len(before) == 0 {
		return false, nil
	}
	var move statement
	move.add("UPDATE sms_messages SET state = ?, reason = ?, detail = ?, updated = ?", o.State, o.Reason, o.Detail, millis(o.At))
	if o.State.Final() {
		move.add(", look = 0")
	}
	move.add(" WHERE id = ? AND (state IN (?"+strings.Repeat(", ?", len(before)-1)+")", id)
	for _, state := range before {
		move.add("", state)
	}
	if o.State.Corrects() {
		move.add(" OR state = 'refused' AND reason = ?", sms.Missing)
	}
	move.add(")")
	rows, err := tx.exec(move.text, move.values...)
	return rows > 0, err
}

// TakeReport settles a message by what its vendor says of it, once for each report. It gives the
// message without its number.
func (s *Store) TakeReport(ctx context.Context, providerID string, r sms.Report) (sms.Message, bool, error) {
	var settled smsMessageRow
	moved := false
	err := s.write(ctx, func(tx *transaction) error {
		condition, value := "id = ?", r.Reference
		if r.Reference == "" {
			condition, value = "vendor_id = ? AND vendor_id <> ''", r.VendorID
		}
		row, err := one[smsMessageRow](tx.conn, sms.ErrNotFound, selectSMSMessage+"provider_id = ? AND "+condition, providerID, value)
		if err != nil {
			return err
		}
		_, err = tx.exec("INSERT INTO sms_reports (provider_id, once, until) VALUES (?, ?, ?)", providerID, r.Once, millis(r.OnceUntil))
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return sms.ErrReplayed
		}
		if err != nil {
			return err
		}
		outcome := r.Outcome
		outcome.VendorID = cmp.Or(outcome.VendorID, r.VendorID)
		if moved, err = settle(tx, row.ID, outcome); err != nil {
			return err
		}
		settled, err = one[smsMessageRow](tx.conn, sms.ErrNotFound, selectSMSMessage+"id = ?", row.ID)
		return err
	})
	if err != nil {
		return sms.Message{}, false, err
	}
	return settled.plain(), moved, nil
}

const selectSMSMessage = "SELECT " + smsMessageColumns + " FROM sms_messages WHERE "

// LastAbout gives the newest message about something.
func (s *Store) LastAbout(ctx context.Context, about string) (newest sms.Message, count int, err error) {
	c, err := s.reading(ctx)
	if err != nil {
		return sms.Message{}, 0, err
	}
	row, err := one[smsMessageRow](c, sms.ErrNotFound, selectSMSMessage+"about = "+text+" AND about <> '' ORDER BY at DESC, id DESC LIMIT 1", about)
	if err != nil {
		return sms.Message{}, 0, err
	}
	there, err := one[sumRow](c, sms.ErrNotFound, "SELECT count(*) FROM sms_messages WHERE about = ?", about)
	if err != nil {
		return sms.Message{}, 0, err
	}
	newest, err = s.smsMessage(ctx, row)
	return newest, int(there.sum), err
}

// Unsettled gives messages of which more may be known. Those about which a vendor is to be asked it takes: who took them
// has 90 seconds to ask and to say so; nobody else is given them meanwhile.
func (s *Store) Unsettled(ctx context.Context, sendingBefore, due time.Time, limit int) ([]sms.Message, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := all[smsMessageRow](c, selectSMSMessage+"state = 'sending' AND at < "+number+" ORDER BY at LIMIT "+number, millis(sendingBefore), limit)
	if err != nil {
		return nil, err
	}
	looked, err := take(ctx, s, selectSMSMessage+"look > 0 AND look <= "+number+" AND state IN ('unknown', 'accepted', 'sent') ORDER BY look LIMIT "+number, []any{millis(due), limit - len(rows)},
		func(tx *transaction, rows []smsMessageRow) error {
			_, failure := tx.exec("UPDATE sms_messages SET look = ? WHERE id IN "+places(len(rows)), behind(millis(due.Add(lease)), rows, func(r smsMessageRow) string { return r.ID })...)
			return failure
		})
	if err != nil {
		return nil, err
	}
	var unsettled []sms.Message
	for _, row := range append(rows, looked...) {
		var m sms.Message
		if m, err = s.smsMessage(ctx, row); err != nil {
			return nil, err
		}
		unsettled = append(unsettled, m)
	}
	return unsettled, nil
}

// Looked sets when the vendor is asked again.
func (s *Store) Looked(ctx context.Context, id string, next time.Time) error {
	_, err := s.update(ctx, func(tx *transaction) (int64, error) {
		return tx.exec("UPDATE sms_messages SET look = ? WHERE id = ?", millis(next), id)
	})
	return err
}

// MaskNumbers forgets numbers: with the keyed hash, of which the few numbers that there are could
// be tried.
func (s *Store) MaskNumbers(ctx context.Context, before, now time.Time, limit int) (bool, error) {
	more := false
	err := s.write(ctx, func(tx *transaction) error {
		more = false
		for _, old := range []struct {
			query string
			until time.Time
		}{
			{"UPDATE sms_messages SET number = '', number_index = '' WHERE id IN (SELECT id FROM sms_messages WHERE number_index <> '' AND at < " + number + " ORDER BY at LIMIT " + number + ")", before},
			{"DELETE FROM sms_reports WHERE (provider_id, once) IN (SELECT provider_id, once FROM sms_reports WHERE until <= " + number + " ORDER BY until LIMIT " + number + ")", now},
		} {
			rows, err := tx.exec(old.query, millis(old.until), limit)
			if err != nil {
				return err
			}
			more = more || rows == int64(limit)
		}
		return nil
	})
	return err == nil && more, err
}
