package emulate

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// A provider token may be used for tokenLife, and replaced after tokenRest.
const (
	tokenLife = time.Hour
	tokenRest = 20 * time.Minute
	tokenSkew = 5 * time.Minute // how far ahead its clock may be
)

type sessionKey struct{}

// session is one connection of a provider.
type session struct {
	frames *frames

	mu      sync.Mutex
	tokens  map[string]bool // valid ones that were shown
	renewed time.Time       // when the last of them came
}

// admit looks at the provider token. The first good one opens the connection for more
// than one push at a time.
func (a *APNs) admit(session *session, r *http.Request) (reason string) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") || token == "" {
		return "MissingProviderToken"
	}
	if reason := a.checkToken(token); reason != "" {
		return reason
	}
	session.mu.Lock()
	defer session.mu.Unlock()
	if session.tokens[token] {
		return ""
	}
	now := a.now()
	if len(session.tokens) > 0 && now.Sub(session.renewed) < tokenRest {
		return "TooManyProviderTokenUpdates"
	}
	if len(session.tokens) == 0 {
		_ = session.frames.allow(streams) // a client that has left needs no streams
	}
	session.tokens[token], session.renewed = true, now
	return ""
}

// checkToken judges a provider token by itself.
func (a *APNs) checkToken(token string) (reason string) {
	var claims jwt.RegisteredClaims
	_, err := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithoutClaimsValidation()).
		ParseWithClaims(token, &claims, func(t *jwt.Token) (any, error) {
			if t.Header["kid"] != a.keyID {
				return nil, errors.New("unknown key")
			}
			return a.key.Public(), nil
		})
	if err != nil || claims.Issuer != a.teamID || claims.IssuedAt == nil {
		return "InvalidProviderToken"
	}
	age := a.now().Sub(claims.IssuedAt.Time)
	switch {
	case age > tokenLife:
		return "ExpiredProviderToken"
	case age < -tokenSkew:
		return "InvalidProviderToken"
	}
	return ""
}
