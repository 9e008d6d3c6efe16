// Package mail brings announcements to people over SMTP, as text and HTML, in English and
// Dutch. Where no mail server is configured, [Log] takes its place.
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	gomail "github.com/wneessen/go-mail"

	"example.com/aye/internal/secret"
)

// Message is one mail.
type Message struct {
	To, Subject, Text, HTML string
	// ID is what stands in Message-ID, without the brackets (RFC 5322, section 3.6.4): a repetition has that of before. Empty for any.
	ID string
}

var (
	// ErrRefused says that the server will never take this mail, or none for this reader: it answered 5yz to the reader or to
	// the mail itself (RFC 5321, section 4.2.1).
	ErrRefused = errors.New("the mail server refuses it for good")
	// ErrPutOff says the same for now: it answered 4yz. Others may be taken.
	ErrPutOff = errors.New("the mail server puts it off")
)

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
		return fmt.Errorf("recipient address: %w: %w", ErrRefused, err)
	}
	mail.Subject(m.Subject)
	mail.SetBodyString(gomail.TypeTextPlain, m.Text)
	mail.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	// Nobody's holiday notice should answer a warning (RFC 3834).
	mail.SetGenHeader("Auto-Submitted", "auto-generated")
	if m.ID != "" {
		mail.SetMessageIDWithValue(m.ID)
	}
	err := s.client.DialAndSendWithContext(ctx, mail)
	if mail.IsDelivered() { // what the connection did after that is of no interest
		return nil
	}
	return judge(err)
}

// judge says of a failure whether it is about this mail alone. What a server has against the sender, or against who logs in, is the
// operator's to mend, and no reader's.
func judge(err error) error {
	var sent *gomail.SendError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &sent):
	case sent.Reason != gomail.ErrSMTPRcptTo && sent.Reason != gomail.ErrSMTPData && sent.Reason != gomail.ErrSMTPDataClose:
	case sent.ErrorCode() >= 500:
		return fmt.Errorf("mail: %w: %w", ErrRefused, err)
	case sent.ErrorCode() >= 400:
		return fmt.Errorf("mail: %w: %w", ErrPutOff, err)
	}
	return fmt.Errorf("mail: %w", err)
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
