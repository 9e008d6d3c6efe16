package mail

import (
	"bytes"
	"embed"
	"fmt"
	html "html/template"
	"strings"
	text "text/template"
	"unicode"
)

//go:embed templates/*.txt templates/frame.html
var files embed.FS

var (
	texts = text.Must(text.ParseFS(files, "templates/*.txt"))
	frame = html.Must(html.ParseFS(files, "templates/frame.html"))
)

// Content is what a mail can tell; which of it is used depends on the kind.
type Content struct {
	Person, Organisation, Device, Application, IP, Member, Link, Time string
}

// Compose writes the mail of a kind (the name of a template) in a language, "en" or "nl";
// any other language gets English.
func Compose(kind, locale, to string, c Content) (Message, error) {
	language := "en"
	if strings.HasPrefix(strings.ToLower(locale), "nl") {
		language = "nl"
	}
	for _, name := range []*string{&c.Person, &c.Organisation, &c.Device, &c.Application, &c.IP, &c.Member, &c.Time} {
		*name = oneLine(*name)
	}
	var out bytes.Buffer
	if err := texts.ExecuteTemplate(&out, kind+"."+language+".txt", c); err != nil {
		return Message{}, fmt.Errorf("mail %s: %w", kind, err)
	}
	// The first line is the subject.
	subject, body, _ := strings.Cut(strings.TrimSpace(out.String()), "\n")
	body = strings.TrimSpace(body)
	var page bytes.Buffer
	err := frame.ExecuteTemplate(&page, "frame.html", map[string]any{
		"Language": language, "Subject": subject, "Paragraphs": strings.Split(body, "\n\n"), "Link": c.Link,
	})
	if err != nil {
		return Message{}, fmt.Errorf("mail %s: %w", kind, err)
	}
	if c.Link != "" {
		body += "\n\n" + c.Link
	}
	return Message{To: to, Subject: subject, Text: body + "\n", HTML: page.String()}, nil
}

// oneLine keeps a name that comes from outside from adding a line: to the subject, where it
// would be a header, or to the text, where it would speak in our name.
func oneLine(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }), " ")
}
