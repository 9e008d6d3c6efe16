package demo

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"time"
)

const languageCookie = "lang"

// pageData is what the pages show; each uses its own part.
type pageData struct {
	Language string
	Shop     string
	Notice   string
	Email    string
	People   []string
	Welcome  *welcome

	State    string
	StateURL string
	Left     int // seconds
	Approval *approval
	Delivery []delivery
	HasCode  bool
	Typing   bool // a code, without scripts: the page must not reload under the fingers

	Pairing  *pairing
	QR       template.URL
	PhoneURL string
	Device   string
	Number   string
}

// T finds words in the page's language.
func (p pageData) T(key string, arguments ...string) string {
	return text(p.Language, key, arguments...)
}

// Texts are the words that the script needs, as JSON.
func (p pageData) Texts() (string, error) {
	all := maps.Clone(words[p.Language])
	maps.DeleteFunc(all, func(key, _ string) bool { return !strings.HasPrefix(key, "js.") })
	b, err := json.Marshal(all)
	return string(b), err
}

// Digits are those of the number, one by one.
func (p pageData) Digits() []string { return strings.Split(p.Approval.Number, "") }

// Told says in plain words where the notification is.
func (p pageData) Told(d delivery) string { return p.T("js.delivery."+d.State, d.Device, d.Reason) }

// Spelled puts spaces between the digits, so that a screen reader reads them one by one.
func (p pageData) Spelled(number string) string { return strings.Join(strings.Split(number, ""), " ") }

// Clock writes seconds as minutes and seconds.
func (p pageData) Clock(seconds int) string {
	return time.Time{}.Add(time.Duration(seconds) * time.Second).Format("4:05")
}

// Ends are the ways in which a request can end without a login, and whether the page
// offers to ask again at once.
func (p pageData) Ends() []ending {
	return []ending{
		{"denied", true, "✕"},
		{"reported", false, "!"},
		{"expired", true, ranOut},
		{"mismatched", true, "≠"},
		{"superseded", false, "↻"},
		{"cancelled", true, "–"},
		{"lapsed", true, ranOut},
	}
}

type ending struct {
	Status string
	Again  bool
	Mark   string
}

// ranOut is the sign for what came too late: digits, which every font has.
const ranOut = "0:00"

// Clock tells that the sign is a time.
func (e ending) Clock() bool { return e.Mark == ranOut }

// Title is the key of what happened, and Text that of what it means.
func (e ending) Title() string { return "end." + e.Status + ".title" }

// Text is the key of what it means and what to do.
func (e ending) Text() string { return "end." + e.Status + ".text" }

var (
	words = readWords(shopFiles, "shop")
	pages = readPages()
)

func readWords(files embed.FS, folder string) map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, language := range []string{"en", "nl"} {
		b, err := files.ReadFile(folder + "/words." + language + ".json")
		if err != nil {
			panic(err) // it is embedded
		}
		var one map[string]string
		if err := json.Unmarshal(b, &one); err != nil {
			panic(folder + "/words." + language + ".json: " + err.Error())
		}
		all[language] = one
	}
	return all
}

func readPages() map[string]*template.Template {
	all := map[string]*template.Template{}
	for _, name := range []string{"login", "wait", "link", "welcome"} {
		all[name] = template.Must(template.ParseFS(shopFiles, "shop/layout.html", "shop/"+name+".html"))
	}
	return all
}

func text(language, key string, arguments ...string) string {
	if key == "" {
		return ""
	}
	found, ok := words[language][key]
	if !ok {
		found = words["en"]["trouble.other"]
	}
	for i, argument := range arguments {
		found = strings.ReplaceAll(found, "{"+string(rune('0'+i))+"}", argument)
	}
	return found
}

func (s *shop) show(w http.ResponseWriter, r *http.Request, name string, status int, data pageData) {
	data.Language, data.Shop = languageOf(r), s.Name
	if chosen := r.URL.Query().Get("lang"); words[chosen] != nil {
		s.sessions.set(w, languageCookie, chosen, browserLife)
	}
	var page bytes.Buffer
	if err := pages[name].ExecuteTemplate(&page, "layout", data); err != nil {
		slog.ErrorContext(r.Context(), "shop: a page failed", slog.Any("error", err))
		http.Error(w, "This page is broken.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", data.Language)
	w.WriteHeader(status)
	_, _ = page.WriteTo(w)
}

// languageOf is the chosen language, else the first one that the browser asks for and the
// demo has.
func languageOf(r *http.Request) string {
	if chosen := r.URL.Query().Get("lang"); words[chosen] != nil {
		return chosen
	}
	if cookie, err := r.Cookie(languageCookie); err == nil && words[cookie.Value] != nil {
		return cookie.Value
	}
	for wanted := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		language, _, _ := strings.Cut(strings.TrimSpace(strings.ToLower(wanted)), ";")
		language, _, _ = strings.Cut(language, "-")
		if words[language] != nil {
			return language
		}
	}
	return "en"
}
