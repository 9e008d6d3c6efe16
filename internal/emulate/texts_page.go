package emulate

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed texts
var textFiles embed.FS

var textPages = template.Must(template.ParseFS(textFiles, "texts/*.html"))

// pages are the texts, for people and as JSON:
//
//	GET /               the list, newest first
//	GET /texts          one JSON line for each text, from the first or after=3, and on
//	GET /texts?wait=25  {"texts": […]}, those after after=3; it waits so many seconds for one
func (s *textStand) pages(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.showTexts)
	mux.HandleFunc("GET /texts", s.tellTexts)
	static, err := fs.Sub(textFiles, "texts/static")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
}

func (s *textStand) tellTexts(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	after, _ := strconv.Atoi(query.Get("after")) // without a number: all
	if query.Has("wait") {
		s.pollTexts(w, r, after)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	stream := http.NewResponseController(w)
	encoder := json.NewEncoder(w)
	for {
		news, changed := s.after(after)
		for _, text := range news {
			if encoder.Encode(text) != nil {
				return
			}
			after = text.Number
		}
		if stream.Flush() != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		case <-s.ended.Done():
			return
		}
	}
}

func (s *textStand) pollTexts(w http.ResponseWriter, r *http.Request, after int) {
	wait, _ := strconv.Atoi(r.URL.Query().Get("wait"))
	timer := time.NewTimer(min(time.Duration(wait)*time.Second, longestPoll))
	defer timer.Stop()
	news, changed := s.after(after)
	for waiting := true; waiting && len(news) == 0; {
		select {
		case <-changed:
			news, changed = s.after(after)
		case <-timer.C:
			waiting = false
		case <-r.Context().Done():
			return
		case <-s.ended.Done():
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string][]Text{"texts": slices.Concat([]Text{}, news)}) // a client that has left needs no answer
}

// showTexts is the page, with the keys that a person needs to set Aye up.
func (s *textStand) showTexts(w http.ResponseWriter, r *http.Request) {
	language := "en"
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "nl") {
		language = "nl"
	}
	texts := s.Sent()
	slices.Reverse(texts)
	last := 0
	if len(texts) > 0 {
		last = texts[0].Number
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	data := map[string]any{
		"Language": language, "T": textWords[language], "Texts": texts, "Last": last, "Vendor": s.name,
		"Key": s.key.Reveal(), "Signing": s.signing.Reveal(), "Hooked": s.hook != nil, "Hook": s.hook.address(),
	}
	var page bytes.Buffer
	if err := textPages.ExecuteTemplate(&page, "texts.html", data); err != nil {
		http.Error(w, "This page is broken.", http.StatusInternalServerError)
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	_, _ = page.WriteTo(w)
}

// Money is the price as a page shows it.
func (t Text) Money() string {
	return t.Currency + " " + strconv.FormatFloat(float64(t.Price)/million, 'f', -1, 64)
}

// textWords are what the page says.
var textWords = map[string]map[string]string{
	"en": {
		"title": "Text messages", "lead": "All text messages that Aye sends by this stand-in end here, whatever number they are for.", "none": "No text message yet",
		"wait": "This page shows new ones by itself.", "from": "From", "part": "part", "parts": "parts", "new": "New text message",
		"keys": "What Aye asks for", "key": "API key", "signing": "Signing key", "webhook": "Where reports go: what Aye shows at the provider", "save": "Save",
	},
	"nl": {
		"title": "Sms-berichten", "lead": "Alle sms-berichten die Aye via deze nagespeelde provider verstuurt, komen hier binnen, voor welk nummer ze ook zijn.", "none": "Nog geen sms",
		"wait": "Nieuwe verschijnen hier vanzelf.", "from": "Van", "part": "deel", "parts": "delen", "new": "Nieuwe sms",
		"keys": "Waar Aye om vraagt", "key": "API-key", "signing": "Signing key", "webhook": "Waar meldingen heen gaan: wat Aye bij de provider toont", "save": "Opslaan",
	},
}
