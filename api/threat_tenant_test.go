package api_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/api"
	"example.com/aye/internal/secret"
	"example.com/aye/support"
)

var requestID = regexp.MustCompile(`"request_id":"[^"]*"`)

// neverWas is an id like the given one that names nothing.
func neverWas(id string) string {
	prefix, _, _ := strings.Cut(id, "_")
	return secret.NewID(prefix)
}

// TestThreatAnotherTenant tries, as one organisation, every address with every id of
// another, and wants to the byte what an id is answered that never was.
func TestThreatAnotherTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mallory := w.shopOf(w.organisation(nil), nil, "mallory@example.com")
	p := mallory.phone("mallory@example.com", polls)
	d := w.deskFor("carol@example.com", polls)
	s := d.shop
	w.member(s.organisation, ada, accounts.RoleMember)
	colleague := w.member(s.organisation, "bob@example.com", accounts.RoleMember)
	beside := s.phone(colleague.Person.Email, polls)
	victims := append(ids(s), d.opens(support.Lost, d.sam).ID)
	// An application of the same organisation is a stranger to its requests too.
	sibling := w.shopOf(s.organisation, nil)

	tried := 0
	for route := range api.Routes() {
		method, pattern, _ := strings.Cut(route, " ")
		if !strings.Contains(pattern, ":id") || method == http.MethodOptions || strings.HasSuffix(pattern, "/state") || strings.HasSuffix(pattern, "/events") {
			continue // what a ticket opens is TestThreatAnotherSitesPage
		}
		for _, id := range victims {
			if strings.HasPrefix(pattern, "/v1/device/") { // a phone's own, so other phones try it
				for name, phones := range map[string]*handset{"a phone elsewhere": p, "a colleague's phone": beside} {
					call := func(id string) *answer { return phones.call(t, method, strings.Replace(pattern, ":id", id, 1), "") }
					equal(t, name+" at "+route, call(id), call(neverWas(id)))
					tried++
				}
				continue
			}
			for name, callers := range map[string]*shop{"another organisation": mallory, "a sibling": sibling} {
				call := func(id string) *answer {
					path, body := strings.Replace(pattern, ":id", id, 1), bodies[pattern]
					if strings.HasSuffix(pattern, "/decision") {
						return p.call(t, method, path, p.foreignDecision(id))
					}
					if body == "" {
						return callers.call(t, method, path, nil)
					}
					return callers.call(t, method, path, body)
				}
				equal(t, name+" at "+route, call(id), call(neverWas(id)))
				tried++
			}
		}
	}
	if tried < 60 {
		t.Errorf("only %d addresses were tried", tried)
	}
	member := "usr_"
	for _, id := range victims {
		if strings.HasPrefix(id, "usr_") {
			member = id
		}
	}
	for _, user := range []object{{"id": member}, {"email": ada}} {
		never := object{"id": neverWas(member)}
		if user["email"] != nil {
			never = object{"email": "nobody@example.com"}
		}
		equal(t, "user of a pairing", mallory.post(t, "/v1/pairings", object{"user": user}), mallory.post(t, "/v1/pairings", object{"user": never}))
		ask := func(u object) *answer { return mallory.post(t, "/v1/approvals", question("", object{"user": u})) }
		equal(t, "user of an approval", ask(user), ask(never))
	}
}

// bodies are valid bodies of the addresses that take one.
var bodies = map[string]string{
	"/v1/pairings/:id/confirm": `{"code":"123456"}`,
	"/v1/approvals/:id/codes":  `{"method":"sms"}`,
	"/v1/approvals/:id/verify": `{"method":"totp","code":"123456"}`,
	"/v1/approvals/:id/redeem": `{"release_code":"` + strings.Repeat("A", 43) + `"}`,
}

// ids are those of everything that an organisation can have.
func ids(s *shop) []string {
	s.w.t.Helper()
	opened := s.pairing(ada)
	p := s.w.handset(polls)
	linked, err := p.scan(opened.URL)
	if err != nil {
		s.w.t.Fatal(err)
	}
	pending := s.ask(ada)
	decided := s.ask(ada, browser("b-2"))
	approve(s.w.t, p, decided.ID, decided.Number)
	return []string{opened.ID, pending.ID, decided.ID, linked.User, linked.Device, s.ID, s.organisation.ID}
}

// foreignDecision is well made and signed, about a request of somebody else.
func (h *handset) foreignDecision(id string) string {
	k := h.kept()
	key := privateKey(h.w.t, k.DeviceKey)
	decision := sign(h.w.t, key, "aye-decision+jwt", thumbprint(h.w.t, key), jwt.MapClaims{
		"iss": k.Device, "sub": "usr_1", "org": "org_1", "aud": h.w.Origin, "aid": id, "cn": "cn", "dec": "deny", "ctxh": hashText("x"),
		"uv": "none", "iat": 1, "exp": 2, "jti": strings.Repeat("j", 16),
	})
	return `{"decision":"` + decision + `"}`
}

func equal(t *testing.T, what string, got, want *answer) {
	t.Helper()
	clean := func(a *answer) string { return requestID.ReplaceAllString(string(a.body), "") }
	if got.status != want.status || got.status < http.StatusBadRequest || clean(got) != clean(want) {
		t.Errorf("%s: %d %s\nan id that never was: %d %s", what, got.status, got.body, want.status, want.body)
	}
	for name := range want.header {
		if name != "Date" && name != "X-Request-Id" && strings.Join(got.header[name], "|") != strings.Join(want.header[name], "|") {
			t.Errorf("%s: the header %s is %q, for an id that never was %q", what, name, got.header[name], want.header[name])
		}
	}
}

// TestThreatFindingOutWhoExists asks in pairs, of which one is about somebody.
func TestThreatFindingOutWhoExists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada, "linked@example.com", "twice@example.com")
	s.phone("linked@example.com", polls)
	elsewhere := w.shop()
	member, token, err := w.App.Accounts.AddMember(t.Context(), elsewhere.organisation.ID, accounts.Person{Email: "twice@example.com", Display: "Twice"}, accounts.RoleMember)
	if err != nil || token == "" {
		t.Fatalf("%+v %v", member, err)
	}
	// Invited elsewhere and not yet there: nobody elsewhere learns that the person exists.
	equal(t, "an invited person", elsewhere.post(t, "/v1/approvals", question("twice@example.com")), elsewhere.post(t, "/v1/approvals", question("nobody@example.com")))
	if _, err := w.App.Accounts.AcceptInvitation(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	link := func(email string) *answer {
		return s.post(t, "/v1/pairings", object{"user": object{"email": email}})
	}
	equal(t, "has a phone or belongs elsewhere", link("linked@example.com"), link("twice@example.com"))

	wrong := &caller{w: w, id: s.ID, secret: "wrong"}
	stranger := &caller{w: w, id: neverWas(s.ID), secret: "wrong"}
	nobody := w.anybody()
	equal(t, "client id", wrong.get(t, "/v1/approvals/apr_1"), stranger.get(t, "/v1/approvals/apr_1"))
	equal(t, "no credentials", nobody.get(t, "/v1/approvals/apr_1"), stranger.get(t, "/v1/approvals/apr_1"))
	for _, email := range []string{ada, "nobody@example.com"} {
		equal(t, "before credentials", nobody.post(t, "/v1/approvals", question(email)), stranger.post(t, "/v1/approvals", question("x@example.com")))
	}
	request := s.ask("linked@example.com")
	page := nobody.with("Origin", shopOrigin).with("Authorization", "Ticket "+strings.Repeat("A", 43))
	equal(t, "a page", page.get(t, "/v1/approvals/"+request.ID+"/state"), page.get(t, "/v1/approvals/"+neverWas(request.ID)+"/state"))
}
