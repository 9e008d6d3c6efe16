package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"example.com/aye/accounts"
	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/pairing"
)

var _ pairing.Store = (*Store)(nil)

// creationKeyLife is how long a creation key names what was made with it.
const creationKeyLife = 24 * time.Hour

// duePairings is how many pairings are settled at once.
const duePairings = 500

type pairingRow struct {
	ID             string
	OrganisationID string
	ApplicationID  reference
	OpenedBy       reference
	Session        string
	First          bool
	MembershipID   string
	PersonID       string
	State          pairing.State
	Generation     int
	CodeHash       string
	DeviceID       reference
	ApprovalID     reference
	Tries          int
	Created        int64
	Expires        int64
	Ends           int64
	Closed         int64
	CreationKey    string
	BodyHash       string
}

// TableName names the table.
func (pairingRow) TableName() string { return "pairings" }

func pairingRowOf(p pairing.Pairing) pairingRow {
	return pairingRow{
		ID: p.ID, OrganisationID: p.OrganisationID, ApplicationID: reference(p.ApplicationID), OpenedBy: reference(p.By), Session: p.Session, First: p.First, MembershipID: p.MembershipID,
		PersonID: p.PersonID, State: p.State, Generation: p.Generation, CodeHash: p.CodeHash, DeviceID: reference(p.DeviceID),
		ApprovalID: reference(p.ApprovalID), Tries: p.Tries, Created: millis(p.Created), Expires: millis(p.Expires),
		Ends: millis(p.Ends), Closed: millis(p.Closed), CreationKey: p.CreationKey, BodyHash: p.BodyHash,
	}
}

func (r pairingRow) pairing() pairing.Pairing {
	return pairing.Pairing{
		ID: r.ID, OrganisationID: r.OrganisationID, ApplicationID: string(r.ApplicationID), By: string(r.OpenedBy), Session: r.Session, First: r.First, MembershipID: r.MembershipID,
		PersonID: r.PersonID, State: r.State, Generation: r.Generation, CodeHash: r.CodeHash, DeviceID: string(r.DeviceID),
		ApprovalID: string(r.ApprovalID), Tries: r.Tries, Created: moment(r.Created), Expires: moment(r.Expires),
		Ends: moment(r.Ends), Closed: moment(r.Closed), CreationKey: r.CreationKey, BodyHash: r.BodyHash,
	}
}

// OpenPairing adds a pairing, or gives the one that the creation key made before.
func (s *Store) OpenPairing(ctx context.Context, p pairing.Pairing, since time.Time, limit int, entry audit.Entry) (pairing.Pairing, error) {
	var row pairingRow
	err := s.write(ctx, func(tx *transaction) error {
		row = pairingRowOf(p)
		known, found, err := paired(tx, p.ApplicationID, p.CreationKey, p.Created)
		if err != nil {
			return err
		}
		if found {
			row = known
			return nil
		}
		var opened int64
		if err = tx.Model(&pairingRow{}).Where("person_id = ? AND created >= ?", p.PersonID, millis(since)).Count(&opened).Error; err != nil {
			return err
		}
		if opened >= int64(limit) {
			return pairing.ErrTooMany
		}
		may, err := mayOpen(tx, p)
		if err != nil {
			return err
		}
		if !may {
			return pairing.ErrEnrolRefused
		}
		if row.First {
			has, err := hasFactor(tx, p.PersonID)
			if err != nil {
				return err
			}
			row.First = !has
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return record(tx, entry)
	})
	if err != nil {
		return pairing.Pairing{}, err
	}
	return row.pairing(), nil
}

// paired finds what an application's creation key made, and lets go of a key that is too old.
func paired(tx *transaction, applicationID, key string, now time.Time) (row pairingRow, found bool, err error) {
	if applicationID == "" || key == "" {
		return row, false, nil
	}
	named := "application_id = ? AND creation_key = ? AND creation_key <> ''"
	begin := millis(now.Add(-creationKeyLife))
	err = tx.Model(&row).Where(named+" AND created <= ?", applicationID, key, begin).UpdateColumn("creation_key", "").Error
	if err != nil {
		return row, false, err
	}
	row, err = find[pairingRow](tx.Where(named, applicationID, key), errRefused)
	if errors.Is(err, errRefused) {
		return row, false, nil
	}
	return row, err == nil, err
}

// Pairing finds a pairing.
func (s *Store) Pairing(ctx context.Context, id string) (pairing.Pairing, error) {
	row, err := find[pairingRow](s.read(ctx).Where("id = ?", id), pairing.ErrNotFound)
	return row.pairing(), err
}

// PairingByCode finds the pairing that shows the code.
func (s *Store) PairingByCode(ctx context.Context, codeHash string) (pairing.Pairing, error) {
	row, err := find[pairingRow](s.read(ctx).Where("code_hash = ?", codeHash), pairing.ErrUnknownCode)
	return row.pairing(), err
}

// PairingOf finds the pairing that the phone claimed.
func (s *Store) PairingOf(ctx context.Context, deviceID string) (pairing.Pairing, error) {
	row, err := find[pairingRow](s.read(ctx).Where("device_id = ?", deviceID), pairing.ErrNotFound)
	return row.pairing(), err
}

// Claim makes the phone and spends the code.
func (s *Store) Claim(ctx context.Context, c pairing.Claim, entry audit.Entry) (bool, error) {
	device, err := s.deviceRow(ctx, c.Device)
	if err != nil {
		return false, err
	}
	authenticator := authenticatorRow{ID: secret.NewID("aut"), PersonID: c.Device.PersonID, DeviceID: reference(c.Device.ID), Created: millis(c.Now)}
	if authenticator.Secret, err = s.vault.Seal(ctx, authenticator.place(), c.TOTP); err != nil {
		return false, err
	}
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		won, err := spendCode(tx, c)
		if err != nil || !won {
			return false, err
		}
		var phones int64
		err = tx.Model(&deviceRow{}).Where("person_id = ? AND status <> 'removed'", c.Device.PersonID).Count(&phones).Error
		if err != nil {
			return false, err
		}
		if phones >= int64(c.MaxPhones) {
			return false, pairing.ErrTooManyPhones
		}
		if err = endStray(tx, c.Device.PersonID, c.Now); err != nil {
			return false, err
		}
		err = tx.Create(&device).Error
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return false, pairing.ErrKeyReused
		}
		if err != nil {
			return false, err
		}
		if err := tx.Create(&authenticator).Error; err != nil {
			return false, err
		}
		if err := record(tx, entry); err != nil {
			return false, err
		}
		return true, endRecovery(tx, c.Device.PersonID, c.Now)
	})
}

// spendCode is the one update by which a claim wins. The phone's row follows it in the same
// transaction: the reference to it is checked at the commit.
func spendCode(tx *transaction, c pairing.Claim) (bool, error) {
	set := map[string]any{"state": c.To, "device_id": c.Device.ID}
	if !c.Ends.IsZero() {
		set["ends"] = millis(c.Ends)
	}
	if final(c.To) {
		set["closed"] = millis(c.Now)
	}
	edge := tx.Model(&pairingRow{}).Where("id = ? AND state = 'open' AND code_hash = ? AND expires > ? AND person_id = ?",
		c.PairingID, c.CodeHash, millis(c.Now), c.Device.PersonID).Where("first = 0 OR NOT " + factorOf("pairings.person_id"))
	if c.First {
		// That an active one is not removed need not be said, but the index holds those alone.
		edge = edge.Where("NOT EXISTS (SELECT 1 FROM devices WHERE person_id = ? AND status = 'active' AND status <> 'removed')", c.Device.PersonID)
	}
	return changed(edge.UpdateColumns(set))
}

// final tells whether a pairing in the state has ended; an expired one can be renewed.
func final(state pairing.State) bool {
	return state == pairing.Paired || state == pairing.Burned || state == pairing.Cancelled
}

// MovePairing goes along one edge of the pairing's life.
func (s *Store) MovePairing(ctx context.Context, m pairing.Move, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		set := map[string]any{"state": m.To}
		if final(m.To) {
			set["closed"] = millis(m.Now)
		}
		if m.CodeHash != "" {
			set["code_hash"], set["expires"], set["generation"] = m.CodeHash, millis(m.Expires), m.Generation+1
		}
		edge := tx.Model(&pairingRow{}).Where("id = ? AND generation = ? AND state IN ?", m.PairingID, m.Generation, m.From)
		if m.ApprovalID != "" {
			set["approval_id"] = m.ApprovalID
			edge = edge.Where("approval_id IS NULL") // the older phone is asked once
		}
		moved, err := changed(edge.UpdateColumns(set))
		if err != nil || !moved {
			return false, err
		}
		personID, held, err := changeDevice(tx, m)
		if err != nil || !held {
			return false, err
		}
		if err = record(tx, entry); err != nil || personID == "" {
			return err == nil, err
		}
		return true, endRecovery(tx, personID, m.Now)
	})
}

// changeDevice tells whether the phone let itself be changed, and whose it is that is active now: a removed one is
// never active again, and then the pairing does not move either.
func changeDevice(tx *transaction, m pairing.Move) (personID string, held bool, err error) {
	if m.Device == "" {
		return "", true, nil
	}
	row, err := find[pairingRow](tx.Where("id = ?", m.PairingID), pairing.ErrNotFound)
	if err != nil {
		return "", false, err
	}
	if m.Device != pairing.Remove {
		if row.First {
			has, failed := hasFactor(tx, row.PersonID)
			if failed != nil || has {
				return "", false, failed
			}
		}
		pending := tx.Model(&deviceRow{}).Where("id = ? AND status = 'pending'", row.DeviceID)
		if err = endStray(tx, row.PersonID, m.Now); err != nil {
			return "", false, err
		}
		if m.Device == pairing.ActivateFirst {
			// Said twice, because the index of a person's phones leaves the removed ones out.
			pending = pending.Where(`NOT EXISTS (SELECT 1 FROM devices AS other
				WHERE other.person_id = devices.person_id AND other.status <> 'removed' AND other.status = 'active'
				AND (other.local = 0 OR other.organisation_id = devices.organisation_id))`)
		}
		held, err = changed(pending.UpdateColumn("status", devices.Active))
		return row.PersonID, held, err
	}
	_, err = removeDevice(tx, string(row.DeviceID)) // perhaps there is none, or it was removed before
	return "", err == nil, err
}

// DropPairings ends all that can still link a phone to the person. The store says in each entry
// whose it is.
func (s *Store) DropPairings(ctx context.Context, personID string, now time.Time, entry audit.Entry) ([]pairing.Pairing, error) {
	var dropped []pairing.Pairing
	err := s.write(ctx, func(tx *transaction) (err error) {
		dropped, err = dropPairings(tx, personID, now, entry)
		return err
	})
	if err != nil {
		return nil, err
	}
	return dropped, nil
}

func dropPairings(tx *transaction, personID string, now time.Time, entry audit.Entry) ([]pairing.Pairing, error) {
	dropped, err := list(tx.Where("person_id = ? AND (state IN ('open', 'awaiting-code', 'awaiting-approval') OR (state = 'expired' AND ends > ?))",
		personID, millis(now)), pairingRow.pairing)
	if err != nil {
		return nil, err
	}
	for i := range dropped {
		if err = dropPairing(tx, &dropped[i], now, entry); err != nil {
			return nil, err
		}
	}
	return dropped, nil
}

func dropPairing(tx *transaction, p *pairing.Pairing, now time.Time, entry audit.Entry) error {
	p.State, p.Closed = pairing.Cancelled, now
	if p.DeviceID != "" {
		p.State = pairing.Burned
		if _, err := removeDevice(tx, p.DeviceID); err != nil {
			return err
		}
	}
	set := map[string]any{"state": p.State, "closed": millis(now)}
	if err := tx.Model(&pairingRow{}).Where("id = ?", p.ID).UpdateColumns(set).Error; err != nil {
		return err
	}
	entry.Organisation, entry.Subject = p.OrganisationID, p.ID
	entry.Data = map[string]string{"user": p.MembershipID}
	// Only here it is known which pairings were burned: of others nobody is told.
	tell := filled(entry.Tell, func(n *accounts.Notice) { n.OrganisationID = p.OrganisationID })
	if entry.Tell = nil; p.State == pairing.Burned {
		entry.Tell = tell
	}
	return record(tx, entry)
}

// CountTry counts one typing of the digits.
func (s *Store) CountTry(ctx context.Context, id string) (int, error) {
	var row pairingRow
	err := s.write(ctx, func(tx *transaction) error {
		found, err := changed(tx.Model(&pairingRow{}).Where("id = ?", id).UpdateColumn("tries", gorm.Expr("tries + 1")))
		if err != nil {
			return err
		}
		if !found {
			return pairing.ErrNotFound
		}
		row, err = find[pairingRow](tx.Where("id = ?", id), pairing.ErrNotFound)
		return err
	})
	if err != nil {
		return 0, err
	}
	return row.Tries, nil
}

// DuePairings gives those whose code or whole life has ended and that still wait.
func (s *Store) DuePairings(ctx context.Context, now time.Time) ([]pairing.Pairing, error) {
	at := millis(now)
	return list(s.read(ctx).Where("state IN ('open', 'awaiting-approval') AND expires <= ?", at).
		Or("state = 'awaiting-code' AND ends <= ?", at).Limit(duePairings), pairingRow.pairing)
}

// TOTPSecret gives the one-time password secret of a phone.
func (s *Store) TOTPSecret(ctx context.Context, deviceID string) (secret.Secret, error) {
	row, err := find[authenticatorRow](s.read(ctx).Where("device_id = ?", deviceID), pairing.ErrNotFound)
	if err != nil {
		return "", err
	}
	return s.vault.Open(ctx, row.place(), row.Secret)
}
