package bare

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
)

// The types of signed messages; docs/protocol.md.
const (
	proofType     = "aye-proof+jwt"
	decisionType  = "aye-decision+jwt"
	challengeType = "aye-challenge+jwt"
	assertionType = "aye-assertion+jwt"
)

// maxMessage is the longest signed message that is read, in bytes.
const maxMessage = 4096

var errMessage = errors.New("bare: not a good signed message")

var base64url = base64.RawURLEncoding.Strict()

// sign makes a compact JWS with ES256 of a header and claims in JSON.
func sign(key *ecdsa.PrivateKey, header string, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := base64url.AppendEncode(nil, []byte(header))
	text = base64url.AppendEncode(append(text, '.'), payload)
	digest := sha256.Sum256(text)
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		return "", err
	}
	var signature [64]byte
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return string(base64url.AppendEncode(append(text, '.'), signature[:])), nil
}

// message is a compact JWS that was taken apart; nothing of it is true before verify.
type message struct {
	keyID     string
	payload   []byte
	digest    [sha256.Size]byte
	signature []byte
}

// parse takes a compact JWS of the type apart.
func parse(typ, compact string) (message, error) {
	head, rest, _ := strings.Cut(compact, ".")
	body, sig, _ := strings.Cut(rest, ".")
	rawHead, errHead := base64url.DecodeString(head)
	payload, errBody := base64url.DecodeString(body)
	signature, errSig := base64url.DecodeString(sig)
	if len(compact) > maxMessage || errHead != nil || errBody != nil || errSig != nil || len(signature) != 64 {
		return message{}, errMessage
	}
	var header struct {
		Algorithm string `json:"alg"`
		Type      string `json:"typ"`
		KeyID     string `json:"kid"`
	}
	if json.Unmarshal(rawHead, &header) != nil || header.Algorithm != "ES256" || header.Type != typ {
		return message{}, errMessage
	}
	signed := compact[:len(compact)-len(sig)-1]
	return message{header.KeyID, payload, sha256.Sum256([]byte(signed)), signature}, nil
}

// verify checks the signature, and only then reads the claims.
func (m message) verify(key *ecdsa.PublicKey, claims any) error {
	r, s := new(big.Int).SetBytes(m.signature[:32]), new(big.Int).SetBytes(m.signature[32:])
	if !ecdsa.Verify(key, m.digest[:], r, s) || json.Unmarshal(m.payload, claims) != nil {
		return errMessage
	}
	return nil
}

// hash gives the SHA-256 in base64url.
func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return base64url.EncodeToString(sum[:])
}
