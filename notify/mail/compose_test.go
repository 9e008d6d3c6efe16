package mail_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/notify/mail"
)

var update = flag.Bool("update", false, "write the golden files")

// letters carry a link, notices tell what happened and carry none: a person who never gets a
// link in a warning follows none in a false one. Cases are apart: what they tell of is under way, and the link stops it.
var (
	letters = []string{mail.Invitation, mail.Reset, mail.EmailChange, mail.NewPhone, mail.Check}
	codes   = []string{mail.Access, mail.Check}
	cases   = []string{"case-opened", "access-code-sent", "factors-revoked", "phone-replaced", "break-glass-used"}
	notices = []string{
		"phone-linked", "phone-removed", "pairing-burned", "request-reported", "member-reported",
		"password-changed", "email-changed", "number-changed", "number-vouched", "app-added", "app-removed",
		"recovery-codes-made", "recovery-code-used", "second-factor-soon", "texts-chosen", "texts-stopped", "texts-spent", "texts-trouble", "texts-provider",
		"case-stopped", "member-case-stopped", "support-frozen", "member-break-glass", "erased",
		"member-case-opened", "member-phone-replaced", "role-given", "member-role-changed", "member-alerts-changed",
	}
	kinds  = slices.Concat(letters, []string{mail.Access}, cases, []string{"case-to-approve"}, notices)
	linked = slices.Concat(letters, cases, []string{"case-to-approve"})
)

const link = "https://aye.example.com/invitations/token"

func content(kind string) mail.Content {
	c := mail.Content{
		Person: "Ada", Organisation: "Tulip & Son", Site: "aye.example.com", Device: "Pixel 9", Application: "The shop", IP: "203.0.113.7",
		Member: "Eve", Inviter: "Grace", By: "Olga", Provider: "Our account", Reason: "no-balance", Address: mail.MaskAddress("ada@example.net"), Number: mail.MaskNumber("+31612345678"), Left: 7,
		At: time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC), Day: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
	}
	c.Agent, c.Code, c.Life = "Hal", "k7tq-9mwp-x3rd", 8*time.Hour
	switch {
	case kind == mail.NewPhone:
		c.Life = 30 * time.Minute
	case kind == mail.Check:
		c.Code, c.Life = "042917", 10*time.Minute
	case kind == "phone-replaced":
		c.Device = ""
	case slices.Contains(cases, kind):
		c.Reason, c.Day = "lost", time.Time{}
	case kind == "support-frozen":
		c.Reason = "agent"
	case kind == "member-case-opened":
		c.Reason = "lost"
	case kind == "role-given" || kind == "member-role-changed":
		c.Role, c.Before = "administrator", "member"
	case kind == "member-alerts-changed":
		c.Reason = "removed"
	}
	if slices.Contains(linked, kind) {
		c.Link = link
	}
	return c
}

func compose(t *testing.T, kind, language string, c mail.Content) mail.Message {
	t.Helper()
	m, err := mail.Compose(kind, language, "ada@example.com", c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCompose(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, language := range []string{"en", "nl"} {
			m := compose(t, kind, language, content(kind))
			file := filepath.Join("testdata", kind+"."+language+".golden")
			got := "To: " + m.To + "\nSubject: " + m.Subject + "\n\n" + m.Text + "\n----\n" + m.HTML
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil || got != string(want) {
				t.Errorf("%s is not as before (%v):\n%s", file, err, got)
			}
		}
	}
}

// Every template is the one of a kind, and each kind has one in both languages.
func TestTemplates(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("templates/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, kind := range append(slices.Clone(kinds), "foot") {
		want = append(want, "templates/"+kind+".en.txt", "templates/"+kind+".nl.txt")
	}
	slices.Sort(want)
	if !slices.Equal(files, want) {
		t.Errorf("the templates are %q,\nwant %q", files, want)
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		c := content(kind)
		c.Link = link
		m := compose(t, kind, "nl", c)
		has := slices.Contains(linked, kind)
		if strings.Count(m.Text, link) != map[bool]int{true: 1}[has] || strings.Contains(m.HTML, `<a href="`+link+`"`) != has || strings.Contains(m.Subject, link) {
			t.Errorf("%s: %s", kind, m.Text)
		}
	}
}

// TestStopIsAtTheTop: who reads of a case that is not theirs finds the way to stop it before all else.
func TestStopIsAtTheTop(t *testing.T) {
	t.Parallel()
	for _, kind := range cases {
		for language, words := range map[string]string{"en": "Stop, this was not me:\n" + link, "nl": "Stop, dit was ik niet:\n" + link} {
			m := compose(t, kind, language, content(kind))
			if paragraphs := strings.Split(m.Text, "\n\n"); len(paragraphs) < 3 || paragraphs[2] != words {
				t.Errorf("%s in %s: %s", kind, language, m.Text)
			}
		}
		without := content(kind)
		without.Link = ""
		if m := compose(t, kind, "en", without); strings.Contains(m.Text, "Stop, this") || strings.Contains(m.HTML, "<a ") {
			t.Errorf("%s has a button that leads nowhere: %s", kind, m.Text)
		}
	}
}

// TestCodes: a code stands on a line of its own, once, in no subject and in no other mail; and the mail says to keep it.
func TestCodes(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		c := content(kind)
		for language, words := range map[string]string{"en": "Never tell the code to anybody, not to ", "nl": "Geef de code aan niemand, ook niet aan "} {
			m, has := compose(t, kind, language, c), slices.Contains(codes, kind)
			if strings.Count(m.Text, "\n\n"+c.Code+"\n\n") != map[bool]int{true: 1}[has] || strings.Count(m.HTML, c.Code) != map[bool]int{true: 1}[has] || strings.Contains(m.Subject, c.Code) {
				t.Errorf("%s: %s", kind, m.Text)
			}
			if has && !strings.Contains(m.Text, words) {
				t.Errorf("%s does not say to keep the code: %s", kind, m.Text)
			}
		}
	}
}

func TestComposeTakesAnyLanguage(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]string{"": "A phone was", "en-GB": "A phone was", "de": "A phone was", "nl": "Er is", "NL-be": "Er is"} {
		if m := compose(t, "phone-linked", locale, content("")); !strings.HasPrefix(m.Subject, want) {
			t.Errorf("%q: %q", locale, m.Subject)
		}
	}
	if _, err := mail.Compose("nothing", "en", "ada@example.com", content("")); err == nil {
		t.Error("a mail of no kind was written")
	}
}

// What is not known leaves no gap in the words.
func TestComposeWithLess(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, language, want string
		change               func(*mail.Content)
	}{
		{"invitation", "en", "Tulip & Son invites you", func(c *mail.Content) { c.Inviter = "" }},
		{"invitation", "nl", "Tulip & Son nodigt je uit om in te loggen met Aye", func(c *mail.Content) { c.Inviter = "" }},
		{"password-changed", "en", "your account at aye.example.com was changed on 21 November 2026 at 09:30 (UTC).", func(c *mail.Content) { c.Organisation = "" }},
		{"email-changed", "en", "was changed on 21 November 2026 at 09:30 (UTC). From", func(c *mail.Content) { c.Address = "" }},
		{"number-changed", "nl", "is op 21 november 2026 om 09:30 uur (UTC) verwijderd.", func(c *mail.Content) { c.Number = mail.MaskNumber("12345") }},
		{"app-added", "nl", "De authenticatie-app is op", func(c *mail.Content) { c.Device = "" }},
		{"recovery-code-used", "nl", "bij Tulip & Son. Je hebt nog één code over.", func(c *mail.Content) { c.IP, c.Left = "", 1 }},
		{"recovery-code-used", "en", "It was your last one.", func(c *mail.Content) { c.Left = 0 }},
		{"number-vouched", "en", "the new phone number of your account count at once", func(c *mail.Content) { c.Number = "" }},
		{"texts-trouble", "nl", "heeft de sms-provider van Tulip & Son een bericht geweigerd. Er staat", func(c *mail.Content) { c.Provider = "" }},
		{"texts-chosen", "nl", "die naar je telefoonnummer wordt gestuurd.", func(c *mail.Content) { c.Number = "" }},
		{"texts-provider", "en", "(UTC) the application “The shop” changed", func(c *mail.Content) { c.By = "" }},
		{"texts-provider", "nl", "(UTC) heeft de exploitant van aye.example.com de sms-provider", func(c *mail.Content) { c.By, c.Application, c.ByOperator = "", "", true }},
		{"case-opened", "en", "on 1 December 2026 at 00:00 (UTC) at the earliest. After", func(c *mail.Content) { c.Day = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }},
		{"case-opened", "nl", "Vanaf 1 december 2026 om 00:00 uur (UTC) werken je oude telefoons niet meer\n", func(c *mail.Content) { c.Day = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }},
		{"case-opened", "en", "(UTC) somebody told support of Tulip & Son that you lost", func(c *mail.Content) { c.Agent, c.Reason = "", "" }},
		{"case-opened", "nl", "dat je je telefoon niet bij je hebt, en gevraagd om een code", func(c *mail.Content) { c.Reason = "forgotten" }},
		{"member-case-stopped", "en", "asked support for help. Aye stopped it", func(c *mail.Content) { c.Agent = "" }},
		{"support-frozen", "nl", "Support van Tulip & Son ging over een grens", func(c *mail.Content) { c.Reason = "organisation" }},
		{"member-case-opened", "en", "(UTC) somebody opened a support case at Tulip & Son for Eve, who is said not to have the phone at hand.", func(c *mail.Content) { c.Agent, c.Reason = "", "forgotten" }},
		{"member-case-opened", "nl", "Vraag het anders na bij Eve: misschien", func(c *mail.Content) { c.Agent = "" }},
		{"member-phone-replaced", "nl", "door een supportzaak.\n\nWeet je", func(c *mail.Content) { c.Agent = "" }},
		{"role-given", "en", "you became an owner of Tulip & Son. Olga gave you this role.\n\nIn the first week", func(c *mail.Content) { c.Role, c.Before = "owner", "" }},
		{"role-given", "nl", "ben je medewerker van Tulip & Son geworden; tot dan was je eigenaar. Olga gaf je deze rol.\n\nVerwachtte", func(c *mail.Content) { c.Role, c.Before = "member", "owner" }},
		{"role-given", "en", "The operator of aye.example.com gave you this role.\n\nDid you", func(c *mail.Content) { c.By, c.ByOperator = "", true }},
		{"role-given", "nl", "tot dan was je medewerker.\n\nIn de eerste week", func(c *mail.Content) { c.By = "" }},
		{"member-role-changed", "en", "ask your colleagues, and set it right: log in at aye.example.com, choose “Management” and then “People”. For a week Eve still counts for support as the higher of both roles.\n", func(c *mail.Content) { c.By, c.Role, c.Before = "", "member", "owner" }},
		{"member-role-changed", "nl", "Een week lang opent de nieuwe rol geen zaak voor een verloren telefoon en keurt er geen goed.\n", func(c *mail.Content) { c.Before = "" }},
		{"member-role-changed", "en", "Otherwise ask the operator, and set it right: log in at aye.example.com, choose “Management” and then “People”.\n", func(c *mail.Content) { c.By, c.ByOperator = "", true }},
		{"member-alerts-changed", "en", "Olga filled in an address for alerts of Tulip & Son.", func(c *mail.Content) { c.Reason = "set" }},
		{"member-alerts-changed", "nl", "heeft de exploitant van aye.example.com het adres voor waarschuwingen van Tulip & Son gewijzigd", func(c *mail.Content) { c.Reason, c.By, c.ByOperator = "changed", "", true }},
		{"member-alerts-changed", "nl", "heeft iemand het adres", func(c *mail.Content) { c.By = "" }},
		{"phone-replaced", "en", "“Pixel 9” was linked", func(c *mail.Content) { c.Device = "Pixel 9" }},
		{"check", "en", "Are you talking to support now?", func(c *mail.Content) { c.Agent = "" }},
		{"access", "nl", "De code werkt 1 uur.", func(c *mail.Content) { c.Life = time.Hour }},
		{"access", "en", "It works for 15 minutes.", func(c *mail.Content) { c.Life = 15 * time.Minute }},
		{"texts-provider", "nl", "(UTC) heeft iemand de sms-provider van Tulip & Son gewijzigd.", func(c *mail.Content) { c.By, c.Application, c.Provider = "", "", "" }},
	} {
		full := content(c.kind)
		c.change(&full)
		if m := compose(t, c.kind, c.language, full); !strings.Contains(m.Subject+"\n"+m.Text, c.want) {
			t.Errorf("%s in %s has no %q:\n%s", c.kind, c.language, c.want, m.Text)
		}
	}
}

// TestWhyTextsAreRefused: what a provider says leads to what one can do about it.
func TestWhyTextsAreRefused(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string][2]string{
		"bad-key":       {"does not know the API key", "fill in a key"},
		"test-key":      {"one for tests", "fill in a key"},
		"no-balance":    {"not enough money", "top up your account"},
		"bad-sender":    {"does not take the sender", "choose another sender"},
		"not-permitted": {"may not send to that country", "switch that country on"},
		"other":         {"does not know why", "ask them"},
		"":              {"does not know why", "ask them"},
	} {
		c := content("texts-trouble")
		c.Reason = reason
		english, dutch := compose(t, "texts-trouble", "en", c), compose(t, "texts-trouble", "nl", c)
		if !strings.Contains(english.Text, want[0]) || !strings.Contains(english.Text, want[1]) {
			t.Errorf("%q: %s", reason, english.Text)
		}
		known := !strings.Contains(dutch.Text, "weet niet waarom")
		if known == strings.Contains(want[0], "know why") || !strings.Contains(dutch.Text, "Wat je kunt doen: ") {
			t.Errorf("%q: %s", reason, dutch.Text)
		}
	}
}

// TestWhatWasDoneWithAProvider: who did what, and what it means for the codes.
func TestWhatWasDoneWithAProvider(t *testing.T) {
	t.Parallel()
	const by, through, nobody = "Whoever has that account at the provider can see them.", "go by it from now on", "do not go by it any more"
	for reason, want := range map[string][]string{
		"added":       {"Olga added the text message provider “Our account” of", through, by},
		"changed":     {"Olga changed the text", "as it is now", by},
		"activated":   {"Olga put in use the text", through, by},
		"deactivated": {"Olga took out of use the text", nobody},
		"removed":     {"Olga removed the text", nobody},
	} {
		c := content("texts-provider")
		c.Reason = reason
		m := compose(t, "texts-provider", "en", c)
		for _, words := range want {
			if !strings.Contains(m.Text, words) {
				t.Errorf("%s: no %q: %s", reason, words, m.Text)
			}
		}
		if dutch := compose(t, "texts-provider", "nl", c).Text; strings.Contains(dutch, "kan ze zien") != strings.Contains(m.Text, by) || !strings.Contains(dutch, "heeft Olga de sms-provider ‘Our account’ van") {
			t.Errorf("%s: %s", reason, dutch)
		}
	}
}

func TestMasks(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"ada@example.com": "a…@example.com", "é@example.com": "é…@example.com", `"a@b"@example.com`: `"…@example.com`, "nobody": "…", "@example.com": "…", "": "…",
	} {
		if got := mail.MaskAddress(address); got != want {
			t.Errorf("%q becomes %q, want %q", address, got, want)
		}
	}
	for number, want := range map[string]string{"+31612345678": "78", "": "", "+3178": ""} {
		if got := mail.MaskNumber(number); got != want {
			t.Errorf("%q becomes %q, want %q", number, got, want)
		}
	}
}

// TestNamesCannotAddLines: names come from outside, and a second line of a subject would be
// another header of the mail.
func TestNamesCannotAddLines(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{"Evil\r\nBcc: all@example.com\n\nClick <a href=\"https://evil.example\">here</a>\u2028now", "x\n\n[Click here]\n\n", "[Click here]"} {
		for _, kind := range kinds {
			c := content("")
			for _, name := range []*string{&c.Person, &c.Member, &c.Inviter, &c.Organisation, &c.Site, &c.Device, &c.Application, &c.IP, &c.Provider, &c.By, &c.Agent, &c.Address, &c.Number} {
				*name = evil
			}
			m, honest := compose(t, kind, "en", c), compose(t, kind, "en", content(""))
			if strings.ContainsAny(m.Subject, "\r\n\u2028") {
				t.Errorf("%s: the subject has lines: %q", kind, m.Subject)
			}
			if strings.Count(m.Text, "\n") != strings.Count(honest.Text, "\n") {
				t.Errorf("%s: the text has more lines: %q", kind, m.Text)
			}
			if strings.Count(m.HTML, "<a ") != strings.Count(honest.HTML, "<a ") {
				t.Errorf("%s: a name became a link: %s", kind, m.HTML)
			}
		}
	}
}
