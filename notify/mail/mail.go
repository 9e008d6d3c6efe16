// Package mail brings announcements to people over SMTP, as text and HTML, in English and
// Dutch. Where no mail server is configured, [Log] takes its place.
package mail

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"time"

	gomail "github.com/wneessen/go-mail"

	"example.com/aye/internal/secret"
)

// Message is one mail.
type Message struct {
	To, Subject, Text, HTML string
}

// Sender brings one mail on its way.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// SMTP sends by a mail server.
type SMTP struct {
	client *gomail.Client
	from   string
}

// Config says which mail server, and how.
type Config struct {
	Host     string
	Port     int
	Username string
	Password secret.Secret
	From     string
	// Plain allows a server without TLS: one on this machine.
	Plain bool
	// TLS is for tests that trust a certificate of their own; nil for the system's.
	TLS *tls.Config
}

// sendTime bounds one mail.
const sendTime = 20 * time.Second

// NewSMTP makes a sender. It does not connect yet.
func NewSMTP(c Config) (*SMTP, error) {
	options := []gomail.Option{gomail.WithPort(c.Port), gomail.WithTimeout(sendTime), gomail.WithTLSPolicy(gomail.TLSMandatory)}
	if c.Plain {
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if c.TLS != nil {
		options = append(options, gomail.WithTLSConfig(c.TLS))
	}
	if c.Username != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(c.Username), gomail.WithPassword(c.Password.Reveal()))
	}
	client, err := gomail.NewClient(c.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	return &SMTP{client: client, from: c.From}, nil
}

// Send brings one mail to the server.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	mail := gomail.NewMsg()
	if err := mail.From(s.from); err != nil {
		return fmt.Errorf("sender address: %w", err)
	}
	if err := mail.To(m.To); err != nil {
		return fmt.Errorf("recipient address: %w", err)
	}
	mail.Subject(m.Subject)
	mail.SetBodyString(gomail.TypeTextPlain, m.Text)
	mail.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	// Nobody's holiday notice should answer a warning (RFC 3834).
	mail.SetGenHeader("Auto-Submitted", "auto-generated")
	if err := s.client.DialAndSendWithContext(ctx, mail); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	return nil
}

// Check connects to the server and logs in, without sending anything.
func (s *SMTP) Check(ctx context.Context) error {
	if err := s.client.DialWithContext(ctx); err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	return s.client.Close()
}

// Log writes mails to the log where there is no mail server. It names what it is about, and
// not the text: a mail may have a link that only its reader may use.
type Log struct{ Logger *slog.Logger }

// Send writes the mail's subject to the log.
func (l Log) Send(ctx context.Context, m Message) error {
	l.Logger.WarnContext(ctx, "no mail server is configured, so this mail was not sent", slog.String("subject", m.Subject))
	return nil
}
