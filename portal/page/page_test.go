package page

import (
	"bytes"
	"html/template"
	"strings"
	"testing"
	"time"

	"example.com/aye/portal/locales"
)

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func speakers(t *testing.T) map[string]speaker {
	t.Helper()
	words, err := locales.New()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]speaker{}
	for locale, w := range words {
		all[locale] = speaker{w, func() time.Time { return noon }}
	}
	return all
}

func TestTimes(t *testing.T) {
	t.Parallel()
	for locale, s := range speakers(t) {
		said := func(text any, err error) string {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			switch text := text.(type) {
			case template.HTML:
				return string(text)
			case string:
				return text
			}
			return ""
		}
		for _, one := range []struct{ got, english, dutch string }{
			{said(s.lasting(time.Second)), "1 second", "1 seconde"},
			{said(s.lasting(59 * time.Second)), "59 seconds", "59 seconden"},
			{said(s.lasting(61 * time.Second)), "2 minutes", "2 minuten"},
			{said(s.lasting(2 * time.Hour)), "2 hours", "2 uur"},
			{said(s.lasting(49 * time.Hour)), "3 days", "3 dagen"},
			{said(s.lasting(-time.Second)), "1 second", "1 seconde"},
			{said(s.dateText(noon)), "1 March 2026", "1 maart 2026"},
			{said(s.momentText(noon)), "1 March 2026 at 12:00 UTC", "1 maart 2026 om 12:00 UTC"},
			{said(s.ago(noon.Add(-20 * time.Second))), "just now", "zojuist"},
			{said(s.ago(noon.Add(-time.Minute))), "1 minute ago", "1 minuut geleden"},
			{said(s.ago(noon.Add(-5 * time.Hour))), "5 hours ago", "5 uur geleden"},
			{said(s.ago(noon.Add(-25 * time.Hour))), "yesterday", "gisteren"},
			{said(s.ago(noon.Add(-30 * day))), "30 January 2026", "30 januari 2026"},
			{said(s.ago(time.Time{})), "never", "nooit"},
			{said(s.moment(time.Time{})), "never", "nooit"},
			{said(s.date(noon)), `datetime="2026-03-01T12:00:00Z"`, `datetime="2026-03-01T12:00:00Z"`},
		} {
			want := map[string]string{locales.English: one.english, locales.Dutch: one.dutch}[locale]
			if !strings.Contains(one.got, want) {
				t.Errorf("%q, want %q", one.got, want)
			}
		}
	}
}

// What people and organisations call themselves is shown as it is, in every place.
func TestEverythingIsEscaped(t *testing.T) {
	t.Parallel()
	r, err := New(func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	const evil = `<script>alert(1)</script>"'><b>**bold**[x](/y)</b>`
	frame := Frame{
		Locale: "en", Path: "/" + evil, Person: evil, Email: evil, In: true, Manages: true, Several: true,
		Organisation: Organisation{Name: evil, Logo: "javascript:alert(1)", Look: "javascript:alert(1)"},
		Notice:       Notice{Warn, Say("login.wait", "Wait", evil)},
	}
	for _, view := range []View{
		Login{Email: evil, Next: evil, Problem: Notice{Bad, Say("login.wait", "Wait", evil)}, Faults: Faults{"email": Say("login.wait", "Wait", evil)}},
		Confirm{
			Title: Say("login.wait", "Wait", evil), Text: Say("login.wait", "Wait", evil), Facts: []Fact{{Say("login.email"), evil}},
			Action: "/x", Hidden: map[string]string{"a": evil}, Button: Say("frame.cancel"), Back: "javascript:alert(1)",
		},
		Message{Tone: Good, Icon: "check", Title: Say("login.wait", "Wait", evil), Text: Say("login.wait", "Wait", evil), Button: Say("frame.cancel"), To: "javascript:alert(1)"},
	} {
		var out bytes.Buffer
		if err := r.Render(&out, frame, view); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<script>alert", "<b>", "javascript:", `href="/y"`, "<strong>bold"} {
			if strings.Contains(out.String(), bad) {
				t.Errorf("%s.html has %s:\n%s", view.Page(), bad, out.String())
			}
		}
	}
}

// Texts can have strong words and links of ours; what is filled in cannot.
func TestRich(t *testing.T) {
	t.Parallel()
	s := speakers(t)[locales.English]
	for _, one := range []struct {
		what Text
		want string
	}{
		{Say("wait.left", "Time", "1:58"), "<strong>1:58</strong> left"},
		{Say("wait.left", "Time", "**[x](/y)**<i>"), "<strong>&#42;&#42;&#91;x&#93;&#40;/y&#41;&#42;&#42;&lt;i&gt;</strong> left"},
		{Text{}, ""},
	} {
		if got, err := s.rich(one.what); err != nil || string(got) != one.want {
			t.Errorf("%s, %v", got, err)
		}
	}
}

// A page that does not fit its template is an error, and nothing of it is written.
func TestWhatDoesNotFitIsAnError(t *testing.T) {
	t.Parallel()
	r, err := New(func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	for _, view := range []View{unknown{}, Problem{Kind: "unheard-of"}, Message{Icon: "unheard-of"}, Message{Title: Say("login.wait")}} {
		var out bytes.Buffer
		if err := r.Render(&out, Frame{}, view); err == nil || out.Len() > 0 {
			t.Errorf("%#v: %v\n%s", view, err, out.String())
		}
	}
	s := speakers(t)[locales.English]
	if _, err := s.field(nil, "x", "login.email", "sise", 3); err == nil {
		t.Error("a field takes what it does not know")
	}
}

type unknown struct{}

func (unknown) Page() string { return "unknown" }
