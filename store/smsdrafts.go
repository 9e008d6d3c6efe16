package store

import (
	"cmp"
	"context"
	"time"

	"gorm.io/gorm"

	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
	"example.com/aye/sms"
)

type smsDraftRow struct {
	ID             string
	OrganisationID reference
	ProviderID     reference
	Kind           sms.Kind
	Description    string
	Sender         string
	Key            string
	KeyEnd         string
	Signing        string
	NoSigning      bool
	BegunBy        string
	PersonID       reference
	Locale         string
	Number         string
	MessageID      string
	Created        int64
	Sent           int64
	Tries          int
}

// TableName names the table.
func (smsDraftRow) TableName() string { return "sms_drafts" }

func (r smsDraftRow) place(column string) secret.Place {
	return secret.Place{Scope: string(r.OrganisationID), Table: "sms_drafts", Column: column, Row: r.ID}
}

// smsDraftRow seals, so it is called before a transaction.
func (s *Store) smsDraftRow(ctx context.Context, d sms.Draft) (smsDraftRow, error) {
	row := smsDraftRow{
		ID: d.ID, OrganisationID: reference(d.OrganisationID), ProviderID: reference(d.ProviderID), Kind: d.Kind, Description: d.Description,
		Sender: d.Sender, KeyEnd: d.KeyEnd, NoSigning: d.NoSigning, BegunBy: d.By.ID, PersonID: reference(d.By.PersonID), Locale: d.By.Locale,
		MessageID: d.MessageID, Created: millis(d.Created), Sent: millis(d.Sent), Tries: d.Tries,
	}
	for _, sealed := range []struct {
		column string
		value  secret.Secret
		to     *string
	}{{"key", d.Key, &row.Key}, {"signing", d.Signing, &row.Signing}, {"number", secret.Secret(cmp.Or(d.To, d.By.Number)), &row.Number}} {
		var err error
		if *sealed.to, err = s.seal(ctx, row.place(sealed.column), sealed.value); err != nil {
			return smsDraftRow{}, err
		}
	}
	return row, nil
}

func (s *Store) smsDraft(ctx context.Context, r smsDraftRow) (sms.Draft, error) {
	d := sms.Draft{ID: r.ID, Kind: r.Kind, KeyEnd: r.KeyEnd, MessageID: r.MessageID, Created: moment(r.Created), Sent: moment(r.Sent), Tries: r.Tries}
	if r.Sent > 0 {
		d.Until = d.Sent.Add(sms.CodeLife)
	}
	d.Setup = sms.Setup{
		OrganisationID: string(r.OrganisationID), ProviderID: string(r.ProviderID), Description: r.Description, Sender: r.Sender, NoSigning: r.NoSigning,
		By: sms.Administrator{ID: r.BegunBy, PersonID: string(r.PersonID), Locale: r.Locale},
	}
	var err error
	if d.Key, err = s.unseal(ctx, r.place("key"), r.Key); err != nil {
		return sms.Draft{}, err
	}
	if d.Signing, err = s.unseal(ctx, r.place("signing"), r.Signing); err != nil {
		return sms.Draft{}, err
	}
	number, err := s.vault.Open(ctx, r.place("number"), r.Number)
	if err != nil {
		return sms.Draft{}, err
	}
	d.To, d.By.Number = number.Reveal(), number.Reveal()
	return d, nil
}

// AddDraft keeps a draft in the place of the one before.
func (s *Store) AddDraft(ctx context.Context, d sms.Draft) error {
	row, err := s.smsDraftRow(ctx, d)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *transaction) error {
		if d.ProviderID != "" {
			if _, err := find[smsProviderRow](standingSMS(tx, d.OrganisationID, d.ProviderID), sms.ErrNotFound); err != nil {
				return err
			}
		}
		before := tx.Where(ofSMS+" AND begun_by = ? AND coalesce(provider_id, '') = ?", d.OrganisationID, d.By.ID, d.ProviderID)
		if err := before.Delete(&smsDraftRow{}).Error; err != nil {
			return err
		}
		return tx.Create(&row).Error
	})
}

const isOpenDraft = "id = ? AND created > ?"

// Draft finds a draft.
func (s *Store) Draft(ctx context.Context, organisationID, id string, since time.Time) (sms.Draft, error) {
	row, err := find[smsDraftRow](ofOrganisation(s.read(ctx).Where(isOpenDraft, id, millis(since)), organisationID), sms.ErrNotFound)
	if err != nil {
		return sms.Draft{}, err
	}
	return s.smsDraft(ctx, row)
}

// SentDraft writes down the newest message of a draft.
func (s *Store) SentDraft(ctx context.Context, id, messageID string, at time.Time) error {
	sent, err := s.update(ctx, func(tx *transaction) (int64, error) {
		return tx.exec("UPDATE sms_drafts SET message_id = ?, sent = ?, tries = 0 WHERE id = ?", messageID, millis(at), id)
	})
	if err == nil && !sent {
		err = sms.ErrNotFound
	}
	return err
}

// TryDraft counts a try.
func (s *Store) TryDraft(ctx context.Context, organisationID, id string, since time.Time) (sms.Draft, error) {
	var row smsDraftRow
	err := s.write(ctx, func(tx *transaction) error {
		counted, err := changed(tx.Model(&smsDraftRow{}).Where(isOpenDraft+" AND "+ofSMS, id, millis(since), organisationID).
			UpdateColumn("tries", gorm.Expr("tries + 1")))
		if err == nil && !counted {
			err = sms.ErrNotFound
		}
		if err != nil {
			return err
		}
		row, err = find[smsDraftRow](tx.Where("id = ?", id), sms.ErrNotFound)
		return err
	})
	if err != nil {
		return sms.Draft{}, err
	}
	return s.smsDraft(ctx, row)
}

// SaveDraft makes a draft a provider, or changes the one that it is about. Its row goes, and with
// it the keys: those of the provider are sealed to another place.
func (s *Store) SaveDraft(ctx context.Context, d sms.Draft, p sms.Provider, most int, at time.Time, entry audit.Entry) (sms.Provider, error) {
	row := smsProviderRow{
		ID: p.ID, OrganisationID: reference(d.OrganisationID), Kind: p.Kind, Description: p.Description, Sender: p.Sender,
		KeyEnd: p.KeyEnd, Created: millis(at), Proven: millis(at),
	}
	var err error
	if row.Key, err = s.seal(ctx, row.place("key"), p.Key); err != nil {
		return sms.Provider{}, err
	}
	if row.Signing, err = s.seal(ctx, row.place("signing"), p.Signing); err != nil {
		return sms.Provider{}, err
	}
	var saved smsProviderRow
	err = s.write(ctx, func(tx *transaction) error {
		used, failure := changed(tx.Where("id = ? AND message_id = ? AND message_id <> '' AND "+ofSMS, d.ID, d.MessageID, d.OrganisationID).Delete(&smsDraftRow{}))
		if failure == nil && !used {
			failure = sms.ErrNotFound
		}
		if failure != nil {
			return failure
		}
		if d.ProviderID == "" {
			failure = addProvider(tx, &row, most)
		} else {
			failure = changeProvider(tx, row, d.NoSigning)
		}
		if failure != nil {
			return failure
		}
		if _, failure = tx.exec("UPDATE sms_messages SET used = ? WHERE id = ? AND about = ? AND used = 0", millis(at), d.MessageID, d.ID); failure != nil {
			return failure
		}
		if saved, failure = find[smsProviderRow](tx.Where("id = ?", row.ID), errRefused); failure != nil {
			return failure
		}
		return record(tx, entry)
	})
	if err != nil {
		return sms.Provider{}, err
	}
	return saved.plain(), nil
}

// DropDrafts erases old ones, with their keys.
func (s *Store) DropDrafts(ctx context.Context, before time.Time) error {
	_, err := s.update(ctx, func(tx *transaction) (int64, error) {
		return tx.exec("DELETE FROM sms_drafts WHERE created < ?", millis(before))
	})
	return err
}
