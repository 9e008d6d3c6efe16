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

//go:embed mailbox
var mailboxFiles embed.FS

var mailboxPages = template.Must(template.ParseFS(mailboxFiles, "mailbox/*.html"))

// longestPoll is how long a question for new mail may wait.
const longestPoll = 25 * time.Second

// pages are the mails, for people and as JSON:
//
//	GET /                     the list, newest first
//	GET /mails/{number}       one mail
//	GET /mails/{number}/html  its HTML, as a mail reader would show it
//	GET /mails?after=3        {"mails": […]}, the ones after number 3; with &wait=25 it waits so many seconds for one
func (m *Mailbox) pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", m.list)
	mux.HandleFunc("GET /mails", m.poll)
	mux.HandleFunc("GET /mails/{number}", m.show)
	mux.HandleFunc("GET /mails/{number}/html", m.frame)
	static, err := fs.Sub(mailboxFiles, "mailbox/static")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

func (m *Mailbox) list(w http.ResponseWriter, r *http.Request) {
	mails := m.Mails()
	slices.Reverse(mails)
	m.answer(w, r, "list.html", map[string]any{"Mails": mails, "Last": m.last(mails)})
}

func (m *Mailbox) last(mails []Mail) int {
	if len(mails) == 0 {
		return 0
	}
	return mails[0].Number
}

func (m *Mailbox) show(w http.ResponseWriter, r *http.Request) {
	if mail, ok := m.named(w, r); ok {
		m.answer(w, r, "mail.html", map[string]any{"Mail": mail, "Pieces": pieces(mail.Text)})
	}
}

// frame gives the HTML of a mail under a policy that runs nothing. Its links open a window
// of their own: in the frame itself a page that cannot be framed would stay empty.
func (m *Mailbox) frame(w http.ResponseWriter, r *http.Request) {
	mail, ok := m.named(w, r)
	if !ok {
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
	_, _ = w.Write([]byte(strings.Replace(mail.HTML, "<head>", `<head><base target="_blank">`, 1))) // a client that has left needs no answer
}

func (m *Mailbox) named(w http.ResponseWriter, r *http.Request) (Mail, bool) {
	number, err := strconv.Atoi(r.PathValue("number"))
	mails, _ := m.after(number - 1)
	if err != nil || len(mails) == 0 || mails[0].Number != number {
		http.NotFound(w, r)
		return Mail{}, false
	}
	return mails[0], true
}

func (m *Mailbox) poll(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.Atoi(r.URL.Query().Get("after")) // without a number: all
	wait, _ := strconv.Atoi(r.URL.Query().Get("wait"))
	timer := time.NewTimer(min(time.Duration(wait)*time.Second, longestPoll))
	defer timer.Stop()
	mails, changed := m.after(after)
	for waiting := true; waiting && len(mails) == 0; {
		select {
		case <-changed:
			mails, changed = m.after(after)
		case <-timer.C:
			waiting = false
		case <-r.Context().Done():
			return
		case <-m.ended.Done():
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if mails == nil {
		mails = []Mail{}
	}
	_ = json.NewEncoder(w).Encode(map[string][]Mail{"mails": mails}) // a client that has left needs no answer
}

func (m *Mailbox) answer(w http.ResponseWriter, r *http.Request, name string, data map[string]any) {
	language := "en"
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "nl") {
		language = "nl"
	}
	data["Language"], data["T"] = language, mailboxWords[language]
	var page bytes.Buffer
	if err := mailboxPages.ExecuteTemplate(&page, name, data); err != nil {
		http.Error(w, "This page is broken.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = page.WriteTo(w)
}

// mailboxWords are what the pages say.
var mailboxWords = map[string]map[string]string{
	"en": {
		"title": "Mailbox", "lead": "All mail that Aye sends in this demo ends here, whomever it is for.", "none": "No mail yet",
		"wait": "This page shows new mail by itself.", "to": "To", "from": "From", "received": "Received", "back": "All mail",
		"html": "The mail as it looks", "text": "As text", "new": "New mail",
	},
	"nl": {
		"title": "Mailbox", "lead": "Alle mail die Aye in deze demo verstuurt, komt hier binnen, voor wie hij ook is.", "none": "Nog geen mail",
		"wait": "Nieuwe mail verschijnt hier vanzelf.", "to": "Aan", "from": "Van", "received": "Ontvangen", "back": "Alle mail",
		"html": "De mail zoals hij eruitziet", "text": "Als tekst", "new": "Nieuwe mail",
	},
}

// piece is some text of a mail, or a link in it.
type piece struct{ Text, Link string }

// pieces tells links from what stands around them.
func pieces(text string) (all []piece) {
	from := 0
	for _, at := range linkPattern.FindAllStringIndex(text, -1) {
		all = append(all, piece{Text: text[from:at[0]]}, piece{Link: text[at[0]:at[1]]})
		from = at[1]
	}
	return append(all, piece{Text: text[from:]})
}
