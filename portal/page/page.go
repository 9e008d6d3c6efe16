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
	"sync"
	"time"

	"example.com/aye/portal/locales"
)

//go:embed templates
var templates embed.FS

// Renderer draws pages. Make it with [New]; it can be used by many at once.
type Renderer struct {
	now   func() time.Time
	words map[string]*locales.Words
	// pages are the templates by language: each language has its own, because the functions
	// that say texts are bound to one.
	pages map[string]*pages
}

// pages are the templates in one language. A page is parsed when it is first drawn.
type pages struct {
	base   *template.Template
	mu     sync.Mutex
	parsed map[string]*template.Template
}

// New parses what all pages share, in all languages; now is for what is said of times.
func New(now func() time.Time) (*Renderer, error) {
	words, err := locales.New()
	if err != nil {
		return nil, err
	}
	r := &Renderer{now: now, words: words, pages: map[string]*pages{}}
	for locale := range words {
		base, err := template.New("").Funcs(r.functions(locale)).ParseFS(templates, "templates/base/*.html")
		if err != nil {
			return nil, fmt.Errorf("pages: %w", err)
		}
		r.pages[locale] = &pages{base: base, parsed: map[string]*template.Template{}}
	}
	return r, nil
}

// find gives the page's templates.
func (p *pages) find(name string) (*template.Template, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if found := p.parsed[name]; found != nil {
		return found, nil
	}
	copied, err := p.base.Clone()
	if err != nil {
		return nil, err
	}
	one, err := copied.ParseFS(templates, "templates/"+name+".html")
	if err == nil {
		p.parsed[name] = one
	}
	return one, err
}

// Names are those of all templates.
func Names() ([]string, error) {
	paths, err := fs.Glob(templates, "templates/*.html")
	var names []string
	for _, one := range paths {
		names = append(names, strings.TrimSuffix(path.Base(one), ".html"))
	}
	return names, err
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
	found, err := r.pages[f.Locale].find(view.Page())
	if err != nil {
		return fmt.Errorf("%w: template %q: %w", ErrPage, view.Page(), err)
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
	if err = found.ExecuteTemplate(&page, part, d); err != nil {
		return fmt.Errorf("%w: %w", ErrPage, err)
	}
	_, err = page.WriteTo(w)
	return err
}

// Says tells whether there is a text with the id that can be said by itself, without values.
func (r *Renderer) Says(id string) bool {
	_, err := r.words[locales.English].Say(id, nil)
	return err == nil
}
