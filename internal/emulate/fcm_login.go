package emulate

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// accessLife is how long Google lets an access token live.
const accessLife = 3599 * time.Second

// sendScopes are those that may send; one is enough.
var sendScopes = []string{
	"https://www.googleapis.com/auth/firebase.messaging",
	"https://www.googleapis.com/auth/cloud-platform",
}

// login changes a signed assertion into an access token, RFC 7523 section 2.1.
func (f *FCM) login(w http.ResponseWriter, r *http.Request) {
	behaviour := f.next(Login)
	if f.misbehave(r, behaviour, lineOf(r)) {
		return
	}
	if behaviour.refuses() {
		refuseLogin(w, behaviour, "")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if r.PostFormValue("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		refuseLogin(w, Behaviour{Reason: "unsupported_grant_type"}, "Invalid grant_type: "+r.PostFormValue("grant_type"))
		return
	}
	if reason, description := f.checkAssertion(r.PostFormValue("assertion")); reason != "" {
		refuseLogin(w, Behaviour{Reason: reason}, description)
		return
	}
	token := "ya29." + rand.Text()
	f.mu.Lock()
	f.access[token] = f.now().Add(accessLife)
	f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(map[string]any{ // a client that has left needs no token
		"access_token": token, "expires_in": int(accessLife.Seconds()), "token_type": "Bearer",
	})
}

func refuseLogin(w http.ResponseWriter, behaviour Behaviour, description string) {
	body, err := json.Marshal(map[string]string{"error": behaviour.Reason, "error_description": description})
	if err != nil {
		body = nil
	}
	refuse(w, behaviour, http.StatusBadRequest, body)
}

// assertion is what a service account claims.
type assertion struct {
	jwt.RegisteredClaims

	Scope string `json:"scope"`
}

// checkAssertion judges an assertion as Google's login server does.
func (f *FCM) checkAssertion(token string) (reason, description string) {
	var claims assertion
	_, err := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(f.now),
		jwt.WithAudience(f.tokenURI()), jwt.WithIssuer(clientEmail), jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(), jwt.WithLeeway(time.Minute)).
		ParseWithClaims(token, &claims, func(t *jwt.Token) (any, error) {
			if t.Header["kid"] != f.keyID {
				return nil, errors.New("unknown key")
			}
			return f.key.Public(), nil
		})
	switch {
	case err != nil:
		return "invalid_grant", "Invalid JWT Signature."
	case claims.IssuedAt == nil || claims.ExpiresAt.Sub(claims.IssuedAt.Time) > time.Hour:
		return "invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes)."
	case !slices.ContainsFunc(strings.Fields(claims.Scope), func(scope string) bool {
		return slices.Contains(sendScopes, scope)
	}):
		return "invalid_scope", "Invalid OAuth scope or ID token audience provided."
	}
	return "", ""
}

// admit looks at the access token and the project.
func (f *FCM) admit(r *http.Request) (reason string) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	f.mu.Lock()
	ends, known := f.access[token]
	f.mu.Unlock()
	switch {
	case !ok || !known || !f.now().Before(ends):
		return "UNAUTHENTICATED"
	case r.PathValue("project") != project:
		return "PERMISSION_DENIED"
	}
	return ""
}
