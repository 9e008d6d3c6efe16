package emulate

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"example.com/aye/internal/secret"
)

// streams is how many pushes a connection may carry at once after the first.
const streams = 1000

// payloadLimit is Apple's, in bytes.
const payloadLimit = 4096

// Registration is what APNs knows of an address. An address that was never registered is
// taken for every topic in either environment.
type Registration struct {
	Topic       string
	Environment string
}

// WithEnvironment makes an [APNs] of one of Apple's environments, production by default.
func WithEnvironment(environment string) Option {
	return func(s *settings) { s.environment = environment }
}

// APNs plays Apple's push notification service.
type APNs struct {
	pushStand

	key       *ecdsa.PrivateKey
	keyID     string
	teamID    string
	mu        sync.Mutex
	addresses map[string]Registration

	busy, most atomic.Int64 // pushes at this moment, and at most
}

// StartAPNs listens on address, such as "127.0.0.1:0", until ctx ends or [APNs.Close].
func StartAPNs(ctx context.Context, address string, options ...Option) (*APNs, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("emulate: %w", err)
	}
	a := &APNs{
		key: key, keyID: rand.Text()[:10], teamID: rand.Text()[:10],
		addresses: make(map[string]Registration),
	}
	if err = a.open(ctx, address, options, a.routes); err != nil {
		return nil, err
	}
	if a.environment == "" {
		a.environment = "production"
	}
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true) // TLS is under the frames, where this server does not see it
	a.serve(ctx, &http.Server{
		Handler:           http.HandlerFunc(a.push),
		ReadHeaderTimeout: 5 * time.Second,
		Protocols:         &protocols,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: streams},
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			framed, _ := conn.(*frames)
			return context.WithValue(ctx, sessionKey{}, &session{frames: framed, tokens: make(map[string]bool)})
		},
	}, func(secure *tls.Conn, line *line) net.Conn { return newFrames(secure, line) })
	return a, nil
}

// Key is the .p8 file's text that a sender needs, with [APNs.KeyID] and [APNs.TeamID].
func (a *APNs) Key() (secret.Secret, error) {
	der, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return "", fmt.Errorf("emulate: %w", err)
	}
	return secret.Secret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

// KeyID is the id of the key, ten characters.
func (a *APNs) KeyID() string { return a.keyID }

// TeamID is the id of the developer's team, ten characters.
func (a *APNs) TeamID() string { return a.teamID }

// Register tells which app and environment an address belongs to.
func (a *APNs) Register(address string, registration Registration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.addresses[address] = registration
}

// MostStreams is how many pushes there ever were at one time.
func (a *APNs) MostStreams() int { return int(a.most.Load()) }

// push answers one request, in the order in which Apple looks at it.
func (a *APNs) push(w http.ResponseWriter, r *http.Request) {
	busy := a.busy.Add(1)
	defer a.busy.Add(-1)
	for most := a.most.Load(); busy > most && !a.most.CompareAndSwap(most, busy); most = a.most.Load() {
	}
	session, ok := r.Context().Value(sessionKey{}).(*session)
	if !ok {
		http.Error(w, "HTTP/2 is needed", http.StatusHTTPVersionNotSupported)
		return
	}
	id := r.Header.Get("Apns-Id")
	if id == "" {
		id = uuid.NewString()
	}
	w.Header().Set("Apns-Id", id)
	reason, address := checkRequest(r)
	if reason == "" {
		reason = a.admit(session, r)
	}
	if reason == "" {
		reason = a.checkAddress(address, r.Header.Get("Apns-Topic"))
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, payloadLimit+1))
	switch {
	case reason != "":
	case err != nil || len(body) == 0 || !json.Valid(body):
		reason = "PayloadEmpty"
	case len(body) > payloadLimit:
		reason = "PayloadTooLarge"
	}
	if reason != "" {
		a.reject(w, Behaviour{Reason: reason})
		return
	}
	a.play(w, r, session, address, id, body)
}

// play follows the script for a push that nothing is wrong with.
func (a *APNs) play(w http.ResponseWriter, r *http.Request, session *session, address, id string, body []byte) {
	behaviour := a.next(address)
	if a.misbehave(r, behaviour, session.frames.line) {
		return
	}
	if behaviour.refuses() {
		a.reject(w, behaviour)
		return
	}
	a.add(address, Delivery{
		ID: id, Received: a.now(), Expires: seconds(r.Header.Get("Apns-Expiration")),
		Priority: r.Header.Get("Apns-Priority"), PushType: r.Header.Get("Apns-Push-Type"),
		CollapseID: r.Header.Get("Apns-Collapse-Id"), Payload: body,
	})
	if behaviour.Lost {
		_ = session.frames.line.Close()
		return
	}
	if behaviour.GoAway {
		_ = session.frames.goAway("Shutdown") // a client that has left needs no farewell
	}
	if a.environment == "sandbox" {
		w.Header().Set("Apns-Unique-Id", uuid.NewString())
	}
	w.WriteHeader(http.StatusOK)
}

// reject answers with a reason, as a script or our own checks say.
func (a *APNs) reject(w http.ResponseWriter, behaviour Behaviour) {
	answer := struct {
		Reason    string `json:"reason"`
		Timestamp int64  `json:"timestamp,omitempty"`
	}{Reason: behaviour.Reason}
	status, ok := apnsStatus[behaviour.Reason]
	if !ok {
		status = http.StatusBadRequest
	}
	if status == http.StatusGone {
		since := behaviour.Since
		if since.IsZero() {
			since = a.now()
		}
		answer.Timestamp = since.UnixMilli()
	}
	body, err := json.Marshal(answer)
	if err != nil {
		status = http.StatusInternalServerError
	}
	refuse(w, behaviour, status, body)
}

// seconds reads a time in seconds since 1970; zero if there is none.
func seconds(text string) time.Time {
	n, err := parseExpiration(text)
	if err != nil || n == 0 {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}
