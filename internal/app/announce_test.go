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
	"sync"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/audit"
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

// tells tells people something.
func tells(t *testing.T, a *App, message any) {
	t.Helper()
	if err := a.Store.Tell(t.Context(), message); err != nil {
		t.Fatal(err)
	}
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
		"owner@example.com": {accounts.RoleOwner, "en"}, "desk@example.com": {accounts.RoleSupport, "en"},
	} {
		m, _, failed := a.Accounts.AddMember(ctx, o.ID, accounts.Person{Email: email, Display: email, Locale: c.locale}, c.role)
		if failed != nil {
			t.Fatal(failed)
		}
		people[email] = m.Person
	}
	tell := func(email string, kind accounts.NoticeKind) {
		tells(t, a, accounts.Notice{PersonID: people[email].ID, OrganisationID: o.ID, Kind: kind, Device: "Pixel 9"})
	}
	tell("ada@example.com", accounts.PhoneLinked)
	tell("eve@example.com", accounts.PhoneLinked)
	tell("ada@example.com", accounts.MemberReported)
	tell("chief@example.com", accounts.MemberReported) // who is told of others, and not of himself
	if err = a.Invite(ctx, accounts.Member{OrganisationID: o.ID, Person: people["ada@example.com"]}, "token"); err != nil {
		t.Fatal(err)
	}
	tells(t, a, accounts.Notice{PersonID: "per_none", OrganisationID: o.ID, Kind: accounts.PhoneLinked})
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

// TestLetters: each link leads to its own page, and goes to its own reader, in a language that
// the reader can read.
func TestLetters(t *testing.T) {
	t.Parallel()
	a, p, o, ada := quietApp(t)
	ctx := t.Context()
	for _, c := range []struct {
		letter            accounts.Letter
		to, subject, link string
	}{
		{accounts.Letter{Kind: accounts.LetterInvitation, Display: "Ada", OrganisationID: o.ID}, "ada@example.com", "Tulip nodigt je uit", "/invitations/canary"},
		{accounts.Letter{Kind: accounts.LetterInvitation, Display: "Ada", OrganisationID: o.ID, Inviter: "Grace", Locale: "en"}, "ada@example.com", "Grace invites you to Tulip", "/invitations/canary"},
		{accounts.Letter{Kind: accounts.LetterReset, Display: "Ada"}, "ada@example.com", "Kies een nieuw wachtwoord", "/reset/canary"},
		{accounts.Letter{Kind: accounts.LetterEmail, Display: "Ada", Email: "new@example.com", Locale: "en"}, "new@example.com", "Is this your new e-mail address?", "/email/canary"},
		{accounts.Letter{Kind: accounts.LetterNewPhone, Display: "Ada", OrganisationID: o.ID}, "ada@example.com", "Koppel je nieuwe telefoon", "/new-phone/canary"},
		{accounts.Letter{Kind: accounts.LetterCheck, Display: "Ada", OrganisationID: o.ID, Agent: "Hal", Code: "042917", Life: 10 * time.Minute, Locale: "en"}, "ada@example.com", "Are you talking to Hal now?", "/caller/canary"},
		{accounts.Letter{Kind: accounts.LetterAccess, Display: "Ada", OrganisationID: o.ID, Code: "k7tq-9mwp-x3rd", Life: 15 * time.Minute}, "ada@example.com", "Je tijdelijke code om in te loggen", ""},
	} {
		c.letter.PersonID, c.letter.Token = ada.ID, "canary"
		tells(t, a, c.letter)
		m := p.next(t)
		if c.link == "" {
			if m.To != c.to || m.Subject != c.subject || strings.Contains(m.Text, "canary") || strings.Contains(m.Text, "://") || !strings.Contains(m.Text, "\n\nk7tq-9mwp-x3rd\n\nDe code werkt 15 minuten.") {
				t.Errorf("%s: %s", m.Subject, m.Text)
			}
			continue
		}
		if m.To != c.to || m.Subject != c.subject || !strings.Contains(m.Text, "\n"+a.Config.Origin+c.link+"\n") || !strings.Contains(m.HTML, `href="`+a.Config.Origin+c.link+`"`) {
			t.Errorf("%s: %s: %s\n%s", c.letter.Kind, m.To, m.Subject, m.Text)
		}
	}
	// Without a reader there is no letter, and what would have been its link stays unsaid.
	for _, l := range []accounts.Letter{{Kind: accounts.LetterReset}, {Kind: accounts.LetterInvitation, OrganisationID: "org_none", PersonID: ada.ID}, {Kind: "none", PersonID: ada.ID}} {
		l.Token = "canary"
		tells(t, a, l)
	}
	if err := a.Close(ctx); err != nil || len(p.taken) > 0 {
		t.Errorf("%v, and %d letters", err, len(p.taken))
	}
	if text := p.log.String(); strings.Contains(text, "canary") || strings.Count(text, "level=ERROR") != 3 {
		t.Error(text)
	}
}

// TestEveryNotice: each kind has a mail, with what belongs to it, to whom it belongs.
func TestEveryNotice(t *testing.T) {
	t.Parallel()
	a, p, o, ada := quietApp(t)
	ctx := t.Context()
	for _, c := range []struct {
		notice accounts.Notice
		want   string
	}{
		{accounts.Notice{Kind: accounts.PasswordChanged}, "Het wachtwoord van je account bij " + a.announcer.site() + " is op"},
		{accounts.Notice{Kind: accounts.EmailChanged, Email: "old@example.com"}, "gewijzigd in a…@example.com."},
		{accounts.Notice{Kind: accounts.NumberChanged}, "verwijderd."},
		{accounts.Notice{Kind: accounts.NumberVouched, OrganisationID: o.ID}, "Een beheerder van Tulip heeft op"},
		{accounts.Notice{Kind: accounts.TextsChosen}, "is een code per sms gekozen als tweede factor"},
		{accounts.Notice{Kind: accounts.AppAdded, Device: "My app"}, "De authenticatie-app ‘My app’ is op"},
		{accounts.Notice{Kind: accounts.AppRemoved, Device: "My app"}, "‘My app’"},
		{accounts.Notice{Kind: accounts.RecoveryCodesMade}, "herstelcodes"},
		{accounts.Notice{Kind: accounts.RecoveryCodeUsed}, "Dat was je laatste."},
		{accounts.Notice{Kind: accounts.SecondFactorSoon, OrganisationID: o.ID, Date: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}, "Vanaf 1 december 2026 is twee-factorauthenticatie verplicht bij Tulip:"},
		{accounts.Notice{Kind: accounts.PhoneLinked, OrganisationID: o.ID, Device: "Pixel 9"}, "bij Tulip."},
		{accounts.Notice{Kind: accounts.PhoneRemoved, Device: "Pixel 9"}, "‘Pixel 9’"},
		{accounts.Notice{Kind: accounts.PairingBurned, OrganisationID: o.ID}, "bij Tulip."},
		{accounts.Notice{Kind: accounts.RequestReported, OrganisationID: o.ID, Application: "Shop", IP: "203.0.113.7"}, "203.0.113.7 niet van jou was"},
		{accounts.Notice{Kind: accounts.CaseOpened, OrganisationID: o.ID, Agent: "Hal", Reason: "lost", Link: stop}, "heeft iemand Hal van support van Tulip verteld dat je je telefoon kwijt bent"},
		{accounts.Notice{Kind: accounts.CaseOpened, OrganisationID: o.ID, Reason: "forgotten", Link: stop}, "gevraagd om een code om in te loggen"},
		{accounts.Notice{Kind: accounts.CaseOpened, OrganisationID: o.ID, Reason: "lost", Date: time.Date(2026, 12, 1, 9, 30, 0, 0, time.UTC), Link: stop}, "Op zijn vroegst 1 december 2026 om 09:30 uur (UTC)"},
		{accounts.Notice{Kind: accounts.AccessCodeSent, OrganisationID: o.ID, Agent: "Hal", Link: stop}, "heeft Hal van support van Tulip een tijdelijke code"},
		{accounts.Notice{Kind: accounts.FactorsRevoked, OrganisationID: o.ID, Link: stop}, "alle telefoons, authenticatie-apps en herstelcodes"},
		{accounts.Notice{Kind: accounts.PhoneReplaced, OrganisationID: o.ID, Link: stop}, "een nieuwe telefoon of authenticatie-app gekoppeld"},
		{accounts.Notice{Kind: accounts.BreakGlassUsed, OrganisationID: o.ID, Link: stop}, "heeft de exploitant van " + a.announcer.site()},
		{accounts.Notice{Kind: accounts.RoleGiven, OrganisationID: o.ID, Role: accounts.RoleSupport, Before: accounts.RoleMember}, "ben je supportmedewerker van Tulip geworden; tot dan was je medewerker."},
		{accounts.Notice{Kind: accounts.CaseStopped, OrganisationID: o.ID}, "Aye heeft het gestopt"},
		{accounts.Notice{Kind: accounts.Erased, Email: "old@example.com", Display: "Ada", Locale: "nl"}, "gewist: je naam"},
	} {
		c.notice.PersonID = ada.ID
		tells(t, a, c.notice)
		m := p.next(t)
		to := map[bool]string{true: "old@example.com", false: "ada@example.com"}[c.notice.Email != ""]
		if m.To != to || !strings.Contains(m.Text, c.want) {
			t.Errorf("%s: to %s:\n%s", c.notice.Kind, m.To, m.Text)
		}
		if strings.Count(m.Text, "://") != strings.Count(c.notice.Link.Reveal(), "://") || !strings.Contains(m.Text, c.notice.Link.Reveal()) {
			t.Errorf("%s has another link than it was given: %s", c.notice.Kind, m.Text)
		}
	}
	tells(t, a, accounts.Notice{Kind: accounts.PhoneRemoved, PersonID: ada.ID, Email: "erased-1@erased.invalid"})
	if err := a.Close(ctx); err != nil || len(p.taken) > 0 {
		t.Errorf("%v, and %d mails to nobody", err, len(p.taken))
	}
}

// stop is where a case is stopped.
const stop secret.Secret = "https://aye.example.com/stop/case_1.canary"

// TestTextsTellAdministrators: what is wrong with text messages is told to all who look after the
// organisation, in the language of each, and of what is the operator's own to the log.
func TestTextsTellAdministrators(t *testing.T) {
	t.Parallel()
	a, p, o, _ := quietApp(t)
	ctx := t.Context()
	members := map[string]string{}
	for email, role := range map[string]accounts.Role{"chief@example.com": accounts.RoleAdministrator, "owner@example.com": accounts.RoleOwner, "desk@example.com": accounts.RoleSupport} {
		m, _, err := a.Accounts.AddMember(ctx, o.ID, accounts.Person{Email: email, Display: email, Locale: map[bool]string{true: "en"}[role == accounts.RoleOwner]}, role)
		if err != nil {
			t.Fatal(err)
		}
		members[email] = m.ID
	}
	shop, _, err := a.Accounts.CreateApplication(ctx, accounts.Application{OrganisationID: o.ID, Name: "Shop", MayManageTexts: true})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 12, 31, 23, 30, 0, 0, time.FixedZone("west", -3*3600))
	a.now = func() time.Time { return at.Add(time.Second) }
	for _, c := range []struct {
		notice         accounts.Notice
		dutch, english string
	}{
		{accounts.Notice{Kind: accounts.TextsStopped}, "De sms-berichten van Tulip zijn stopgezet", "only few of those that were sent last were used"},
		{accounts.Notice{Kind: accounts.TextsSpent}, "Tot 1 februari 2027 krijgt niemand", "Until 1 February 2027 nobody"},
		{accounts.Notice{Kind: accounts.TextsTrouble, Provider: "Ours", Reason: "no-balance"}, "‘Ours’ van Tulip een bericht geweigerd", "“Ours” of Tulip refused a message. There is not enough money"},
		{accounts.Notice{Kind: accounts.TextsProvider, Provider: "Ours", Reason: "added", By: accounts.Operator}, "heeft de exploitant van", "the operator of"},
		{accounts.Notice{Kind: accounts.TextsProvider, Provider: "Ours", Reason: "added", By: members["chief@example.com"]}, "heeft chief@example.com de sms-provider ‘Ours’ van Tulip toegevoegd.", "chief@example.com added the text message provider “Ours” of Tulip."},
		{accounts.Notice{Kind: accounts.TextsProvider, Provider: "Ours", Reason: "removed", By: shop.ID}, "heeft de applicatie ‘Shop’", "the application “Shop” removed"},
		{accounts.Notice{Kind: accounts.TextsProvider, Provider: "Ours", Reason: "removed", By: "usr_none"}, "heeft iemand", "somebody removed"},
	} {
		c.notice.OrganisationID = o.ID
		if err = a.Store.Write(ctx, audit.Entry{At: at, Tell: []any{c.notice}}); err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for range 2 {
			m := p.next(t)
			got[m.To] = m.Subject + "\n" + m.Text
		}
		if !strings.Contains(got["chief@example.com"], c.dutch) || !strings.Contains(got["owner@example.com"], c.english) {
			t.Errorf("%s: %q", c.notice.Kind, got)
		}
		if strings.Contains(got["chief@example.com"], "://") {
			t.Errorf("%s has a link, which warnings must not have", c.notice.Kind)
		}
		tells(t, a, accounts.Notice{Kind: c.notice.Kind, Reason: "operators"})
		tells(t, a, accounts.Notice{Kind: c.notice.Kind, OrganisationID: "org_none"})
	}
	if err := a.Close(ctx); err != nil || len(p.taken) > 0 {
		t.Errorf("%v, and %d more mails", err, len(p.taken))
	}
	log := p.log.String()
	if strings.Count(log, "level=ERROR") != 2*7+1 || strings.Count(log, "reason=operators") != 7 || strings.Count(log, "an announcement has no organisation") != 7 || strings.Count(log, "does not say who did it") != 1 {
		t.Error(log)
	}
}

// tray is a postman of whom mails can be awaited.
type tray struct {
	taken chan mail.Message
	log   lines
	tell  func()
}

func (p *tray) Send(_ context.Context, m mail.Message) error {
	p.taken <- m
	return nil
}

func (p *tray) next(t *testing.T) mail.Message {
	t.Helper()
	if len(p.taken) == 0 {
		p.tell()
	}
	select {
	case m := <-p.taken:
		return m
	default:
		t.Fatal("no mail came:", p.log.String())
		return mail.Message{}
	}
}

// lines is a log that may be written while it is read.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// quietApp is one without a server, with a Dutch organisation and a member of no language.
func quietApp(t *testing.T) (*App, *tray, accounts.Organisation, accounts.Person) {
	t.Helper()
	a, err := openApp(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &tray{taken: make(chan mail.Message, 10)}
	a.announcer.sender, a.announcer.log = p, slog.New(slog.NewTextHandler(&p.log, nil))
	p.tell = func() { a.tellOwn(t.Context()) }
	o, err := a.Accounts.CreateOrganisation(t.Context(), accounts.Organisation{Name: "Tulip", Profile: accounts.Standard, Locale: "nl"})
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := a.Accounts.AddMember(t.Context(), o.ID, accounts.Person{Email: "ada@example.com", Display: "Ada"}, accounts.RoleMember)
	if err != nil {
		t.Fatal(err)
	}
	return a, p, o, m.Person
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
