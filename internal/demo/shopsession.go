package demo

import (
	"crypto/rand"
	"maps"
	"net/http"
	"sync"
	"time"

	"example.com/aye/internal/secret"
)

const (
	sessionCookie = "shop_session"
	browserCookie = "shop_browser"
	sessionLife   = time.Hour
	browserLife   = 365 * 24 * time.Hour
)

// session is what the shop knows of one browser. The id of the approval stays in here: a
// release code works only together with the session that asked for it, so a code that was
// stolen from another browser opens nothing.
type session struct {
	email    string // whose password was right
	approval *approval
	attempt  string // the Idempotency-Key of the one redeem of this approval
	pairing  *pairing
	welcome  *welcome
	notice   string // shown once, on the next page
	ends     time.Time
}

// approval is the part of Aye's answer that the page needs.
type approval struct {
	ID        string        `json:"id"`
	Number    string        `json:"number"`
	Methods   []string      `json:"methods"`
	ExpiresAt time.Time     `json:"expires_at"`
	Delivery  []delivery    `json:"delivery"`
	EventsURL string        `json:"events_url"`
	Ticket    secret.Secret `json:"ticket"`
}

type delivery struct {
	Device string `json:"device"`
	State  string `json:"state"`
	Reason string `json:"reason"`
}

// pairing is a QR code that is being shown.
type pairing struct {
	ID  string        `json:"id"`
	URL secret.Secret `json:"url"`
	QR  struct {
		SVG secret.Secret `json:"svg"`
	} `json:"qr"`
	ExpiresAt time.Time     `json:"expires_at"`
	EventsURL string        `json:"events_url"`
	Ticket    secret.Secret `json:"ticket"`
}

// sessions live in memory: a demo that restarts asks everybody to log in again.
type sessions struct {
	secure bool

	mu  sync.Mutex
	all map[string]session
}

func newSessions(secure bool) *sessions {
	return &sessions{secure: secure, all: map[string]session{}}
}

func (s *sessions) get(r *http.Request) session {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return session{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.all[cookie.Value]
	if time.Now().After(found.ends) {
		return session{}
	}
	return found
}

// renew starts a session with a new id, so that an id from before the login is worth nothing.
func (s *sessions) renew(w http.ResponseWriter, r *http.Request, content session) {
	s.end(r)
	id := rand.Text()
	content.ends = time.Now().Add(sessionLife)
	s.mu.Lock()
	maps.DeleteFunc(s.all, func(_ string, old session) bool { return time.Now().After(old.ends) })
	s.all[id] = content
	s.mu.Unlock()
	s.set(w, sessionCookie, id, 0)
}

// change applies to the session as it is now, because two tabs may be at work.
func (s *sessions) change(r *http.Request, change func(*session)) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.all[cookie.Value]; ok {
		change(&found)
		s.all[cookie.Value] = found
	}
}

func (s *sessions) end(r *http.Request) {
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		s.mu.Lock()
		delete(s.all, cookie.Value)
		s.mu.Unlock()
	}
}

// endLogin ends the session that an approval opened.
func (s *sessions) endLogin(approvalID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.all, func(_ string, one session) bool { return one.welcome != nil && one.welcome.Approval == approvalID })
}

// browser is the lasting name of this browser, by which Aye tells a repeated login from a
// second one.
func (s *sessions) browser(w http.ResponseWriter, r *http.Request) string {
	if cookie, err := r.Cookie(browserCookie); err == nil && len(cookie.Value) == len(rand.Text()) {
		return cookie.Value
	}
	id := rand.Text()
	s.set(w, browserCookie, id, browserLife)
	return id
}

func (s *sessions) set(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	})
}
