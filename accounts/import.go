package accounts

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"example.com/aye/internal/secret"
)

// ImportState is how far an import is.
type ImportState string

// An import is planned, and then runs until it is done. It stops where who began it may no
// longer invite.
const (
	ImportPlanned ImportState = "planned"
	ImportRunning ImportState = "running"
	ImportDone    ImportState = "done"
	ImportStopped ImportState = "stopped"
)

// ImportLife is how long an import is kept, done or not.
const ImportLife = 30 * 24 * time.Hour

// Import is a file of people on its way to become invitations.
type Import struct {
	ID             string
	OrganisationID string
	State          ImportState
	// New are to be invited, Known are members or invited already.
	New, Known int
	// Errors are the lines by which nobody is invited.
	Errors []LineError
	// Total is how many steps there are, Done how many were made.
	Total, Done int
	Created     time.Time
	// By is who planned it.
	By Actor
	// Rows are to be invited; forgotten when it is done.
	Rows []RosterRow
}

// PlanImport looks at what an import would do, and keeps it. Nobody is invited yet.
func (s *Service) PlanImport(ctx context.Context, organisationID string, rows []RosterRow, wrong []LineError) (Import, error) {
	own, err := s.authority(ctx, organisationID)
	if err != nil {
		return Import{}, err
	}
	members, err := s.People.MemberList(ctx, organisationID)
	if err != nil {
		return Import{}, err
	}
	known, seen := map[string]bool{}, map[string]bool{}
	for _, m := range members {
		known[m.Person.Email] = true
	}
	i := Import{ID: secret.NewID("imp"), OrganisationID: organisationID, State: ImportPlanned, Errors: slices.Clone(wrong), Created: s.Now().UTC(), By: s.actorOf(organisationID, own)}
	for _, row := range rows {
		row.Role = cmp.Or(row.Role, RoleMember)
		problem, value := row.check(own)
		if problem == "" {
			row.Email, _ = NormalEmail(row.Email)
			if seen[row.Email] {
				problem, value = DoubleAddress, row.Email
			}
			seen[row.Email] = true
		}
		switch {
		case problem != "":
			i.Errors = append(i.Errors, LineError{Line: row.Line, Problem: problem, Value: short(value)})
		case known[row.Email]:
			i.Known++
		default:
			i.Rows = append(i.Rows, row)
		}
	}
	slices.SortStableFunc(i.Errors, func(a, b LineError) int { return cmp.Compare(a.Line, b.Line) })
	i.New, i.Total = len(i.Rows), len(i.Rows)
	return i, s.Imports.AddImport(ctx, i, s.entry(organisationID, "import.planned", i.ID))
}

// check says what is wrong with a row, and the value that is.
func (r RosterRow) check(own Role) (LineProblem, string) {
	if _, err := NormalEmail(r.Email); err != nil {
		return BadAddress, r.Email
	}
	if checkMailed("display name", r.Name) != nil {
		return BadName, r.Name
	}
	if checkRole(r.Role) != nil {
		return BadRole, string(r.Role)
	}
	if r.Role == RoleOwner && own != RoleOwner {
		return RoleNotYours, string(r.Role)
	}
	if checkLocale(r.Language) != nil {
		return BadLanguage, r.Language
	}
	return "", ""
}

// actorOf is who acts, as it is written down.
func (s *Service) actorOf(organisationID string, role Role) Actor {
	return Actor{ID: s.by(), OrganisationID: organisationID, Role: role}
}

// Import gives an import and how far it is, else [ErrNotFound].
func (s *Service) Import(ctx context.Context, organisationID, id string) (Import, error) {
	if err := s.may(ctx, organisationID); err != nil {
		return Import{}, err
	}
	return s.Imports.Import(ctx, organisationID, id)
}

// ImportsOf gives the imports that are still kept, newest first, without their rows and errors.
func (s *Service) ImportsOf(ctx context.Context, organisationID string) ([]Import, error) {
	if err := s.may(ctx, organisationID); err != nil {
		return nil, err
	}
	return s.Imports.ImportList(ctx, organisationID)
}

// StartImport says that the import may run; [Service.RunImport] does it. [ErrNotFound] for one that is not planned.
func (s *Service) StartImport(ctx context.Context, organisationID, id string) error {
	if err := s.may(ctx, organisationID); err != nil {
		return err
	}
	started, err := s.Imports.MoveImport(ctx, organisationID, id, ImportPlanned, ImportRunning, s.entry(organisationID, "import.started", id))
	if err == nil && !started {
		err = ErrNotFound
	}
	return err
}

// RunImport invites row by row until the import is done. It can be interrupted and taken up
// again, also by another process: a row and the step past it are one change, so nobody is
// left out. It acts for who planned it, as far as that person still may.
func (s *Service) RunImport(ctx context.Context, organisationID, id string) error {
	i, err := s.Import(ctx, organisationID, id)
	if err != nil {
		return err
	}
	if i.State == ImportPlanned {
		if err = s.StartImport(ctx, organisationID, id); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if i, err = s.Import(ctx, organisationID, id); err != nil {
			return err
		}
	}
	if i.State != ImportRunning {
		return nil
	}
	as := s.As(i.By)
	for ; i.Done < len(i.Rows); i.Done++ {
		if err = as.importRow(ctx, i); errors.Is(err, ErrForbidden) {
			_, err = s.Imports.MoveImport(ctx, organisationID, id, ImportRunning, ImportStopped, s.entry(organisationID, "import.stopped", id))
			return err
		}
		if err != nil {
			return err
		}
	}
	_, err = s.Imports.MoveImport(ctx, organisationID, id, ImportRunning, ImportDone, as.entry(organisationID, "import.done", id))
	return err
}

// importRow invites by the row that is next.
func (s *Service) importRow(ctx context.Context, i Import) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	row := i.Rows[i.Done]
	m, err := s.newMember(ctx, i.OrganisationID, Person{Email: row.Email, Display: row.Name, Locale: row.Language}, row.Role)
	if err != nil {
		return err
	}
	// A file may be long, so its letters are not counted for the organisation. Who got too many
	// is invited, and can be mailed later.
	stamped, _, err := s.stamp(ctx, row.Email, LettersPerHour)
	if err != nil {
		return err
	}
	token := secret.NewToken()
	entry := s.entry(i.OrganisationID, "member.invited", m.ID)
	if stamped {
		entry.Tell = []any{s.invitation(ctx, m, token)}
	}
	_, _, err = s.Imports.ImportStep(ctx, i.ID, i.Done, m, secret.Hash(token), entry)
	return err
}

// ResumeImports takes up the imports that ran when the server ended.
func (s *Service) ResumeImports(ctx context.Context) error {
	running, err := s.Imports.RunningImports(ctx)
	if err != nil {
		return err
	}
	for _, i := range running {
		if failure := s.RunImport(ctx, i.OrganisationID, i.ID); failure != nil {
			err = errors.Join(err, failure)
		}
	}
	return err
}
