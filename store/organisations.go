package store

import (
	"context"
	"strings"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
)

var _ accounts.Organisations = (*Store)(nil)

type organisationRow struct {
	ID                string
	Name              string
	Profile           accounts.Profile
	AllowTap          bool
	MinimumAppVersion string
	Locale            string
	SecondFactorFrom  int64
	Methods           string
	SessionIdle       int64
	SessionLife       int64
	CaseWait          int64
	SupportContact    string
	Colour            string
	LogoType          string
	Created           int64
}

// TableName names the table.
func (organisationRow) TableName() string { return "organisations" }

func (r organisationRow) organisation() accounts.Organisation {
	return accounts.Organisation{
		ID: r.ID, Name: r.Name, Profile: r.Profile, AllowTap: r.AllowTap,
		MinimumAppVersion: r.MinimumAppVersion, Locale: r.Locale, SecondFactorFrom: moment(r.SecondFactorFrom), Methods: factors(r.Methods),
		SessionIdle: time.Duration(r.SessionIdle) * time.Second, SessionLife: time.Duration(r.SessionLife) * time.Second,
		CaseWait: time.Duration(r.CaseWait) * time.Millisecond, SupportContact: r.SupportContact,
		Colour: r.Colour, Logo: accounts.Logo{Type: r.LogoType}, Created: moment(r.Created),
	}
}

func newOrganisationRow(o accounts.Organisation) organisationRow {
	return organisationRow{
		ID: o.ID, Name: o.Name, Profile: o.Profile, AllowTap: o.AllowTap,
		MinimumAppVersion: o.MinimumAppVersion, Locale: o.Locale, SecondFactorFrom: millis(o.SecondFactorFrom), Methods: factorsText(o.Methods),
		SessionIdle: int64(o.SessionIdle / time.Second), SessionLife: int64(o.SessionLife / time.Second),
		CaseWait: o.CaseWait.Milliseconds(), SupportContact: o.SupportContact, Colour: o.Colour, Created: millis(o.Created),
	}
}

// factors reads what factorsText wrote: a list that every login reads.
func factors(text string) []accounts.SecondFactor {
	if text == "" {
		return nil
	}
	words := strings.Split(text, " ")
	all := make([]accounts.SecondFactor, len(words))
	for i, word := range words {
		all[i] = accounts.SecondFactor(word)
	}
	return all
}

func factorsText(all []accounts.SecondFactor) string {
	words := make([]string, len(all))
	for i, f := range all {
		words[i] = string(f)
	}
	return strings.Join(words, " ")
}

// CreateOrganisation adds a tenant.
func (s *Store) CreateOrganisation(ctx context.Context, o accounts.Organisation, entry audit.Entry) error {
	row := newOrganisationRow(o)
	return s.write(ctx, func(tx *transaction) error {
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return record(tx, entry)
	})
}

// UpdateOrganisation stores changed settings, but for the logo.
func (s *Store) UpdateOrganisation(ctx context.Context, o accounts.Organisation, what accounts.Settings, entry audit.Entry) error {
	row, columns := newOrganisationRow(o), map[string]any{}
	if what != accounts.Look {
		columns = map[string]any{
			"profile": row.Profile, "allow_tap": row.AllowTap, "minimum_app_version": row.MinimumAppVersion, "locale": row.Locale,
			"second_factor_from": row.SecondFactorFrom, "methods": row.Methods, "session_idle": row.SessionIdle, "session_life": row.SessionLife,
			"case_wait": row.CaseWait, "support_contact": row.SupportContact,
		}
	}
	if what != accounts.Rules {
		columns["name"], columns["colour"] = row.Name, row.Colour
	}
	return s.write(ctx, func(tx *transaction) error {
		found, err := changed(tx.Model(&organisationRow{}).Where("id = ?", o.ID).UpdateColumns(columns))
		if err != nil {
			return err
		}
		if !found {
			return accounts.ErrNotFound
		}
		return record(tx, entry)
	})
}

func (r *organisationRow) fields() []any {
	return []any{
		&r.ID, &r.Name, (*string)(&r.Profile), &r.AllowTap, &r.MinimumAppVersion, &r.Locale,
		&r.SecondFactorFrom, &r.Methods, &r.SessionIdle, &r.SessionLife, &r.CaseWait, &r.SupportContact, &r.Colour, &r.LogoType, &r.Created,
	}
}

const organisationColumns = "o.id, o.name, o.profile, o.allow_tap, o.minimum_app_version, o.locale, " +
	"o.second_factor_from, o.methods, o.session_idle, o.session_life, o.case_wait, o.support_contact, o.colour, o.logo_type, o.created"

// Organisation finds a tenant.
func (s *Store) Organisation(ctx context.Context, id string) (accounts.Organisation, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return accounts.Organisation{}, err
	}
	row, err := one[organisationRow](c, accounts.ErrNotFound,
		"SELECT "+organisationColumns+" FROM organisations AS o WHERE o.id = ?", id)
	return row.organisation(), err
}

// OrganisationList gives all tenants by name.
func (s *Store) OrganisationList(ctx context.Context) ([]accounts.Organisation, error) {
	return list(s.read(ctx).Order("name, id"), organisationRow.organisation)
}

// OrganisationsOf gives those in which the person is a member or invited, by name.
func (s *Store) OrganisationsOf(ctx context.Context, personID string) ([]accounts.Organisation, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := all[organisationRow](c, "SELECT "+organisationColumns+` FROM memberships AS m JOIN organisations AS o ON o.id = m.organisation_id
		WHERE m.person_id = `+text+" AND m.status <> 'ended' ORDER BY o.name, o.id", personID)
	return each(rows, err, organisationRow.organisation)
}

type logoRow struct {
	OrganisationID string `gorm:"primaryKey"`
	Type           string
	Data           []byte
}

// TableName names the table.
func (logoRow) TableName() string { return "logos" }

// SetLogo stores the logo, or none.
func (s *Store) SetLogo(ctx context.Context, organisationID string, logo accounts.Logo, entry audit.Entry) error {
	return s.write(ctx, func(tx *transaction) error {
		found, err := changed(tx.Model(&organisationRow{}).Where("id = ?", organisationID).UpdateColumn("logo_type", logo.Type))
		if err != nil {
			return err
		}
		if !found {
			return accounts.ErrNotFound
		}
		if err = tx.Where("organisation_id = ?", organisationID).Delete(&logoRow{}).Error; err != nil {
			return err
		}
		if logo.Type != "" {
			if err = tx.Create(&logoRow{organisationID, logo.Type, logo.Data}).Error; err != nil {
				return err
			}
		}
		return record(tx, entry)
	})
}

// OrganisationLogo finds the logo.
func (s *Store) OrganisationLogo(ctx context.Context, organisationID string) (accounts.Logo, error) {
	row, err := find[logoRow](s.read(ctx).Where("organisation_id = ?", organisationID), accounts.ErrNotFound)
	return accounts.Logo{Type: row.Type, Data: row.Data}, err
}
