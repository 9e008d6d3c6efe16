package phone

import (
	"crypto/ecdsa"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// fake is a server as docs/protocol.md describes it to a phone, with faults on demand. It
// checks what it gets with strictVerify and never with the phone's own code.
type fake struct {
	*httptest.Server
	t      testing.TB
	code   string
	key    *ecdsa.PrivateKey // signs challenges
	pinned string

	mu        sync.Mutex
	status    string
	claims    []map[string]any // accepted claims, the first counts
	device    *ecdsa.PublicKey
	approval  jwk
	waiting   []string // challenges
	keys      []string // announcements
	cases     []object
	decisions []string
	calls     []string
	now       time.Time // of the server
	lose      int       // answers to lose after doing the work
}

func newFake(t testing.TB) *fake {
	f := &fake{t: t, code: hash(t.Name()), key: fixedKey(t, "server"), status: "active", now: time.Now()}
	f.pinned = mustJWK(t, f.key).thumbprint()
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) link() string { return f.URL + "/p#1." + f.code + "." + f.pinned }

func (f *fake) challenge(change jwt.MapClaims) string {
	claims := jwt.MapClaims{
		"iss": f.URL, "aid": "apr_1", "cn": "cn", "sub": "usr_1", "org": "org_1", "purpose": "login",
		"confirm": "number", "digits": 3, "iat": f.now.Unix(), "exp": f.now.Unix() + 120,
		"ctx": map[string]any{"application": "The shop", "organisation": "Example", "person": "Ada", "created_at": f.now},
	}
	maps.Copy(claims, change)
	return fixedSign(f.t, f.key, map[string]string{"alg": "ES256", "typ": typeChallenge, "kid": mustJWK(f.t, f.key).thumbprint()}, claims)
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	status, answer := f.answer(r, body, w.Header())
	f.calls = append(f.calls, r.Method+" "+r.URL.Path)
	if f.lose > 0 && r.Method != http.MethodGet {
		f.lose--
		panic(http.ErrAbortHandler) // the work is done and nobody hears of it
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

type object = map[string]any

func refusal(status int, code string) (int, object) {
	return status, object{"code": code, "detail": "No: " + code + ".", "title": code, "request_id": "r"}
}

func (f *fake) answer(r *http.Request, body []byte, header http.Header) (int, object) {
	var in struct{ Code, Claim, Decision string }
	_ = json.Unmarshal(body, &in)
	if r.URL.Path == "/v1/devices" {
		return f.pair(in.Code, in.Claim)
	}
	proof, err := strictVerify(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), typeProof, "dev_1", f.device)
	if err != nil || proof["htm"] != r.Method || proof["htu"] != f.URL+r.URL.Path || proof["aud"] != f.URL {
		return refusal(401, "bad-proof")
	}
	if len(body) > 0 && proof["bh"] != hash(string(body)) {
		return refusal(401, "bad-proof")
	}
	if age := f.now.Sub(time.Unix(int64(proof["iat"].(float64)), 0)).Abs(); age > 2*time.Minute && proof["nonce"] != "fresh" {
		header.Set("Aye-Nonce", "fresh")
		return refusal(401, "use-nonce")
	}
	switch call := r.Method + " " + r.URL.Path; {
	case call == "GET /v1/device" && f.status != "removed":
		return 200, object{"id": "dev_1", "status": f.status, "approval_key": f.approval.thumbprint()}
	case call == "DELETE /v1/device":
		return 200, object{}
	case f.status == "removed" && !strings.HasPrefix(r.URL.Path, "/v1/device/cases"):
		return refusal(401, "device-unknown")
	case f.status != "active" && f.status != "removed":
		return refusal(403, "device-not-active")
	case call == "GET /v1/device/approvals":
		list := []object{}
		for _, c := range f.waiting {
			list = append(list, object{"challenge": c})
		}
		return 200, object{"approvals": list, "keys": f.keys, "server_time": f.now}
	case call == "GET /v1/device/history":
		if r.URL.Query().Get("cursor") == "" {
			return 200, object{"items": []object{{"id": "apr_2"}}, "next_cursor": "a b"}
		}
		return 200, object{"items": []object{{"id": "apr_1"}}}
	case call == "POST /v1/device/approval-key":
		claims, err := strictVerify(in.Claim, typeApprovalKey, "dev_1", f.device)
		if err != nil {
			return refusal(400, "bad-claim")
		}
		f.approval = readJWK(claims["approval_key"])
		return 200, object{}
	case call == "GET /v1/device/cases":
		return 200, object{"cases": f.cases}
	case strings.HasSuffix(call, "/stop"):
		return f.stop(strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/v1/device/cases/"), "/stop"))
	case strings.HasSuffix(call, "/decision"):
		return f.decide(in.Decision)
	}
	return 200, object{}
}

// stop ends a case; to stop it again means the same.
func (f *fake) stop(id string) (int, object) {
	for _, c := range f.cases {
		if c["id"] == id {
			c["state"] = "stopped"
			return 200, c
		}
	}
	return refusal(404, "not-found")
}

func readJWK(v any) jwk {
	m := v.(map[string]any)
	return jwk{Curve: m["crv"].(string), Type: m["kty"].(string), X: m["x"].(string), Y: m["y"].(string)}
}

func (f *fake) pair(code, claim string) (int, object) {
	var unsafe jwt.MapClaims
	if _, _, err := jwt.NewParser().ParseUnverified(claim, &unsafe); err != nil || code != f.code {
		return refusal(404, "not-found")
	}
	device, approval := readJWK(unsafe["device_key"]), readJWK(unsafe["approval_key"])
	key, _ := device.key()
	claims, err := strictVerify(claim, "aye-pair+jwt", device.thumbprint(), key)
	if err != nil || claims["aud"] != f.URL || claims["code_hash"] != hash(code) {
		return refusal(400, "bad-claim")
	}
	approvalKey, _ := approval.key()
	proof, err := strictVerify(claims["approval_proof"].(string), "aye-pair-approval+jwt", approval.thumbprint(), approvalKey)
	if err != nil || proof["device_key"] != device.thumbprint() {
		return refusal(400, "bad-claim")
	}
	if f.device != nil && !f.device.Equal(key) {
		return refusal(409, "pairing-burned")
	}
	f.device, f.approval, f.claims = key, approval, append(f.claims, claims)
	public := mustJWK(f.t, f.key)
	return 201, object{
		"device_id": "dev_1", "status": f.status, "user": object{"id": "usr_1", "display": "Ada"},
		"organisation": object{"id": "org_1", "name": "Example"},
		"server": object{"origin": f.URL, "jwks": object{"keys": []object{
			{"kty": "OKP"}, {"kty": "EC", "crv": "P-256", "x": public.X, "y": public.Y, "kid": "whatever"},
		}}},
		"totp": object{"uri": "otpauth://totp/Aye:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Aye"},
	}
}

func (f *fake) decide(text string) (int, object) {
	approval, _ := f.approval.key()
	claims, err := strictVerify(text, "aye-decision+jwt", f.approval.thumbprint(), approval)
	if err != nil {
		var device map[string]any
		device, err = strictVerify(text, "aye-decision+jwt", readJWK(f.claims[0]["device_key"]).thumbprint(), f.device)
		if claims = device; err == nil && claims["dec"] == "approve" {
			return refusal(403, "bad-decision")
		}
	}
	if err != nil || claims["ctxh"] != hash(f.waiting[0]) {
		return refusal(400, "bad-decision")
	}
	f.decisions = append(f.decisions, text)
	if f.decisions[0] != text {
		status, problem := refusal(409, "already-decided")
		problem["state"] = object{"status": "approved"}
		return status, problem
	}
	outcome := map[any]string{"approve": "approved", "deny": "denied", "report": "reported"}[claims["dec"]]
	if claims["dec"] == "approve" && claims["num"] != "047" {
		outcome = "mismatched"
	}
	return 200, object{"id": claims["aid"], "status": outcome, "decided_at": f.now}
}
