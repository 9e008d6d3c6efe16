package api_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/app"
	"example.com/aye/internal/phone"
	"example.com/aye/internal/stage"
	"example.com/aye/support"
)

// paper is a log that can be read while it is written.
type paper struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// logged writes the log at its most talkative.
func logged(log *paper) func(*stage.Options) {
	return func(o *stage.Options) {
		o.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}

// TestThreatCanariesInLogs plays everything that people do, with the log at debug and each call traced, and
// then looks for each secret in the log, in the traces, in the errors and in the addresses that were called.
func TestThreatCanariesInLogs(t *testing.T) {
	t.Parallel()
	log, traces := new(paper), newCollector(t)
	mails := mailServer(t)
	w := newWorld(t, logged(log), traces.traced(""), func(o *stage.Options) {
		o.Mail = app.Mail{Host: "127.0.0.1", Port: mails.port, From: "aye@example.com", Plain: true}
	})
	told := make(chan *http.Request, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { told <- r }))
	t.Cleanup(receiver.Close)
	s := w.shopOf(w.organisation(func(o *accounts.Organisation) { o.Profile = accounts.Strict }), func(a *accounts.Application) { a.WebhookURL = receiver.URL + "/hook" }, ada)

	secrets := map[string]string{"client secret": s.secret, "webhook secret": s.WebhookSecret.Reveal()}
	keep := func(name, value string) { secrets[fmt.Sprintf("%s %d", name, len(secrets))] = value }

	opened := s.pairing(ada)
	keep("pairing code", strings.Split(opened.URL, ".")[1])
	keep("ticket", opened.Ticket)
	linking := w.page(opened)
	p := w.handset()
	if _, err := p.scan(opened.URL); err != nil {
		t.Fatal(err)
	}
	digits, _ := p.ConfirmationDigits()
	keep("digits", digits)
	s.post(t, "/v1/pairings/"+opened.ID+"/confirm", object{"code": digits}).want(http.StatusOK)
	linking.closed(1000)
	if _, err := p.Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	keep("push address", p.address())
	seed, _ := url.Parse(p.kept().TOTP)
	keep("seed", seed.Query().Get("secret"))

	// Approved by number, released, reported.
	request := s.ask(ada, object{"message": "Log in"})
	keep("number", request.Number)
	keep("ticket", request.Ticket)
	waiting := w.page(request.handle)
	approve(t, p, request.ID, request.Number)
	release := waiting.until("approved").ReleaseCode
	keep("release code", release)
	s.redeem(request.ID, release).want(http.StatusOK)
	if _, err := p.Report(t.Context(), request.ID); err != nil {
		t.Fatal(err)
	}
	<-told

	// A code of the phone, and everything wrong.
	request = s.ask(ada)
	keep("number", request.Number)
	code, _ := p.Code(w.now())
	keep("code", code)
	s.post(t, "/v1/approvals/"+request.ID+"/verify", object{"method": "totp", "code": code}).want(http.StatusOK)
	s.post(t, "/v1/approvals/"+request.ID+"/verify", object{"method": "totp", "code": code}).problem(http.StatusConflict, "already-decided")
	s.redeem(request.ID, release).problem(http.StatusForbidden, "wrong-release-code")
	request = s.ask(ada)
	keep("number", request.Number)
	if _, err := p.Approve(t.Context(), request.ID, "123", phone.PIN); err != nil {
		t.Fatal(err)
	}
	(&caller{w: w, id: s.ID, secret: request.Ticket}).get(t, "/v1/approvals/apr_1").problem(http.StatusUnauthorized, "unauthorized")
	w.anybody().with("Origin", "https://evil.example").with("Authorization", "Ticket "+request.Ticket).get(t, "/v1/approvals/"+request.ID+"/state").problem(http.StatusForbidden, "origin-not-allowed")
	s.post(t, "/v1/approvals/"+request.ID+"/verify", `{"method":"totp","code":["`+code+`"]}`).problem(http.StatusBadRequest, "invalid-request")
	s.post(t, "/v1/approvals/"+request.ID+"/verify", `{"code":"`+code+`"`).problem(http.StatusBadRequest, "invalid-json")

	// A login at the portal.
	member, err := w.App.Accounts.Member(t.Context(), s.organisation.ID, accounts.UserReference{Email: ada})
	if err != nil {
		t.Fatal(err)
	}
	w.password(member)
	keep("password", "correct horse battery staple")
	visit := w.visit(ada)
	keep("number", visit.number)
	keep("ticket", visit.ticket)
	listed, err := p.List(t.Context())
	if err != nil || len(listed) != 1 {
		t.Fatalf("%+v %v", listed, err)
	}
	approve(t, p, listed[0].ID, visit.number)
	keep("session", visit.again())

	// An invitation, which is mailed. A second phone, and one code for two phones.
	elsewhere := w.organisation(nil)
	m, token, err := w.App.Accounts.AddMember(t.Context(), elsewhere.ID, accounts.Person{Email: ada, Display: "Ada"}, accounts.RoleMember)
	if err != nil {
		t.Fatal(err)
	}
	keep("invitation", token.Reveal())
	w.App.Invite(t.Context(), m, token)
	burned := s.further(ada, p, apple)
	keep("push address", burned.address())
	for !strings.Contains(<-mails.taken, token.Reveal()) { // the one secret that travels by mail
	}
	w.keepsSupportSecret(t, s, mails, keep)
	w.restart()

	for name, text := range map[string]string{
		"the log": log.String(), "the traces": traces.String(), "the problems": strings.Join(w.tape.problems, "\n"), "the addresses": strings.Join(w.tape.urls, "\n"),
	} {
		for what, value := range secrets {
			if value == "" {
				t.Errorf("there is no %s", what)
			} else if found := regexp.MustCompile(`\b` + regexp.QuoteMeta(value) + `\b`).FindStringIndex(text); found != nil {
				t.Errorf("%s has the %s: …%s…", name, what, text[max(0, found[0]-200):min(len(text), found[1]+50)])
			}
		}
		if jws := regexp.MustCompile(`eyJ[\w-]{10,}\.[\w-]*`).FindString(text); jws != "" {
			t.Errorf("%s has a signed message: %s", name, jws)
		}
	}
	if !strings.Contains(log.String(), "level=DEBUG") {
		t.Error("the log is not at debug")
	}
	// Who somebody is and where they are is no business of a collector's either.
	for _, personal := range []string{"@", "Ada", "Tulip", "The shop", "Log in", "203.0.113", "127.0.0.1", "Mozilla", "Firefox", "Pixel", "dev_", "usr_", "per_"} {
		if at := strings.Index(traces.String(), personal); at >= 0 {
			t.Errorf("the traces have %q: …%s…", personal, traces.String()[max(0, at-100):at+100])
		}
	}
	for _, step := range []string{"ask", "push", "fetch", "decide", "release", "redeem", "POST /login", "POST /v1/approvals"} {
		if !strings.Contains(traces.String(), `"name":"`+step+`"`) {
			t.Errorf("the traces have no %s: nothing was looked at", step)
		}
	}
}

// What support's mail has in it.
var (
	stopLink     = regexp.MustCompile(`/stop/([\w.-]+)`)
	newPhoneLink = regexp.MustCompile(`/new-phone/([\w.-]+)`)
	callerLink   = regexp.MustCompile(`/caller/([\w.-]+)`)
	callerCode   = regexp.MustCompile(`\b\d{6}\b`)
)

// keepsSupportSecret helps somebody who forgot the phone, and then somebody who lost it.
func (w *world) keepsSupportSecret(t *testing.T, s *shop, mails *mails, keep func(name, value string)) {
	t.Helper()
	const eve = "eve@example.com"
	d := &desk{shop: s, member: w.member(s.organisation, eve, accounts.RoleMember)}
	w.password(d.member)
	d.phone = w.handset()
	if err := w.Link(t.Context(), d.member, d.phone.Phone); err != nil {
		t.Fatal(err)
	}
	d.sam, d.ed = w.agent(s.organisation, "Sam", accounts.RoleSupport), w.agent(s.organisation, "Ed", accounts.RoleAdministrator)
	mailed := func(what *regexp.Regexp) string {
		for {
			if found := what.FindStringSubmatch(<-mails.taken); found != nil {
				return found[len(found)-1]
			}
		}
	}
	forgotten := d.opens(support.Forgotten, d.ed)
	code := mailed(accessCode)
	keep("access code", code)
	pending := d.ask(eve, browser("b-9"))
	d.post(t, "/v1/approvals/"+pending.ID+"/verify", object{"method": "temporary", "code": code}).want(http.StatusOK)
	d.post(t, "/v1/approvals/"+pending.ID+"/verify", object{"method": "temporary", "code": code}).problem(http.StatusConflict, "already-decided")
	if c, err := w.App.Support.Store.Case(t.Context(), forgotten.ID); err != nil || c.State != support.Done {
		t.Fatalf("%+v %v", c, err)
	}
	lost := d.opens(support.Lost, d.sam)
	keep("stop link", mailed(stopLink))
	if _, err := w.Desk(d.sam).Verify(t.Context(), lost.ID, support.ByMail); err != nil {
		t.Fatal(err)
	}
	letter := ""
	for letter == "" {
		if text := <-mails.taken; callerLink.MatchString(text) {
			letter = text
		}
	}
	keep("caller link", callerLink.FindStringSubmatch(letter)[1])
	keep("caller code", callerCode.FindString(letter[strings.Index(letter, "\r\n\r\n"):]))
	d.signs(d.ed, lost.ID)
	w.pass(support.DefaultWait)
	if err := w.App.Support.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	token := mailed(newPhoneLink)
	keep("new phone link", token)
	for _, path := range []string{"/new-phone/" + token, "/new-phone/" + token + "x"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.Origin+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := (&http.Client{Timeout: 10 * time.Second}).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}
}
