package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"

	"gorm.io/gorm"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

var _ accounts.Applications = (*Store)(nil)

type applicationRow struct {
	ID             string
	OrganisationID string
	Kind           accounts.Kind
	Name           string
	Link           string
	Origins        document[[]string]
	MayEnrol       bool
	MayManageTexts bool
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
		ID: a.ID, OrganisationID: a.OrganisationID, Kind: cmp.Or(a.Kind, accounts.KindClient), Name: a.Name, Link: a.Link, Origins: documentOf(a.Origins),
		MayEnrol: a.MayEnrol, MayManageTexts: a.MayManageTexts, WebhookURL: a.WebhookURL, Created: millis(a.Created),
	}
	var err error
	row.WebhookSecret, err = s.seal(ctx, row.place(), a.WebhookSecret)
	return row, secretRows(a.ID, a.Secrets), err
}

func secretRows(applicationID string, secrets []accounts.ClientSecret) []clientSecretRow {
	rows := make([]clientSecretRow, 0, len(secrets))
	for i, live := range secrets {
		rows = append(rows, clientSecretRow{ApplicationID: applicationID, Position: i, ID: live.ID, Hash: live.Hash, Created: millis(live.Created)})
	}
	return rows
}

func (r clientSecretRow) plain() accounts.ClientSecret {
	return accounts.ClientSecret{ID: r.ID, Hash: r.Hash, Created: moment(r.Created)}
}

// CreateApplication adds a relying party.
func (s *Store) CreateApplication(ctx context.Context, a accounts.Application, entry audit.Entry) error {
	row, secrets, err := s.applicationRows(ctx, a)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *transaction) error {
		if err := tx.Create(&row).Error; errors.Is(err, gorm.ErrDuplicatedKey) {
			return accounts.ErrExists
		} else if err != nil {
			return err
		}
		if err := keepSecrets(tx, a.ID, secrets); err != nil {
			return err
		}
		return record(tx, entry)
	})
}

// UpdateApplication stores everything but the id, the kind, the organisation, the secrets and the
// time of creation, of an application that is not the portal.
func (s *Store) UpdateApplication(ctx context.Context, a accounts.Application, entry audit.Entry) error {
	row, _, err := s.applicationRows(ctx, a)
	if err != nil {
		return err
	}
	return s.write(ctx, func(tx *transaction) error {
		found, err := changed(tx.Model(&applicationRow{}).Where("id = ? AND organisation_id = ? AND kind = 'client'", a.ID, a.OrganisationID).UpdateColumns(map[string]any{
			"name": row.Name, "link": row.Link, "origins": row.Origins, "may_enrol": row.MayEnrol, "may_manage_texts": row.MayManageTexts,
			"webhook_url": row.WebhookURL, "webhook_secret": row.WebhookSecret,
		}))
		if err != nil {
			return err
		}
		if !found {
			return accounts.ErrNotFound
		}
		return record(tx, entry)
	})
}

// ChangeSecrets gives an application other live secrets, by those that are live at that moment.
func (s *Store) ChangeSecrets(ctx context.Context, applicationID string, change func([]accounts.ClientSecret) ([]accounts.ClientSecret, error), entry audit.Entry) error {
	return s.write(ctx, func(tx *transaction) error {
		live, err := list(tx.Where("application_id = ?", applicationID).Order("position"), clientSecretRow.plain)
		if err != nil {
			return err
		}
		if live, err = change(live); err != nil {
			return err
		}
		if err = keepSecrets(tx, applicationID, secretRows(applicationID, live)); err != nil {
			return err
		}
		return record(tx, entry)
	})
}

// keepSecrets makes these the only live ones.
func keepSecrets(tx *transaction, applicationID string, secrets []clientSecretRow) error {
	if err := tx.Where("application_id = ?", applicationID).Delete(&clientSecretRow{}).Error; err != nil {
		return err
	}
	if len(secrets) == 0 {
		return nil
	}
	return tx.Create(&secrets).Error
}

// applicationSecretRow is an application with one of its secrets, if it has any.
type applicationSecretRow struct {
	application applicationRow
	id, hash    sql.NullString
	created     sql.NullInt64
}

func (r *applicationSecretRow) fields() []any {
	a := &r.application
	return []any{
		&a.ID, &a.OrganisationID, (*string)(&a.Kind), &a.Name, &a.Link, &a.Origins, &a.MayEnrol, &a.MayManageTexts, &a.WebhookURL, &a.WebhookSecret, &a.Created,
		&r.id, &r.hash, &r.created,
	}
}

// Application finds a relying party.
func (s *Store) Application(ctx context.Context, id string) (accounts.Application, error) {
	return s.applicationWhere(ctx, "a.id = "+text, id)
}

// Portal finds what Aye's own pages ask with.
func (s *Store) Portal(ctx context.Context, organisationID string) (accounts.Application, error) {
	return s.applicationWhere(ctx, "a.organisation_id = "+text+" AND a.kind = 'portal'", organisationID)
}

func (s *Store) applicationWhere(ctx context.Context, condition, value string) (accounts.Application, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return accounts.Application{}, err
	}
	rows, err := all[applicationSecretRow](c, `SELECT a.id, a.organisation_id, a.kind, a.name, a.link, a.origins, a.may_enrol, a.may_manage_texts, a.webhook_url, a.webhook_secret, a.created,
		s.id, s.hash, s.created FROM applications AS a LEFT JOIN client_secrets AS s ON s.application_id = a.id WHERE `+condition+` ORDER BY s.position`, value)
	if err != nil {
		return accounts.Application{}, err
	}
	if len(rows) == 0 {
		return accounts.Application{}, accounts.ErrNotFound
	}
	var secrets []accounts.ClientSecret
	for _, row := range rows {
		if row.id.Valid {
			secrets = append(secrets, accounts.ClientSecret{ID: row.id.String, Hash: row.hash.String, Created: moment(row.created.Int64)})
		}
	}
	return s.application(ctx, rows[0].application, secrets)
}

// ApplicationList gives those of an organisation, or all, by name, without portals.
func (s *Store) ApplicationList(ctx context.Context, organisationID string) ([]accounts.Application, error) {
	query := s.read(ctx).Where("kind = 'client'").Order("name, id")
	if organisationID != "" {
		query = query.Where("organisation_id = ?", organisationID)
	}
	return unsealed(query, func(row applicationRow) (accounts.Application, error) {
		secrets, err := list(s.read(ctx).Where("application_id = ?", row.ID).Order("position"), clientSecretRow.plain)
		if err != nil {
			return accounts.Application{}, err
		}
		return s.application(ctx, row, secrets)
	})
}

func (s *Store) application(ctx context.Context, row applicationRow, secrets []accounts.ClientSecret) (accounts.Application, error) {
	a := accounts.Application{
		ID: row.ID, OrganisationID: row.OrganisationID, Kind: row.Kind, Name: row.Name, Link: row.Link, Origins: row.Origins.value,
		MayEnrol: row.MayEnrol, MayManageTexts: row.MayManageTexts, WebhookURL: row.WebhookURL, Secrets: secrets, Created: moment(row.Created),
	}
	open := s.unseal
	if a.WebhookURL != "" {
		open = s.vault.Open // what is sent is signed, and never with nothing
	}
	var err error
	a.WebhookSecret, err = open(ctx, row.place(), row.WebhookSecret)
	return a, err
}
