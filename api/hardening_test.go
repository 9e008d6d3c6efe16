package api_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"example.com/aye/internal/app"
	"example.com/aye/internal/stage"
)

func TestBodiesThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	p := s.phone(ada, polls)
	ask := func(change object) string {
		text := new(bytes.Buffer)
		fmt.Fprintf(text, `{"user":{"email":%q},"context":{"browser":"b"}`, ada)
		for name, value := range change {
			fmt.Fprintf(text, `,%q:%s`, name, value)
		}
		return text.String() + "}"
	}
	long := strings.Repeat("x", 70000)
	for name, c := range map[string]struct {
		body    string
		code    string
		pointer string
	}{
		"too large":            {`{"message":"` + long + `"}`, "payload-too-large", ""},
		"not JSON":             {`user=ada`, "invalid-json", ""},
		"cut off":              {`{"user":`, "invalid-json", ""},
		"an array":             {`[]`, "invalid-json", ""},
		"nothing":              {` `, "invalid-json", ""},
		"two documents":        {ask(nil) + `{}`, "invalid-json", ""},
		"a name twice":         {ask(object{"user": `{}`}), "invalid-json", ""},
		"a name twice in case": {ask(object{"User": `{}`}), "invalid-json", ""},
		"too deep":             {ask(object{"details": strings.Repeat("[", 9) + strings.Repeat("]", 9)}), "invalid-json", ""},
		"not UTF-8":            {ask(object{"message": "\"\xff\""}), "invalid-json", ""},
		"an unknown field":     {ask(object{"admin": `true`}), "invalid-request", "/admin"},
		"a long unknown field": {ask(object{long[:2000]: `true`}), "invalid-request", ""},
		"a wrong type":         {ask(object{"message": `1`}), "invalid-request", "/message"},
		"a number too large":   {ask(object{"expires_in": strings.Repeat("9", 300)}), "invalid-request", "/expires_in"},
		"too short a life":     {ask(object{"expires_in": `29`}), "invalid-request", "/expires_in"},
		"too long a life":      {ask(object{"expires_in": `301`}), "invalid-request", "/expires_in"},
		"no life":              {ask(object{"expires_in": `0`}), "invalid-request", "/expires_in"},
		"an unknown confirm":   {ask(object{"confirm": `"swipe"`}), "invalid-request", "/confirm"},
		"too long a message":   {ask(object{"message": `"` + long[:201] + `"`}), "invalid-request", "/message"},
		"a message on lines":   {ask(object{"message": `"a\nb"`}), "invalid-request", "/message"},
		"text turned around":   {ask(object{"message": `"a\u202eb"`}), "invalid-request", "/message"},
		"an empty detail":      {ask(object{"details": `[{"label":"","value":"x"}]`}), "invalid-request", "/details/0"},
		"not an address":       {`{"user":{"email":"ada@example.com"},"context":{"browser":"b","ip":"here"}}`, "invalid-request", "/context/ip"},
		"no browser":           {`{"user":{"email":"ada@example.com"},"context":{}}`, "invalid-request", "/context/browser"},
		"two names of a user":  {`{"user":{"email":"ada@example.com","id":"usr_1"},"context":{"browser":"b"}}`, "invalid-request", "/user"},
	} {
		got := s.post(t, "/v1/approvals", c.body)
		var problem struct{ Errors []struct{ Pointer string } }
		got.into(&problem)
		if got.code() != c.code || (c.code == "invalid-request" && (len(problem.Errors) != 1 || problem.Errors[0].Pointer != c.pointer)) {
			t.Errorf("%s: %.300s", name, got.body)
		}
		if c.code != "invalid-request" && c.code != "payload-too-large" {
			if got := p.call(t, http.MethodPatch, "/v1/device", c.body); got.code() != c.code {
				t.Errorf("a phone, %s: %.300s", name, got.body)
			}
		}
	}
	for name, kind := range map[string]string{"a form": "application/x-www-form-urlencoded", "text": "text/plain", "nothing": "", "nonsense": ";;"} {
		if got := s.with("Content-Type", kind).post(t, "/v1/approvals", ask(nil)); got.code() != "unsupported-media-type" {
			t.Errorf("%s: %s", name, got.body)
		}
	}
	s.with("Content-Encoding", "gzip").post(t, "/v1/approvals", ask(nil)).problem(http.StatusUnsupportedMediaType, "unsupported-media-type")
	s.with("Content-Type", "application/json; charset=utf-8").post(t, "/v1/approvals", ask(nil)).want(http.StatusCreated)
	p.call(t, http.MethodPatch, "/v1/device", `{"name":"`+long+`"}`).problem(http.StatusRequestEntityTooLarge, "payload-too-large")
}

func TestWaitsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	linking := s.pairing(ada)
	page := w.anybody().with("Origin", shopOrigin).with("Authorization", "Ticket "+linking.Ticket)
	for _, wait := range []string{"0", "-1", "26", "1.5", "soon", "99999999999999999999"} {
		s.get(t, "/v1/pairings/"+linking.ID+"?wait="+wait).problem(http.StatusBadRequest, "invalid-request")
		page.get(t, "/v1/pairings/"+linking.ID+"/state?wait="+wait).problem(http.StatusBadRequest, "invalid-request")
	}
	s.get(t, "/v1/pairings/"+linking.ID+"?wait=1").want(http.StatusOK) // and nothing changed
}

func TestMethodsAndHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	nobody := w.anybody()
	for _, c := range []struct{ method, path, allow string }{
		{http.MethodPut, "/v1/approvals", "POST"},
		{http.MethodDelete, "/v1/device/approvals", "GET"},
		{http.MethodPost, "/healthz", "GET"},
		{"BREW", "/p", "GET"},
	} {
		got := nobody.call(t, c.method, c.path, nil).problem(http.StatusMethodNotAllowed, "method-not-allowed")
		if !strings.Contains(got.header.Get("Allow"), c.allow) {
			t.Errorf("%s %s allows %q", c.method, c.path, got.header.Get("Allow"))
		}
	}
	if head := nobody.call(t, http.MethodHead, "/v1/device", nil); head.status != http.StatusMethodNotAllowed || len(head.body) > 0 {
		t.Errorf("HEAD: %d %s", head.status, head.body)
	}
	nobody.get(t, "/v1/nothing").problem(http.StatusNotFound, "not-found")
	nobody.get(t, "/v1/approvals/../../etc/passwd").problem(http.StatusNotFound, "not-found")
	for _, path := range []string{"/healthz", "/v1/nothing", "/p", "/v1/openapi.json", "/problems/lapsed"} {
		h := nobody.get(t, path).header
		policy := h.Get("Content-Security-Policy")
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cache-Control") == "" ||
			!strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "script") {
			t.Errorf("%s: %v", path, h)
		}
		if h.Get("Set-Cookie") != "" || h.Get("Server") != "" {
			t.Errorf("%s tells too much: %v", path, h)
		}
	}
	for name, header := range map[string]string{"Authorization": "Basic ", "X-Large": ""} {
		if got := nobody.with(name, header+strings.Repeat("x", 24<<10)).get(t, "/v1/approvals/apr_1"); got.status != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("24 KiB of %s: %d", name, got.status)
		}
	}
}

func TestThreatForgedAddress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		proxies []string
		header  string
		want    string
	}{
		"nobody is believed":         {nil, "198.51.100.1", "127.0.0.1"},
		"another proxy is believed":  {[]string{"192.0.2.0/24"}, "198.51.100.1", "127.0.0.1"},
		"the proxy is believed":      {[]string{"127.0.0.0/8"}, "198.51.100.1", "198.51.100.1"},
		"what its caller said isn't": {[]string{"127.0.0.0/8"}, "1.1.1.1, 198.51.100.1", "198.51.100.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := new(paper)
			w := newWorld(t, logged(log), func(o *stage.Options) { o.Change = func(s *app.Config) { s.TrustedProxies = c.proxies } })
			w.anybody().with("X-Forwarded-For", c.header).with("X-Real-Ip", "9.9.9.9").get(t, "/healthz")
			if ip := net.ParseIP(c.want); !strings.Contains(log.String(), "ip="+ip.String()) {
				t.Errorf("want %s: %s", c.want, log)
			}
		})
	}
}

func TestPairPageSpeaksDutch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *stage.Options) {
		o.Change = func(c *app.Config) {
			c.AppStore, c.PlayStore = "https://apps.example.com/ios", "https://apps.example.com/android"
		}
	})
	for header, language := range map[string]string{"": "en", "nl-NL,nl;q=0.9": "nl", "de": "en", "en,nl;q=0.5": "en"} {
		page := string(w.anybody().with("Accept-Language", header).get(t, "/p").want(http.StatusOK).body)
		if !strings.Contains(page, `lang="`+language+`"`) || strings.Contains(page, "<script") || !strings.Contains(page, "https://apps.example.com/ios") {
			t.Errorf("%q: %.300s", header, page)
		}
	}
}
