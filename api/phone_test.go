package api_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/accounts"
	"example.com/aye/internal/phone"
	"example.com/aye/internal/stage"
	"example.com/aye/pairing"
)

// handset is a phone, with its keys for calls that no honest phone makes.
type handset struct {
	*phone.Phone
	w       *world
	details phone.Details
	file    string
}

// handset is a new phone that is linked to nothing.
func (w *world) handset(change ...func(*phone.Details)) *handset {
	w.t.Helper()
	h := &handset{w: w, file: filepath.Join(w.t.TempDir(), "phone.json")}
	var err error
	if h.Phone, err = phone.Open(h.file); err != nil {
		w.t.Fatal(err)
	}
	h.HTTP, h.Now = w.http, w.now
	h.details = phone.Details{
		Model: "Pixel 9", Platform: "android", OSVersion: "16", AppVersion: "1.0.0", Locale: "en",
		Push: phone.Push{Provider: "fcm", App: stage.PushApp, Kind: "token", Address: newAddress()},
	}
	for _, c := range change {
		c(&h.details)
	}
	return h
}

func (h *handset) address() string { return h.details.Push.Address.Reveal() }

// scan links the phone.
func (h *handset) scan(url string) (phone.Pairing, error) {
	return h.Pair(h.w.t.Context(), url, h.details)
}

// kept is what the phone's file knows of its one pairing.
type kept struct {
	Device      string `json:"device"`
	DeviceKey   string `json:"device_key"`
	ApprovalKey string `json:"approval_key"`
	Code        string `json:"code"`
	TOTP        string `json:"totp"`
	Challenges  map[string]struct {
		Challenge string `json:"challenge"`
	} `json:"challenges"`
}

func (h *handset) kept() kept {
	h.w.t.Helper()
	text, err := os.ReadFile(h.file)
	if err != nil {
		h.w.t.Fatal(err)
	}
	var file struct {
		Pairings []kept `json:"pairings"`
	}
	if err := json.Unmarshal(text, &file); err != nil || len(file.Pairings) != 1 {
		h.w.t.Fatalf("%v %s", err, text)
	}
	return file.Pairings[0]
}

func privateKey(t testing.TB, text string) *ecdsa.PrivateKey {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.(*ecdsa.PrivateKey)
}

func sign(t testing.TB, key *ecdsa.PrivateKey, typ, kid string, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header = map[string]any{"alg": "ES256", "typ": typ, "kid": kid}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// thumbprint is of RFC 7638.
func thumbprint(t testing.TB, key *ecdsa.PrivateKey) string {
	t.Helper()
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	x, y := base64.RawURLEncoding.EncodeToString(point[1:33]), base64.RawURLEncoding.EncodeToString(point[33:])
	return hashText(`{"crv":"P-256","kty":"EC","x":"` + x + `","y":"` + y + `"}`)
}

func hashText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// proof makes the proof of a call, with changes.
func (h *handset) proof(method, path, body string, change ...jwt.MapClaims) string {
	h.w.t.Helper()
	k := h.kept()
	claims := jwt.MapClaims{"iss": k.Device, "aud": h.w.Origin, "htm": method, "htu": h.w.Origin + path, "iat": h.w.now().Unix(), "jti": rand.Text()}
	if body != "" {
		claims["bh"] = hashText(body)
	}
	for _, c := range change {
		maps.Copy(claims, c)
	}
	return sign(h.w.t, privateKey(h.w.t, k.DeviceKey), "aye-proof+jwt", k.Device, claims)
}

// call calls as the phone, with a body that the phone would not send.
func (h *handset) call(t testing.TB, method, path, body string) *answer {
	t.Helper()
	c := h.w.anybody().with("Authorization", "Bearer "+h.proof(method, path, body))
	if body == "" {
		return c.call(t, method, path, nil)
	}
	return c.call(t, method, path, body)
}

func newAddress() phone.Secret {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return phone.Secret(hex.EncodeToString(b))
}

func polls(d *phone.Details) { d.Push = phone.Push{Provider: "none"} }

func apple(d *phone.Details) {
	d.Model, d.Platform = "iPhone 17", "ios"
	d.Push = phone.Push{Provider: "apns", App: stage.PushApp, Kind: "token", Address: newAddress(), Environment: "production"}
}

// phone gives the member a first phone.
func (s *shop) phone(email string, change ...func(*phone.Details)) *handset {
	s.w.t.Helper()
	p := s.w.handset(change...)
	if _, err := p.scan(s.pairing(email).URL); err != nil {
		s.w.t.Fatal(err)
	}
	return p
}

// further gives the member another phone, which the older one approves.
func (s *shop) further(email string, older *handset, change ...func(*phone.Details)) *handset {
	t := s.w.t
	t.Helper()
	pairings := s.w.App.Pairings
	shown, err := pairings.Open(t.Context(), pairing.Opening{OrganisationID: s.organisation.ID, User: accounts.UserReference{Email: email}})
	if err != nil {
		t.Fatal(err)
	}
	p := s.w.handset(change...)
	if linked, refused := p.scan(shown.URL.Reveal()); refused != nil || linked.Status != "awaiting-approval" {
		t.Fatalf("%+v %v", linked, refused)
	}
	view, err := pairings.View(t.Context(), accounts.Application{}, shown.ID)
	if err != nil {
		t.Fatal(err)
	}
	requests, err := older.List(t.Context())
	if err != nil || len(requests) != 1 || requests[0].Purpose != "new-phone" {
		t.Fatalf("%+v %v", requests, err)
	}
	approve(t, older, requests[0].ID, view.Number.Reveal())
	if err := pairings.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if device, err := p.Status(t.Context()); err != nil || device.Status != "active" {
		t.Fatalf("%+v %v", device, err)
	}
	return p
}

func approve(t testing.TB, p *handset, id, number string) {
	t.Helper()
	if outcome, err := p.Approve(t.Context(), id, number, phone.Biometric); err != nil || outcome.Status != "approved" {
		t.Fatalf("%+v %v", outcome, err)
	}
}

// refusal is the problem that a phone was answered.
func refusal(t testing.TB, err error, code string) {
	t.Helper()
	if problem := new(phone.Problem); !errors.As(err, &problem) || problem.Code != code {
		t.Fatalf("want %s, got %v", code, err)
	}
}
