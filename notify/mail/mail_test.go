package mail_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"mime"
	"mime/multipart"
	"net"
	stdmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"example.com/aye/internal/secret"
	"example.com/aye/notify/mail"
)

// office is a mail server, and what it took.
type office struct {
	config mail.Config
	taken  chan []byte
	refuse error
	// disowned is what it has against the sender.
	disowned error
	logins   []string
}

type visit struct{ *office }

func (v visit) AuthMechanisms() []string { return []string{sasl.Plain} }

func (v visit) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		v.logins = append(v.logins, username)
		if username != "aye" || password != "canary" {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (v visit) Mail(string, *smtp.MailOptions) error { return v.disowned }
func (v visit) Rcpt(string, *smtp.RcptOptions) error { return v.refuse }
func (v visit) Reset()                               {}
func (v visit) Logout() error                        { return nil }

func (v visit) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	v.taken <- text
	return err
}

// open starts a mail server with a certificate of its own.
func open(t *testing.T) *office {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	certificate, roots := selfSigned(t)
	o := &office{taken: make(chan []byte, 1)}
	o.config = mail.Config{
		Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, From: "Aye <aye@example.com>",
		TLS: &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12},
	}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return visit{o}, nil }))
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	server.ErrorLog = silence{}
	served := make(chan struct{})
	go func() { _ = server.Serve(listener); close(served) }()
	t.Cleanup(func() { _, _ = server.Close(), listener.Close(); <-served })
	return o
}

type silence struct{}

func (silence) Printf(string, ...any) {}
func (silence) Println(...any)        {}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func send(t *testing.T, c mail.Config) error {
	t.Helper()
	sender, err := mail.NewSMTP(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return sender.Send(ctx, mail.Message{To: "ada@example.com", Subject: "Größe € \"x\"", Text: "Hello\n", HTML: "<p>Hello</p>"})
}

func TestSend(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*mail.Config){
		"over TLS":   func(c *mail.Config) { c.Username, c.Password = "aye", "canary" },
		"in plain":   func(c *mail.Config) { c.Plain, c.TLS = true, nil },
		"no account": func(*mail.Config) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := open(t)
			change(&o.config)
			if err := send(t, o.config); err != nil {
				t.Fatal(err)
			}
			got, err := stdmail.ReadMessage(bytes.NewReader(<-o.taken))
			if err != nil {
				t.Fatal(err)
			}
			subject, _ := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
			if subject != "Größe € \"x\"" || got.Header.Get("To") != "<ada@example.com>" || got.Header.Get("From") != `"Aye" <aye@example.com>` || got.Header.Get("Auto-Submitted") != "auto-generated" || got.Header.Get("Message-Id") == "" {
				t.Errorf("%q %v", subject, got.Header)
			}
			kinds := parts(t, got)
			if len(kinds) != 2 || !strings.HasPrefix(kinds[0], "text/plain: Hello") || !strings.HasPrefix(kinds[1], "text/html: <p>Hello</p>") {
				t.Errorf("%q", kinds)
			}
		})
	}
}

// parts are those of the mail, with their kinds; a reader shows the last that it can.
func parts(t *testing.T, m *stdmail.Message) []string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s %v", kind, err)
	}
	var all []string
	for reader := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		text, _ := io.ReadAll(part)
		all = append(all, kind+": "+string(text))
	}
}

func TestMailsThatAreNotSent(t *testing.T) {
	t.Parallel()
	about := map[string]error{"an unknown reader": mail.ErrRefused, "a full mailbox": mail.ErrPutOff} // no other is about this mail alone
	for name, change := range map[string]func(*office){
		"a wrong password":        func(o *office) { o.config.Username, o.config.Password = "aye", "wrong" },
		"another's certificate":   func(o *office) { o.config.TLS = &tls.Config{ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12} },
		"an unknown reader":       func(o *office) { o.refuse = &smtp.SMTPError{Code: 550, Message: "nobody here"} },
		"a full mailbox":          func(o *office) { o.refuse = &smtp.SMTPError{Code: 452, Message: "no room"} },
		"an unknown sender":       func(o *office) { o.disowned = &smtp.SMTPError{Code: 550, Message: "who are you?"} },
		"a reader who is none":    func(o *office) { o.config.From = "nobody" },
		"nobody listens":          func(o *office) { o.config.Port = 1 },
		"a password without TLS?": func(o *office) { o.config.TLS.ServerName = "mail.example.com" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := open(t)
			change(o)
			err := send(t, o.config)
			if err == nil || strings.Contains(err.Error(), o.config.Password.Reveal()) && o.config.Password != "" {
				t.Errorf("%v", err)
			}
			for _, kind := range []error{mail.ErrRefused, mail.ErrPutOff} {
				if errors.Is(err, kind) != (about[name] == kind) { //nolint:errorlint // which of the two
					t.Errorf("%v: %v", err, kind)
				}
			}
			if len(o.taken) > 0 {
				t.Error("the mail was taken")
			}
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.config.Username, o.config.Password = "aye", "canary"
	for password, fails := range map[secret.Secret]bool{"canary": false, "wrong": true} {
		o.config.Password = password
		sender, err := mail.NewSMTP(o.config)
		if err != nil {
			t.Fatal(err)
		}
		if err := sender.Check(t.Context()); (err != nil) != fails {
			t.Errorf("%v", err)
		}
	}
}

func TestLogKeepsTheLink(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	sender := mail.Log{Logger: slog.New(slog.NewTextHandler(&log, nil))}
	c := content(mail.Invitation)
	c.Link = "https://aye.example.com/invitations/canary"
	m, err := mail.Compose(mail.Invitation, "en", "ada@example.com", c)
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if text := log.String(); strings.Contains(text, "canary") || strings.Contains(text, "ada@") || !strings.Contains(text, "invites you") {
		t.Error(text)
	}
}
