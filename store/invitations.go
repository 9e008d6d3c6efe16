package store

import (
	"cmp"
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
)

// invitedRow is an invitation with its person.
type invitedRow struct {
	memberRow
	as string
}

func (r *invitedRow) fields() []any { return append(r.memberRow.fields(), &r.as) }

// invited finds an invitation, and the name that it gave.
func (s *Store) invited(ctx context.Context, c conn, condition string, args ...any) (accounts.Member, string, error) {
	row, err := one[invitedRow](c, accounts.ErrNotFound, "SELECT "+memberColumns+", m.invited_as"+fromMembers+condition, args...)
	if err != nil {
		return accounts.Member{}, "", err
	}
	m, err := s.member(ctx, row.memberRow)
	return called(m, row.as), row.as, err
}

// called is the member by the name that the inviter gave. Until there is a password nobody
// chose the one that stands with the person: it may be that of another inviter.
func called(m accounts.Member, as string) accounts.Member {
	if as != "" && !m.Person.HasPassword {
		m.Person.Display = as
	}
	return m
}

// Invite makes an invitation, or makes the one that there is anew.
func (s *Store) Invite(ctx context.Context, m accounts.Member, invitation string, may func(before accounts.Role) error, entry audit.Entry) (accounts.Member, error) {
	var invited accounts.Member
	err := s.write(ctx, func(tx *transaction) error {
		entry := entry
		var again bool
		var err error
		if invited, again, err = s.invite(ctx, tx, m, invitation, may, entry); err != nil {
			return err
		}
		if again {
			entry.Action, entry.Subject = "member.invited-again", invited.ID
		}
		entry.Tell = madeOut(entry.Tell, invited.Person)
		return record(tx, entry)
	})
	if err != nil {
		return accounts.Member{}, err
	}
	return invited, nil
}

// invite makes or finds the person, and makes the invitation; again says that there was one.
func (s *Store) invite(ctx context.Context, tx *transaction, m accounts.Member, invitation string, may func(accounts.Role) error, entry audit.Entry) (invited accounts.Member, again bool, err error) {
	as := m.Person.Display
	known, err := s.personByEmail(ctx, tx.conn, m.Person.Email)
	switch {
	case err == nil:
		m.Person = known
	case errors.Is(err, accounts.ErrNotFound):
		row := newPersonRow(m.Person)
		err = tx.Create(&row).Error
	}
	if err != nil {
		return accounts.Member{}, false, err
	}
	m.Status, m.Created = accounts.Invited, moment(millis(m.Created))
	before, name, err := s.invited(ctx, tx.conn, "m.organisation_id = "+text+" AND m.person_id = "+text+" AND m.status <> 'ended'", m.OrganisationID, m.Person.ID)
	if errors.Is(err, accounts.ErrNotFound) {
		if err = giveRole(tx, &m, entry); err != nil {
			return accounts.Member{}, false, err
		}
		row := newMembershipRow(m, invitation)
		row.InvitedAs = as
		if err = tx.Create(&row).Error; errors.Is(err, gorm.ErrDuplicatedKey) {
			err = accounts.ErrExists
		}
		return called(m, as), false, err
	}
	if err != nil {
		return accounts.Member{}, false, err
	}
	if before.Status != accounts.Invited {
		return accounts.Member{}, false, accounts.ErrExists
	}
	if err = may(before.Role); err != nil {
		return accounts.Member{}, false, err
	}
	as = cmp.Or(as, name)
	// The condition is that of the update, so that nobody who accepted is invited again.
	held, err := changed(tx.Model(&membershipRow{}).Where("id = ? AND status = 'invited'", before.ID).
		UpdateColumns(map[string]any{"invitation": invitation, "invited": millis(m.Created), "role": m.Role, "role_by": entry.Actor, "role_since": millis(entry.At), "invited_as": as}))
	if err == nil && !held {
		err = accounts.ErrExists
	}
	before.Role, before.RoleBy, before.RoleSince = m.Role, entry.Actor, moment(millis(entry.At))
	return called(before, as), true, err
}

const isInvitation = "m.invitation = " + text + " AND m.invitation <> '' AND m.status = 'invited' AND m.invited > " + number

// Invitation looks at an invitation.
func (s *Store) Invitation(ctx context.Context, hash string, since time.Time) (accounts.Member, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return accounts.Member{}, err
	}
	m, _, err := s.invited(ctx, c, isInvitation, hash, millis(since))
	return m, err
}

// AcceptInvitation uses an invitation up.
func (s *Store) AcceptInvitation(ctx context.Context, hash string, since time.Time, entry audit.Entry) (accounts.Member, error) {
	var accepted accounts.Member
	err := s.write(ctx, func(tx *transaction) error {
		var as string
		var err error
		if accepted, as, err = s.invited(ctx, tx.conn, isInvitation, hash, millis(since)); err != nil {
			return err
		}
		if as != "" { // before this makes an active member
			rows, failure := tx.exec(`UPDATE persons SET display = ? WHERE id = ?
				AND NOT EXISTS (SELECT 1 FROM memberships AS m WHERE m.person_id = persons.id AND m.status <> 'ended' AND m.status = 'active')`, as, accepted.Person.ID)
			if failure != nil {
				return failure
			}
			if rows > 0 {
				accepted.Person.Display = as
			}
		}
		held, err := changed(tx.Model(&membershipRow{}).Where("id = ? AND status = 'invited' AND invitation = ?", accepted.ID, hash).
			UpdateColumns(map[string]any{"status": accounts.Active, "invitation": "", "role_since": millis(entry.At)}))
		if err != nil {
			return err
		}
		if !held {
			return accounts.ErrNotFound
		}
		accepted.Status, accepted.RoleSince = accounts.Active, moment(millis(entry.At))
		// Only here it is known whose invitation it was.
		entry.Organisation, entry.Subject = accepted.OrganisationID, accepted.ID
		entry.Tell = accounts.RoleTold(accepted, "", accepted.RoleBy)
		return record(tx, entry)
	})
	if err != nil {
		return accounts.Member{}, err
	}
	return accepted, nil
}
