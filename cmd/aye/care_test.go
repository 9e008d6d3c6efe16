package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/phone"
	"example.com/aye/internal/secret"
	"example.com/aye/internal/stage"
	"example.com/aye/support"
)

// careScene is an organisation with two agents, and with somebody who has a phone and a password.
type careScene struct {
	*stage.Stage
	t            *testing.T
	skew         *atomic.Int64
	organisation accounts.Organisation
	member       accounts.Member
	sam, ed      stage.Agent
	// file is where the member's phone lives.
	file string
}

func newCareScene(t *testing.T) *careScene {
	t.Helper()
	s := &careScene{t: t, skew: new(atomic.Int64), file: filepath.Join(t.TempDir(), "phone.json")}
	ctx := t.Context()
	var err error
	s.Stage, err = stage.New(ctx, stage.Options{Dir: t.TempDir(), LightPasswords: true, Now: s.now, WebhookPrivate: true})
	must(t, err)
	t.Cleanup(func() {
		if closed := s.Close(context.WithoutCancel(ctx)); closed != nil {
			t.Error(closed)
		}
	})
	s.organisation, err = s.App.Accounts.CreateOrganisation(ctx, accounts.Organisation{Name: "Tulp", Profile: accounts.Standard, Locale: "en"})
	must(t, err)
	s.member, _, err = s.App.Accounts.AddMember(ctx, s.organisation.ID, accounts.Person{Email: "ada@example.com", Display: "Ada"}, accounts.RoleMember)
	must(t, err)
	must(t, s.App.Accounts.SetPassword(ctx, s.member.Person.ID, "correct horse battery staple"))
	handset, err := phone.Open(s.file)
	must(t, err)
	handset.Now = s.now
	must(t, s.Link(ctx, s.member, handset))
	s.sam, err = s.AddAgent(ctx, s.organisation.ID, "Sam", accounts.RoleSupport)
	must(t, err)
	s.ed, err = s.AddAgent(ctx, s.organisation.ID, "Ed", accounts.RoleAdministrator)
	must(t, err)
	return s
}

func (s *careScene) now() time.Time { return time.Now().Add(time.Duration(s.skew.Load())) }

func (s *careScene) aye(arguments ...string) (code int, said, failed string) {
	var out, wrong strings.Builder
	code = run(s.t.Context(), arguments, &environment{
		environ: []string{"AYE_DATA_DIR=" + s.Config.DataDir, "AYE_ORIGIN=" + s.Config.Origin, "AYE_WEBHOOK_PRIVATE=true"},
		stdout:  &out, stderr: &wrong, now: s.now,
	})
	return code, out.String(), wrong.String()
}

// wants runs a command, and gives what it said.
func (s *careScene) wants(want int, text string, arguments ...string) string {
	s.t.Helper()
	code, said, failed := s.aye(arguments...)
	if code != want || !strings.Contains(said+failed, text) {
		s.t.Errorf("%v: %d, want %d and %q:\n%s%s", arguments, code, want, text, said, failed)
	}
	return said
}

func (s *careScene) opens(kind support.Kind) support.Case {
	s.t.Helper()
	c, err := s.OpenCase(s.t.Context(), s.sam, s.member, kind)
	must(s.t, err)
	return c
}

func (s *careScene) state(id string) support.State {
	s.t.Helper()
	c, err := s.App.Support.Store.Case(s.t.Context(), id)
	must(s.t, err)
	return c.State
}

// The person's own phone on the command line shows a case and stops it.
func TestPhoneStopsACase(t *testing.T) {
	t.Parallel()
	s := newCareScene(t)
	opened := s.opens(support.Lost)
	s.wants(0, "Somebody asked support for help in your name", "phone", "--file", s.file, "list")
	s.wants(0, "Not me:     aye phone --file "+s.file+" stop "+opened.ID, "phone", "--file", s.file, "list")
	s.wants(2, "expected", "phone", "--file", s.file, "stop")
	s.wants(1, "not-found", "phone", "--file", s.file, "stop", secret.NewID("case"))
	s.wants(0, "Stopped.", "phone", "--file", s.file, "stop", opened.ID)
	s.wants(0, "Nothing waits for you", "phone", "--file", s.file, "list")
	if now := s.state(opened.ID); now != support.Stopped {
		t.Errorf("the case is %s", now)
	}

	// Frozen, until somebody has looked.
	list := s.wants(0, "ada@example.com", "freeze", "list")
	freeze := regexp.MustCompile(`frz_\w+|fre_\w+|freeze_\w+`).FindString(list)
	s.wants(1, "aye freeze list", "person", "recover", "ada@example.com", "--why", "She called.")
	s.wants(2, "--why", "freeze", "lift", freeze)
	s.wants(1, "no freeze", "freeze", "lift", "frz_none", "--why", "It was a mistake.")
	s.wants(0, "Lifted", "freeze", "lift", freeze, "--why", "It was a mistake.")
	s.wants(1, "no freeze", "freeze", "lift", freeze, "--why", "It was a mistake.")
	s.wants(0, "Nothing is frozen", "freeze", "list", "--organisation", "Tulp")
	s.wants(0, opened.ID, "case", "list", "--all", "--json")
	s.opens(support.Lost)
}

// Who belongs to several organisations is reset only with the operator's signature.
func TestOperatorSignsACase(t *testing.T) {
	t.Parallel()
	s := newCareScene(t)
	ctx := t.Context()
	elsewhere, err := s.App.Accounts.CreateOrganisation(ctx, accounts.Organisation{Name: "Elsewhere", Profile: accounts.Standard, Locale: "en"})
	must(t, err)
	_, token, err := s.App.Accounts.AddMember(ctx, elsewhere.ID, s.member.Person, accounts.RoleMember)
	must(t, err)
	_, err = s.App.Accounts.AcceptInvitation(ctx, token)
	must(t, err)
	opened := s.opens(support.Lost)
	must(t, s.SignCase(ctx, s.ed, opened.ID))
	s.wants(0, "must be signed by you", "case", "list")
	s.wants(0, "T-1001", "case", "show", opened.ID)
	s.skew.Add(int64(support.DefaultWait))
	must(t, s.App.Support.Sweep(ctx))
	if now := s.state(opened.ID); now != support.Waiting {
		t.Fatalf("the case is %s, and the operator has not signed", now)
	}
	s.wants(2, "--why", "case", "approve", opened.ID)
	s.wants(1, "there is no case", "case", "approve", secret.NewID("case"), "--why", "I know her.")
	s.wants(1, "there is no case", "case", "show", secret.NewID("case"))
	s.wants(0, "Signed.", "case", "approve", opened.ID, "--why", "I know her.")
	s.wants(1, "does not wait", "case", "approve", opened.ID, "--why", "I know her.")
	must(t, s.App.Support.Sweep(ctx))
	if now := s.state(opened.ID); now != support.Waiting {
		t.Fatalf("the case is %s: who signs late leaves the person time to stop it", now)
	}
	s.skew.Add(int64(support.LateWait))
	must(t, s.App.Support.Sweep(ctx))
	if now := s.state(opened.ID); now != support.Revoked {
		t.Errorf("the case is %s", now)
	}
}

// The broken glass revokes everything at once, and gives a link that works.
func TestRecover(t *testing.T) {
	t.Parallel()
	s := newCareScene(t)
	s.wants(2, "--why", "person", "recover", "ada@example.com")
	s.wants(1, "--why must be", "person", "recover", "ada@example.com", "--why", strings.Repeat("x", 501))
	s.wants(1, "nobody called", "person", "recover", "nobody@example.com", "--why", "She called.")
	said := s.wants(0, "It works once", "person", "recover", "ada@example.com", "--why", "She called.")
	link := regexp.MustCompile(`/new-phone/(\S+)`).FindStringSubmatch(said)
	if link == nil {
		t.Fatalf("there is no link in:\n%s", said)
	}
	_, person, err := s.App.Support.Link(t.Context(), secret.Secret(link[1]))
	if err != nil || person.ID != s.member.Person.ID {
		t.Errorf("%+v %v", person, err)
	}
	s.wants(1, "not linked", "phone", "--file", s.file, "list")
	var cases []caseJSON
	must(t, json.Unmarshal([]byte(s.wants(0, "revoked", "case", "list", "--json")), &cases))
	if len(cases) != 1 || cases[0].Email != "ada@example.com" || cases[0].MustSign {
		t.Errorf("%+v", cases)
	}
	rows, err := s.App.Store.AuditRows(t.Context(), s.organisation.ID, 0, 1000)
	must(t, err)
	written := 0
	for _, row := range rows {
		if row.Action == "break-glass.used" && row.Actor == accounts.Operator && row.Subject == cases[0].ID {
			written++
		}
	}
	if written != 1 {
		t.Errorf("%d rows of the audit log", written)
	}
	// Once more, because the link was lost: the one before leads nowhere.
	s.wants(0, "It works once", "person", "recover", "ada@example.com", "--why", "She lost the link.")
	if _, _, err = s.App.Support.Link(t.Context(), secret.Secret(link[1])); !errors.Is(err, support.ErrLink) {
		t.Errorf("the first link: %v", err)
	}
}

// Who never had a password cannot use a link: the operator links the new phone.
func TestRecoverWithoutAPassword(t *testing.T) {
	t.Parallel()
	s := newCareScene(t)
	_, _, err := s.App.Accounts.AddMember(t.Context(), s.organisation.ID, accounts.Person{Email: "bob@example.com", Display: "Bob"}, accounts.RoleMember)
	must(t, err)
	said := s.wants(0, "aye person pair bob@example.com", "person", "recover", "bob@example.com", "--why", "He stands beside me.")
	if strings.Contains(said, "/new-phone/") {
		t.Errorf("a link that leads nowhere:\n%s", said)
	}
	s.wants(0, "/p#1.", "person", "pair", "--url-only", "bob@example.com")
}

func TestExportAndErase(t *testing.T) {
	t.Parallel()
	s := newCareScene(t)
	file := filepath.Join(t.TempDir(), "ada.json")
	s.wants(0, "Written to", "person", "export", s.member.Person.ID, "--to", file)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	text, err := os.ReadFile(file)
	must(t, err)
	if !strings.Contains(string(text), "ada@example.com") || strings.Contains(string(text), "$argon2") {
		t.Errorf("%s", text)
	}
	s.wants(1, "exists", "person", "export", "ada@example.com", "--to", file)
	s.wants(0, `"sections"`, "person", "export", "ada@example.com")
	s.wants(1, "--yes", "person", "erase", "ada@example.com")
	s.wants(0, "ada@example.com", "person", "list")
	s.wants(0, "Erased: ada@example.com", "person", "erase", "ada@example.com", "--yes")
	s.wants(1, "nobody called", "person", "erase", "ada@example.com", "--yes")
	s.wants(1, "erased already", "person", "erase", s.member.Person.ID, "--yes")
	if said := s.wants(0, "", "person", "list"); strings.Contains(said, "ada@example.com") {
		t.Errorf("still there:\n%s", said)
	}
}

func TestAlertsRefusals(t *testing.T) {
	t.Parallel()
	s := newCareScene(t)
	s.wants(1, "no address for alerts", "alerts", "test")
	s.wants(1, "no address for alerts", "alerts", "remove", "--organisation", "Tulp")
	s.wants(1, "https", "alerts", "set", "http://alerts.example.com")
	s.wants(1, "", "alerts", "set", "https://alerts.example.com", "--kind", "weather")
	said := s.wants(0, "whsec_", "alerts", "set", "https://alerts.example.com", "--organisation", "Tulp")
	again := s.wants(0, "Alerts of Tulp go to", "alerts", "set", "https://alerts.example.com/all", "--organisation", "Tulp")
	if strings.Contains(again, "whsec_") {
		t.Errorf("the secret is shown again:\n%s\n%s", said, again)
	}
	s.wants(0, "whsec_", "alerts", "set", "https://alerts.example.com/all", "--organisation", "Tulp", "--renew")
	s.wants(0, "https://alerts.example.com/all", "alerts", "show", "--organisation", "Tulp", "--json")
	s.wants(1, "the operator has no address", "alerts", "show")
}

func TestRulesOfSupport(t *testing.T) {
	t.Parallel()
	s := newCareScene(t)
	s.wants(0, "48h0m0s", "organisation", "update", "Tulp", "--case-wait", "48h", "--support-contact", "Call 1234")
	s.wants(0, "Call 1234", "organisation", "show", "Tulp")
	s.wants(1, "", "organisation", "update", "Tulp", "--case-wait", "169h")
	s.wants(0, "as long as the caller has shown little", "organisation", "update", "Tulp", "--case-wait", "0s")
}
