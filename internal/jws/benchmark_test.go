package jws_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/internal/jws"
)

// proof is what a phone sends with each of its calls.
type proof struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Method   string `json:"htm"`
	URL      string `json:"htu"`
	IssuedAt int64  `json:"iat"`
	ID       string `json:"jti"`
}

var proofClaims = jwt.MapClaims{
	"iss": "dev_01890a5d4f6c7b3e8a1d2c3b4a596877", "aud": "https://aye.example.com", "htm": "GET",
	"htu": "https://aye.example.com/v1/device/approvals", "iat": 1770091506, "jti": "jti_01890a5d4f6c7b3e8a1d2c3b4a596878",
}

func signProof(tb testing.TB, key *ecdsa.PrivateKey) string {
	tb.Helper()
	text, err := jws.Sign(key, typ, "dev_01890a5d4f6c7b3e8a1d2c3b4a596877", proofClaims)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// verify is all that is done with a message that comes in.
func verify(key *ecdsa.PublicKey, text string) error {
	message, err := jws.Parse(typ, text)
	if err != nil {
		return err
	}
	var claims proof
	return message.Verify(key, &claims)
}

// BenchmarkVerify is a message that comes in, beside the bare check of its signature.
func BenchmarkVerify(b *testing.B) {
	key := newKey(b)
	text := signProof(b, key)
	b.Run("way=aye", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := verify(&key.PublicKey, text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("way=bare", func(b *testing.B) {
		end := strings.LastIndexByte(text, '.')
		signature, err := base64.RawURLEncoding.DecodeString(text[end+1:])
		if err != nil {
			b.Fatal(err)
		}
		digest := sha256.Sum256([]byte(text[:end]))
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		b.ReportAllocs()
		for b.Loop() {
			if !ecdsa.Verify(&key.PublicKey, digest[:], r, s) {
				b.Fatal("refused")
			}
		}
	})
}

// BenchmarkSign is a message that goes out, beside bare signatures: the one of RFC 6979, which
// it has, and one with a random number in it.
func BenchmarkSign(b *testing.B) {
	key := newKey(b)
	digest := sha256.Sum256([]byte("text"))
	ways := []struct {
		name string
		sign func() error
	}{
		{"aye", func() error { _, err := jws.Sign(key, typ, "kid", proofClaims); return err }},
		{"bare", func() error { _, err := key.Sign(nil, digest[:], crypto.SHA256); return err }},
		{"random", func() error { _, err := ecdsa.SignASN1(rand.Reader, key, digest[:]); return err }},
	}
	for _, way := range ways {
		b.Run("way="+way.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := way.sign(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Signatures are most of what a login costs the processor, and make garbage of their own: 19
// pieces for a check, 55 for a signature. The limits leave a tenth for the race detector.
func TestAllocations(t *testing.T) {
	key := newKey(t)
	text := signProof(t, key)
	tests := []struct {
		name string
		most float64
		work func() error
	}{
		{"verify", 70, func() error { return verify(&key.PublicKey, text) }},
		{"sign", 110, func() error { _, err := jws.Sign(key, typ, "kid", proofClaims); return err }},
	}
	for _, test := range tests {
		got := testing.AllocsPerRun(200, func() {
			if err := test.work(); err != nil {
				t.Fatal(err)
			}
		})
		if got > test.most {
			t.Errorf("%s: %v allocations, %v at most", test.name, got, test.most)
		}
	}
}
