package api_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"example.com/aye/internal/phone"
	"example.com/aye/internal/stage"
)

func (w *world) restart() {
	w.t.Helper()
	if err := w.Restart(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func same(t *testing.T, first, again *answer) {
	t.Helper()
	if again.status != first.status || !bytes.Equal(first.body, again.body) {
		t.Errorf("%s: the repetition is answered otherwise:\n%d %.400s\n%d %.400s", first.what, first.status, first.body, again.status, again.body)
	}
}

func TestRepeatingGivesTheSameAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	keyed := s.with("Idempotency-Key", "once")
	repeats := func(path string, body any) *answer {
		first := keyed.post(t, path, body)
		same(t, first, keyed.post(t, path, body))
		w.restart()
		same(t, first, keyed.post(t, path, body))
		return first
	}

	opening := object{"user": object{"email": ada}}
	var opened handle
	repeats("/v1/pairings", opening).want(http.StatusCreated).into(&opened)
	p := w.handset()
	if _, err := p.scan(opened.URL); err != nil {
		t.Fatal(err)
	}
	first := keyed.post(t, "/v1/pairings", opening).want(http.StatusCreated) // also after the phone was linked
	same(t, first, keyed.post(t, "/v1/pairings", opening))
	keyed.post(t, "/v1/pairings", object{"user": object{"email": "eve@example.com"}}).problem(http.StatusNotFound, "unknown-user")

	var request asked
	asking := repeats("/v1/approvals", question(ada)).want(http.StatusCreated).into(&request)
	keyed.post(t, "/v1/approvals", question(ada, object{"message": "Pay"})).problem(http.StatusUnprocessableEntity, "idempotency-mismatch")
	approve(t, p, request.ID, request.Number)
	same(t, asking, keyed.post(t, "/v1/approvals", question(ada)))

	release := object{"release_code": s.state(request.ID).ReleaseCode}
	repeats("/v1/approvals/"+request.ID+"/redeem", release).want(http.StatusOK)
	same(t, asking, keyed.post(t, "/v1/approvals", question(ada)))
	s.with("Idempotency-Key", "another").post(t, "/v1/approvals/"+request.ID+"/redeem", release).problem(http.StatusConflict, "already-redeemed")
	keyed.post(t, "/v1/approvals/"+request.ID+"/redeem", object{"release_code": "other"}).problem(http.StatusForbidden, "wrong-release-code")
}

func TestOneKeyForTwoPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada, "eve@example.com")
	keyed := s.with("Idempotency-Key", "once")
	keyed.post(t, "/v1/pairings", object{"user": object{"email": ada}}).want(http.StatusCreated)
	keyed.post(t, "/v1/pairings", object{"user": object{"email": "eve@example.com"}}).problem(http.StatusUnprocessableEntity, "idempotency-mismatch")
	for _, bad := range []string{"with space", string(bytes.Repeat([]byte("x"), 129)), "é"} {
		s.with("Idempotency-Key", bad).post(t, "/v1/pairings", object{"user": object{"email": ada}}).problem(http.StatusBadRequest, "invalid-request")
	}
}

// losing loses the answers of that many calls that change something, after they were done.
type losing struct {
	next http.RoundTripper
	left atomic.Int64
}

var errLost = errors.New("the answer was lost")

func (l *losing) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := l.next.RoundTrip(r)
	if err != nil || r.Method == http.MethodGet || l.left.Add(-1) < 0 {
		return response, err
	}
	_, _ = io.Copy(io.Discard, response.Body)
	return nil, errors.Join(errLost, response.Body.Close())
}

func TestLostAnswersOfThePhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	lossy := &losing{next: w.http.Transport}
	p := w.handset(polls)
	p.HTTP = &http.Client{Transport: lossy}

	lossy.left.Store(1)
	if linked, err := p.scan(s.pairing(ada).URL); err != nil || linked.Status != "active" {
		t.Fatalf("%+v %v", linked, err)
	}
	request := s.ask(ada)
	if _, err := p.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	lossy.left.Store(1)
	approve(t, p, request.ID, request.Number)
	if got := s.state(request.ID); got.Status != "approved" {
		t.Errorf("%+v", got)
	}
}

func TestSecondPhoneOfOneCodeBurnsThePairing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.shop(ada)
	opened := s.pairing(ada)
	hers, thiefs := w.handset(), w.handset()
	if _, err := hers.scan(opened.URL); err != nil {
		t.Fatal(err)
	}
	_, err := thiefs.scan(opened.URL)
	refusal(t, err, "pairing-burned")
	_, err = hers.Status(t.Context())
	refusal(t, err, "device-unknown")
	var now state
	s.get(t, "/v1/pairings/"+opened.ID).want(http.StatusOK).into(&now)
	if now.Status != "burned" {
		t.Errorf("%+v", now)
	}
	s.post(t, "/v1/approvals", question(ada)).problem(http.StatusConflict, "not-enrolled")
}

func TestLogsInAcrossARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *stage.Options) { o.WebhookPrivate = false })
	s := w.shop(ada)
	p := s.phone(ada)
	request := s.ask(ada)
	waiting := w.page(request.handle)
	waiting.until("pending")
	w.restart()
	waiting.closed(1012)
	waiting = w.page(request.handle)
	waiting.until("pending")
	if outcome, err := p.Approve(t.Context(), request.ID, request.Number, phone.PIN); err != nil || outcome.Status != "approved" {
		t.Fatalf("%+v %v", outcome, err)
	}
	approved := waiting.until("approved")
	w.restart()
	s.redeem(request.ID, approved.ReleaseCode).want(http.StatusOK)
}
