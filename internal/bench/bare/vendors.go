package bare

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// title is the only sentence that Apple and Google see.
const title = "Accept login request?"

// goClient is what Google's library says of itself.
var goClient = "gl-go/" + strings.TrimPrefix(runtime.Version(), "go") + " fire-admin/4.21.0"

// Message is what a phone is woken with.
type Message struct {
	Address   string // the phone's, at Google or Apple
	Reference string // the request's id
	Device    string // the phone's own id
	Expires   time.Time
}

// PushRequest is one POST to Google or Apple. Path goes behind the vendor's scheme and host.
type PushRequest struct {
	Path   string
	Header http.Header
	Body   []byte
}

// FCMRequest makes what Aye's sender makes for Google, to the byte. The token is from
// [GoogleAccount.Login].
func FCMRequest(project, token string, m Message) PushRequest {
	type android struct {
		Life     string `json:"ttl"`
		Collapse string `json:"collapse_key"`
		Priority string `json:"priority"`
	}
	type message struct {
		Data    map[string]string `json:"data"`
		Android android           `json:"android"`
		Token   string            `json:"token"`
	}
	seconds := int(max(0, time.Until(m.Expires)).Seconds())
	body, _ := json.Marshal(map[string]message{"message": {
		Data: map[string]string{
			"aye": "1", "type": "approval", "ref": m.Reference, "device": m.Device, "title": title,
			"expires": strconv.FormatInt(m.Expires.Unix(), 10),
		},
		Android: android{strconv.Itoa(seconds) + "s", m.Reference, "high"},
		Token:   m.Address,
	}}) // texts always marshal
	return PushRequest{Path: "/v1/projects/" + project + "/messages:send", Body: body, Header: http.Header{
		"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"},
		"X-Goog-Api-Format-Version": {"2"}, "X-Firebase-Client": {"fire-admin-go/4.21.0"}, "X-Goog-Api-Client": {goClient},
	}}
}

// APNsRequest makes what Aye's sender makes for Apple, to the byte. The token is from
// [AppleToken], the topic the app's bundle id.
func APNsRequest(token, topic string, m Message) PushRequest {
	type alert struct {
		Title string `json:"title"`
	}
	type aps struct {
		Alert    alert  `json:"alert"`
		Category string `json:"category"`
		Level    string `json:"interruption-level"`
	}
	type reference struct {
		Type    string `json:"type"`
		Ref     string `json:"ref"`
		Device  string `json:"device"`
		Expires int64  `json:"expires"`
	}
	body, _ := json.Marshal(struct {
		APS aps       `json:"aps"`
		Aye reference `json:"aye"`
	}{aps{alert{title}, "AYE_APPROVAL", "time-sensitive"}, reference{"approval", m.Reference, m.Device, m.Expires.Unix()}}) // texts always marshal
	return PushRequest{Path: "/3/device/" + m.Address, Body: body, Header: http.Header{
		"Authorization": {"bearer " + token}, "Content-Type": {"application/json; charset=utf-8"},
		"Apns-Topic": {topic}, "Apns-Collapse-Id": {m.Reference}, "Apns-Priority": {"10"}, "Apns-Push-Type": {"alert"},
		"Apns-Expiration": {strconv.FormatInt(m.Expires.Unix(), 10)},
	}}
}

// GoogleAccount is a service account.
type GoogleAccount struct {
	Project  string `json:"project_id"`
	KeyID    string `json:"private_key_id"`
	Email    string `json:"client_email"`
	TokenURI string `json:"token_uri"`
	key      *rsa.PrivateKey
}

// ReadGoogleAccount reads a service account's JSON file.
func ReadGoogleAccount(path string) (*GoogleAccount, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the caller names the file
	if err != nil {
		return nil, err
	}
	account := &GoogleAccount{}
	var private struct {
		Key string `json:"private_key"`
	}
	if err = json.Unmarshal(text, account); err == nil {
		err = json.Unmarshal(text, &private)
	}
	if err != nil {
		return nil, fmt.Errorf("bare: %s: %w", path, err)
	}
	account.key, err = privateKey[*rsa.PrivateKey]([]byte(private.Key))
	return account, err
}

// Login changes a signed assertion into an access token, which lives for an hour (RFC 7523).
func (a *GoogleAccount) Login(ctx context.Context, p *Pusher) (string, error) {
	now := time.Now().Unix()
	claims, err := json.Marshal(map[string]any{
		"iss": a.Email, "aud": a.TokenURI, "scope": "https://www.googleapis.com/auth/firebase.messaging", "iat": now, "exp": now + 3600,
	})
	if err != nil {
		return "", err
	}
	text := base64url.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT","kid":"`+a.KeyID+`"}`)) + "." + base64url.EncodeToString(claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, a.key, crypto.SHA256, digest[:])
	if err != nil {
		return "", err
	}
	form := url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {text + "." + base64url.EncodeToString(signature)},
	}
	status, body, err := p.post(ctx, a.TokenURI, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(form.Encode()))
	if err != nil {
		return "", err
	}
	var out struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &out); err != nil || out.Token == "" {
		return "", fmt.Errorf("bare: the login server answered %d: %s", status, body)
	}
	return out.Token, nil
}

// AppleToken reads a .p8 file and makes a provider token, which lives for an hour.
func AppleToken(path, keyID, teamID string) (string, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the caller names the file
	if err != nil {
		return "", err
	}
	key, err := privateKey[*ecdsa.PrivateKey](text)
	if err != nil {
		return "", err
	}
	return sign(key, `{"alg":"ES256","kid":"`+keyID+`"}`, map[string]any{"iss": teamID, "iat": time.Now().Unix()})
}

// privateKey reads a key of the kind from PKCS #8 in PEM.
func privateKey[K any](text []byte) (key K, err error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return key, fmt.Errorf("bare: no key in PEM")
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return key, err
	}
	key, ok := any.(K)
	if !ok {
		return key, fmt.Errorf("bare: a key of the kind %T", any)
	}
	return key, nil
}
