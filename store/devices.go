package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"example.com/aye/devices"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/jws"
	"example.com/aye/internal/secret"
	"example.com/aye/notify"
)

var _ devices.Store = (*Store)(nil)

type deviceRow struct {
	ID                 string
	PersonID           string
	OrganisationID     string
	MembershipID       string
	Local              bool
	Status             devices.Status
	Platform           devices.Platform
	Name               string
	Model              string
	OSVersion          string `gorm:"column:os_version"`
	AppVersion         string
	Locale             string
	PushProvider       notify.Provider
	PushApp            string
	PushKind           string
	PushEnvironment    string
	PushAddress        string
	PushRegistered     int64
	PushState          devices.PushState
	DeviceKey          document[jws.Key]
	DeviceThumbprint   string
	ApprovalKey        document[jws.Key]
	ApprovalThumbprint string
	Created            int64
	Seen               int64
	// RemovedCase is set by the case alone.
	RemovedCase string
}

// TableName names the table.
func (deviceRow) TableName() string { return "devices" }

const selectDevice = "SELECT id, person_id, organisation_id, membership_id, local, status, platform, name, model, os_version, app_version, locale, push_provider, " +
	"push_app, push_kind, push_environment, push_address, push_registered, push_state, device_key, device_thumbprint, approval_key, approval_thumbprint, created, seen, removed_case FROM devices WHERE "

func (r *deviceRow) fields() []any {
	return []any{
		&r.ID, &r.PersonID, &r.OrganisationID, &r.MembershipID, &r.Local, (*string)(&r.Status), (*string)(&r.Platform),
		&r.Name, &r.Model, &r.OSVersion, &r.AppVersion, &r.Locale, (*string)(&r.PushProvider), &r.PushApp,
		&r.PushKind, &r.PushEnvironment, &r.PushAddress, &r.PushRegistered, (*string)(&r.PushState), &r.DeviceKey, &r.DeviceThumbprint,
		&r.ApprovalKey, &r.ApprovalThumbprint, &r.Created, &r.Seen, &r.RemovedCase,
	}
}

func pushPlace(deviceID string) secret.Place {
	return secret.Place{Scope: secret.Installation, Table: "devices", Column: "push_address", Row: deviceID}
}

// deviceRow gives the row of a new phone. It seals, so it is called before a transaction.
func (s *Store) deviceRow(ctx context.Context, d devices.Device) (deviceRow, error) {
	address, err := s.seal(ctx, pushPlace(d.ID), d.Push.Address)
	return deviceRow{
		ID: d.ID, PersonID: d.PersonID, OrganisationID: d.OrganisationID, MembershipID: d.MembershipID, Local: d.Local, Status: d.Status,
		Platform: d.Platform, Name: d.Name, Model: d.Model, OSVersion: d.OSVersion, AppVersion: d.AppVersion, Locale: d.Locale,
		PushProvider: d.Push.Provider, PushApp: d.Push.App, PushKind: d.Push.Kind, PushEnvironment: d.Push.Environment,
		PushAddress: address, PushRegistered: millis(d.Push.Registered), PushState: d.PushState,
		DeviceKey: documentOf(d.Key), DeviceThumbprint: d.Key.Thumbprint(),
		ApprovalKey: documentOf(d.ApprovalKey), ApprovalThumbprint: d.ApprovalKey.Thumbprint(),
		Created: millis(d.Created), Seen: millis(d.Seen),
	}, err
}

func (s *Store) device(ctx context.Context, r deviceRow) (devices.Device, error) {
	address, err := s.address(ctx, r)
	if err != nil {
		return devices.Device{}, err
	}
	return devices.Device{
		ID: r.ID, PersonID: r.PersonID, OrganisationID: r.OrganisationID, MembershipID: r.MembershipID, Local: r.Local, Status: r.Status,
		Details: devices.Details{
			Platform: r.Platform, Name: r.Name, Model: r.Model, OSVersion: r.OSVersion, AppVersion: r.AppVersion, Locale: r.Locale, Push: address,
		},
		Key: r.DeviceKey.value, ApprovalKey: r.ApprovalKey.value, PushState: r.PushState, RemovedCase: r.RemovedCase, Created: moment(r.Created), Seen: moment(r.Seen),
	}, nil
}

func (s *Store) address(ctx context.Context, r deviceRow) (devices.Address, error) {
	address, err := s.unseal(ctx, pushPlace(r.ID), r.PushAddress)
	return devices.Address{
		Provider: r.PushProvider, App: r.PushApp, Kind: r.PushKind, Environment: r.PushEnvironment,
		Address: address, Registered: moment(r.PushRegistered),
	}, err
}

// Device finds a phone, also a removed one.
func (s *Store) Device(ctx context.Context, id string) (devices.Device, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return devices.Device{}, err
	}
	row, err := one[deviceRow](c, devices.ErrUnknown, selectDevice+"id = ?", id)
	if err != nil {
		return devices.Device{}, err
	}
	return s.device(ctx, row)
}

// DevicesOf gives the person's phones that are not removed, oldest first.
func (s *Store) DevicesOf(ctx context.Context, personID string) ([]devices.Device, error) {
	return s.devices(ctx, selectDevice+isPhone+" ORDER BY created, id", personID)
}

// DevicesBeside is DevicesOf without one. Its id stands in the index, so it is not even read.
func (s *Store) DevicesBeside(ctx context.Context, personID, deviceID string) ([]devices.Device, error) {
	return s.devices(ctx, selectDevice+isPhone+" AND id <> "+text+" ORDER BY created, id", personID, deviceID)
}

const isPhone = "person_id = " + text + " AND status <> 'removed'"

func (s *Store) devices(ctx context.Context, query string, args ...any) ([]devices.Device, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := all[deviceRow](c, query, args...)
	if err != nil {
		return nil, err
	}
	phones := make([]devices.Device, 0, len(rows))
	for _, row := range rows {
		phone, err := s.device(ctx, row)
		if err != nil {
			return nil, err
		}
		phones = append(phones, phone)
	}
	return phones, nil
}

// labelRow is how a phone is called.
type labelRow struct{ id, name, platform string }

func (r *labelRow) fields() []any { return []any{&r.id, &r.name, &r.platform} }

// Label gives the id, name and platform of a phone, also of a removed one.
func (s *Store) Label(ctx context.Context, id string) (devices.Device, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return devices.Device{}, err
	}
	row, err := one[labelRow](c, devices.ErrUnknown, "SELECT id, name, platform FROM devices WHERE id = ?", id)
	return devices.Device{ID: row.id, Details: devices.Details{Name: row.name, Platform: devices.Platform(row.platform)}}, err
}

// standing is the row of a phone that is not removed.
func standing(tx *transaction, id string) (deviceRow, error) {
	return find[deviceRow](tx.Where("id = ? AND status <> 'removed'", id), devices.ErrUnknown)
}

// UpdateDevice stores what a phone tells of itself.
func (s *Store) UpdateDevice(ctx context.Context, id string, before, after devices.Details, entry audit.Entry) error {
	sealed, err := s.seal(ctx, pushPlace(id), after.Push.Address)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *transaction) error {
		row, err := standing(tx, id)
		if err != nil {
			return err
		}
		set, err := s.differences(ctx, row, before, after, sealed)
		if err != nil {
			return err
		}
		if len(set) == 0 {
			return nil
		}
		if err := tx.Model(&deviceRow{}).Where("id = ?", id).UpdateColumns(set).Error; err != nil {
			return err
		}
		return record(tx, entry)
	})
}

// differences gives the columns that a change writes.
func (s *Store) differences(ctx context.Context, row deviceRow, before, after devices.Details, sealed string) (map[string]any, error) {
	set := map[string]any{}
	for column, pair := range map[string][2]string{
		"platform": {string(before.Platform), string(after.Platform)}, "name": {before.Name, after.Name}, "model": {before.Model, after.Model},
		"os_version": {before.OSVersion, after.OSVersion}, "app_version": {before.AppVersion, after.AppVersion}, "locale": {before.Locale, after.Locale},
	} {
		if pair[0] != pair[1] {
			set[column] = pair[1]
		}
	}
	next := after.Push
	if before.Push == next {
		return set, nil
	}
	set["push_provider"], set["push_app"], set["push_kind"], set["push_environment"] = next.Provider, next.App, next.Kind, next.Environment
	set["push_address"], set["push_registered"] = sealed, millis(next.Registered)
	stored, err := s.address(ctx, row)
	// The time does not make it another address.
	stored.Registered, next.Registered = time.Time{}, time.Time{}
	if stored != next {
		set["push_state"] = devices.PushOK
	}
	return set, err
}

// RemoveDevice ends a phone's life.
func (s *Store) RemoveDevice(ctx context.Context, id string, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		removed, err := removeDevice(tx, id)
		if err != nil || !removed {
			return false, err
		}
		return true, record(tx, entry)
	})
}

// RemoveSpare ends a phone's life, unless it is the person's last second factor beside text
// messages: others can switch those off at any time.
func (s *Store) RemoveSpare(ctx context.Context, id string, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		row, err := standing(tx, id)
		if errors.Is(err, devices.ErrUnknown) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		had, err := hasDevice(tx, row.PersonID)
		if err != nil {
			return false, err
		}
		removed, err := removeDevice(tx, id)
		if err != nil || !removed {
			return false, err
		}
		left, err := hasDevice(tx, row.PersonID)
		if err != nil {
			return false, err
		}
		if had && !left { // a phone that counts nowhere was nobody's second factor
			return false, devices.ErrLastFactor
		}
		return true, record(tx, entry)
	})
}

// hasFactor tells whether the person has an active phone that counts somewhere, or an activated
// authenticator app, or chose text messages. Nothing can change between this look and the commit.
func hasFactor(tx *transaction, personID string) (bool, error) {
	return holds(tx, factorOf(text), personID, personID, personID)
}

// hasDevice is hasFactor without text messages, which others can switch off.
func hasDevice(tx *transaction, personID string) (bool, error) {
	return holds(tx, deviceOf(text), personID, personID)
}

// holds tells whether the condition does.
func holds(tx *transaction, condition string, values ...any) (bool, error) {
	_, err := one[found](tx.conn, errRefused, "SELECT 1 WHERE "+condition, values...)
	if errors.Is(err, errRefused) {
		return false, nil
	}
	return err == nil, err
}

// factorOf is the condition of hasFactor. Text messages count also where none can be sent any more:
// else the password alone would do for who chose them.
func factorOf(person string) string {
	return "(" + deviceOf(person) + " OR EXISTS (SELECT 1 FROM persons AS t WHERE t.id = " + person + " AND t.texts > 0))"
}

// deviceOf is the condition of hasDevice. A phone that is local to an organisation that the
// person left counts no more.
func deviceOf(person string) string {
	return `(EXISTS (SELECT 1 FROM devices AS d WHERE d.person_id = ` + person + ` AND d.status <> 'removed' AND d.status = 'active' AND (d.local = 0 OR
			EXISTS (SELECT 1 FROM memberships AS m WHERE m.person_id = d.person_id AND m.status = 'active' AND m.organisation_id = d.organisation_id)))
		OR EXISTS (SELECT 1 FROM authenticators AS a WHERE a.person_id = ` + person + ` AND a.device_id IS NULL AND a.confirmed > 0))`
}

// removeDevice takes from the phone whatever could still reach it or speak for it.
func removeDevice(tx *transaction, id string) (bool, error) {
	removed, err := changed(tx.Model(&deviceRow{}).Where("id = ? AND status <> 'removed'", id).
		UpdateColumns(map[string]any{"status": devices.Removed, "push_address": ""}))
	if err != nil || !removed {
		return false, err
	}
	return true, tx.Where("device_id = ?", id).Delete(&authenticatorRow{}).Error
}

// ReplaceApprovalKey swaps the key of an active phone, if it is still the previous one.
func (s *Store) ReplaceApprovalKey(ctx context.Context, id string, previous, next jws.Key, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		replaced, err := changed(tx.Model(&deviceRow{}).
			Where("id = ? AND status = 'active' AND approval_thumbprint = ?", id, previous.Thumbprint()).
			UpdateColumns(map[string]any{"approval_key": documentOf(next), "approval_thumbprint": next.Thumbprint()}))
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return false, nil // another phone's key
		}
		if err != nil || !replaced {
			return false, err
		}
		return true, record(tx, entry)
	})
}

type proofRow struct {
	DeviceID string `gorm:"primaryKey"`
	JTI      string `gorm:"primaryKey;column:jti"`
	Until    int64
}

// TableName names the table.
func (proofRow) TableName() string { return "proofs" }

// UseProof remembers the id of a proof. Each one that is remembered lets a few go that are
// no longer needed, so that the table does not grow. That the id is new is said by the key of the table: who comes second
// waits for the first. Those that are let go were of use to nobody.
func (s *Store) UseProof(ctx context.Context, deviceID, jti string, until time.Time) (bool, error) {
	return s.about().attempt(ctx, func(tx *transaction) (bool, error) {
		row := proofRow{DeviceID: deviceID, JTI: jti, Until: millis(until)}
		fresh, err := changed(tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row))
		if err != nil || !fresh {
			return false, err
		}
		return true, tx.Exec(`DELETE FROM proofs WHERE (device_id, jti) IN
			(SELECT device_id, jti FROM proofs WHERE until < ? ORDER BY until LIMIT 4`+tx.dialect.passing+")", millis(s.now())).Error
	})
}

// MarkPush stores what is known of an address that is still the phone's. Apple and Google
// may speak of an older one, long after the phone told a new one.
func (s *Store) MarkPush(ctx context.Context, id string, address secret.Secret, since time.Time, state devices.PushState, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		row, err := standing(tx, id)
		if errors.Is(err, devices.ErrUnknown) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		stored, err := s.address(ctx, row)
		if err != nil {
			return false, err
		}
		if stored.Address == "" || !secret.Equal(stored.Address, address) || (!since.IsZero() && !stored.Registered.Before(since)) {
			return false, nil
		}
		set := map[string]any{"push_state": state}
		if state == devices.PushDead {
			set["push_address"] = ""
		}
		marked, err := changed(tx.Model(&deviceRow{}).Where("id = ? AND push_address = ?", id, row.PushAddress).UpdateColumns(set))
		if err != nil || !marked {
			return false, err
		}
		return true, record(tx, entry)
	})
}

// Seen stores when the phone last called. It is one statement, which looks at its own row.
func (s *Store) Seen(ctx context.Context, id string, at time.Time) error {
	return s.about().write(ctx, func(tx *transaction) error {
		found, err := changed(tx.Model(&deviceRow{}).Where("id = ? AND status <> 'removed'", id).UpdateColumn("seen", millis(at)))
		if err == nil && !found {
			err = devices.ErrUnknown
		}
		return err
	})
}
