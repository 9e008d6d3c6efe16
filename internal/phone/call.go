package phone

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const largestAnswer = 1 << 20

// proofClaims binds one call: to the method, the address, the body, and once.
func proofClaims(device, origin, method, path string, body []byte, id, nonce string, now time.Time) jwt.MapClaims {
	bare, _, _ := strings.Cut(path, "?")
	claims := jwt.MapClaims{"iss": device, "aud": origin, "htm": method, "htu": origin + bare, "iat": now.Unix(), "jti": id}
	if len(body) > 0 {
		claims["bh"] = hash(string(body))
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	return claims
}

// call makes one call as the device. A server that finds the phone's clock wrong answers
// with a nonce, and the call is repeated with it.
func (p *Phone) call(ctx context.Context, r row, method, path string, in, out any) error {
	key, err := parseKey(r.DeviceKey.Secret)
	if err != nil {
		return err
	}
	body, err := encodeBody(in)
	if err != nil {
		return err
	}
	nonce := ""
	for tries := 0; ; tries++ {
		proof, err := sign(key, typeProof, r.Device, proofClaims(r.Device, r.Origin, method, path, body, rand.Text(), nonce, p.Now()))
		if err != nil {
			return err
		}
		fresh, err := p.send(ctx, method, r.Origin+path, "Bearer "+proof, body, out)
		var problem *Problem
		if tries < 2 && errors.As(err, &problem) && problem.Code == "use-nonce" && fresh != "" {
			nonce = fresh
			continue
		}
		return err
	}
}

func encodeBody(in any) ([]byte, error) {
	if in == nil {
		return nil, nil
	}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("phone: %w", err)
	}
	return body, nil
}

// send makes one exchange and tells the nonce, if the server gave one.
func (p *Phone) send(ctx context.Context, method, address, authorization string, body []byte, out any) (string, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("phone: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	if len(body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := p.HTTP.Do(request)
	if err != nil {
		return "", fmt.Errorf("phone: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer))
	if err != nil {
		return "", fmt.Errorf("phone: the answer broke off: %w", err)
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return response.Header.Get("Aye-Nonce"), readProblem(response, answer)
	}
	if out == nil {
		return "", nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return "", fmt.Errorf("phone: the answer is not what the protocol says: %w", err)
	}
	return "", nil
}

// usualPauses lie between the tries of a call that may be repeated.
var usualPauses = []time.Duration{200 * time.Millisecond, time.Second, 3 * time.Second}

const longestPause = 10 * time.Second

// insist repeats a call whose answer was lost. Only calls that mean the same when they
// arrive twice may come here.
func (p *Phone) insist(ctx context.Context, call func() error) error {
	for _, pause := range p.pauses {
		err := call()
		wait, again := repeatable(ctx, err, pause)
		if !again {
			return err
		}
		if !rest(ctx, wait) {
			return err
		}
	}
	return call()
}

func repeatable(ctx context.Context, err error, pause time.Duration) (time.Duration, bool) {
	var problem *Problem
	switch {
	case err == nil || ctx.Err() != nil:
		return 0, false
	case !errors.As(err, &problem):
		return pause, true
	case problem.Status >= 500 || problem.Status == http.StatusTooManyRequests:
		return min(max(pause, problem.RetryAfter), longestPause), true
	}
	return 0, false
}

// rest waits, and tells whether there is a reason to go on.
func rest(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
