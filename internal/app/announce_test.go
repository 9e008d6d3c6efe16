package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/secret"
	"example.com/aye/notify/mail"
)

// postman keeps what it is given, and fails as often as it is told to.
type postman struct {
	fail  int
	tried []time.Time
	taken []mail.Message
}

var errAway = errors.New("the mail server is away")

func (p *postman) Send(_ context.Context, m mail.Message) error {
	p.tried = append(p.tried, time.Now())
	if len(p.tried) <= p.fail {
		return errAway
	}
	p.taken = append(p.taken, m)
	return nil
}

func TestMailIsTriedThreeTimes(t *testing.T) {
	t.Parallel()
	for fails, want := range map[int]int{0: 1, 1: 1, 2: 1, 3: 0} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			p := &postman{fail: fails}
			a := newAnnouncer(nil, p, slog.New(slog.NewTextHandler(&log, nil)), time.Now)
			start := time.Now()
			a.take(t.Context(), func(ctx context.Context) {
				a.mail(ctx, "invitation", "en", "ada@example.com", mail.Content{Organisation: "Tulip", Link: "https://aye.example.com/canary"})
			})
			if err := a.close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(p.taken) != want || time.Since(start) != time.Duration(min(fails, mailAttempts-1))*mailPause {
				t.Errorf("%d failures: %d mails after %v", fails, len(p.taken), time.Since(start))
			}
			if strings.Contains(log.String(), "canary") || (want == 0) != strings.Contains(log.String(), "level=ERROR") {
				t.Errorf("%d failures: %s", fails, log.String())
			}
		})
	}
}

func TestAnnouncerEndsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAnnouncer(nil, &postman{fail: 100}, slog.New(slog.DiscardHandler), time.Now)
		a.take(t.Context(), func(ctx context.Context) { a.mail(ctx, "invitation", "en", "ada@example.com", mail.Content{}) })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := a.close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		a.take(t.Context(), func(context.Context) { t.Error("something is announced after the end") })
	})
}

func openApp(t *testing.T, change func(*Config)) (*App, error) {
	t.Helper()
	c, err := LoadConfig("", nil, map[string]string{"data_dir": t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&c)
	}
	return Open(t.Context(), c, slog.New(slog.DiscardHandler), time.Now)
}

func TestWhoIsToldInWhichLanguage(t *testing.T) {
	t.Parallel()
	a, err := openApp(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &postman{}
	a.announcer.sender = p
	ctx := t.Context()
	o, err := a.Accounts.CreateOrganisation(ctx, accounts.Organisation{Name: "Tulip", Profile: accounts.Standard, Locale: "nl"})
	if err != nil {
		t.Fatal(err)
	}
	people := map[string]accounts.Person{}
	for email, c := range map[string]struct {
		role   accounts.Role
		locale string
	}{
		"ada@example.com": {accounts.RoleMember, "en"}, "eve@example.com": {accounts.RoleMember, ""}, "chief@example.com": {accounts.RoleAdministrator, ""},
		"owner@example.com": {accounts.RoleOwner, "en-GB"}, "desk@example.com": {accounts.RoleSupport, "en"},
	} {
		m, _, err := a.Accounts.AddMember(ctx, o.ID, accounts.Person{Email: email, Display: email, Locale: c.locale}, c.role)
		if err != nil {
			t.Fatal(err)
		}
		people[email] = m.Person
	}
	tell := func(email string, kind accounts.NoticeKind) {
		a.announcer.Announce(ctx, accounts.Notice{PersonID: people[email].ID, OrganisationID: o.ID, Kind: kind, Device: "Pixel 9"})
	}
	tell("ada@example.com", accounts.PhoneLinked)
	tell("eve@example.com", accounts.PhoneLinked)
	tell("ada@example.com", accounts.MemberReported)
	tell("chief@example.com", accounts.MemberReported) // who is told of others, and not of himself
	a.Invite(ctx, accounts.Member{OrganisationID: o.ID, Person: people["ada@example.com"]}, "token")
	a.announcer.Announce(ctx, accounts.Notice{PersonID: "per_none", OrganisationID: o.ID, Kind: accounts.PhoneLinked})
	if err := a.Close(ctx); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range p.taken {
		got = append(got, m.To+": "+m.Subject)
	}
	slices.Sort(got)
	want := []string{
		"ada@example.com: A phone was linked to your account",
		"ada@example.com: Tulip invites you",
		"chief@example.com: ada@example.com meldde een inlogpoging van iemand anders",
		"eve@example.com: Er is een telefoon aan je account gekoppeld",
		"owner@example.com: ada@example.com reported a login that was not theirs",
		"owner@example.com: chief@example.com reported a login that was not theirs",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

func TestSecretsFromFiles(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("canary\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := Config{Mail: Mail{Password: "other", PasswordFile: file}}
	if got, err := c.mailPassword(); err != nil || got != secret.Secret("canary") {
		t.Errorf("%q %v", got.Reveal(), err)
	}
	c.Mail.PasswordFile = file + "none"
	if _, err := c.mailPassword(); !errors.Is(err, ErrConfig) {
		t.Error(err)
	}
	for name, change := range map[string]func(*Config){
		"a broken key":          func(c *Config) { c.Key = "short" },
		"no key file":           func(c *Config) { c.KeyFile = file + "none/key" },
		"no password file":      func(c *Config) { c.Mail.Host, c.Mail.PasswordFile = "mail.example.com", file+"none" },
		"no credentials":        func(c *Config) { c.Push = []PushApp{{Provider: "fcm", App: "a", CredentialsFile: file + "none"}} },
		"credentials of no use": func(c *Config) { c.Push = []PushApp{{Provider: "fcm", App: "a", CredentialsFile: file}} },
		"no roots": func(c *Config) {
			c.Push = []PushApp{{Provider: "fcm", App: "a", CredentialsFile: file, RootsFile: file}}
		},
	} {
		if a, err := openApp(t, change); err == nil {
			t.Errorf("%s: it opens", name)
			_ = a.Close(t.Context())
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
