package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
)

var (
	_ accounts.Organisations = (*Store)(nil)
	_ accounts.People        = (*Store)(nil)
)

type organisationRow struct {
	ID                string
	Name              string
	Profile           accounts.Profile
	AllowTap          bool
	MinimumAppVersion string
	Locale            string
	Created           int64
}

// TableName names the table.
func (organisationRow) TableName() string { return "organisations" }

func (r organisationRow) organisation() accounts.Organisation {
	return accounts.Organisation{
		ID: r.ID, Name: r.Name, Profile: r.Profile, AllowTap: r.AllowTap,
		MinimumAppVersion: r.MinimumAppVersion, Locale: r.Locale, Created: moment(r.Created),
	}
}

type personRow struct {
	ID      string
	Email   string
	Display string
	Locale  string
	Created int64
}

// TableName names the table.
func (personRow) TableName() string { return "persons" }

func (r personRow) person() accounts.Person {
	return accounts.Person{ID: r.ID, Email: r.Email, Display: r.Display, Locale: r.Locale, Created: moment(r.Created)}
}

type membershipRow struct {
	ID             string
	OrganisationID string
	PersonID       string
	Role           accounts.Role
	Status         accounts.Status
	Invitation     string
	Created        int64
}

// TableName names the table.
func (membershipRow) TableName() string { return "memberships" }

// memberRow is a membership with its person.
type memberRow struct {
	Membership membershipRow `gorm:"embedded"`
	Person     personRow     `gorm:"embedded;embeddedPrefix:person__"`
}

func (r memberRow) member() accounts.Member {
	return accounts.Member{
		ID: r.Membership.ID, OrganisationID: r.Membership.OrganisationID, Person: r.Person.person(),
		Role: r.Membership.Role, Status: r.Membership.Status, Created: moment(r.Membership.Created),
	}
}

func members(db *gorm.DB) *gorm.DB {
	return db.Table("memberships").Joins("JOIN persons ON persons.id = memberships.person_id").Select(`memberships.*,
		persons.id AS person__id, persons.email AS person__email, persons.display AS person__display,
		persons.locale AS person__locale, persons.created AS person__created`)
}

// CreateOrganisation adds a tenant.
func (s *Store) CreateOrganisation(ctx context.Context, o accounts.Organisation, entry audit.Entry) error {
	row := organisationRow{
		ID: o.ID, Name: o.Name, Profile: o.Profile, AllowTap: o.AllowTap,
		MinimumAppVersion: o.MinimumAppVersion, Locale: o.Locale, Created: millis(o.Created),
	}
	return s.write(ctx, func(tx *transaction) error {
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return record(tx, entry)
	})
}

// UpdateOrganisation stores changed settings.
func (s *Store) UpdateOrganisation(ctx context.Context, o accounts.Organisation, entry audit.Entry) error {
	return s.write(ctx, func(tx *transaction) error {
		found, err := changed(tx.Model(&organisationRow{}).Where("id = ?", o.ID).UpdateColumns(map[string]any{
			"name": o.Name, "profile": o.Profile, "allow_tap": o.AllowTap,
			"minimum_app_version": o.MinimumAppVersion, "locale": o.Locale,
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

func (r *organisationRow) fields() []any {
	return []any{&r.ID, &r.Name, (*string)(&r.Profile), &r.AllowTap, &r.MinimumAppVersion, &r.Locale, &r.Created}
}

// Organisation finds a tenant.
func (s *Store) Organisation(ctx context.Context, id string) (accounts.Organisation, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return accounts.Organisation{}, err
	}
	row, err := one[organisationRow](c, accounts.ErrNotFound,
		"SELECT id, name, profile, allow_tap, minimum_app_version, locale, created FROM organisations WHERE id = ?", id)
	return row.organisation(), err
}

// OrganisationList gives all tenants by name.
func (s *Store) OrganisationList(ctx context.Context) ([]accounts.Organisation, error) {
	return list(s.read(ctx).Order("name, id"), organisationRow.organisation)
}

// AddMember makes or finds the person, and makes the membership.
func (s *Store) AddMember(ctx context.Context, m accounts.Member, invitation string, entry audit.Entry) (accounts.Member, error) {
	err := s.write(ctx, func(tx *transaction) error {
		known, err := find[personRow](tx.Where("email = ?", m.Person.Email), accounts.ErrNotFound)
		switch {
		case err == nil:
			m.Person, m.Status = known.person(), accounts.Invited
		case errors.Is(err, accounts.ErrNotFound):
			m.Status, invitation = accounts.Active, ""
			p := m.Person
			err = tx.Create(&personRow{ID: p.ID, Email: p.Email, Display: p.Display, Locale: p.Locale, Created: millis(p.Created)}).Error
		}
		if err != nil {
			return err
		}
		err = tx.Create(&membershipRow{
			ID: m.ID, OrganisationID: m.OrganisationID, PersonID: m.Person.ID, Role: m.Role,
			Status: m.Status, Invitation: invitation, Created: millis(m.Created),
		}).Error
		if errors.Is(err, gorm.ErrDuplicatedKey) {
			return accounts.ErrExists
		}
		if err != nil {
			return err
		}
		return record(tx, entry)
	})
	if err != nil {
		return accounts.Member{}, err
	}
	m.Created = moment(millis(m.Created))
	return m, nil
}

// AcceptInvitation uses an invitation up.
func (s *Store) AcceptInvitation(ctx context.Context, hash string, since time.Time, entry audit.Entry) (accounts.Member, error) {
	var accepted accounts.Member
	err := s.write(ctx, func(tx *transaction) error {
		row, err := find[memberRow](members(tx.DB).Where("memberships.invitation = ? AND memberships.invitation <> '' AND memberships.created > ?", hash, millis(since)), accounts.ErrNotFound)
		if err != nil {
			return err
		}
		held, err := changed(tx.Model(&membershipRow{}).Where("id = ? AND status = 'invited' AND invitation = ?", row.Membership.ID, hash).
			UpdateColumns(map[string]any{"status": accounts.Active, "invitation": ""}))
		if err != nil {
			return err
		}
		if !held {
			return accounts.ErrNotFound
		}
		row.Membership.Status = accounts.Active
		accepted = row.member()
		// Only here it is known whose invitation it was.
		entry.Organisation, entry.Subject = accepted.OrganisationID, accepted.ID
		return record(tx, entry)
	})
	if err != nil {
		return accounts.Member{}, err
	}
	return accepted, nil
}

// EndMembership ends a membership, or an invitation that nobody accepted.
func (s *Store) EndMembership(ctx context.Context, id string, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		ended, err := changed(tx.Model(&membershipRow{}).Where("id = ? AND status <> 'ended'", id).
			UpdateColumns(map[string]any{"status": accounts.Ended, "invitation": ""}))
		if err != nil || !ended {
			return false, err
		}
		return true, record(tx, entry)
	})
}

func (r *memberRow) fields() []any {
	m, p := &r.Membership, &r.Person
	return []any{
		&m.ID, &m.OrganisationID, &m.PersonID, (*string)(&m.Role), (*string)(&m.Status), &m.Created,
		&p.ID, &p.Email, &p.Display, &p.Locale, &p.Created,
	}
}

const (
	memberColumns = "m.id, m.organisation_id, m.person_id, m.role, m.status, m.created, p.id, p.email, p.display, p.locale, p.created"
	isMember      = " JOIN persons AS p ON p.id = m.person_id WHERE m.organisation_id = " + text + " AND m.status = 'active' AND "
)

// who is the condition by which a member is found.
func who(user accounts.UserReference) (condition, value string) {
	if user.ID != "" {
		return "m.id = " + text, user.ID
	}
	return "p.email = " + text, strings.ToLower(user.Email)
}

// Member finds an active member of the organisation.
func (s *Store) Member(ctx context.Context, organisationID string, user accounts.UserReference) (accounts.Member, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return accounts.Member{}, err
	}
	condition, value := who(user)
	row, err := one[memberRow](c, accounts.ErrNotFound, "SELECT "+memberColumns+" FROM memberships AS m"+isMember+condition, organisationID, value)
	return row.member(), err
}

// memberOfRow is a member with the organisation.
type memberOfRow struct {
	memberRow
	organisation organisationRow
}

func (r *memberOfRow) fields() []any { return append(r.memberRow.fields(), r.organisation.fields()...) }

// MemberOf finds an active member with the organisation.
func (s *Store) MemberOf(ctx context.Context, organisationID string, user accounts.UserReference) (accounts.Organisation, accounts.Member, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return accounts.Organisation{}, accounts.Member{}, err
	}
	condition, value := who(user)
	row, err := one[memberOfRow](c, accounts.ErrNotFound, "SELECT "+memberColumns+`, o.id, o.name, o.profile, o.allow_tap, o.minimum_app_version, o.locale, o.created
		FROM memberships AS m JOIN organisations AS o ON o.id = m.organisation_id`+isMember+condition, organisationID, value)
	return row.organisation.organisation(), row.member(), err
}

// MemberList gives those that have not ended, by address.
func (s *Store) MemberList(ctx context.Context, organisationID string) ([]accounts.Member, error) {
	query := members(s.read(ctx)).Where("memberships.organisation_id = ? AND memberships.status <> 'ended'", organisationID)
	return list(query.Order("persons.email"), memberRow.member)
}

// Memberships gives the active ones of a person, oldest first.
func (s *Store) Memberships(ctx context.Context, personID string) ([]accounts.Member, error) {
	query := members(s.read(ctx)).Where("memberships.person_id = ? AND memberships.status = 'active'", personID)
	return list(query.Order("memberships.created, memberships.id"), memberRow.member)
}

// Person finds an identity.
func (s *Store) Person(ctx context.Context, id string) (accounts.Person, error) {
	row, err := find[personRow](s.read(ctx).Where("id = ?", id), accounts.ErrNotFound)
	return row.person(), err
}
