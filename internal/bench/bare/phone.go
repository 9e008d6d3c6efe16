package bare

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// proofWindow is how far a proof's time may be from the server's, in seconds.
const proofWindow = 120

type proofClaims struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Method   string `json:"htm"`
	URL      string `json:"htu"`
	IssuedAt int64  `json:"iat"`
	BodyHash string `json:"bh"`
}

// fromPhone finds the phone that proves this call, and reads the body.
func (s *server) fromPhone(r *http.Request) (*phone, []byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, nil, errInvalid
	}
	compact, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	proof, err := parse(proofType, compact)
	if err != nil {
		return nil, nil, errUnauthorized
	}
	from, ok := s.people.byDevice[proof.keyID]
	var claims proofClaims
	if !ok || proof.verify(from.deviceKey, &claims) != nil {
		return nil, nil, errUnauthorized
	}
	bodyHash := ""
	if len(body) > 0 {
		bodyHash = hash(body)
	}
	off := time.Now().Unix() - claims.IssuedAt
	if claims.Issuer != from.Device || claims.Audience != s.config.Origin || claims.Method != r.Method ||
		claims.URL != s.config.Origin+r.URL.Path || claims.BodyHash != bodyHash || off > proofWindow || off < -proofWindow {
		return nil, nil, errUnauthorized
	}
	return from, body, nil
}

type pendingJSON struct {
	Approvals  []challengeJSON `json:"approvals"`
	Keys       []string        `json:"keys"`
	ServerTime string          `json:"server_time"`
}

type challengeJSON struct {
	Challenge string `json:"challenge"`
}

// pending gives the phone what it is asked. That it has been fetched is committed before.
func (s *server) pending(r *http.Request) (any, error) {
	from, _, err := s.fromPhone(r)
	if err != nil {
		return nil, err
	}
	now := time.Now().UnixMilli()
	requests, err := s.store.Pending(r.Context(), from.Device, now)
	if err != nil {
		return nil, err
	}
	out := pendingJSON{Approvals: make([]challengeJSON, 0, len(requests)), Keys: []string{}, ServerTime: timestamp(now)}
	for _, request := range requests {
		if request.Fetched == 0 {
			if _, err := s.store.Fetch(request.ID, now); err != nil {
				return nil, err
			}
		}
		out.Approvals = append(out.Approvals, challengeJSON{request.Challenge})
	}
	return out, nil
}

type decisionClaims struct {
	Issuer        string `json:"iss"`
	Subject       string `json:"sub"`
	Organisation  string `json:"org"`
	Audience      string `json:"aud"`
	Request       string `json:"aid"`
	Nonce         string `json:"cn"`
	Verdict       string `json:"dec"`
	Number        string `json:"num"`
	ChallengeHash string `json:"ctxh"`
}

type decided struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	DecidedAt string `json:"decided_at"`
}

// decide takes the decision that a phone signed; of its verdicts only "approve".
func (s *server) decide(r *http.Request) (any, error) {
	from, body, err := s.fromPhone(r)
	if err != nil {
		return nil, err
	}
	request, err := s.find(r)
	if err != nil {
		return nil, err
	}
	if request.Device != from.Device {
		return nil, errNotFound
	}
	state, evidence, err := s.judge(from, request, body)
	if err != nil {
		return nil, err
	}
	now := time.Now().UnixMilli()
	moved, err := s.store.Decide(request.ID, state, evidence, now)
	if err != nil {
		return nil, err
	}
	if !moved {
		return nil, refusal{http.StatusConflict, "already-decided"}
	}
	id := requestID(request.ID)
	s.tellSoon(id)
	return decided{id, state, timestamp(now)}, nil
}

var errDecision = refusal{http.StatusUnauthorized, "invalid-signature"}

// judge checks the decision against what was asked and shown. A wrong number is a decision
// too.
func (s *server) judge(from *phone, r Request, body []byte) (state, evidence string, err error) {
	var in struct {
		Decision string `json:"decision"`
	}
	if json.Unmarshal(body, &in) != nil {
		return "", "", errInvalid
	}
	decision, err := parse(decisionType, in.Decision)
	var claims decisionClaims
	if err != nil || decision.verify(from.approvalKey, &claims) != nil {
		return "", "", errDecision
	}
	if claims.Issuer != from.Device || claims.Subject != r.Membership || claims.Organisation != organisation ||
		claims.Audience != s.config.Origin || claims.Request != requestID(r.ID) || claims.Verdict != "approve" ||
		!same(claims.Nonce, r.Nonce) || claims.ChallengeHash != r.ChallengeHash || claims.Number == "" {
		return "", "", errDecision
	}
	if !same(claims.Number, r.Number) {
		return Mismatched, in.Decision, nil
	}
	return Approved, in.Decision, nil
}
