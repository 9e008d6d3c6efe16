package jws

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"example.com/aye/internal/strictjson"
)

// MaxSize is the longest message that is read, in bytes.
const MaxSize = 4096

// ErrInvalid says that a message or key is not what the protocol asks for.
var ErrInvalid = errors.New("invalid signed message")

// Message is a message that was read but not yet verified: KeyID says which key the sender
// claims to have used, nothing else of it may be believed before [Message.Verify].
type Message struct {
	KeyID   string
	payload []byte
	signed  [sha256.Size]byte
	r, s    *big.Int
}

// Parse reads a compact JWS of the given typ.
func Parse(typ, compact string) (*Message, error) {
	if len(compact) > MaxSize || strings.Count(compact, ".") != 2 {
		return nil, ErrInvalid
	}
	head, rest, _ := strings.Cut(compact, ".")
	body, sig, _ := strings.Cut(rest, ".")
	rawHead, errHead := encoding.DecodeString(head)
	payload, errBody := encoding.DecodeString(body)
	signature, errSig := encoding.DecodeString(sig)
	if errors.Join(errHead, errBody, errSig) != nil || len(signature) != 64 || hasLineBreak(compact) {
		return nil, ErrInvalid
	}
	// A map, because a struct would take "ALG" for "alg".
	var header map[string]string
	if err := strictjson.Decode(rawHead, &header); err != nil || len(header) != 3 {
		return nil, ErrInvalid
	}
	kid := header["kid"]
	if header["alg"] != "ES256" || header["typ"] != typ || kid == "" || len(kid) > 128 {
		return nil, ErrInvalid
	}
	return &Message{
		KeyID:   kid,
		payload: payload,
		signed:  sha256.Sum256([]byte(compact[:len(compact)-len(sig)-1])),
		r:       new(big.Int).SetBytes(signature[:32]),
		s:       new(big.Int).SetBytes(signature[32:]),
	}, nil
}

// Verify checks the signature with the key and reads the claims into claims. Claims that
// the struct does not name are ignored: apps and servers do not grow at the same time.
func (m *Message) Verify(key *ecdsa.PublicKey, claims any) error {
	if err := m.Signed(key); err != nil {
		return err
	}
	return m.Unverified(claims)
}

// Signed checks the signature alone, for claims that [Message.Unverified] has read.
func (m *Message) Signed(key *ecdsa.PublicKey) error {
	if key == nil || !ecdsa.Verify(key, m.signed[:], m.r, m.s) {
		return ErrInvalid
	}
	return nil
}

// Unverified reads the claims without a check, to find the key that they name. The caller
// must call [Message.Verify] or [Message.Signed] before it believes any of them.
func (m *Message) Unverified(claims any) error {
	if err := strictjson.Decode(m.payload, claims); err != nil {
		return ErrInvalid
	}
	return nil
}

// Sign makes a compact JWS with the typ and key id, over claims as JSON. The same claims
// and key give the same bytes (deterministic ECDSA, RFC 6979), so that an answer can be
// given again without having been stored.
func Sign(key *ecdsa.PrivateKey, typ, keyID string, claims jwt.Claims) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["typ"], token.Header["kid"] = typ, keyID
	text, err := token.SigningString()
	if err != nil {
		return "", fmt.Errorf("sign %s: %w", typ, err)
	}
	digest := sha256.Sum256([]byte(text))
	der, err := key.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("sign %s: %w", typ, err)
	}
	signature, err := plain(der)
	return text + "." + token.EncodeSegment(signature), err
}

// plain turns the DER form of a signature into the 64 bytes of RFC 7518 section 3.4.
func plain(der []byte) ([]byte, error) {
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	signature := make([]byte, 64)
	pair.R.FillBytes(signature[:32])
	pair.S.FillBytes(signature[32:])
	return signature, nil
}

// hasLineBreak finds what encoding/base64 skips in silence, which would give one message
// many spellings.
func hasLineBreak(s string) bool { return strings.ContainsAny(s, "\r\n") }
