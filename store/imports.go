package store

import (
	"context"
	"encoding/json"
	"errors"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
	"example.com/aye/internal/secret"
)

var _ accounts.Imports = (*Store)(nil)

type importRow struct {
	ID             string
	OrganisationID string
	State          accounts.ImportState
	PlannedBy      string
	Role           accounts.Role
	Known          int
	Total          int
	Done           int
	People         string
	Wrong          string
	Created        int64
}

// TableName names the table.
func (importRow) TableName() string { return "imports" }

func (r importRow) place(column string) secret.Place {
	return secret.Place{Scope: r.OrganisationID, Table: "imports", Column: column, Row: r.ID}
}

func (r importRow) plain() accounts.Import {
	return accounts.Import{
		ID: r.ID, OrganisationID: r.OrganisationID, State: r.State, New: r.Total, Known: r.Known, Total: r.Total, Done: r.Done,
		By: accounts.Actor{ID: r.PlannedBy, OrganisationID: r.OrganisationID, Role: r.Role}, Created: moment(r.Created),
	}
}

// sealList seals a list, of which none is kept as nothing.
func sealList[T any](ctx context.Context, s *Store, at secret.Place, list []T) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	text, err := json.Marshal(list)
	if err != nil {
		return "", err
	}
	return s.seal(ctx, at, secret.Secret(text))
}

func unsealList[T any](ctx context.Context, s *Store, at secret.Place, sealed string) ([]T, error) {
	text, err := s.unseal(ctx, at, sealed)
	if err != nil || text == "" {
		return nil, err
	}
	var list []T
	return list, json.Unmarshal([]byte(text.Reveal()), &list)
}

// AddImport keeps a plan.
func (s *Store) AddImport(ctx context.Context, i accounts.Import, entry audit.Entry) error {
	row := importRow{
		ID: i.ID, OrganisationID: i.OrganisationID, State: i.State, PlannedBy: i.By.ID, Role: i.By.Role,
		Known: i.Known, Total: i.Total, Done: i.Done, Created: millis(i.Created),
	}
	var err error
	if row.People, err = sealList(ctx, s, row.place("people"), i.Rows); err != nil {
		return err
	}
	if row.Wrong, err = sealList(ctx, s, row.place("wrong"), i.Errors); err != nil {
		return err
	}
	return s.write(ctx, func(tx *transaction) error {
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		return record(tx, entry)
	})
}

// Import finds an import of the organisation.
func (s *Store) Import(ctx context.Context, organisationID, id string) (accounts.Import, error) {
	row, err := find[importRow](s.read(ctx).Where("id = ? AND organisation_id = ?", id, organisationID), accounts.ErrNotFound)
	if err != nil {
		return accounts.Import{}, err
	}
	i := row.plain()
	if i.Rows, err = unsealList[accounts.RosterRow](ctx, s, row.place("people"), row.People); err != nil {
		return accounts.Import{}, err
	}
	i.Errors, err = unsealList[accounts.LineError](ctx, s, row.place("wrong"), row.Wrong)
	return i, err
}

// MoveImport goes along an edge.
func (s *Store) MoveImport(ctx context.Context, organisationID, id string, from, to accounts.ImportState, entry audit.Entry) (bool, error) {
	set := map[string]any{"state": to}
	if to == accounts.ImportDone || to == accounts.ImportStopped {
		set["people"] = ""
	}
	return s.attempt(ctx, func(tx *transaction) (bool, error) {
		moved, err := changed(tx.Model(&importRow{}).Where("id = ? AND organisation_id = ? AND state = ?", id, organisationID, from).UpdateColumns(set))
		if err != nil || !moved {
			return false, err
		}
		return true, record(tx, entry)
	})
}

// ImportStep invites by a row and goes past it, in one change.
func (s *Store) ImportStep(ctx context.Context, id string, done int, m accounts.Member, invitation string, entry audit.Entry) (accounts.Member, bool, error) {
	var invited accounts.Member
	var again bool
	held, err := s.attempt(ctx, func(tx *transaction) (bool, error) {
		again = false
		rows, err := tx.exec("UPDATE imports SET done = done + 1 WHERE id = ? AND done = ? AND state = 'running'", id, done)
		if err != nil || rows == 0 {
			return false, err
		}
		_, err = one[found](tx.conn, errRefused, "SELECT 1"+fromMembers+"m.organisation_id = "+text+" AND p.email = "+text+" AND m.status <> 'ended'", m.OrganisationID, m.Person.Email)
		if err == nil { // added by hand since the plan
			again = true
			return true, nil
		}
		if !errors.Is(err, errRefused) {
			return false, err
		}
		if invited, _, err = s.invite(ctx, tx, m, invitation, func(accounts.Role) error { return accounts.ErrExists }, entry); err != nil {
			return false, err
		}
		entry := entry
		entry.Tell = madeOut(entry.Tell, invited.Person)
		return true, record(tx, entry)
	})
	if err != nil || !held || again {
		return accounts.Member{}, false, err
	}
	return invited, true, nil
}

// ImportList gives those of the organisation.
func (s *Store) ImportList(ctx context.Context, organisationID string) ([]accounts.Import, error) {
	return list(s.read(ctx).Omit("people", "wrong").Where("organisation_id = ?", organisationID).Order("created DESC"), importRow.plain)
}

// RunningImports gives those that run.
func (s *Store) RunningImports(ctx context.Context) ([]accounts.Import, error) {
	return list(s.read(ctx).Omit("people", "wrong").Where("state = 'running' AND created > 0").Order("created"), importRow.plain)
}
