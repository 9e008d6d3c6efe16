package jws

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// Key is a public P-256 key as a JWK (RFC 7517). The struct is the JSON form.
type Key struct {
	KTY string `json:"kty"`
	CRV string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

// NewKey gives the JWK of a P-256 public key.
func NewKey(public *ecdsa.PublicKey) (Key, error) {
	if public.Curve != elliptic.P256() {
		return Key{}, fmt.Errorf("%w: not a P-256 key", ErrInvalid)
	}
	point, err := public.Bytes() // 4, X, Y (SEC 1 section 2.3.3)
	if err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return Key{KTY: "EC", CRV: "P-256", X: encoding.EncodeToString(point[1:33]), Y: encoding.EncodeToString(point[33:])}, nil
}

// Public gives the key for verification, or [ErrInvalid] when it is not a point of P-256.
func (k Key) Public() (*ecdsa.PublicKey, error) {
	if k.KTY != "EC" || k.CRV != "P-256" {
		return nil, fmt.Errorf("%w: the key must have kty EC and crv P-256", ErrInvalid)
	}
	x, errX := encoding.DecodeString(k.X)
	y, errY := encoding.DecodeString(k.Y)
	// The decoder passes over line breaks: with them one key would have many thumbprints.
	if errX != nil || errY != nil || len(x) != 32 || len(y) != 32 || hasLineBreak(k.X) || hasLineBreak(k.Y) {
		return nil, fmt.Errorf("%w: x and y must be 32 bytes in base64url", ErrInvalid)
	}
	// The parser refuses points that are not on the curve, and the point at infinity.
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	if err != nil {
		return nil, fmt.Errorf("%w: not a point of P-256", ErrInvalid)
	}
	return public, nil
}

// Thumbprint gives the RFC 7638 SHA-256 thumbprint in base64url, 43 characters.
func (k Key) Thumbprint() string {
	return HashText(`{"crv":"` + k.CRV + `","kty":"` + k.KTY + `","x":"` + k.X + `","y":"` + k.Y + `"}`)
}

// HashText gives the SHA-256 of a text in base64url, 43 characters.
func HashText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return encoding.EncodeToString(sum[:])
}

// encoding refuses bits after the last byte, so that one message has one spelling.
var encoding = base64.RawURLEncoding.Strict()
