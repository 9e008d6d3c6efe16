package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"example.com/aye/accounts"
	"example.com/aye/approval"
	"example.com/aye/internal/secret"
	"example.com/aye/otp"
	"example.com/aye/pairing"
)

// TestThreatAnotherSiteWaitsForThePortal: what Aye's own pages wait for is told at no other
// origin, an application's allowed ones included.
func TestThreatAnotherSiteWaitsForThePortal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	s.phone(ada, polls)
	user := accounts.UserReference{Email: ada}
	portal, err := w.App.Accounts.PortalOf(t.Context(), s.organisation.ID)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := w.App.Approvals.Ask(t.Context(), portal, approval.Question{User: user, Context: approval.Context{Browser: "b-1"}})
	if err != nil {
		t.Fatal(err)
	}
	shown, err := w.App.Pairings.Open(t.Context(), pairing.Opening{OrganisationID: s.organisation.ID, User: user})
	if err != nil {
		t.Fatal(err)
	}
	socket := "ws" + strings.TrimPrefix(w.Origin, "http")
	for kind, at := range map[string]handle{
		"request": {ID: asked.ID, Ticket: asked.Ticket.Reveal(), EventsURL: socket + "/v1/approvals/" + asked.ID + "/events"},
		"pairing": {ID: shown.ID, Ticket: shown.Ticket.Reveal(), EventsURL: socket + "/v1/pairings/" + shown.ID + "/events"},
	} {
		t.Run(kind, func(t *testing.T) {
			for _, origin := range []string{shopOrigin, "https://evil.example", "null", "", w.Origin + "/", w.Origin + ".evil.example"} {
				w.refused(t, origin, at.Ticket, "origin-not-allowed", at)
			}
			w.refused(t, w.Origin, strings.Repeat("A", 43), "invalid-ticket", at)
			conn, _, err := w.dial(w.Origin, at.EventsURL, "aye.v1", "aye.ticket."+at.Ticket) //nolint:bodyclose // the answer is the WebSocket
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.CloseNow() }()
			own := &page{t, conn}
			if text, err := own.raw(); err != nil || !strings.Contains(text, at.ID) {
				t.Errorf("%s %v", text, err)
			}
		})
	}
	// Our own origin waits for nothing of an application's.
	theirs := s.ask(ada, browser("b-2")).handle
	w.refused(t, w.Origin, theirs.Ticket, "origin-not-allowed", theirs)
}

// Who has an authenticator app and no phone logs in with a code, and a recovery code does too.
func TestLoginWithoutAPhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	member, err := w.App.Accounts.Member(t.Context(), s.organisation.ID, accounts.UserReference{Email: ada})
	if err != nil {
		t.Fatal(err)
	}
	s.post(t, "/v1/approvals", question(ada)).problem(http.StatusConflict, "not-enrolled")
	e, err := w.App.Codes.BeginApp(t.Context(), member.Person.ID, "session", "Tulip", ada)
	if err != nil {
		t.Fatal(err)
	}
	s.post(t, "/v1/approvals", question(ada)).problem(http.StatusConflict, "not-enrolled") // it is not activated
	if _, err = w.App.Codes.ActivateApp(t.Context(), member.Person.ID, "session", e.ID, "Laptop", shows(t, w, e.Secret)); err != nil {
		t.Fatal(err)
	}
	codes, err := w.App.Codes.NewRecoveryCodes(t.Context(), member.Person.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.pass(otp.Step + time.Second)
	for method, code := range map[string]string{"totp": shows(t, w, e.Secret), "recovery": strings.ToUpper(codes[0].Reveal())} {
		request := s.ask(ada, browser("b-"+method))
		if got := strings.Join(request.Methods, " "); got != "totp recovery" || len(request.Delivery) != 0 {
			t.Errorf("methods %q, delivery %v", got, request.Delivery)
		}
		var now state
		s.post(t, "/v1/approvals/"+request.ID+"/verify", object{"method": method, "code": code}).want(http.StatusOK).into(&now)
		if now.Status != "approved" || now.Method != method {
			t.Errorf("%+v", now)
		}
		s.redeem(request.ID, now.ReleaseCode).want(http.StatusOK)
		again := s.ask(ada, browser("b-again-"+method))
		s.post(t, "/v1/approvals/"+again.ID+"/verify", object{"method": method, "code": code}).problem(http.StatusForbidden, "wrong-code")
	}
	organisation := s.organisation
	organisation.Methods = nil
	if err = w.App.Accounts.UpdateOrganisation(t.Context(), organisation); err != nil {
		t.Fatal(err)
	}
	nothing := s.ask(ada, browser("b-nothing"))
	if nothing.Methods == nil || len(nothing.Methods) != 0 {
		t.Errorf("%+v", nothing)
	}
	s.post(t, "/v1/approvals/"+nothing.ID+"/verify", object{"method": "recovery", "code": codes[1].Reveal()}).problem(http.StatusConflict, "method-unavailable")
}

// shows gives the code that an authenticator app with the secret shows now.
func shows(t *testing.T, w *world, key secret.Secret) string {
	t.Helper()
	code, err := totp.GenerateCode(key.Reveal(), w.now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}
