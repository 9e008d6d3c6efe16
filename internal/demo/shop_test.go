package demo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// browser is a person's browser at the shop.
type browser struct {
	t    *testing.T
	http *http.Client
	shop string
}

func newShopTest(t *testing.T, f *fakeAye) *browser {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	origin := "http://" + server.Listener.Addr().String()
	server.Config.Handler = NewShop(ShopConfig{
		AyeURL: f.URL, ClientID: "shop", ClientSecret: "s3cret", Origin: origin, PhoneURL: "http://localhost:1/",
		People: []string{"ada@example.com"}, WebhookSecret: "whsec_c2VjcmV0",
	})
	server.Start()
	t.Cleanup(server.Close)
	return newBrowser(t, origin)
}

func newBrowser(t *testing.T, shop string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, http: &http.Client{Jar: jar}, shop: shop}
}

func (b *browser) do(method, path string, form url.Values, header ...string) (string, int) {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.shop+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := b.http.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(page), response.StatusCode
}

func (b *browser) login() string {
	b.t.Helper()
	page, _ := b.do("POST", "/login", url.Values{"email": {"ada@example.com"}, "password": {"x"}})
	return page
}

func (b *browser) expect(page string, words ...string) {
	b.t.Helper()
	for _, word := range words {
		if !strings.Contains(page, word) {
			b.t.Fatalf("the page does not say %q:\n%s", word, page)
		}
	}
}

func TestLoginAndRelease(t *testing.T) {
	t.Parallel()
	f := newFakeAye(t)
	b := newShopTest(t, f)
	b.expect(b.login(), "Confirm on your phone", `aria-label="0 4 7"`, "Sent to Pixel 9", fakeTicket)
	page, _ := b.do("POST", "/release", url.Values{"release_code": {fakeCode}})
	b.expect(page, "Welcome, Ada", "Pixel 9", "ada@example.com")
	if len(f.keys) != 1 || f.keys[0] == "" {
		t.Fatalf("the redeem had the keys %q", f.keys)
	}
	page, _ = b.do("POST", "/logout", nil)
	b.expect(page, "Log in")
}

func TestNoLoginWithout(t *testing.T) {
	t.Parallel()
	release := func(b *browser, code string) string {
		page, _ := b.do("POST", "/release", url.Values{"release_code": {code}})
		return page
	}
	for name, run := range map[string]func(*fakeAye, *browser) string{
		"a release code":   func(_ *fakeAye, b *browser) string { b.login(); return release(b, "guessed") },
		"a session":        func(_ *fakeAye, b *browser) string { b.login(); return release(newBrowser(b.t, b.shop), fakeCode) },
		"our audience":     func(f *fakeAye, b *browser) string { f.audience = "another"; b.login(); return release(b, fakeCode) },
		"a known person":   func(f *fakeAye, b *browser) string { f.problem = 404; return b.login() },
		"a free request":   func(f *fakeAye, b *browser) string { f.problem = 429; return b.login() },
		"an Aye that runs": func(f *fakeAye, b *browser) string { f.problem = 500; return b.login() },
		"a password": func(_ *fakeAye, b *browser) string {
			page, _ := b.do("POST", "/login", url.Values{"email": {"ada@example.com"}})
			return page
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeAye(t)
			b := newShopTest(t, f)
			b.expect(run(f, b), `action="/login"`)
			page, _ := b.do("GET", "/", nil)
			b.expect(page, `action="/login"`)
		})
	}
}

func TestReportedAfterTheRelease(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		key  string
		sent time.Time
		out  bool
	}{
		"signed by Aye":       {"secret", time.Now(), true},
		"signed by another":   {"guess", time.Now(), false},
		"overheard last hour": {"secret", time.Now().Add(-time.Hour), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeAye(t)
			b := newShopTest(t, f)
			b.login()
			page, _ := b.do("POST", "/release", url.Values{"release_code": {fakeCode}})
			b.expect(page, "Welcome, Ada")
			body := fmt.Sprintf(`{"type":"approval.reported","data":{"id":%q}}`, f.approval["id"])
			sent := strconv.FormatInt(test.sent.Unix(), 10)
			mac := hmac.New(sha256.New, []byte(test.key))
			mac.Write([]byte("msg_1." + sent + "." + body))
			request, err := http.NewRequestWithContext(t.Context(), "POST", b.shop+"/webhook", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("webhook-id", "msg_1")
			request.Header.Set("webhook-timestamp", sent)
			request.Header.Set("webhook-signature", "v1,b2xk v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
			response, err := (&http.Client{}).Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			page, _ = b.do("GET", "/", nil)
			if out := strings.Contains(page, `action="/login"`); out != test.out {
				t.Fatalf("the session is over: %v, want %v", out, test.out)
			}
		})
	}
}

func TestWithoutScript(t *testing.T) {
	t.Parallel()
	f := newFakeAye(t)
	b := newShopTest(t, f)
	b.expect(b.login(), `<noscript><meta http-equiv="refresh"`)
	f.change(func() {
		f.approval["delivery"] = []object{{"device": "Pixel 9", "state": "failed", "reason": "It is off."}}
	})
	page, _ := b.do("GET", "/wait?noscript", nil)
	b.expect(page, "Pixel 9 could not be reached. It is off.")
	if page, _ = b.do("GET", "/wait?typing", nil); strings.Contains(page, `http-equiv="refresh"`) {
		t.Fatal("the page reloads while a code is typed")
	}
	page, _ = b.do("POST", "/code", url.Values{"code": {"000000"}})
	b.expect(page, "That code was not right")
	page, _ = b.do("POST", "/code", url.Values{"code": {"123 456"}})
	b.expect(page, "Welcome, Ada")
}

func TestEveryEndHasItsWords(t *testing.T) {
	t.Parallel()
	for _, end := range (pageData{}).Ends() {
		t.Run(end.Status, func(t *testing.T) {
			t.Parallel()
			f := newFakeAye(t)
			b := newShopTest(t, f)
			b.login()
			f.change(func() { f.approval["status"] = end.Status })
			page, _ := b.do("GET", "/wait?noscript&lang=nl", nil)
			b.expect(page, `data-state="`+end.Status+`"`, words["nl"][end.Title()], words["nl"][end.Text()], `lang="nl"`)
			if strings.Contains(page, "http-equiv=\"refresh\"") {
				t.Fatal("the page goes on looking although it is over")
			}
		})
	}
}

func TestLinking(t *testing.T) {
	t.Parallel()
	f := newFakeAye(t)
	f.enrolled = false
	b := newShopTest(t, f)
	b.expect(b.login(), "Link your phone", "data:image/svg&#43;xml;base64,", "#pair=http")
	f.change(func() { f.pairing["status"] = "awaiting-code" })
	page, _ := b.do("POST", "/link/confirm", url.Values{"code": {"111111"}})
	b.expect(page, "Those were not the digits")
	f.change(func() { f.pairing["device"] = object{"name": "Pixel 9"} })
	page, _ = b.do("POST", "/link/confirm", url.Values{"code": {"123456"}})
	b.expect(page, `data-state="paired"`, "Pixel 9")
	f.change(func() { f.enrolled = true })
	page, _ = b.do("POST", "/again", nil)
	b.expect(page, "Confirm on your phone")
}

func TestNotMyPhone(t *testing.T) {
	t.Parallel()
	f := newFakeAye(t)
	f.enrolled = false
	b := newShopTest(t, f)
	b.login()
	page, _ := b.do("POST", "/link/renew", nil)
	b.expect(page, "Link your phone")
	page, _ = b.do("POST", "/link/cancel", url.Values{"notice": {"link.notmine.done"}})
	b.expect(page, "That phone was removed")
	if !slices.ContainsFunc(f.seen, func(call string) bool { return strings.HasPrefix(call, "DELETE /v1/pairings/") }) {
		t.Fatal("Aye was not told")
	}
}

func TestOtherSitesAndHeaders(t *testing.T) {
	t.Parallel()
	f := newFakeAye(t)
	b := newShopTest(t, f)
	for _, path := range []string{"/login", "/cancel", "/release", "/link/cancel"} {
		if _, status := b.do("POST", path, nil, "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden {
			t.Errorf("a form of another site at %s got %d", path, status)
		}
	}
	response, err := b.http.Get(b.shop + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	policy := response.Header.Get("Content-Security-Policy")
	if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "script-src 'self'") {
		t.Fatal(policy)
	}
	for _, cookie := range response.Cookies() {
		if !cookie.HttpOnly {
			t.Fatal("a script can read", cookie.Name)
		}
	}
}

func TestLanguagesAreWhole(t *testing.T) {
	t.Parallel()
	for key := range words["en"] {
		if words["nl"][key] == "" {
			t.Errorf("no Dutch for %s", key)
		}
	}
	for key := range words["nl"] {
		if words["en"][key] == "" {
			t.Errorf("no English for %s", key)
		}
	}
	for asked, want := range map[string]string{"nl-BE,en;q=0.5": "nl", "de, nl;q=0.8": "nl", "fr": "en", "": "en", "en-US,nl": "en"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", asked)
		if got := languageOf(r); got != want {
			t.Errorf("%q gives %s, want %s", asked, got, want)
		}
	}
}

func TestPhonePage(t *testing.T) {
	t.Parallel()
	h := NewPhonePage(PhonePageConfig{AyeURL: "https://aye.example.com", InboxURL: "https://push.example.com", PushApp: "com.example"})
	for path, want := range map[string]string{"/": `data-inbox="https://push.example.com"`, "/app.js": "import", "/jsQR.js": "jsQR", "/jsQR.LICENSE.txt": "Apache License"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d", path, w.Code)
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self' https://aye.example.com https://push.example.com") {
			t.Errorf("%s: %s", path, policy)
		}
	}
}
