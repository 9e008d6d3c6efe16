package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

var _ sms.Providers = (*Store)(nil)

type smsProviderRow struct {
	ID             string
	OrganisationID reference
	Kind           sms.Kind
	Description    string
	Sender         string
	Key            string
	KeyEnd         string
	Signing        string
	Active         bool
	Trouble        sms.Class
	TroubleAt      int64
	Created        int64
	Proven         int64
	Removed        int64
}

// TableName names the table.
func (smsProviderRow) TableName() string { return "sms_providers" }

func (r smsProviderRow) place(column string) secret.Place {
	return secret.Place{Scope: string(r.OrganisationID), Table: "sms_providers", Column: column, Row: r.ID}
}

// plain is the provider without its keys.
func (r smsProviderRow) plain() sms.Provider {
	return sms.Provider{
		ID: r.ID, OrganisationID: string(r.OrganisationID), Kind: r.Kind, Description: r.Description, Sender: r.Sender, KeyEnd: r.KeyEnd,
		Signed: r.Signing != "", Active: r.Active, Trouble: r.Trouble, TroubleAt: moment(r.TroubleAt), Created: moment(r.Created), Proven: moment(r.Proven),
	}
}

func (s *Store) smsProvider(ctx context.Context, r smsProviderRow) (sms.Provider, error) {
	p := r.plain()
	var err error
	if p.Key, err = s.vault.Open(ctx, r.place("key"), r.Key); err != nil {
		return sms.Provider{}, err
	}
	if p.Signing, err = s.unseal(ctx, r.place("signing"), r.Signing); err != nil {
		return sms.Provider{}, err
	}
	return p, nil
}

// anyOrganisation stands for an organisation that does not matter, where something is only found.
const anyOrganisation = "*"

// ofSMS is the condition by which what an organisation, or the operator, has of its own is found.
const ofSMS = "coalesce(organisation_id, '') = ?"

// within leaves what is of the organisation.
func ofOrganisation(query *gorm.DB, organisationID string) *gorm.DB {
	if organisationID == anyOrganisation {
		return query
	}
	return query.Where(ofSMS, organisationID)
}

const standsSMS = "id = ? AND removed = 0"

// standingSMS is a provider of the organisation that was not removed.
func standingSMS(tx *transaction, organisationID, id string) *gorm.DB {
	return tx.Model(&smsProviderRow{}).Where(standsSMS+" AND "+ofSMS, id, organisationID)
}

// ProviderList gives those of the organisation, without keys.
func (s *Store) ProviderList(ctx context.Context, organisationID string) ([]sms.Provider, error) {
	return list(s.read(ctx).Where(ofSMS+" AND removed = 0", organisationID).Order("active DESC, description, id"), smsProviderRow.plain)
}

// ProviderWithKeys finds one.
func (s *Store) ProviderWithKeys(ctx context.Context, organisationID, id string) (sms.Provider, error) {
	row, err := find[smsProviderRow](ofOrganisation(s.read(ctx).Where(standsSMS, id), organisationID), sms.ErrNotFound)
	if err != nil {
		return sms.Provider{}, err
	}
	return s.smsProvider(ctx, row)
}

// ActiveProvider gives the one that is used.
func (s *Store) ActiveProvider(ctx context.Context, organisationID string) (sms.Provider, error) {
	row, err := find[smsProviderRow](s.read(ctx).Where(ofSMS+" AND active = 1", organisationID), sms.ErrNotFound)
	if err != nil {
		return sms.Provider{}, err
	}
	return s.smsProvider(ctx, row)
}

// addProvider makes a provider the only active one.
func addProvider(tx *transaction, row *smsProviderRow, most int) error {
	var kept int64
	err := tx.Model(&smsProviderRow{}).Where(ofSMS+" AND removed = 0", string(row.OrganisationID)).Count(&kept).Error
	if err != nil {
		return err
	}
	if kept >= int64(most) {
		return sms.ErrTooMany
	}
	if err = onlyActive(tx, string(row.OrganisationID)); err != nil {
		return err
	}
	row.Active = true
	return tx.Create(row).Error
}

// onlyActive makes room for another one.
func onlyActive(tx *transaction, organisationID string) error {
	return tx.Model(&smsProviderRow{}).Where(ofSMS+" AND active = 1", organisationID).UpdateColumn("active", false).Error
}

// changeProvider leaves what the draft says nothing of. That its code came back shows that the
// vendor takes messages.
func changeProvider(tx *transaction, row smsProviderRow, noSigning bool) error {
	set := map[string]any{
		"kind": row.Kind, "description": row.Description, "sender": row.Sender, "proven": row.Proven, "trouble": "", "trouble_at": 0,
	}
	if row.Key != "" {
		set["key"], set["key_end"] = row.Key, row.KeyEnd
	}
	if row.Signing != "" || noSigning {
		set["signing"] = row.Signing
	}
	held, err := changed(standingSMS(tx, string(row.OrganisationID), row.ID).UpdateColumns(set))
	if err == nil && !held {
		err = sms.ErrNotFound
	}
	return err
}

// SetActive makes one the only active one, or not active.
func (s *Store) SetActive(ctx context.Context, organisationID, id string, active bool, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		row, err := find[smsProviderRow](standingSMS(tx, organisationID, id), errRefused)
		if errors.Is(err, errRefused) {
			return false, nil
		}
		if err != nil || row.Active == active {
			return err == nil, err
		}
		if active {
			if err = onlyActive(tx, organisationID); err != nil {
				return false, err
			}
		}
		if err = tx.Model(&smsProviderRow{}).Where("id = ?", id).UpdateColumn("active", active).Error; err != nil {
			return false, err
		}
		return true, record(tx, entry)
	})
}

// RemoveProvider erases the keys of a provider, and of what was to change it. The row stays, so
// that the ledger still says whose account sent a message.
func (s *Store) RemoveProvider(ctx context.Context, organisationID, id string, at time.Time, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		removed, err := changed(standingSMS(tx, organisationID, id).UpdateColumns(map[string]any{
			"key": "", "key_end": "", "signing": "", "active": false, "removed": millis(at),
		}))
		if err != nil || !removed {
			return false, err
		}
		if err = tx.Where(ofSMS+" AND provider_id = ?", organisationID, id).Delete(&smsDraftRow{}).Error; err != nil {
			return false, err
		}
		return true, record(tx, entry)
	})
}

// SetTrouble writes down why the vendor takes nothing, from when on it does not for this reason.
func (s *Store) SetTrouble(ctx context.Context, id string, class sms.Class, at time.Time, tell ...any) (bool, error) {
	if class == "" {
		at = time.Time{}
	}
	return s.updateTelling(ctx, tell, func(tx *transaction) (int64, error) {
		return tx.exec("UPDATE sms_providers SET trouble = ?, trouble_at = ? WHERE id = ? AND removed = 0 AND trouble <> ?", class, millis(at), id, class)
	})
}
