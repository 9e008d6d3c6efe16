package bare

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Config is what [Serve] needs.
type Config struct {
	// Listen and Metrics are addresses such as "127.0.0.1:0"; /metrics is on the second alone.
	Listen, Metrics string
	// Origin is what proofs are made for: scheme, host and port. Where it is empty it is
	// "http://" and the address that Listen became.
	Origin string
	// PageOrigin is the one origin whose pages may wait.
	PageOrigin string
	// Database is the SQLite file, which is made where it is not there, or the URL of a
	// PostgreSQL database; People the people file, see [WritePeople].
	Database, People string
	// Nodes is how many programs serve together over one PostgreSQL, and Node which of them
	// this is, from 0; both 0 where there is one. They tell each other of changes over NATS, at
	// the URL Hints.
	Node, Nodes int
	Hints       string
	// Keys has what they sign and derive codes with; made anew where there is none.
	Keys Keys
	// Each makes every statement a durable commit of its own, instead of group commit, and
	// has all sixteen of a login made, instead of the least.
	Each bool
	// ApplicationID and ApplicationSecret are the one application's.
	ApplicationID, ApplicationSecret string
	// Push says where pushes go; without an endpoint none are sent.
	Push Push
	// Ready is called with the two addresses as soon as both listen; optional.
	Ready func(listen, metrics string)
}

// Keys are what programs that serve together share.
type Keys struct {
	// Codes is the key of tickets and release codes, Signing a P-256 key in DER.
	Codes, Signing []byte
}

// NewKeys makes them.
func NewKeys() (k Keys, err error) {
	k.Codes = make([]byte, sha256.Size)
	_, _ = rand.Read(k.Codes) // never fails
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err == nil {
		k.Signing, err = x509.MarshalECPrivateKey(key)
	}
	return k, err
}

// requestLife is how long a request waits for the phone.
const requestLife = 120 * time.Second

// organisation is the one there is.
const organisation = "org_00000000000000000000000000000001"

type server struct {
	config Config
	people people
	store  *Store
	hub    *hub
	hints  *hints
	pushes *pushes
	last   atomic.Int64 // the newest id

	secret [sha256.Size]byte // the hash of the application's
	codes  []byte            // the key of tickets and release codes
	key    *ecdsa.PrivateKey
	public Key
	keyID  string
}

// Serve serves one cycle of Aye's API until ctx ends: asking, waiting on a WebSocket, the
// phone's two calls, and redeeming.
func Serve(ctx context.Context, c Config) error {
	s := &server{config: c, hub: newHub(), secret: sha256.Sum256([]byte(c.ApplicationSecret))}
	defer s.hub.close()
	if err := s.makeKeys(); err != nil {
		return err
	}
	var err error
	if s.people, err = readPeople(c.People); err != nil {
		return err
	}
	open := OpenStore
	if strings.HasPrefix(c.Database, "postgres") {
		open = OpenPostgres
	}
	if s.store, err = open(ctx, c.Database, c.Each); err != nil {
		return err
	}
	return errors.Join(s.serve(ctx), s.store.Close())
}

func (s *server) serve(ctx context.Context) error {
	last, err := s.store.Last(ctx)
	if err != nil {
		return err
	}
	s.last.Store(last)
	if s.hints, err = openHints(s.config.Hints); err != nil {
		return err
	}
	defer s.hints.close()
	if s.pushes, err = startPushes(ctx, s.config.Push, s.store); err != nil {
		return err
	}
	defer s.pushes.stop()
	l, err := openListeners(ctx, s.config.Listen, s.config.Metrics)
	if err != nil {
		return err
	}
	if s.config.Origin == "" {
		s.config.Origin = "http://" + l.main.Addr().String()
	}
	return l.serve(ctx, s.routes(), s.config.Ready)
}

func (s *server) makeKeys() (err error) {
	keys := s.config.Keys
	if keys.Signing == nil {
		if keys, err = NewKeys(); err != nil {
			return err
		}
	}
	s.codes = keys.Codes
	if s.key, err = x509.ParseECPrivateKey(keys.Signing); err == nil {
		s.public, err = NewKey(&s.key.PublicKey)
	}
	s.keyID = s.public.thumbprint()
	return err
}

// next is an id that no other program gives.
func (s *server) next() int64 {
	nodes := int64(max(1, s.config.Nodes))
	return s.last.Add(1)*nodes + int64(s.config.Node)
}

// tellSoon has the page told, wherever it waits, without waiting for that.
func (s *server) tellSoon(id string) {
	s.hub.tellSoon(id)
	s.hints.publish(id)
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/approvals", answers(http.StatusCreated, s.ask))
	mux.HandleFunc("GET /v1/approvals/{id}/events", s.events)
	mux.HandleFunc("GET /v1/device/approvals", answers(http.StatusOK, s.pending))
	mux.HandleFunc("POST /v1/approvals/{id}/decision", answers(http.StatusOK, s.decide))
	mux.HandleFunc("POST /v1/approvals/{id}/redeem", answers(http.StatusOK, s.redeem))
	mux.HandleFunc("GET /.well-known/jwks.json", answers(http.StatusOK, s.jwks))
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	return mux
}

func (s *server) jwks(*http.Request) (any, error) {
	type named struct {
		Key

		KeyID     string `json:"kid"`
		Algorithm string `json:"alg"`
		Use       string `json:"use"`
	}
	return map[string][]named{"keys": {{s.public, s.keyID, "ES256", "sig"}}}, nil
}

// sign signs as the server.
func (s *server) sign(typ string, claims any) (string, error) {
	return sign(s.key, `{"alg":"ES256","typ":"`+typ+`","kid":"`+s.keyID+`"}`, claims)
}

// code derives a ticket or a release code: 43 characters that nobody has to store.
func (s *server) code(purpose, id string) string {
	mac := hmac.New(sha256.New, s.codes)
	mac.Write([]byte(purpose + "|" + id))
	return base64url.EncodeToString(mac.Sum(nil))
}

// fromApplication reads the body of a call that the application must have made.
func (s *server) fromApplication(r *http.Request, into any) error {
	id, secret, ok := r.BasicAuth()
	hashed := sha256.Sum256([]byte(secret))
	if !ok || id != s.config.ApplicationID || subtle.ConstantTimeCompare(hashed[:], s.secret[:]) != 1 {
		return errUnauthorized
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(body, into) != nil {
		return errInvalid
	}
	return nil
}

// same compares two secrets without telling by its time where they differ.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// requestID gives an id the form of Aye's.
func requestID(id int64) string { return fmt.Sprintf("apr_%032x", id) }

// find gives the request of the path.
func (s *server) find(r *http.Request) (Request, error) {
	digits, ok := strings.CutPrefix(r.PathValue("id"), "apr_")
	id, err := strconv.ParseInt(digits, 16, 64)
	if !ok || err != nil || len(digits) != 32 {
		return Request{}, errNotFound
	}
	return s.store.Request(r.Context(), id)
}

// timestamp writes milliseconds since 1970.
func timestamp(milliseconds int64) string {
	return time.UnixMilli(milliseconds).UTC().Format(time.RFC3339)
}
