package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
)

func TestReadRoster(t *testing.T) {
	t.Parallel()
	ada := accounts.RosterRow{Line: 2, Email: "ada@example.com", Name: "Ada"}
	full := accounts.RosterRow{Line: 2, Email: "ada@example.com", Name: "Lovelace, Ada", Role: accounts.RoleSupport, Language: "nl"}
	tests := []struct {
		name, file string
		rows       []accounts.RosterRow
		wrong      []accounts.LineError
		problem    accounts.RosterProblem
	}{
		{"commas", "email,name\nada@example.com,Ada\n", []accounts.RosterRow{ada}, nil, ""},
		{"semicolons, a mark in front, lines of Windows", "\ufeffEmail; Name\r\nada@example.com; Ada\r\n", []accounts.RosterRow{ada}, nil, ""},
		{"all, in another order", "language,role,name,email\nNL,Support,\"Lovelace, Ada\",ada@example.com", []accounts.RosterRow{full}, nil, ""},
		{"header alone", "email,name\n", nil, nil, ""},
		{"values missing", "email,name\nada@example.com\n\nada@example.com,Ada\n", []accounts.RosterRow{{Line: 4, Email: ada.Email, Name: ada.Name}}, []accounts.LineError{{Line: 2, Problem: accounts.BadLine, Value: "ada@example.com"}}, ""},
		{"too many values", "email,name\na,b,c\n", nil, []accounts.LineError{{Line: 2, Problem: accounts.BadLine, Value: "a b c"}}, ""},
		{"quotation mark", "email,name\na,b\"c\nada@example.com,Ada", []accounts.RosterRow{{Line: 3, Email: ada.Email, Name: ada.Name}}, []accounts.LineError{{Line: 2, Problem: accounts.BadLine}}, ""},
		{"a long line is cut", "email,name\n" + strings.Repeat("é", 100) + "\n", nil, []accounts.LineError{{Line: 2, Problem: accounts.BadLine, Value: strings.Repeat("é", 60) + "…"}}, ""},
		{"nothing", "", nil, nil, accounts.RosterEmpty},
		{"no name", "email\n", nil, nil, accounts.RosterBadHeader},
		{"another word", "email,name,phone\n", nil, nil, accounts.RosterBadHeader},
		{"a word twice", "email,name,email\n", nil, nil, accounts.RosterBadHeader},
		{"no header", "ada@example.com,Ada\n", nil, nil, accounts.RosterBadHeader},
		{"not UTF-8", "email,name\nada@example.com,\xff\n", nil, nil, accounts.RosterNotText},
		{"a spreadsheet", "PK\x03\x04\x00\x00", nil, nil, accounts.RosterNotText},
		{"too large", "email,name\n" + strings.Repeat(" ", accounts.MaxRosterBytes), nil, nil, accounts.RosterTooLarge},
		{"too long", "email,name\n" + strings.Repeat("a,b\n", accounts.MaxRosterLines+1), nil, nil, accounts.RosterTooLong},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rows, wrong, err := accounts.ReadRoster(strings.NewReader(test.file))
			if test.problem != "" {
				ayetest.Fails(t, err, accounts.ErrRoster)
				var problem *accounts.RosterError
				ayetest.Same(t, "problem", errors.As(err, &problem) && problem.Problem == test.problem, true)
				return
			}
			ayetest.Fails(t, err, nil)
			ayetest.Same(t, "rows", rows, test.rows)
			ayetest.Same(t, "wrong", wrong, test.wrong)
		})
	}
	rows, _, err := accounts.ReadRoster(strings.NewReader("email,name\n" + strings.Repeat("a,b\n", accounts.MaxRosterLines)))
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "the longest", len(rows), accounts.MaxRosterLines)
}

const roster = `email,name,role,language
new@example.com,New,,nl
NEW@example.com,New again,,
no address,Nobody,,
ada@example.com,,,
god@example.com,God,god,
boss@example.com,Boss,owner,
support@example.com,Support,support,de
member@example.com,Member,,
other@example.com,Other,support,
`

// plan plans the roster as the member.
func plan(w *ayetest.World, m accounts.Member, file string) accounts.Import {
	w.Helper()
	rows, wrong, err := accounts.ReadRoster(strings.NewReader(file))
	ayetest.Fails(w, err, nil)
	i, err := w.Accounts.As(ayetest.Actor(m)).PlanImport(w.Context(), m.OrganisationID, rows, wrong)
	ayetest.Fails(w, err, nil)
	return i
}

func TestImport(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	administrator := w.AddMember(w.Organisation, "Ada", accounts.RoleAdministrator)
	_, _, err := w.Accounts.AddMember(t.Context(), w.Organisation.ID, accounts.Person{Email: "member@example.com", Display: "Member"}, accounts.RoleMember)
	ayetest.Fails(t, err, nil)
	i := plan(w, administrator, roster)
	ayetest.Same(t, "dry run", []any{i.State, i.New, i.Known, i.Total, i.Done}, []any{accounts.ImportPlanned, 2, 1, 2, 0})
	ayetest.Same(t, "errors by line", i.Errors, []accounts.LineError{
		{Line: 3, Problem: accounts.DoubleAddress, Value: "new@example.com"},
		{Line: 4, Problem: accounts.BadAddress, Value: "no address"},
		{Line: 5, Problem: accounts.BadName},
		{Line: 6, Problem: accounts.BadRole, Value: "god"},
		{Line: 7, Problem: accounts.RoleNotYours, Value: "owner"},
		{Line: 8, Problem: accounts.BadLanguage, Value: "de"},
	})
	count := func() int {
		all, failure := w.Store.MemberList(t.Context(), w.Organisation.ID)
		ayetest.Fails(t, failure, nil)
		return len(all)
	}
	ayetest.Same(t, "nobody is invited yet", count(), 2)
	elsewhere := w.AddOrganisation(func(*accounts.Organisation) {})
	for _, wrong := range []func() error{
		func() error { _, failure := w.Accounts.Import(t.Context(), elsewhere.ID, i.ID); return failure },
		func() error { return w.Accounts.RunImport(t.Context(), elsewhere.ID, i.ID) },
		func() error { return w.Accounts.StartImport(t.Context(), elsewhere.ID, i.ID) },
	} {
		ayetest.Fails(t, wrong(), accounts.ErrNotFound)
	}
	for range 2 { // the second time there is nothing to do
		ayetest.Fails(t, w.Accounts.RunImport(t.Context(), w.Organisation.ID, i.ID), nil)
	}
	ayetest.Fails(t, w.Accounts.StartImport(t.Context(), w.Organisation.ID, i.ID), accounts.ErrNotFound)
	done, err := w.Accounts.Import(t.Context(), w.Organisation.ID, i.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "done", []any{done.State, done.Done, len(done.Rows), len(done.Errors)}, []any{accounts.ImportDone, 2, 0, 6})
	found, _, err := w.Accounts.Members(t.Context(), w.Organisation.ID, "new@", "", 5)
	ayetest.Fails(t, err, nil)
	m := found[0]
	person, err := w.Accounts.Person(t.Context(), m.Person.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "invited", []any{count(), m.Status, m.Role, person.Locale}, []any{4, accounts.Invited, accounts.RoleMember, "nl"})
	ayetest.Same(t, "by mail, once", len(w.Announcer.Letters(accounts.LetterInvitation, m.Person.ID)), 1)
	again := plan(w, administrator, roster)
	ayetest.Same(t, "the same file again", []int{again.New, again.Known}, []int{0, 3})
}

// full is an outbox that has room for so many letters and then fails, as a server that ends.
type full struct{ room int }

var errEnd = errors.New("the server ends")

func (f *full) Ready(context.Context) error {
	if f.room == 0 {
		return errEnd
	}
	f.room--
	return nil
}

// An import that was interrupted goes on where it was, and invites nobody twice, even when two
// servers take it up.
func TestAnImportIsTakenUp(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	owner := w.AddMember(w.Organisation, "Ada", accounts.RoleOwner)
	var file strings.Builder
	file.WriteString("email,name\n")
	for n := range 30 {
		fmt.Fprintf(&file, "p%02d@example.com,Person\n", n)
	}
	i := plan(w, owner, file.String())
	interrupted := *w.Accounts
	interrupted.Outbox = &full{12}
	ayetest.Fails(t, interrupted.RunImport(t.Context(), w.Organisation.ID, i.ID), errEnd)
	now, err := w.Accounts.Import(t.Context(), w.Organisation.ID, i.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "half way", []any{now.State, now.Done, now.Total}, []any{accounts.ImportRunning, 12, 30})
	ayetest.AtOnce(3, func(int) { ayetest.Fails(t, w.Accounts.ResumeImports(t.Context()), nil) })
	all, err := w.Store.MemberList(t.Context(), w.Organisation.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "members", len(all), 31)
	for _, m := range all {
		if m.ID != owner.ID {
			ayetest.Same(t, m.Person.Email, len(w.Announcer.Letters(accounts.LetterInvitation, m.Person.ID)), 1)
		}
	}
	now, err = w.Accounts.Import(t.Context(), w.Organisation.ID, i.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "done", []any{now.State, now.Done}, []any{accounts.ImportDone, 30})
}

// An import acts for who planned it, and only as long as that person may invite.
func TestAnImportStopsWithItsMaker(t *testing.T) {
	t.Parallel()
	w := ayetest.New(t)
	administrator := w.AddMember(w.Organisation, "Ada", accounts.RoleAdministrator)
	i := plan(w, administrator, "email,name\na@example.com,A\n")
	ayetest.Fails(t, w.Accounts.SetRole(t.Context(), administrator, accounts.RoleMember), nil)
	ayetest.Fails(t, w.Accounts.RunImport(t.Context(), w.Organisation.ID, i.ID), nil)
	now, err := w.Accounts.Import(t.Context(), w.Organisation.ID, i.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "stopped", []any{now.State, now.Done, len(now.Rows)}, []any{accounts.ImportStopped, 0, 0})
	ayetest.Same(t, "nobody was invited", len(w.Announcer.Letters(accounts.LetterInvitation, "")), 0)
}
