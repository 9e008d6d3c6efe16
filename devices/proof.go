package devices

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/aye/internal/jws"
	"example.com/aye/internal/secret"
)

const (
	// ProofType is the typ of a proof.
	ProofType = "aye-proof+jwt"
	// ProofWindow is how far a proof's iat may be from the server's clock.
	ProofWindow = 120 * time.Second
	// NonceLife is how long a nonce can be used; it changes each minute.
	NonceLife = 120 * time.Second

	nonceStep = time.Minute
	// nodeSkew is how far the clock of a node may be from the right time without harm.
	nodeSkew = 10 * time.Minute
	// usedFor is how long a proof's id is remembered: longer than it could be valid, also where the one who took it is ahead and
	// another one, to whom it is sent again, is behind.
	usedFor = 2*(ProofWindow+nodeSkew) + NonceLife
	// restoredFor is how long after a restore a proof could have been used before it, with a second for what was rounded.
	restoredFor = 2*ProofWindow + time.Second
)

// Call is one call of a phone, with the proof that came with it.
type Call struct {
	Proof  string
	Method string
	// URL is the origin and the path, without query.
	URL  string
	Body []byte
	// Changes says that the call changes something, so that its proof works once.
	Changes bool
	// Removed says that a phone may call too which a support case removed: it can still say "this was not me".
	Removed bool
}

type proofClaims struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Method   string `json:"htm"`
	URL      string `json:"htu"`
	IssuedAt int64  `json:"iat"`
	ID       string `json:"jti"`
	BodyHash string `json:"bh"`
	Nonce    string `json:"nonce"`
}

// Authenticate finds the phone that made the call, which may still be pending. It fails
// with [ErrProof], [ErrUseNonce], [ErrProofUsed] or [ErrUnknown].
func (s *Service) Authenticate(ctx context.Context, call Call) (Device, error) {
	message, err := jws.Parse(ProofType, call.Proof)
	if err != nil || !secret.ValidID("dev", message.KeyID) {
		return Device{}, ErrProof
	}
	device, err := s.Store.Device(ctx, message.KeyID)
	if err != nil {
		return Device{}, err
	}
	key, err := device.Key.Public()
	if err != nil {
		return Device{}, fmt.Errorf("key of %s: %w", device.ID, err)
	}
	var claims proofClaims
	if err := message.Verify(key, &claims); err != nil {
		return Device{}, ErrProof
	}
	// Only who holds the key learns that the phone was removed.
	if device.Status == Removed && (!call.Removed || device.RemovedCase == "") {
		return Device{}, ErrUnknown
	}
	if err := s.checkClaims(device, call, claims); err != nil {
		return Device{}, err
	}
	if call.Changes {
		fresh, err := s.Store.UseProof(ctx, device.ID, claims.ID, s.Now().Add(usedFor))
		if err != nil {
			return Device{}, err
		}
		if !fresh {
			return Device{}, ErrProofUsed
		}
	}
	return device, s.seen(ctx, device)
}

func (s *Service) checkClaims(device Device, call Call, claims proofClaims) error {
	wellFormed := claims.Issuer == device.ID && claims.Audience == s.Origin &&
		claims.Method == call.Method && claims.URL == call.URL && ValidProofID(claims.ID)
	if !wellFormed || !bodyMatches(call.Body, claims.BodyHash) {
		return ErrProof
	}
	if claims.Nonce != "" {
		if !s.validNonce(claims.Nonce) {
			return ErrUseNonce
		}
		return nil
	}
	// A proof may have been used before a restore, which has forgotten it: its clock does not prove when it was made, a
	// nonce of since does.
	if s.Now().Sub(s.Restored) < restoredFor {
		return ErrUseNonce
	}
	if off := s.Now().Sub(time.Unix(claims.IssuedAt, 0)); off > ProofWindow || off < -ProofWindow {
		return ErrUseNonce
	}
	return nil
}

// ValidProofID tells whether a jti has a form that is kept.
func ValidProofID(id string) bool {
	return len(id) >= 16 && len(id) <= 64 && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' })
}

func bodyMatches(body []byte, hash string) bool {
	if len(body) == 0 {
		return hash == ""
	}
	sum := sha256.Sum256(body)
	return hash == base64.RawURLEncoding.EncodeToString(sum[:])
}

// Nonce gives a value that takes the place of the phone's clock for [NonceLife]. It is
// made from the time, so that any process can check it and none has to remember it.
func (s *Service) Nonce() string { return s.nonceAt(s.Now().Unix() / int64(nonceStep/time.Second)) }

func (s *Service) nonceAt(step int64) string {
	number := strconv.FormatInt(step, 10)
	parts := []string{number}
	if !s.Restored.IsZero() { // those of before are of no use
		parts = append(parts, strconv.FormatInt(s.Restored.UnixMilli(), 10))
	}
	return number + "." + s.Keys.Code("proof nonce", parts...).Reveal()
}

func (s *Service) validNonce(nonce string) bool {
	number, _, _ := strings.Cut(nonce, ".")
	step, err := strconv.ParseInt(number, 10, 64)
	now := s.Now().Unix() / int64(nonceStep/time.Second)
	recent := err == nil && step <= now && step > now-int64(NonceLife/nonceStep)
	return recent && secret.Equal(secret.Secret(nonce), secret.Secret(s.nonceAt(step)))
}

// seen stores the time of the call, but not so often that each call becomes a write.
func (s *Service) seen(ctx context.Context, device Device) error {
	now := s.Now().UTC()
	if now.Sub(device.Seen) < seenEvery {
		return nil
	}
	if err := s.Store.Seen(ctx, device.ID, now); err != nil && !errors.Is(err, ErrUnknown) {
		return err
	}
	return nil
}
