// Package webhook tells an application's own server what it must know, and an organisation's own system what somebody
// should look at, signed as Standard Webhooks say: HMAC-SHA256 over id, time and body.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.com/aye/internal/secret"
)

var (
	// ErrRefused says that the receiver was not told.
	ErrRefused = errors.New("webhook was not taken")
	// ErrPrivate says, with ErrRefused, that the receiver's name leads to an address that is not public.
	ErrPrivate = errors.New("not a public address")
)

// StatusError is [ErrRefused] with what the receiver answered.
type StatusError struct{ Status int }

func (e *StatusError) Error() string {
	return ErrRefused.Error() + ": status " + strconv.Itoa(e.Status)
}

// Is makes errors.Is(err, ErrRefused) true.
func (e *StatusError) Is(target error) bool { return target == ErrRefused }

// Message is one thing that the receiver must know.
type Message struct {
	// ID is the same at each attempt, so that the receiver can tell a repetition.
	ID  string
	URL string
	// Secret is in the "whsec_" form of Standard Webhooks.
	Secret secret.Secret
	Type   string
	At     time.Time
	Data   map[string]any
}

// Sender sends messages.
type Sender struct {
	client *http.Client
	now    func() time.Time
}

// answerTime is how long the receiver has.
const answerTime = 10 * time.Second

// NewSender makes a sender. Unless private is set it connects to public addresses only: a
// webhook must not be a way into the network that Aye stands in. The address is checked
// after the name was looked up, when it can no longer change.
func NewSender(private bool, now func() time.Time) *Sender {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if !private {
		dialer.Control = func(_, address string, _ syscall.RawConn) error { return public(address) }
	}
	return &Sender{now: now, client: &http.Client{
		Timeout:       answerTime,
		Transport:     &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 5 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Send makes one attempt; any answer but 2xx is [ErrRefused].
func (s *Sender) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(map[string]any{"type": m.Type, "timestamp": m.At.UTC().Format(time.RFC3339), "data": m.Data})
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%w: the address is not valid", ErrRefused)
	}
	at := strconv.FormatInt(s.now().Unix(), 10)
	signature, err := Sign(m.Secret, m.ID, at, body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Aye")
	request.Header.Set("Webhook-Id", m.ID)
	request.Header.Set("Webhook-Timestamp", at)
	request.Header.Set("Webhook-Signature", signature)
	response, err := s.client.Do(request)
	if err != nil {
		// Without the address, which may have a token of the receiver's in it.
		if attempt := (*url.Error)(nil); errors.As(err, &attempt) {
			err = attempt.Err
		}
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // lets the connection be used again
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return &StatusError{Status: response.StatusCode}
	}
	return nil
}

// How many bytes a secret has, as Standard Webhooks says. Without this an empty one would sign too.
const leastSecret, mostSecret = 24, 64

// Sign gives the value of the header Webhook-Signature.
func Sign(key secret.Secret, id, at string, body []byte) (string, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key.Reveal(), "whsec_"))
	if err != nil {
		return "", fmt.Errorf("webhook secret: %w", err)
	}
	if len(raw) < leastSecret || len(raw) > mostSecret {
		return "", fmt.Errorf("webhook secret: it has %d bytes, it must have %d to %d", len(raw), leastSecret, mostSecret)
	}
	mac := hmac.New(sha256.New, raw)
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

func public(address string) error {
	parsed, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := parsed.Addr().Unmap()
	special := slices.ContainsFunc(specialPurpose, func(p netip.Prefix) bool { return p.Contains(ip) })
	if special || !ip.IsGlobalUnicast() || ip.IsPrivate() || (ip.Is6() && !publicIPv6.Contains(ip)) {
		return fmt.Errorf("%w: %s is %w", ErrRefused, ip, ErrPrivate)
	}
	return nil
}

// publicIPv6 is all that is handed out. What lies outside leads back into the house in some
// networks: 64:ff9b::/96 is the IPv4 internet, the private part of it included.
var publicIPv6 = netip.MustParsePrefix("2000::/3")

// specialPurpose are the networks of the IANA registries (RFC 6890) that net/netip does not
// know. Some clouds have their metadata servers there, and the tunnels hold IPv4 addresses.
var specialPurpose = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // of carriers
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"), // Teredo among them
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // 6to4
}
