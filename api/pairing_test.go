package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/phone"
)

func TestPairingIsRenewedAndCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	old := s.pairing(ada)
	path := "/v1/pairings/" + old.ID
	var renewed handle
	s.post(t, path+"/renew", nil).want(http.StatusOK).into(&renewed)
	if renewed.URL == old.URL || renewed.Ticket != old.Ticket {
		t.Error("a renewed pairing needs a new code and its old ticket")
	}
	_, err := w.handset().scan(old.URL)
	refusal(t, err, "pairing-unknown-code")
	w.pass(121 * time.Second)
	_, err = w.handset().scan(renewed.URL)
	refusal(t, err, "pairing-expired")
	s.post(t, path+"/renew", nil).want(http.StatusOK)
	s.post(t, path+"/confirm", object{"code": "123456"}).problem(http.StatusConflict, "pairing-closed")
	w.pass(10 * time.Minute)
	s.post(t, path+"/renew", nil).problem(http.StatusGone, "pairing-expired")
	cancelled := s.pairing(ada)
	s.remove(t, "/v1/pairings/"+cancelled.ID).want(http.StatusNoContent)
	s.remove(t, "/v1/pairings/"+cancelled.ID).want(http.StatusNoContent)
	s.post(t, "/v1/pairings/"+cancelled.ID+"/renew", nil).problem(http.StatusConflict, "pairing-closed")
	_, err = w.handset().scan(cancelled.URL)
	refusal(t, err, "pairing-unknown-code")
}

func TestNotMyPhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	opened := s.pairing(ada)
	p := w.handset()
	if _, err := p.scan(opened.URL); err != nil {
		t.Fatal(err)
	}
	s.remove(t, "/v1/pairings/"+opened.ID).want(http.StatusNoContent)
	_, err := p.List(t.Context())
	refusal(t, err, "device-unknown")

	kept := s.pairing(ada)
	if _, err := w.handset().scan(kept.URL); err != nil {
		t.Fatal(err)
	}
	w.pass(11 * time.Minute)
	s.remove(t, "/v1/pairings/"+kept.ID).problem(http.StatusConflict, "pairing-closed")
}

func TestStrictPairingTypesSixDigits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shopOf(w.organisation(func(o *accounts.Organisation) { o.Profile = accounts.Strict }), nil, ada)
	opened := s.pairing(ada)
	waiting := w.page(opened)
	p := w.handset()
	if linked, err := p.scan(opened.URL); err != nil || linked.Status != "awaiting-code" {
		t.Fatalf("%+v %v", linked, err)
	}
	waiting.until("awaiting-code")
	p.call(t, http.MethodGet, "/v1/device/approvals", "").problem(http.StatusForbidden, "device-not-active")
	p.call(t, http.MethodGet, "/v1/device/history", "").problem(http.StatusForbidden, "device-not-active")
	p.call(t, http.MethodPatch, "/v1/device", `{"name":"Mine"}`).problem(http.StatusForbidden, "device-not-active")
	p.call(t, http.MethodPost, "/v1/device/approval-key", `{"claim":"a.b.c","factor":{"method":"totp","code":"123456"}}`).problem(http.StatusForbidden, "device-not-active")
	confirm := "/v1/pairings/" + opened.ID + "/confirm"
	s.post(t, confirm, object{"code": "abcdef"}).problem(http.StatusForbidden, "wrong-code")
	digits, err := p.ConfirmationDigits()
	if err != nil {
		t.Fatal(err)
	}
	s.post(t, confirm, object{"code": digits}).want(http.StatusOK)
	waiting.until("paired")
	waiting.closed(1000)
	if device, err := p.Status(t.Context()); err != nil || device.Status != "active" {
		t.Fatalf("%+v %v", device, err)
	}
}

func TestThreeWrongDigitsBurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shopOf(w.organisation(func(o *accounts.Organisation) { o.Profile = accounts.Strict }), nil, ada)
	opened := s.pairing(ada)
	if _, err := w.handset().scan(opened.URL); err != nil {
		t.Fatal(err)
	}
	confirm := "/v1/pairings/" + opened.ID + "/confirm"
	for range 2 {
		s.post(t, confirm, object{"code": "abcdef"}).problem(http.StatusForbidden, "wrong-code")
	}
	s.post(t, confirm, object{"code": "abcdef"}).problem(http.StatusConflict, "pairing-burned")
}

// TestSecondPhoneIsApprovedOnTheFirst opens two pairings before a phone is there.
func TestSecondPhoneIsApprovedOnTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	one, two := s.pairing(ada), s.pairing(ada)
	waiting := w.page(two)
	older, newer := w.handset(polls), w.handset(polls)
	if _, err := older.scan(one.URL); err != nil {
		t.Fatal(err)
	}
	if linked, err := newer.scan(two.URL); err != nil || linked.Status != "awaiting-approval" {
		t.Fatalf("%+v %v", linked, err)
	}
	number := ""
	for number == "" { // the claim is told first, then what the older phone was asked
		number = waiting.until("awaiting-approval").Number
	}
	requests, err := older.List(t.Context())
	if err != nil || len(requests) != 1 || requests[0].Purpose != "new-phone" {
		t.Fatalf("%+v %v", requests, err)
	}
	approve(t, older, requests[0].ID, number)
	waiting.until("paired")
	waiting.closed(1000)
	s.post(t, "/v1/pairings", object{"user": object{"email": ada}}).problem(http.StatusConflict, "enrol-refused")
}

func TestClaimsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shopOf(w.organisation(func(o *accounts.Organisation) { o.MinimumAppVersion = "2.0.0" }), nil, ada)
	url := s.pairing(ada).URL
	_, err := w.handset().scan(url)
	refusal(t, err, "app-too-old")
	_, err = w.handset(func(d *phone.Details) { d.Model = "" }).scan(url)
	refusal(t, err, "invalid-request")
	code := strings.Split(url, ".")[1]
	w.anybody().post(t, "/v1/devices", object{"code": code, "claim": "a.b.c"}).problem(http.StatusUnauthorized, "invalid-signature")
	for range 4 {
		s.pairing(ada)
	}
	s.post(t, "/v1/pairings", object{"user": object{"email": ada}}).problem(http.StatusTooManyRequests, "too-many-pairings")
}

func TestPhoneLooksAfterItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	p := s.phone(ada)
	other := s.further(ada, p, apple)
	// What apps of the future send is ignored.
	p.call(t, http.MethodPatch, "/v1/device", `{"name":"My phone","from_the_future":{"a":[1]}}`).want(http.StatusOK)
	p.call(t, http.MethodPatch, "/v1/device", `{"locale":"?"}`).problem(http.StatusBadRequest, "invalid-request")
	proof := p.proof(http.MethodDelete, "/v1/device", "")
	if device, err := p.Status(t.Context()); err != nil || device.Name != "My phone" || device.Push.State != "active" {
		t.Errorf("%+v %v", device, err)
	}
	// The code must come from the other phone.
	own, _ := p.Code(w.now())
	err := p.ReplaceApprovalKey(t.Context(), phone.Factor{Method: "totp", Code: phone.Secret(own)})
	refusal(t, err, "wrong-code")
	code, _ := other.Code(w.now())
	if err := p.ReplaceApprovalKey(t.Context(), phone.Factor{Method: "totp", Code: phone.Secret(code)}); err != nil {
		t.Fatal(err)
	}
	request := s.ask(ada)
	approve(t, p, request.ID, request.Number)
	bearer := w.anybody().with("Authorization", "Bearer "+proof)
	bearer.remove(t, "/v1/device").want(http.StatusNoContent)
	bearer.remove(t, "/v1/device").problem(http.StatusUnauthorized, "device-unknown")
}

func TestProofs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.shop(ada).phone(ada, polls)
	body := `{"name":"Mine"}`
	call := func(proof string) *answer {
		return w.anybody().with("Authorization", "Bearer "+proof).call(t, http.MethodPatch, "/v1/device", body)
	}
	for name, change := range map[string]map[string]any{
		"another method":  {"htm": "GET"},
		"another address": {"htu": w.Origin + "/v1/devices"},
		"another server":  {"aud": "https://evil.example"},
		"another body":    {"bh": hashText("{}")},
		"no body":         {"bh": nil},
		"a short id":      {"jti": "short"},
		"another phone":   {"iss": "dev_00000000000000000000000000000000"},
	} {
		if got := call(p.proof(http.MethodPatch, "/v1/device", body, change)); got.code() != "invalid-proof" {
			t.Errorf("%s: %s", name, got.body)
		}
	}
	proof := p.proof(http.MethodPatch, "/v1/device", body)
	call(proof).want(http.StatusOK)
	call(proof).problem(http.StatusUnauthorized, "proof-used")
	call("").problem(http.StatusUnauthorized, "invalid-proof")
	stale := call(p.proof(http.MethodPatch, "/v1/device", body, map[string]any{"iat": 1})).problem(http.StatusUnauthorized, "use-nonce")
	nonce := stale.header.Get("Aye-Nonce")
	call(p.proof(http.MethodPatch, "/v1/device", body, map[string]any{"iat": 1, "nonce": nonce})).want(http.StatusOK)
	w.pass(3 * time.Minute)
	call(p.proof(http.MethodPatch, "/v1/device", body, map[string]any{"nonce": nonce})).problem(http.StatusUnauthorized, "use-nonce")
}
