package bird_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/aye/internal/secret"
	"example.com/aye/notify/bird"
	"example.com/aye/notify/webhook"
	"example.com/aye/sms"
)

// eventOf is an event with more in its data.
func eventOf(kind, more string) string {
	return `{"type":"` + kind + `","timestamp":"2026-11-22T09:29:58Z","data":{"sms_id":"` + id + `","workspace_id":"ws_1","to":"+31612345678","from":"Tulp",` +
		`"tags":[{"name":"reference","value":"` + text.Reference + `"}],"metadata":{"reference":"` + text.Reference + `"}` + more + `}}`
}

// call is a signed call as Bird makes it.
func call(t testing.TB, body string, change func(http.Header)) sms.Call {
	t.Helper()
	header := http.Header{}
	header.Set("webhook-id", "msg_1")
	header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	header.Set("webhook-signature", sign(t, account.Signing, "msg_1", header.Get("webhook-timestamp"), body))
	if change != nil {
		change(header)
	}
	return sms.Call{Method: http.MethodPost, URL: "https://aye.example.com/v1/sms/reports/prv_1", Header: header.Get, Body: []byte(body)}
}

// sign signs as Standard Webhooks say: by the code that signs Aye's own.
func sign(t testing.TB, key secret.Secret, id, at, body string) string {
	t.Helper()
	signature, err := webhook.Sign(key, id, at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

func TestRead(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 9, 29, 58, 0, time.UTC)
	for body, want := range map[string]sms.Outcome{
		eventOf("sms.accepted", `,"segments":{"count":2}`):                                        {State: sms.Accepted, VendorID: id, Parts: 2, At: at},
		eventOf("sms.sent", `,"carrier":"KPN","mcc_mnc":"20408"`):                                 {State: sms.Sent, VendorID: id, At: at},
		eventOf("sms.delivered", ""):                                                              {State: sms.Delivered, VendorID: id, At: at},
		eventOf("sms.delivered", `,"cost":{"amount":"0.05600","currency_code":"EUR"}`):            {State: sms.Delivered, VendorID: id, Price: 56_000, Currency: "EUR", At: at},
		eventOf("sms.delivered", `,"cost":null`):                                                  {State: sms.Delivered, VendorID: id, At: at},
		eventOf("sms.expired", `,"error":{"code":"unreachable"}`):                                 {State: sms.Expired, VendorID: id, Reason: sms.BadNumber, Detail: "unreachable", At: at},
		eventOf("sms.failed", `,"error":{"code":"sender_unregistered"}`):                          {State: sms.Failed, VendorID: id, Reason: sms.BadSender, Detail: "sender_unregistered", At: at},
		eventOf("sms.failed", ""):                                                                 {State: sms.Failed, VendorID: id, Reason: sms.Other, At: at},
		eventOf("sms.undelivered", `,"error":{"code":"unreachable"}`):                             {State: sms.Failed, VendorID: id, Reason: sms.BadNumber, Detail: "unreachable", At: at},
		eventOf("sms.rejected", `,"error":{"code":"insufficient_balance"}`):                       {State: sms.Failed, VendorID: id, Reason: sms.NoBalance, Detail: "insufficient_balance", At: at},
		strings.ReplaceAll(eventOf("sms.sent", ""), "2026-11-22T09:29:58Z", "2026-05-21 12:00"):   {State: sms.Sent, VendorID: id, At: now},
		strings.ReplaceAll(eventOf("sms.sent", ""), `{"reference":"`+text.Reference+`"}`, "null"): {State: sms.Sent, VendorID: id, At: at},
		strings.ReplaceAll(eventOf("sms.sent", ""), `"name":"reference"`, `"name":"other"`):       {State: sms.Sent, VendorID: id, At: at},
		strings.ReplaceAll(eventOf("sms.sent", ""), id, "../x"):                                   {State: sms.Sent, At: at},
	} {
		got, err := bird.New(bird.Config{}).Read(account, call(t, body, nil), now)
		got.OnceUntil = got.OnceUntil.UTC()
		report := sms.Report{Once: "msg_1", OnceUntil: now.Add(5 * time.Minute), Reference: text.Reference, VendorID: want.VendorID, Outcome: want}
		if diff := cmp.Diff(report, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", body, err, diff)
		}
	}
}

// Bird may be told to call with much else; it is signed, and is about none of our messages.
func TestReadOtherEvents(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		eventOf("sms.received", ""), eventOf("sms.tfn_verification.approved", ""), eventOf("email.delivered", ""), eventOf("delivered", ""), eventOf("sms.", ""), eventOf("sms.scheduled", ""),
		`{"type":"sms.delivered","data":{}}`, `{"type":"sms.delivered","data":{"sms_id":"../x"}}`, `{"type":"sms.delivered","data":{"metadata":{"reference":"` + strings.Repeat("x", 129) + `"}}}`,
		`{"type":"ping"}`, `{}`, `[]`, `null`, ``, `<html>`, `{"type":`,
	} {
		if _, err := bird.New(bird.Config{}).Read(account, call(t, body, nil), now); !errors.Is(err, sms.ErrNoMessage) || errors.Is(err, sms.ErrReport) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestThreatForgedReports(t *testing.T) {
	t.Parallel()
	body := eventOf("sms.delivered", "")
	good := call(t, body, nil).Header("Webhook-Signature")
	set := func(name, value string) func(http.Header) { return func(h http.Header) { h.Set(name, value) } }
	at := func(d time.Duration) func(http.Header) {
		return func(h http.Header) {
			stamp := strconv.FormatInt(now.Add(d).Unix(), 10)
			h.Set("webhook-timestamp", stamp)
			h.Set("webhook-signature", sign(t, account.Signing, "msg_1", stamp, body))
		}
	}
	const other = secret.Secret("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	empty := hmac.New(sha256.New, nil)
	empty.Write([]byte("msg_1." + strconv.FormatInt(now.Unix(), 10) + "." + body))
	unkeyed := "v1," + base64.StdEncoding.EncodeToString(empty.Sum(nil))

	for name, test := range map[string]struct {
		change  func(http.Header)
		signing secret.Secret // the account's by default
		good    bool
	}{
		"good":                       {nil, "", true},
		"good, without the prefix":   {nil, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true},
		"good, the second of two":    {set("webhook-signature", sign(t, other, "msg_1", strconv.FormatInt(now.Unix(), 10), body)+" "+good), "", true},
		"good, the first of two":     {set("webhook-signature", good+" v1,AAAA"), "", true},
		"good, among other versions": {set("webhook-signature", "v1a,AAAA v2,BBBB "+good), "", true},
		"good, of 5 minutes ago":     {at(-5 * time.Minute), "", true},
		"good, of 5 minutes ahead":   {at(5 * time.Minute), "", true},

		"older":                 {at(-5*time.Minute - time.Second), "", false},
		"further ahead":         {at(5*time.Minute + time.Second), "", false},
		"another secret":        {nil, other, false},
		"no secret":             {nil, "-", false},
		"a secret of nothing":   {set("webhook-signature", unkeyed), "whsec_", false},
		"a short secret":        {nil, "whsec_c2hvcnQ=", false},
		"a secret that is none": {nil, "whsec_???", false},
		"no id":                 {set("webhook-id", ""), "", false},
		"another id":            {set("webhook-id", "msg_2"), "", false},
		"an endless id": {func(h http.Header) {
			long := strings.Repeat("x", 129)
			h.Set("webhook-id", long)
			h.Set("webhook-signature", sign(t, account.Signing, long, h.Get("webhook-timestamp"), body))
		}, "", false},
		"no time":             {set("webhook-timestamp", ""), "", false},
		"another time":        {set("webhook-timestamp", strconv.FormatInt(now.Unix()+1, 10)), "", false},
		"a time that is none": {set("webhook-timestamp", "now"), "", false},
		"an endless time":     {set("webhook-timestamp", "9223372036854775807"), "", false},
		"a time before all":   {set("webhook-timestamp", "-9223372036854775808"), "", false},
		"no signature":        {set("webhook-signature", ""), "", false},
		"another version":     {set("webhook-signature", strings.Replace(good, "v1,", "v2,", 1)), "", false},
		"without a version":   {set("webhook-signature", strings.TrimPrefix(good, "v1,")), "", false},
		"an empty signature":  {set("webhook-signature", "v1,"), "", false},
		"the beginning of it": {set("webhook-signature", good[:len(good)-4]), "", false},
	} {
		a := account
		switch test.signing {
		case "":
		case "-":
			a.Signing = ""
		default:
			a.Signing = test.signing
		}
		report, err := bird.New(bird.Config{}).Read(a, call(t, body, test.change), now)
		if test.good != (err == nil) || (!test.good && !errors.Is(err, sms.ErrReport)) || (!test.good && report.Once != "") {
			t.Errorf("%s: %+v %v", name, report, err)
		}
	}
	changed := call(t, body, nil)
	changed.Body = []byte(strings.Replace(body, "sms.delivered", "sms.failed", 1))
	if _, err := bird.New(bird.Config{}).Read(account, changed, now); !errors.Is(err, sms.ErrReport) {
		t.Errorf("another body: %v", err)
	}
}

// TestSignature holds it to the example of the Standard Webhooks specification, whose body is about no message.
func TestSignature(t *testing.T) {
	t.Parallel()
	header := http.Header{}
	header.Set("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
	header.Set("webhook-timestamp", "1614265330")
	header.Set("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	c := sms.Call{Header: header.Get, Body: []byte(`{"test": 2432232314}`)}
	if _, err := bird.New(bird.Config{}).Read(account, c, time.Unix(1614265330, 0)); !errors.Is(err, sms.ErrNoMessage) {
		t.Errorf("%v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(eventOf("sms.delivered", `,"cost":{"amount":"0.05600","currency_code":"EUR"}`), "", true)
	f.Add(eventOf("sms.failed", `,"error":{"code":"unreachable"}`), "v1,AAAA", false)
	f.Fuzz(func(t *testing.T, body, signature string, honest bool) {
		c := call(t, body, func(h http.Header) {
			if !honest {
				h.Set("webhook-signature", signature)
			}
		})
		report, err := bird.New(bird.Config{}).Read(account, c, now)
		if err != nil {
			if errors.Is(err, sms.ErrReport) == honest || errors.Is(err, sms.ErrNoMessage) != honest || report.Once != "" {
				t.Errorf("%v %+v", err, report)
			}
			return
		}
		if !honest {
			t.Errorf("%q signs %q", signature, body)
		}
		if report.Once == "" || report.State == "" || (report.Reference == "" && report.VendorID == "") || report.Price < 0 || report.Parts < 0 || len(report.Detail) > 50 {
			t.Errorf("%+v", report)
		}
	})
}
