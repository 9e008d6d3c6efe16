package demo

import (
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

func (s *shop) linking(w http.ResponseWriter, r *http.Request) (session, bool) {
	current := s.sessions.get(r)
	if current.pairing == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return current, false
	}
	return current, true
}

// link shows the QR code. The picture is shown as an image and not as markup, so that
// nothing in it can become part of this page.
func (s *shop) link(w http.ResponseWriter, r *http.Request) {
	current, ok := s.linking(w, r)
	if !ok {
		return
	}
	p := current.pairing
	picture := "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(standalone(p.QR.SVG.Reveal())))
	data := pageData{
		Pairing: p, State: "open", Notice: current.notice, Left: secondsLeft(p.ExpiresAt),
		QR:       template.URL(picture), //nolint:gosec // an image in base64, which holds no script that runs
		StateURL: s.AyeURL + "/v1/pairings/" + p.ID + "/state",
	}
	if s.PhoneURL != "" {
		data.PhoneURL = s.PhoneURL + "#pair=" + url.QueryEscape(p.URL.Reveal())
	}
	s.sessions.change(r, func(c *session) { c.notice = "" })
	if r.URL.Query().Has("noscript") {
		s.lookAtLink(r, p, &data)
	}
	s.show(w, r, "link", http.StatusOK, data)
}

// standalone gives the namespace that a picture of its own needs and inline markup does not.
func standalone(svg string) string {
	if strings.Contains(svg, "xmlns=") {
		return svg
	}
	return strings.Replace(svg, "<svg", `<svg xmlns="http://www.w3.org/2000/svg"`, 1)
}

func (s *shop) lookAtLink(r *http.Request, p *pairing, data *pageData) {
	var state struct {
		Status string `json:"status"`
		Number string `json:"number"`
		Device struct {
			Name string `json:"name"`
		} `json:"device"`
	}
	if err := s.aye.state(r.Context(), "/v1/pairings/"+p.ID+"/state", p.Ticket, &state); err != nil {
		data.Notice = s.trouble(r, err)
		return
	}
	data.State, data.Device, data.Number = state.Status, state.Device.Name, state.Number
}

func (s *shop) renewLink(w http.ResponseWriter, r *http.Request) {
	current, ok := s.linking(w, r)
	if !ok {
		return
	}
	var renewed pairing
	err := s.aye.call(r.Context(), http.MethodPost, "/v1/pairings/"+current.pairing.ID+"/renew", "", nil, &renewed)
	if err != nil {
		// Ten minutes have passed, or the code was burned: a new pairing it is.
		opened, err := s.aye.openPairing(r.Context(), current.email)
		if err != nil {
			s.sessions.change(r, func(c *session) { c.notice = s.trouble(r, err) })
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		renewed = *opened
	}
	s.sessions.change(r, func(c *session) { c.pairing = &renewed })
	http.Redirect(w, r, "/link", http.StatusSeeOther)
}

func (s *shop) confirmLink(w http.ResponseWriter, r *http.Request) {
	current, ok := s.linking(w, r)
	if !ok {
		return
	}
	notice := ""
	body := map[string]string{"code": digitsOf(r.PostFormValue("code"))}
	if err := s.aye.do(r.Context(), http.MethodPost, "/v1/pairings/"+current.pairing.ID+"/confirm", body); err != nil {
		if notice = s.trouble(r, err); reason(err) != "" {
			notice = "link.confirm.wrong"
		}
	}
	s.tell(w, r, "/link", notice)
}

// cancelLink stops the linking, or after it says "not my phone".
func (s *shop) cancelLink(w http.ResponseWriter, r *http.Request) {
	current, ok := s.linking(w, r)
	if !ok {
		return
	}
	notice := r.PostFormValue("notice")
	if err := s.aye.do(r.Context(), http.MethodDelete, "/v1/pairings/"+current.pairing.ID, nil); err != nil {
		notice = s.trouble(r, err)
	}
	s.sessions.change(r, func(c *session) { c.pairing, c.notice = nil, notice })
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
