package bench

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"example.com/aye/internal/jws"
)

// The kinds of signed messages; docs/protocol.md.
const (
	typeProof     = "aye-proof+jwt"
	typeDecision  = "aye-decision+jwt"
	typeChallenge = "aye-challenge+jwt"
	typeAssertion = "aye-assertion+jwt"
)

// person is somebody with one phone, and both their ends of a login.
type person struct {
	id, membership, device string
	// house is the number of the organisation that the person belongs to.
	house int
	// address is where pushes to the phone go; empty for a phone that polls.
	address                string
	deviceKey, approvalKey *ecdsa.PrivateKey
	devicePublic           jws.Key
	approvalPublic         jws.Key
	// The headers of what the phone signs are always the same, and made once.
	proofHead, decisionHead string
}

// newPerson makes somebody with a phone that was never linked.
func newPerson() (*person, error) {
	p := &person{}
	for _, each := range []struct {
		private **ecdsa.PrivateKey
		public  *jws.Key
	}{{&p.deviceKey, &p.devicePublic}, {&p.approvalKey, &p.approvalPublic}} {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		if *each.public, err = jws.NewKey(&key.PublicKey); err != nil {
			return nil, err
		}
		*each.private = key
	}
	return p, nil
}

// linked makes the phone ready to sign as the device that it has become.
func (p *person) linked(id, membership, device string) {
	p.id, p.membership, p.device = id, membership, device
	p.proofHead = head(typeProof, device)
	p.decisionHead = head(typeDecision, p.approvalPublic.Thumbprint())
}

var base64url = base64.RawURLEncoding

func head(typ, keyID string) string {
	return base64url.EncodeToString([]byte(`{"alg":"ES256","typ":"` + typ + `","kid":"` + keyID + `"}`))
}

// sign makes a compact JWS of a header that was encoded before and claims in JSON.
func sign(key *ecdsa.PrivateKey, head string, claims []byte) (string, error) {
	text := make([]byte, 0, len(head)+2+base64url.EncodedLen(len(claims))+base64url.EncodedLen(64))
	text = append(append(text, head...), '.')
	text = base64url.AppendEncode(text, claims)
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

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return base64url.EncodeToString(sum[:])
}
