package api_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"example.com/aye/accounts"
	"example.com/aye/internal/phone"
)

const ada = "ada@example.com"

func TestLoginWithTheNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	opened := s.pairing(ada)
	linking := w.page(opened)
	if got := linking.next(); got.Status != "open" {
		t.Fatalf("%+v", got)
	}
	p := w.handset()
	if _, err := p.scan(opened.URL); err != nil {
		t.Fatal(err)
	}
	linking.until("paired")
	linking.closed(1000)

	request := s.ask(ada, object{"message": "Log in", "details": []object{{"label": "Amount", "value": "€ 12.50"}}})
	waiting := w.page(request.handle)
	waiting.until("pending")
	if _, err := w.FCM.Next(t.Context(), p.address()); err != nil {
		t.Fatal(err)
	}
	listed, err := p.List(t.Context())
	if err != nil || len(listed) != 1 || listed[0].Message != "Log in" || listed[0].Details[0].Value != "€ 12.50" || listed[0].Browser != "Firefox on Linux" || listed[0].IP != "203.0.113.7" {
		t.Fatalf("%+v %v", listed, err)
	}
	approve(t, p, request.ID, request.Number)
	approved := waiting.until("approved")
	var released struct {
		Status, Method, Assertion string
		User                      struct{ Email string }
		Device                    struct{ Name string }
	}
	s.redeem(request.ID, approved.ReleaseCode).want(http.StatusOK).into(&released)
	if released.Status != "released" || released.Method != "push" || released.User.Email != ada || released.Device.Name != "Pixel 9" || released.Assertion == "" {
		t.Errorf("%+v", released)
	}
	waiting.until("released")
	waiting.closed(1000)
}

func TestLoginWithOneTapByLongPoll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	p := s.phone(ada)
	request := s.ask(ada, object{"confirm": "tap"})
	if request.Number != "" {
		t.Error("one tap has a number")
	}
	var answers sync.WaitGroup
	answers.Go(func() {
		for s.state(request.ID).Status == "pending" { // each delivery state ends a poll
			s.get(t, "/v1/approvals/"+request.ID+"?wait=25").want(http.StatusOK)
		}
	})
	approve(t, p, request.ID, "")
	answers.Wait()
	s.redeem(request.ID, s.state(request.ID).ReleaseCode).want(http.StatusOK)
}

func TestLoginWhereWebSocketsAreBlocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	p := s.phone(ada)
	request := s.ask(ada)
	poll := w.anybody().with("Origin", shopOrigin).with("Authorization", "Ticket "+request.Ticket)
	var now state
	answer := poll.get(t, "/v1/approvals/"+request.ID+"/state").want(http.StatusOK).into(&now)
	if now.Status != "pending" || answer.header.Get("Access-Control-Allow-Origin") != shopOrigin || answer.header.Get("Vary") != "Origin" {
		t.Errorf("%+v %v", now, answer.header)
	}
	approve(t, p, request.ID, request.Number)
	poll.get(t, "/v1/approvals/"+request.ID+"/state?wait=25").want(http.StatusOK).into(&now)
	s.redeem(request.ID, now.ReleaseCode).want(http.StatusOK)
}

func TestLoginWithACodeOfThePhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	p := s.phone(ada)
	request := s.ask(ada)
	code, err := p.Code(w.now())
	if err != nil {
		t.Fatal(err)
	}
	verify := "/v1/approvals/" + request.ID + "/verify"
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	s.post(t, verify, object{"method": "totp", "code": wrong}).problem(http.StatusForbidden, "wrong-code")
	s.post(t, verify, object{"method": "sms", "code": code}).problem(http.StatusConflict, "method-unavailable")
	s.post(t, "/v1/approvals/"+request.ID+"/codes", object{"method": "sms"}).problem(http.StatusConflict, "method-unavailable")
	var now state
	s.post(t, verify, object{"method": "totp", "code": code}).want(http.StatusOK).into(&now)
	if now.Status != "approved" || now.Method != "totp" {
		t.Errorf("%+v", now)
	}
	s.redeem(request.ID, now.ReleaseCode).want(http.StatusOK)
	again := s.ask(ada)
	s.post(t, "/v1/approvals/"+again.ID+"/verify", object{"method": "totp", "code": code}).problem(http.StatusForbidden, "wrong-code")
	for range 3 {
		s.post(t, "/v1/approvals/"+again.ID+"/verify", object{"method": "totp", "code": wrong})
	}
	s.post(t, "/v1/approvals/"+again.ID+"/verify", object{"method": "totp", "code": wrong}).problem(http.StatusForbidden, "wrong-code")
	s.post(t, "/v1/approvals/"+again.ID+"/verify", object{"method": "totp", "code": wrong}).problem(http.StatusTooManyRequests, "too-many-attempts")
}

func TestWhatThePersonSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	p := s.phone(ada, polls)
	for name, c := range map[string]struct {
		say  func(context.Context, string) (phone.Outcome, error)
		want string
	}{
		"no":           {p.Deny, "denied"},
		"not me":       {p.Report, "reported"},
		"wrong number": {func(ctx context.Context, id string) (phone.Outcome, error) { return p.Approve(ctx, id, "x", phone.PIN) }, "mismatched"},
	} {
		request := s.ask(ada)
		if outcome, err := c.say(t.Context(), request.ID); err != nil || outcome.Status != c.want {
			t.Fatalf("%s: %+v %v", name, outcome, err)
		}
		if got := s.state(request.ID); got.Status != c.want || got.ReleaseCode != "" {
			t.Errorf("%s: %+v", name, got)
		}
		s.post(t, "/v1/approvals/"+request.ID+"/resend", nil).problem(http.StatusConflict, "already-decided")
		s.remove(t, "/v1/approvals/"+request.ID).problem(http.StatusConflict, "already-decided")
		s.redeem(request.ID, "any").problem(http.StatusForbidden, "wrong-release-code")
		if c.want != "reported" {
			_, err := p.Approve(t.Context(), request.ID, request.Number, phone.PIN)
			refusal(t, err, "already-decided")
		}
	}
}

func TestCancelAndResend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	p := s.phone(ada)
	request := s.ask(ada)
	s.post(t, "/v1/approvals/"+request.ID+"/resend", nil).want(http.StatusAccepted)
	waiting := w.page(request.handle)
	s.remove(t, "/v1/approvals/"+request.ID).want(http.StatusNoContent)
	s.remove(t, "/v1/approvals/"+request.ID).want(http.StatusNoContent)
	waiting.until("cancelled")
	waiting.closed(1000)
	if listed, err := p.List(t.Context()); err != nil || len(listed) != 0 {
		t.Errorf("%+v %v", listed, err)
	}
}

func TestTwoPhones(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	first := s.phone(ada)
	second := s.further(ada, first, apple)
	request := s.ask(ada)
	if len(request.Delivery) != 2 {
		t.Fatalf("%+v", request.Delivery)
	}
	if _, err := first.List(t.Context()); err != nil { // has seen it before the other answers
		t.Fatal(err)
	}
	approve(t, second, request.ID, request.Number)
	_, err := first.Approve(t.Context(), request.ID, request.Number, phone.Biometric)
	refusal(t, err, "already-decided")
	if listed, again := first.List(t.Context()); again != nil || len(listed) != 0 {
		t.Errorf("%+v %v", listed, again)
	}
	past, err := first.History(t.Context())
	if err != nil || len(past) == 0 || past[0].ThisDevice || past[0].Status != "approved" {
		t.Errorf("%+v %v", past, err)
	}
}

func TestTwoBrowsersAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	p := s.phone(ada, polls)
	persons := s.ask(ada, browser("hers"))
	thiefs := s.ask(ada, browser("thief's"))
	if persons.Number == thiefs.Number {
		t.Error("two requests side by side have one number")
	}
	if got := s.state(persons.ID); got.Status != "pending" {
		t.Errorf("the thief's request took the place of the person's: %+v", got)
	}
	s.post(t, "/v1/approvals", question(ada, browser("third"), object{"confirm": "tap"})).problem(http.StatusConflict, "number-required")
	newer := s.ask(ada, browser("hers"))
	if got := s.state(persons.ID); got.Status != "superseded" {
		t.Errorf("%+v", got)
	}
	s.ask(ada, browser("third"))
	s.post(t, "/v1/approvals", question(ada, browser("fourth"))).problem(http.StatusTooManyRequests, "too-many-pending")
	approve(t, p, newer.ID, newer.Number)
	if got := s.state(thiefs.ID); got.Status != "pending" {
		t.Errorf("%+v", got)
	}
}

func TestTapBesideAnotherBrowserNeedsTheNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	p := s.phone(ada, polls)
	tap := s.ask(ada, browser("hers"), object{"confirm": "tap"})
	other := s.ask(ada, browser("thief's"))
	_, err := p.Approve(t.Context(), tap.ID, "", phone.Biometric)
	refusal(t, err, "number-required")
	if _, err := p.Deny(t.Context(), other.ID); err != nil {
		t.Fatal(err)
	}
	approve(t, p, tap.ID, "")
}

func TestRedeemOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	p := s.phone(ada, polls)
	request := s.ask(ada)
	s.redeem(request.ID, "wrong").problem(http.StatusForbidden, "wrong-release-code")
	approve(t, p, request.ID, request.Number)
	release := s.state(request.ID).ReleaseCode
	s.redeem(request.ID, release).want(http.StatusOK)
	s.redeem(request.ID, release).problem(http.StatusConflict, "already-redeemed")
	if got := s.state(request.ID); got.ReleaseCode != "" || got.Status != "released" {
		t.Errorf("%+v", got)
	}

	late := s.ask(ada)
	approve(t, p, late.ID, late.Number)
	release = s.state(late.ID).ReleaseCode
	w.pass(31 * time.Second)
	s.redeem(late.ID, release).problem(http.StatusConflict, "lapsed")

	reported := s.ask(ada)
	approve(t, p, reported.ID, reported.Number)
	release = s.state(reported.ID).ReleaseCode
	if _, err := p.Report(t.Context(), reported.ID); err != nil {
		t.Fatal(err)
	}
	s.redeem(reported.ID, release).problem(http.StatusConflict, "not-approved")
}

func TestAskingIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	s.post(t, "/v1/approvals", question(ada)).problem(http.StatusConflict, "not-enrolled")
	s.post(t, "/v1/approvals", question("nobody@example.com")).problem(http.StatusNotFound, "unknown-user")
	careful := w.shopOf(w.organisation(func(o *accounts.Organisation) { o.AllowTap = false }), nil, "eve@example.com")
	careful.phone("eve@example.com", polls)
	careful.post(t, "/v1/approvals", question("eve@example.com", object{"confirm": "tap"})).problem(http.StatusForbidden, "tap-not-allowed")
	mere := w.shopOf(careful.organisation, func(a *accounts.Application) { a.MayEnrol = false })
	mere.post(t, "/v1/pairings", object{"user": object{"email": "eve@example.com"}}).problem(http.StatusForbidden, "enrol-not-allowed")
	w.member(s.organisation, "chief@example.com", accounts.RoleAdministrator)
	s.phone("chief@example.com", polls)
	s.post(t, "/v1/approvals", question("chief@example.com", object{"confirm": "tap"})).problem(http.StatusConflict, "number-required")
	if six := s.ask("chief@example.com"); len(six.Number) != 6 {
		t.Errorf("an administrator types %q", six.Number)
	}
}
