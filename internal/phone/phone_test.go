package phone

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
)

var pixel = Details{Model: "Pixel 9", Platform: "android", OSVersion: "16", AppVersion: "1.2.3", Locale: "nl"}

func open(t *testing.T, path string) *Phone {
	t.Helper()
	p, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	p.pauses = []time.Duration{0, 0, 0}
	return p
}

func pairedPhone(t *testing.T, f *fake) *Phone {
	t.Helper()
	p := open(t, filepath.Join(t.TempDir(), "phone.json"))
	if _, err := p.Pair(t.Context(), f.link(), pixel); err != nil {
		t.Fatal(err)
	}
	return p
}

func code(err error) string {
	var problem *Problem
	if errors.As(err, &problem) {
		return problem.Code
	}
	return ""
}

func TestPairStoresKeysBeforeItCalls(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	path := filepath.Join(t.TempDir(), "phone.json")
	f.lose = len(usualPauses) + 1 // every try
	if _, err := open(t, path).Pair(t.Context(), f.link(), pixel); err == nil {
		t.Fatal("the answers were lost, and yet there is no error")
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the keys are not on disk for their owner alone: %v %v", info, err)
	}
	// The same phone after a restart.
	p := open(t, path)
	got, err := p.Pair(t.Context(), f.link(), pixel)
	want := Pairing{Device: "dev_1", Status: "active", Origin: f.URL, User: "usr_1", Person: "Ada", Organisation: "Example"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatal(err, diff)
	}
	if diff := cmp.Diff([]Pairing{want}, open(t, path).Pairings()); diff != "" {
		t.Fatal(diff)
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(text), f.code) {
		t.Fatal("the code is still kept after it was used", err)
	}
}

func TestPairRefused(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	other := hash("another key")
	for name, test := range map[string]struct {
		link string
		want error
	}{
		"no link":              {"hello", ErrBadLink},
		"another version":      {f.URL + "/p#2." + f.code + "." + f.pinned, ErrBadLink},
		"another path":         {f.URL + "/q#1." + f.code + "." + f.pinned, ErrBadLink},
		"a short code":         {f.URL + "/p#1.abc." + f.pinned, ErrBadLink},
		"plain http elsewhere": {"http://aye.example.com/p#1." + f.code + "." + f.pinned, ErrBadLink},
		"another server key":   {f.URL + "/p#1." + f.code + "." + other, ErrUntrusted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, "")
			if _, err := p.Pair(t.Context(), test.link, pixel); !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if _, err := p.List(t.Context()); !errors.Is(err, ErrNoPairing) {
				t.Fatalf("the phone lists: %v", err)
			}
		})
	}
	p := open(t, "")
	if _, err := p.Pair(t.Context(), f.URL+"/p#1."+other+"."+f.pinned, pixel); code(err) != "not-found" || len(p.Pairings()) != 0 {
		t.Fatalf("a code that is refused leaves nothing: %v %v", err, p.Pairings())
	}
}

func TestConfirmationDigits(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.status = "awaiting-code"
	p := pairedPhone(t, f)
	digits, err := p.ConfirmationDigits()
	if err != nil || len(digits) != 6 {
		t.Fatal(digits, err)
	}
	if requests, err := p.List(t.Context()); err != nil || len(requests) != 0 {
		t.Fatal(requests, err)
	}
	f.mu.Lock()
	f.status = "active"
	f.mu.Unlock()
	if _, err := p.List(t.Context()); err != nil || p.Pairings()[0].Status != "active" {
		t.Fatal("the phone did not notice that it is active", err)
	}
	if _, err := p.ConfirmationDigits(); !errors.Is(err, ErrNoPairing) {
		t.Fatal(err)
	}
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		decide func(*Phone) (Outcome, error)
		want   string
	}{
		"approve":      {func(p *Phone) (Outcome, error) { return p.Approve(t.Context(), "apr_1", "047", Biometric) }, "approved"},
		"wrong number": {func(p *Phone) (Outcome, error) { return p.Approve(t.Context(), "apr_1", "048", PIN) }, "mismatched"},
		"deny":         {func(p *Phone) (Outcome, error) { return p.Deny(t.Context(), "apr_1") }, "denied"},
		"report":       {func(p *Phone) (Outcome, error) { return p.Report(t.Context(), "apr_1") }, "reported"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			p := pairedPhone(t, f)
			p.Now = func() time.Time { return time.Now().Add(-24 * time.Hour) } // a clock a day wrong
			f.waiting = []string{f.challenge(nil)}
			f.lose = 1 + 1 // the use-nonce answer of the first call, and the answer of a later one
			got, err := test.decide(p)
			if err != nil || got.Status != test.want {
				t.Fatal(got, err)
			}
			for _, text := range f.decisions {
				if text != f.decisions[0] {
					t.Fatal("a repeated decision was signed anew")
				}
			}
		})
	}
}

func TestDecisionAfterTheRequestIsGone(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := pairedPhone(t, f)
	f.waiting = []string{f.challenge(nil)}
	if _, err := p.Approve(t.Context(), "apr_1", "047", PIN); err != nil {
		t.Fatal(err)
	}
	// Another process of the same phone, later: the challenge is still known.
	_, err := open(t, p.book.path).Report(t.Context(), "apr_1")
	var problem *Problem
	if !errors.As(err, &problem) || problem.Code != "already-decided" || problem.State != "approved" {
		t.Fatalf("got %+v", problem)
	}
	if _, err := p.Deny(t.Context(), "apr_9"); !errors.Is(err, ErrUnknownRequest) {
		t.Fatal(err)
	}
}

func TestListTrustsOnlyTheChain(t *testing.T) {
	t.Parallel()
	announce := func(f *fake, by, next string, change jwt.MapClaims) string {
		claims := jwt.MapClaims{"iss": f.URL, "jwk": mustJWK(t, fixedKey(t, next)), "iat": f.now.Unix(), "exp": f.now.Unix() + 60}
		maps.Copy(claims, change)
		key := fixedKey(t, by)
		return fixedSign(t, key, map[string]string{"alg": "ES256", "typ": typeKey, "kid": mustJWK(t, key).thumbprint()}, claims)
	}
	for name, test := range map[string]struct {
		keys    func(f *fake) []string
		signer  string
		change  jwt.MapClaims
		trusted bool
	}{
		"the pinned key":       {signer: "server", trusted: true},
		"an unannounced key":   {signer: "second"},
		"another person":       {signer: "server", change: jwt.MapClaims{"sub": "usr_2"}},
		"another organisation": {signer: "server", change: jwt.MapClaims{"org": "org_2"}},
		"another origin":       {signer: "server", change: jwt.MapClaims{"iss": "https://aye.example.net"}},
		"two announcements, any order": {
			keys: func(f *fake) []string {
				return []string{announce(f, "second", "third", nil), announce(f, "server", "second", nil)}
			},
			signer: "third", trusted: true,
		},
		"a broken chain": {
			keys:   func(f *fake) []string { return []string{announce(f, "second", "third", nil)} },
			signer: "third",
		},
		"an announcement that ran out": {
			keys: func(f *fake) []string {
				return []string{announce(f, "server", "second", jwt.MapClaims{"exp": f.now.Unix() - 1})}
			},
			signer: "second",
		},
		"an announcement of another server": {
			keys: func(f *fake) []string {
				return []string{announce(f, "server", "second", jwt.MapClaims{"iss": "https://aye.example.net"})}
			},
			signer: "second",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			p := pairedPhone(t, f)
			f.key = fixedKey(t, test.signer)
			f.waiting = []string{f.challenge(test.change)}
			if test.keys != nil {
				f.keys = test.keys(f)
			}
			requests, err := p.List(t.Context())
			if test.trusted && (err != nil || len(requests) != 1) {
				t.Fatal(requests, err)
			}
			if !test.trusted && (len(requests) != 0 || !errors.Is(err, ErrUntrusted)) {
				t.Fatal(requests, err)
			}
			f.keys = nil // what was learned stays learned
			if again, _ := p.List(t.Context()); len(again) != len(requests) {
				t.Fatal("the phone forgot a key")
			}
		})
	}
}

func TestClockAndExpiry(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := pairedPhone(t, f)
	wrong := time.Now().Add(26 * time.Hour)
	p.Now = func() time.Time { return wrong }
	f.waiting = []string{f.challenge(nil)}
	requests, err := p.List(t.Context())
	if err != nil || len(requests) != 1 {
		t.Fatal(requests, err)
	}
	if left := requests[0].ExpiresAt.Sub(wrong).Round(2 * time.Second); left != 2*time.Minute {
		t.Fatalf("the time left is %v", left)
	}
}

func TestReplaceApprovalKey(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := pairedPhone(t, f)
	old := p.book.rows()[0].ApprovalKey
	f.lose = 1 // the server has the new key, and the phone does not know
	if err := p.ReplaceApprovalKey(t.Context(), Factor{Method: "totp", Code: "123456"}); err == nil {
		t.Fatal("the answer was lost, and yet there is no error")
	}
	if err := p.ReplaceApprovalKey(t.Context(), Factor{Method: "totp", Code: "123456"}); err != nil {
		t.Fatal(err)
	}
	if posts := strings.Count(strings.Join(f.calls, "\n"), "POST /v1/device/approval-key"); posts != 1 {
		t.Fatalf("the key was sent %d times", posts)
	}
	if p.book.rows()[0].ApprovalKey == old {
		t.Fatal("the phone still has the old key")
	}
	f.waiting = []string{f.challenge(nil)}
	if got, err := p.Approve(t.Context(), "apr_1", "047", Biometric); err != nil || got.Status != "approved" {
		t.Fatal(got, err)
	}
}

func TestHistoryUpdateUnpair(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	p := pairedPhone(t, f)
	past, err := p.History(t.Context())
	if err != nil || len(past) != 2 {
		t.Fatal(past, err)
	}
	if err := p.Update(t.Context(), Changes{Locale: "en-GB", Push: &Push{}}); err != nil {
		t.Fatal(err)
	}
	if got, err := p.Code(time.Unix(59, 0)); err != nil || got != "287082" {
		t.Fatal(got, err)
	}
	if err := p.Unpair(t.Context()); err != nil || len(p.Pairings()) != 0 {
		t.Fatal(err)
	}
}

func TestSeveralPairings(t *testing.T) {
	t.Parallel()
	p := open(t, "")
	f, g := newFake(t), newFake(t)
	g.code = hash("another code")
	for _, server := range []*fake{f, g} {
		if _, err := p.Pair(t.Context(), server.link(), pixel); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Status(t.Context()); !errors.Is(err, ErrWhichPairing) {
		t.Fatal(err)
	}
	f.waiting, g.waiting = []string{f.challenge(nil)}, []string{g.challenge(jwt.MapClaims{"aid": "apr_2"})}
	requests, err := p.List(t.Context())
	if err != nil || len(requests) != 2 {
		t.Fatal(requests, err)
	}
	if got, err := p.Approve(t.Context(), "apr_2", "047", PIN); err != nil || got.Status != "approved" || len(f.decisions) != 0 {
		t.Fatal("the decision went to the wrong server", got, err)
	}
}

func TestWatchIsWokenByTheInbox(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	events := make(chan string)
	inbox := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/inbox/address" {
			t.Errorf("the phone listens at %s", r.URL.Path)
		}
		for {
			_ = http.NewResponseController(w).Flush()
			select {
			case event := <-events:
				_, _ = w.Write([]byte("data: " + event + "\n\n"))
			case <-r.Context().Done():
				return
			}
		}
	}))
	t.Cleanup(inbox.Close)
	p := open(t, "")
	p.Inbox = inbox.URL
	details := pixel
	details.Push = Push{Provider: "fcm", App: "com.example.aye", Kind: "token", Address: "address"}
	if _, err := p.Pair(t.Context(), f.link(), details); err != nil {
		t.Fatal(err)
	}
	seen, done := make(chan Request, 8), make(chan error, 1)
	go func() { done <- p.Watch(t.Context(), func(r Request) { seen <- r }) }()
	events <- "{}" // the stream is open
	f.mu.Lock()
	f.waiting = []string{f.challenge(nil)}
	f.mu.Unlock()
	events <- "{}"
	if r := <-seen; r.ID != "apr_1" || len(seen) != 0 {
		t.Fatal(r)
	}
	f.mu.Lock()
	f.device = &fixedKey(t, "stranger").PublicKey // the server knows this phone no more
	f.mu.Unlock()
	events <- "{}"
	if err := <-done; code(err) != "bad-proof" {
		t.Fatal(err)
	}
}

func TestSecretsStayInTheFile(t *testing.T) {
	t.Parallel()
	key, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(Push{Address: key})
	if err != nil || strings.Contains(string(text), "PRIVATE") {
		t.Fatal(string(text), err)
	}
	if strings.Contains(errorOf(parseLink("http://[::1/p#1.secret.x")), "secret") {
		t.Fatal("an error tells the code")
	}
}

func errorOf(_ link, err error) string { return err.Error() }
