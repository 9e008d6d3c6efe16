package messagebird_test

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
	"example.com/aye/notify/messagebird"
	"example.com/aye/sms"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var (
	now     = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
	account = sms.Account{Key: "live_AbCdEfGhIjKlMnOpQrStUvWxY", Signing: "36efdd1aace2e26c", Sender: "Tulp"}
	text    = sms.Outgoing{
		Reference: "sms_0190b7e7c5b17d6f8f7a3f0c1d2e3f40", To: "+31612345678", Body: "123456 is your code.\n@aye.example.com #123456",
		Encoding: sms.GSM7, Life: 5 * time.Minute, ReportTo: "https://aye.example.com/v1/sms/reports/prv_1",
	}
)

const id = "6fe65f90454aa61536e6a88b88972670"

// request is what came to the stand-in.
type request struct {
	method, path string
	header       http.Header
	body         string
}

// vendor is an adapter that talks to a MessageBird which gives the answer to whatever it is asked.
type vendor struct {
	*messagebird.Vendor

	mu   sync.Mutex
	came []request
}

func newVendor(t *testing.T, answer http.HandlerFunc) *vendor {
	t.Helper()
	v := &vendor{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		v.came = append(v.came, request{r.Method, r.URL.RequestURI(), r.Header, string(body)})
		v.mu.Unlock()
		answer(rw, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	v.Vendor = messagebird.New(messagebird.Config{Endpoint: server.URL + "/", RootCAs: roots, Now: func() time.Time { return now }})
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

// messageWith is a message of the API with the only recipient.
func messageWith(recipient string) string {
	return `{"id":"` + id + `","href":"https://rest.messagebird.com/messages/` + id + `","direction":"mt","type":"sms","originator":"Tulp",` +
		`"body":"123456 is your code.","reference":"` + text.Reference + `","validity":300,"gateway":10,"typeDetails":{},"datacoding":"plain",` +
		`"mclass":1,"scheduledDatetime":null,"createdDatetime":"2026-11-22T09:29:59+00:00","recipients":{"totalCount":1,"totalSentCount":1,` +
		`"totalDeliveredCount":0,"totalDeliveryFailedCount":0,"items":[{"recipient":31612345678,` + recipient + `}]}}`
}

const fresh = `"status":"sent","statusDatetime":"2026-11-22T10:29:59+01:00","messagePartCount":1`

func TestSend(t *testing.T) {
	t.Parallel()
	v := newVendor(t, says(http.StatusCreated, messageWith(fresh)))
	got, err := v.Send(t.Context(), account, text)
	want := sms.Outcome{State: sms.Sent, VendorID: id, Parts: 1, At: time.Date(2026, 11, 22, 9, 29, 59, 0, time.UTC)}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	came := v.requests()
	if len(came) != 1 || came[0].method != http.MethodPost || came[0].path != "/messages" {
		t.Fatalf("%+v", came)
	}
	for name, value := range map[string]string{
		"Authorization": "AccessKey " + account.Key.Reveal(), "Accept": "application/json", "Content-Type": "application/json", "User-Agent": "Aye",
	} {
		if came[0].header.Get(name) != value {
			t.Errorf("%s: %q", name, came[0].header.Get(name))
		}
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(came[0].body), &body); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{
		"originator": "Tulp", "recipients": []any{"31612345678"}, "body": text.Body, "reference": text.Reference, "validity": 300.0,
		"datacoding": "plain", "reportUrl": text.ReportTo,
	}, body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestSendOtherwise(t *testing.T) {
	t.Parallel()
	v := newVendor(t, says(http.StatusCreated, messageWith(fresh)))
	m := text
	m.Encoding, m.Body, m.Life, m.ReportTo = sms.UCS2, "123456 — 密码", 0, ""
	a := account
	a.Sender = "+31687654321"
	if _, err := v.Send(t.Context(), a, m); err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(v.requests()[0].body), &body); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{
		"originator": "31687654321", "recipients": []any{"31612345678"}, "body": m.Body, "reference": text.Reference, "datacoding": "unicode",
	}, body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 9, 29, 59, 0, time.UTC)
	sent := sms.Outcome{State: sms.Sent, VendorID: id, At: now}
	failed := func(class sms.Class, detail string) sms.Outcome {
		return sms.Outcome{State: sms.Failed, VendorID: id, At: now, Reason: class, Detail: detail}
	}
	for recipient, want := range map[string]sms.Outcome{
		`"status":"scheduled"`:       {State: sms.Accepted, VendorID: id, At: now},
		`"status":"sent"`:            sent,
		`"status":"buffered"`:        sent,
		`"status":"delivered"`:       {State: sms.Delivered, VendorID: id, At: now},
		`"status":"expired"`:         {State: sms.Expired, VendorID: id, At: now},
		`"status":"delivery_failed"`: failed(sms.Other, ""),
		`"status":"of_tomorrow"`:     {State: sms.Accepted, VendorID: id, At: now},
		`"status":7`:                 {State: sms.Accepted, VendorID: id, At: now},
		`"statusReason":"no status"`: {State: sms.Accepted, VendorID: id, At: now},
		fresh + `,"price":null`:      {State: sms.Sent, VendorID: id, Parts: 1, At: at},
		`"status":"sent","x":[{}],` + `"messagePartCount":-3,"statusDatetime":"yesterday"`: sent,

		`"status":"sent","messagePartCount":2,"price":{"amount":0.112,"currency":"EUR"}`: {State: sms.Sent, VendorID: id, Parts: 2, Price: 112_000, Currency: "EUR", At: now},
		`"status":"sent","price":{"amount":"0.056","currency":"EUR"}`:                    {State: sms.Sent, VendorID: id, Price: 56_000, Currency: "EUR", At: now},
		`"status":"sent","price":{"amount":0.05600000000000001,"currency":"EUR"}`:        {State: sms.Sent, VendorID: id, Price: 56_000, Currency: "EUR", At: now},
		`"status":"sent","price":{"amount":5.6e-2,"currency":"USD"}`:                     {State: sms.Sent, VendorID: id, Price: 56_000, Currency: "USD", At: now},
		`"status":"sent","price":{"amount":5,"currency":"UAH"}`:                          {State: sms.Sent, VendorID: id, Price: 5_000_000, Currency: "UAH", At: now},
		`"status":"sent","price":{"amount":0.000,"currency":"EUR"}`:                      sent,
		`"status":"sent","price":{"amount":-1,"currency":"EUR"}`:                         sent,
		`"status":"sent","price":{"amount":0.056,"currency":"euro"}`:                     sent,
		`"status":"sent","price":{"amount":0.056,"currency":null}`:                       sent,
		`"status":"sent","price":{"amount":null,"currency":"EUR"}`:                       sent,
		`"status":"sent","price":{"amount":1e999999999,"currency":"EUR"}`:                sent,
		`"status":"sent","price":[1]`:                                                    sent,

		`"status":"delivery_failed","statusErrorCode":1,"statusReason":"unknown subscriber"`:      failed(sms.BadNumber, "unknown subscriber (1)"),
		`"status":"delivery_failed","statusErrorCode":"27","statusReason":"absent subscriber"`:    failed(sms.BadNumber, "absent subscriber (27)"),
		`"status":"delivery_failed","statusErrorCode":103`:                                        failed(sms.BadNumber, "(103)"),
		`"status":"delivery_failed","statusErrorCode":104,"statusReason":"carrier rejected"`:      failed(sms.BadSender, "carrier rejected (104)"),
		`"status":"delivery_failed","statusErrorCode":34,"statusReason":"received_network_error"`: failed(sms.Other, "received_network_error (34)"),
		`"status":"delivery_failed","statusErrorCode":31612345678,"statusReason":"to 316123456"`:  failed(sms.Other, ""),
		`"status":"delivery_failed","statusErrorCode":{},"statusReason":null`:                     failed(sms.Other, ""),
		`"status":"expired","statusErrorCode":27,"statusReason":"unavailable subscriber"`: {
			State: sms.Expired, VendorID: id, At: now, Reason: sms.BadNumber, Detail: "unavailable subscriber (27)",
		},
		`"status":"expired","statusReason":"DLR not received"`: {State: sms.Expired, VendorID: id, At: now, Detail: "DLR not received"},
	} {
		v := newVendor(t, says(http.StatusOK, messageWith(recipient)))
		sent, err := v.Send(t.Context(), account, text)
		if diff := cmp.Diff(want, sent); diff != "" || err != nil {
			t.Errorf("%s, sent: %v (-want +got):\n%s", recipient, err, diff)
		}
		found, err := v.Look(t.Context(), account, id, text.Reference, now)
		if diff := cmp.Diff(want, found); diff != "" || err != nil {
			t.Errorf("%s, found: %v (-want +got):\n%s", recipient, err, diff)
		}
	}
}

func TestSendWithoutRecipients(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"id":"` + id + `"}`, `{"id":"` + id + `","recipients":{"totalCount":0,"items":[]}}`, `{"id":"` + id + `","recipients":[]}`} {
		got, err := newVendor(t, says(http.StatusCreated, body)).Send(t.Context(), account, text)
		if diff := cmp.Diff(sms.Outcome{State: sms.Accepted, VendorID: id, At: now}, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", body, err, diff)
		}
	}
}

// e is an error as the API writes it.
func e(code int, parameter string) string {
	if parameter != "null" {
		parameter = `"` + parameter + `"`
	}
	return fmt.Sprintf(`{"code":%d,"description":"123456 for 31612345678 by live_AbCdEfGhIjKlMnOpQrStUvWxY","parameter":%s}`, code, parameter)
}

func errorsOf(all ...string) string { return `{"errors":[` + strings.Join(all, ",") + `]}` }

// TestRefusals has what is a refusal: nothing went out.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   sms.VendorError
	}{
		"wrong key":              {says(401, errorsOf(e(2, "access_key"))), sms.VendorError{Class: sms.BadKey, Code: "2", Detail: "Request not allowed: access_key"}},
		"not allowed":            {says(401, errorsOf(e(2, "null"))), sms.VendorError{Class: sms.BadKey, Code: "2", Detail: "Request not allowed"}},
		"not allowed there":      {says(403, errorsOf(e(2, "null"))), sms.VendorError{Class: sms.NotPermitted, Code: "2", Detail: "Request not allowed"}},
		"no sender":              {says(422, errorsOf(e(9, "originator"))), sms.VendorError{Class: sms.BadSender, Code: "9", Detail: "Missing params: originator"}},
		"bad sender":             {says(422, errorsOf(e(10, "originator"))), sms.VendorError{Class: sms.BadSender, Code: "10", Detail: "Invalid params: originator"}},
		"no number":              {says(422, errorsOf(e(9, "recipients"))), sms.VendorError{Class: sms.BadNumber, Code: "9", Detail: "Missing params: recipients"}},
		"bad number":             {says(422, errorsOf(e(9, "recipient"))), sms.VendorError{Class: sms.BadNumber, Code: "9", Detail: "Missing params: recipient"}},
		"bad report address":     {says(422, errorsOf(e(10, "reportUrl"))), sms.VendorError{Class: sms.Other, Code: "10", Detail: "Invalid params: reportUrl"}},
		"a parameter to hide in": {says(422, errorsOf(e(10, "31612345678"))), sms.VendorError{Class: sms.Other, Code: "10", Detail: "Invalid params"}},
		"no such thing":          {says(404, errorsOf(e(20, "null"))), sms.VendorError{Class: sms.Other, Code: "20", Detail: "Not found"}},
		"bad request":            {says(400, errorsOf(e(21, "null"))), sms.VendorError{Class: sms.Other, Code: "21", Detail: "Bad request"}},
		"no money":               {says(402, errorsOf(e(25, "null"))), sms.VendorError{Class: sms.NoBalance, Code: "25", Detail: "Not enough balance"}},
		"no money, as they say":  {says(422, errorsOf(e(25, "null"))), sms.VendorError{Class: sms.NoBalance, Code: "25", Detail: "Not enough balance"}},
		"no money, under 500":    {says(500, errorsOf(e(25, "null"))), sms.VendorError{Class: sms.NoBalance, Code: "25", Detail: "Not enough balance"}},
		"no such endpoint":       {says(404, errorsOf(e(98, "null"))), sms.VendorError{Class: sms.Other, Code: "98", Detail: "API not found"}},
		"a code of tomorrow":     {says(422, errorsOf(e(42, "null"))), sms.VendorError{Class: sms.Other, Code: "42", Detail: "not in the API reference"}},
		"of tomorrow, of sender": {says(422, errorsOf(e(42, "originator"))), sms.VendorError{Class: sms.BadSender, Code: "42", Detail: "not in the API reference: originator"}},
		"several at once": {
			says(401, errorsOf(e(10, "reportUrl"), e(9, "recipient"), e(10, "originator"), e(2, "access_key"), e(25, "null"))),
			sms.VendorError{Class: sms.BadKey, Code: "2", Detail: "Request not allowed: access_key"},
		},
		"two at once":           {says(422, errorsOf(e(9, "recipient"), e(10, "originator"))), sms.VendorError{Class: sms.BadSender, Code: "10", Detail: "Invalid params: originator"}},
		"refused and broken":    {says(422, errorsOf(e(99, "null"), e(25, "null"))), sms.VendorError{Class: sms.NoBalance, Code: "25", Detail: "Not enough balance"}},
		"too many":              {says(429, errorsOf(e(99, "null")), "Retry-After", "7"), sms.VendorError{Class: sms.Busy, Code: "429", After: 7 * time.Second}},
		"too many, till a time": {says(429, "", "Retry-After", "Sun, 22 Nov 2026 09:30:30 GMT"), sms.VendorError{Class: sms.Busy, Code: "429", After: 30 * time.Second}},
		"too many, no word":     {says(429, "<html>"), sms.VendorError{Class: sms.Busy, Code: "429"}},
		"a proxy's 401":         {says(401, "<html>"), sms.VendorError{Class: sms.BadKey, Code: "401"}},
		"a proxy's 403":         {says(403, "<html>"), sms.VendorError{Class: sms.Other, Code: "403", Detail: "the answer is not MessageBird's"}},
		"a proxy's 404":         {says(404, `{"error":"none"}`), sms.VendorError{Class: sms.Other, Code: "404", Detail: "the answer is not MessageBird's"}},
		"method not allowed":    {says(405, ""), sms.VendorError{Class: sms.Other, Code: "405", Detail: "the answer is not MessageBird's"}},
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

// TestUnclear has what is none: the message may have gone out, and one call was made.
func TestUnclear(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"cut":                     cut,
		"internal error":          says(500, errorsOf(e(99, "null"))),
		"internal, as they say":   says(422, errorsOf(e(99, "null"))),
		"unknown under 500":       says(500, errorsOf(e(42, "null"))),
		"500":                     says(500, ""),
		"502":                     says(502, "<html>bad gateway</html>"),
		"503":                     says(503, "<html>", "Retry-After", "1"),
		"504":                     says(504, ""),
		"408":                     says(408, ""),
		"409":                     says(409, ""),
		"499":                     says(499, ""),
		"a redirect":              says(307, "", "Location", "/messages"),
		"not modified":            says(304, ""),
		"nothing":                 says(201, ""),
		"no content":              says(204, ""),
		"a login page":            says(200, "<html>welcome</html>"),
		"another JSON":            says(200, `{"ok":true}`),
		"a list":                  says(200, `[]`),
		"no id":                   says(201, `{"recipients":{"items":[{"status":"sent"}]}}`),
		"an id of another kind":   says(201, `{"id":7}`),
		"an id that is a path":    says(201, `{"id":"../balance"}`),
		"success and refusal":     says(200, errorsOf(e(25, "null"))),
		"a redirect that refuses": says(302, errorsOf(e(2, "access_key"))),
		"cut in the middle": func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Length", "900")
			_, _ = io.WriteString(rw, messageWith(fresh))
		},
		"endless": says(201, `{"id":"`+id+`","body":"`+strings.Repeat("x", 70<<10)+`"}`),
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
	v := newVendor(t, says(http.StatusCreated, messageWith(fresh)))
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
		"a test key":            {v, with(func(a *sms.Account) { a.Key = "test_gshuPaZoeEG6ovbc8M79w0QyM" }), sms.TestKey},
		"no key":                {v, with(func(a *sms.Account) { a.Key = "" }), sms.BadKey},
		"a key of two lines":    {v, with(func(a *sms.Account) { a.Key = "live_a\r\nX: y" }), sms.BadKey},
		"nobody there":          {messagebird.New(messagebird.Config{Endpoint: "https://127.0.0.1:1"}), account, sms.Down},
		"no such name":          {messagebird.New(messagebird.Config{Endpoint: "https://messagebird.invalid"}), account, sms.Down},
		"no address":            {messagebird.New(messagebird.Config{Endpoint: "https://[canary"}), account, sms.Down},
		"a foreign certificate": {messagebird.New(messagebird.Config{Endpoint: foreign(t)}), account, sms.Down},
	} {
		var refused *sms.VendorError
		if _, err := test.vendor.Send(t.Context(), test.account, text); !errors.As(err, &refused) || refused.Class != test.want {
			t.Errorf("%s, sent: %v", name, err)
		}
		if _, _, err := test.vendor.Check(t.Context(), test.account); !errors.As(err, &refused) || refused.Class != test.want {
			t.Errorf("%s, checked: %v", name, err)
		}
	}
	if len(v.requests()) != 0 {
		t.Errorf("%d requests came", len(v.requests()))
	}
}

// foreign is a server with a certificate that nobody trusts.
func foreign(t *testing.T) string {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request came") }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]sms.Balance{
		`{"payment":"prepaid","type":"credits","amount":9.2}`:  {Prepaid: true, Left: 9.2, Unit: "credits"},
		`{"payment":"prepaid","type":"euros","amount":103}`:    {Prepaid: true, Left: 103, Unit: "EUR"},
		`{"payment":"prepaid","type":"pounds","amount":"1.5"}`: {Prepaid: true, Left: 1.5, Unit: "GBP"},
		`{"payment":"prepaid","type":"dollars","amount":-2}`:   {Prepaid: true, Left: -2, Unit: "USD"},
		`{"payment":"postpaid","type":"SEK","amount":0}`:       {Unit: "SEK"},
		`{"payment":"prepaid","type":"x y","amount":0}`:        {Prepaid: true},
	} {
		v := newVendor(t, says(http.StatusOK, body))
		got, known, err := v.Check(t.Context(), account)
		if got != want || !known || err != nil {
			t.Errorf("%s: %+v %v %v", body, got, known, err)
		}
		if came := v.requests(); len(came) != 1 || came[0].method != http.MethodGet || came[0].path != "/balance" || came[0].body != "" {
			t.Errorf("%+v", came)
		}
	}
}

func TestCheckFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   sms.Class
	}{
		"wrong key":    {says(401, errorsOf(e(2, "access_key"))), sms.BadKey},
		"too many":     {says(429, ""), sms.Busy},
		"down":         {says(503, "<html>"), sms.Down},
		"internal":     {says(500, errorsOf(e(99, "null"))), sms.Down},
		"cut":          {cut, sms.Down},
		"a login page": {says(200, "<html>"), sms.Down},
		"other JSON":   {says(200, `{"ok":true}`), sms.Down},
		"no amount":    {says(200, `{"payment":"prepaid","amount":null}`), sms.Down},
	} {
		_, known, err := newVendor(t, test.answer).Check(t.Context(), account)
		var refused *sms.VendorError
		if !errors.As(err, &refused) || refused.Class != test.want || known {
			t.Errorf("%s: %v %v", name, known, err)
		}
	}
}

// Whatever MessageBird repeats of what was sent, no error has it.
func TestThreatErrorsTellNothing(t *testing.T) {
	t.Parallel()
	echo := text.Body + " " + text.To + " " + account.Key.Reveal()
	quoted, err := json.Marshal(echo)
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf(`"code":%[1]s,"description":%[1]s,"parameter":%[1]s`, quoted)
	for _, answer := range []http.HandlerFunc{
		says(401, `{"errors":[{`+all+`}]}`), says(422, `{"errors":[{"code":2,"parameter":`+string(quoted)+`}]}`), says(500, echo), says(200, echo), says(422, echo), says(418, string(quoted)),
		says(201, messageWith(`"status":"delivery_failed","statusReason":`+string(quoted)+`,"statusErrorCode":`+string(quoted)+`,"price":{"amount":`+string(quoted)+`,"currency":`+string(quoted)+`}`)),
	} {
		v := newVendor(t, answer)
		outcome, sent := v.Send(t.Context(), account, text)
		_, _, checked := v.Check(t.Context(), account)
		found, looked := v.Look(t.Context(), account, id, text.Reference, now)
		told := fmt.Sprintf("%v %v %v %+v %+v %#v", sent, checked, looked, outcome, found, sent)
		for _, secret := range []string{"123456", "31612345678", "#123456", account.Key.Reveal()} {
			if strings.Contains(told, secret) {
				t.Errorf("%q is in %s", secret, told)
			}
		}
	}
}
