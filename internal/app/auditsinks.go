package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"example.com/aye/internal/secret"
	"example.com/aye/notify/webhook"
	"example.com/aye/store"
)

// appended writes lines behind those that are in a file, which `chattr +a` may hold to that.
type appended struct{ path string }

func (f appended) tell(_ context.Context, c store.PendingCheckpoint) (err error) {
	line, err := json.Marshal(struct {
		Checkpoint string `json:"checkpoint"`
	}{c.Signature})
	if err != nil {
		return err
	}
	if err = os.MkdirAll(filepath.Dir(f.path), 0o750); err != nil {
		return err
	}
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	// A line break in front too: a write that was torn off spoils its own line alone.
	if _, err = file.Write([]byte("\n" + string(line) + "\n")); err != nil {
		return err
	}
	return file.Sync()
}

// syslog sends messages of RFC 5424. Over UDP and to a local socket nobody says that one was taken.
type syslog struct {
	network, address string
	host             string
	tls              *tls.Config
}

func newSyslog(c Audit, origin string) (*syslog, error) {
	u, err := url.Parse(c.Syslog)
	if err != nil {
		return nil, err
	}
	from, err := url.Parse(origin)
	if err != nil {
		return nil, err
	}
	s := &syslog{network: u.Scheme, address: u.Host, host: from.Hostname()}
	switch u.Scheme {
	case "unix":
		s.network, s.address = "unixgram", u.Path
	case "tls":
		s.network, s.tls = "tcp", &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
		if c.SyslogRootsFile != "" {
			text, err := os.ReadFile(c.SyslogRootsFile)
			if err != nil {
				return nil, fmt.Errorf("%w: audit.syslog_roots_file: %w", ErrConfig, err)
			}
			s.tls.RootCAs = x509.NewCertPool()
			if !s.tls.RootCAs.AppendCertsFromPEM(text) {
				return nil, fmt.Errorf("%w: audit.syslog_roots_file has no certificate in PEM", ErrConfig)
			}
		}
	}
	return s, nil
}

func (s *syslog) tell(ctx context.Context, c store.PendingCheckpoint) (err error) {
	var connection net.Conn
	if s.tls != nil {
		connection, err = (&tls.Dialer{Config: s.tls}).DialContext(ctx, s.network, s.address)
	} else {
		connection, err = new(net.Dialer).DialContext(ctx, s.network, s.address)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, connection.Close()) }()
	if deadline, ok := ctx.Deadline(); ok {
		if err = connection.SetDeadline(deadline); err != nil {
			return err
		}
	}
	message := s.message(c)
	if s.network == "tcp" {
		message = strconv.Itoa(len(message)) + " " + message // RFC 6587 section 3.4.1, RFC 5425 section 4.3
	}
	_, err = connection.Write([]byte(message))
	return err
}

// message is in the form of RFC 5424 section 6. 109 is a notice of the log audit.
func (s *syslog) message(c store.PendingCheckpoint) string {
	at := time.UnixMilli(c.At).UTC().Format("2006-01-02T15:04:05.000Z")
	return fmt.Sprintf("<109>1 %s %s aye - checkpoint - %s", at, s.host, c.Signature)
}

// hooked sends signed webhooks.
type hooked struct {
	sender *webhook.Sender
	url    string
	secret secret.Secret
}

func newHooked(c Audit, now func() time.Time) (*hooked, error) {
	key, err := c.hookSecret(os.ReadFile)
	if err != nil {
		return nil, err
	}
	encoded, prefixed := strings.CutPrefix(key.Reveal(), "whsec_")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if !prefixed || err != nil || len(raw) < 24 || len(raw) > 64 {
		return nil, within("audit.webhook_secret_file", false, "whsec_ and base64 of 24 to 64 bytes")
	}
	// It may go to a private address: the operator chose it, and the witness may well stand in the same network.
	return &hooked{webhook.NewSender(true, now), c.WebhookURL, key}, nil
}

func (h *hooked) tell(ctx context.Context, c store.PendingCheckpoint) error {
	return h.sender.Send(ctx, webhook.Message{
		ID: "checkpoint_" + c.Organisation + "_" + strconv.FormatInt(c.Number, 10), URL: h.url, Secret: h.secret,
		Type: "audit.checkpoint", At: time.UnixMilli(c.At),
		Data: map[string]any{"checkpoint": c.Signature, "organisation": c.Organisation, "number": c.Number},
	})
}
