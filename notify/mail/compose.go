package mail

import (
	"bytes"
	"embed"
	"fmt"
	html "html/template"
	"strings"
	text "text/template"
	"time"
	"unicode"
)

//go:embed templates/*.txt templates/frame.html
var files embed.FS

var (
	texts = text.Must(text.ParseFS(files, "templates/*.txt"))
	frame = html.Must(html.ParseFS(files, "templates/frame.html"))
)

// Content is what a mail can tell; which of it is used depends on the kind. Names come from
// outside, and are words in a mail and nothing else.
type Content struct {
	// Person is who reads, Member whom it is about where that is somebody else, Inviter who
	// invites.
	Person, Member, Inviter string
	// Organisation is where it happened; without one, Site takes its place.
	Organisation string
	// Site is the name under which people find Aye, such as aye.example.com.
	Site string
	// Device and Application are the names of a phone or app, and of an application.
	Device, Application string
	IP                  string
	// Provider is the name of a provider of text messages, and Reason why it takes none, as sms.Class says it,
	// or what was done with it, or with the address for alerts. Who did that, or gave a role, is By or Application, or with ByOperator the operator.
	Provider, Reason, By string
	ByOperator           bool
	// Role is the one that somebody has from now on, and Before the one until now, empty for none: in the words of accounts.Role.
	Role, Before string
	// Agent is the name of the support agent who acts. Of a support case Reason is its kind, and of a limit that was passed whose it is.
	Agent string
	// Code is what the reader types, and Life how long it, or the link, works.
	Code string
	Life time.Duration
	// Address and Number are a new e-mail address and phone number, as far as they may be read
	// by somebody who should not have them: see [MaskAddress] and [MaskNumber].
	Address, Number string
	// Link is what the mail's button opens.
	Link string
	// Left is how many recovery codes are left.
	Left int
	// At is when it happened, Day from when something will hold.
	At, Day time.Time
}

// Place is where it happened, in a name.
func (c Content) Place() string {
	if c.Organisation != "" {
		return c.Organisation
	}
	return c.Site
}

// The kinds of mail that bring a link or a code which lets its reader do something.
const (
	Invitation  = "invitation"
	Reset       = "password-reset"
	EmailChange = "email-change"
	NewPhone    = "new-phone"
	Access      = "access"
	Check       = "check"
)

// Compose writes the mail of a kind (the name of a template) in a language, "en" or "nl";
// any other language gets English.
func Compose(kind, locale, to string, c Content) (Message, error) {
	language := "en"
	if strings.HasPrefix(strings.ToLower(locale), "nl") {
		language = "nl"
	}
	for _, name := range []*string{
		&c.Person, &c.Member, &c.Inviter, &c.Organisation, &c.Site, &c.Device, &c.Application, &c.IP, &c.Provider, &c.By, &c.Agent, &c.Address, &c.Number,
	} {
		*name = oneLine(*name)
	}
	subject, body, err := fill(kind, language, c)
	if err != nil {
		return Message{}, err
	}
	foot, _, err := fill("foot", language, c)
	if err != nil {
		return Message{}, err
	}
	parts := split(body, c)
	var page bytes.Buffer
	err = frame.ExecuteTemplate(&page, "frame.html", map[string]any{
		"Language": language, "Subject": subject, "Place": c.Place(), "Parts": parts, "Link": c.Link, "Foot": foot,
	})
	if err != nil {
		return Message{}, fmt.Errorf("mail %s: %w", kind, err)
	}
	return Message{To: to, Subject: subject, Text: plain(parts, foot, c.Link), HTML: page.String()}, nil
}

// view is what a template can say.
type view struct {
	Content

	language string
}

// Moment is when it happened, in words.
func (v view) Moment() string { return moment(v.At, v.language) }

// Date is from when it will hold, in words.
func (v view) Date() string { return day(v.Day, v.language) }

// Due is the same to the minute; empty where nothing is due.
func (v view) Due() string {
	if v.Day.IsZero() {
		return ""
	}
	return moment(v.Day, v.language)
}

// Lasts is how long a code or a link works, in words.
func (v view) Lasts() string { return span(v.Life, v.language) }

// Position is a role in words.
func (v view) Position(role string) string { return position(role, v.language) }

// fill fills in the template of a kind, and gives its first line and the rest.
func fill(kind, language string, c Content) (first, rest string, err error) {
	var out bytes.Buffer
	if err = texts.ExecuteTemplate(&out, kind+"."+language+".txt", view{c, language}); err != nil {
		return "", "", fmt.Errorf("mail %s: %w", kind, err)
	}
	first, rest, _ = strings.Cut(strings.TrimSpace(out.String()), "\n")
	return first, strings.TrimSpace(rest), nil
}

// part is a paragraph, the button that opens the link, or a code alone.
type part struct {
	Text         string
	Button, Code bool
}

// split makes parts of a body. A paragraph in brackets is the words on the button; without a link there is none.
func split(body string, c Content) (parts []part) {
	for paragraph := range strings.SplitSeq(body, "\n\n") {
		button := strings.HasPrefix(paragraph, "[") && strings.HasSuffix(paragraph, "]")
		if button {
			paragraph = strings.Trim(paragraph, "[]")
		}
		if button && c.Link == "" {
			continue
		}
		parts = append(parts, part{Text: paragraph, Button: button, Code: c.Code != "" && paragraph == c.Code})
	}
	return parts
}

// plain is the mail for who reads text alone.
func plain(parts []part, foot, link string) string {
	var out strings.Builder
	for _, p := range parts {
		out.WriteString(p.Text)
		if p.Button {
			out.WriteString(":\n" + link)
		}
		out.WriteString("\n\n")
	}
	out.WriteString("-- \n" + foot + "\n") // mail readers fold away what is below such a line
	return out.String()
}

// oneLine keeps a name that comes from outside from adding a line: to the subject, where it
// would be a header, or to the text, where it would speak in our name.
func oneLine(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }), " ")
}
