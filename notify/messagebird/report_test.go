package messagebird_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"example.com/aye/notify/messagebird"
	"example.com/aye/sms"
)

// reported is a call as MessageBird makes it.
const reported = "https://aye.example.com/v1/sms/reports/prv_1?datacoding=plain&id=" + id + "&mccmnc=20408&messageLength=47&messagePartCount=1&ported=0" +
	"&price%5Bamount%5D=0.05600&price%5Bcurrency%5D=EUR&recipient=31612345678&reference=sms_0190b7e7c5b17d6f8f7a3f0c1d2e3f40" +
	"&status=delivered&statusDatetime=2026-11-22T09%3A30%3A21%2B00%3A00&statusReason=successfully+delivered"

func sum(text string) string {
	hash := sha256.Sum256([]byte(text))
	return hex.EncodeToString(hash[:])
}

// claims are those of a good signature of an address without a body.
func claims(address string) jwt.MapClaims {
	return jwt.MapClaims{
		"iss": "MessageBird", "nbf": now.Unix(), "exp": now.Add(time.Minute).Unix(), "jti": "59a244dc-e9ad-4e23-9778-371faa238f72", "url_hash": sum(address),
	}
}

func sign(t testing.TB, method jwt.SigningMethod, key any, c jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(method, c).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func call(address, token string, body []byte) sms.Call {
	header := http.Header{}
	header.Set("MessageBird-Signature-JWT", token)
	return sms.Call{Method: http.MethodGet, URL: address, Header: header.Get, Body: body}
}

func TestRead(t *testing.T) {
	t.Parallel()
	key := []byte(account.Signing.Reveal())
	for _, method := range []jwt.SigningMethod{jwt.SigningMethodHS256, jwt.SigningMethodHS384, jwt.SigningMethodHS512} {
		got, err := messagebird.New(messagebird.Config{}).Read(account, call(reported, sign(t, method, key, claims(reported)), nil), now)
		want := sms.Report{
			Once: "59a244dc-e9ad-4e23-9778-371faa238f72", OnceUntil: now.Add(time.Minute + time.Second),
			Reference: text.Reference, VendorID: id,
			Outcome: sms.Outcome{
				State: sms.Delivered, VendorID: id, Parts: 1, Price: 56_000, Currency: "EUR", At: time.Date(2026, 11, 22, 9, 30, 21, 0, time.UTC),
			},
		}
		got.OnceUntil = got.OnceUntil.UTC()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", method.Alg(), err, diff)
		}
	}
}

func TestReadStatuses(t *testing.T) {
	t.Parallel()
	const base = "https://aye.example.com/v1/sms/reports/prv_1?"
	for query, want := range map[string]sms.Outcome{
		"reference=sms_1&status=scheduled":         {State: sms.Accepted, At: now},
		"reference=sms_1&status=sent":              {State: sms.Sent, At: now},
		"reference=sms_1&status=buffered":          {State: sms.Sent, At: now},
		"reference=sms_1&status=delivered":         {State: sms.Delivered, At: now},
		"reference=sms_1&status=expired":           {State: sms.Expired, At: now},
		"reference=sms_1&status=unheard_of":        {State: sms.Accepted, At: now},
		"reference=sms_1":                          {State: sms.Accepted, At: now},
		"id=" + id + "&status=sent":                {State: sms.Sent, VendorID: id, At: now},
		"reference=sms_1&id=%2e%2e%2f&status=sent": {State: sms.Sent, At: now},
		"reference=sms_1&status=delivery_failed&statusErrorCode=1&statusReason=unknown+subscriber": {
			State: sms.Failed, Reason: sms.BadNumber, Detail: "unknown subscriber (1)", At: now,
		},
		"reference=sms_1&status=delivery_failed&statusErrorCode=104": {State: sms.Failed, Reason: sms.BadSender, Detail: "(104)", At: now},
		"reference=sms_1&status=delivery_failed&statusErrorCode=x":   {State: sms.Failed, Reason: sms.Other, At: now},
		// A plus that was not escaped is a space by the rules of queries.
		"reference=sms_1&status=sent&statusDatetime=2026-11-22T10:30:21+01:00":            {State: sms.Sent, At: time.Date(2026, 11, 22, 9, 30, 21, 0, time.UTC)},
		"reference=sms_1&status=sent&price[amount]=0.00225&price[currency]=USD":           {State: sms.Sent, Price: 2250, Currency: "USD", At: now},
		"reference=sms_1&status=sent&price[amount]=0.000&price[currency]=USD":             {State: sms.Sent, At: now},
		"reference=sms_1&status=sent&messagePartCount=2&price[amount]=1&price[currency]=": {State: sms.Sent, Parts: 2, At: now},
	} {
		token := sign(t, jwt.SigningMethodHS256, []byte(account.Signing.Reveal()), claims(base+query))
		got, err := messagebird.New(messagebird.Config{}).Read(account, call(base+query, token, nil), now)
		if diff := cmp.Diff(want, got.Outcome); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", query, err, diff)
		}
	}
	for _, query := range []string{"", "status=sent", "id=../x&status=sent", "reference=" + strings.Repeat("x", 129)} {
		token := sign(t, jwt.SigningMethodHS256, []byte(account.Signing.Reveal()), claims(base+query))
		if _, err := messagebird.New(messagebird.Config{}).Read(account, call(base+query, token, nil), now); !errors.Is(err, sms.ErrNoMessage) {
			t.Errorf("%q: %v", query, err)
		}
	}
}

// TestThreatForgedReports is the table of signatures: what the vendor's own SDK refuses, and more.
func TestThreatForgedReports(t *testing.T) {
	t.Parallel()
	key := []byte(account.Signing.Reveal())
	foreign, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(jwt.MapClaims)) string {
		c := claims(reported)
		change(c)
		return sign(t, jwt.SigningMethodHS256, key, c)
	}
	set := func(name string, value any) string { return with(func(c jwt.MapClaims) { c[name] = value }) }
	without := func(name string) string { return with(func(c jwt.MapClaims) { delete(c, name) }) }
	good := with(func(jwt.MapClaims) {})
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	body := []byte(`{"status":"delivered"}`)
	bodied := set("payload_hash", sum(string(body)))

	for name, test := range map[string]struct {
		address, token string
		body           []byte
		signing        string // the account's by default
		good           bool
	}{
		"good":                      {reported, good, nil, "", true},
		"good, to this second":      {reported, set("exp", now.Unix()), nil, "", true},
		"good, of a second ahead":   {reported, set("nbf", now.Add(time.Second).Unix()), nil, "", true},
		"good, with a body":         {reported, bodied, body, "", true},
		"good, empty hash, no body": {reported, set("payload_hash", ""), nil, "", true},

		"no signature":            {reported, "", nil, "", false},
		"no signing key":          {reported, good, nil, "none", false},
		"signed with nothing":     {reported, sign(t, jwt.SigningMethodHS256, []byte{}, claims(reported)), nil, "none", false},
		"another key":             {reported, sign(t, jwt.SigningMethodHS256, []byte("another"), claims(reported)), nil, "", false},
		"the access key":          {reported, sign(t, jwt.SigningMethodHS256, []byte(account.Key.Reveal()), claims(reported)), nil, "", false},
		"alg none":                {reported, sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims(reported)), nil, "", false},
		"alg none, signed":        {reported, none + "." + parts[1] + "." + parts[2], nil, "", false},
		"RS256":                   {reported, sign(t, jwt.SigningMethodRS256, foreign, claims(reported)), nil, "", false},
		"no signature part":       {reported, parts[0] + "." + parts[1] + ".", nil, "", false},
		"two parts":               {reported, parts[0] + "." + parts[1], nil, "", false},
		"claims exchanged":        {reported, parts[0] + "." + strings.Split(set("jti", "2"), ".")[1] + "." + parts[2], nil, "", false},
		"not a token":             {reported, "Basic YXllOmF5ZQ==", nil, "", false},
		"another issuer":          {reported, set("iss", "messagebird"), nil, "", false},
		"no issuer":               {reported, without("iss"), nil, "", false},
		"expired":                 {reported, set("exp", now.Add(-2*time.Second).Unix()), nil, "", false},
		"no exp":                  {reported, without("exp"), nil, "", false},
		"good for years":          {reported, set("exp", now.Add(365*24*time.Hour).Unix()), nil, "", false},
		"in the future":           {reported, set("nbf", now.Add(2*time.Second).Unix()), nil, "", false},
		"no nbf":                  {reported, without("nbf"), nil, "", false},
		"no jti":                  {reported, without("jti"), nil, "", false},
		"empty jti":               {reported, set("jti", ""), nil, "", false},
		"jti of another kind":     {reported, set("jti", 7), nil, "", false},
		"endless jti":             {reported, set("jti", strings.Repeat("x", 129)), nil, "", false},
		"no url_hash":             {reported, without("url_hash"), nil, "", false},
		"empty url_hash":          {reported, set("url_hash", ""), nil, "", false},
		"url_hash of another":     {reported, set("url_hash", sum("https://aye.example.com/")), nil, "", false},
		"another status":          {strings.ReplaceAll(reported, "status=delivered", "status=expired"), good, nil, "", false},
		"another reference":       {strings.ReplaceAll(reported, "sms_0190", "sms_0191"), good, nil, "", false},
		"one more parameter":      {reported + "&status=expired", good, nil, "", false},
		"another provider":        {strings.ReplaceAll(reported, "prv_1", "prv_2"), good, nil, "", false},
		"another host":            {strings.ReplaceAll(reported, "aye.example.com", "evil.example.com"), good, nil, "", false},
		"without TLS":             {strings.ReplaceAll(reported, "https:", "http:"), good, nil, "", false},
		"another order":           {strings.ReplaceAll(reported, "datacoding=plain&id="+id, "id="+id+"&datacoding=plain"), good, nil, "", false},
		"another escape":          {strings.ReplaceAll(reported, "%3A", "%3a"), good, nil, "", false},
		"a body, and no hash":     {reported, good, body, "", false},
		"a hash, and no body":     {reported, bodied, nil, "", false},
		"another body":            {reported, bodied, []byte(`{"status":"expired"}`), "", false},
		"the hash of nothing":     {reported, set("payload_hash", sum("")), nil, "", false},
		"a query that is none":    {reported + "&x=%zz", with(func(c jwt.MapClaims) { c["url_hash"] = sum(reported + "&x=%zz") }), nil, "", false},
		"an address that is none": {"https://[x", with(func(c jwt.MapClaims) { c["url_hash"] = sum("https://[x") }), nil, "", false},
	} {
		a := account
		if test.signing == "none" {
			a.Signing = ""
		}
		report, err := messagebird.New(messagebird.Config{}).Read(a, call(test.address, test.token, test.body), now)
		if test.good != (err == nil) || (!test.good && !errors.Is(err, sms.ErrReport)) || (!test.good && report.Once != "") {
			t.Errorf("%s: %+v %v", name, report, err)
		}
	}
}

// The older signature alone is not taken: see the package comment.
func TestOldSignatureIsNotTaken(t *testing.T) {
	t.Parallel()
	header := http.Header{}
	header.Set("MessageBird-Signature", "5Jha9Yyhwgc1nTsgJ9WyzeHilsuUumydICdf4LuIZE8=")
	header.Set("MessageBird-Request-Timestamp", "1795339800")
	if _, err := messagebird.New(messagebird.Config{}).Read(account, sms.Call{Method: http.MethodGet, URL: reported, Header: header.Get}, now); !errors.Is(err, sms.ErrReport) {
		t.Errorf("%v", err)
	}
}

func FuzzRead(f *testing.F) {
	key := []byte(account.Signing.Reveal())
	f.Add(reported, sign(f, jwt.SigningMethodHS256, key, claims(reported)), "", true)
	f.Add(reported, sign(f, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims(reported)), "x", false)
	f.Add("https://aye.example.com/?reference=1&price[amount]=1e9&statusErrorCode=-1", "", "", true)
	f.Fuzz(func(t *testing.T, address, token, body string, honest bool) {
		if honest { // the vendor signs whatever it calls
			c := claims(address)
			if body != "" {
				c["payload_hash"] = sum(body)
			}
			token = sign(t, jwt.SigningMethodHS256, key, c)
		}
		report, err := messagebird.New(messagebird.Config{}).Read(account, call(address, token, []byte(body)), now)
		if err != nil {
			if !errors.Is(err, sms.ErrReport) && !errors.Is(err, sms.ErrNoMessage) || report.Once != "" {
				t.Errorf("%v %+v", err, report)
			}
			return
		}
		if report.Once == "" || report.State == "" || (report.Reference == "" && report.VendorID == "") || report.Price < 0 || report.Parts < 0 || len(report.Detail) > 70 {
			t.Errorf("%+v", report)
		}
		if !report.OnceUntil.After(now.Add(-2 * time.Second)) {
			t.Errorf("it could be shown again after %v", report.OnceUntil)
		}
	})
}
