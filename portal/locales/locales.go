// Package locales holds every text of the portal, in each of its languages, and finds the one
// for a reader. A test fails for a text that is missing, unused, or in one language only.
package locales

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"
)

//go:embed en nl
var files embed.FS

// The languages.
const (
	English = "en"
	Dutch   = "nl"
)

// All are the languages; the first is for who reads none of them.
var All = []string{English, Dutch}

// Has tells whether there are texts in the language.
func Has(locale string) bool { return slices.Contains(All, locale) }

var matcher = language.NewMatcher([]language.Tag{language.English, language.Dutch})

// Match finds the language for an Accept-Language header.
func Match(accept string) string {
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return English
	}
	_, at, _ := matcher.Match(tags...)
	return All[at]
}

// Words says texts in one language.
type Words struct {
	Locale    string
	localizer *i18n.Localizer
	messages  map[string]*i18n.Message
}

// New gives the texts of all languages. They are read once.
func New() (map[string]*Words, error) { return all() }

var all = sync.OnceValues(func() (map[string]*Words, error) {
	all := map[string]*Words{}
	for _, locale := range All {
		words, err := read(locale)
		if err != nil {
			return nil, err
		}
		all[locale] = words
	}
	return all, nil
})

// read makes a bundle for one language alone, so that what it lacks is not filled in from another.
func read(locale string) (*Words, error) {
	w := &Words{Locale: locale, messages: map[string]*i18n.Message{}}
	bundle := i18n.NewBundle(language.Make(locale))
	paths, err := fs.Glob(files, locale+"/*.toml")
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		text, err := files.ReadFile(path)
		if err != nil {
			return nil, err
		}
		found, err := i18n.ParseMessageFileBytes(text, path, map[string]i18n.UnmarshalFunc{"toml": toml.Unmarshal})
		if err != nil {
			return nil, fmt.Errorf("texts %s: %w", path, err)
		}
		for _, m := range found.Messages {
			if w.messages[m.ID] != nil {
				return nil, fmt.Errorf("texts %s: %s stands twice", path, m.ID)
			}
			w.messages[m.ID] = m
		}
		if err := bundle.AddMessages(language.Make(locale), found.Messages...); err != nil {
			return nil, fmt.Errorf("texts %s: %w", path, err)
		}
	}
	w.localizer = i18n.NewLocalizer(bundle, locale)
	return w, nil
}

// Values are what stands in a text's gaps; Count also chooses between one and many.
type Values map[string]any

// Count is the gap that decides between singular and plural.
const Count = "Count"

// Say gives the text. It is an error when there is none, or when it has a gap without a value.
func (w *Words) Say(id string, values Values) (string, error) {
	if w.messages[id] == nil {
		return "", fmt.Errorf("no text %q in %s", id, w.Locale)
	}
	config := &i18n.LocalizeConfig{MessageID: id, TemplateData: map[string]any(values), TemplateParser: parser}
	if count, ok := values[Count]; ok {
		config.PluralCount = count
	}
	text, err := w.localizer.Localize(config)
	if err != nil {
		return "", fmt.Errorf("text %q in %s: %w", id, w.Locale, err)
	}
	return text, nil
}

// IDs are those of all texts.
func (w *Words) IDs() []string {
	var all []string
	for id := range w.messages {
		all = append(all, id)
	}
	slices.Sort(all)
	return all
}

// Forms are the raw forms of a text: one, or singular and plural.
func (w *Words) Forms(id string) []string {
	var forms []string
	if m := w.messages[id]; m != nil {
		for _, form := range []string{m.One, m.Other} {
			if form != "" {
				forms = append(forms, form)
			}
		}
	}
	return forms
}

// parser fails for a gap without a value, where the library's default prints "<no value>".
var parser = &template.TextParser{Option: "missingkey=error"}
