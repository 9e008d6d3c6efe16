package store

import (
	"context"
	"errors"
	"strings"

	"gorm.io/gorm"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

var _ accounts.People = (*Store)(nil)

type personRow struct {
	ID            string
	Email         string
	Display       string
	Locale        string
	PasswordSet   int64
	Number        string
	NumberIndex   string
	NumberProven  int64
	NumberChanged int64
	Texts         int64
	Apps          int
	RecoveryCodes int
	Recovering    string
	Created       int64
}

// TableName names the table.
func (personRow) TableName() string { return "persons" }

// numberPlace is where the number of a person is sealed.
func numberPlace(personID string) secret.Place {
	return secret.Place{Scope: secret.Installation, Table: "persons", Column: "number", Row: personID}
}

func (s *Store) person(ctx context.Context, r personRow) (accounts.Person, error) {
	number, err := s.unseal(ctx, numberPlace(r.ID), r.Number)
	return accounts.Person{
		ID: r.ID, Email: r.Email, Display: r.Display, Locale: r.Locale, HasPassword: r.PasswordSet > 0,
		Number: number.Reveal(), NumberProven: moment(r.NumberProven), NumberChanged: moment(r.NumberChanged), Texts: moment(r.Texts),
		Apps: r.Apps, RecoveryCodes: r.RecoveryCodes, Recovering: r.Recovering, Created: moment(r.Created),
	}, err
}

func newPersonRow(p accounts.Person) personRow {
	return personRow{ID: p.ID, Email: p.Email, Display: p.Display, Locale: p.Locale, Created: millis(p.Created)}
}

const personColumns = "p.id, p.email, p.display, p.locale, p.password_set, p.number, p.number_proven, p.number_changed, p.texts, p.apps, p.recovery_codes, p.recovering, p.created"

func (r *personRow) fields() []any {
	return []any{
		&r.ID, &r.Email, &r.Display, &r.Locale, &r.PasswordSet, &r.Number, &r.NumberProven, &r.NumberChanged, &r.Texts, &r.Apps, &r.RecoveryCodes, &r.Recovering, &r.Created,
	}
}

type membershipRow struct {
	ID             string
	OrganisationID string
	PersonID       string
	Role           accounts.Role
	Status         accounts.Status
	Invitation     string
	Invited        int64
	// InvitedAs is the name that the newest invitation gave.
	InvitedAs string
	Created   int64
	RoleBy    string
	RoleSince int64
	// RoleBefore is the highest one that was held before, while it may still count.
	RoleBefore accounts.Role
}

// TableName names the table.
func (membershipRow) TableName() string { return "memberships" }

func newMembershipRow(m accounts.Member, invitation string) membershipRow {
	row := membershipRow{
		ID: m.ID, OrganisationID: m.OrganisationID, PersonID: m.Person.ID, Role: m.Role,
		Status: m.Status, Invitation: invitation, Created: millis(m.Created),
		RoleBy: m.RoleBy, RoleSince: millis(m.RoleSince), RoleBefore: m.RoleBefore,
	}
	if invitation != "" {
		row.Invited = row.Created
	}
	return row
}

// memberRow is a membership with its person.
type memberRow struct {
	Membership membershipRow
	vouched    bool
	access     int64
	Person     personRow
}

// accessUntil is until when a temporary code works here; what is live is said in the words of the index.
const accessUntil = `COALESCE((SELECT c.link_until FROM cases AS c WHERE c.person_id = m.person_id AND c.organisation_id = m.organisation_id
	AND c.state IN ('open', 'waiting', 'sent', 'revoked') AND c.state = 'sent' AND c.kind = 'forgotten' AND c.uses_left > 0), 0)`

const (
	// Whoever vouched did so for one number.
	memberColumns = "m.id, m.organisation_id, m.person_id, m.role, m.role_by, m.role_since, m.role_before, m.status, m.created, m.vouched <> '' AND m.vouched = p.number_index, " + accessUntil + ", " + personColumns
	fromMembers   = " FROM memberships AS m JOIN persons AS p ON p.id = m.person_id WHERE "
	isMember      = " JOIN persons AS p ON p.id = m.person_id WHERE m.organisation_id = " + text + " AND m.status = 'active' AND "
)

func (r *memberRow) fields() []any {
	m := &r.Membership
	return append([]any{
		&m.ID, &m.OrganisationID, &m.PersonID, (*string)(&m.Role), &m.RoleBy, &m.RoleSince, (*string)(&m.RoleBefore), (*string)(&m.Status), &m.Created, &r.vouched, &r.access,
	}, r.Person.fields()...)
}

func (s *Store) member(ctx context.Context, r memberRow) (accounts.Member, error) {
	p, err := s.person(ctx, r.Person)
	return accounts.Member{
		ID: r.Membership.ID, OrganisationID: r.Membership.OrganisationID, Person: p,
		Role: r.Membership.Role, RoleBy: r.Membership.RoleBy, RoleSince: moment(r.Membership.RoleSince), RoleBefore: r.Membership.RoleBefore,
		Status: r.Membership.Status, Vouched: r.vouched, AccessUntil: moment(r.access), Created: moment(r.Membership.Created),
	}, err
}

// memberWhere finds one membership.
func (s *Store) memberWhere(ctx context.Context, c conn, condition string, args ...any) (accounts.Member, error) {
	row, err := one[memberRow](c, accounts.ErrNotFound, "SELECT "+memberColumns+fromMembers+condition, args...)
	if err != nil {
		return accounts.Member{}, err
	}
	return s.member(ctx, row)
}

// membersWhere finds memberships.
func (s *Store) membersWhere(ctx context.Context, condition string, args ...any) ([]accounts.Member, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := all[memberRow](c, "SELECT "+memberColumns+fromMembers+condition, args...)
	if err != nil {
		return nil, err
	}
	found := make([]accounts.Member, 0, len(rows))
	for _, row := range rows {
		m, err := s.member(ctx, row)
		if err != nil {
			return nil, err
		}
		found = append(found, m)
	}
	return found, nil
}

// personByEmail finds an identity, in a change too.
func (s *Store) personByEmail(ctx context.Context, c conn, email string) (accounts.Person, error) {
	row, err := one[personRow](c, accounts.ErrNotFound, "SELECT "+personColumns+" FROM persons AS p WHERE p.email = ?", email)
	if err != nil {
		return accounts.Person{}, err
	}
	return s.person(ctx, row)
}

// AddMember makes or finds the person, and makes the membership.
func (s *Store) AddMember(ctx context.Context, m accounts.Member, invitation string, entry audit.Entry) (accounts.Member, error) {
	given, link := m, invitation
	err := s.write(ctx, func(tx *transaction) error {
		m, invitation = given, link
		known, err := s.personByEmail(ctx, tx.conn, m.Person.Email)
		switch {
		case err == nil:
			m.Person, m.Status = known, accounts.Invited
		case errors.Is(err, accounts.ErrNotFound):
			m.Status, invitation = accounts.Active, ""
			row := newPersonRow(m.Person)
			err = tx.Create(&row).Error
		}
		if err != nil {
			return err
		}
		if err = giveRole(tx, &m, entry); err != nil {
			return err
		}
		row := newMembershipRow(m, invitation)
		err = tx.Create(&row).Error
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

// EndMembership ends a membership, or an invitation that nobody accepted.
func (s *Store) EndMembership(ctx context.Context, id string, keepOwner bool, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		if keepOwner {
			if err := ownerStays(tx, id); err != nil {
				return false, err
			}
		}
		ended, err := changed(tx.Model(&membershipRow{}).Where("id = ? AND status <> 'ended'", id).
			UpdateColumns(map[string]any{"status": accounts.Ended, "invitation": ""}))
		if err != nil || !ended {
			return false, err
		}
		return true, record(tx, entry)
	})
}

// SetRole changes the role of a membership that has not ended.
func (s *Store) SetRole(ctx context.Context, id string, from, to accounts.Role, keepOwner bool, entry audit.Entry) (bool, error) {
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		if keepOwner && to != accounts.RoleOwner {
			if err := ownerStays(tx, id); err != nil {
				return false, err
			}
		}
		held, err := one[roleRow](tx.conn, errRefused, "SELECT "+roleColumns+" FROM memberships WHERE id = ? AND role = ? AND status <> 'ended'", id, from)
		if errors.Is(err, errRefused) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		before := held.before
		if held.status == accounts.Active {
			before = held.member().Rank(entry.At)
		}
		_, err = tx.exec("UPDATE memberships SET role = ?, role_by = ?, role_since = ?, role_before = ? WHERE id = ?", to, entry.Actor, millis(entry.At), before, id)
		if err != nil {
			return false, err
		}
		return true, record(tx, entry)
	})
}

// ownerStays refuses where the membership is that of the only active owner.
func ownerStays(tx *transaction, id string) error {
	_, err := one[found](tx.conn, errRefused, `SELECT 1 FROM memberships AS m WHERE m.id = `+text+` AND m.role = 'owner' AND m.status = 'active'
		AND NOT EXISTS (SELECT 1 FROM memberships AS o WHERE o.organisation_id = m.organisation_id AND o.status <> 'ended'
			AND o.id <> m.id AND o.role = 'owner' AND o.status = 'active')`, id)
	if err == nil {
		return &accounts.ForbiddenError{Why: accounts.LastOwner}
	}
	if errors.Is(err, errRefused) {
		return nil
	}
	return err
}

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
	if err != nil {
		return accounts.Member{}, err
	}
	return s.member(ctx, row)
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
	row, err := one[memberOfRow](c, accounts.ErrNotFound, "SELECT "+memberColumns+", "+organisationColumns+
		" FROM memberships AS m JOIN organisations AS o ON o.id = m.organisation_id"+isMember+condition, organisationID, value)
	if err != nil {
		return accounts.Organisation{}, accounts.Member{}, err
	}
	m, err := s.member(ctx, row.memberRow)
	return row.organisation.organisation(), m, err
}

// MemberByID finds a membership of the organisation that has not ended.
func (s *Store) MemberByID(ctx context.Context, organisationID, id string) (accounts.Member, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return accounts.Member{}, err
	}
	return s.memberWhere(ctx, c, "m.organisation_id = "+text+" AND m.id = "+text+" AND m.status <> 'ended'", organisationID, id)
}

// Membership finds an active membership, of whatever organisation.
func (s *Store) Membership(ctx context.Context, id string) (accounts.Member, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return accounts.Member{}, err
	}
	return s.memberWhere(ctx, c, "m.id = "+text+" AND m.status = 'active'", id)
}

// MemberList gives those that have not ended, by address.
func (s *Store) MemberList(ctx context.Context, organisationID string) ([]accounts.Member, error) {
	return s.membersWhere(ctx, "m.organisation_id = "+text+" AND m.status <> 'ended' ORDER BY p.email", organisationID)
}

// Memberships gives the active ones of a person, oldest first.
func (s *Store) Memberships(ctx context.Context, personID string) ([]accounts.Member, error) {
	return s.membersWhere(ctx, "m.person_id = "+text+" AND m.status = 'active' ORDER BY m.created, m.id", personID)
}

// Person finds an identity.
func (s *Store) Person(ctx context.Context, id string) (accounts.Person, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return accounts.Person{}, err
	}
	row, err := one[personRow](c, accounts.ErrNotFound, "SELECT "+personColumns+" FROM persons AS p WHERE p.id = ?", id)
	if err != nil {
		return accounts.Person{}, err
	}
	return s.person(ctx, row)
}

// SetLocale stores the person's language.
func (s *Store) SetLocale(ctx context.Context, personID, locale string, entry audit.Entry) error {
	return s.setPerson(ctx, personID, "locale", locale, entry)
}

// SetDisplay stores the person's name.
func (s *Store) SetDisplay(ctx context.Context, personID, display string, entry audit.Entry) error {
	return s.setPerson(ctx, personID, "display", display, entry)
}

func (s *Store) setPerson(ctx context.Context, personID, column, value string, entry audit.Entry) error {
	return s.write(ctx, func(tx *transaction) error {
		found, err := changed(tx.Model(&personRow{}).Where("id = ? AND erased = 0", personID).UpdateColumn(column, value))
		if err == nil && !found {
			err = accounts.ErrNotFound
		}
		if err != nil {
			return err
		}
		return record(tx, entry)
	})
}
