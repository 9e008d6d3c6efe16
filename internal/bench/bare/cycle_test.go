package bare

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"example.com/aye/internal/emulate"
)

const (
	testApplication = "app_1"
	testSecret      = "a secret"
	testAddress     = "fcm-address-of-ada"
	testPage        = "https://shop.example.com"
)

// world is a bare server with one person, who has one phone.
type world struct {
	t             *testing.T
	base          string
	client        *http.Client
	device        Person
	key, approval *ecdsa.PrivateKey
	google        *emulate.FCM
}

func newKey(t *testing.T) (*ecdsa.PrivateKey, Key) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := NewKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return private, public
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, client: newClient(t), device: Person{Membership: "mem_1", Device: "dev_1", Address: testAddress}}
	w.key, w.device.DeviceKey = newKey(t)
	w.approval, w.device.ApprovalKey = newKey(t)
	var err error
	if w.google, err = emulate.StartFCM(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.google.Close)
	dir := t.TempDir()
	c := Config{
		Listen: "127.0.0.1:0", Metrics: "127.0.0.1:0", PageOrigin: testPage,
		Database: filepath.Join(dir, "db"), People: filepath.Join(dir, "people"),
		ApplicationID: testApplication, ApplicationSecret: testSecret,
		Push: Push{Endpoint: w.google.URL(), Credentials: filepath.Join(dir, "fcm.json"), Roots: filepath.Join(dir, "fcm.pem")},
	}
	if err = WritePeople(c.People, []Person{w.device}); err != nil {
		t.Fatal(err)
	}
	account, err := w.google.ServiceAccountJSON()
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string][]byte{c.Push.Credentials: []byte(account.Reveal()), c.Push.Roots: w.google.CAPEM()} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.base, _ = start(t, func(ctx context.Context, ready func(string, string)) error {
		c.Ready = ready
		return Serve(ctx, c)
	})
	return w
}

// call makes one call, and reads the answer into out.
func (w *world) call(method, path string, prepare func(*http.Request), body string, out any) int {
	w.t.Helper()
	request, err := http.NewRequest(method, w.base+path, bytes.NewReader([]byte(body)))
	if err != nil {
		w.t.Fatal(err)
	}
	prepare(request)
	response, err := w.client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if out != nil && response.StatusCode < 300 {
		if err := json.Unmarshal(text, out); err != nil {
			w.t.Fatalf("%d %s: %v", response.StatusCode, text, err)
		}
	}
	return response.StatusCode
}

func asApplication(r *http.Request) { r.SetBasicAuth(testApplication, testSecret) }

type claims = map[string]any

func (w *world) signed(key *ecdsa.PrivateKey, typ, kid string, c claims) string {
	w.t.Helper()
	text, err := sign(key, `{"alg":"ES256","typ":"`+typ+`","kid":"`+kid+`"}`, c)
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

// proves gives the call a proof; change may spoil it.
func (w *world) proves(key *ecdsa.PrivateKey, body string, change func(claims)) func(*http.Request) {
	return func(r *http.Request) {
		c := claims{"iss": "dev_1", "aud": w.base, "htm": r.Method, "htu": w.base + r.URL.Path, "iat": time.Now().Unix(), "jti": rand.Text()}
		if body != "" {
			c["bh"] = hash([]byte(body))
		}
		if change != nil {
			change(c)
		}
		r.Header.Set("Authorization", "Bearer "+w.signed(key, proofType, "dev_1", c))
	}
}

func (w *world) ask() asked {
	w.t.Helper()
	var out asked
	status := w.call("POST", "/v1/approvals", asApplication,
		`{"user":{"id":"mem_1"},"context":{"ip":"192.0.2.7","user_agent":"Mozilla/5.0 (X11)","browser":"b-1"},"confirm":"number"}`, &out)
	if status != http.StatusCreated || len(out.Number) != 3 || len(out.Ticket) != 43 {
		w.t.Fatalf("%d %+v", status, out)
	}
	return out
}

func (w *world) wait(id, ticket, page string) (*websocket.Conn, error) {
	return dial(w.t, w.base+"/v1/approvals/"+id+"/events", http.Header{
		"Sec-Websocket-Protocol": {"aye.v1, aye.ticket." + ticket}, "Origin": {page},
	})
}

func (w *world) hears(conn *websocket.Conn, status string) news {
	w.t.Helper()
	var heard news
	if err := conn.ReadJSON(&heard); err != nil || heard.Status != status {
		w.t.Fatalf("%+v, %v", heard, err)
	}
	return heard
}

// reads verifies what the server signed.
func (w *world) reads(typ, compact string, into any) {
	w.t.Helper()
	var jwks struct{ Keys []Key }
	w.call("GET", "/.well-known/jwks.json", func(*http.Request) {}, "", &jwks)
	public, err := jwks.Keys[0].public()
	if err != nil {
		w.t.Fatal(err)
	}
	if m, err := parse(typ, compact); err != nil || m.verify(public, into) != nil {
		w.t.Fatalf("%s: %v", typ, err)
	}
}

// answers fetches the one request that waits, and gives the claims of an approval.
func (w *world) answers(number string) claims {
	w.t.Helper()
	var in pendingJSON
	if status := w.call("GET", "/v1/device/approvals", w.proves(w.key, "", nil), "", &in); status != http.StatusOK || len(in.Approvals) != 1 {
		w.t.Fatalf("%d %+v", status, in)
	}
	var c challengeClaims
	w.reads(challengeType, in.Approvals[0].Challenge, &c)
	return claims{
		"iss": "dev_1", "sub": c.Subject, "org": c.Organisation, "aid": c.Request, "aud": w.base, "cn": c.Nonce, "dec": "approve", "num": number,
		"ctxh": hash([]byte(in.Approvals[0].Challenge)), "uv": "biometric", "iat": 1, "exp": 2, "jti": rand.Text(),
	}
}

func (w *world) decides(id string, key *ecdsa.PrivateKey, c claims) (int, decided) {
	w.t.Helper()
	body := `{"decision":"` + w.signed(key, decisionType, w.device.ApprovalKey.thumbprint(), c) + `"}`
	var out decided
	return w.call("POST", "/v1/approvals/"+id+"/decision", w.proves(w.key, body, nil), body, &out), out
}

func (w *world) redeems(id, code string) (int, released) {
	w.t.Helper()
	var out released
	return w.call("POST", "/v1/approvals/"+id+"/redeem", asApplication, `{"release_code":"`+code+`"}`, &out), out
}

func TestCycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.ask()
	arrived, err := w.google.Next(t.Context(), testAddress)
	if err != nil || !bytes.Contains(arrived.Payload, []byte(a.ID)) {
		t.Fatalf("%+v, %v", arrived, err)
	}
	conn, err := w.wait(a.ID, a.Ticket, testPage)
	if err != nil {
		t.Fatal(err)
	}
	if first := w.hears(conn, Pending); first.ReleaseCode != "" {
		t.Fatal("the code came before the approval")
	}
	c := w.answers(a.Number)
	if status, out := w.decides(a.ID, w.approval, c); status != http.StatusOK || out.Status != Approved {
		t.Fatalf("%d %+v", status, out)
	}
	if status, _ := w.decides(a.ID, w.approval, c); status != http.StatusConflict {
		t.Errorf("decided again: %d", status)
	}
	heard := w.hears(conn, Approved)
	if status, _ := w.redeems(a.ID, a.Ticket); status != http.StatusForbidden {
		t.Errorf("redeemed with a wrong code: %d", status)
	}
	status, out := w.redeems(a.ID, heard.ReleaseCode)
	if status != http.StatusOK || out.Status != Released || out.User.ID != "mem_1" {
		t.Errorf("%d %+v", status, out)
	}
	var said assertionClaims
	w.reads(assertionType, out.Assertion, &said)
	if said.Request != a.ID || said.Subject != "mem_1" || said.Audience != testApplication || said.Issuer != w.base {
		t.Errorf("%+v", said)
	}
	if status, _ := w.redeems(a.ID, heard.ReleaseCode); status != http.StatusConflict {
		t.Errorf("redeemed again: %d", status)
	}
	w.hears(conn, Released)
	if _, _, err := conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("after the last word: %v", err)
	}
}

func TestWrongNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.ask()
	wrong := "000"
	if a.Number == wrong {
		wrong = "001"
	}
	c := w.answers(wrong)
	if status, out := w.decides(a.ID, w.approval, c); status != http.StatusOK || out.Status != Mismatched {
		t.Errorf("%d %+v", status, out)
	}
	c["num"] = a.Number
	if status, _ := w.decides(a.ID, w.approval, c); status != http.StatusConflict {
		t.Errorf("a second guess: %d", status)
	}
	conn, err := w.wait(a.ID, a.Ticket, testPage)
	if err != nil {
		t.Fatal(err)
	}
	w.hears(conn, Mismatched)
}

func TestForgeries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.ask()
	stranger, _ := newKey(t)
	for name, key := range map[string]*ecdsa.PrivateKey{"device key": w.key, "stranger": stranger} {
		if status, _ := w.decides(a.ID, key, w.answers(a.Number)); status != http.StatusUnauthorized {
			t.Errorf("decision by the %s: %d", name, status)
		}
	}
	for name, other := range map[string]any{"aid": requestID(99), "cn": "other", "num": "", "ctxh": "other", "iss": "dev_2", "aud": "other", "dec": "deny", "sub": "mem_2", "org": "org_2"} {
		c := w.answers(a.Number)
		c[name] = other
		if status, _ := w.decides(a.ID, w.approval, c); status != http.StatusUnauthorized {
			t.Errorf("decision with another %s: %d", name, status)
		}
	}
	proofs := map[string]func(*http.Request){
		"none": func(*http.Request) {}, "stranger": w.proves(stranger, "", nil), "approval key": w.proves(w.approval, "", nil), "body": w.proves(w.key, "body", nil),
	}
	for name, other := range map[string]any{"iss": "dev_2", "aud": "other", "htm": "POST", "htu": w.base + "/v1/device", "iat": 1} {
		proofs[name] = w.proves(w.key, "", func(c claims) { c[name] = other })
	}
	for name, prove := range proofs {
		if status := w.call("GET", "/v1/device/approvals", prove, "", nil); status != http.StatusUnauthorized {
			t.Errorf("proof, %s: %d", name, status)
		}
	}
	if status := w.call("POST", "/v1/approvals", func(r *http.Request) { r.SetBasicAuth(testApplication, "guess") }, "{}", nil); status != http.StatusUnauthorized {
		t.Errorf("wrong secret: %d", status)
	}
	for name, err := range map[string]error{
		"ticket": second(w.wait(a.ID, "guess", testPage)), "origin": second(w.wait(a.ID, a.Ticket, "https://evil.example.com")),
	} {
		if err == nil {
			t.Errorf("waits with a wrong %s", name)
		}
	}
}

func second[A, B any](_ A, b B) B { return b }
