package fcm

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"firebase.google.com/go/v4/messaging"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/option"

	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/notify/wire"
)

const (
	defaultEndpoint = "https://fcm.googleapis.com"
	// scope is the least that may send.
	scope = "https://www.googleapis.com/auth/firebase.messaging"
)

// Config sets up a [Sender].
type Config struct {
	CredentialsJSON secret.Secret    // the service account's file; its token_uri is where we log in
	Endpoint        string           // scheme and host; Google's by default
	HTTPClient      *http.Client     // for a proxy or roots of one's own, best over an *http.Transport; optional
	Now             func() time.Time // optional
}

// Sender sends for one Firebase project.
type Sender struct {
	tokens *tokens
	client *messaging.Client
	wire   *wire.Transport // nil where the caller's transport is of another kind
	now    func() time.Time
}

// New reads the credentials; it does not use them yet, see [Sender.Check].
func New(ctx context.Context, config Config) (*Sender, error) {
	raw := []byte(config.CredentialsJSON.Reveal())
	login, err := google.JWTConfigFromJSON(raw, scope)
	if err != nil {
		return nil, errors.New("fcm: the credentials are not a service account's JSON file")
	}
	var account struct {
		Project string `json:"project_id"`
	}
	if err = json.Unmarshal(raw, &account); err != nil || account.Project == "" {
		return nil, errors.New("fcm: the credentials name no project_id")
	}
	if err = checkKey(login.PrivateKey); err != nil {
		return nil, err
	}
	base := config.HTTPClient
	if base == nil {
		base = &http.Client{}
	}
	base, watched := guarded(base)
	s := &Sender{wire: watched, now: config.Now}
	if s.now == nil {
		s.now = time.Now
	}
	s.tokens = newTokens(login, base, s.now)

	endpoint := config.Endpoint
	if endpoint == "" {
		endpoint = defaultEndpoint
	}
	// The library drops its authentication when it is given an HTTP client, which suits
	// us: logging in is done by tokens.
	client := *base
	client.Transport = once{base: base.Transport}
	s.client, err = newClient(ctx, messaging.NewClient, account.Project,
		option.WithHTTPClient(&client), option.WithEndpoint(strings.TrimSuffix(endpoint, "/")+"/v1"))
	if err != nil {
		return nil, fmt.Errorf("fcm: %w", err)
	}
	return s, nil
}

// checkKey finds at start what would otherwise fail at the first push.
func checkKey(key []byte) error {
	block, _ := pem.Decode(key)
	if block == nil {
		return errors.New("fcm: the credentials have no private_key in PEM form")
	}
	if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		return nil
	}
	if _, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return nil
	}
	return errors.New("fcm: the private_key of the credentials cannot be read")
}

// guarded is a copy of client that follows no redirect, which could carry our tokens to
// another host, and whose connections are closed when they are dead.
func guarded(client *http.Client) (*http.Client, *wire.Transport) {
	c := *client
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if c.Transport == nil {
		c.Transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			ForceAttemptHTTP2:   true,
			TLSHandshakeTimeout: 5 * time.Second,
			IdleConnTimeout:     90 * time.Second,
			HTTP2:               &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
		}
	}
	base, ok := c.Transport.(*http.Transport)
	if !ok {
		return &c, nil
	}
	watched := wire.Watch(base, nil)
	c.Transport = watched
	return &c, watched
}

// Close ends the idle connections.
func (s *Sender) Close() {
	if s.wire != nil {
		s.wire.CloseIdleConnections()
	}
}

// Send implements [notify.Sender].
func (s *Sender) Send(ctx context.Context, target notify.Target, message notify.Message) notify.Outcome {
	return s.send(ctx, s.client.Send, payload(target, message, s.now()))
}

// Check implements [notify.Sender]: it logs in, and has Google look at a message for an
// address that cannot exist, without sending it. That the address is what Google objects
// to shows that all else is right.
func (s *Sender) Check(ctx context.Context) error {
	target := notify.Target{Kind: notify.AddressToken, Address: "aye-check"}
	message := notify.Message{Kind: notify.MessageTest, Reference: "check", Expires: s.now().Add(time.Minute)}
	outcome := s.send(ctx, s.client.SendDryRun, payload(target, message, s.now()))
	switch outcome.Class {
	case notify.Accepted, notify.Dead, notify.Suspect:
		return nil
	case notify.Misconfigured, notify.Rejected, notify.Retry:
	}
	return fmt.Errorf("fcm: %s (%s)", outcome.Detail, outcome.Reason)
}

type call func(context.Context, *messaging.Message) (string, error)

func (s *Sender) send(ctx context.Context, call call, message *messaging.Message) notify.Outcome {
	began := time.Now()
	outcome := s.sendAuthorized(ctx, call, message)
	if outcome.Reason == notify.ReasonTimeout {
		s.wire.Unanswered(began)
	}
	return outcome
}

// sendAuthorized makes one attempt, and a second one only where the access token ended early.
func (s *Sender) sendAuthorized(ctx context.Context, call call, message *messaging.Message) notify.Outcome {
	bearer, err := s.tokens.get(ctx, "")
	if err != nil {
		return classifyLogin(ctx, err, s.now())
	}
	outcome := s.try(ctx, call, message, bearer)
	if outcome.Status != http.StatusUnauthorized || outcome.Reason == "THIRD_PARTY_AUTH_ERROR" {
		return outcome
	}
	bearer, err = s.tokens.get(ctx, bearer)
	if err != nil {
		return classifyLogin(ctx, err, s.now())
	}
	return s.try(ctx, call, message, bearer)
}

func (s *Sender) try(ctx context.Context, call call, message *messaging.Message, bearer string) notify.Outcome {
	inner, end := context.WithCancel(ctx)
	defer end()
	a := &attempt{bearer: bearer, end: end}
	id, err := call(context.WithValue(inner, attemptKey{}, a), message)
	switch {
	case err == nil:
		return notify.Outcome{Class: notify.Accepted, Status: a.status, ProviderID: id}
	case a.status != 0:
		return classify(a.status, a.header, a.body, s.now())
	case a.err != nil || ctx.Err() != nil:
		return notify.Unanswered(ctx, "Google")
	default:
		return notify.Outcome{
			Class: notify.Rejected, Reason: notify.ReasonUnknown,
			Detail: "The message could not be made.",
		}
	}
}
