package phone

import (
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// The kinds of signed text, which keep a signature for one purpose from serving another.
const (
	typeClaim         = "aye-pair+jwt"
	typeApprovalProof = "aye-pair-approval+jwt"
	typeProof         = "aye-proof+jwt"
	typeDecision      = "aye-decision+jwt"
	typeApprovalKey   = "aye-approval-key+jwt"
	typeChallenge     = "aye-challenge+jwt"
	typeKey           = "aye-key+jwt"
)

// longestJWS is the longest text that a server signs, in bytes.
const longestJWS = 32 << 10

func sign(key *ecdsa.PrivateKey, kind, id string, claims jwt.MapClaims) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header = map[string]any{"alg": "ES256", "typ": kind, "kid": id}
	text, err := token.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("phone: signing: %w", err)
	}
	return text, nil
}

// verify reads claims from a text that one of the known keys signed. It does not judge
// times, because the phone's clock may be wrong by any amount.
func verify(text, kind string, known []jwk, claims jwt.Claims) error {
	// Go's base64 skips line ends, so that one signed text could be written in many ways.
	if len(text) > longestJWS || strings.ContainsAny(text, "\r\n") {
		return fmt.Errorf("%w: not a compact JWS", ErrUntrusted)
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
	_, err := parser.ParseWithClaims(text, claims, func(t *jwt.Token) (any, error) {
		if !plainHeader(text) || t.Header["alg"] != "ES256" || t.Header["typ"] != kind {
			return nil, errors.New("not a " + kind)
		}
		for _, k := range known {
			if t.Header["kid"] == k.thumbprint() {
				return k.key()
			}
		}
		return nil, errors.New("signed by an unknown key")
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	return nil
}

// plainHeader wants three members and no more: "crit", "jwk" and "x5u" never get a chance,
// and neither does a member that is there twice, which parsers read differently.
func plainHeader(text string) bool {
	head, _, _ := strings.Cut(text, ".")
	members := json.NewDecoder(base64.NewDecoder(base64.RawURLEncoding, strings.NewReader(head)))
	tokens := 0
	for {
		if _, err := members.Token(); err != nil {
			return tokens == 8 // two braces, three names, three values
		}
		tokens++
	}
}
