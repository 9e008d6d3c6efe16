package jws_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/internal/jws"
)

// What is signed twice is the same twice, and others can verify it.
func TestSign(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	for range 50 { // now and then r or s begins with a zero
		claims := jwt.MapClaims{"sub": rand.Text()}
		first, err := jws.Sign(key, typ, "kid", claims)
		if err != nil {
			t.Fatal(err)
		}
		if again, failure := jws.Sign(key, typ, "kid", claims); failure != nil || again != first {
			t.Fatalf("signed again it differs: %v", failure)
		}
		token, err := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithStrictDecoding()).Parse(first, func(*jwt.Token) (any, error) { return &key.PublicKey, nil })
		if err != nil {
			t.Fatal(err)
		}
		if len(token.Header) != 3 || token.Header["typ"] != typ || token.Header["kid"] != "kid" {
			t.Fatalf("header %v", token.Header)
		}
		message, err := jws.Parse(typ, first)
		if err != nil || message.KeyID != "kid" {
			t.Fatal(err)
		}
		if err := message.Verify(nil, &claims); !errors.Is(err, jws.ErrInvalid) {
			t.Fatalf("verified without a key: %v", err)
		}
	}
	if _, err := jws.Sign(key, typ, "kid", jwt.MapClaims{"bad": make(chan int)}); err == nil {
		t.Error("a channel was signed")
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	good, err := jws.NewKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if public, failure := good.Public(); failure != nil || !public.Equal(&key.PublicKey) {
		t.Fatal(failure)
	}
	other, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jws.NewKey(&other.PublicKey); !errors.Is(err, jws.ErrInvalid) {
		t.Errorf("P-384: %v", err)
	}
	zeros := base64.RawURLEncoding.EncodeToString(make([]byte, 32))
	for why, change := range map[string]func(*jws.Key){
		"kty": func(k *jws.Key) { k.KTY = "RSA" }, "crv": func(k *jws.Key) { k.CRV = "P-384" }, "no x": func(k *jws.Key) { k.X = "" },
		"short x": func(k *jws.Key) { k.X = k.X[:42] }, "padded y": func(k *jws.Key) { k.Y += "=" }, "not on the curve": func(k *jws.Key) { k.Y = k.X },
		"infinity": func(k *jws.Key) { k.X, k.Y = zeros, zeros }, "too large": func(k *jws.Key) {
			k.X = base64.RawURLEncoding.EncodeToString([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"))
		},
		"bits behind": func(k *jws.Key) { k.X = k.X[:42] + next(k.X[42]) },
	} {
		bad := good
		change(&bad)
		if _, err := bad.Public(); !errors.Is(err, jws.ErrInvalid) {
			t.Errorf("%s: %v", why, err)
		}
	}
	// RFC 7638 has an RSA key in its example; this one is worked out from its rules.
	fixed := jws.Key{KTY: "EC", CRV: "P-256", X: "x", Y: "y"}
	if fixed.Thumbprint() != jws.HashText(`{"crv":"P-256","kty":"EC","x":"x","y":"y"}`) {
		t.Error("thumbprint")
	}
}
