package demo

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// waiting gives the approval of this browser, or sends it to the start.
func (s *shop) waiting(w http.ResponseWriter, r *http.Request) (session, bool) {
	current := s.sessions.get(r)
	if current.approval == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return current, false
	}
	return current, true
}

func (s *shop) wait(w http.ResponseWriter, r *http.Request) {
	current, ok := s.waiting(w, r)
	if !ok {
		return
	}
	data := pageData{
		Approval: current.approval, State: "pending", Delivery: current.approval.Delivery, Notice: current.notice,
		StateURL: s.AyeURL + "/v1/approvals/" + current.approval.ID + "/state",
		Left:     secondsLeft(current.approval.ExpiresAt), HasCode: slices.Contains(current.approval.Methods, "totp"),
		Typing: r.URL.Query().Has("typing"),
	}
	s.sessions.change(r, func(c *session) { c.notice = "" })
	if r.URL.Query().Has("noscript") && s.withoutScript(w, r, current, &data) {
		return
	}
	s.show(w, r, "wait", http.StatusOK, data)
}

// withoutScript does what the page's script does elsewhere: look, and release.
func (s *shop) withoutScript(w http.ResponseWriter, r *http.Request, current session, data *pageData) (answered bool) {
	var state struct {
		Status      string     `json:"status"`
		Delivery    []delivery `json:"delivery"`
		ReleaseCode string     `json:"release_code"`
	}
	if err := s.aye.state(r.Context(), "/v1/approvals/"+current.approval.ID+"/state", current.approval.Ticket, &state); err != nil {
		data.Notice = s.trouble(r, err)
		return false
	}
	if state.Status == "approved" && state.ReleaseCode != "" {
		s.finish(w, r, current, state.ReleaseCode)
		return true
	}
	data.State, data.Delivery = state.Status, state.Delivery
	return false
}

// release is where the page brings the code that it got for the approval.
func (s *shop) release(w http.ResponseWriter, r *http.Request) {
	if current, ok := s.waiting(w, r); ok {
		s.finish(w, r, current, r.PostFormValue("release_code"))
	}
}

func (s *shop) finish(w http.ResponseWriter, r *http.Request, current session, code string) {
	person, err := s.aye.redeem(r.Context(), current.approval.ID, current.attempt, code)
	if err != nil {
		notice := s.trouble(r, err)
		s.sessions.change(r, func(c *session) { c.notice, c.approval = notice, nil })
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	s.sessions.renew(w, r, session{welcome: person})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *shop) resend(w http.ResponseWriter, r *http.Request) {
	current, ok := s.waiting(w, r)
	if !ok {
		return
	}
	notice := "wait.resent"
	if err := s.aye.do(r.Context(), http.MethodPost, "/v1/approvals/"+current.approval.ID+"/resend", nil); err != nil {
		notice = s.trouble(r, err)
	}
	s.tell(w, r, "/wait", notice)
}

func (s *shop) typeCode(w http.ResponseWriter, r *http.Request) {
	current, ok := s.waiting(w, r)
	if !ok {
		return
	}
	body := map[string]string{"method": "totp", "code": digitsOf(r.PostFormValue("code"))}
	notice := ""
	if err := s.aye.do(r.Context(), http.MethodPost, "/v1/approvals/"+current.approval.ID+"/verify", body); err != nil {
		if notice = s.trouble(r, err); notice == "trouble.other" && reason(err) != "" {
			notice = "wait.code.wrong"
		}
	}
	s.tell(w, r, "/wait", notice)
}

func (s *shop) cancel(w http.ResponseWriter, r *http.Request) {
	current, ok := s.waiting(w, r)
	if !ok {
		return
	}
	if err := s.aye.do(r.Context(), http.MethodDelete, "/v1/approvals/"+current.approval.ID, nil); err != nil {
		s.trouble(r, err)
	}
	s.sessions.end(r)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// tell answers a script with the words, and a plain form with a page that shows them.
func (s *shop) tell(w http.ResponseWriter, r *http.Request, page, notice string) {
	if r.Header.Get("Accept") != "application/json" {
		s.sessions.change(r, func(c *session) { c.notice = notice })
		http.Redirect(w, r, page+"?noscript", http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{"notice": text(languageOf(r), notice)})
}

func digitsOf(typed string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, typed)
}

func secondsLeft(until time.Time) int {
	return int(max(time.Until(until), 0).Round(time.Second).Seconds())
}
