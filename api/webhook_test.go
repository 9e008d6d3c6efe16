package api_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/aye/accounts"
)

type called struct {
	header http.Header
	body   []byte
}

// listening is an application's server that answers with the statuses, one after the other.
func listening(t *testing.T, statuses ...int) (url string, calls <-chan called) {
	t.Helper()
	got := make(chan called, 10)
	answers := make(chan int, len(statuses))
	for _, status := range statuses {
		answers <- status
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		rw.WriteHeader(<-answers)
		got <- called{r.Header, body}
	}))
	t.Cleanup(server.Close)
	return server.URL, got
}

// TestReportAfterTheRelease verifies the webhook as Standard Webhooks says, with no code of ours.
func TestReportAfterTheRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url, calls := listening(t, http.StatusInternalServerError, http.StatusNoContent)
	s := w.shopOf(w.organisation(nil), func(a *accounts.Application) { a.WebhookURL = url }, ada)
	p := s.phone(ada, polls)
	request := s.ask(ada)
	approve(t, p, request.ID, request.Number)
	s.redeem(request.ID, s.state(request.ID).ReleaseCode).want(http.StatusOK)
	if _, err := p.Report(t.Context(), request.ID); err != nil {
		t.Fatal(err)
	}
	first := <-calls
	w.pass(10 * time.Second) // the pause before the repetition
	second := <-calls
	if !bytes.Equal(first.body, second.body) || first.header.Get("Webhook-Id") != second.header.Get("Webhook-Id") {
		t.Error("a repetition is another message")
	}
	for _, c := range []called{first, second} {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.WebhookSecret.Reveal(), "whsec_"))
		if err != nil || len(key) < 24 {
			t.Fatalf("%d %v", len(key), err)
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(c.header.Get("Webhook-Id") + "." + c.header.Get("Webhook-Timestamp") + "." + string(c.body)))
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); c.header.Get("Webhook-Signature") != want {
			t.Errorf("signature %q, want %q", c.header.Get("Webhook-Signature"), want)
		}
	}
	if err := matches("ApprovalReported", first.body); err != nil {
		t.Error(err)
	}
	var told struct{ Data struct{ ID string } }
	if err := json.Unmarshal(first.body, &told); err != nil || told.Data.ID != request.ID {
		t.Errorf("%s", first.body)
	}
}

// TestReportBeforeTheRelease needs no webhook: the page is told, and nothing was released.
func TestReportBeforeTheRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url, calls := listening(t)
	s := w.shopOf(w.organisation(nil), func(a *accounts.Application) { a.WebhookURL = url }, ada)
	p := s.phone(ada, polls)
	request := s.ask(ada)
	approve(t, p, request.ID, request.Number)
	waiting := w.page(request.handle)
	if waiting.until("approved").ReleaseCode == "" {
		t.Error("there is no release code")
	}
	if _, err := p.Report(t.Context(), request.ID); err != nil {
		t.Fatal(err)
	}
	waiting.until("reported")
	waiting.closed(1000)
	due, err := w.App.Store.DueWebhooks(t.Context(), w.now().Add(time.Hour), 10)
	if err != nil || len(due) != 0 || len(calls) != 0 {
		t.Errorf("%+v %v", due, err)
	}
	w.pass(25 * time.Hour)
	late := s.ask(ada)
	w.pass(25 * time.Hour)
	_, err = p.Report(t.Context(), late.ID)
	if err == nil {
		t.Error("a report after a day is taken")
	}
}
