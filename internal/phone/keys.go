package phone

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
)

// jwk is the public form of a P-256 key (RFC 7517). The members are in the order that a
// thumbprint needs (RFC 7638 section 3.3), and only they count.
type jwk struct {
	Curve string `json:"crv"`
	Type  string `json:"kty"`
	X     string `json:"x"`
	Y     string `json:"y"`
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return encode(sum[:])
}

func newKey() (Secret, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", fmt.Errorf("phone: making a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("phone: writing a key: %w", err)
	}
	return Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

func parseKey(text Secret) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text.Reveal()))
	if block == nil {
		return nil, errors.New("phone: a key in the file is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("phone: reading a key: %w", err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("phone: a key in the file is not on P-256")
	}
	return key, nil
}

func publicJWK(key *ecdsa.PrivateKey) (jwk, error) {
	point, err := key.PublicKey.Bytes()
	if err != nil {
		return jwk{}, fmt.Errorf("phone: writing a public key: %w", err)
	}
	return jwk{Curve: "P-256", Type: "EC", X: encode(point[1:33]), Y: encode(point[33:])}, nil
}

// key refuses what is not a point of P-256, so that nothing is ever verified with a key
// off the curve.
func (k jwk) key() (*ecdsa.PublicKey, error) {
	if k.Type != "EC" || k.Curve != "P-256" {
		return nil, errors.New("phone: not a P-256 key")
	}
	point := []byte{4}
	for _, coordinate := range []string{k.X, k.Y} {
		b, err := base64.RawURLEncoding.Strict().DecodeString(coordinate)
		if err != nil || len(b) != 32 {
			return nil, errors.New("phone: a key's coordinate is not 32 bytes")
		}
		point = append(point, b...)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil, fmt.Errorf("phone: a public key: %w", err)
	}
	return key, nil
}

func (k jwk) thumbprint() string {
	return hash(`{"crv":"` + k.Curve + `","kty":"` + k.Type + `","x":"` + k.X + `","y":"` + k.Y + `"}`)
}
