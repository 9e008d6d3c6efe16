package mail_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/aye/accounts"
	"example.com/aye/notify/mail"
)

var update = flag.Bool("update", false, "write the golden files")

// kinds are all that people are told of.
var kinds = []accounts.NoticeKind{
	accounts.PhoneLinked, accounts.PhoneRemoved, accounts.PairingBurned, accounts.RequestReported, accounts.MemberReported, accounts.Invitation,
}

func content() mail.Content {
	return mail.Content{
		Person: "Ada", Organisation: "Tulip & Son", Device: "Pixel 9", Application: "The shop", IP: "203.0.113.7",
		Member: "Eve", Time: "2026-11-21 09:30 UTC",
	}
}

func TestCompose(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, language := range []string{"en", "nl"} {
			c := content()
			if kind == accounts.Invitation {
				c.Link = "https://aye.example.com/invitations/token"
			}
			m, err := mail.Compose(string(kind), language, "ada@example.com", c)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", string(kind)+"."+language+".golden")
			got := "To: " + m.To + "\nSubject: " + m.Subject + "\n\n" + m.Text + "\n----\n" + m.HTML
			if *update {
				if err = os.WriteFile(file, []byte(got), 0o600); err != nil {
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

func TestComposeTakesAnyLanguage(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]string{"": "A phone was", "en-GB": "A phone was", "de": "A phone was", "nl": "Er is", "NL-be": "Er is"} {
		m, err := mail.Compose("phone-linked", locale, "ada@example.com", content())
		if err != nil || !strings.HasPrefix(m.Subject, want) {
			t.Errorf("%q: %q %v", locale, m.Subject, err)
		}
	}
	if _, err := mail.Compose("nothing", "en", "ada@example.com", content()); err == nil {
		t.Error("a mail of no kind was written")
	}
}

// TestNamesCannotAddLines: names come from outside, and a second line of a subject would be
// another header of the mail.
func TestNamesCannotAddLines(t *testing.T) {
	t.Parallel()
	evil := "Evil\r\nBcc: all@example.com\n\nClick <a href=\"https://evil.example\">here</a>\u2028now"
	honest := content()
	for _, kind := range kinds {
		c := mail.Content{Person: evil, Organisation: evil, Device: evil, Application: evil, IP: evil, Member: evil, Time: evil}
		m, err := mail.Compose(string(kind), "en", "ada@example.com", c)
		if err != nil {
			t.Fatal(err)
		}
		plain, _ := mail.Compose(string(kind), "en", "ada@example.com", honest)
		if strings.ContainsAny(m.Subject, "\r\n\u2028") {
			t.Errorf("%s: the subject has lines: %q", kind, m.Subject)
		}
		if strings.Count(m.Text, "\n") != strings.Count(plain.Text, "\n") {
			t.Errorf("%s: the text has more lines: %q", kind, m.Text)
		}
		if strings.Contains(m.HTML, "<a ") {
			t.Errorf("%s: a name became a link: %s", kind, m.HTML)
		}
	}
}
