package store

import (
	"context"

	"gorm.io/gorm"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

var _ accounts.Applications = (*Store)(nil)

type applicationRow struct {
	ID             string
	OrganisationID string
	Name           string
	Origins        document[[]string]
	MayEnrol       bool
	WebhookURL     string
	WebhookSecret  string
	Created        int64
}

// TableName names the table.
func (applicationRow) TableName() string { return "applications" }

func (r applicationRow) place() secret.Place {
	return secret.Place{Scope: r.OrganisationID, Table: "applications", Column: "webhook_secret", Row: r.ID}
}

type clientSecretRow struct {
	ApplicationID string `gorm:"primaryKey"`
	Position      int    `gorm:"primaryKey;autoIncrement:false"`
	ID            string
	Hash          string
	Created       int64
}

// TableName names the table.
func (clientSecretRow) TableName() string { return "client_secrets" }

// applicationRows gives the rows of an application. It seals, so it is called before a transaction.
func (s *Store) applicationRows(ctx context.Context, a accounts.Application) (applicationRow, []clientSecretRow, error) {
	row := applicationRow{
		ID: a.ID, OrganisationID: a.OrganisationID, Name: a.Name, Origins: documentOf(a.Origins),
		MayEnrol: a.MayEnrol, WebhookURL: a.WebhookURL, Created: millis(a.Created),
	}
	var err error
	row.WebhookSecret, err = s.seal(ctx, row.place(), a.WebhookSecret)
	secrets := make([]clientSecretRow, 0, len(a.Secrets))
	for i, live := range a.Secrets {
		secrets = append(secrets, clientSecretRow{ApplicationID: a.ID, Position: i, ID: live.ID, Hash: live.Hash, Created: millis(live.Created)})
	}
	return row, secrets, err
}

// CreateApplication adds a relying party.
func (s *Store) CreateApplication(ctx context.Context, a accounts.Application, entry audit.Entry) error {
	row, secrets, err := s.applicationRows(ctx, a)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *gorm.DB) error {
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		if err := keepSecrets(tx, a.ID, secrets); err != nil {
			return err
		}
		return record(tx, entry)
	})
}

// UpdateApplication stores everything but the id, the organisation and the time of creation.
func (s *Store) UpdateApplication(ctx context.Context, a accounts.Application, entry audit.Entry) error {
	row, secrets, err := s.applicationRows(ctx, a)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *gorm.DB) error {
		found, err := changed(tx.Model(&applicationRow{}).Where("id = ? AND organisation_id = ?", a.ID, a.OrganisationID).UpdateColumns(map[string]any{
			"name": row.Name, "origins": row.Origins, "may_enrol": row.MayEnrol,
			"webhook_url": row.WebhookURL, "webhook_secret": row.WebhookSecret,
		}))
		if err != nil {
			return err
		}
		if !found {
			return accounts.ErrNotFound
		}
		if err := keepSecrets(tx, a.ID, secrets); err != nil {
			return err
		}
		return record(tx, entry)
	})
}

// keepSecrets makes these the only live ones.
func keepSecrets(tx *gorm.DB, applicationID string, secrets []clientSecretRow) error {
	if err := tx.Where("application_id = ?", applicationID).Delete(&clientSecretRow{}).Error; err != nil {
		return err
	}
	if len(secrets) == 0 {
		return nil
	}
	return tx.Create(&secrets).Error
}

// Application finds a relying party.
func (s *Store) Application(ctx context.Context, id string) (accounts.Application, error) {
	row, err := find[applicationRow](s.read(ctx).Where("id = ?", id), accounts.ErrNotFound)
	if err != nil {
		return accounts.Application{}, err
	}
	return s.application(ctx, row)
}

// ApplicationList gives those of an organisation, or all, by name.
func (s *Store) ApplicationList(ctx context.Context, organisationID string) ([]accounts.Application, error) {
	query := s.read(ctx).Order("name, id")
	if organisationID != "" {
		query = query.Where("organisation_id = ?", organisationID)
	}
	return unsealed(query, func(row applicationRow) (accounts.Application, error) { return s.application(ctx, row) })
}

func (s *Store) application(ctx context.Context, row applicationRow) (accounts.Application, error) {
	a := accounts.Application{
		ID: row.ID, OrganisationID: row.OrganisationID, Name: row.Name, Origins: row.Origins.value,
		MayEnrol: row.MayEnrol, WebhookURL: row.WebhookURL, Created: moment(row.Created),
	}
	var err error
	open := s.unseal
	if a.WebhookURL != "" {
		open = s.vault.Open // what is sent is signed, and never with nothing
	}
	if a.WebhookSecret, err = open(ctx, row.place(), row.WebhookSecret); err != nil {
		return accounts.Application{}, err
	}
	a.Secrets, err = list(s.read(ctx).Where("application_id = ?", row.ID).Order("position"), func(r clientSecretRow) accounts.ClientSecret {
		return accounts.ClientSecret{ID: r.ID, Hash: r.Hash, Created: moment(r.Created)}
	})
	return a, err
}
