package api_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"example.com/aye/accounts"
)

// TestThreatAnotherSitesPage plays a page of another site that a person has open beside
// the login page: it must learn nothing, whatever it got hold of.
func TestThreatAnotherSitesPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	linking := s.pairing(ada)
	if _, err := w.handset(polls).scan(linking.URL); err != nil {
		t.Fatal(err)
	}
	mine, other := s.ask(ada).handle, s.ask(ada, browser("b-2")).handle
	elsewhere := w.shopOf(w.organisation(nil), func(a *accounts.Application) { a.Origins = []string{"https://evil.example"} }, "eve@example.com")
	elsewhere.phone("eve@example.com", polls)
	evil := elsewhere.ask("eve@example.com").handle

	attempts := []struct {
		name, origin, ticket, code string
		at                         handle
	}{
		{"foreign origin", "https://evil.example", mine.Ticket, "origin-not-allowed", mine},
		{"absent origin", "", mine.Ticket, "origin-not-allowed", mine},
		{"null origin", "null", mine.Ticket, "origin-not-allowed", mine},
		{"origin with a slash", shopOrigin + "/", mine.Ticket, "origin-not-allowed", mine},
		{"origin with a longer host", shopOrigin + ".evil.example", mine.Ticket, "origin-not-allowed", mine},
		{"origin in other letters", strings.ToUpper(shopOrigin), mine.Ticket, "origin-not-allowed", mine},
		{"made-up ticket", shopOrigin, strings.Repeat("A", 43), "invalid-ticket", mine},
		{"no ticket", shopOrigin, "", "invalid-ticket", mine},
		{"ticket of another request", shopOrigin, other.Ticket, "invalid-ticket", mine},
		{"ticket of a pairing", shopOrigin, linking.Ticket, "invalid-ticket", mine},
		{"ticket of a request, for a pairing", shopOrigin, mine.Ticket, "invalid-ticket", linking},
		{"foreign ticket", shopOrigin, evil.Ticket, "invalid-ticket", mine},
		{"foreign request, at its ticket", shopOrigin, evil.Ticket, "origin-not-allowed", evil},
		{"foreign request with an own ticket", shopOrigin, mine.Ticket, "invalid-ticket", evil},
		{"pairing from a foreign origin", "https://evil.example", linking.Ticket, "origin-not-allowed", linking},
	}
	for _, a := range attempts {
		t.Run(a.name, func(t *testing.T) { w.refused(t, a.origin, a.ticket, a.code, a.at) })
	}
}

// refused tries a ticket as a poll, in the address, and as a WebSocket.
func (w *world) refused(t *testing.T, origin, ticket, code string, at handle) {
	t.Helper()
	state := strings.TrimSuffix(strings.Replace(at.EventsURL, "ws"+strings.TrimPrefix(w.Origin, "http"), "", 1), "events") + "state"
	page := w.anybody()
	if origin != "" {
		page = page.with("Origin", origin)
	}
	status := http.StatusForbidden
	if code == "invalid-ticket" {
		status = http.StatusUnauthorized
	}
	poll := page.with("Authorization", "Ticket "+ticket).get(t, state+"?wait=1").problem(status, code)
	inAddress := page.get(t, state+"?ticket="+at.Ticket).problem(http.StatusUnauthorized, "invalid-ticket")
	for _, answer := range []*answer{poll, inAddress} {
		for name := range answer.header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("a refusal has the header %s", name)
			}
		}
		if strings.Contains(string(answer.body), at.ID) || strings.Contains(string(answer.body), "pending") {
			t.Errorf("a refusal tells of the request: %s", answer.body)
		}
	}
	for _, protocols := range [][]string{{"aye.v1", "aye.ticket." + ticket}, {"aye.v1", "ticket=" + at.Ticket}} {
		conn, response, err := w.dial(origin, at.EventsURL+"?ticket="+at.Ticket, protocols...) //nolint:bodyclose // the library gives a copy of the body
		if err == nil {
			_ = conn.CloseNow()
			t.Fatalf("a WebSocket was opened with %v", protocols)
		}
		told, _ := io.ReadAll(response.Body)
		if response.StatusCode != http.StatusForbidden && response.StatusCode != http.StatusUnauthorized || strings.Contains(string(told), at.ID) {
			t.Errorf("%d %s", response.StatusCode, told)
		}
	}
}

func TestAWebSocketMustSpeakOurProtocol(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	s.phone(ada, polls)
	request := s.ask(ada)
	for _, protocols := range [][]string{{"aye.ticket." + request.Ticket}, {"aye.v2", "aye.ticket." + request.Ticket}} {
		if conn, response, err := w.dial(shopOrigin, request.EventsURL, protocols...); err == nil || response.StatusCode != http.StatusUpgradeRequired { //nolint:bodyclose // the library gives a copy of the body
			t.Errorf("%v: %v", protocols, err)
			if conn != nil {
				_ = conn.CloseNow()
			}
		}
	}
	w.anybody().with("Origin", shopOrigin).with("Authorization", "Ticket "+request.Ticket).
		get(t, "/v1/approvals/"+request.ID+"/events").problem(http.StatusUpgradeRequired, "upgrade-required")
}

func TestPreflights(t *testing.T) {
	t.Parallel()
	phoneOrigin := "https://phone.example.com"
	w := newWorld(t, phoneOrigins(phoneOrigin))
	s := w.shop(ada)
	for path, c := range map[string]struct {
		origin  string
		allowed bool
	}{
		"/v1/approvals/apr_1/state":    {shopOrigin, true},
		"/v1/pairings/pair_1/state":    {"https://evil.example", true}, // the answer itself is refused there
		"/v1/device":                   {phoneOrigin, true},
		"/v1/device/approvals":         {phoneOrigin, true},
		"/v1/devices":                  {shopOrigin, false},
		"/v1/device/history":           {shopOrigin, false},
		"/v1/approvals/apr_1/decision": {"null", false},
		"/v1/approvals":                {shopOrigin, false},
	} {
		got := w.anybody().with("Origin", c.origin).call(t, http.MethodOptions, path, nil)
		if allowed := got.header.Get("Access-Control-Allow-Origin"); (allowed == c.origin) != c.allowed || allowed == "*" {
			t.Errorf("%s from %q: %d %v", path, c.origin, got.status, got.header)
		}
		if got.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s allows cookies", path)
		}
	}
	w.anybody().call(t, http.MethodOptions, "/v1/device", nil).problem(http.StatusForbidden, "origin-not-allowed")
	p := s.phone(ada, polls)
	proof := p.proof(http.MethodGet, "/v1/device", "")
	for origin, allowed := range map[string]bool{phoneOrigin: true, shopOrigin: false, "null": false} {
		got := w.anybody().with("Origin", origin).with("Authorization", "Bearer "+proof).get(t, "/v1/device").want(http.StatusOK)
		if (got.header.Get("Access-Control-Allow-Origin") != "") != allowed {
			t.Errorf("a phone at %s: %v", origin, got.header)
		}
	}
}
