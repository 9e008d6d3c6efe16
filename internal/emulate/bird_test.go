package emulate

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/aye/notify/webhook"
)

const message = `{"to":"+31612345678","from":"Tulp","text":"Your code is 123456","category":"authentication"}`

func startBird(t testing.TB, options ...Option) (*Bird, *http.Client) {
	t.Helper()
	b, err := StartBird(t.Context(), "127.0.0.1:0", append([]Option{WithReports(time.Millisecond, time.Millisecond)}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	client := b.HTTPClient()
	t.Cleanup(func() {
		client.CloseIdleConnections()
		b.Close()
	})
	return b, client
}

// bird makes a call with the right key.
func bird(t testing.TB, b *Bird, client *http.Client, method, path, body string, headers ...string) answered {
	t.Helper()
	answer, err := call(t, client, method, b.URL()+path, body, append([]string{"Authorization", "Bearer " + b.Key().Reveal(), "User-Agent", "aye/1"}, headers...)...)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// with changes a message; an empty value takes the field out.
func with(t testing.TB, name, value string) string {
	t.Helper()
	var form map[string]json.RawMessage
	if err := json.Unmarshal([]byte(message), &form); err != nil {
		t.Fatal(err)
	}
	if form[name] = json.RawMessage(value); value == "" {
		delete(form, name)
	}
	text, err := json.Marshal(form)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const sends = "/v1/sms/messages"

func TestBirdLooksAtWhoCalls(t *testing.T) {
	t.Parallel()
	b, client := startBird(t)
	ended := b.NewKey()
	b.Revoke(ended)
	key := "Bearer " + b.Key().Reveal()
	if !strings.HasPrefix(key, "Bearer bk_eu1_") {
		t.Errorf("the key is %s", key)
	}
	for name, test := range map[string]struct {
		authorization, agent string
		status               int
		kind, code           string
	}{
		"good":                 {key, "aye/1", 404, "not_found_error", "E09003"},
		"no User-Agent":        {key, "", 403, "permission_error", "E09002"},
		"no key":               {"", "aye/1", 401, "auth_error", "E09001"},
		"another scheme":       {"AccessKey " + b.Key().Reveal(), "aye/1", 401, "auth_error", "E09001"},
		"another form":         {"Bearer abc", "aye/1", 401, "auth_error", "E09001"},
		"unknown":              {"Bearer bk_eu1_abc", "aye/1", 401, "auth_error", "E09001"},
		"revoked":              {"Bearer " + ended.Reveal(), "aye/1", 401, "auth_error", "E09001"},
		"of another region":    {"Bearer bk_us1_abc", "aye/1", 421, "misdirected_error", "E01010"},
		"signing":              {"Bearer " + b.Signing().Reveal(), "aye/1", 401, "auth_error", "E09001"},
		"nothing, not even UA": {"", "", 403, "permission_error", "E09002"},
	} {
		answer, err := call(t, client, "GET", b.URL()+"/v1/sms/balance", "", "Authorization", test.authorization, "User-Agent", test.agent)
		if err != nil {
			t.Fatal(err)
		}
		if answer.status != test.status || answer.field(t, "error.type") != test.kind || answer.field(t, "error.code") != test.code {
			t.Errorf("%s: %d %s", name, answer.status, answer.body)
		}
		if id, _ := answer.field(t, "error.request_id").(string); !strings.HasPrefix(id, "req_") || answer.field(t, "error.doc_url") != "https://docs.bird.com/errors/"+test.code {
			t.Errorf("%s: %s", name, answer.body)
		}
	}
}

func TestBirdRefuses(t *testing.T) {
	t.Parallel()
	b, client := startBird(t)
	b.Own("+3197010240000")
	tags := "[" + strings.TrimSuffix(strings.Repeat(`{"name":"a","value":"b"},`, 21), ",") + "]"
	for _, test := range []struct {
		name, body string
		status     int
		error      string
		params     []string
	}{
		{"no JSON", "hello", 400, "InvalidRequest", nil},
		{"of another type", with(t, "to", `["+31612345678"]`), 400, "InvalidRequest", nil},
		{"empty", "{}", 422, "ValidationError", []string{"to", "text", "category"}},
		{"unknown fields", `{"to":"+31612345678","colour":"red","body":"x"}`, 422, "ValidationError", []string{"body", "colour"}},
		{"category", with(t, "category", `"login"`), 422, "ValidationError", []string{"category"}},
		{"validity", with(t, "validity_period", "300"), 422, "SMSUnsupportedFeature", []string{"validity_period"}},
		{"scheduled", with(t, "scheduled_at", `"2030-01-01T00:00:00Z"`), 422, "SMSUnsupportedFeature", []string{"scheduled_at"}},
		{"no sender", with(t, "from", ""), 422, "SMSNoEligibleSender", nil},
		{"another's number", with(t, "from", `"+31612345677"`), 422, "SMSNoEligibleSender", nil},
		{"another's short code", with(t, "from", `"12345"`), 422, "SMSNoEligibleSender", nil},
		{"a long name", with(t, "from", `"Tulp en Zoon"`), 422, "ValidationError", []string{"from"}},
		{"a name in America", strings.Replace(message, "+31612345678", "+12025550123", 1), 422, "SMSSenderNotConfigured", nil},
		{"a national number", with(t, "to", `"0612345678"`), 422, "SMSInvalidRecipient", []string{"to"}},
		{"too long", with(t, "text", `"`+strings.Repeat("x", 1837)+`"`), 422, "ValidationError", []string{"text"}},
		{"tags", with(t, "tags", tags), 422, "ValidationError", []string{"tags"}},
		{"metadata", with(t, "metadata", `{"a":"`+strings.Repeat("x", 2048)+`"}`), 422, "ValidationError", []string{"metadata"}},
		{"good", message, 202, "", nil},
		{"a name with signs", with(t, "from", `"Tulp_Zoon-1"`), 202, "", nil},
		{"a number with spaces", with(t, "to", `"+31 6 12345678"`), 202, "", nil},
		{"by an own number", with(t, "from", `"+3197010240000"`), 202, "", nil},
		{"full", with(t, "text", `"`+strings.Repeat("x", 1836)+`"`), 202, "", nil},
	} {
		answer := bird(t, b, client, "POST", sends, test.body)
		if test.error == "" {
			if answer.status != test.status {
				t.Errorf("%s: %d %s", test.name, answer.status, answer.body)
			}
			continue
		}
		var got struct {
			Error struct {
				Name, Param string
				Details     []birdDetail
			}
		}
		if err := json.Unmarshal(answer.body, &got); err != nil {
			t.Fatal(err)
		}
		var params []string
		for _, detail := range got.Error.Details {
			params = append(params, detail.Param)
		}
		if answer.status != test.status || got.Error.Name != test.error || !slices.Equal(params, test.params) || len(params) == 1 && got.Error.Param != params[0] {
			t.Errorf("%s: %d %s", test.name, answer.status, answer.body)
		}
	}
	if sent := b.Sent(); len(sent) != 5 || len(b.Texts(mobile)) != 5 {
		t.Errorf("it sent %+v", sent)
	}
}

func TestBirdSends(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	b, client := startBird(t, WithClock(func() time.Time { return noon }))
	b.SetPrice("NL", 0.0561)
	b.SetBalance(0.2)
	body := strings.Replace(with(t, "metadata", `{"reference":"sms_1","n":1}`), "123456", "123456 ✓ "+strings.Repeat("x", 60), 1)
	answer := bird(t, b, client, "POST", sends, body)
	id, _ := answer.field(t, "id").(string)
	for path, want := range map[string]any{
		"direction": "outbound", "status": "accepted", "to": mobile, "from": "Tulp", "text": "Your code is 123456 ✓ " + strings.Repeat("x", 60), "category": "authentication",
		"segments.count": 2.0, "segments.encoding": "UCS2", "segments.characters": 82.0, "cost": nil, "metadata.reference": "sms_1", "created_at": "2026-11-21T12:00:00Z",
		"sent_at": nil, "delivered_at": nil, "last_error": nil,
	} {
		if got := answer.field(t, path); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	if answer.status != 202 || !strings.HasPrefix(id, "sms_") || len(id) != 30 || answer.proto != 2 || answer.header.Get("X-Request-Id") == "" {
		t.Errorf("%d, id %q, HTTP/%d, %v", answer.status, id, answer.proto, answer.header)
	}
	if err := b.ReportsDone(within(t)); err != nil {
		t.Fatal(err)
	}
	answer = bird(t, b, client, "GET", sends+"/"+id, "")
	for path, want := range map[string]any{
		"status": "delivered", "text": "**REDACTED**", "cost.amount": "0.11220", "cost.currency_code": "EUR", "cost.transaction_amount": "0.11220", "cost.passthrough_amount": "0.00000",
		"mcc_mnc": "20408", "carrier": "KPN", "delivered_at": "2026-11-21T12:00:00Z",
	} {
		if got := answer.field(t, path); got != want {
			t.Errorf("later %s is %v, want %v", path, got, want)
		}
	}
	if text := b.Texts(mobile); len(text) != 1 || text[0].Reference != "sms_1" || text[0].Price != 112_200 || text[0].Parts != 2 || b.Balance() != 0.0878 {
		t.Errorf("%+v, %v is left", text, b.Balance())
	}
	if answer = bird(t, b, client, "POST", sends, body); answer.status != 402 || answer.field(t, "error.type") != "billing_error" || len(b.Sent()) != 1 {
		t.Errorf("on an empty account: %d %s", answer.status, answer.body)
	}
	if answer = bird(t, b, client, "GET", sends+"/sms_1", ""); answer.status != 404 {
		t.Errorf("an unknown message: %d", answer.status)
	}
	if answer = bird(t, b, client, "DELETE", sends+"/"+id, ""); answer.status != 404 {
		t.Errorf("delete: %d", answer.status)
	}
}

func TestBirdTakesAKeyOnce(t *testing.T) {
	t.Parallel()
	var c clock
	b, client := startBird(t, WithClock(c.now))
	post := func(key, body string) answered {
		t.Helper()
		return bird(t, b, client, "POST", sends, body, "Idempotency-Key", key)
	}
	first, again := post("a", message), post("a", message)
	if first.status != 202 || again.status != 202 || string(first.body) != string(again.body) || first.header.Get("Idempotency-Replay") != "" || again.header.Get("Idempotency-Replay") != "true" {
		t.Errorf("%d %s\n%d %s %v", first.status, first.body, again.status, again.body, again.header)
	}
	if other := post("a", with(t, "text", `"another"`)); other.status != 409 || other.field(t, "error.code") != "E01005" || other.field(t, "error.type") != "conflict_error" {
		t.Errorf("%d %s", other.status, other.body)
	}
	for name, key := range map[string]string{"empty": "", "long": strings.Repeat("x", 256)} {
		if answer := post(key, message); answer.status != 400 || answer.field(t, "error.code") != "E01002" {
			t.Errorf("%s: %d %s", name, answer.status, answer.body)
		}
	}
	if wrong, same := post("b", "{}"), post("b", "{}"); wrong.status != 422 || string(wrong.body) != string(same.body) {
		t.Errorf("what was refused is judged anew: %s", same.body)
	}
	b.Script(mobile, Behaviour{Reason: "InternalError", Times: 1}, Behaviour{Reason: "RateLimited", Times: 1}, Behaviour{Reason: "SMSSenderNotConfigured", Times: 1})
	for i, status := range []int{500, 429, 422, 422} {
		if answer := post("c", message); answer.status != status {
			t.Errorf("%d: %d %s", i, answer.status, answer.body)
		}
	}
	if len(b.Sent()) != 1 {
		t.Errorf("it sent %+v", b.Sent())
	}
	c.forward(keptFor - time.Second)
	if answer := post("a", message); answer.header.Get("Idempotency-Replay") != "true" {
		t.Errorf("just before its time: %d %v", answer.status, answer.header)
	}
	c.forward(2 * time.Second)
	if answer := post("a", message); answer.status != 202 || len(b.Sent()) != 2 {
		t.Errorf("after its time: %d, sent %d", answer.status, len(b.Sent()))
	}
}

func TestALostAnswerOfBirdCanBeAskedForAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		behaviour Behaviour
		taken     int
	}{
		"lost":   {Behaviour{Lost: true, Times: 1}, 1},
		"late":   {Behaviour{Late: Duration(time.Minute), Times: 1}, 1},
		"cut":    {Behaviour{Cut: true, Times: 1}, 0},
		"silent": {Behaviour{Silent: true, Times: 1}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, client := startBird(t)
			b.Script(mobile, test.behaviour)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				played(t, &b.stand, mobile)
				if test.taken > 0 {
					_, _ = b.NextText(t.Context(), mobile)
				}
				if test.behaviour.Silent || test.behaviour.Late > 0 {
					cancel()
				}
			}()
			// A body that cannot be read twice keeps Go's client from repeating by itself.
			r, err := http.NewRequestWithContext(ctx, "POST", b.URL()+sends, struct{ *strings.Reader }{strings.NewReader(message)})
			if err != nil {
				t.Fatal(err)
			}
			for header, value := range map[string]string{"Authorization": "Bearer " + b.Key().Reveal(), "User-Agent": "aye/1", "Idempotency-Key": "k"} {
				r.Header.Set(header, value)
			}
			if response, failure := client.Do(r); failure == nil {
				response.Body.Close()
				t.Fatalf("it answered %d", response.StatusCode)
			}
			if len(b.Sent()) != test.taken {
				t.Errorf("it took %d", len(b.Sent()))
			}
			var answer answered
			for answer = (answered{status: 409}); answer.status == 409; { // the one before may not know yet that nobody waits
				answer = bird(t, b, client, "POST", sends, message, "Idempotency-Key", "k")
			}
			if answer.status != 202 || len(b.Sent()) != 1 || answer.field(t, "id") != b.Sent()[0].ID || (answer.header.Get("Idempotency-Replay") == "true") != (test.taken == 1) {
				t.Errorf("again: %d %s, it took %d", answer.status, answer.body, len(b.Sent()))
			}
		})
	}
}

func TestARequestUnderWayKeepsItsKey(t *testing.T) {
	t.Parallel()
	var c clock
	b, client := startBird(t, WithClock(c.now))
	b.Script(mobile, Behaviour{Silent: true, Times: 1})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = callWithin(ctx, t, client, "POST", b.URL()+sends, message, "Authorization", "Bearer "+b.Key().Reveal(), "User-Agent", "aye/1", "Idempotency-Key", "k")
	}()
	played(t, &b.stand, mobile)
	if answer := bird(t, b, client, "POST", sends, message, "Idempotency-Key", "k"); answer.status != 409 || answer.field(t, "error.code") != "E01004" {
		t.Errorf("%d %s", answer.status, answer.body)
	}
	c.forward(lockedFor + time.Second)
	if answer := bird(t, b, client, "POST", sends, message, "Idempotency-Key", "k"); answer.status != 202 {
		t.Errorf("after the lock: %d %s", answer.status, answer.body)
	}
	cancel()
	<-done
}

func TestBirdMisbehaves(t *testing.T) {
	t.Parallel()
	b, client := startBird(t)
	for name, failure := range birdErrors {
		b.Script(mobile, Behaviour{Reason: name, RetryAfter: Duration(time.Second), Times: 1})
		answer := bird(t, b, client, "POST", sends, message)
		if answer.status != failure.status || answer.field(t, "error.code") != failure.code || answer.field(t, "error.name") != name || answer.header.Get("Retry-After") != "1" {
			t.Errorf("%s: %d %s", name, answer.status, answer.body)
		}
	}
	b.Script(mobile, Behaviour{Status: 502, Body: "<h1>Bad gateway</h1>", Times: 1})
	if answer := bird(t, b, client, "POST", sends, message); answer.status != 502 || json.Valid(answer.body) {
		t.Errorf("%d %s", answer.status, answer.body)
	}
	b.Script(LookCalls, Behaviour{Reason: "ServiceUnavailable", Times: 1})
	if answer := bird(t, b, client, "GET", sends, ""); answer.status != 503 {
		t.Errorf("%d %s", answer.status, answer.body)
	}
	if len(b.Sent()) != 0 {
		t.Errorf("it sent %+v", b.Sent())
	}
}

func TestBirdLists(t *testing.T) {
	t.Parallel()
	var c clock
	b, client := startBird(t, WithClock(c.now))
	var ids []string
	for i := range 5 {
		body := fmt.Sprintf(`{"to":"+3161234567%d","from":"Tulp%d","text":"t%d","category":"service","tags":[{"name":"reference","value":"r%d"}]}`, i, i%2, i, i)
		id, _ := bird(t, b, client, "POST", sends, body).field(t, "id").(string)
		ids = append(ids, id)
		c.forward(time.Minute)
	}
	if err := b.ReportsDone(within(t)); err != nil {
		t.Fatal(err)
	}
	all := b.Sent()
	b.Settle(all[1], Report{Status: "failed"})
	if all[3].Reference != "r3" {
		t.Errorf("%+v", all[3])
	}
	list := func(query string) (got []string, answer answered) {
		t.Helper()
		answer = bird(t, b, client, "GET", sends+query, "")
		for i := range 5 {
			if text, ok := answer.field(t, fmt.Sprintf("data.%d.text", i)).(string); ok {
				got = append(got, text)
			}
		}
		return got, answer
	}
	at := func(i int) string { return url.QueryEscape(all[i].Received.Format(time.RFC3339Nano)) }
	for query, want := range map[string][]string{
		"": {"t4", "t3", "t2", "t1", "t0"}, "?limit=2": {"t4", "t3"}, "?limit=2&starting_after=" + ids[3]: {"t2", "t1"}, "?starting_after=" + ids[0]: nil,
		"?status=failed": {"t1"}, "?status=failed&status=delivered&limit=4": {"t4", "t3", "t2", "t1"}, "?to=%2B31612345672": {"t2"}, "?from=Tulp1": {"t3", "t1"},
		"?tag=reference:r2": {"t2"}, "?tag=reference": {"t4", "t3", "t2", "t1", "t0"}, "?tag=other": nil, "?category=marketing": nil, "?direction=inbound": nil,
		"?error_code=invalid_destination": {"t1"}, "?created_after=" + at(3): {"t4", "t3"}, "?created_before=" + at(1): {"t0"},
	} {
		if got, answer := list(query); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q: %s", query, got, want, answer.body)
		}
	}
	if _, answer := list("?limit=2"); answer.field(t, "next_cursor") != ids[3] || answer.field(t, "refresh_cursor") != ids[4] {
		t.Errorf("%s", answer.body)
	}
	if _, answer := list("?limit=5"); answer.field(t, "next_cursor") != nil {
		t.Errorf("%s", answer.body)
	}
	if _, answer := list("?limit=101&created_after=x&created_before=y"); answer.status != 422 || answer.field(t, "error.details.2.param") != "created_before" {
		t.Errorf("%d %s", answer.status, answer.body)
	}
}

// checkWebhook verifies a call of Bird with another's code.
func checkWebhook(t *testing.T, b *Bird, call Call) {
	t.Helper()
	id, at := call.Header.Get("webhook-id"), call.Header.Get("webhook-timestamp")
	want, err := webhook.Sign(b.Signing(), id, at, call.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := call.Header.Get("webhook-signature"); got != want || at != fmt.Sprint(b.now().Unix()) || id == "" {
		t.Errorf("%s at %s of %s, want %s", got, at, id, want)
	}
}

func TestBirdReports(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	b, client := startBird(t, WithClock(func() time.Time { return noon }))
	h := hear(t)
	b.SetWebhook(h.address)
	h.refuseNext(1)
	bird(t, b, client, "POST", sends, with(t, "metadata", `{"reference":"sms_1"}`))
	if err := b.ReportsDone(within(t)); err != nil {
		t.Fatal(err)
	}
	calls := b.Calls()
	if len(calls) != 3 || calls[0].Status != 503 || calls[1].Status != 200 || calls[2].Status != 200 {
		t.Fatalf("%+v", calls)
	}
	if id := "Webhook-Id"; calls[0].Header.Get(id) != calls[1].Header.Get(id) || calls[1].Header.Get(id) == calls[2].Header.Get(id) {
		t.Error("a repetition has another id, or two events have one")
	}
	for _, call := range calls {
		checkWebhook(t, b, call)
	}
	requests, bodies := h.all()
	if requests[2].Method != http.MethodPost || bodies[2] != string(calls[2].Body) {
		t.Errorf("%s %s", requests[2].Method, bodies[2])
	}
	want := `{"type":"sms.delivered","timestamp":"2026-11-21T12:00:00Z","data":{"sms_id":"` + b.Sent()[0].ID + `","workspace_id":"` + b.workspace +
		`","from":"Tulp","to":"+31612345678","tags":null,"metadata":{"reference":"sms_1"},"cost":{"amount":"0.07500","currency_code":"EUR","transaction_amount":"0.07500","passthrough_amount":"0.00000"},"carrier":"KPN","mcc_mnc":"20408"}}`
	if string(calls[2].Body) != want || !strings.Contains(string(calls[1].Body), `"sms.sent"`) {
		t.Errorf("%s, want %s", calls[2].Body, want)
	}
	if err := b.Report(t.Context(), b.Sent()[0], Report{Status: "undelivered"}); err != nil {
		t.Fatal(err)
	}
	if body := string(b.Calls()[3].Body); !strings.Contains(body, `"error":{"code":"unreachable","description":"The handset is off or out of coverage.","occurred_at":"2026-11-21T12:00:00Z"}`) {
		t.Errorf("%s", body)
	}
	if err := b.Report(t.Context(), b.Sent()[0], Report{Status: "accepted"}); err != nil {
		t.Fatal(err)
	}
	if body := string(b.Calls()[4].Body); !strings.Contains(body, `"cost":null,"segments":{"count":1,"encoding":"GSM_7BIT","characters":19}}`) {
		t.Errorf("%s", body)
	}
	forged := b.Calls()[3]
	forged.Header = forged.Header.Clone()
	forged.Body = []byte("{}")
	b.Sign(&forged)
	checkWebhook(t, b, forged)
	b.SetWebhook("")
	if err := b.Report(t.Context(), b.Sent()[0], Report{Status: "expired"}); err == nil {
		t.Error("a report to nowhere")
	}
}

func TestWhatBirdRejectsIsNotPaid(t *testing.T) {
	t.Parallel()
	b, client := startBird(t)
	b.Script(mobile, Behaviour{Outcome: "rejected", Times: 1}, Behaviour{Outcome: "failed content_rejected", Times: 1}, Behaviour{Outcome: NoReport, Times: 1})
	for range 3 {
		bird(t, b, client, "POST", sends, message)
	}
	if err := b.ReportsDone(within(t)); err != nil {
		t.Fatal(err)
	}
	got := b.Sent()
	if got[0].State != "rejected" || got[0].ErrorCode != "insufficient_balance" || got[0].Price != 0 || got[1].State != "failed" || got[1].ErrorCode != "content_rejected" ||
		got[1].Price != 75_000 || got[2].State != "accepted" || b.Balance() != 100-2*0.075 {
		t.Errorf("%+v, %v is left", got, b.Balance())
	}
	if answer := bird(t, b, client, "GET", sends+"/"+got[0].ID, ""); answer.field(t, "last_error.code") != "insufficient_balance" || answer.field(t, "cost") != nil {
		t.Errorf("%s", answer.body)
	}
}

func TestThePageOfBird(t *testing.T) {
	t.Parallel()
	b, _ := startBird(t)
	plainClient := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(plainClient.CloseIdleConnections)
	answer, err := call(t, plainClient, "POST", b.ControlURL()+"/webhook", "url=http%3A%2F%2Flocalhost%3A1%2Freports", "Content-Type", "application/x-www-form-urlencoded")
	if err != nil || answer.status != 200 || !strings.Contains(string(answer.body), `value="http://localhost:1/reports"`) || b.target(Text{}) != "http://localhost:1/reports" {
		t.Errorf("%d %s %v", answer.status, answer.body, err)
	}
	page := html.UnescapeString(string(answer.body))
	if !strings.Contains(page, b.Key().Reveal()) || !strings.Contains(page, b.Signing().Reveal()) {
		t.Error("the page has no keys")
	}
}
