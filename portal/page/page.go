package page

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"example.com/aye/portal/locales"
)

//go:embed templates
var templates embed.FS

// Renderer draws pages. Make it with [New]; it can be used by many at once.
type Renderer struct {
	now   func() time.Time
	words map[string]*locales.Words
	// pages are the templates by language and name: each language has its own, because the
	// functions that say texts are bound to one.
	pages map[string]map[string]*template.Template
}

// New parses all pages in all languages; now is for what is said of times.
func New(now func() time.Time) (*Renderer, error) {
	words, err := locales.New()
	if err != nil {
		return nil, err
	}
	r := &Renderer{now: now, words: words, pages: map[string]map[string]*template.Template{}}
	names, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		return nil, err
	}
	for locale := range words {
		base, err := template.New("").Funcs(r.functions(locale)).ParseFS(templates, "templates/base/*.html")
		if err != nil {
			return nil, fmt.Errorf("pages: %w", err)
		}
		r.pages[locale] = map[string]*template.Template{}
		for _, name := range names {
			one, err := template.Must(base.Clone()).ParseFS(templates, name)
			if err != nil {
				return nil, fmt.Errorf("pages: %w", err)
			}
			r.pages[locale][strings.TrimSuffix(path.Base(name), ".html")] = one
		}
	}
	return r, nil
}

// Names are those of all templates.
func (r *Renderer) Names() []string {
	var names []string
	for name := range r.pages[locales.English] {
		names = append(names, name)
	}
	return names
}

// ErrPage says that a page cannot be drawn; the view and the template do not fit.
var ErrPage = errors.New("the page cannot be drawn")

// document is what the layout sees; a page's own templates see the view alone.
type document struct {
	Frame
	View View
	// Here is the page's own address, to come back to when the language changes.
	Here    string
	Step    Step
	Wide    bool
	Failed  bool
	Waiting Waiting
}

// Render writes the whole page, or nothing.
func (r *Renderer) Render(w io.Writer, f Frame, view View) error {
	return r.render(w, "layout", f, view)
}

// RenderMain writes the main part alone, for a page that is open and looks again.
func (r *Renderer) RenderMain(w io.Writer, f Frame, view View) error {
	return r.render(w, "part", f, view)
}

func (r *Renderer) render(w io.Writer, part string, f Frame, view View) error {
	if !locales.Has(f.Locale) {
		f.Locale = locales.English
	}
	found := r.pages[f.Locale][view.Page()]
	if found == nil {
		return fmt.Errorf("%w: no template %q", ErrPage, view.Page())
	}
	d := document{Frame: f, View: view, Here: f.Path}
	if v, ok := view.(Placed); ok && v.Self() != "" {
		d.Here = v.Self()
	}
	if v, ok := view.(Stepped); ok {
		d.Step = v.Step()
	}
	if v, ok := view.(Wide); ok {
		d.Wide = v.Wide()
	}
	if v, ok := view.(Waits); ok {
		d.Waiting = v.Waiting()
	}
	if v, ok := view.(interface{ Failed() bool }); ok {
		d.Failed = v.Failed()
	}
	var page bytes.Buffer
	if err := found.ExecuteTemplate(&page, part, d); err != nil {
		return fmt.Errorf("%w: %w", ErrPage, err)
	}
	_, err := page.WriteTo(w)
	return err
}

// Says tells whether there is a text with the id that can be said by itself, without values.
func (r *Renderer) Says(id string) bool {
	_, err := r.words[locales.English].Say(id, nil)
	return err == nil
}
