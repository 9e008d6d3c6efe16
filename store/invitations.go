package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
)

// Invite makes an invitation, or makes the one that there is anew.
func (s *Store) Invite(ctx context.Context, m accounts.Member, invitation string, entry audit.Entry) (accounts.Member, error) {
	var invited accounts.Member
	err := s.write(ctx, func(tx *transaction) error {
		var again bool
		var err error
		if invited, again, err = s.invite(ctx, tx, m, invitation); err != nil {
			return err
		}
		if again {
			entry.Action, entry.Subject = "member.invited-again", invited.ID
		}
		return record(tx, entry)
	})
	if err != nil {
		return accounts.Member{}, err
	}
	return invited, nil
}

// invite makes or finds the person, and makes the invitation; again says that there was one.
func (s *Store) invite(ctx context.Context, tx *transaction, m accounts.Member, invitation string) (invited accounts.Member, again bool, err error) {
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
	before, err := s.memberWhere(ctx, tx.conn, "m.organisation_id = "+text+" AND m.person_id = "+text+" AND m.status <> 'ended'", m.OrganisationID, m.Person.ID)
	if errors.Is(err, accounts.ErrNotFound) {
		row := newMembershipRow(m, invitation)
		if err = tx.Create(&row).Error; errors.Is(err, gorm.ErrDuplicatedKey) {
			err = accounts.ErrExists
		}
		return m, false, err
	}
	if err != nil {
		return accounts.Member{}, false, err
	}
	// The condition is that of the update, so that nobody who accepted is invited again.
	held, err := changed(tx.Model(&membershipRow{}).Where("id = ? AND status = 'invited'", before.ID).
		UpdateColumns(map[string]any{"invitation": invitation, "invited": millis(m.Created), "role": m.Role}))
	if err == nil && !held {
		err = accounts.ErrExists
	}
	before.Role = m.Role
	return before, true, err
}

const isInvitation = "m.invitation = " + text + " AND m.invitation <> '' AND m.status = 'invited' AND m.invited > " + number

// Invitation looks at an invitation.
func (s *Store) Invitation(ctx context.Context, hash string, since time.Time) (accounts.Member, error) {
	c, err := s.reading(ctx)
	if err != nil {
		return accounts.Member{}, err
	}
	return s.memberWhere(ctx, c, isInvitation, hash, millis(since))
}

// AcceptInvitation uses an invitation up.
func (s *Store) AcceptInvitation(ctx context.Context, hash string, since time.Time, entry audit.Entry) (accounts.Member, error) {
	var accepted accounts.Member
	err := s.write(ctx, func(tx *transaction) error {
		var err error
		if accepted, err = s.memberWhere(ctx, tx.conn, isInvitation, hash, millis(since)); err != nil {
			return err
		}
		held, err := changed(tx.Model(&membershipRow{}).Where("id = ? AND status = 'invited' AND invitation = ?", accepted.ID, hash).
			UpdateColumns(map[string]any{"status": accounts.Active, "invitation": ""}))
		if err != nil {
			return err
		}
		if !held {
			return accounts.ErrNotFound
		}
		accepted.Status = accounts.Active
		// Only here it is known whose invitation it was.
		entry.Organisation, entry.Subject = accepted.OrganisationID, accepted.ID
		return record(tx, entry)
	})
	if err != nil {
		return accounts.Member{}, err
	}
	return accepted, nil
}
