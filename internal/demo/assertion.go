package demo

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// welcome is who logged in and how.
type welcome struct {
	Approval string
	Subject  string
	Name     string
	Email    string
	Phone    string
	Method   string // push or totp
	At       time.Time
}

type assertion struct {
	jwt.RegisteredClaims
	Approval string `json:"aid"`
}

// redeem turns the browser's release code into a login. The same key on every try means
// that a lost answer can be asked for again.
func (a *relyingParty) redeem(ctx context.Context, approvalID, key, releaseCode string) (*welcome, error) {
	var answer struct {
		User struct {
			ID      string `json:"id"`
			Email   string `json:"email"`
			Display string `json:"display"`
		} `json:"user"`
		Device struct {
			Name string `json:"name"`
		} `json:"device"`
		Method    string    `json:"method"`
		DecidedAt time.Time `json:"decided_at"`
		Assertion string    `json:"assertion"`
	}
	err := a.call(ctx, http.MethodPost, "/v1/approvals/"+approvalID+"/redeem", key, map[string]string{"release_code": releaseCode}, &answer)
	if err != nil {
		return nil, err
	}
	subject, err := a.verify(ctx, answer.Assertion, approvalID)
	if err != nil {
		return nil, err
	}
	if subject != answer.User.ID {
		return nil, errors.New("the assertion is about another person than the answer")
	}
	return &welcome{
		Approval: approvalID, Subject: subject, Name: answer.User.Display, Email: answer.User.Email,
		Phone: answer.Device.Name, Method: answer.Method, At: answer.DecidedAt,
	}, nil
}

// verify checks who signed the assertion, for whom, about what, and when.
func (a *relyingParty) verify(ctx context.Context, text, approvalID string) (string, error) {
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{"ES256"}), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(),
		jwt.WithIssuer(a.origin), jwt.WithAudience(a.id), jwt.WithLeeway(30*time.Second),
	)
	var claims assertion
	_, err := parser.ParseWithClaims(text, &claims, func(t *jwt.Token) (any, error) {
		if t.Header["typ"] != "aye-assertion+jwt" {
			return nil, errors.New("not an assertion")
		}
		id, _ := t.Header["kid"].(string)
		return a.keys.key(ctx, id)
	})
	if err != nil {
		return "", fmt.Errorf("the assertion: %w", err)
	}
	if claims.Approval != approvalID {
		return "", errors.New("the assertion is about another approval")
	}
	return claims.Subject, nil
}

// keySet keeps Aye's public keys and reads them again when it meets a new key id.
type keySet struct {
	url  string
	http *http.Client

	mu   sync.Mutex
	keys map[string]*ecdsa.PublicKey
}

func (k *keySet) key(ctx context.Context, id string) (*ecdsa.PublicKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key, ok := k.keys[id]; ok {
		return key, nil
	}
	if err := k.read(ctx); err != nil {
		return nil, err
	}
	key, ok := k.keys[id]
	if !ok {
		return nil, errors.New("signed by an unknown key")
	}
	return key, nil
}

func (k *keySet) read(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, http.NoBody)
	if err != nil {
		return fmt.Errorf("reading the keys: %w", err)
	}
	response, err := k.http.Do(request)
	if err != nil {
		return fmt.Errorf("reading the keys: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	var set struct {
		Keys []struct {
			ID    string `json:"kid"`
			Curve string `json:"crv"`
			X     string `json:"x"`
			Y     string `json:"y"`
		} `json:"keys"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<16)).Decode(&set); err != nil {
		return fmt.Errorf("reading the keys: %w", err)
	}
	k.keys = map[string]*ecdsa.PublicKey{}
	for _, one := range set.Keys {
		x, errX := base64.RawURLEncoding.DecodeString(one.X)
		y, errY := base64.RawURLEncoding.DecodeString(one.Y)
		if errX != nil || errY != nil || one.Curve != "P-256" {
			continue // a kind of key that this shop does not read
		}
		if key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...)); err == nil {
			k.keys[one.ID] = key
		}
	}
	return nil
}
