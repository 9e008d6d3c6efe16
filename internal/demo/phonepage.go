package demo

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
)

//go:embed phonepage
var phoneFiles embed.FS

var phoneIndex = template.Must(template.ParseFS(phoneFiles, "phonepage/index.html"))

// PhonePageConfig is what the phone in the browser needs to know.
type PhonePageConfig struct {
	// AyeURL is the origin of Aye, the only one that the page may call. Aye must allow the
	// page's own origin.
	AyeURL string
	// InboxURL is the address of the push stand-in; without it the page asks every five seconds.
	InboxURL string
	// PushApp is the package name that the phone gives with its push address.
	PushApp string
}

// NewPhonePage is a phone in the browser. All that it knows stays in that browser: the keys
// are made there and cannot be exported, and this server sees none of its calls.
func NewPhonePage(c PhonePageConfig) http.Handler {
	files, err := fs.Sub(phoneFiles, "phonepage")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	static := http.FileServerFS(files)
	policy := strings.TrimSpace("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; manifest-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self' " + c.AyeURL + " " + c.InboxURL)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Permissions-Policy", "camera=(self)")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		if r.URL.Path != "/" && r.URL.Path != "/index.html" {
			static.ServeHTTP(w, r)
			return
		}
		var page bytes.Buffer
		if err := phoneIndex.Execute(&page, c); err != nil {
			slog.ErrorContext(r.Context(), "phone page: the page failed", slog.Any("error", err))
			http.Error(w, "This page is broken.", http.StatusInternalServerError)
			return
		}
		h.Set("Content-Type", "text/html; charset=utf-8")
		_, _ = page.WriteTo(w)
	})
}
