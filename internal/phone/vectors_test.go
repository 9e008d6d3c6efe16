package phone

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

var update = flag.Bool("update", false, "write docs/vectors.json anew")

const vectorsFile = "../../docs/vectors.json"

// vectors is the form of docs/vectors.json, which the tests of the server read too.
type vectors struct {
	About        string         `json:"about"`
	Origin       string         `json:"origin"`
	URL          string         `json:"url"`
	Code         string         `json:"code"`
	CodeHash     string         `json:"code_hash"`
	Device       string         `json:"device_id"`
	User         string         `json:"user_id"`
	Organisation string         `json:"organisation_id"`
	Now          int64          `json:"now"`
	Keys         []vectorKey    `json:"keys"`
	Signed       []vectorSigned `json:"signed"`
	BodyHashes   []vectorHash   `json:"body_hashes"`
	Context      vectorHash     `json:"ctxh"`
	Confirm      vectorConfirm  `json:"confirm"`
	TOTP         vectorTOTP     `json:"totp"`
}

type vectorKey struct {
	Name       string `json:"name"`
	PKCS8      string `json:"pkcs8"`
	JWK        jwk    `json:"jwk"`
	Thumbprint string `json:"thumbprint"`
}

type vectorSigned struct {
	Name   string          `json:"name"`
	Key    string          `json:"key"`
	Type   string          `json:"typ"`
	ID     string          `json:"kid"`
	Claims json.RawMessage `json:"claims"`
	JWS    string          `json:"jws"`
	Bad    []vectorBad     `json:"bad,omitempty"`
}

// vectorBad must be refused: in layer "jws" for its form or signature, whatever it says; in
// layer "kid" by whoever looks up the key; in layer "claims" because of what it says, although
// its signature is good.
type vectorBad struct {
	Layer string `json:"layer"`
	Why   string `json:"why"`
	JWS   string `json:"jws"`
}

type vectorHash struct {
	Text string `json:"text"`
	Hash string `json:"hash"`
}

type vectorConfirm struct {
	Code     string `json:"code"`
	Device   string `json:"device_thumbprint"`
	Approval string `json:"approval_thumbprint"`
	Digits   string `json:"digits"`
}

type vectorTOTP struct {
	URI   string       `json:"uri"`
	Codes []vectorCode `json:"codes"`
}

type vectorCode struct {
	Time int64  `json:"time"`
	Code string `json:"code"`
}

// scene is the fixed world that the vectors speak of.
type scene struct {
	t         testing.TB
	row       row
	details   Details
	code      Secret
	now       time.Time
	challenge string
}

func newScene(t testing.TB) *scene {
	code := Secret(hash("the code of the vectors"))
	s := &scene{t: t, code: code, now: time.Unix(1_700_000_000, 0).UTC()}
	s.row = row{
		Origin: "https://aye.example.com", Pinned: s.public("server").thumbprint(), CodeHash: hash(code.Reveal()),
		Device: "dev_018bcfe568007a3c9f3e5d1b2a4c6e80", Status: "active",
		User: "usr_018bcfe568007b11a2b3c4d5e6f70819", OrganisationID: "org_018bcfe568007c22b3c4d5e6f708192a",
		ServerKeys: []jwk{s.public("server")},
	}
	s.details = Details{
		Model: "Pixel 9", Platform: "android", OSVersion: "16", AppVersion: "1.2.3", Locale: "nl",
		Push: Push{Provider: "fcm", App: "com.example.aye", Kind: "token", Address: "an-address"},
	}
	s.challenge = s.sign("server", typeChallenge, s.public("server").thumbprint(), s.challengeClaims())
	return s
}

func (s *scene) key(name string) *ecdsa.PrivateKey { return fixedKey(s.t, name) }
func (s *scene) public(name string) jwk            { return mustJWK(s.t, s.key(name)) }

func (s *scene) sign(key, kind, id string, claims any) string {
	return fixedSign(s.t, s.key(key), map[string]string{"alg": "ES256", "typ": kind, "kid": id}, claims)
}

func (s *scene) challengeClaims() jwt.MapClaims {
	return jwt.MapClaims{
		"iss": s.row.Origin, "aid": "apr_018bcfe568007d33c4d5e6f708192a3b", "cn": hash("a nonce"),
		"sub": s.row.User, "org": s.row.OrganisationID, "purpose": "login", "confirm": "number", "digits": 3,
		"iat": s.now.Unix(), "exp": s.now.Unix() + 120,
		"ctx": map[string]any{
			"application": "The shop", "organisation": "Example", "person": "Ada", "message": "Log in to the shop",
			"details": []Detail{{Label: "Amount", Value: "€ 12.50"}}, "ip": "203.0.113.7", "place": "Utrecht",
			"browser": "Firefox on Linux", "new_browser": true, "created_at": s.now,
		},
	}
}

func (s *scene) approvalProof(signer, device string) string {
	return s.sign(signer, typeApprovalProof, s.public(signer).thumbprint(), jwt.MapClaims{
		"aud": s.row.Origin, "code_hash": s.row.CodeHash, "device_key": s.public(device).thumbprint(),
	})
}

func (s *scene) claim() jwt.MapClaims {
	return claimClaims(s.row, s.details, s.public("device"), s.public("approval"), s.approvalProof("approval", "device"), s.now)
}

const vectorBody = `{"locale":"en-GB"}`

func (s *scene) proof(nonce string) jwt.MapClaims {
	return proofClaims(s.row.Device, s.row.Origin, "PATCH", "/v1/device?ignored=1", []byte(vectorBody), "a-proof-of-the-vectors", nonce, s.now)
}

func (s *scene) decision(word, number string) jwt.MapClaims {
	claims, err := readChallenge(s.row, s.row.ServerKeys, s.challenge)
	if err != nil {
		s.t.Fatal(err)
	}
	what := decisionKey{claims.Approval, word, number, PIN}
	return decisionClaims(s.row, claims, s.challenge, what, "a-decision-of-the-vectors", s.now)
}

func (s *scene) vectors() vectors {
	v := vectors{
		About:  "Fixed examples of every signature and derivation of docs/protocol.md. Written by go test ./internal/phone -update.",
		Origin: s.row.Origin, URL: s.row.Origin + "/p#1." + s.code.Reveal() + "." + s.row.Pinned,
		Code: s.code.Reveal(), CodeHash: s.row.CodeHash, Device: s.row.Device, User: s.row.User, Organisation: s.row.OrganisationID,
		Now: s.now.Unix(), Context: vectorHash{s.challenge, hash(s.challenge)},
	}
	for _, name := range []string{"device", "approval", "server", "server-next", "stranger"} {
		der, err := x509.MarshalPKCS8PrivateKey(s.key(name))
		if err != nil {
			s.t.Fatal(err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
		v.Keys = append(v.Keys, vectorKey{name, string(text), s.public(name), s.public(name).thumbprint()})
	}
	for _, body := range []string{vectorBody, `{"decision":"x"}`, "€"} {
		v.BodyHashes = append(v.BodyHashes, vectorHash{body, hash(body)})
	}
	device, approval := s.public("device").thumbprint(), s.public("approval").thumbprint()
	v.Confirm = vectorConfirm{s.code.Reveal(), device, approval, confirmationDigits(s.code, device, approval)}
	// The key and moments of RFC 6238 appendix B, with six digits instead of eight.
	v.TOTP.URI = "otpauth://totp/Aye:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Aye"
	v.TOTP.Codes = []vectorCode{
		{59, "287082"},
		{1111111109, "081804"},
		{1111111111, "050471"},
		{1234567890, "005924"},
		{2000000000, "279037"},
		{20000000000, "353130"},
	}
	s.addSigned(&v)
	return v
}

func (s *scene) addSigned(v *vectors) {
	device, approval, server := s.public("device").thumbprint(), s.public("approval").thumbprint(), s.public("server").thumbprint()
	add := func(name, key, kind, id string, claims jwt.MapClaims, wrong map[string]jwt.MapClaims) {
		signed := vectorSigned{Name: name, Key: key, Type: kind, ID: id, Claims: mustJSON(s.t, claims), JWS: s.sign(key, kind, id, claims)}
		if !slices.ContainsFunc(v.Signed, func(other vectorSigned) bool { return other.Type == kind }) {
			signed.Bad = s.badForms(signed, claims)
		}
		for _, why := range slices.Sorted(maps.Keys(wrong)) {
			changed := maps.Clone(claims)
			for name, value := range wrong[why] {
				changed[name] = value
				if value == nil {
					delete(changed, name)
				}
			}
			signed.Bad = append(signed.Bad, vectorBad{"claims", why, s.sign(key, kind, id, changed)})
		}
		v.Signed = append(v.Signed, signed)
	}
	add("claim", "device", typeClaim, device, s.claim(), s.wrongClaims())
	add("approval-proof", "approval", typeApprovalProof, approval, jwt.MapClaims{"aud": s.row.Origin, "code_hash": s.row.CodeHash, "device_key": device}, nil)
	add("proof", "device", typeProof, s.row.Device, s.proof(""), s.wrongProofs())
	add("proof-with-nonce", "device", typeProof, s.row.Device, s.proof("a-nonce-of-the-server"), nil)
	add("challenge", "server", typeChallenge, server, s.challengeClaims(), nil)
	add("announcement", "server", typeKey, server, jwt.MapClaims{
		"iss": s.row.Origin, "jwk": s.public("server-next"), "iat": s.now.Unix(), "exp": s.now.Unix() + 86400,
	}, nil)
	add("approve", "approval", typeDecision, approval, s.decision("approve", "047"), s.wrongDecisions())
	add("deny", "device", typeDecision, device, s.decision("deny", ""), map[string]jwt.MapClaims{
		"approve needs the approval key": {"dec": "approve", "num": "047"},
	})
	add("report", "device", typeDecision, device, s.decision("report", ""), nil)
	add("approval-key", "device", typeApprovalKey, s.row.Device, jwt.MapClaims{
		"aud": s.row.Origin, "approval_key": s.public("stranger"), "jti": "a-new-key-of-the-vectors",
		"approval_proof": s.sign("stranger", typeApprovalProof, s.public("stranger").thumbprint(), jwt.MapClaims{"aud": s.row.Origin, "device_key": device}),
	}, map[string]jwt.MapClaims{
		"another origin": {"aud": "https://aye.example.net"},
		"a proof by the old approval key": {
			"approval_proof": s.sign("approval", typeApprovalProof, approval, jwt.MapClaims{"aud": s.row.Origin, "device_key": device}),
		},
	})
}

func (s *scene) wrongClaims() map[string]jwt.MapClaims {
	off := s.public("approval")
	off.Y = off.X
	return map[string]jwt.MapClaims{
		"another origin":                     {"aud": "https://aye.example.net"},
		"the hash of another code":           {"code_hash": hash("another code")},
		"a device key that did not sign":     {"device_key": s.public("stranger")},
		"an approval key without its proof":  {"approval_key": s.public("stranger")},
		"an approval proof of the device":    {"approval_proof": s.approvalProof("device", "device")},
		"an approval proof for another":      {"approval_proof": s.approvalProof("approval", "stranger")},
		"an approval key off the curve":      {"approval_key": off},
		"the device key as the approval key": {"approval_key": s.public("device"), "approval_proof": s.approvalProof("device", "device")},
		"no approval proof":                  {"approval_proof": nil},
		"an unknown platform":                {"platform": "toaster"},
		"no model":                           {"model": ""},
		"a model of 65 characters":           {"model": strings.Repeat("m", 65)},
	}
}

func (s *scene) wrongProofs() map[string]jwt.MapClaims {
	return map[string]jwt.MapClaims{
		"another device":      {"iss": "dev_018bcfe568007a3c9f3e5d1b2a4c6e81"},
		"another origin":      {"aud": "https://aye.example.net"},
		"another method":      {"htm": "DELETE"},
		"a lower-case method": {"htm": "patch"},
		"another path":        {"htu": s.row.Origin + "/v1/device/approvals"},
		"a query in htu":      {"htu": s.row.Origin + "/v1/device?ignored=1"},
		"another body":        {"bh": hash(`{"locale":"en-US"}`)},
		"no body hash":        {"bh": nil},
		"121 seconds old":     {"iat": s.now.Unix() - 121},
		"121 seconds ahead":   {"iat": s.now.Unix() + 121},
		"a jti of 15":         {"jti": "fifteen-letters"},
		"a jti of 65":         {"jti": strings.Repeat("j", 65)},
		"no jti":              {"jti": nil},
	}
}

func (s *scene) wrongDecisions() map[string]jwt.MapClaims {
	return map[string]jwt.MapClaims{
		"another device":       {"iss": "dev_018bcfe568007a3c9f3e5d1b2a4c6e81"},
		"another origin":       {"aud": "https://aye.example.net"},
		"another person":       {"sub": "usr_018bcfe568007b11a2b3c4d5e6f70810"},
		"another organisation": {"org": "org_018bcfe568007c22b3c4d5e6f7081920"},
		"another request":      {"aid": "apr_018bcfe568007d33c4d5e6f708192a3c"},
		"another nonce":        {"cn": hash("another nonce")},
		"another screen":       {"ctxh": hash("another challenge")},
		"an unknown word":      {"dec": "perhaps"},
		"an unknown unlock":    {"uv": "charm"},
		"no number":            {"num": nil},
		"no jti":               {"jti": nil},
		"a jti of 15":          {"jti": "fifteen-letters"},
	}
}

// badForms are attacks on the JWS itself, the same for every kind.
func (s *scene) badForms(good vectorSigned, claims jwt.MapClaims) []vectorBad {
	key := s.key(good.Key)
	header := func(changes map[string]any) map[string]any {
		h := map[string]any{"alg": "ES256", "typ": good.Type, "kid": good.ID}
		maps.Copy(h, changes)
		maps.DeleteFunc(h, func(_ string, v any) bool { return v == nil })
		return h
	}
	signed := func(changes map[string]any) string { return fixedSign(s.t, key, header(changes), claims) }
	parts := strings.Split(good.JWS, ".")
	body := parts[0] + "." + parts[1]
	none := encode(mustJSON(s.t, header(map[string]any{"alg": "none"}))) + "." + parts[1] + "."
	point, err := key.PublicKey.Bytes()
	if err != nil {
		s.t.Fatal(err)
	}
	symmetric := encode(mustJSON(s.t, header(map[string]any{"alg": "HS256"}))) + "." + parts[1]
	mac := hmac.New(sha256.New, point)
	mac.Write([]byte(symmetric))
	twice := json.RawMessage(`{"alg":"ES256","typ":"` + good.Type + `","kid":"` + good.ID + `","alg":"ES256"}`)
	der := fixedDER(s.t, key, body)
	flipped := rawSignature(s.t, der)
	flipped[40] ^= 1
	var all []vectorBad
	for _, bad := range [][2]string{
		{"alg none", none},
		{"alg none, signature kept", none + parts[2]},
		{"HS256 keyed with the public key", symmetric + "." + encode(mac.Sum(nil))},
		{"alg in lower case", signed(map[string]any{"alg": "es256"})},
		{"typ of a plain JWT", signed(map[string]any{"typ": "JWT"})},
		{"typ of an assertion", signed(map[string]any{"typ": "aye-assertion+jwt"})},
		{"no typ", signed(map[string]any{"typ": nil})},
		{"no kid", signed(map[string]any{"kid": nil})},
		{"another kid", signed(map[string]any{"kid": s.public("stranger").thumbprint()})},
		{"a crit header", signed(map[string]any{"crit": []string{"exp"}})},
		{"a key in the header", signed(map[string]any{"jwk": s.public("stranger")})},
		{"a header twice", fixedSign(s.t, key, twice, claims)},
		{"signed by a stranger", fixedSign(s.t, s.key("stranger-2"), header(nil), claims)},
		{"a DER signature", body + "." + encode(der)},
		{"a flipped bit", body + "." + encode(flipped)},
		{"a signature of zeros", body + "." + encode(make([]byte, 64))},
		{"a short signature", body + "." + encode(flipped[:63])},
		{"no signature", body + "."},
		{"two parts", body},
		{"four parts", good.JWS + "." + parts[2]},
		{"padding", good.JWS + "=="},
		{"a line feed", good.JWS + "\n"},
		{"changed claims", parts[0] + "." + encode([]byte(`{}`)) + "." + parts[2]},
	} {
		layer := "jws"
		if bad[0] == "another kid" {
			layer = "kid"
		}
		all = append(all, vectorBad{layer, bad[0], bad[1]})
	}
	return all
}

func TestVectors(t *testing.T) {
	t.Parallel()
	var want bytes.Buffer
	encoder := json.NewEncoder(&want)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(newScene(t).vectors()); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(vectorsFile, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Fatal("docs/vectors.json is not what this code makes; if the protocol was to change, run with -update")
	}
	var v vectors
	if err := json.Unmarshal(got, &v); err != nil {
		t.Fatal(err)
	}
	checkVectors(t, v)
}

func checkVectors(t *testing.T, v vectors) {
	t.Helper()
	keys := map[string]jwk{}
	for _, k := range v.Keys {
		keys[k.Name] = k.JWK
	}
	for _, signed := range v.Signed {
		key, err := keys[signed.Key].key()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := strictVerify(signed.JWS, signed.Type, signed.ID, key); err != nil {
			t.Errorf("%s: %v", signed.Name, err)
		}
		for _, bad := range signed.Bad {
			_, err := strictVerify(bad.JWS, signed.Type, signed.ID, key)
			if refused := err != nil; refused != (bad.Layer != "claims") {
				t.Errorf("%s, %s: refused by its form: %v (%v)", signed.Name, bad.Why, refused, err)
			}
			// What the phone itself verifies, it must refuse too.
			var claims jwt.MapClaims
			if signed.Key == "server" && verify(bad.JWS, signed.Type, []jwk{keys["server"]}, &claims) == nil {
				t.Errorf("%s, %s: the phone took it", signed.Name, bad.Why)
			}
		}
	}
	key, err := codeKey(Secret(v.TOTP.URI))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range v.TOTP.Codes {
		if got := codeAt(key, time.Unix(c.Time, 0)); got != c.Code {
			t.Errorf("at %d the code is %s, want %s", c.Time, got, c.Code)
		}
	}
}
