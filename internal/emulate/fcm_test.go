package emulate

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const android = "cX1fakePhone:APA91bExample"

func startFCM(t testing.TB, options ...Option) (*FCM, *http.Client) {
	t.Helper()
	f, err := StartFCM(t.Context(), "127.0.0.1:0", options...)
	if err != nil {
		t.Fatal(err)
	}
	client := f.HTTPClient()
	t.Cleanup(func() {
		client.CloseIdleConnections()
		f.Close()
	})
	return f, client
}

// sign signs what a service account claims, changed.
func sign(t testing.TB, f *FCM, change func(*jwt.Token, jwt.MapClaims)) string {
	t.Helper()
	claims := jwt.MapClaims{
		"iss": clientEmail, "aud": f.tokenURI(), "scope": "openid https://www.googleapis.com/auth/firebase.messaging",
		"iat": f.now().Unix(), "exp": f.now().Add(time.Hour).Unix(),
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = f.keyID
	if change != nil {
		change(token, claims)
	}
	text, err := token.SignedString(f.key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func login(t *testing.T, client *http.Client, f *FCM, grant, assertion string) (status int, answer map[string]any) {
	t.Helper()
	form := url.Values{"grant_type": {grant}, "assertion": {assertion}}
	response, err := client.PostForm(f.tokenURI(), form)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, answer
}

const grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"

func TestLoginLooksAtTheAssertion(t *testing.T) {
	t.Parallel()
	f, client := startFCM(t)
	claim := func(name string, value any) string {
		return sign(t, f, func(_ *jwt.Token, claims jwt.MapClaims) { claims[name] = value })
	}
	hmac, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"iss": clientEmail}).SignedString([]byte("key"))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ grant, assertion, reason string }{
		"good":            {grant, sign(t, f, nil), ""},
		"another grant":   {"password", sign(t, f, nil), "unsupported_grant_type"},
		"garbage":         {grant, "a.b.c", "invalid_grant"},
		"HMAC":            {grant, hmac, "invalid_grant"},
		"another key id":  {grant, sign(t, f, func(token *jwt.Token, _ jwt.MapClaims) { token.Header["kid"] = "x" }), "invalid_grant"},
		"another account": {grant, claim("iss", "x"), "invalid_grant"},
		"another server":  {grant, claim("aud", "https://oauth2.googleapis.com/token"), "invalid_grant"},
		"over":            {grant, claim("exp", time.Now().Add(-5*time.Minute).Unix()), "invalid_grant"},
		"too long":        {grant, claim("exp", time.Now().Add(2*time.Hour).Unix()), "invalid_grant"},
		"no end":          {grant, claim("exp", nil), "invalid_grant"},
		"of the future":   {grant, claim("iat", time.Now().Add(5*time.Minute).Unix()), "invalid_grant"},
		"no scope":        {grant, claim("scope", "openid"), "invalid_scope"},
	} {
		status, answer := login(t, client, f, test.grant, test.assertion)
		if test.reason == "" {
			if status != 200 || answer["token_type"] != "Bearer" || answer["expires_in"] != 3599.0 {
				t.Errorf("%s: %d %v", name, status, answer)
			}
		} else if status != 400 || answer["error"] != test.reason {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
}

func TestFCMLooksAtEverything(t *testing.T) {
	t.Parallel()
	var c clock
	f, client := startFCM(t, WithClock(c.now))
	_, answer := login(t, client, f, grant, sign(t, f, nil))
	access, _ := answer["access_token"].(string)
	const good = `{"message":{"token":"` + android + `","data":{"a":"1"},"android":{"priority":"high","ttl":"60s","collapse_key":"r"}}}`
	tests := []struct {
		name, project, bearer, body string
		status                      int
		code                        string
	}{
		{"good", project, access, good, 200, ""},
		{"dry run", project, access, strings.Replace(good, `{`, `{"validate_only":true,`, 1), 200, ""},
		{"installation", project, access, strings.Replace(good, "token", "fid", 1), 200, ""},
		{"no login", project, "", good, 401, "UNAUTHENTICATED"},
		{"another token", project, "ya29.x", good, 401, "UNAUTHENTICATED"},
		{"another project", "other", access, good, 403, "PERMISSION_DENIED"},
		{"not JSON", project, access, "hello", 400, "INVALID_ARGUMENT"},
		{"unknown field", project, access, strings.Replace(good, "data", "date", 1), 400, "INVALID_ARGUMENT"},
		{"number in data", project, access, strings.Replace(good, `"1"`, `1`, 1), 400, "INVALID_ARGUMENT"},
		{"reserved name", project, access, strings.Replace(good, `"a"`, `"google.x"`, 1), 400, "INVALID_ARGUMENT"},
		{"too large", project, access, strings.Replace(good, `"1"`, `"`+strings.Repeat("1", 4096)+`"`, 1), 400, "INVALID_ARGUMENT"},
		{"priority", project, access, strings.Replace(good, "high", "top", 1), 400, "INVALID_ARGUMENT"},
		{"life", project, access, strings.Replace(good, "60s", "1m", 1), 400, "INVALID_ARGUMENT"},
		{"long life", project, access, strings.Replace(good, "60s", "9999999s", 1), 400, "INVALID_ARGUMENT"},
		{"nobody", project, access, `{"message":{}}`, 400, "INVALID_ARGUMENT"},
		{"bad address", project, access, `{"message":{"token":"x"}}`, 400, "INVALID_ARGUMENT"},
	}
	send := func(project, bearer, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.URL()+"/v1/projects/"+project+"/messages:send", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+bearer)
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil || response.ProtoMajor != 2 {
			t.Fatal(response.Proto, err)
		}
		var answer struct {
			Name  string
			Error struct{ Status string }
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if (response.StatusCode == 200) != strings.HasPrefix(answer.Name, "projects/"+project+"/messages/") {
			t.Errorf("%d %s", response.StatusCode, text)
		}
		return response.StatusCode, answer.Error.Status
	}
	for _, test := range tests {
		if status, code := send(test.project, test.bearer, test.body); status != test.status || code != test.code {
			t.Errorf("%s: %d %s, want %d %s", test.name, status, code, test.status, test.code)
		}
	}
	if n := len(f.Inbox(android)); n != 2 {
		t.Errorf("%d pushes arrived, want 2: a dry run is none", n)
	}
	c.forward(time.Hour)
	if status, _ := send(project, access, good); status != http.StatusUnauthorized {
		t.Errorf("an old access token: %d", status)
	}
}

func FuzzAssertion(f *testing.F) {
	google, _ := startFCM(f)
	good := sign(f, google, nil)
	f.Add(good)
	f.Add(good + "x")
	f.Add("..")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, token string) {
		reason, _ := google.checkAssertion(token)
		// Base64 has spare bits at its end: another last character is no forgery.
		if reason == "" && (len(token) != len(good) || token[:len(good)-1] != good[:len(good)-1]) {
			t.Errorf("accepted %q", token)
		}
	})
}
