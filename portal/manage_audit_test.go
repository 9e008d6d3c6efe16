package portal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/devices"
	"example.com/aye/internal/ayetest"
	"example.com/aye/portal"
	"example.com/aye/portal/locales"
	"example.com/aye/support"
)

// searches looks for something in the log.
func (b *browser) searches(pairs ...string) {
	b.Helper()
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		query.Set(pairs[i], pairs[i+1])
	}
	b.get("/manage/audit?" + query.Encode())
}

// hidden fails where the open page says the text.
func (b *browser) hidden(t *testing.T, id string, pairs ...any) {
	t.Helper()
	if b.page.reads(b.said(id, pairs...)) {
		t.Errorf("%s says %q", b.page.path, b.said(id, pairs...))
	}
}

// Who manages reads the log in words: who, to whom, from where, and which phone signed.
func TestAuditLog(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, bob := s.person("Ada"), s.person("Bob")
	phone := s.Pair(ada)
	agent, second := s.Agent(accounts.RoleSupport), s.Agent(accounts.RoleAdministrator)
	c := s.Opens(agent, ada, support.Lost)
	s.Signs(second, c.ID)
	_, b := s.manager(accounts.RoleOwner)
	b.get("/manage/people/" + bob.ID)
	b.submit("/manage/people/"+bob.ID, "role", "support")
	b.get("/manage/audit")
	who := func(name, role string) string { return b.said("log.who.member", "Name", name, "Role", role) }
	you := b.said("log.who.you", "Name", "Olga")
	b.says("log.is.member.role-changed", "Who", you, "Whom", "Bob")
	b.says("log.is.case.opened", "Who", who("The support", "Support"), "Whom", "Ada")
	b.says("log.is.case.approved", "Who", who("The administrator", "Administrator"), "Whom", "Ada")
	b.says("manage.audit.signed")
	for _, from := range []string{"192.0.2.1", "Firefox"} {
		if !b.page.reads(from) {
			t.Errorf("the log does not say %q", from)
		}
	}

	b.searches("who", "Olga")
	b.says("log.is.member.role-changed", "Who", you, "Whom", "Bob")
	b.hidden(t, "log.is.case.opened", "Who", who("The support", "Support"), "Whom", "Ada")
	b.searches("whom", ada.Person.Email, "what", "support")
	b.says("log.is.case.opened", "Who", who("The support", "Support"), "Whom", "Ada")
	b.hidden(t, "log.is.member.role-changed", "Who", you, "Whom", "Bob")
	b.searches("whom", bob.ID)
	b.says("log.is.member.role-changed", "Who", you, "Whom", "Bob")
	b.searches("who", "Nobody At All")
	b.says("manage.audit.none-found")
	day := s.Clock.Now()
	b.searches("from", day.Format(time.DateOnly), "until", day.Format(time.DateOnly), "what", "people")
	b.says("log.is.member.role-changed", "Who", you, "Whom", "Bob")
	b.searches("until", day.AddDate(0, 0, -1).Format(time.DateOnly))
	b.says("manage.audit.none-found")
	b.searches("from", "yesterday")
	b.is(http.StatusUnprocessableEntity)
	b.says("manage.rules.from-bad")

	his := s.browser()
	his.logIn(ada, phone)
	his.get("/manage/audit")
	his.is(http.StatusForbidden)
	his.searches("until", "2001-01-01") // also where there is nothing to see
	his.is(http.StatusForbidden)
}

// A log that is longer than a page goes on at the next, and nothing is told twice or left out.
func TestAuditPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, b := s.manager(accounts.RoleOwner)
	for range 60 {
		_, err := s.Accounts.UpdateApplication(s.Context(), s.Shop)
		ayetest.Fails(s, err, nil)
	}
	seen := map[string]int{}
	number := regexp.MustCompile(`<dt>Number in the log</dt><dd>(\d+)</dd>`)
	next := regexp.MustCompile(`href="(/manage/audit\?[^"]*)">Next page`)
	b.searches("who", "operator", "what", "settings")
	for range 10 {
		for _, found := range number.FindAllStringSubmatch(b.page.body, -1) {
			seen[found[1]]++
		}
		more := next.FindStringSubmatch(b.page.body)
		if more == nil {
			break
		}
		b.get(strings.ReplaceAll(more[1], "&amp;", "&"))
		b.says("manage.people.first")
	}
	if len(seen) < 60 {
		t.Errorf("%d rows", len(seen))
	}
	for sequence, times := range seen {
		if times != 1 {
			t.Errorf("row %s stands there %d times", sequence, times)
		}
	}
}

// An organisation's log has nothing of another's, and names nobody who is not its own.
func TestAuditLogOfAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	elsewhere := s.AddOrganisation(func(o *accounts.Organisation) { o.Name = "Elsewhere" })
	zelda := s.AddMember(elsewhere, "Zelda", accounts.RoleMember)
	_, b := s.manager(accounts.RoleOwner)
	for _, who := range []string{"Zelda", zelda.ID, zelda.Person.Email} {
		b.searches("whom", who)
		b.says("manage.audit.none-found")
	}
	b.get("/manage/audit")
	if b.page.reads("Zelda") {
		t.Error("the log names somebody of another organisation")
	}
}

// dotted is what an action looks like.
var dotted = regexp.MustCompile(`^[a-z][a-z-]*\.[a-z][a-z-]*$`)

// noActions look like one: files, settings, alerts, keys of the seal.
var noActions = []string{
	"alert.test", "budget.passed", "login.reported", "phone.replaced", "provider.failing", "apns.pem", "bird.keys", "bird.pem", "aye.db", "fcm.json", "fcm.pem",
	"frame.html", "mail.from", "mail.port", "messagebird.keys", "messagebird.pem", "problem.html", "sms.country", "sms.currency", "texts.pem",
	"push.address", "push.app", "push.environment", "push.kind", "push.provider", "vcs.modified", "vcs.revision", "vcs.time", "audit.checkpoint", "audit.syslog",
	"aye.yaml", "database.connections", "database.url", "nats.url", "tracing.endpoint", "tracing.ratio", "approvals.", "www.",
}

// begun are those that a state or a word is put behind, as [TestEveryActionHasWords] does.
var begun = []string{"approval.", "case.", "device.push-", "text-provider."}

// beginning is what such a one looks like.
var beginning = regexp.MustCompile(`^[a-z][a-z-]*\.([a-z][a-z-]*-)?$`)

// Every action that the source writes has words in both languages, and can be searched for. What looks like one
// and is none stands in noActions.
func TestEveryActionHasWords(t *testing.T) {
	t.Parallel()
	words, err := locales.New()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, state := range []approval.State{
		approval.Approved, approval.Released, approval.Denied, approval.Reported, approval.Mismatched, approval.Expired, approval.Cancelled, approval.Superseded, approval.Lapsed,
	} {
		found["approval."+string(state)] = "approval/service.go"
	}
	for _, state := range []devices.PushState{devices.PushOK, devices.PushSuspect, devices.PushDead} {
		found["device.push-"+string(state)] = "devices/service.go"
	}
	for _, state := range []support.State{support.Done, support.Refused, support.Cancelled, support.Expired} {
		found["case."+string(state)] = "support/end.go"
	}
	for _, what := range []string{"added", "changed", "activated", "deactivated", "removed"} {
		found["text-provider."+what] = "sms/manage.go"
	}
	for _, room := range []string{
		"accounts", "alerts", "approval", "devices", "otp", "pairing", "privacy", "signin", "sms", "support", "store", "internal/audit", "internal/signing", "internal/app", "cmd/aye",
	} {
		literals(t, filepath.Join("..", room), found)
	}
	if len(found) < 80 {
		t.Fatalf("only %d actions were found: %v", len(found), found)
	}
	for action, file := range found {
		if slices.Contains(noActions, action) || slices.Contains(begun, action) {
			continue
		}
		if !portal.Worded(action) {
			t.Errorf("%s: %q is in no family of manage_audit_actions.go", file, action)
		}
	}
	for _, action := range portal.Actions() {
		for _, locale := range locales.All {
			if words[locale].Forms("log.is."+action) == nil {
				t.Errorf("%q has no words in %s", action, locale)
			}
		}
		if found[action] == "" {
			t.Errorf("nobody writes %q", action)
		}
	}
}

// literals finds the texts in the source that look like an action.
func literals(t *testing.T, room string, found map[string]string) {
	t.Helper()
	err := filepath.WalkDir(room, func(file string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "storetest" {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, _ := strconv.Unquote(literal.Value); dotted.MatchString(text) || beginning.MatchString(text) {
					found[text] = file
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
