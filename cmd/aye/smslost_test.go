package main

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/secret"
	"example.com/aye/internal/stage"
	"example.com/aye/otp"
)

const texter, textersNumber = "ada@example.com", "+31612345678"

// textScene is an organisation with its own provider, and with somebody who has nothing but text messages.
type textScene struct {
	*stage.Stage
	t            *testing.T
	skew         *atomic.Int64
	organisation accounts.Organisation
	application  accounts.Application
	member       accounts.Member
}

func newTextScene(t *testing.T) *textScene {
	t.Helper()
	s := &textScene{t: t, skew: new(atomic.Int64)}
	ctx := t.Context()
	var err error
	s.Stage, err = stage.New(ctx, stage.Options{Dir: t.TempDir(), LightPasswords: true, Now: s.now, Texts: true})
	must(t, err)
	t.Cleanup(func() {
		if closed := s.Close(context.WithoutCancel(ctx)); closed != nil {
			t.Error(closed)
		}
	})
	people := s.App.Accounts
	s.organisation, err = people.CreateOrganisation(ctx, accounts.Organisation{Name: "Tulp", Profile: accounts.Standard, Locale: "en", Methods: []accounts.SecondFactor{accounts.SMS}})
	must(t, err)
	for _, whose := range []string{"", s.organisation.ID} {
		_, err = s.AddTextProvider(ctx, whose)
		must(t, err)
	}
	s.application, _, err = people.CreateApplication(ctx, accounts.Application{OrganisationID: s.organisation.ID, Name: "Shop"})
	must(t, err)
	s.member, _, err = people.AddMember(ctx, s.organisation.ID, accounts.Person{Email: texter, Display: "Ada"}, accounts.RoleMember)
	must(t, err)
	must(t, s.ProveNumber(ctx, s.member, textersNumber))
	return s
}

func (s *textScene) now() time.Time { return time.Now().Add(time.Duration(s.skew.Load())) }

// types types codes for a new request an hour later, and gives what came of the last one.
func (s *textScene) types(times int, spoil string) error {
	s.t.Helper()
	s.skew.Add(int64(time.Hour))
	ctx, approvals := s.t.Context(), s.App.Approvals
	asked, err := approvals.Ask(ctx, s.application, approval.Question{User: accounts.UserReference{Email: texter}, Context: approval.Context{Browser: "b"}})
	must(s.t, err)
	_, err = approvals.SendCode(ctx, s.application, asked.ID, approval.SMS, accounts.TextLogin)
	must(s.t, err)
	code, err := s.TextCode(ctx, textersNumber)
	must(s.t, err)
	for range times {
		_, err = approvals.Verify(ctx, s.application, asked.ID, approval.SMS, secret.Secret(code+spoil))
	}
	return err
}

// aye runs the command line beside the server.
func (s *textScene) aye(arguments ...string) (code int, said, failed string) {
	var out, wrong strings.Builder
	code = run(s.t.Context(), arguments, &environment{
		environ: []string{"AYE_DATA_DIR=" + s.Config.DataDir, "AYE_ORIGIN=" + s.Config.Origin, "AYE_SMS_LOGIN_ENDS=" + s.App.Config.SMS.LoginEnds},
		stdout:  &out, stderr: &wrong, now: s.now,
	})
	return code, out.String(), wrong.String()
}

// A person who has nothing but text messages and typed twenty wrong codes has no other factor that would help: the
// operator does.
func TestUnlock(t *testing.T) {
	t.Parallel()
	s := newTextScene(t)
	for range otp.Streak / otp.PerRequest {
		if err := s.types(otp.PerRequest, "0"); !errors.Is(err, otp.ErrWrong) {
			t.Fatal(err)
		}
	}
	s.skew.Add(int64(24 * time.Hour))
	if err := s.types(1, ""); !errors.Is(err, otp.ErrTooMany) {
		t.Fatalf("not locked: %v", err)
	}
	if code, said, failed := s.aye("person", "unlock", texter); code != 0 || !strings.Contains(said, texter) {
		t.Fatalf("%d %s%s", code, said, failed)
	}
	if err := s.types(1, ""); err != nil {
		t.Errorf("still locked: %v", err)
	}
	rows := 0
	all, err := s.App.Store.AuditRows(t.Context(), "", 0, 1000)
	must(t, err)
	for _, r := range all {
		if r.Action == "codes.unlocked" && r.Actor == accounts.Operator && r.Subject == s.member.Person.ID {
			rows++
		}
	}
	if rows != 1 {
		t.Errorf("%d audit rows", rows)
	}
}

// Who has no other second factor would get in no more: that is said before, and must be wanted.
func TestWhoGetsInNoMore(t *testing.T) {
	t.Parallel()
	s := newTextScene(t)
	must(t, s.types(1, ""))
	own, err := s.App.SMS.List(t.Context(), s.organisation.ID)
	must(t, err)
	operators, err := s.App.SMS.List(t.Context(), "")
	must(t, err)
	wants := func(want int, text string, arguments ...string) {
		t.Helper()
		if code, said, failed := s.aye(append([]string{"sms-provider"}, arguments...)...); code != want || !strings.Contains(said+failed, text) {
			t.Errorf("%v: %d %s%s", arguments, code, said, failed)
		}
	}
	const lost = "1 of those who logged in by text message"
	wants(1, lost, "deactivate", own[0].ID)
	wants(1, "--yes", "remove", own[0].ID)
	wants(0, lost, "deactivate", "--yes", own[0].ID)
	wants(0, "Stand-in sends no", "deactivate", own[0].ID) // one that rests lets nobody in
	wants(0, "sends the", "activate", own[0].ID)
	wants(0, "sends no", "deactivate", operators[0].ID) // nobody logs in by it
	wants(0, "sends the", "activate", operators[0].ID)

	// Before the operator's last day the two stand in for each other.
	s.App.Config.SMS.LoginEnds = s.now().AddDate(0, 1, 0).Format(time.DateOnly)
	wants(0, "sends no", "deactivate", own[0].ID)
	wants(1, lost, "deactivate", operators[0].ID)
	wants(0, "sends the", "activate", own[0].ID)
	wants(0, "sends no", "deactivate", operators[0].ID)
	wants(1, lost, "remove", own[0].ID)
	wants(0, "Removed", "remove", "--yes", own[0].ID)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
