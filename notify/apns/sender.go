package apns

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sideshow/apns2"

	"example.com/aye/internal/secret"
	"example.com/aye/notify"
	"example.com/aye/notify/wire"
)

// Config sets up a [Sender].
type Config struct {
	Key         secret.Secret    // the .p8 file's text
	KeyID       string           // ten characters
	TeamID      string           // ten characters
	Topic       string           // the app's bundle id
	Environment string           // notify.EnvironmentProduction or notify.EnvironmentSandbox
	Host        string           // scheme and host; Apple's by default
	RootCAs     *x509.CertPool   // the system's by default
	Now         func() time.Time // optional
}

// Sender sends for one app in one environment.
type Sender struct {
	topic     string
	now       func() time.Time
	gate      *gate
	provider  *provider
	transport *wire.Transport
	client    *apns2.Client
}

// New checks the configuration, the key included; it does not connect yet, see [Sender.Check].
func New(config Config) (*Sender, error) {
	host := config.Host
	switch config.Environment {
	case notify.EnvironmentProduction:
		if host == "" {
			host = apns2.HostProduction
		}
	case notify.EnvironmentSandbox:
		if host == "" {
			host = apns2.HostDevelopment
		}
	default:
		return nil, fmt.Errorf("apns: the environment is %q; it must be production or sandbox", config.Environment)
	}
	if config.Topic == "" || len(config.KeyID) != 10 || len(config.TeamID) != 10 {
		return nil, errors.New("apns: a topic is needed, and a key id and a team id of ten characters each")
	}
	s := &Sender{topic: config.Topic, now: config.Now, gate: newGate()}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	if s.provider, err = newProvider(config.Key, config.KeyID, config.TeamID, s.now); err != nil {
		return nil, err
	}
	s.transport = newTransport(config.RootCAs, s.gate)
	s.client = &apns2.Client{
		Host:  strings.TrimSuffix(host, "/"),
		Token: s.provider.token,
		HTTPClient: &http.Client{
			Transport:     recorder{base: s.transport},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	return s, nil
}

// Close ends the idle connections.
func (s *Sender) Close() { s.transport.CloseIdleConnections() }

// Send implements [notify.Sender]. A connection that was lost under the push, and a
// provider token that Apple calls expired, are mended by one more try at once.
func (s *Sender) Send(ctx context.Context, target notify.Target, message notify.Message) notify.Outcome {
	if !hexadecimal(target.Address.Reveal()) {
		// The address becomes part of the URL: with a slash in it, a phone could choose
		// what we ask of Apple.
		return classify(0, apns2.ReasonBadDeviceToken, time.Time{}, nil, s.now())
	}
	n, err := notification(target, s.topic, message)
	if err != nil {
		return notify.Outcome{Class: notify.Rejected, Reason: notify.ReasonUnknown, Detail: "The message could not be made."}
	}
	outcome, bearer := s.push(ctx, n)
	switch outcome.Reason {
	case notify.ReasonUnreachable:
		outcome, _ = s.push(ctx, n)
	case apns2.ReasonExpiredProviderToken:
		if s.provider.refresh(bearer) {
			outcome, _ = s.push(ctx, n)
		}
	}
	return outcome
}

// Check implements [notify.Sender]: it pushes to an address that no phone has. Apple looks
// at the credentials first, so that its objection to the address shows that they are right.
func (s *Sender) Check(ctx context.Context) error {
	outcome := s.Send(ctx,
		notify.Target{Address: secret.Secret(strings.Repeat("0", 64))},
		notify.Message{Kind: notify.MessageTest, Reference: "check", Expires: s.now().Add(time.Minute)})
	switch {
	case outcome.Class == notify.Accepted, outcome.Class == notify.Dead, outcome.Reason == apns2.ReasonBadDeviceToken:
		return nil
	default:
		return fmt.Errorf("apns: %s (%s)", outcome.Detail, outcome.Reason)
	}
}

// push makes one request and gives the provider token that it was made with.
func (s *Sender) push(ctx context.Context, n *apns2.Notification) (outcome notify.Outcome, bearer string) {
	x, began := &exchange{}, time.Now()
	leave, err := s.gate.enter(ctx)
	if err != nil {
		return notify.Unanswered(ctx, "Apple"), ""
	}
	defer func() { leave(x.status != 0 && x.status != http.StatusForbidden) }()

	response, err := s.client.PushWithContext(context.WithValue(ctx, exchangeKey{}, x), n)
	switch {
	case x.status == 0:
		if ctx.Err() != nil {
			s.transport.Unanswered(began)
		}
		return notify.Unanswered(ctx, "Apple"), x.bearer
	case err != nil: // the answer was not Apple's JSON
		return classify(x.status, "", time.Time{}, x.header, s.now()), x.bearer
	case response.Sent():
		return notify.Outcome{Class: notify.Accepted, Status: x.status, ProviderID: response.ApnsID}, x.bearer
	default:
		return classify(x.status, response.Reason, response.Timestamp.Time, x.header, s.now()), x.bearer
	}
}

func hexadecimal(address string) bool {
	for _, r := range address {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') && (r < 'A' || r > 'F') {
			return false
		}
	}
	return address != ""
}
