package bird_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/aye/internal/leaktest"
	"example.com/aye/notify/bird"
	"example.com/aye/sms"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var (
	now     = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	account = sms.Account{Key: "bk_eu1_Ab3xKqmPwRtYuIoLnJ", Signing: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Sender: "Tulp"}
	text    = sms.Outgoing{
		Reference: "sms_0190b7e7c5b17d6f8f7a3f0c1d2e3f40", To: "+31612345678", Body: "123456 is your code.\n@aye.example.com #123456",
		Encoding: sms.GSM7, Life: 5 * time.Minute, ReportTo: "https://aye.example.com/v1/sms/reports/prv_1",
	}
)

const id = "sms_01krdgeqcxet5s7t44vh8rt9mg"

// request is what came to the stand-in.
type request struct {
	method, path string
	header       http.Header
	body         string
}

// vendor is an adapter that talks to a Bird which gives one answer after the other, and the last of them
// to all that follows.
type vendor struct {
	*bird.Vendor

	then func() // called after each answer

	mu   sync.Mutex
	came []request
}

func newVendor(t *testing.T, answers ...http.HandlerFunc) *vendor {
	t.Helper()
	v := &vendor{then: func() {}}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		answer := answers[min(len(v.came), len(answers)-1)]
		v.came = append(v.came, request{r.Method, r.URL.RequestURI(), r.Header, string(body)})
		v.mu.Unlock()
		answer(rw, r)
		v.then()
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	v.Vendor = bird.New(bird.Config{Endpoint: server.URL + "/", RootCAs: roots, Now: func() time.Time { return now }})
	return v
}

// requests are those that came.
func (v *vendor) requests() []request {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.came
}

// says answers with a status and a body.
func says(status int, body string, header ...string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		for n := 0; n < len(header); n += 2 {
			rw.Header().Set(header[n], header[n+1])
		}
		rw.WriteHeader(status)
		_, _ = io.WriteString(rw, body)
	}
}

// cut ends the connection without an answer.
func cut(rw http.ResponseWriter, _ *http.Request) {
	if conn, _, err := http.NewResponseController(rw).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// cutInside ends it in the middle of one.
func cutInside(rw http.ResponseWriter, _ *http.Request) {
	rw.Header().Set("Content-Length", "9000")
	_, _ = io.WriteString(rw, messageWith(`"status":"accepted"`))
}

// messageWith is a message of the API with more fields.
func messageWith(fields string) string {
	return `{"id":"` + id + `","direction":"outbound","to":"+31612345678","from":"Tulp","text":"**REDACTED**","category":"authentication",` +
		`"tags":[{"name":"reference","value":"` + text.Reference + `"}],"metadata":{"reference":"` + text.Reference + `"},` +
		`"created_at":"2026-11-22T09:29:59Z",` + fields + `}`
}

const fresh = `"status":"accepted","cost":null,"segments":{"count":1,"encoding":"GSM_7BIT","characters":47},"sent_at":null`

func TestSend(t *testing.T) {
	t.Parallel()
	v := newVendor(t, says(http.StatusAccepted, messageWith(fresh)))
	got, err := v.Send(t.Context(), account, text)
	if diff := cmp.Diff(sms.Outcome{State: sms.Accepted, VendorID: id, Parts: 1, At: now}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	came := v.requests()
	if len(came) != 1 || came[0].method != http.MethodPost || came[0].path != "/v1/sms/messages" {
		t.Fatalf("%+v", came)
	}
	for name, value := range map[string]string{
		"Authorization": "Bearer " + account.Key.Reveal(), "Accept": "application/json", "Content-Type": "application/json", "User-Agent": "Aye",
		"Idempotency-Key": text.Reference,
	} {
		if came[0].header.Get(name) != value {
			t.Errorf("%s: %q", name, came[0].header.Get(name))
		}
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(came[0].body), &body); err != nil {
		t.Fatal(err)
	}
	// With validity_period, Bird would refuse it.
	if diff := cmp.Diff(map[string]any{
		"to": text.To, "from": "Tulp", "text": text.Body, "category": "authentication",
		"tags": []any{map[string]any{"name": "reference", "value": text.Reference}}, "metadata": map[string]any{"reference": text.Reference},
	}, body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	failed := func(class sms.Class, detail string) sms.Outcome {
		return sms.Outcome{State: sms.Failed, VendorID: id, At: now, Reason: class, Detail: detail}
	}
	because := func(code string) string {
		return `"status":"failed","last_error":{"code":"` + code + `","description":"to +31612345678"}`
	}
	for fields, want := range map[string]sms.Outcome{
		`"status":"accepted"`:    {State: sms.Accepted, VendorID: id, At: now},
		`"status":"scheduled"`:   {State: sms.Accepted, VendorID: id, At: now},
		`"status":"sent"`:        {State: sms.Sent, VendorID: id, At: now},
		`"status":"delivered"`:   {State: sms.Delivered, VendorID: id, At: now},
		`"status":"undelivered"`: failed(sms.Other, ""),
		`"status":"failed"`:      failed(sms.Other, ""),
		`"status":"canceled"`:    failed(sms.Other, ""),
		`"status":"expired"`:     {State: sms.Expired, VendorID: id, At: now},
		`"status":"of_tomorrow"`: {State: sms.Accepted, VendorID: id, At: now},
		`"status":null`:          {State: sms.Accepted, VendorID: id, At: now},

		`"status":"sent","segments":{"count":2},"cost":{"amount":"0.1120","currency_code":"EUR"}`:                                         {State: sms.Sent, VendorID: id, Parts: 2, Price: 112_000, Currency: "EUR", At: now},
		`"status":"sent","cost":{"amount":"0.00990","currency_code":"USD","transaction_amount":"0.00790","passthrough_amount":"0.00200"}`: {State: sms.Sent, VendorID: id, Price: 9900, Currency: "USD", At: now},
		`"status":"sent","cost":{"amount":"0.0000","currency_code":"EUR"}`:                                                                {State: sms.Sent, VendorID: id, At: now},
		`"status":"sent","cost":{"amount":"x","currency_code":"EUR"}`:                                                                     {State: sms.Sent, VendorID: id, At: now},
		`"status":"sent","cost":{"amount":0.056,"currency_code":"EUR"},"segments":null`:                                                   {State: sms.Sent, VendorID: id, At: now},
		`"status":"sent","cost":{"amount":"0.056","currency_code":"euro"},"segments":{"count":-1}`:                                        {State: sms.Sent, VendorID: id, At: now},
		`"status":"expired","last_error":{"code":"unreachable"}`:                                                                          {State: sms.Expired, VendorID: id, At: now, Reason: sms.BadNumber, Detail: "unreachable"},
		`"status":"failed","last_error":{"code":"content_rejected","carrier_error_code":"104"}`:                                           failed(sms.BadSender, "content_rejected (104)"),
		`"status":"failed","last_error":{"code":"31612345678","carrier_error_code":"31612345678"}`:                                        failed(sms.Other, ""),
		`"status":"undelivered","last_error":{"code":"unreachable","description":"off","carrier_error_code":null}`:                        failed(sms.BadNumber, "unreachable"),
		because("invalid_destination"):  failed(sms.BadNumber, "invalid_destination"),
		because("landline_unreachable"): failed(sms.BadNumber, "landline_unreachable"),
		because("blocked_by_recipient"): failed(sms.BadNumber, "blocked_by_recipient"),
		because("recipient_opted_out"):  failed(sms.BadNumber, "recipient_opted_out"),
		because("sender_unregistered"):  failed(sms.BadSender, "sender_unregistered"),
		because("insufficient_balance"): failed(sms.NoBalance, "insufficient_balance"),
		because("blocked_by_carrier"):   failed(sms.Other, "blocked_by_carrier"),
		because("content_rejected"):     failed(sms.Other, "content_rejected"),
		because("provider_unavailable"): failed(sms.Other, "provider_unavailable"),
		because("unknown"):              failed(sms.Other, "unknown"),
		because("of_tomorrow"):          failed(sms.Other, "of_tomorrow"),
	} {
		v := newVendor(t, says(http.StatusAccepted, messageWith(fields)))
		sent, err := v.Send(t.Context(), account, text)
		if diff := cmp.Diff(want, sent); diff != "" || err != nil {
			t.Errorf("%s, sent: %v (-want +got):\n%s", fields, err, diff)
		}
		found, err := v.Look(t.Context(), account, id, text.Reference, now)
		if diff := cmp.Diff(want, found); diff != "" || err != nil {
			t.Errorf("%s, found: %v (-want +got):\n%s", fields, err, diff)
		}
	}
}

// What Bird rejects at once was not taken; what it rejects later has failed.
func TestRejected(t *testing.T) {
	t.Parallel()
	v := newVendor(t, says(http.StatusAccepted, messageWith(`"status":"rejected","last_error":{"code":"insufficient_balance"}`)))
	_, err := v.Send(t.Context(), account, text)
	var refused *sms.VendorError
	if !errors.As(err, &refused) || refused.Class != sms.NoBalance || refused.Detail != "insufficient_balance" {
		t.Errorf("sent: %v", err)
	}
	found, err := v.Look(t.Context(), account, id, text.Reference, now)
	if diff := cmp.Diff(sms.Outcome{State: sms.Failed, VendorID: id, At: now, Reason: sms.NoBalance, Detail: "insufficient_balance"}, found); diff != "" || err != nil {
		t.Errorf("found: %v (-want +got):\n%s", err, diff)
	}
}

// e is an error as the API writes it.
func e(kind, code, name, more string) string {
	return `{"error":{"type":"` + kind + `","code":"` + code + `","name":"` + name + `","message":"123456 for +31612345678","request_id":"req_1"` + more + `}}`
}

// TestRefusals has what is a refusal: nothing went out.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   sms.VendorError
	}{
		"wrong key":          {says(401, e("auth_error", "E01003", "Unauthorized", "")), sms.VendorError{Class: sms.BadKey, Code: "E01003", Detail: "Unauthorized"}},
		"another region":     {says(421, e("misdirected_error", "E01010", "MisdirectedRequest", "")), sms.VendorError{Class: sms.BadKey, Code: "E01010", Detail: "MisdirectedRequest"}},
		"no scope":           {says(403, e("permission_error", "E01007", "Forbidden", "")), sms.VendorError{Class: sms.BadKey, Code: "E01007", Detail: "Forbidden"}},
		"no money":           {says(402, e("billing_error", "E03001", "InsufficientBalance", "")), sms.VendorError{Class: sms.NoBalance, Code: "E03001", Detail: "InsufficientBalance"}},
		"no sender":          {says(422, e("validation_error", "E05001", "SMSNoEligibleSender", "")), sms.VendorError{Class: sms.BadSender, Code: "E05001", Detail: "SMSNoEligibleSender"}},
		"sender not set up":  {says(422, e("validation_error", "E05002", "SMSSenderNotConfigured", "")), sms.VendorError{Class: sms.BadSender, Code: "E05002", Detail: "SMSSenderNotConfigured"}},
		"sender's category":  {says(403, e("permission_error", "E05003", "SenderCategoryNotPermitted", "")), sms.VendorError{Class: sms.BadSender, Code: "E05003", Detail: "SenderCategoryNotPermitted"}},
		"sender of tomorrow": {says(403, e("permission_error", "E05009", "SMSSenderUnderReview", "")), sms.VendorError{Class: sms.BadSender, Code: "E05009", Detail: "SMSSenderUnderReview"}},
		"bad number":         {says(422, e("validation_error", "E05004", "SMSInvalidRecipient", `,"param":"to"`)), sms.VendorError{Class: sms.BadNumber, Code: "E05004", Detail: "SMSInvalidRecipient: to"}},
		"country off":        {says(403, e("permission_error", "E05005", "DestinationBlocked", "")), sms.VendorError{Class: sms.NotPermitted, Code: "E05005", Detail: "DestinationBlocked"}},
		"country of tomorrow": {
			says(422, e("validation_error", "E05006", "SMSCountryNotEnabled", "")), sms.VendorError{Class: sms.NotPermitted, Code: "E05006", Detail: "SMSCountryNotEnabled"},
		},
		"to be proven first": {
			says(403, e("permission_error", "E01020", "VerificationRequired", `,"unmet_gates":[{"slug":"identity","name":"Identity"}]`)),
			sms.VendorError{Class: sms.NotPermitted, Code: "E01020", Detail: "VerificationRequired"},
		},
		"validation, to": {
			says(422, e("validation_error", "E01001", "ValidationError", `,"details":[{"param":"to","message":"+31612345678 is none"}]`)),
			sms.VendorError{Class: sms.BadNumber, Code: "E01001", Detail: "ValidationError: to"},
		},
		"validation, from": {
			says(422, e("validation_error", "E01001", "ValidationError", `,"details":[{"param":"from","message":"none"}]`)),
			sms.VendorError{Class: sms.BadSender, Code: "E01001", Detail: "ValidationError: from"},
		},
		"validation, text":   {says(422, e("validation_error", "E01001", "ValidationError", `,"param":"text"`)), sms.VendorError{Class: sms.Other, Code: "E01001", Detail: "ValidationError: text"}},
		"a feature to come":  {says(422, e("validation_error", "E05007", "SMSUnsupportedFeature", `,"param":"validity_period"`)), sms.VendorError{Class: sms.Other, Code: "E05007", Detail: "SMSUnsupportedFeature: validity_period"}},
		"bad request":        {says(400, e("bad_request_error", "E01002", "InvalidRequest", "")), sms.VendorError{Class: sms.Other, Code: "E01002", Detail: "InvalidRequest"}},
		"not found":          {says(404, e("not_found_error", "E01006", "NotFound", "")), sms.VendorError{Class: sms.Other, Code: "E01006", Detail: "NotFound"}},
		"too large":          {says(413, e("payload_too_large_error", "E01011", "PayloadTooLarge", "")), sms.VendorError{Class: sms.Other, Code: "E01011", Detail: "PayloadTooLarge"}},
		"too many":           {says(429, e("rate_limit_error", "E01009", "RateLimited", ""), "Retry-After", "7"), sms.VendorError{Class: sms.Busy, Code: "E01009", Detail: "RateLimited", After: 7 * time.Second}},
		"a type of tomorrow": {says(422, e("weather_error", "E99999", "Rain", "")), sms.VendorError{Class: sms.Other, Code: "E99999", Detail: "Rain"}},
		"names to hide in":   {says(422, e("+31612345678", "+31612345678", "123456", `,"param":"31612345678"`)), sms.VendorError{Class: sms.Other, Code: "422"}},

		// The form of the older documents.
		"wrong key, bare":  {says(401, `{"type":"authentication_failed","message":"no","request_id":"req_1"}`), sms.VendorError{Class: sms.BadKey, Code: "401", Detail: "authentication_failed"}},
		"no scope, bare":   {says(403, `{"type":"permission_denied","param":"sms:send"}`), sms.VendorError{Class: sms.BadKey, Code: "403", Detail: "permission_denied"}},
		"bad number, bare": {says(422, `{"type":"invalid_recipient"}`), sms.VendorError{Class: sms.BadNumber, Code: "422", Detail: "invalid_recipient"}},
		"no sender, bare":  {says(400, `{"type":"missing_required_field","param":"from"}`), sms.VendorError{Class: sms.BadSender, Code: "400", Detail: "missing_required_field: from"}},
		"too many, bare":   {says(429, `{"type":"rate_limited"}`, "Retry-After", "Sun, 22 Nov 2026 09:30:30 GMT"), sms.VendorError{Class: sms.Busy, Code: "429", Detail: "rate_limited", After: 30 * time.Second}},

		// Of proxies.
		"401": {says(401, "<html>"), sms.VendorError{Class: sms.BadKey, Code: "401"}},
		"402": {says(402, "<html>"), sms.VendorError{Class: sms.NoBalance, Code: "402"}},
		"403": {says(403, "<html>"), sms.VendorError{Class: sms.Other, Code: "403"}},
		"404": {says(404, "<html>"), sms.VendorError{Class: sms.Other, Code: "404"}},
		"421": {says(421, ""), sms.VendorError{Class: sms.BadKey, Code: "421"}},
		"429": {says(429, "", "Retry-After", "3"), sms.VendorError{Class: sms.Busy, Code: "429", After: 3 * time.Second}},
	} {
		v := newVendor(t, test.answer)
		_, err := v.Send(t.Context(), account, text)
		var refused *sms.VendorError
		if !errors.As(err, &refused) || !errors.Is(err, sms.ErrVendor) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(test.want, *refused); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if len(v.requests()) != 1 {
			t.Errorf("%s: %d requests", name, len(v.requests()))
		}
	}
}

// TestUnclear has answers after which nobody knows: the message may have gone out, and one call was made.
func TestUnclear(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"internal error":     says(500, e("internal_error", "E01000", "InternalError", "")),
		"unavailable":        says(503, e("service_unavailable_error", "E01012", "ServiceUnavailable", ""), "Retry-After", "1"),
		"refused under 500":  says(500, e("validation_error", "E01001", "ValidationError", "")),
		"500":                says(500, ""),
		"502":                says(502, "<html>bad gateway</html>"),
		"504":                says(504, ""),
		"408":                says(408, ""),
		"425":                says(425, ""),
		"499":                says(499, ""),
		"under way":          says(409, e("conflict_error", "E01004", "RequestInProgress", "")),
		"another body":       says(409, e("conflict_error", "E01005", "IdempotencyKeyReuse", "")),
		"in use, bare":       says(409, `{"type":"idempotency_key_in_use"}`),
		"a redirect":         says(307, "", "Location", "/v1/sms/messages"),
		"nothing":            says(202, ""),
		"no content":         says(204, ""),
		"a login page":       says(200, "<html>welcome</html>"),
		"another JSON":       says(200, `{"ok":true}`),
		"a list":             says(200, `[]`),
		"no id":              says(202, `{"status":"accepted"}`),
		"an id that is none": says(202, `{"id":"../webhooks"}`),
		"endless":            says(202, `{"id":"`+id+`","text":"`+strings.Repeat("x", 70<<10)+`"}`),
	} {
		v := newVendor(t, answer)
		_, err := v.Send(t.Context(), account, text)
		if err == nil || errors.Is(err, sms.ErrVendor) || errors.Is(err, sms.ErrNoMessage) {
			t.Errorf("%s: %v", name, err)
		}
		if len(v.requests()) != 1 {
			t.Errorf("%s: %d requests", name, len(v.requests()))
		}
	}
}

func TestNoAnswerInTime(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // the request is there by then, on a busy machine too
	defer cancel()
	_, err := v.Send(ctx, account, text)
	if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sms.ErrVendor) || len(v.requests()) != 1 {
		t.Errorf("%v after %d requests", err, len(v.requests()))
	}
}

// TestNothingLeaves has what fails before anything went out.
func TestNothingLeaves(t *testing.T) {
	t.Parallel()
	v := newVendor(t, says(http.StatusAccepted, messageWith(fresh)))
	with := func(change func(*sms.Account)) sms.Account {
		a := account
		change(&a)
		return a
	}
	for name, test := range map[string]struct {
		vendor  sms.Vendor
		account sms.Account
		want    sms.Class
	}{
		"a test key":         {v, with(func(a *sms.Account) { a.Key = "bird_test_xxxxxxxx" }), sms.TestKey},
		"no key":             {v, with(func(a *sms.Account) { a.Key = "" }), sms.BadKey},
		"a key of two lines": {v, with(func(a *sms.Account) { a.Key = "bk_eu1_a\r\nX: y" }), sms.BadKey},
		"nobody there":       {bird.New(bird.Config{Endpoint: "https://127.0.0.1:1"}), account, sms.Down},
		"no address":         {bird.New(bird.Config{Endpoint: "https://[canary"}), account, sms.Down},
	} {
		var refused *sms.VendorError
		if _, err := test.vendor.Send(t.Context(), test.account, text); !errors.As(err, &refused) || refused.Class != test.want {
			t.Errorf("%s, sent: %v", name, err)
		}
		if _, _, err := test.vendor.Check(t.Context(), test.account); !errors.As(err, &refused) || refused.Class != test.want {
			t.Errorf("%s, checked: %v", name, err)
		}
	}
	// Without a good key of its own, a repetition would be another message.
	for _, reference := range []string{"", "a b", "a\r\nb", strings.Repeat("x", 65), "sms:1"} {
		m := text
		m.Reference = reference
		if _, err := v.Send(t.Context(), account, m); !errors.Is(err, sms.ErrVendor) {
			t.Errorf("reference %q: %v", reference, err)
		}
	}
	if len(v.requests()) != 0 {
		t.Errorf("%d requests came", len(v.requests()))
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"data":[],"next_cursor":null}`, `{"data":[` + messageWith(fresh) + `],"next_cursor":"x"}`} {
		v := newVendor(t, says(http.StatusOK, body))
		left, known, err := v.Check(t.Context(), account)
		if left != (sms.Balance{}) || known || err != nil {
			t.Errorf("%+v %v %v", left, known, err)
		}
		if came := v.requests(); len(came) != 1 || came[0].method != http.MethodGet || came[0].path != "/v1/sms/messages?limit=1" || came[0].header.Get("User-Agent") == "" {
			t.Errorf("%+v", came)
		}
	}
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   sms.Class
	}{
		"wrong key":    {says(401, e("auth_error", "E01003", "Unauthorized", "")), sms.BadKey},
		"no scope":     {says(403, e("permission_error", "E01007", "Forbidden", "")), sms.BadKey},
		"too many":     {says(429, ""), sms.Busy},
		"down":         {says(503, ""), sms.Down},
		"not found":    {says(404, e("not_found_error", "E01006", "NotFound", "")), sms.Down},
		"cut":          {cut, sms.Down},
		"a login page": {says(200, "<html>"), sms.Down},
		"other JSON":   {says(200, `{"ok":true}`), sms.Down},
	} {
		_, known, err := newVendor(t, test.answer).Check(t.Context(), account)
		var refused *sms.VendorError
		if !errors.As(err, &refused) || refused.Class != test.want || known {
			t.Errorf("%s: %v %v", name, known, err)
		}
	}
}

// Whatever Bird repeats of what was sent, no error has it.
func TestThreatErrorsTellNothing(t *testing.T) {
	t.Parallel()
	quoted, err := json.Marshal(text.Body + " " + text.To + " " + account.Key.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	echo := string(quoted)
	all := `{"type":` + echo + `,"code":` + echo + `,"name":` + echo + `,"message":` + echo + `,"param":` + echo + `,"details":[{"param":` + echo + `}]}`
	for _, answer := range []http.HandlerFunc{
		says(401, `{"error":`+all+`}`), says(422, all), says(500, echo), says(200, echo), says(409, echo), cut,
		says(202, messageWith(`"status":"failed","last_error":{"code":`+echo+`,"carrier_error_code":`+echo+`},"cost":{"amount":`+echo+`,"currency_code":`+echo+`}`)),
		says(202, messageWith(`"status":"rejected","last_error":{"code":`+echo+`}`)),
	} {
		v := newVendor(t, answer)
		outcome, sent := v.Send(t.Context(), account, text)
		_, _, checked := v.Check(t.Context(), account)
		found, looked := v.Look(t.Context(), account, id, text.Reference, now)
		told := fmt.Sprintf("%v %v %v %+v %+v %#v", sent, checked, looked, outcome, found, sent)
		for _, secret := range []string{"123456", "31612345678", account.Key.Reveal()} {
			if strings.Contains(told, secret) {
				t.Errorf("%q is in %s", secret, told)
			}
		}
	}
}
