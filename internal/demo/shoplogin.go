package demo

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
)

func (s *shop) home(w http.ResponseWriter, r *http.Request) {
	current := s.sessions.get(r)
	if current.welcome != nil {
		s.show(w, r, "welcome", http.StatusOK, pageData{Welcome: current.welcome})
		return
	}
	notice := current.notice
	s.sessions.change(r, func(c *session) { c.notice = "" })
	s.show(w, r, "login", http.StatusOK, pageData{Notice: notice, Email: current.email, People: s.People})
}

func (s *shop) login(w http.ResponseWriter, r *http.Request) {
	email := r.PostFormValue("email")
	if !s.known(email, r.PostFormValue("password")) {
		s.show(w, r, "login", http.StatusUnprocessableEntity, pageData{Notice: "login.wrong", Email: email, People: s.People})
		return
	}
	// The first factor is proven and nothing more: nobody is logged in until the release.
	s.begin(w, r, email)
}

// again asks once more for the person whose first factor this session has seen.
func (s *shop) again(w http.ResponseWriter, r *http.Request) {
	current := s.sessions.get(r)
	if current.email == "" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.begin(w, r, current.email)
}

// begin asks the person's phone, or links one if there is none.
func (s *shop) begin(w http.ResponseWriter, r *http.Request, email string) {
	asked, err := s.aye.ask(r.Context(), email, "number", visitorOf(r, s.sessions.browser(w, r)))
	if err == nil {
		s.sessions.renew(w, r, session{email: email, approval: asked, attempt: rand.Text()})
		http.Redirect(w, r, "/wait", http.StatusSeeOther)
		return
	}
	if reason(err) == "not-enrolled" {
		var opened *pairing
		if opened, err = s.aye.openPairing(r.Context(), email); err == nil {
			s.sessions.renew(w, r, session{email: email, pairing: opened})
			http.Redirect(w, r, "/link", http.StatusSeeOther)
			return
		}
	}
	s.show(w, r, "login", http.StatusBadGateway, pageData{Notice: s.trouble(r, err), Email: email, People: s.People})
}

func (s *shop) logout(w http.ResponseWriter, r *http.Request) {
	s.sessions.end(r)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func reason(err error) string {
	var refused *refusal
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}

// trouble finds the words for an error of Aye and keeps the error itself for the log.
func (s *shop) trouble(r *http.Request, err error) string {
	slog.WarnContext(r.Context(), "shop: a call failed", slog.Any("error", err))
	switch reason(err) {
	case "unknown-user":
		return "login.wrong" // the same words as for a wrong password
	case "too-many-pending":
		return "trouble.pending"
	case "enrol-refused":
		return "trouble.enrol"
	case "already-decided":
		return "trouble.decided"
	case "lapsed":
		return "end.lapsed.text"
	}
	return "trouble.other"
}
