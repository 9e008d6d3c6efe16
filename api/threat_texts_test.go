package api_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/api"
	"example.com/aye/internal/emulate"
	"example.com/aye/sms"
)

// TestThreatReasonsThatAreThePersons: an application hears to the byte the same of somebody who joined another
// organisation, of a number that was changed and of one that is gone.
func TestThreatReasonsThatAreThePersons(t *testing.T) {
	t.Parallel()
	w := textWorld(t)
	people := map[string]func(accounts.Member) error{
		"joined@example.com": func(m accounts.Member) error {
			_, token, err := w.App.Accounts.AddMember(t.Context(), w.organisation(nil).ID, accounts.Person{Email: m.Person.Email, Display: "Ada"}, accounts.RoleMember)
			if err == nil {
				_, err = w.App.Accounts.AcceptInvitation(t.Context(), token)
			}
			return err
		},
		"changed@example.com": func(m accounts.Member) error {
			if err := w.App.Accounts.ChooseTexts(t.Context(), m.Person.ID); err != nil {
				return err
			}
			return w.ProveNumber(t.Context(), m, "+31612345670")
		},
		"gone@example.com": func(m accounts.Member) error { return w.App.Accounts.RemoveNumber(t.Context(), m.Person.ID) },
	}
	s := w.textShop(slices.Collect(maps.Keys(people))...)
	if _, err := w.AddTextProvider(t.Context(), s.organisation.ID); err != nil {
		t.Fatal(err)
	}
	next := 0
	said := map[string][]string{}
	for email, change := range people {
		next++
		number := fmt.Sprintf("+3161234560%d", next)
		s.prove(email, number)
		w.pass(time.Minute)
		path := "/v1/approvals/" + s.ask(email).ID
		s.post(t, path+"/codes", object{"method": "sms"}).want(http.StatusAccepted)
		m, err := w.App.Accounts.Member(t.Context(), s.organisation.ID, accounts.UserReference{Email: email})
		if err == nil {
			err = change(m)
		}
		if err != nil {
			t.Fatal(email, err)
		}
		w.pass(sms.FirstPause)
		for _, refused := range []*answer{
			s.post(t, path+"/codes", object{"method": "sms"}), s.post(t, path+"/verify", object{"method": "sms", "code": w.textCode(number)}),
		} {
			problem := map[string]any{}
			refused.problem(http.StatusConflict, "sms-not-open").into(&problem)
			delete(problem, "request_id")
			text := fmt.Sprint(problem)
			said[text] = append(said[text], email)
		}
	}
	if len(said) != 1 {
		t.Errorf("%v", said)
	}
}

// TestThreatAnotherTenantsTexts tries, as another organisation that may manage its own text messages, every
// address with the ids of this one, and wants to the byte what an id is answered that never was. An
// application without the permission is told that, whatever it names.
func TestThreatAnotherTenantsTexts(t *testing.T) {
	t.Parallel()
	w := textWorld(t)
	s := w.textShop()
	s.owner(owner, ownersNumber)
	p := s.provider()
	w.pass(time.Hour)
	var d draft
	s.post(t, "/v1/sms-providers", w.setup()).want(http.StatusAccepted).into(&d)
	code := w.textCode(ownersNumber)

	mallory := w.textShop()
	mallory.owner("mallory@example.com", "+31611111111")
	plain := w.shopOf(s.organisation, func(a *accounts.Application) { a.MayManageTexts = false })
	sibling := w.shopOf(s.organisation, func(a *accounts.Application) { a.MayManageTexts = true })
	body := func(pattern, method string) any {
		switch {
		case strings.HasSuffix(pattern, "/confirm"):
			return object{"code": code}
		case method == http.MethodPatch:
			return object{"description": "Mine", "administrator": object{"email": "mallory@example.com"}}
		case method == http.MethodPost && pattern == "/v1/sms-providers":
			return w.setup()
		case method == http.MethodPut:
			return object{"countries": []string{}, "cap": "default"}
		}
		return nil
	}
	tried := 0
	for route := range api.Routes() {
		method, pattern, _ := strings.Cut(route, " ")
		if !strings.HasPrefix(pattern, "/v1/sms-") {
			continue
		}
		for _, id := range []string{p.ID, d.ID, neverWas(p.ID)} {
			call := func(as *shop, id string) *answer {
				return as.call(t, method, strings.Replace(pattern, ":id", id, 1), body(pattern, method))
			}
			call(plain, id).problem(http.StatusForbidden, "sms-not-allowed")
			if strings.Contains(pattern, ":id") {
				equal(t, "another organisation at "+route, call(mallory, id), call(mallory, neverWas(p.ID)))
				tried++
			}
		}
	}
	if tried < 18 {
		t.Errorf("only %d were tried", tried)
	}
	// What one application began, a sibling does not end: the code is not for it.
	equal(t, "a sibling's draft", sibling.post(t, "/v1/sms-drafts/"+d.ID+"/confirm", object{"code": code}), sibling.post(t, "/v1/sms-drafts/"+neverWas(d.ID)+"/confirm", object{"code": code}))
	// An administrator of somebody else gets no code.
	equal(t, "an administrator", mallory.post(t, "/v1/sms-providers", w.setup()), mallory.post(t, "/v1/sms-providers", w.setup(object{"administrator": object{"email": "nobody@example.com"}})))
	mallory.get(t, "/v1/sms-providers").want(http.StatusOK)
	s.post(t, "/v1/sms-drafts/"+d.ID+"/confirm", object{"code": code}).want(http.StatusOK)
}

// What an application may manage is its own organisation's, if the operator allows it, and never the operator's.
func TestTextManager(t *testing.T) {
	t.Parallel()
	own := accounts.Application{ID: "app_1", OrganisationID: "org_1", MayManageTexts: true}
	plain := own
	plain.MayManageTexts = false
	for _, c := range []struct {
		application  accounts.Application
		organisation string
		may          bool
	}{{own, "org_1", true}, {own, "org_2", false}, {own, "", false}, {plain, "org_1", false}, {accounts.Application{MayManageTexts: true}, "", false}} {
		manager := api.TextManager(c.application)
		if err := manager.MayManage(t.Context(), c.organisation); (err == nil) != c.may || (err != nil && !errors.Is(err, accounts.ErrForbidden)) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if by := api.TextManager(own).By(); by != "app_1" {
		t.Error(by)
	}
}

// TestThreatForgedReports: a report counts if the vendor signed it, for this address, lately, and once.
func TestThreatForgedReports(t *testing.T) {
	t.Parallel()
	w := textWorld(t)
	s := w.textShop(ada)
	s.prove(ada, adasNumber)
	p, err := w.AddTextProvider(t.Context(), s.organisation.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err = w.MessageBird.ReportsDone(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.MessageBird.HoldReports()
	request := s.ask(ada)
	s.post(t, "/v1/approvals/"+request.ID+"/codes", object{"method": "sms"}).want(http.StatusAccepted)
	all := w.MessageBird.Texts(adasNumber)
	text := all[len(all)-1]
	became := func(want sms.State) {
		t.Helper()
		posted, err := w.App.SMS.LastCode(t.Context(), request.ID)
		if err != nil || posted.State != want {
			t.Errorf("%+v %v, want %s", posted, err, want)
		}
	}
	path := func(call *emulate.Call) *url.URL {
		u, err := url.Parse(call.URL)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	for what, change := range map[string]func(*emulate.Call){
		"not signed":        func(c *emulate.Call) { c.Header.Del("MessageBird-Signature-JWT") },
		"another query":     func(c *emulate.Call) { c.URL = strings.Replace(c.URL, "status=delivered", "status=expired", 1) },
		"more in the query": func(c *emulate.Call) { c.URL += "&x=1" },
		"another order": func(c *emulate.Call) {
			u := path(c)
			c.URL = strings.Replace(c.URL, u.RawQuery, reversed(u.RawQuery), 1)
		},
		"a body": func(c *emulate.Call) {
			c.Method, c.Body = http.MethodPost, []byte(`{}`)
			c.Header.Set("Content-Type", "application/json")
		},
		"another host was signed": func(c *emulate.Call) {
			there := *c
			there.URL = strings.Replace(c.URL, w.Origin, "https://evil.example.com", 1)
			c.Header.Set("MessageBird-Signature-JWT", w.MessageBird.Sign(there))
		},
		"no algorithm": func(c *emulate.Call) {
			c.Header.Set("MessageBird-Signature-JWT", unsigned(c.Header.Get("MessageBird-Signature-JWT")))
		},
	} {
		call := w.report(t, text, emulate.Report{Status: "delivered", Change: change})
		if call.Status != http.StatusUnauthorized {
			t.Errorf("%s: %d", what, call.Status)
		}
		became(sms.Sent)
	}
	// Else the server, which asks by itself after a while, could hear it from the vendor meanwhile.
	w.MessageBird.Script(emulate.LookCalls, emulate.Behaviour{Status: http.StatusServiceUnavailable})
	late := w.report(t, text, emulate.Report{Status: "delivered", Change: func(*emulate.Call) { w.pass(time.Hour) }})
	if late.Status != http.StatusUnauthorized {
		t.Errorf("late: %d", late.Status)
	}
	became(sms.Sent)

	w.anybody().get(t, "/v1/sms/reports/"+neverWas(p.ID)+"?status=delivered").problem(http.StatusNotFound, "not-found")
	w.anybody().get(t, "/v1/sms/reports/"+p.ID).problem(http.StatusUnauthorized, "invalid-report")
	w.anybody().post(t, "/v1/sms/reports/"+p.ID, `{"x":"`+strings.Repeat("x", 64<<10)+`"}`).problem(http.StatusRequestEntityTooLarge, "payload-too-large")

	good := w.report(t, text, emulate.Report{Status: "delivered"})
	if good.Status != http.StatusOK {
		t.Errorf("a good one: %d", good.Status)
	}
	became(sms.Delivered)
	// The same again changes nothing, and neither does an older state that comes late.
	if status, err := w.MessageBird.Repeat(t.Context(), good); err != nil || status != http.StatusOK {
		t.Error(status, err)
	}
	if call := w.report(t, text, emulate.Report{Status: "buffered"}); call.Status != http.StatusOK {
		t.Errorf("a late one: %d", call.Status)
	}
	became(sms.Delivered)
	// Signed, and about no message of ours: repeating it would not help.
	strange := func(c *emulate.Call) {
		c.URL = strings.NewReplacer(text.Reference, "other-software-1", text.ID, strings.Repeat("0", 32)).Replace(c.URL)
		c.Header.Set("MessageBird-Signature-JWT", w.MessageBird.Sign(*c))
	}
	if call := w.report(t, text, emulate.Report{Status: "delivered", Change: strange}); call.Status != http.StatusOK {
		t.Errorf("another's message: %d", call.Status)
	}
	became(sms.Delivered)
}

// report sends one and gives the call as it went, with what came back.
func (w *world) report(t *testing.T, text emulate.Text, r emulate.Report) emulate.Call {
	t.Helper()
	_ = w.MessageBird.Report(t.Context(), text, r) // fails with all but success
	calls := w.MessageBird.Calls()
	return calls[len(calls)-1]
}

func reversed(query string) string {
	first, rest, _ := strings.Cut(query, "&")
	return rest + "&" + first
}

// unsigned is the token with alg none.
func unsigned(token string) string {
	parts := strings.Split(token, ".")
	return "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + parts[1] + "."
}

// TestReportsBehindAProxy: the signature covers the address as the vendor knows it, and a proxy speaks to Aye
// under another name.
func TestReportsBehindAProxy(t *testing.T) {
	t.Parallel()
	w := textWorld(t)
	if err := w.MessageBird.ReportsDone(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.MessageBird.HoldReports()
	s := w.textShop(ada)
	s.prove(ada, adasNumber)
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		inside, err := http.NewRequestWithContext(r.Context(), r.Method, w.Origin+r.URL.RequestURI(), r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		inside.Header, inside.Host = r.Header.Clone(), "aye.internal:8080"
		inside.Header.Set("X-Forwarded-Host", "evil.example.com")
		response, err := http.DefaultTransport.RoundTrip(inside) //nolint:forbidigo // any will do
		if err != nil {
			t.Error(err)
			return
		}
		rw.WriteHeader(response.StatusCode)
		_, err = io.Copy(rw, response.Body)
		if err = errors.Join(err, response.Body.Close()); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(proxy.Close)
	texts := w.MessageBird.Texts(adasNumber)
	call := w.report(t, texts[0], emulate.Report{Status: "delivered", Change: func(c *emulate.Call) { c.URL = strings.Replace(c.URL, w.Origin, proxy.URL, 1) }})
	if call.Status != http.StatusOK {
		t.Errorf("%d", call.Status)
	}
}
