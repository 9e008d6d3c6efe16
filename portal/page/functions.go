package page

import (
	"fmt"
	"html/template"
	"regexp"
	"strings"
	"time"

	"example.com/aye/portal/locales"
)

// functions are what templates can call; /docs of each is its comment below.
func (r *Renderer) functions(locale string) template.FuncMap {
	s := speaker{r.words[locale], r.now}
	return template.FuncMap{
		"t": s.text, "rich": s.rich,
		"date": s.date, "day": s.dateText, "moment": s.moment, "ago": s.ago, "lasting": s.lasting, "clock": clock,
		"month": s.month, "short": s.shortMonth, "money": s.money, "sum": s.sum, "country": s.country, "countries": s.countries, "names": s.names,
		"field": s.field, "notice": notice, "args": arguments,
		"within": within, "digits": digits, "spelled": spelled, "qr": s.qr, "icon": icon, "asset": Asset, "locales": func() []string { return locales.All },
	}
}

// speaker says things in one language.
type speaker struct {
	words *locales.Words
	now   func() time.Time
}

// text says a text by its id, or a [Text] of the view; an empty one says nothing.
func (s speaker) text(what any, pairs ...any) (string, error) {
	text, err := textOf(what, pairs)
	if err != nil || text.ID == "" {
		return "", err
	}
	values := locales.Values{}
	for name, value := range text.Values {
		if values[name], err = s.value(value); err != nil {
			return "", err
		}
	}
	return s.words.Say(text.ID, values)
}

func textOf(what any, pairs []any) (Text, error) {
	if len(pairs)%2 != 0 {
		return Text{}, fmt.Errorf("%v: values come in pairs", what)
	}
	switch what := what.(type) {
	case string:
		return Say(what, pairs...), nil
	case Text:
		return what, nil
	}
	return Text{}, fmt.Errorf("%T is no text", what)
}

func (s speaker) value(value any) (any, error) {
	switch value := value.(type) {
	case time.Duration:
		return s.lasting(value)
	case time.Time:
		return s.momentText(value)
	case Day:
		return s.dateText(time.Time(value))
	case Text:
		return s.text(value)
	case Money:
		return s.money(value)
	case Country:
		return s.country(value), nil
	case Within:
		return s.within(value), nil
	}
	return value, nil
}

var (
	strong = regexp.MustCompile(`\*\*(.+?)\*\*`)
	link   = regexp.MustCompile(`\[(.+?)\]\(([^)\s]+)\)`)
	// marks in values are no marks.
	unmark = strings.NewReplacer("*", "&#42;", "[", "&#91;", "]", "&#93;", "(", "&#40;", ")", "&#41;")
)

// rich is text in which **words** are strong and [words](/address) a link. Values are escaped.
func (s speaker) rich(what any, pairs ...any) (template.HTML, error) {
	text, err := textOf(what, pairs)
	if err != nil || text.ID == "" {
		return "", err
	}
	escaped := locales.Values{}
	for name, value := range text.Values {
		value, err = s.value(value)
		if err != nil {
			return "", err
		}
		if said, ok := value.(string); ok {
			value = unmark.Replace(template.HTMLEscapeString(said))
		}
		escaped[name] = value
	}
	said, err := s.words.Say(text.ID, escaped)
	if err != nil {
		return "", err
	}
	said = strong.ReplaceAllString(said, "<strong>$1</strong>")
	said = link.ReplaceAllStringFunc(said, func(found string) string {
		parts := link.FindStringSubmatch(found)
		if !strings.HasPrefix(parts[2], "/") && !strings.HasPrefix(parts[2], "https://") {
			return parts[1]
		}
		return `<a href="` + parts[2] + `">` + parts[1] + `</a>`
	})
	return template.HTML(said), nil //nolint:gosec // the text is ours and its values are escaped
}

// arguments are for a page's own partials, which take one value: {{template "x" (args "A" 1 "B" 2)}}.
func arguments(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("args: values come in pairs")
	}
	return valuesOf(pairs), nil
}

// notice is for the partial of that name: a tone, a text, and the text's values.
func notice(tone Tone, what any, pairs ...any) (Notice, error) {
	text, err := textOf(what, pairs)
	return Notice{tone, text}, err
}

// digits are those of a number one by one, and spelled lets a screen reader read them so.
func digits(number string) []string { return strings.Split(number, "") }

func spelled(number string) string { return strings.Join(digits(number), " ") }

// within tells whether a path is a page or below it, for the tab that is marked.
func within(page, path string) bool { return path == page || strings.HasPrefix(path, page+"/") }
