package ayetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/pquerna/otp/totp"

	"example.com/aye/devices"
	"example.com/aye/internal/jws"
	"example.com/aye/internal/secret"
)

// Phone is a phone with keys of its own.
type Phone struct {
	Key, ApprovalKey *ecdsa.PrivateKey
	// Claims are those of its pairing claim, to be changed before it claims.
	Claims jwt.MapClaims
	// Device is what the server knows of it, once it claimed.
	Device devices.Device
	// TOTP is the secret of its one-time passwords.
	TOTP secret.Secret
	// URI is how it got them.
	URI secret.Secret

	clock *Clock
}

// NewPhone makes a phone that was never paired.
func (w *World) NewPhone() *Phone {
	w.Helper()
	return &Phone{Key: NewKey(w), ApprovalKey: NewKey(w), clock: w.Clock, Claims: jwt.MapClaims{
		"platform": "android", "model": "Pixel 9", "os_version": "16", "app_version": "1.2.3", "locale": "en",
		"push": map[string]string{"provider": "fcm", "app": "com.example.aye", "kind": "token", "address": secret.NewToken().Reveal()},
	}}
}

// NewKey makes a P-256 key.
func NewKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// Public gives the JWK of the key.
func Public(key *ecdsa.PrivateKey) jws.Key {
	public, err := jws.NewKey(&key.PublicKey)
	if err != nil {
		panic(err) // the keys of this package are P-256
	}
	return public
}

// Thumbprint names the key.
func Thumbprint(key *ecdsa.PrivateKey) string { return Public(key).Thumbprint() }

// Sign makes a JWS as a phone does.
func Sign(key *ecdsa.PrivateKey, typ, kid string, claims jwt.Claims) string {
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header = map[string]any{"alg": "ES256", "typ": typ, "kid": kid}
	text, err := token.SignedString(key)
	if err != nil {
		panic(err) // the claims of this package are JSON
	}
	return text
}

// Hash gives the SHA-256 in base64url.
func Hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Code gives the one-time password that the phone shows at the time.
func (p *Phone) Code(at time.Time) secret.Secret {
	code, err := totp.GenerateCode(p.TOTP.Reveal(), at)
	if err != nil {
		panic(err) // the secret came from the server
	}
	return secret.Secret(code)
}

// CodeNow gives the one-time password that the phone shows now.
func (p *Phone) CodeNow() secret.Secret { return p.Code(p.clock.Now()) }

// proofClaims are those of an honest proof of a call without a body.
func (p *Phone) proofClaims(method, path string) jwt.MapClaims {
	return jwt.MapClaims{
		"iss": p.Device.ID, "aud": Origin, "htm": method, "htu": Origin + path,
		"iat": p.clock.Now().Unix(), "jti": secret.NewID("jti"),
	}
}

// Call makes a call with its proof. The function changes the claims before they are signed.
func (p *Phone) Call(method, path string, body []byte, change func(jwt.MapClaims)) devices.Call {
	claims := p.proofClaims(method, path)
	if len(body) > 0 {
		claims["bh"] = Hash(string(body))
	}
	if change != nil {
		change(claims)
	}
	return devices.Call{
		Proof: Sign(p.Key, devices.ProofType, p.Device.ID, claims), Method: method, URL: Origin + path, Body: body, Changes: method != "GET",
	}
}

// remember takes the secret of the one-time passwords over, as an app does.
func (p *Phone) remember(uri secret.Secret) {
	p.URI = uri
	if parsed, err := url.Parse(strings.TrimSpace(uri.Reveal())); err == nil {
		p.TOTP = secret.Secret(parsed.Query().Get("secret"))
	}
}
