package emulate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const phone = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0"

// clock is a clock that tests move.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time             { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(step time.Duration) { c.ahead.Add(int64(step)) }

func startAPNs(t testing.TB, options ...Option) (*APNs, *http.Client) {
	t.Helper()
	a, err := StartAPNs(t.Context(), "127.0.0.1:0", options...)
	if err != nil {
		t.Fatal(err)
	}
	client := a.HTTPClient()
	t.Cleanup(func() {
		client.CloseIdleConnections()
		a.Close()
	})
	return a, client
}

// providerToken signs what a provider claims.
func providerToken(t testing.TB, a *APNs, change func(*jwt.Token)) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": a.TeamID(), "iat": a.now().Unix()})
	token.Header["kid"] = a.KeyID()
	if change != nil {
		change(token)
	}
	text, err := token.SignedString(a.key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// ask makes a good push, changed, and gives status and reason.
func ask(t testing.TB, client *http.Client, a *APNs, token, body string, change func(*http.Request)) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.URL()+"/3/device/"+phone, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "bearer "+token)
	r.Header.Set("apns-topic", "com.example")
	r.Header.Set("apns-push-type", "alert")
	if change != nil {
		change(r)
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.ProtoMajor != 2 {
		t.Errorf("spoke %s", response.Proto)
	}
	if response.Header.Get("apns-id") == "" {
		t.Error("no apns-id")
	}
	var answer struct {
		Reason    string
		Timestamp int64
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &answer); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	if (answer.Timestamp != 0) != (response.StatusCode == http.StatusGone) {
		t.Errorf("timestamp %d with status %d", answer.Timestamp, response.StatusCode)
	}
	return response.StatusCode, answer.Reason
}

func TestAPNsLooksAtEverything(t *testing.T) {
	t.Parallel()
	a, client := startAPNs(t)
	token := providerToken(t, a, nil)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	path := func(path string) func(*http.Request) { return func(r *http.Request) { r.URL.Path = path } }
	const body = `{"aps":{}}`
	tests := map[string]struct {
		change func(*http.Request)
		body   string
		status int
		reason string
	}{
		"good":             {nil, body, 200, ""},
		"good id":          {header("apns-id", "123e4567-e89b-12d3-a456-426655440000"), body, 200, ""},
		"bad id":           {header("apns-id", "1"), body, 400, "BadMessageId"},
		"method":           {func(r *http.Request) { r.Method = http.MethodPut }, body, 405, "MethodNotAllowed"},
		"no topic":         {func(r *http.Request) { r.Header.Del("apns-topic") }, body, 400, "MissingTopic"},
		"long collapse id": {header("apns-collapse-id", strings.Repeat("a", 65)), body, 400, "BadCollapseId"},
		"expiration":       {header("apns-expiration", "tomorrow"), body, 400, "BadExpirationDate"},
		"priority":         {header("apns-priority", "11"), body, 400, "BadPriority"},
		"urgent background": {func(r *http.Request) {
			r.Header.Set("apns-push-type", "background")
			r.Header.Set("apns-priority", "10")
		}, body, 400, "BadPriority"},
		"push type":            {header("apns-push-type", "shout"), body, 400, "InvalidPushType"},
		"twice":                {func(r *http.Request) { r.Header.Add("apns-topic", "com.example") }, body, 400, "DuplicateHeaders"},
		"path":                 {path("/4/device/" + phone), body, 404, "BadPath"},
		"no address":           {path("/3/device/"), body, 400, "MissingDeviceToken"},
		"address of zeros":     {path("/3/device/" + strings.Repeat("0", 64)), body, 400, "BadDeviceToken"},
		"address not in hex":   {path("/3/device/" + strings.Repeat("z", 64)), body, 400, "BadDeviceToken"},
		"no authorization":     {func(r *http.Request) { r.Header.Del("Authorization") }, body, 403, "MissingProviderToken"},
		"empty bearer":         {header("Authorization", "bearer "), body, 403, "MissingProviderToken"},
		"nothing to send":      {nil, "", 400, "PayloadEmpty"},
		"not JSON":             {nil, "hello", 400, "PayloadEmpty"},
		"4096 bytes":           {nil, `"` + strings.Repeat("a", 4094) + `"`, 200, ""},
		"4097 bytes":           {nil, `"` + strings.Repeat("a", 4095) + `"`, 413, "PayloadTooLarge"},
		"stranger, no address": {func(r *http.Request) { r.Header.Del("Authorization"); r.URL.Path = "/3/device/zz" }, body, 403, "MissingProviderToken"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, reason := ask(t, client, a, token, test.body, test.change)
			if status != test.status || reason != test.reason {
				t.Errorf("%d %s, want %d %s", status, reason, test.status, test.reason)
			}
		})
	}
}

func TestAPNsProviderTokens(t *testing.T) {
	t.Parallel()
	a, client := startAPNs(t)
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	claim := func(name string, value any) string {
		return providerToken(t, a, func(token *jwt.Token) { token.Claims.(jwt.MapClaims)[name] = value })
	}
	forged, err := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": a.TeamID(), "iat": time.Now().Unix()}).SignedString(stranger)
	if err != nil {
		t.Fatal(err)
	}
	unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, jwt.MapClaims{"iss": a.TeamID(), "iat": time.Now().Unix()}).
		SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ token, reason string }{
		"garbage":           {"a.b.c", "InvalidProviderToken"},
		"unsigned":          {unsigned, "InvalidProviderToken"},
		"another key":       {forged, "InvalidProviderToken"},
		"another key id":    {providerToken(t, a, func(token *jwt.Token) { token.Header["kid"] = "other" }), "InvalidProviderToken"},
		"another team":      {claim("iss", "other"), "InvalidProviderToken"},
		"no time":           {claim("iat", nil), "InvalidProviderToken"},
		"of the future":     {claim("iat", time.Now().Add(time.Hour).Unix()), "InvalidProviderToken"},
		"of an hour ago":    {claim("iat", time.Now().Add(-61*time.Minute).Unix()), "ExpiredProviderToken"},
		"just young enough": {claim("iat", time.Now().Add(-59*time.Minute).Unix()), ""},
	} {
		if _, reason := ask(t, client, a, test.token, "{}", nil); reason != test.reason {
			t.Errorf("%s: %q, want %q", name, reason, test.reason)
		}
	}
}

func TestAPNsAllowsANewTokenEveryTwentyMinutes(t *testing.T) {
	t.Parallel()
	var c clock
	a, client := startAPNs(t, WithClock(c.now))
	first, second, third := providerToken(t, a, nil), providerToken(t, a, nil), providerToken(t, a, nil)
	expect := func(when, token, want string) {
		t.Helper()
		if _, reason := ask(t, client, a, token, "{}", nil); reason != want {
			t.Errorf("%s: %q, want %q", when, reason, want)
		}
	}
	expect("first", first, "")
	expect("second at once", second, "TooManyProviderTokenUpdates")
	expect("the first goes on", first, "")
	c.forward(21 * time.Minute)
	expect("second after 21 minutes", second, "")
	expect("third at once", third, "TooManyProviderTokenUpdates")
	c.forward(40 * time.Minute)
	expect("first after an hour", first, "ExpiredProviderToken")
}

func TestSandboxNamesItsPushes(t *testing.T) {
	t.Parallel()
	a, client := startAPNs(t, WithEnvironment("sandbox"))
	a.Register(phone, Registration{Environment: "production"})
	token := providerToken(t, a, nil)
	if _, reason := ask(t, client, a, token, "{}", nil); reason != "BadDeviceToken" {
		t.Errorf("an address of production: %q", reason)
	}
	a.Register(phone, Registration{Environment: "sandbox", Topic: "com.example"})
	if status, _ := ask(t, client, a, token, "{}", nil); status != http.StatusOK {
		t.Errorf("its own address: %d", status)
	}
}

func FuzzProviderToken(f *testing.F) {
	a, _ := startAPNs(f)
	good := providerToken(f, a, nil)
	f.Add(good)
	f.Add(good + ".")
	f.Add("..")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, token string) {
		// Base64 has spare bits at its end: another last character is no forgery.
		if a.checkToken(token) == "" && (len(token) != len(good) || token[:len(good)-1] != good[:len(good)-1]) {
			t.Errorf("accepted %q", token)
		}
	})
}
