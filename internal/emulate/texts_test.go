package emulate

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// listener takes reports.
type heardReports struct {
	mu      sync.Mutex
	calls   []*http.Request // without their bodies
	bodies  []string
	refuse  int // so many are refused first
	address string
}

func hear(t *testing.T) *heardReports {
	t.Helper()
	h := &heardReports{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		body := make([]byte, 64<<10)
		n, _ := r.Body.Read(body)
		h.calls, h.bodies = append(h.calls, r), append(h.bodies, string(body[:n]))
		if h.refuse > 0 {
			h.refuse--
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(server.Close)
	h.address = strings.Replace(server.URL, "127.0.0.1", "localhost", 1) + "/v1/sms/reports/1"
	return h
}

func (h *heardReports) all() ([]*http.Request, []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.calls), slices.Clone(h.bodies)
}

func (h *heardReports) refuseNext(count int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refuse = count
}

// reported is a text whose reports go to h.
func reported(t *testing.T, m *MessageBird, client *http.Client, h *heardReports) Text {
	t.Helper()
	before := len(m.Sent())
	if answer := classic(t, m, client, "POST", "/messages", `{"originator":"Tulp","recipients":["31612345678"],"body":"Hallo €","reference":"ref 1","reportUrl":"`+h.address+`"}`); answer.status != 201 {
		t.Fatalf("%d %s", answer.status, answer.body)
	}
	return m.Sent()[before]
}

// checkJWT verifies a call of MessageBird with another's code.
func checkJWT(t *testing.T, m *MessageBird, call Call) jwt.MapClaims {
	t.Helper()
	claims := jwt.MapClaims{}
	_, err := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer("MessageBird"), jwt.WithExpirationRequired(), jwt.WithTimeFunc(m.now)).
		ParseWithClaims(call.Header.Get("MessageBird-Signature-JWT"), claims, func(*jwt.Token) (any, error) { return []byte(m.Signing().Reveal()), nil })
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(call.URL))
	if claims["url_hash"] != hex.EncodeToString(sum[:]) {
		t.Errorf("url_hash is %v", claims["url_hash"])
	}
	sum = sha256.Sum256(call.Body)
	if hash, ok := claims["payload_hash"]; ok != (len(call.Body) > 0) || ok && hash != hex.EncodeToString(sum[:]) {
		t.Errorf("payload_hash is %v", hash)
	}
	nbf, _ := claims["nbf"].(float64)
	if exp, _ := claims["exp"].(float64); exp-nbf != 60 {
		t.Errorf("from %v to %v", nbf, exp)
	}
	return claims
}

func TestMessageBirdReports(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	m, client := startMessageBird(t, WithClock(func() time.Time { return noon }))
	h := hear(t)
	text := reported(t, m, client, h)
	if err := m.ReportsDone(within(t)); err != nil {
		t.Fatal(err)
	}
	calls, _ := h.all()
	if len(calls) != 1 || calls[0].Method != http.MethodGet || calls[0].URL.Path != "/v1/sms/reports/1" {
		t.Fatalf("%+v", calls)
	}
	want := url.Values{
		"datacoding": {"plain"}, "id": {text.ID}, "mccmnc": {"20408"}, "messageLength": {"7"}, "messagePartCount": {"1"}, "ported": {"0"}, "price[amount]": {"0.075"},
		"price[currency]": {"EUR"}, "recipient": {"31612345678"}, "reference": {"ref 1"}, "status": {"delivered"}, "statusDatetime": {"2026-11-21T12:00:00+00:00"},
		"statusReason": {"successfully delivered"},
	}
	if got := calls[0].URL.RawQuery; got != want.Encode() {
		t.Errorf("the query is %s, want %s", got, want.Encode())
	}
	// What was hashed is what the server saw.
	if seen := "http://" + calls[0].Host + calls[0].RequestURI; m.Calls()[0].URL != seen {
		t.Errorf("it says that it called %s, and called %s", m.Calls()[0].URL, seen)
	}
	checkJWT(t, m, m.Calls()[0])

	if err := m.Report(t.Context(), text, Report{Status: "delivery_failed", ErrorCode: "104"}); err != nil {
		t.Fatal(err)
	}
	calls, _ = h.all()
	if query := calls[1].URL.Query(); query.Get("status") != "delivery_failed" || query.Get("statusErrorCode") != "104" || query.Get("statusReason") != "carrier rejected" {
		t.Errorf("the second: %v", query)
	}
	if now, _ := m.Text(text.Number); now.State != "delivery_failed" || now.ErrorCode != "104" {
		t.Errorf("the text is %+v", now)
	}
	signed := Call{URL: h.address, Body: []byte("x")}
	signed.Header = http.Header{"Messagebird-Signature-Jwt": {m.Sign(signed)}}
	checkJWT(t, m, signed)
}

func TestAReportIsRepeatedWithAnotherSignature(t *testing.T) {
	t.Parallel()
	m, client := startMessageBird(t)
	h := hear(t)
	h.refuseNext(2)
	reported(t, m, client, h)
	if err := m.ReportsDone(within(t)); err != nil {
		t.Fatal(err)
	}
	calls := m.Calls()
	if len(calls) != 3 || calls[0].Status != 503 || calls[1].Status != 503 || calls[2].Status != 200 {
		t.Fatalf("%+v", calls)
	}
	seen := map[any]bool{}
	for _, call := range calls {
		seen[checkJWT(t, m, call)["jti"]] = true
	}
	if len(seen) != 3 || calls[0].URL != calls[2].URL {
		t.Errorf("%d different signatures", len(seen))
	}

	h.refuseNext(100)
	reported(t, m, client, h)
	if err := m.ReportsDone(within(t)); err != nil || len(m.Calls()) != 3+reportTries {
		t.Errorf("%d calls, %v", len(m.Calls()), err)
	}
	if err := m.Report(t.Context(), m.Sent()[0], Report{Status: "expired"}); err == nil || len(m.Calls()) != 4+reportTries {
		t.Errorf("by hand: %v", err)
	}
}

func TestReportsAreHeldBackAndRepeated(t *testing.T) {
	t.Parallel()
	m, client := startMessageBird(t)
	h := hear(t)
	m.HoldReports()
	text := reported(t, m, client, h)
	reported(t, m, client, h)
	if err := m.ReportsDone(within(t)); err != nil {
		t.Fatal(err)
	}
	if now, _ := m.Text(text.Number); now.State != "delivered" || m.Held() != 2 || len(m.Calls()) != 0 {
		t.Errorf("%s, %d held, %d calls", now.State, m.Held(), len(m.Calls()))
	}
	if err := m.ReleaseReports(t.Context()); err != nil || m.Held() != 0 || len(m.Calls()) != 2 {
		t.Errorf("%d held, %d calls, %v", m.Held(), len(m.Calls()), err)
	}
	reported(t, m, client, h)
	if err := m.ReportsDone(within(t)); err != nil || len(m.Calls()) != 3 {
		t.Errorf("%d calls, %v", len(m.Calls()), err)
	}
	if status, err := m.Repeat(t.Context(), m.Calls()[0]); err != nil || status != 200 {
		t.Errorf("%d %v", status, err)
	}
	calls, _ := h.all()
	if name := "Messagebird-Signature-Jwt"; len(calls) != 4 || calls[3].Header.Get(name) != calls[0].Header.Get(name) || calls[3].RequestURI != calls[0].RequestURI {
		t.Error("the repetition is another call")
	}
	err := m.Report(t.Context(), text, Report{Status: "expired", Change: func(call *Call) { call.Header.Del("MessageBird-Signature-JWT") }})
	if calls, _ = h.all(); err != nil || calls[4].Header.Get("MessageBird-Signature-JWT") != "" {
		t.Errorf("the change was not made: %v", err)
	}
	elsewhere := hear(t)
	if err = m.Report(t.Context(), text, Report{Status: "sent", To: elsewhere.address + "?a=b"}); err != nil {
		t.Fatal(err)
	}
	if calls, _ = elsewhere.all(); len(calls) != 1 || calls[0].URL.Query().Get("a") != "b" || calls[0].URL.Query().Get("status") != "sent" {
		t.Errorf("%+v", calls)
	}
}

func TestOfWhatNoReportIsSent(t *testing.T) {
	t.Parallel()
	m, client := startMessageBird(t)
	h := hear(t)
	classic(t, m, client, "POST", "/messages", `{"originator":"Tulp","recipients":["31612345678"],"body":"x","reportUrl":"`+h.address+`"}`) // no reference
	classic(t, m, client, "POST", "/messages", `{"originator":"Tulp","recipients":["31612345678"],"body":"x","reference":"r"}`)             // no address
	m.Script(mobile, Behaviour{Outcome: NoReport, Times: 1}, Behaviour{Outcome: "delivery_failed 103", Times: 1})
	reported(t, m, client, h)
	if err := m.ReportsDone(within(t)); err != nil || len(m.Calls()) != 0 {
		t.Fatalf("%+v, %v", m.Calls(), err)
	}
	for i, want := range []string{"delivered", "delivered", "sent"} {
		if got := m.Sent()[i].State; got != want {
			t.Errorf("%d is %s, want %s", i, got, want)
		}
	}
	if err := m.Report(t.Context(), m.Sent()[0], Report{Status: "expired"}); err == nil {
		t.Error("there was a report without a reference")
	}
	text := reported(t, m, client, h)
	if err := m.ReportsDone(within(t)); err != nil {
		t.Fatal(err)
	}
	if now, _ := m.Text(text.Number); now.State != "delivery_failed" || now.Reason != "opted out" || now.ErrorCode != "103" {
		t.Errorf("%+v", now)
	}
}

func TestTextsComeOnceEach(t *testing.T) {
	t.Parallel()
	m, client := startMessageBird(t)
	const texts = 100
	var all sync.WaitGroup
	seen := make(chan int, texts)
	for range 4 {
		all.Go(func() {
			for range texts / 4 {
				text, err := m.NextText(t.Context(), mobile)
				if err != nil {
					t.Error(err)
					return
				}
				seen <- text.Number
			}
		})
	}
	for range texts / 4 {
		classic(t, m, client, "POST", "/messages", `{"originator":"Tulp","recipients":["31612345678"],"body":"x"}`)
	}
	for range 3 {
		all.Go(func() {
			for range texts / 4 {
				classic(t, m, client, "POST", "/messages", `{"originator":"Tulp","recipients":["31612345678","31612345677"],"body":"x"}`)
			}
		})
	}
	all.Wait()
	close(seen)
	numbers := map[int]bool{}
	for number := range seen {
		numbers[number] = true
	}
	if len(numbers) != texts || len(m.Texts(mobile)) != texts || len(m.Sent()) != texts+75 {
		t.Errorf("%d seen, %d to the number, %d in all", len(numbers), len(m.Texts(mobile)), len(m.Sent()))
	}
	for i, text := range m.Sent() {
		if text.Number != i+1 {
			t.Fatalf("%d has number %d", i, text.Number)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.NextText(ctx, mobile); err == nil {
		t.Error("one more")
	}
	if _, ok := m.Text(0); ok {
		t.Error("there is a text 0")
	}
}

func TestThePageOfTexts(t *testing.T) {
	t.Parallel()
	m, client := startMessageBird(t)
	plainClient := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(plainClient.CloseIdleConnections)
	look := func(path, language string) answered {
		t.Helper()
		answer, err := call(t, plainClient, "GET", m.ControlURL()+path, "", "Accept-Language", language)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	if page := string(look("/", "nl").body); !strings.Contains(page, "Nog geen sms") || !strings.Contains(page, m.Key().Reveal()) || !strings.Contains(page, m.Signing().Reveal()) || strings.Contains(page, "<form") {
		t.Errorf("the empty page: %s", page)
	}
	classic(t, m, client, "POST", "/messages", `{"originator":"Tulp","recipients":["31612345678"],"body":"<b>first"}`)
	classic(t, m, client, "POST", "/messages", `{"originator":"Tulp","recipients":["31612345677"],"body":"second"}`)
	answer := look("/", "en")
	page := string(answer.body)
	if first, second := strings.Index(page, "&lt;b&gt;first"), strings.Index(page, "second"); second < 0 || first < second || !strings.Contains(page, "EUR 0.075") {
		t.Errorf("the page: %s", page)
	}
	if policy := answer.header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %q", policy)
	}
	for _, path := range []string{"/static/texts.css", "/static/texts.js", "/static/text.svg"} {
		if answer = look(path, "en"); answer.status != 200 {
			t.Errorf("%s answers %d", path, answer.status)
		}
	}
	if got := look("/texts?after=1&wait=25", "en"); got.field(t, "texts.0.body") != "second" || got.field(t, "texts.1") != nil {
		t.Errorf("%s", got.body)
	}
	waited := make(chan answered)
	go func() {
		polled, _ := call(t, plainClient, "GET", m.ControlURL()+"/texts?after=2&wait=25", "")
		waited <- polled
	}()

	ctx, cancel := context.WithCancel(within(t))
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", m.ControlURL()+"/texts?after=1", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := plainClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	classic(t, m, client, "POST", "/messages", `{"originator":"Tulp","recipients":["31612345678"],"body":"third"}`)
	if got := <-waited; got.field(t, "texts.0.body") != "third" {
		t.Errorf("%s", got.body)
	}
	lines := bufio.NewScanner(response.Body)
	for _, want := range []string{"second", "third"} {
		var text Text
		if !lines.Scan() || json.Unmarshal(lines.Bytes(), &text) != nil || text.Body != want {
			t.Errorf("the stream: %q, %v", lines.Text(), lines.Err())
		}
	}

	answer, err = call(t, plainClient, "POST", m.ControlURL()+"/script", `{"address":"+31612345678","behaviours":[{"reason":"25","late":"1ms","outcome":"expired","times":1}]}`)
	if err != nil || answer.status != http.StatusNoContent {
		t.Errorf("%d %s %v", answer.status, answer.body, err)
	}
	if answer = classic(t, m, client, "POST", "/messages", hello); answer.status != 422 {
		t.Errorf("as scripted: %d %s", answer.status, answer.body)
	}
}

func TestAnAccountGoesOn(t *testing.T) {
	t.Parallel()
	before, _ := startBird(t)
	after, client := startBird(t, WithAccount(before.Key(), before.Signing()))
	if after.Key() != before.Key() || after.Signing() != before.Signing() {
		t.Error("it has other keys")
	}
	if answer := bird(t, after, client, "GET", sends, ""); answer.status != 200 {
		t.Errorf("%d %s", answer.status, answer.body)
	}
}

func TestTextStandsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	m, err := StartMessageBird(ctx, "127.0.0.1:0", WithReports(time.Hour, time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	client := m.HTTPClient()
	defer client.CloseIdleConnections()
	classic(t, m, client, "POST", "/messages", hello)
	waiting, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer stop()
	if err = m.ReportsDone(waiting); err == nil {
		t.Error("the report of in an hour is there")
	}
	cancel()
	<-m.ended.Done()
	m.Close() // and closing twice harms nobody
	m.Close()
	if err = m.ReportsDone(within(t)); err != nil {
		t.Error(err)
	}
	if _, err = call(t, client, "GET", m.URL()+"/balance", ""); err == nil {
		t.Error("it still answers")
	}
	if _, err = StartMessageBird(t.Context(), "127.0.0.1:notaport"); err == nil {
		t.Error("an impossible address: no error")
	}
	if _, err = StartBird(t.Context(), "127.0.0.1:0", WithControl("127.0.0.1:notaport")); err == nil {
		t.Error("an impossible address of the page: no error")
	}
}
