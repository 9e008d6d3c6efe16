package api_test

import (
	"io"
	"mime/quotedprintable"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
)

// mails is a mail server that takes everything.
type mails struct {
	port  int
	taken chan string
}

func mailServer(t *testing.T) *mails {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mails{port: listener.Addr().(*net.TCPAddr).Port, taken: make(chan string, 100)}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return m, nil }))
	served := make(chan struct{})
	go func() { _ = server.Serve(listener); close(served) }()
	t.Cleanup(func() { _, _ = server.Close(), listener.Close(); <-served })
	return m
}

func (m *mails) Mail(string, *smtp.MailOptions) error { return nil }
func (m *mails) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (m *mails) Reset()                               {}
func (m *mails) Logout() error                        { return nil }

// Data keeps the mail with its soft line ends taken out, so that a link is one word.
func (m *mails) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	plain, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(string(text))))
	m.taken <- string(plain)
	return err
}
