package emulate

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"example.com/aye/internal/secret"
)

const (
	project     = "aye-emulated"
	clientEmail = "aye@" + project + ".iam.gserviceaccount.com"
)

// Login is the address of a script for the login server of an [FCM]; its reasons are
// OAuth2's, such as "invalid_grant".
const Login = "@login"

// loginKey is shared by all stand-ins of a process, because an RSA key takes a while.
var loginKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// FCM plays Firebase Cloud Messaging, its login server included.
type FCM struct {
	pushStand

	key   *rsa.PrivateKey
	keyID string

	mu     sync.Mutex
	access map[string]time.Time // access tokens and when they end
}

// StartFCM listens on address, such as "127.0.0.1:0", until ctx ends or [FCM.Close].
func StartFCM(ctx context.Context, address string, options ...Option) (*FCM, error) {
	key, err := loginKey()
	if err != nil {
		return nil, fmt.Errorf("emulate: %w", err)
	}
	f := &FCM{key: key, keyID: strings.ToLower(rand.Text()), access: make(map[string]time.Time)}
	if err = f.open(ctx, address, options, f.routes); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", f.login)
	mux.HandleFunc("POST /v1/projects/{project}/messages:send", f.send)
	f.serve(ctx, lineServer(mux), onTLS)
	return f, nil
}

// Project is the Firebase project that this stand-in plays.
func (f *FCM) Project() string { return project }

// ServiceAccountJSON is the credentials file that a sender needs.
func (f *FCM) ServiceAccountJSON() (secret.Secret, error) {
	der, err := x509.MarshalPKCS8PrivateKey(f.key)
	if err != nil {
		return "", fmt.Errorf("emulate: %w", err)
	}
	file, err := json.Marshal(map[string]string{
		"type":           "service_account",
		"project_id":     project,
		"private_key_id": f.keyID,
		"private_key":    string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"client_email":   clientEmail,
		"client_id":      "100000000000000000000",
		"token_uri":      f.tokenURI(),
	})
	if err != nil {
		return "", fmt.Errorf("emulate: %w", err)
	}
	return secret.Secret(file), nil
}

func (f *FCM) tokenURI() string { return f.URL() + "/token" }

// RevokeTokens ends every access token before its time.
func (f *FCM) RevokeTokens() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.access)
}

// send answers one message.
func (f *FCM) send(w http.ResponseWriter, r *http.Request) {
	connection := lineOf(r)
	if reason := f.admit(r); reason != "" {
		f.reject(w, Behaviour{Reason: reason})
		return
	}
	request, address, wrong := readMessage(w, r)
	if wrong != "" {
		f.reject(w, Behaviour{Reason: wrong})
		return
	}
	behaviour := f.next(address)
	if f.misbehave(r, behaviour, connection) {
		return
	}
	if behaviour.refuses() {
		f.reject(w, behaviour)
		return
	}
	id := "0:" + rand.Text()
	if request.ValidateOnly {
		id = "fake_message_id"
	} else {
		f.deliver(request, address, id)
	}
	if behaviour.Lost {
		_ = connection.Close()
		return
	}
	if behaviour.GoAway {
		w.Header().Set("Connection", "close") // Go's server makes a GOAWAY of it
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	fmt.Fprintf(w, "{\n  \"name\": %q\n}\n", "projects/"+project+"/messages/"+id)
}

func (f *FCM) deliver(request sendRequest, address, id string) {
	payload, err := json.Marshal(request.Message.Data)
	if err != nil {
		payload = []byte("{}")
	}
	now := f.now()
	delivery := Delivery{
		ID: id, Received: now, Payload: payload,
		Priority: request.Message.Android.Priority, CollapseID: request.Message.Android.CollapseKey,
	}
	if life, err := time.ParseDuration(request.Message.Android.TTL); err == nil {
		delivery.Expires = now.Add(life)
	}
	f.add(address, delivery)
}
