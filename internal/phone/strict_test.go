package phone

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// strictVerify reads a JWS as docs/protocol.md says and shares nothing with the phone:
// it is the tests' second opinion.
func strictVerify(text, kind, kid string, key *ecdsa.PublicKey) (map[string]any, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || len(text) > 4096 {
		return nil, errors.New("not three parts")
	}
	var decoded [3][]byte
	for i, part := range parts {
		b, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil || strings.ContainsAny(part, "\r\n") {
			return nil, errors.New("not base64url")
		}
		decoded[i] = b
	}
	want := map[string]string{"alg": "ES256", "typ": kind, "kid": kid}
	header := map[string]string{}
	if err := json.Unmarshal(decoded[0], &header); err != nil || !maps.Equal(header, want) || bytes.Count(decoded[0], []byte(`":`)) != 3 {
		return nil, errors.New("wrong header")
	}
	if len(decoded[2]) != 64 {
		return nil, errors.New("a signature is 64 bytes")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(decoded[2][:32]), new(big.Int).SetBytes(decoded[2][32:])
	if !ecdsa.Verify(key, sum[:], r, s) {
		return nil, errors.New("wrong signature")
	}
	var claims map[string]any
	return claims, json.Unmarshal(decoded[1], &claims)
}

// fixedKey is always the same key for the same name.
func fixedKey(t testing.TB, name string) *ecdsa.PrivateKey {
	t.Helper()
	d := sha256.Sum256([]byte("aye test key: " + name))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d[:])
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func mustJWK(t testing.TB, key *ecdsa.PrivateKey) jwk {
	t.Helper()
	k, err := publicJWK(key)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// fixedSign signs with the deterministic ECDSA of RFC 6979, so that vectors stay equal.
func fixedSign(t testing.TB, key *ecdsa.PrivateKey, header, claims any) string {
	t.Helper()
	text := encode(mustJSON(t, header)) + "." + encode(mustJSON(t, claims))
	return text + "." + encode(rawSignature(t, fixedDER(t, key, text)))
}

func fixedDER(t testing.TB, key *ecdsa.PrivateKey, text string) []byte {
	t.Helper()
	sum := sha256.Sum256([]byte(text))
	der, err := key.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func rawSignature(t testing.TB, der []byte) []byte {
	t.Helper()
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, 64)
	pair.R.FillBytes(raw[:32])
	pair.S.FillBytes(raw[32:])
	return raw
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	if raw, ok := v.(json.RawMessage); ok {
		return slices.Clone(raw) // as it stands, for headers that no encoder would write
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
