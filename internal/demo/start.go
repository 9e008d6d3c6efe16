package demo

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
)

//go:embed start
var startFiles embed.FS

var (
	startWords = readWords(startFiles, "start")
	startPage  = template.Must(template.ParseFS(startFiles, "start/start.html"))
)

// What an invitation can fail with.
var (
	// ErrGuest says that the name or the address cannot be taken.
	ErrGuest = errors.New("this is no name or no e-mail address")
	// ErrMember says that this person is in already.
	ErrMember = errors.New("this person is a member already")
)

// Guest is somebody who invites themself.
type Guest struct {
	Name, Email, Language string
	Administrator         bool
}

// StartConfig is what the page needs to know on which people begin.
type StartConfig struct {
	// AyeURL, ShopURL, PhoneURL, MailboxURL and TextsURL are where the demo's parts are, without a
	// slash at the end.
	AyeURL, ShopURL, PhoneURL, MailboxURL, TextsURL string
	// Shopper is the e-mail address that the shop knows.
	Shopper string
	// Invite mails an invitation to the portal, or fails with [ErrGuest] or [ErrMember].
	Invite func(ctx context.Context, g Guest) error
}

// NewStart is the page on which people begin: it says what there is, and lets them invite
// themselves to the portal.
func NewStart(c StartConfig) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		notice := ""
		if r.URL.Query().Has("invited") {
			notice = "invited"
		}
		c.show(w, r, http.StatusOK, notice, Guest{Language: languageOf(r)})
	})
	mux.HandleFunc("POST /invite", c.invite)
	static, err := fs.Sub(startFiles, "start/static")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	// Another site's form invites nobody.
	protected := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		protected.ServeHTTP(w, r)
	})
}

func (c StartConfig) invite(w http.ResponseWriter, r *http.Request) {
	g := Guest{
		Name: strings.TrimSpace(r.PostFormValue("name")), Email: strings.TrimSpace(r.PostFormValue("email")),
		Language: r.PostFormValue("language"), Administrator: r.PostFormValue("administrator") != "",
	}
	err := c.Invite(r.Context(), g)
	switch {
	case err == nil:
		http.Redirect(w, r, "/?invited", http.StatusSeeOther)
	case errors.Is(err, ErrMember):
		c.show(w, r, http.StatusUnprocessableEntity, "member", g)
	case errors.Is(err, ErrGuest):
		c.show(w, r, http.StatusUnprocessableEntity, "guest", g)
	default:
		slog.ErrorContext(r.Context(), "start page: nobody was invited", slog.Any("error", err))
		c.show(w, r, http.StatusInternalServerError, "trouble", g)
	}
}

// startData is what the page shows.
type startData struct {
	StartConfig

	Guest    Guest
	Language string
	Notice   string
}

// T finds words in the page's language.
func (d startData) T(key string) string { return startWords[d.Language][key] }

func (c StartConfig) show(w http.ResponseWriter, r *http.Request, status int, notice string, g Guest) {
	data := startData{StartConfig: c, Guest: g, Language: languageOf(r), Notice: notice}
	if chosen := r.URL.Query().Get("lang"); words[chosen] != nil {
		new(sessions).set(w, languageCookie, chosen, browserLife)
	}
	var page bytes.Buffer
	if err := startPage.Execute(&page, data); err != nil {
		slog.ErrorContext(r.Context(), "start page: the page failed", slog.Any("error", err))
		http.Error(w, "This page is broken.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", data.Language)
	w.WriteHeader(status)
	_, _ = page.WriteTo(w)
}
