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
// link in a warning follows none in a false one.
var (
	letters = []string{mail.Invitation, mail.Reset, mail.EmailChange}
	notices = []string{
		"phone-linked", "phone-removed", "pairing-burned", "request-reported", "member-reported",
		"password-changed", "email-changed", "number-changed", "app-added", "app-removed",
		"recovery-codes-made", "recovery-code-used", "second-factor-soon",
	}
	kinds = slices.Concat(letters, notices)
)

const link = "https://aye.example.com/invitations/token"

func content(kind string) mail.Content {
	c := mail.Content{
		Person: "Ada", Organisation: "Tulip & Son", Site: "aye.example.com", Device: "Pixel 9", Application: "The shop", IP: "203.0.113.7",
		Member: "Eve", Inviter: "Grace", Address: mail.MaskAddress("ada@example.net"), Number: mail.MaskNumber("+31612345678"), Left: 7,
		At: time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC), Day: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
	}
	if slices.Contains(letters, kind) {
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
		has := slices.Contains(letters, kind)
		if strings.Count(m.Text, link) != map[bool]int{true: 1}[has] || strings.Contains(m.HTML, `<a href="`+link+`"`) != has || strings.Contains(m.Subject, link) {
			t.Errorf("%s: %s", kind, m.Text)
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
	} {
		full := content(c.kind)
		c.change(&full)
		if m := compose(t, c.kind, c.language, full); !strings.Contains(m.Subject+"\n"+m.Text, c.want) {
			t.Errorf("%s in %s has no %q:\n%s", c.kind, c.language, c.want, m.Text)
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
			for _, name := range []*string{&c.Person, &c.Member, &c.Inviter, &c.Organisation, &c.Site, &c.Device, &c.Application, &c.IP, &c.Address, &c.Number} {
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
