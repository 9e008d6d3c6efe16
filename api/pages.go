package api

import (
	"embed"
	"html/template"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

//go:embed pages/*.html
var pageFiles embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{"code": codeParts}).ParseFS(pageFiles, "pages/*.html"))

// part is a piece of a sentence; names of fields and calls are set as code.
type part struct {
	Text string
	Code bool
}

// codeParts finds what stands between backquotes in the catalogue of problems.
func codeParts(sentence string) []part {
	var parts []part
	for i, text := range strings.Split(sentence, "`") {
		parts = append(parts, part{Text: text, Code: i%2 == 1})
	}
	return parts
}

// pagePolicy lets a page have the style that stands in it, and nothing else.
const pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// pairingHelp is where a plain camera lands that read the QR code. The page has no script,
// so the one-time code, which stands in the fragment, stays in the phone.
func (s *Server) pairingHelp(c echo.Context) error {
	name := "pair.en.html"
	if dutch(c.Request()) {
		name = "pair.nl.html"
	}
	return s.page(c, http.StatusOK, name, map[string]string{"AppStore": s.AppStore, "PlayStore": s.PlayStore})
}

// problemPage explains a problem: the type of a problem is its address.
func (s *Server) problemPage(c echo.Context) error {
	p, ok := problemByCode(c.Param("code"))
	if !ok {
		return echo.ErrNotFound
	}
	return s.page(c, http.StatusOK, "problem.html", map[string]any{
		"Code": p.code, "Status": p.status, "Title": p.title, "Meaning": p.meaning, "Mend": p.mend,
	})
}

func (s *Server) page(c echo.Context, status int, name string, data any) error {
	h := c.Response().Header()
	h.Set(echo.HeaderContentSecurityPolicy, pagePolicy)
	h.Set(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
	h.Add(echo.HeaderVary, "Accept-Language")
	c.Response().WriteHeader(status)
	return pages.ExecuteTemplate(c.Response(), name, data)
}

// dutch tells whether the first language that the browser asks for is Dutch.
func dutch(r *http.Request) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(r.Header.Get("Accept-Language"))), "nl")
}
