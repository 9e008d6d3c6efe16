package demo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/gorilla/websocket"
)

type object = map[string]any

// fakeAye answers as docs/protocol.md says, for one person, with no opinion about the
// phone's signatures: those are for the tests with the real server.
type fakeAye struct {
	*httptest.Server
	key *ecdsa.PrivateKey

	mu        sync.Mutex
	changed   chan struct{}
	enrolled  bool
	seen      []string // what was called
	keys      []string // the Idempotency-Keys of the redeems
	approval  object   // the newest, as its state
	number    string
	challenge string
	pairing   object
	audience  string // of the next assertion, when it is to be wrong
	problem   int    // the status of the next refusal
	noSockets bool
}

const (
	fakeTicket = "ticket-of-the-request"
	fakeCode   = "Q0FGRUJBQkVDQUZFQkFCRUNBRkVCQUJFQ0FGRUJBQkU"
)

func newFakeAye(t testing.TB) *fakeAye {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeAye{key: key, changed: make(chan struct{}), enrolled: true, number: "047"}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeAye) change(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *fakeAye) jwk() object {
	point, _ := f.key.PublicKey.Bytes()
	x, y := base64.RawURLEncoding.EncodeToString(point[1:33]), base64.RawURLEncoding.EncodeToString(point[33:])
	sum := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + x + `","y":"` + y + `"}`))
	return object{"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": base64.RawURLEncoding.EncodeToString(sum[:]), "alg": "ES256", "use": "sig"}
}

func (f *fakeAye) sign(kind string, claims jwt.MapClaims) string {
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header = object{"alg": "ES256", "typ": kind, "kid": f.jwk()["kid"]}
	text, _ := token.SignedString(f.key)
	return text
}

func (f *fakeAye) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	h.Set("Access-Control-Allow-Headers", "authorization, content-type")
	h.Set("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE")
	h.Set("Access-Control-Expose-Headers", "Aye-Nonce")
	if r.Method == http.MethodOptions {
		return
	}
	if strings.HasSuffix(r.URL.Path, "/events") {
		f.events(w, r)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/state") && r.URL.Query().Has("wait") {
		f.mu.Lock()
		changed := f.changed
		f.mu.Unlock()
		select {
		case <-changed:
		case <-r.Context().Done():
		case <-time.After(2 * time.Second):
		}
	}
	status, answer := 0, any(nil)
	f.change(func() { status, answer = f.answer(r) })
	h.Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

func refuse(status int, code string) (int, any) {
	return status, object{"status": status, "code": code, "title": code, "detail": "No: " + code + "."}
}

func (f *fakeAye) answer(r *http.Request) (int, any) {
	var in object
	_ = json.NewDecoder(r.Body).Decode(&in)
	call := r.Method + " " + r.URL.Path
	f.seen = append(f.seen, call)
	switch {
	case strings.HasPrefix(r.URL.Path, "/v1/device") || strings.HasSuffix(call, "/decision"):
		return f.phone(call, in)
	case call == "GET /.well-known/jwks.json":
		return 200, object{"keys": []object{{"kty": "OKP", "crv": "Ed25519"}, f.jwk()}}
	case strings.HasSuffix(call, "/state"):
		if r.Header.Get("Authorization") != "Ticket "+fakeTicket || r.Header.Get("Origin") == "" {
			return refuse(401, "bad-ticket")
		}
		if strings.Contains(call, "pairings") {
			return 200, f.pairing
		}
		return 200, f.approval
	}
	if id, secret, _ := r.BasicAuth(); id != "shop" || secret != "s3cret" {
		return refuse(401, "bad-client")
	}
	if f.problem != 0 {
		status := f.problem
		f.problem = 0
		return refuse(status, map[int]string{404: "unknown-user", 429: "too-many-pending", 500: "internal"}[status])
	}
	if strings.HasPrefix(r.URL.Path, "/v1/pairings") {
		return f.pair(call, in)
	}
	return f.approve(r, call, in)
}

func (f *fakeAye) socket() string { return "ws" + strings.TrimPrefix(f.URL, "http") }

func (f *fakeAye) approve(r *http.Request, call string, in object) (int, any) {
	switch {
	case call == "POST /v1/approvals" && !f.enrolled:
		return refuse(409, "not-enrolled")
	case call == "POST /v1/approvals":
		id, ends := "apr_"+rand.Text(), time.Now().Add(2*time.Minute)
		f.approval = object{
			"type": "approval", "id": id, "status": "pending", "confirm": "number", "expires_at": ends,
			"delivery": []object{{"device": "Pixel 9", "channel": "fcm", "state": "accepted"}},
		}
		f.challenge = f.sign("aye-challenge+jwt", jwt.MapClaims{
			"iss": f.URL, "aid": id, "cn": rand.Text(), "sub": "usr_1", "org": "org_1", "purpose": "login", "confirm": "number",
			"digits": len(f.number), "iat": time.Now().Unix(), "exp": ends.Unix(),
			"ctx": object{
				"application": "Tulp & Zoon", "organisation": "Tulp & Zoon B.V.", "person": "Ada Lovelace", "message": "Log in to the shop",
				"details": []object{{"label": "Amount", "value": "€ 12.50"}}, "ip": "203.0.113.7", "place": "Utrecht, Netherlands",
				"browser": "Firefox on Linux", "new_browser": true, "created_at": time.Now(),
			},
		})
		return 201, object{
			"id": id, "status": "pending", "number": f.number, "methods": []string{"push", "totp"}, "expires_at": ends,
			"delivery": f.approval["delivery"], "events_url": f.socket() + "/v1/approvals/" + id + "/events", "ticket": fakeTicket,
		}
	case strings.HasSuffix(call, "/verify"):
		if in["code"] != "123456" {
			return refuse(403, "wrong-code")
		}
		f.approval["status"], f.approval["release_code"] = "approved", fakeCode
		return 200, f.approval
	case strings.HasSuffix(call, "/redeem"):
		f.keys = append(f.keys, r.Header.Get("Idempotency-Key"))
		if in["release_code"] != fakeCode {
			return refuse(403, "wrong-release-code")
		}
		f.approval["status"] = "released"
		audience := f.audience
		if audience == "" {
			audience = "shop"
		}
		now := time.Now()
		return 200, object{
			"id": f.approval["id"], "status": "released", "user": object{"id": "usr_1", "email": "ada@example.com", "display": "Ada"},
			"device": object{"name": "Pixel 9", "platform": "android"}, "method": "push", "decided_at": now,
			"assertion": f.sign("aye-assertion+jwt", jwt.MapClaims{
				"iss": f.URL, "sub": "usr_1", "aud": audience, "org": "org_1", "aid": f.approval["id"], "jti": rand.Text(),
				"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "auth_time": now.Unix(), "acr": "aye:number",
			}),
		}
	case r.Method == http.MethodDelete:
		f.approval["status"] = "cancelled"
	}
	return 202, f.approval
}

func (f *fakeAye) pair(call string, in object) (int, any) {
	switch {
	case strings.HasPrefix(call, "DELETE"):
		f.pairing["status"] = "cancelled"
		return 200, f.pairing
	case strings.HasSuffix(call, "/confirm"):
		if in["code"] != "123456" {
			return refuse(403, "wrong-code")
		}
		f.pairing["status"] = "paired"
		return 200, f.pairing
	}
	id, ends := "pair_"+rand.Text(), time.Now().Add(2*time.Minute)
	f.pairing = object{"type": "pairing", "id": id, "status": "open", "expires_at": ends}
	code := sha256.Sum256([]byte(id))
	return 201, object{
		"id": id, "status": "open", "expires_at": ends, "ends_at": ends.Add(8 * time.Minute),
		"url":        f.URL + "/p#1." + base64.RawURLEncoding.EncodeToString(code[:]) + "." + fmt.Sprint(f.jwk()["kid"]),
		"qr":         object{"svg": `<svg viewBox="0 0 8 8"><path d="M1 1h6v6h-6z"/></svg>`},
		"events_url": f.socket() + "/v1/pairings/" + id + "/events", "ticket": fakeTicket,
	}
}

// phone believes whatever a phone says.
func (f *fakeAye) phone(call string, in object) (int, any) {
	switch {
	case call == "POST /v1/devices":
		f.enrolled = true
		f.pairing["status"], f.pairing["device"] = "paired", object{"name": "Chrome (Linux)", "platform": "web"}
		return 201, object{
			"device_id": "dev_1", "status": "active", "user": object{"id": "usr_1", "display": "Ada"},
			"organisation": object{"id": "org_1", "name": "Tulp & Zoon B.V."}, "server": object{"origin": f.URL, "jwks": object{"keys": []object{f.jwk()}}},
			"totp": object{"uri": "otpauth://totp/Aye:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Aye"},
		}
	case call == "GET /v1/device/approvals":
		list := []object{}
		if f.approval["status"] == "pending" {
			f.approval["delivery"] = []object{{"device": "Pixel 9", "channel": "fcm", "state": "fetched"}}
			list = append(list, object{"challenge": f.challenge})
		}
		return 200, object{"approvals": list, "keys": []string{}, "server_time": time.Now()}
	case call == "GET /v1/device/history":
		item := func(id, status string) object {
			return object{
				"id": id, "status": status, "application": "Tulp & Zoon", "place": "Utrecht, Netherlands", "ip": "203.0.113.7",
				"browser": "Firefox on Linux", "created_at": time.Now(), "decided_at": time.Now(), "this_device": true,
			}
		}
		return 200, object{"items": []object{item(fmt.Sprint(f.approval["id"]), "released"), item("apr_2", "reported"), item("apr_3", "expired")}}
	case strings.HasSuffix(call, "/decision"):
		var claims jwt.MapClaims
		_, _, _ = jwt.NewParser().ParseUnverified(fmt.Sprint(in["decision"]), &claims)
		f.decided(claims)
		return 200, object{"id": f.approval["id"], "status": f.approval["status"], "decided_at": time.Now()}
	}
	return 200, object{"id": "dev_1", "status": "active"}
}

func (f *fakeAye) decided(claims jwt.MapClaims) {
	switch {
	case claims["dec"] == "deny":
		f.approval["status"] = "denied"
	case claims["dec"] == "report":
		f.approval["status"] = "reported"
	case claims["num"] != f.number:
		f.approval["status"] = "mismatched"
	default:
		f.approval["status"], f.approval["release_code"] = "approved", fakeCode
	}
}

func (f *fakeAye) events(w http.ResponseWriter, r *http.Request) {
	if f.noSockets {
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	upgrader := websocket.Upgrader{Subprotocols: []string{"aye.v1"}, CheckOrigin: func(*http.Request) bool { return true }}
	if offered := websocket.Subprotocols(r); len(offered) != 2 || offered[1] != "aye.ticket."+fakeTicket {
		http.Error(w, "no ticket", http.StatusForbidden)
		return
	}
	connection, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = connection.Close() }()
	for {
		f.mu.Lock()
		changed, state := f.changed, f.approval
		if strings.Contains(r.URL.Path, "pairings") {
			state = f.pairing
		}
		text, _ := json.Marshal(state)
		f.mu.Unlock()
		if connection.WriteMessage(websocket.TextMessage, text) != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}
