package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/internal/ayetest"
)

const people = "email;name;role;language\r\n" +
	"one@example.com;One;;nl\r\n" +
	"two@example.com;\"=HYPERLINK(\"\"evil.example.com\"\")\";support;\r\n" +
	"no address;<script>alert(1)</script>;;\r\n" +
	"three@example.com;;;\r\n" +
	"four@example.com;Four;boss;\r\n" +
	"one@example.com;One again;;\r\n" +
	"five@example.com;Five;owner;\r\n" +
	"six@example.com;Six;;fr\r\n" +
	"too;few\r\n"

// From the file to the invitations: first what would happen, then how far it is, then what was done.
func TestImport(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleAdministrator)
	b.get("/manage/import")
	b.sends("/manage/import", "file", "\ufeff"+people)
	id := strings.TrimPrefix(b.page.path, "/manage/import/")
	b.says("manage.import.titles.planned")
	b.says("manage.import.new", "Count", 2)
	b.says("manage.import.wrong", "Count", 7)
	for line, problem := range map[int]string{4: "bad-address", 5: "bad-name", 6: "bad-role", 7: "double", 8: "role-not-yours", 9: "bad-language", 10: "bad-line"} {
		b.says("manage.import.line-number", "Line", line)
		b.says("manage.import.problem." + problem)
	}
	if strings.Contains(b.page.body, "<script>alert") {
		t.Error("what stands in the file becomes part of the page")
	}
	all, err := s.Store.MemberList(t.Context(), s.Organisation.ID)
	ayetest.Fails(t, err, nil)
	ayetest.Same(t, "nobody is invited yet", len(all), 1)

	// It can be left and found again.
	b.get("/manage/import")
	b.says("manage.import.state.planned")
	b.get("/manage/import/" + id)
	b.submit("/manage/import/" + id)
	b.says("manage.import.titles.running")
	for _, part := range []string{`<progress max="2" value="0"`, `data-wait="running"`, `data-live="progress"`, `http-equiv="refresh"`} {
		if !strings.Contains(b.page.body, part) {
			t.Errorf("the page that waits has no %s", part)
		}
	}
	b.post("/manage/import/" + id) // in another tab
	b.says("manage.import.titles.running")
	b.get("/manage/import")
	b.says("manage.import.state.running")

	ayetest.Fails(t, s.Accounts.ResumeImports(t.Context()), nil) // as the server does each second
	b.get("/manage/import/" + id)
	b.says("manage.import.titles.done")
	b.says("manage.import.did", "Count", 2)
	if strings.Contains(b.page.body, "data-wait") {
		t.Error("the page waits for ever")
	}
	b.post("/manage/import/" + id)
	b.says("manage.import.titles.done")
	two := s.found(s.Organisation, "two@example.com")
	ayetest.Same(t, "invited", []any{two.Role, two.Status, len(s.Announcer.Letters(accounts.LetterInvitation, two.Person.ID))}, []any{accounts.RoleSupport, accounts.Invited, 1})
	b.get("/manage/people")
	b.is(http.StatusOK)
}

// An import stops with the rights of who began it.
func TestImportStopped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m, b := s.manager(accounts.RoleAdministrator)
	_, other := s.manager(accounts.RoleOwner)
	b.sends("/manage/import", "file", people)
	address := b.page.path
	b.submit(address)
	ayetest.Fails(t, s.Accounts.EndMembership(t.Context(), m), nil)
	ayetest.Fails(t, s.Accounts.ResumeImports(t.Context()), nil)
	other.get(address)
	other.says("manage.import.titles.stopped")
	other.says("manage.import.stopped")
}

// A file that cannot be read says what to do.
func TestImportFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleOwner)
	before := s.heads(s.Organisation)
	utf16 := "\xff\xfe" + strings.Join(strings.Split("email,name\n", ""), "\x00") + "\x00"
	for name, test := range map[string]struct{ file, says string }{
		"nothing":         {"", "manage.import.file-bad.empty"},
		"header in Dutch": {"e-mail,naam\na@example.com,A\n", "manage.import.file-bad.bad-header"},
		"Latin 1":         {"email,name\na@example.com,Ren\xe9\n", "manage.import.file-bad.not-text"},
		"UTF-16":          {utf16, "manage.import.file-bad.not-text"},
		"a spreadsheet":   {"PK\x03\x04\x14\x00\x06\x00", "manage.import.file-bad.not-text"},
		"a picture":       {"\x89PNG\r\n\x1a\n\x00\x00", "manage.import.file-bad.not-text"},
		"a bit too large": {"email,name\n" + strings.Repeat("x", 1<<20), "manage.import.file-bad.too-large"},
		"too many lines":  {"email,name\n" + strings.Repeat("a,b\n", accounts.MaxRosterLines+1), "manage.import.file-bad.too-long"},
		"evil header":     {"email,name,<script>alert(1)</script>\n", "manage.import.file-bad.bad-header"},
	} {
		b.sends("/manage/import", "file", test.file)
		b.is(http.StatusUnprocessableEntity)
		if test.says == "manage.import.file-bad.bad-header" {
			value := map[string]string{"header in Dutch": "e-mail", "evil header": "<script>alert(1)</script>"}[name]
			b.says(test.says, "Value", value)
		} else {
			b.says(test.says)
		}
		if strings.Contains(b.page.body, "<script>alert") {
			t.Errorf("%s: the file becomes part of the page", name)
		}
	}
	b.sends("/manage/import", "", "")
	b.is(http.StatusUnprocessableEntity)
	b.says("manage.import.file-bad.missing")
	b.post("/manage/import", "file", people)
	b.says("manage.import.file-bad.missing")
	b.sends("/manage/import", "file", strings.Repeat("x", 3<<20))
	b.is(http.StatusRequestEntityTooLarge)
	b.says("problem.too-large.text")
	ayetest.Same(t, "what was changed", s.heads(s.Organisation), before)

	// The example is a file that works.
	for _, language := range []string{"en", "nl"} {
		b.language = language
		example := b.once(http.MethodGet, "/manage/import/example.csv")
		ayetest.Same(t, "type", example.header.Get("Content-Type"), "text/csv; charset=utf-8")
		rows, wrong, err := accounts.ReadRoster(strings.NewReader(example.body))
		ayetest.Fails(t, err, nil)
		ayetest.Same(t, "rows", []int{len(rows), len(wrong)}, []int{2, 0})
	}
	// A file of errors alone can be looked at, and invites nobody.
	b.language = "en"
	b.sends("/manage/import", "file", "email,name\n"+strings.Repeat("x,y\n", 150))
	b.says("manage.import.wrong", "Count", 150)
	b.says("manage.import.more", "Count", 50)
	if strings.Contains(b.page.body, `<form method="post" action="`+b.page.path) {
		t.Error("an import of nobody can be started")
	}
}
